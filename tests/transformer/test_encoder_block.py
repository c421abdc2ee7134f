"""A block of an encoder is the paper's figure, and heeds its mask."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.gradient_check_tape import gradient_check_function
from roots_tf.transformer.attention_masks import padding_attention_mask
from roots_tf.transformer.encoder_block import EncoderBlock
from tests.transformer import in_numpy

B, T, D, H, F = 3, 4, 6, 2, 7
RNG = np.random.default_rng(0)
X = RNG.normal(size=(B, T, D))
REAL = np.arange(T) < np.array([[4], [2], [1]])
MASK = REAL[:, None, None, :]
KINDS = {
    "2017": {},
    "BERT": {"activation": "gelu", "epsilon": 1e-12},
    "GPT-2": {"activation": "gelu_tanh", "norm_first": True, "epsilon": 1e-5},
    "T5": {
        **{"norm_first": True, "norm": "rms", "use_bias": False, "scale": 1.0},
        **{"activation": "gelu_tanh", "gated": True, "head_width": 4},
    },
}


def random_block(kind=EncoderBlock, **arguments):
    """A block whose every weight is random, so that a dropped one would show."""
    block = kind(D, H, F, dtype="float64", **arguments)
    block.build((None, None, D))
    for weight in block.trainable_weights:
        weight.assign(np.random.default_rng(1).normal(0, 0.5, weight.shape))
    return block


@pytest.fixture(params=KINDS)
def block(request):
    return random_block(**KINDS[request.param])


def test_a_block_is_attention_and_feed_forward_with_residuals_and_norms(block):
    bias = RNG.normal(size=(1, H, T, T))

    output = block(X, attention_mask=MASK, position_bias=bias)

    expected = in_numpy.encoder_block(block, X, MASK, bias)
    np.testing.assert_allclose(output, expected, rtol=1e-6, atol=1e-7)


def test_the_weights_on_request_are_those_of_its_attention(block):
    output, weights = block(X, attention_mask=MASK, return_weights=True)

    np.testing.assert_array_equal(output, block(X, attention_mask=MASK))
    assert weights.shape == (B, H, T, T)
    assert not np.asarray(weights)[np.broadcast_to(~MASK, weights.shape)].any()


def test_padding_never_changes_a_real_token(block):
    changed = np.where(REAL[:, :, None], X, 1e3)
    longer = np.pad(changed, [(0, 0), (0, 2), (0, 0)])
    mask = padding_attention_mask(np.pad(REAL, [(0, 0), (0, 2)]))

    output = np.asarray(block(longer, attention_mask=mask))[:, :T]

    expected = np.asarray(block(X, attention_mask=MASK))
    np.testing.assert_allclose(output[REAL], expected[REAL], rtol=1e-6, atol=1e-7)


def test_without_positions_a_block_is_blind_to_the_order(block):
    order = np.array([2, 0, 3, 1])

    shuffled = block(X[:, order])

    expected = np.asarray(block(X))[:, order]
    np.testing.assert_allclose(shuffled, expected, rtol=1e-6, atol=1e-7)


def test_gradients_are_the_finite_differences(block):
    output = tf.function(lambda x: block(x, attention_mask=MASK))

    worst = gradient_check_function(output, [X], samples=10)

    assert worst.relative_error < 1e-6, worst


def test_what_is_dropped_is_dropped_in_training_alone_and_by_the_seed():
    arguments = {"dropout": 0.3, "attention_dropout": 0.3, "inner_dropout": 0.3}
    blocks = [random_block(seed=seed, **arguments) for seed in (1, 1, 2)]

    first, same, other = (np.asarray(block(X, training=True)) for block in blocks)

    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).max() > 1e-3
    np.testing.assert_array_equal(blocks[0](X), blocks[2](X, training=False))


def test_the_parameters_are_those_of_the_closed_form():
    block = EncoderBlock(D, H, F)
    block.build((None, None, D))

    # Four projections, two dense layers, two norms (errata/e11, for BERT and GPT-2).
    assert block.count_params() == 4 * (D * D + D) + (2 * D * F + F + D) + 2 * 2 * D
