"""Each pooling against plain NumPy, at padding, in half precision, saved and loaded."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.recurrent.sequence_pooling import POOLINGS, SequencePooling

# Five texts of 4, 2, 1, 0 and 4 real tokens; six features, three a direction.
MASK = np.arange(4) < np.array([[4], [2], [1], [0], [4]])
X = np.random.default_rng(0).normal(size=(5, 4, 6)).astype(np.float32)


@pytest.fixture(params=POOLINGS)
def layer(request):
    keras.utils.set_random_seed(0)
    return SequencePooling(request.param)


def in_numpy(layer: SequencePooling, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The formulas of the docstring, one text after the other, in double precision."""
    width = x.shape[-1] * (2 if layer.method == "mean+max" else 1)
    rows = []
    for text, real in zip(x.astype(np.float64), mask, strict=True):
        h = text[real]
        if not len(h):
            rows.append(np.zeros(width))
        elif layer.method == "last":
            half = x.shape[-1] // 2
            rows.append(np.concatenate([h[-1, :half], h[0, half:]]))
        elif layer.method == "attention":
            kernel, bias = map(np.asarray, layer.projection.get_weights())
            scores = np.tanh(h @ kernel + bias) @ np.asarray(layer.score)
            a = np.exp(scores) / np.exp(scores).sum()
            rows.append(a @ h)
        else:
            parts = {"mean": h.mean(axis=0), "max": h.max(axis=0)}
            rows.append(np.concatenate([parts[p] for p in layer.method.split("+")]))
    return np.stack(rows)


def test_each_method_is_its_formula(layer):
    pooled = layer(X, mask=MASK)

    np.testing.assert_allclose(pooled, in_numpy(layer, X, MASK), rtol=1e-5, atol=1e-6)


def test_without_a_mask_every_position_counts(layer):
    pooled = layer(X)

    everything = np.ones_like(MASK)
    np.testing.assert_array_equal(pooled, layer(X, mask=everything))
    np.testing.assert_allclose(
        pooled, in_numpy(layer, X, everything), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("filling", [0.0, -1e6, 1e6, np.inf, np.nan])
def test_what_stands_at_padding_makes_no_difference(layer, filling):
    changed = np.where(MASK[:, :, None], X, np.float32(filling))
    longer = np.pad(changed, [(0, 0), (0, 3), (0, 0)], constant_values=filling)
    expected = layer(X, mask=MASK)

    np.testing.assert_array_equal(layer(changed, mask=MASK), expected)
    pooled = layer(longer, mask=np.pad(MASK, [(0, 0), (0, 3)]))
    # A sum of more zeros may be added up in another order.
    np.testing.assert_allclose(pooled, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("method", ["mean", "attention", "last"])
def test_a_constant_sequence_pools_to_its_constant(method):
    row = np.float32([1, -2, 3, 4])

    pooled = SequencePooling(method)(np.tile(row, (2, 5, 1)))

    np.testing.assert_allclose(pooled, [row, row], rtol=1e-6)


def test_gradients_are_finite_and_nothing_flows_into_padding(layer):
    x = tf.Variable(X)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(x, mask=MASK) ** 2)

    gradient, *others = tape.gradient(
        loss, [x, *(weight.value for weight in layer.trainable_variables)]
    )

    assert np.isfinite(gradient).all()
    assert all(np.isfinite(other).all() for other in others)
    assert not gradient.numpy()[~MASK].any()
    assert gradient.numpy()[0].any()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near_also_for_long_texts(layer, policy):
    long = np.random.default_rng(1).normal(0.5, 0.3, (2, 3_000, 6)).astype(np.float32)
    mask = np.arange(3_000) < np.array([[3_000], [0]])
    half = SequencePooling(layer.method, dtype=policy)
    layer(long), half(long)
    half.set_weights(layer.get_weights())

    pooled = half(long, mask=mask)

    assert pooled.dtype == policy.removeprefix("mixed_")
    # bfloat16 keeps 8 bits: 2^-8 is 0.004.
    expected = in_numpy(layer, long, mask)
    np.testing.assert_allclose(np.float32(pooled), expected, rtol=0.01, atol=0.01)


def test_half_precision_gradients_of_a_padding_row_are_finite(layer):
    half = SequencePooling(layer.method, dtype="mixed_float16")
    x = tf.Variable(X)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.cast(half(x, mask=MASK), tf.float32))

    assert np.isfinite(tape.gradient(loss, x)).all()


def test_a_layer_made_from_its_configuration_is_the_same(layer):
    layer(X)

    copy = SequencePooling.from_config(layer.get_config())
    copy(X)
    copy.set_weights(layer.get_weights())

    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy(X, mask=MASK), layer(X, mask=MASK))


def test_a_model_with_it_is_saved_loaded_and_equal_symbolic_and_eager(layer, tmp_path):
    inputs = keras.Input((None, 6))
    masked = keras.layers.Masking()(inputs)
    model = keras.Model(inputs, layer(masked))
    x = X * MASK[:, :, None]

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    width = 12 if layer.method == "mean+max" else 6
    assert model.output_shape == (None, width)
    np.testing.assert_allclose(model(x), layer(X, mask=MASK), rtol=1e-6)
    np.testing.assert_array_equal(loaded(x), model(x))
    np.testing.assert_array_equal(tf.function(model)(x), model(x))


def test_an_unknown_method_and_a_single_direction_are_refused():
    with pytest.raises(ValueError, match="expected a pooling of .* got 'sum'"):
        SequencePooling("sum")
    with pytest.raises(ValueError, match="two directions, got 5 features"):
        SequencePooling("last")(X[:, :, :5])
