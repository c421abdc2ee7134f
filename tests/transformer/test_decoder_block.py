"""A block of a decoder is the paper's figure, sees no future, and can go by steps."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.gradient_check_tape import gradient_check_function
from roots_tf.transformer.attention_masks import causal_attention_mask
from roots_tf.transformer.decoder_block import DecoderBlock
from roots_tf.transformer.key_value_cache import empty_cache
from tests.transformer import in_numpy

B, T, S, D, H, F = 3, 4, 5, 6, 2, 7
RNG = np.random.default_rng(0)
Y, MEMORY = RNG.normal(size=(B, T, D)), RNG.normal(size=(B, S, D))
SOURCE_MASK = (np.arange(S) < np.array([[5], [2], [1]]))[:, None, None, :]
CAUSAL = np.tri(T, dtype=bool)[None, None]
KINDS = {
    "2017": {},
    "GPT-2": {
        **{"activation": "gelu_tanh", "norm_first": True, "epsilon": 1e-5},
        "cross_attention": False,
    },
    "T5": {
        **{"norm_first": True, "norm": "rms", "use_bias": False, "scale": 1.0},
        **{"activation": "relu", "head_width": 4},
    },
}


@pytest.fixture(params=KINDS)
def block(request):
    return random_block(request.param)


def random_block(kind):
    """A block whose every weight is random, so that a dropped one would show."""
    block = DecoderBlock(D, H, F, dtype="float64", **KINDS[kind])
    block.build((None, None, D))
    for weight in block.trainable_weights:
        weight.assign(np.random.default_rng(1).normal(0, 0.5, weight.shape))
    return block


def memory_of(block, memory=MEMORY) -> dict:
    if not block.cross_attention:
        return {}
    return {"memory": memory, "memory_attention_mask": SOURCE_MASK}


def test_a_block_is_two_attentions_and_a_feed_forward_network(block):
    bias = RNG.normal(size=(1, H, T, T))

    output = block(Y, attention_mask=CAUSAL, position_bias=bias, **memory_of(block))

    expected = in_numpy.decoder_block(block, Y, MEMORY, CAUSAL, SOURCE_MASK, bias)
    np.testing.assert_allclose(output, expected, rtol=1e-6, atol=1e-7)


def test_no_position_depends_on_a_later_one(block):
    changed = Y.copy()
    changed[:, 2] += 1

    before, after = (
        np.asarray(block(y, attention_mask=CAUSAL, **memory_of(block)))
        for y in (Y, changed)
    )

    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    assert (np.abs(after - before)[:, 2:].max(axis=-1) > 0).all()


def test_token_by_token_with_a_cache_gives_the_same(block):
    width = block.self_attention.head_width
    cache, outputs = empty_cache(B, H, 6, width, "float64"), []
    arguments = memory_of(block)
    if arguments:
        arguments["memory"] = block.project_memory(MEMORY)

    for t in range(T):
        output, cache = block(
            Y[:, t : t + 1],
            attention_mask=causal_attention_mask(1, 6, cache.length),
            cache=cache,
            **arguments,
        )
        outputs.append(output)

    expected = block(Y, attention_mask=CAUSAL, **memory_of(block))
    together = np.concatenate(outputs, axis=1)
    np.testing.assert_allclose(together, expected, rtol=1e-6, atol=1e-7)


def test_weights_and_cache_come_in_the_order_that_is_written(block):
    width = block.self_attention.head_width
    asked = {"attention_mask": CAUSAL, "return_weights": True, **memory_of(block)}

    output, weights, *cross = block(Y, **asked)
    asked["attention_mask"] = causal_attention_mask(T, 6)
    same, _, *rest = block(Y, cache=empty_cache(B, H, 6, width, "float64"), **asked)

    assert weights.shape == (B, H, T, T)
    assert [w.shape for w in cross] == [(B, H, T, S)] * block.cross_attention
    np.testing.assert_allclose(same, output, rtol=1e-6, atol=1e-7)
    assert len(rest) == block.cross_attention + 1
    assert int(rest[-1].length) == T


def test_padding_of_the_source_changes_nothing():
    block = random_block("2017")
    changed = np.where(SOURCE_MASK[:, 0, 0, :, None], MEMORY, 1e3)

    output = block(Y, attention_mask=CAUSAL, **memory_of(block, changed))

    expected = block(Y, attention_mask=CAUSAL, **memory_of(block))
    np.testing.assert_allclose(output, expected, rtol=1e-6, atol=1e-7)


def test_gradients_are_the_finite_differences():
    block = random_block("2017")

    @tf.function
    def output(y, memory):
        return block(y, attention_mask=CAUSAL, **memory_of(block, memory))

    worst = gradient_check_function(output, [Y, MEMORY], samples=10)

    assert worst.relative_error < 1e-6, worst


def test_a_memory_is_asked_for_exactly_where_it_is_read():
    with pytest.raises(ValueError, match="expected a memory"):
        random_block("2017")(Y)
    with pytest.raises(ValueError, match="expected no memory"):
        random_block("GPT-2")(Y, memory=MEMORY)
