"""BERT's gaps: which tokens a masked language model is asked for, and what it sees.

Article: §5.2, §7.3.1 (BERT). Erratum: E11.
Source: Devlin et al. 2018 (1810.04805), §3.1, task 1, and appendix A.1.

    of the n tokens of a text that are not special, 15 % are gaps:
        K = max(1, round(0.15 n))
    at a gap the model sees  [MASK]             with probability 0.8
                             a random token                      0.1
                             the token that is there             0.1

A word is a gap as a whole. Words are drawn in random order as long as they fit into K.
If the first is longer than K, its first K tokens are the gap: each text with a word has
one.
"""

from typing import NamedTuple

import tensorflow as tf

RATE, SHOW_MASK, SHOW_RANDOM = 0.15, 0.8, 0.1


class Masked(NamedTuple):
    """A batch with gaps; M is the most that a row of T tokens can have.

    Attributes:
        token_ids: (B, T) int32, what the model sees.
        masked_positions: (B, M) int32, where the gaps are, in order; rows with fewer
            are filled up with other positions.
        masked_ids: (B, M) int32, the tokens that were there.
        masked_weights: (B, M) float32, 1 for gaps, 0 for filling.
    """

    token_ids: tf.Tensor
    masked_positions: tf.Tensor
    masked_ids: tf.Tensor
    masked_weights: tf.Tensor


def mask_tokens(
    token_ids: tf.Tensor,
    word_ids: tf.Tensor,
    seed: tf.Tensor,
    mask_id: int,
    random_ids: tf.Tensor,
    rate: float = RATE,
) -> Masked:
    """Makes gaps, the same for one seed on every machine.

    Args:
        token_ids: (B, T) int32.
        word_ids: (B, T) int32, each token's word, -1 for what must stay:
            ``whole_words``.
        seed: (2,) int32, such as the run's seed and the number of the batch.
        mask_id: of [MASK].
        random_ids: (R,) int32, the tokens that may be shown at random: all that are
            not special.
        rate: share of the tokens that become gaps.
    """
    shape = tf.shape(token_ids)
    draws = tf.random.stateless_uniform([3, shape[0], shape[1]], seed, alg="philox")
    gaps = choose_gaps(word_ids, draws[0], rate)  # (B, T)
    number = tf.cast(tf.size(random_ids), tf.float32)
    others = tf.gather(random_ids, tf.cast(draws[2] * number, tf.int32))  # (B, T)
    shown = tf.where(draws[1] < SHOW_MASK + SHOW_RANDOM, others, token_ids)
    shown = tf.where(draws[1] < SHOW_MASK, mask_id, shown)
    most = _gap_count(shape[1], rate)  # M
    positions = tf.argsort(tf.cast(~gaps, tf.int32), axis=1, stable=True)[:, :most]
    counts = tf.reduce_sum(tf.cast(gaps, tf.int32), axis=1)
    return Masked(
        tf.where(gaps, shown, token_ids),
        positions,
        tf.gather(token_ids, positions, batch_dims=1),  # (B, M)
        tf.sequence_mask(counts, most, tf.float32),  # (B, M)
    )


def choose_gaps(word_ids: tf.Tensor, draws: tf.Tensor, rate: float) -> tf.Tensor:
    """Chooses whole words in random order, up to a share of the tokens.

    Args:
        word_ids: (B, T) int32; -1 belongs to no word. A row's words are numbered below
            T, and the tokens of one stand together, but for -1 between them.
        draws: (B, T) float32; those of a row give the order of its words: the word of
            number w comes at ``draws[w]``.
        rate: 0 to 1.

    Returns:
        (B, T) bool, True = gap.
    """
    rows, width = tf.unstack(tf.shape(word_ids))
    in_word = word_ids >= 0
    numbers = tf.maximum(word_ids, 0)
    order = tf.where(in_word, tf.gather(draws, numbers, batch_dims=1), 2.0)
    by_rank = tf.argsort(order, axis=1, stable=True)
    rank = tf.argsort(by_rank, axis=1)  # (B, T), the words' tokens one after another
    segments = tf.range(rows)[:, None] * (width + 1) + word_ids + 1  # (B, T)

    def of_word(reduce):
        return tf.gather(reduce(rank, segments, rows * (width + 1)), segments)

    last = of_word(tf.math.unsorted_segment_max)
    first = of_word(tf.math.unsorted_segment_min)
    tokens = tf.reduce_sum(tf.cast(in_word, tf.int32), axis=1)  # (B,)
    count = _gap_count(tokens, rate)[:, None]
    fits = last < count
    in_first = (first == 0) & (rank < count)
    return in_word & (fits | in_first)


def _gap_count(tokens, rate):
    """K."""
    share = tf.round(rate * tf.cast(tokens, tf.float64))
    return tf.maximum(tf.cast(share, tf.int32), 1)
