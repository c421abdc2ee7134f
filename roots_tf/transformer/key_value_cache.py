"""Keys and values kept from earlier tokens, so that decoding computes each once.

Without a cache, writing token n computes the keys and values of all n tokens again.
They do not change: in a causal model a token depends on those before it alone. The
cache has room for T_max tokens from the start, so that its shapes stay the same and it
can go round in a compiled loop. Nothing is changed in place: a new cache is returned.

Article: §2.5, §6 (4. 文本生成).
Source: the keys and values of Vaswani et al. 2017 (1706.03762), §3.2.2, of a decoder
    whose §3.1 keeps position t from attending to what comes after it.
"""

from typing import Any, NamedTuple

from keras import ops


class KeyValues(NamedTuple):
    """Keys and values of a sequence that is complete, such as the encoder's.

    Attributes:
        keys, values: (B, H, S, K).
    """

    keys: Any
    values: Any


class KeyValueCache(NamedTuple):
    """Keys and values of the tokens so far, and room for more.

    Attributes:
        keys, values: (B, H, T_max, K); zeros from position ``length`` on.
        length: () int32, the number of tokens that it holds.
    """

    keys: Any
    values: Any
    length: Any


def empty_cache(
    batch_size, num_heads: int, max_length: int, head_width: int, dtype="float32"
) -> KeyValueCache:
    """Makes a cache that holds no token yet.

    Args:
        batch_size: B, a number or an integer scalar.
        num_heads: H.
        max_length: T_max, most tokens that will ever be in it, the prompt included.
        head_width: K.
        dtype: the compute dtype of the layer that it is for.
    """
    zeros = ops.zeros((batch_size, num_heads, max_length, head_width), dtype=dtype)
    return KeyValueCache(zeros, zeros, ops.zeros((), dtype="int32"))


def append(cache: KeyValueCache, keys, values) -> KeyValueCache:
    """Adds T tokens behind those that the cache holds.

    The caller makes no more steps than there is room for: inside a compiled loop the
    length is not known, and a cache that is full would overwrite its last tokens.

    Args:
        cache: holds n tokens.
        keys, values: (B, H, T, K) of the next T tokens; n + T <= T_max.

    Raises:
        ValueError: T alone is more than T_max.
    """
    new, room = keys.shape[2], cache.keys.shape[2]
    if new is not None and room is not None and new > room:
        raise ValueError(f"expected at most {room} tokens for the cache, got {new}")
    start = (0, 0, cache.length, 0)
    return KeyValueCache(
        ops.slice_update(cache.keys, start, keys),
        ops.slice_update(cache.values, start, values),
        cache.length + ops.shape(keys)[2],
    )


def select_rows(cache: KeyValueCache, rows) -> KeyValueCache:
    """Gives a cache with the chosen rows of the batch, as beam search needs it.

    Args:
        cache: of B rows.
        rows: (N,) int32, which row each new row continues.
    """
    return KeyValueCache(
        ops.take(cache.keys, rows, axis=0),
        ops.take(cache.values, rows, axis=0),
        cache.length,
    )
