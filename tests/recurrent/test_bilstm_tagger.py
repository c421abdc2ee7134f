"""The section-5 model as a tagger: shapes, padding, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.recurrent.bilstm_classifier import BiLstmConfig
from roots_tf.recurrent.bilstm_tagger import build_bilstm_tagger

CONFIG = BiLstmConfig(20, 3, 8, 6)
IDS = np.array([[3, 4, 5, 0], [7, 0, 0, 0], [0, 0, 0, 0], [9, 8, 7, 6]], np.int32)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return build_bilstm_tagger(CONFIG)


def test_there_are_logits_for_every_token(model):
    logits = model(IDS)

    assert logits.shape == (4, 4, 3)
    assert logits.dtype == tf.float32
    assert model.output_shape == (None, None, 3)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("count", [1, 20])
def test_padding_does_not_change_the_logits_of_tokens(model, count):
    longer = np.asarray(model(np.pad(IDS, [(0, 0), (0, count)])))[:, :4]

    real = IDS != 0
    logits = np.asarray(model(IDS))
    np.testing.assert_allclose(longer[real], logits[real], rtol=1e-5, atol=1e-7)
    alone = np.asarray(model(IDS[:1, :3]))[0]
    np.testing.assert_allclose(alone, logits[0, :3], rtol=1e-5, atol=1e-7)


def test_each_token_sees_both_sides(model):
    changed = IDS[3:].copy()
    changed[0, 1] = 2

    difference = np.abs(model(changed) - np.asarray(model(IDS[3:])))[0].max(axis=-1)

    assert (difference > 1e-6).all()


def test_it_overfits_eight_sentences():
    keras.utils.set_random_seed(0)
    model = build_bilstm_tagger(BiLstmConfig(20, 3, 8, 8, dropout=0.0))
    draw = np.random.default_rng(0)
    ids = draw.integers(1, 20, (8, 5))
    tags = draw.integers(0, 3, (8, 5))  # of its place, not of its token
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=False)

    model.fit(ids, tags, batch_size=8, epochs=80, verbose=0)

    assert (np.asarray(model(ids)).argmax(axis=-1) == tags).all()


def test_it_is_saved_loaded_and_equal_compiled_and_eager(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(loaded(IDS), model(IDS))
    np.testing.assert_allclose(tf.function(model)(IDS), model(IDS), rtol=1e-6)


def test_word_vectors_are_set_and_wrong_shapes_refused():
    vectors = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)

    model = build_bilstm_tagger(CONFIG, vectors)

    np.testing.assert_array_equal(
        model.get_layer("embedding").get_weights()[0], vectors
    )
    with pytest.raises(ValueError, match=r"shape \(20, 8\) .* got \(3,\)"):
        build_bilstm_tagger(CONFIG, np.zeros(3))
