"""Ids of one or two texts packed for an encoder: [CLS] a [SEP] b [SEP].

Article: §5.2, §5.3.3 step 1 (将输入文本转化为整数序列).
Source: Devlin et al. 2018 (1810.04805), §3 and figure 2; the rule of truncation is that
of the released code, ``truncate_seq_pair``.
"""

from typing import NamedTuple

import tensorflow as tf

from roots_tf.text.tokenizer_input import import_tensorflow_text


class Packed(NamedTuple):
    """A batch for an encoder.

    Attributes:
        token_ids: (B, T) int32, filled up on the right.
        segment_ids: (B, T) int32: 0 for [CLS] a [SEP] and filling, 1 for b [SEP].
        padding_mask: (B, T) bool, True = real token.
        tokens_cut: (B,) int32, how many tokens of the texts did not fit in.
    """

    token_ids: tf.Tensor
    segment_ids: tf.Tensor
    padding_mask: tf.Tensor
    tokens_cut: tf.Tensor


def pack(
    first: tf.RaggedTensor,
    second: tf.RaggedTensor | None,
    special_ids: dict[str, int],
    pad_id: int,
    max_length: int,
    fill: bool = False,
) -> Packed:
    """Packs texts, or pairs of texts, cut where they are too long.

    A pair that is too long loses tokens one by one from the end of the text that is
    the longer at the time, of two of equal length the second: longest first. Nothing
    is cut without being counted: ``tokens_cut``.

    (tensorflow-text's ``WaterfallTrimmer`` lets a long first text push the second out;
    its ``RoundRobinTrimmer`` keeps token by token in turn, which comes to the rule.)

    Args:
        first, second: ids (B, None) int32; ``second`` None for single texts.
        special_ids: of "[CLS]" and "[SEP]".
        pad_id: what rows are filled up with.
        max_length: largest T, special tokens included.
        fill: make T ``max_length`` in any case; else the longest row's.

    Raises:
        ValueError: ``max_length`` has no room for a token beside the special ones.

    Example:
        >>> a, b = tf.ragged.constant([[5, 6, 7]]), tf.ragged.constant([[8]])
        >>> packed = pack(a, b, {"[CLS]": 2, "[SEP]": 3}, 0, max_length=6)
        >>> packed.token_ids.numpy().tolist(), packed.tokens_cut.numpy().tolist()
        ([[2, 5, 6, 3, 8, 3]], [1])
    """
    texts = [first] if second is None else [first, second]
    room = max_length - 1 - len(texts)
    if room < 1:
        raise ValueError(
            f"expected a length of {2 + len(texts)} or more, got {max_length}"
        )
    text_ops = import_tensorflow_text()
    kept = text_ops.RoundRobinTrimmer(room).trim(texts)
    rows, segments = text_ops.combine_segments(
        kept, special_ids["[CLS]"], special_ids["[SEP]"]
    )
    shape = (None, max_length if fill else None)
    token_ids = rows.to_tensor(pad_id, shape=shape)  # (B, T)
    cut = sum(_lengths(text) for text in texts) - sum(_lengths(text) for text in kept)
    return Packed(
        tf.cast(token_ids, tf.int32),
        tf.cast(segments.to_tensor(0, shape=shape), tf.int32),  # (B, T)
        tf.sequence_mask(rows.row_lengths(), tf.shape(token_ids)[1]),  # (B, T)
        cut,
    )


def segments_of(token_ids: tf.Tensor, sep_id: int, pad_id: int) -> tf.Tensor:
    """Tells the segments of packed ids by where their [SEP] stand.

    Args:
        token_ids: (B, T) int32, as ``pack`` gives them.
        sep_id, pad_id: of [SEP] and of the filling.

    Returns:
        (B, T) int32, the ``segment_ids`` that ``pack`` gives beside them.

    Example:
        >>> segments_of(tf.constant([[2, 5, 3, 8, 3, 0]]), 3, 0).numpy().tolist()
        [[0, 0, 0, 1, 1, 0]]
    """
    ends = tf.cast(token_ids == sep_id, tf.int32)
    second = tf.cumsum(ends, axis=1, exclusive=True) == 1
    return tf.cast(second & (token_ids != pad_id), tf.int32)


def _lengths(text):
    return tf.cast(text.row_lengths(), tf.int32)
