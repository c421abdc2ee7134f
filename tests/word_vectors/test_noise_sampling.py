"""The noise distribution against its formula, and draws from it by chi-square tests."""

import numpy as np
import pytest
from scipy import stats

from roots_tf.word_vectors.noise_sampling import NoiseTable, noise_probabilities

# 300 words by Zipf's law: from 60,000 occurrences down to 200.
COUNTS = 60_000 // np.arange(1, 301)


def p_value(table: NoiseTable, draws: int, power: float) -> float:
    """How likely draws from the distribution deviate as much as these from it.

    The draws are no more than a twentieth of the table, so that it makes no difference
    that they are without replacement.
    """
    expected = COUNTS**power / np.sum(COUNTS**power)
    seen = np.bincount(table.draw(draws), minlength=len(COUNTS))
    return stats.chisquare(seen, draws * expected).pvalue


def test_counts_of_the_erratum_move_as_computed_by_hand():
    moved = noise_probabilities([50, 20, 15, 10, 5])

    by_hand = [50**0.75, 20**0.75, 15**0.75, 10**0.75, 5**0.75]
    np.testing.assert_allclose(moved, np.divide(by_hand, sum(by_hand)), rtol=1e-12)
    np.testing.assert_allclose(moved, [0.419, 0.211, 0.170, 0.125, 0.075], atol=5e-4)


@pytest.mark.parametrize(("power", "ratio"), [(0, 1), (0.5, 10), (1, 100)])
def test_the_power_bends_the_ratio_of_two_counts(power, ratio):
    rare, frequent = noise_probabilities([3, 300], power)

    assert frequent / rare == pytest.approx(ratio)


@pytest.mark.parametrize("counts", [[], [3, 0], [3, -1], [[1, 2]], [1, float("nan")]])
def test_what_are_no_counts_is_refused(counts):
    with pytest.raises(ValueError, match="expected the counts of words, all above 0"):
        noise_probabilities(counts)


@pytest.mark.parametrize("power", [0.75, 1.0, 0.0])
def test_draws_pass_a_chi_square_test(power):
    table = NoiseTable(COUNTS, power=power, seed=1)

    # If the draws are right, one seed in a thousand falls below 0.001 (too far from
    # the distribution) and one above 0.999 (too near, as draws in turn would be).
    assert 0.001 < p_value(table, 200_000, power) < 0.999


def test_the_p_values_of_many_rounds_of_draws_are_uniform():
    table = NoiseTable(COUNTS, size=4_000_000, seed=2)

    found = [p_value(table, 20_000, 0.75) for _ in range(10)]

    # Stays below 0.001 for right draws once in a thousand seeds.
    assert stats.kstest(found, "uniform").pvalue > 0.001


def test_the_chi_square_test_tells_the_power_from_its_neighbours():
    table = NoiseTable(COUNTS, seed=1)

    assert p_value(table, 200_000, power=0.70) < 1e-6
    assert p_value(table, 200_000, power=0.80) < 1e-6


def test_each_word_has_its_due_to_half_an_entry_and_none_is_left_out():
    counts = np.concatenate([COUNTS, np.full(200, 1)])
    size = 2_000

    table = NoiseTable(counts, size)

    entries = np.bincount(table.table, minlength=len(counts))
    due = size * counts**0.75 / np.sum(counts**0.75)
    assert due.min() < 0.5 < due.max()
    assert np.abs(entries - due)[due >= 0.5].max() <= 0.5
    assert np.all(entries[due < 0.5] == 1)
    assert abs(len(table.table) - size) <= len(counts)


def test_one_round_reads_every_entry_once_in_consecutive_slices():
    table = NoiseTable([5, 3, 1], size=90)

    first = [table.draw(25) for _ in range(3)]
    first.append(table.draw(len(table.table) - 75))
    second = table.draw(25)

    np.testing.assert_array_equal(np.concatenate(first), table.table)
    np.testing.assert_array_equal(second, first[0])


def test_a_slice_goes_round_the_end_as_often_as_it_takes():
    table = NoiseTable([5, 3, 1], size=9)
    length = len(table.table)
    table.position = length - 2

    drawn = table.draw(2 * length + 5)

    expected = np.concatenate([table.table[-2:], table.table, table.table])
    np.testing.assert_array_equal(drawn, np.append(expected, table.table[:3]))
    assert drawn.dtype == np.int32
    assert table.position == 3


def test_a_reader_goes_on_where_another_stopped():
    one = NoiseTable(COUNTS, size=10_000, seed=3)
    other = NoiseTable(COUNTS, size=10_000, seed=3)
    one.draw(1_234)

    other.position = one.position

    np.testing.assert_array_equal(other.draw(777), one.draw(777))


def test_seeds_differ_in_order_alone():
    one, other = (NoiseTable(COUNTS, size=10_000, seed=seed).table for seed in (0, 1))

    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(np.sort(one), np.sort(other))


def test_a_slice_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        NoiseTable([2, 1], size=9).draw(3)[0] = 1


def test_a_table_without_room_for_every_word_is_refused():
    with pytest.raises(ValueError, match="at least 300 entries, one a word, got 299"):
        NoiseTable(COUNTS, size=299)
