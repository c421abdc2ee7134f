"""BERT's gaps: their number, what is shown, whole words, the draws redone in NumPy."""

import math

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.token_masking import choose_gaps, mask_tokens

V, PAD, CLS, SEP, MASK = 1000, 0, 2, 3, 4
ORDINARY = tf.range(5, V)


def a_batch(seed: int, rows: int = 64, width: int = 128, longest_word: int = 1):
    """Token ids and word numbers: [CLS], words of 1 to so many tokens, [SEP], [PAD]."""
    rng = np.random.default_rng(seed)
    token_ids = np.full((rows, width), PAD, np.int32)
    word_ids = np.full((rows, width), -1, np.int32)
    for ids, words in zip(token_ids, word_ids, strict=True):
        length = rng.integers(1, width - 1)
        ids[0], ids[length + 1] = CLS, SEP
        ids[1 : length + 1] = rng.integers(5, V, length)
        sizes = rng.integers(1, longest_word + 1, length)
        words[1 : length + 1] = np.repeat(np.arange(length), sizes)[:length]
    return tf.constant(token_ids), tf.constant(word_ids)


def most_gaps(tokens: int) -> int:
    return max(1, round(0.15 * tokens))


def within(share: float, probability: float, draws: int) -> bool:
    """Whether a share is within five standard deviations of its probability."""
    return abs(share - probability) < 5 * math.sqrt(
        probability * (1 - probability) / draws
    )


def gaps_of(masked, width) -> np.ndarray:
    """The gaps (B, T) that positions and weights tell of."""
    gaps = np.zeros((len(masked.masked_positions), width), bool)
    told = masked.masked_positions.numpy(), masked.masked_weights.numpy()
    for row, positions, weights in zip(gaps, *told, strict=True):
        assert len(set(positions)) == len(positions)
        row[positions[weights == 1]] = True
    return gaps


@pytest.mark.parametrize("longest_word", [1, 3])
def test_gaps_are_the_words_in_random_order_as_long_as_they_fit(longest_word):
    _, word_ids = a_batch(0, longest_word=longest_word)
    draws = np.random.default_rng(1).random(word_ids.shape, np.float32)

    gaps = choose_gaps(word_ids, tf.constant(draws), 0.15).numpy()

    for row, words, order in zip(gaps, word_ids.numpy(), draws, strict=True):
        left = most_gaps((words >= 0).sum())
        expected = np.zeros(len(words), bool)
        for word in sorted(set(words) - {-1}, key=lambda word: order[word]):
            places = np.flatnonzero(words == word)
            if len(places) > left and expected.any():
                break
            expected[places[:left]] = True
            left -= len(places)
        assert row.tolist() == expected.tolist()


def test_single_tokens_are_masked_to_the_number_exactly():
    token_ids, word_ids = a_batch(2)

    masked = mask_tokens(token_ids, word_ids, [0, 0], MASK, ORDINARY)

    numbers = [most_gaps(n) for n in (word_ids.numpy() >= 0).sum(axis=1)]
    assert masked.masked_weights.numpy().sum(axis=1).tolist() == numbers
    assert masked.masked_positions.shape == (64, most_gaps(128))


def test_what_is_shown_follows_the_draws():
    token_ids, word_ids = a_batch(3, longest_word=2)
    seed = [7, 3]
    draws = tf.random.stateless_uniform([3, *token_ids.shape], seed, alg="philox")
    draws, before = draws.numpy(), token_ids.numpy()

    masked = mask_tokens(token_ids, word_ids, seed, MASK, ORDINARY)

    gaps = choose_gaps(word_ids, tf.constant(draws[0]), 0.15).numpy()
    others = 5 + np.floor(draws[2] * (V - 5)).astype(int)
    shown = np.select([draws[1] < 0.8, draws[1] < 0.9], [MASK, others], before)
    assert (masked.token_ids.numpy() == np.where(gaps, shown, before)).all()
    assert (gaps_of(masked, 128) == gaps).all()
    there = np.take_along_axis(before, masked.masked_positions.numpy(), axis=1)
    assert (masked.masked_ids.numpy() == there).all()
    for positions, weights in zip(
        masked.masked_positions.numpy(), masked.masked_weights.numpy(), strict=True
    ):
        assert (np.diff(positions[weights == 1]) > 0).all()


def test_shares_are_80_10_and_10_per_cent():
    token_ids, word_ids = a_batch(4, rows=2000)

    masked = mask_tokens(token_ids, word_ids, [1, 1], MASK, ORDINARY)

    gaps = gaps_of(masked, 128)
    before, after = token_ids.numpy()[gaps], masked.token_ids.numpy()[gaps]
    kinds = [after == MASK, (after != MASK) & (after != before), after == before]
    chance = 0.1 / (V - 5)  # that a random token is the one that was there
    expected = [0.8, 0.1 - chance, 0.1 + chance]
    for kind, probability in zip(kinds, expected, strict=True):
        assert within(kind.mean(), probability, len(after))


