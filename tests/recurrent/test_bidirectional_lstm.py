"""The unmasked bidirectional LSTM beside Keras' masked one."""

import keras
import numpy as np
import pytest

from roots_tf.recurrent.bidirectional_lstm import BidirectionalLstm, reading_order

MASK = np.arange(5) < np.array([[5], [3], [1], [0]])
X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")


@pytest.fixture
def layer():
    keras.utils.set_random_seed(0)
    layer = BidirectionalLstm(2)
    layer.build(X.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.get_weights()])
    return layer


def test_at_real_tokens_it_is_keras_bidirectional_lstm_with_a_mask(layer):
    stock = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True))
    stock.build(X.shape)
    stock.set_weights(layer.get_weights())

    features = np.asarray(layer(X, mask=MASK))

    expected = np.asarray(stock(X, mask=MASK))
    np.testing.assert_allclose(features[MASK], expected[MASK], rtol=1e-5, atol=1e-6)


def test_without_a_mask_every_position_counts(layer):
    everything = np.ones_like(MASK)

    np.testing.assert_array_equal(layer(X), layer(X, mask=everything))


def test_padding_changes_nothing_at_real_tokens(layer):
    longer = np.pad(X, [(0, 0), (0, 4), (0, 0)], constant_values=9.0)
    longer[~np.pad(MASK, [(0, 0), (0, 4)])] = 7.0

    features = np.asarray(layer(longer, mask=np.pad(MASK, [(0, 0), (0, 4)])))

    expected = np.asarray(layer(X, mask=MASK))
    np.testing.assert_allclose(
        features[:, :5][MASK], expected[MASK], rtol=1e-6, atol=1e-7
    )


@pytest.fixture
def other_path(monkeypatch):
    """Takes the way of a GPU and of other backends, Keras' own LSTM."""
    monkeypatch.setattr(keras.backend, "backend", lambda: "another")


def test_keras_own_lstm_gives_the_same(layer, other_path, monkeypatch):
    stock = np.asarray(layer(X, mask=MASK))
    monkeypatch.undo()

    features = np.asarray(layer(X, mask=MASK))

    np.testing.assert_allclose(features, stock, rtol=1e-5, atol=1e-6)


def test_the_lstms_inside_get_no_mask_from_the_embedding(
    layer, other_path, monkeypatch
):
    seen = []
    original = keras.layers.LSTM.call
    monkeypatch.setattr(
        keras.layers.LSTM,
        "call",
        lambda self, x, mask=None, **options: (
            seen.append(mask) or original(self, x, mask=mask, **options)
        ),
    )
    ids = keras.layers.Embedding(5, 3, mask_zero=True)(np.array([[1, 2, 0]]))

    layer(ids)

    assert seen == [None, None]


def test_backwards_real_tokens_are_reversed_and_padding_is_read_last():
    mask = np.array([[True, True, True, False], [False] * 4])

    order = reading_order(np.zeros((2, 4, 1)), mask, backwards=True)

    assert np.asarray(order).tolist() == [[2, 1, 0, 3], [0, 1, 2, 3]]


def test_it_is_saved_and_loaded_with_its_mask(tmp_path):
    inputs = keras.Input((None,), dtype="int32")
    vectors = keras.layers.Embedding(5, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, BidirectionalLstm(2)(vectors))
    ids = np.array([[3, 2, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]])

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(loaded(ids), model(ids))
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()
