"""Texts of any length joined and cut into windows for a language model, as a stream.

Article: §2.1, §6.4, §9.2.
Source: Brown et al. 2020 (2005.14165), appendix B: full windows, texts told apart by a
token alone.

    texts     a b c | d e              end token: $
    joined    a b c $ d e $
    windows   a b c $   and   $ d e $  (T = 3): read the first T, asked for the last T
"""

import tensorflow as tf


def window_stream(
    texts: tf.data.Dataset, context: int, end_id: int, pad_id: int
) -> tf.data.Dataset:
    """Cuts the stream of texts so that each token but the first is asked for once.

    Nothing is lost: the last window is filled up. Memory: one element of ``texts``.

    Args:
        texts: a dataset of ids (B, None), ragged, int32.
        context: T.
        end_id: comes after each text.
        pad_id: fills the last window.

    Returns:
        A dataset of ``(token_ids, targets, weights)``, (T,) int32, int32 and float32:
        ``targets`` are the tokens one further on, ``weights`` 0 for filling.

    Raises:
        ValueError: ``context`` is below 1.
    """
    if context < 1:
        raise ValueError(f"expected a context of 1 or more, got {context}")

    def join(batch):
        ends = tf.fill([batch.nrows(), 1], end_id)
        return tf.concat([batch, ends], axis=1).flat_values, False

    def cut(rest, element):
        ids, is_last = element
        ids = tf.concat([rest, ids], axis=0)
        targets = tf.maximum(tf.size(ids) - 1, 0)
        filling = tf.where(is_last, -targets % context, 0)
        ids = tf.concat([ids, tf.fill([filling], pad_id)], axis=0)
        whole = (targets + filling) // context * context
        windows = tf.signal.frame(ids[: whole + 1], context + 1, context)  # (N, T + 1)
        counts = targets - tf.range(0, whole, context)
        return ids[whole:], (windows, counts)

    def split(window, count):
        return window[:-1], window[1:], tf.sequence_mask(count, context, tf.float32)

    nothing = tf.zeros([0], tf.int32)
    last = tf.data.Dataset.from_tensors((nothing, True))
    return texts.map(join).concatenate(last).scan(nothing, cut).unbatch().map(split)
