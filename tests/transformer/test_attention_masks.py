"""Masks: what may attend to what, entry by entry."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.transformer.attention_masks import (
    causal_attention_mask,
    combine_attention_masks,
    padding_attention_mask,
)

REAL = np.array([[True, True, False], [True, False, False]])


def test_a_padding_mask_lets_every_query_see_the_real_tokens_alone():
    mask = np.asarray(padding_attention_mask(REAL))

    assert mask.shape == (2, 1, 1, 3)
    np.testing.assert_array_equal(mask[:, 0, 0], REAL)


@pytest.mark.parametrize(("length", "keys", "offset"), [(4, None, 0), (2, 6, 3)])
def test_a_causal_mask_lets_a_query_see_itself_and_what_is_before(length, keys, offset):
    mask = np.asarray(causal_attention_mask(length, keys, offset))

    keys = keys or length
    expected = [[s <= offset + t for s in range(keys)] for t in range(length)]
    assert mask.shape == (1, 1, length, keys)
    np.testing.assert_array_equal(mask[0, 0], expected)


def test_a_causal_mask_can_be_made_of_lengths_known_in_the_graph_alone():
    made = tf.function(causal_attention_mask).get_concrete_function(
        *(tf.TensorSpec([], tf.int32) for _ in range(3))
    )

    mask = made(tf.constant(2), tf.constant(5), tf.constant(1))

    np.testing.assert_array_equal(mask, causal_attention_mask(2, 5, 1))


def test_combined_masks_allow_what_all_of_them_allow():
    causal, padding = causal_attention_mask(3), padding_attention_mask(REAL)

    combined = np.asarray(combine_attention_masks(causal, None, padding))

    assert combined.shape == (2, 1, 3, 3)
    for b, t, s in np.ndindex(2, 3, 3):
        assert combined[b, 0, t, s] == (s <= t and REAL[b, s])


def test_nothing_combined_is_no_mask():
    assert combine_attention_masks(None, None) is None
