"""The embedding whose mask a recurrent layer can always run on."""

import keras
import numpy as np
import pytest

from roots_tf.recurrent.token_embedding import TokenEmbedding

IDS = np.array([[3, 2, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]])


def test_vectors_are_rows_of_the_table():
    layer = TokenEmbedding(5, 3)

    vectors = layer(IDS)

    np.testing.assert_array_equal(vectors, layer.get_weights()[0][IDS])


def test_the_mask_is_right_padded_and_no_row_of_it_is_empty():
    mask = np.asarray(TokenEmbedding(5, 3, mask_zero=True).compute_mask(IDS))

    assert mask.dtype == bool
    np.testing.assert_array_equal(mask[:2], IDS[:2] != 0)
    np.testing.assert_array_equal(mask[2], [True, False, False, False])


def test_without_mask_zero_there_is_no_mask():
    assert TokenEmbedding(5, 3).compute_mask(IDS) is None


@pytest.mark.parametrize("mask_zero", [True, False])
def test_it_is_saved_and_loaded_with_its_mask(tmp_path, mask_zero):
    inputs = keras.Input((None,), dtype="int32")
    vectors = TokenEmbedding(5, 3, mask_zero=mask_zero)(inputs)
    model = keras.Model(inputs, keras.layers.LSTM(2)(vectors))

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(loaded(IDS), model(IDS))
    assert loaded.layers[1].get_config() == model.layers[1].get_config()
    assert np.allclose(model(IDS[:, :1])[1], model(IDS)[1]) == mask_zero
