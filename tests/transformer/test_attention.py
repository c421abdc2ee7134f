"""Attention against the paper's formula in NumPy, and against Keras' own."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from roots_tf.optimization.gradient_check_tape import (
    gradient_check_function,
    gradient_check_layer,
)
from roots_tf.transformer.attention import (
    MultiHeadAttention,
    attention_weights,
    scaled_dot_product_attention,
)
from roots_tf.transformer.attention_masks import (
    causal_attention_mask,
    padding_attention_mask,
)
from roots_tf.transformer.key_value_cache import empty_cache
from tests.transformer import in_numpy

B, H, T, S, K, D = 3, 2, 4, 5, 3, 6
RNG = np.random.default_rng(0)
QUERY, KEY, VALUE = (RNG.normal(size=(B, H, n, K)) for n in (T, S, S))
X, MEMORY = (RNG.normal(size=(B, n, D)).astype(np.float32) for n in (T, S))
REAL = np.arange(S) < np.array([[5], [2], [1]])
MASKS = {
    "none": None,
    "padding": REAL[:, None, None, :],
    "causal": np.tri(T, S, dtype=bool)[None, None],
    "any": RNG.random((B, H, T, S)) < 0.5,
}


@pytest.fixture(params=MASKS)
def mask(request):
    return MASKS[request.param]


@pytest.mark.parametrize("scale", [None, 1.0])
@pytest.mark.parametrize("bias", [None, RNG.normal(size=(1, H, T, S))])
def test_attention_is_the_papers_formula(mask, bias, scale):
    output, weights = scaled_dot_product_attention(
        QUERY, KEY, VALUE, mask, position_bias=bias, scale=scale
    )

    expected, expected_weights = in_numpy.attention(
        QUERY, KEY, VALUE, mask, 0.0 if bias is None else bias, scale
    )
    np.testing.assert_allclose(output, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(weights, expected_weights, rtol=1e-9, atol=1e-12)


def test_the_weights_of_a_query_sum_to_one_and_are_zero_at_what_is_masked():
    weights = np.asarray(attention_weights(QUERY, KEY, MASKS["padding"]))

    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-9)
    assert not weights[np.broadcast_to(~REAL[:, None, None, :], weights.shape)].any()


def test_a_query_that_may_attend_to_nothing_gets_zeros_and_finite_gradients():
    nothing = np.zeros((B, 1, 1, S), bool)

    def output(query, key, value):
        return scaled_dot_product_attention(query, key, value, nothing)[0]

    assert not np.asarray(output(QUERY, KEY, VALUE)).any()
    worst = gradient_check_function(output, [QUERY, KEY, VALUE], samples=5)
    assert worst.analytic == worst.numeric == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_near_and_masks_as_well(dtype, mask):
    half = (ops.cast(x, dtype) for x in (QUERY, KEY, VALUE))

    output, weights = scaled_dot_product_attention(*half, mask)

    expected, expected_weights = in_numpy.attention(QUERY, KEY, VALUE, mask)
    assert output.dtype == weights.dtype == dtype
    # bfloat16 keeps 8 bits: 2^-8 is 0.004, on the way in, of the weights and out.
    np.testing.assert_allclose(np.float32(output), expected, atol=0.03)
    hidden = expected_weights == 0
    assert not np.float32(weights)[hidden].any()


def test_gradients_are_the_finite_differences(mask):
    def output(query, key, value):
        return scaled_dot_product_attention(query, key, value, mask)[0]

    worst = gradient_check_function(output, [QUERY, KEY, VALUE], samples=20)

    assert worst.relative_error < 1e-6, worst


def test_the_frameworks_own_attention_gives_the_same():
    def time_first(x):
        return np.swapaxes(x, 1, 2).astype(np.float32)  # (B, T, H, K)

    expected = ops.dot_product_attention(
        *map(time_first, (QUERY, KEY, VALUE)), mask=MASKS["padding"]
    )

    output, _ = scaled_dot_product_attention(
        *(x.astype(np.float32) for x in (QUERY, KEY, VALUE)), MASKS["padding"]
    )

    np.testing.assert_allclose(time_first(output), expected, rtol=1e-5, atol=1e-6)


def test_a_causal_mask_costs_little_in_a_graph():
    """A mask that is added to the scores took 150 times as long (fused on the CPU)."""
    heads = RNG.normal(size=(3, 8, 4, 64, 32)).astype(np.float32)
    seconds = {}
    for name, mask in (("none", None), ("causal", np.tri(64, dtype=bool)[None, None])):
        attend = tf.function(lambda *x, m=mask: scaled_dot_product_attention(*x, m)[0])
        attend(*heads)
        start = time.process_time()
        for _ in range(20):
            attend(*heads)
        seconds[name] = time.process_time() - start

    assert seconds["causal"] < 20 * seconds["none"]


@pytest.fixture(scope="module")
def layer():
    keras.utils.set_random_seed(0)
    layer = MultiHeadAttention(D, H)
    layer.build((None, None, D))
    for variable in layer.trainable_variables:  # biases that are not zero
        variable.assign(RNG.normal(size=variable.shape))
    return layer


def test_heads_side_by_side_are_the_papers_formula(layer):
    output = layer(X, MEMORY, attention_mask=MASKS["padding"])

    expected = in_numpy.multi_head_attention(layer, X, MEMORY, MASKS["padding"])
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


def test_without_keys_given_the_queries_attend_to_each_other(layer):
    np.testing.assert_array_equal(layer(X), layer(X, X))


@pytest.mark.parametrize("head_width", [None, 4])
def test_keras_own_layer_with_the_same_weights_gives_the_same(head_width):
    ours = MultiHeadAttention(D, H, head_width)
    keras_own = keras.layers.MultiHeadAttention(H, ours.head_width)
    ours.build((None, None, D))
    keras_own.build(X.shape, MEMORY.shape)
    k = ours.head_width
    shapes = [(D, H, k), (H, k)] * 3 + [(H, k, D), (D,)]
    keras_own.set_weights(
        [w.reshape(s) for w, s in zip(_in_order(ours), shapes, strict=True)]
    )

    output, weights = ours(
        X, MEMORY, attention_mask=MASKS["padding"], return_weights=True
    )

    expected, expected_weights = keras_own(
        X, MEMORY, attention_mask=REAL[:, None, :], return_attention_scores=True
    )
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(weights, expected_weights, rtol=1e-5, atol=1e-6)


def _in_order(layer) -> list[np.ndarray]:
    projections = (
        layer.query_projection,
        layer.key_projection,
        layer.value_projection,
        layer.output_projection,
    )
    return [weight for projection in projections for weight in projection.get_weights()]


def test_keys_and_values_projected_once_give_the_same(layer):
    projected = layer.project_key_value(MEMORY)

    output = layer(X, projected, attention_mask=MASKS["padding"])

    expected = layer(X, MEMORY, attention_mask=MASKS["padding"])
    np.testing.assert_array_equal(output, expected)


@pytest.mark.parametrize("steps", [[1, 1, 1, 1], [2, 1, 1], [4]])
def test_with_a_cache_the_tokens_can_come_in_parts(layer, steps):
    cache, outputs, done = empty_cache(B, H, 6, K), [], 0
    for count in steps:
        output, cache = layer(
            X[:, done : done + count],
            attention_mask=causal_attention_mask(count, 6, cache.length),
            cache=cache,
        )
        outputs.append(output)
        done += count

    expected = layer(X, attention_mask=causal_attention_mask(T))
    # The products of a single row are summed in another order.
    np.testing.assert_allclose(np.concatenate(outputs, 1), expected, atol=1e-5)
    assert int(cache.length) == T
    assert not np.asarray(cache.keys)[:, :, T:].any()


def test_a_causal_mask_keeps_every_position_from_the_future(layer):
    changed = X.copy()
    changed[:, 2] += 1
    mask = causal_attention_mask(T)

    difference = np.abs(
        layer(changed, attention_mask=mask) - layer(X, attention_mask=mask)
    )

    assert (difference[:, :2] == 0).all()
    assert (difference[:, 2:].max(axis=-1) > 0).all()


def test_padding_never_changes_what_a_real_token_gets(layer):
    changed = np.where(REAL[:, :, None], MEMORY, np.float32(1e6))
    longer = np.pad(changed, [(0, 0), (0, 3), (0, 0)])
    mask = padding_attention_mask(np.pad(REAL, [(0, 0), (0, 3)]))

    output = layer(X, longer, attention_mask=mask)

    expected = layer(X, MEMORY, attention_mask=MASKS["padding"])
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


def test_without_positions_attention_is_blind_to_the_order(layer):
    order = np.array([2, 0, 3, 1])

    shuffled = layer(X[:, order])

    np.testing.assert_allclose(shuffled, np.asarray(layer(X))[:, order], atol=1e-5)


@pytest.mark.parametrize("arguments", [{}, {"head_width": 2, "use_bias": False}])
def test_gradients_of_all_projections_are_the_finite_differences(arguments):
    layer = MultiHeadAttention(D, H, **arguments, dtype="float64")

    worst = gradient_check_layer(
        layer,
        X.astype(np.float64),
        samples=4,
        attention_mask=causal_attention_mask(T),
    )

    assert worst.relative_error < 1e-6, worst


def test_weights_are_dropped_in_training_alone_and_the_seed_says_which():
    layers = [MultiHeadAttention(D, H, dropout=0.5, seed=s) for s in (1, 1, 2)]
    for layer in layers:
        layer.build((None, None, D))
        layer.set_weights(layers[0].get_weights())

    first, same, other = (np.asarray(layer(X, training=True)) for layer in layers)

    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1e-3
    np.testing.assert_array_equal(layers[0](X), layers[2](X, training=False))


def test_the_four_projections_start_out_different():
    layer = MultiHeadAttention(
        D, H, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0)
    )
    layer.build((None, None, D))

    kernels = [weight for weight in _in_order(layer) if weight.ndim == 2]

    for one, other in zip(kernels, kernels[1:], strict=False):
        assert np.abs(one - other).max() > 0.1


def test_what_cannot_work_is_refused():
    layer = MultiHeadAttention(D, H)

    with pytest.raises(ValueError, match="multiple of num_heads, .* got 6 and 4"):
        MultiHeadAttention(6, 4)
    with pytest.raises(ValueError, match=r"four axes .* got the shape \(3, 5\)"):
        layer(X, MEMORY, attention_mask=REAL)
    with pytest.raises(ValueError, match="cache for self-attention alone"):
        layer(X, MEMORY, cache=empty_cache(B, H, 6, K))
