"""The cache: what is appended is there, in loops and in compiled code."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.transformer.key_value_cache import (
    KeyValueCache,
    append,
    empty_cache,
    select_rows,
)

B, H, ROOM, K = 2, 3, 5, 4
RNG = np.random.default_rng(0)
KEYS, VALUES = (RNG.normal(size=(B, H, ROOM, K)).astype(np.float32) for _ in range(2))


def test_an_empty_cache_has_room_and_nothing_in_it():
    cache = empty_cache(B, H, ROOM, K, dtype="float16")

    assert cache.keys.shape == cache.values.shape == (B, H, ROOM, K)
    assert cache.keys.dtype == "float16"
    assert int(cache.length) == 0
    assert not np.asarray(cache.keys).any()


@pytest.mark.parametrize("parts", [[1, 1, 1], [2, 3], [5]])
def test_what_is_appended_stands_in_the_order_it_came(parts):
    cache, done = empty_cache(B, H, ROOM, K), 0

    for count in parts:
        new = slice(done, done + count)
        cache = append(cache, KEYS[:, :, new], VALUES[:, :, new])
        done += count

    assert int(cache.length) == done
    np.testing.assert_array_equal(cache.keys[:, :, :done], KEYS[:, :, :done])
    np.testing.assert_array_equal(cache.values[:, :, :done], VALUES[:, :, :done])
    assert not np.asarray(cache.values)[:, :, done:].any()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_cache_goes_round_in_a_compiled_loop(jit_compile):
    @tf.function(jit_compile=jit_compile)
    def run(keys, values):
        def step(number, cache):
            one = keys[:, :, number, None], values[:, :, number, None]
            return number + 1, append(cache, *one)

        start = (tf.constant(0), empty_cache(B, H, ROOM, K))
        return tf.while_loop(lambda number, _: number < ROOM, step, start)[1]

    cache = run(tf.constant(KEYS), tf.constant(VALUES))

    assert isinstance(cache, KeyValueCache)
    np.testing.assert_array_equal(cache.keys, KEYS)
    np.testing.assert_array_equal(cache.values, VALUES)
    assert int(cache.length) == ROOM


def test_appending_leaves_the_old_cache_as_it_was():
    old = empty_cache(B, H, ROOM, K)

    append(old, KEYS[:, :, :2], VALUES[:, :, :2])

    assert int(old.length) == 0
    assert not np.asarray(old.keys).any()


def test_rows_can_be_chosen_anew():
    cache = append(empty_cache(B, H, ROOM, K), KEYS[:, :, :2], VALUES[:, :, :2])

    chosen = select_rows(cache, np.array([1, 1, 0]))

    assert int(chosen.length) == 2
    np.testing.assert_array_equal(chosen.keys[:, :, :2], KEYS[[1, 1, 0], :, :2])
    np.testing.assert_array_equal(chosen.values[:, :, :2], VALUES[[1, 1, 0], :, :2])


def test_more_tokens_than_there_is_room_for_are_refused():
    with pytest.raises(ValueError, match="at most 3 tokens for the cache, got 5"):
        append(empty_cache(B, H, 3, K), KEYS, VALUES)