def test_random_tokens_are_uniform_over_the_ordinary_ones():
    token_ids, word_ids = a_batch(5, rows=2000)
    few = tf.constant([11, 17, 500, 900])

    masked = mask_tokens(token_ids, word_ids, [2, 2], MASK, few)

    changed = masked.token_ids.numpy()[masked.token_ids.numpy() != token_ids.numpy()]
    counts = [int((changed == id).sum()) for id in few.numpy()]
    assert sum(counts) == (changed != MASK).sum()
    expected = sum(counts) / 4
    chi_square = sum((count - expected) ** 2 / expected for count in counts)
    assert chi_square < 16.3  # 3 degrees of freedom, p = 0.001


def test_every_position_is_a_gap_equally_often():
    row = tf.constant([[CLS, *range(5, 25), SEP]] * 4000)
    words = tf.constant([[-1, *range(20), -1]] * 4000)

    masked = mask_tokens(row, words, [3, 3], MASK, ORDINARY)

    shares = gaps_of(masked, 22).mean(axis=0)
    assert shares[0] == shares[-1] == 0
    assert all(within(share, 3 / 20, 4000) for share in shares[1:-1])


@pytest.mark.parametrize("longest_word", [1, 4])
def test_special_tokens_are_never_touched(longest_word):
    token_ids, word_ids = a_batch(6, longest_word=longest_word)
    special = word_ids.numpy() < 0

    for step in range(10):
        masked = mask_tokens(token_ids, word_ids, [4, step], MASK, ORDINARY)

        after = masked.token_ids.numpy()
        assert (after[special] == token_ids.numpy()[special]).all()
        assert not np.isin(after[~special], [PAD, 1, CLS, SEP]).any()
        assert not gaps_of(masked, 128)[special].any()


def test_words_are_gaps_as_a_whole_and_make_up_nearly_15_per_cent():
    token_ids, word_ids = a_batch(7, rows=500, longest_word=3)

    masked = mask_tokens(token_ids, word_ids, [5, 5], MASK, ORDINARY)

    gaps, words = gaps_of(masked, 128), word_ids.numpy()
    for row, numbers in zip(gaps, words, strict=True):
        if most_gaps((numbers >= 0).sum()) >= 3:  # the longest word fits
            assert (np.isin(numbers, numbers[row]) == row).all()
    # Words of 2 on average: the last one drawn leaves about one token of K unused.
    assert 0.13 < gaps.sum() / (words >= 0).sum() <= 0.155


def test_a_short_text_has_one_gap_even_where_its_word_is_long():
    words = tf.constant([[-1, 0, 0, 0, -1], [-1, 0, -1, -1, -1], [-1] * 5])

    gaps = choose_gaps(words, tf.random.stateless_uniform([3, 5], [0, 0]), 0.15)

    assert gaps.numpy().tolist() == [
        [False, True, False, False, False],
        [False, True, False, False, False],
        [False] * 5,
    ]


def test_no_gap_is_hidden_without_being_asked_for():
    token_ids, word_ids = a_batch(10, rows=200, width=24, longest_word=12)

    for step in range(5):
        masked = mask_tokens(token_ids, word_ids, [6, step], MASK, ORDINARY)

        hidden = masked.token_ids.numpy() != token_ids.numpy()
        assert not (hidden & ~gaps_of(masked, 24)).any()


def test_a_seed_gives_the_same_in_a_graph_and_another_seed_another():
    token_ids, word_ids = a_batch(8)
    in_graph = tf.function(
        lambda seed: mask_tokens(token_ids, word_ids, seed, MASK, ORDINARY)
    )

    eager = mask_tokens(token_ids, word_ids, [1, 2], MASK, ORDINARY)

    for ours, others in zip(eager, in_graph(tf.constant([1, 2])), strict=True):
        assert (ours.numpy() == others.numpy()).all()
    other = in_graph(tf.constant([1, 3]))
    assert (other.token_ids.numpy() != eager.token_ids.numpy()).any()


def test_in_tf_data_each_batch_has_gaps_of_its_own():
    token_ids, word_ids = a_batch(9, rows=4)
    dataset = tf.data.Dataset.range(3, output_type=tf.int32).map(
        lambda step: mask_tokens(token_ids, word_ids, [0, step], MASK, ORDINARY)
    )

    batches = [batch.token_ids.numpy().tolist() for batch in dataset]

    assert batches[0] != batches[1] != batches[2]
    assert [batch.token_ids.numpy().tolist() for batch in dataset] == batches
