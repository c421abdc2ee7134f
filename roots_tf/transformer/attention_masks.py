"""Who may look at whom: the masks of attention (注意力掩码), with one convention.

A mask is boolean and broadcasts to the scores (B, H, T, S); entry (b, h, t, s) is True
where query t may attend to key s. Masks are combined by *and*. A query that may attend
to nothing gets a vector of zeros, not NaN: ``attention.py`` sees to that.

Article: §2.5 (the article has no word on masks). Errata: E13, E14.
Source: Vaswani et al. 2017 (1706.03762), §3.1 and §3.2.3, where what is False here is
    set to minus infinity before the softmax.
"""

from keras import ops


def padding_attention_mask(padding_mask):
    """Lets every query attend to the real tokens alone.

    Args:
        padding_mask: (B, S) boolean, True = real token.

    Returns:
        (B, 1, 1, S) boolean.
    """
    return padding_mask[:, None, None, :]  # (B, 1, 1, S)


def causal_attention_mask(query_length, key_length=None, offset=0):
    """Lets query t attend to the keys up to its own position, ``s <= offset + t``.

    Args:
        query_length: T, a number or an integer scalar.
        key_length: S; T if not given.
        offset: position of the first query among the keys, a number or an integer
            scalar. With a cache that already holds n tokens it is n; keys of the cache
            that are not filled yet then come out as False, being in the future.

    Returns:
        (1, 1, T, S) boolean.

    Example:
        >>> from keras import ops
        >>> mask = causal_attention_mask(2, key_length=4, offset=1)
        >>> ops.convert_to_numpy(mask)[0, 0].tolist()
        [[True, True, False, False], [True, True, True, False]]
    """
    key_length = query_length if key_length is None else key_length
    query_positions = ops.arange(query_length, dtype="int32") + offset  # (T,)
    key_positions = ops.arange(key_length, dtype="int32")  # (S,)
    mask = key_positions[None, :] <= query_positions[:, None]  # (T, S)
    return mask[None, None]  # (1, 1, T, S)


def combine_attention_masks(*masks):
    """Allows what every mask allows; None stands for a mask that allows everything.

    Returns:
        A mask of the shape that they broadcast to, or None if all are None.
    """
    combined = None
    for mask in masks:
        if mask is not None:
            combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined
