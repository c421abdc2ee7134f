"""E04: the printed loss has no data and no minimum; the right one has both."""

import math
from itertools import combinations

import numpy as np
import pytest

from roots_tf.errata.e03_glove_steps import FIRST, SECOND, cooccurrence, cost, train
from roots_tf.errata.e04_glove_loss import (
    CELL,
    COSINES,
    ENTRY,
    EPSILON,
    cosine,
    descend,
    four_random_words,
    one_cell,
    printed_loss,
    printed_term,
)

POSITIVE = np.abs(np.random.default_rng(0).normal(size=(4, 3)))  # cosines above 0


def test_the_printed_term_falls_from_0_to_nearly_minus_infinity_and_then_ends():
    terms = [printed_term(one) for one in COSINES]

    expected = [0, -math.log(2), -math.log(10), -math.log(1000), -8 * math.log(10)]
    # Epsilon beside .001 moves the logarithm by 1e-5.
    assert terms[:-1] == pytest.approx(expected, abs=2e-5)
    assert math.isnan(terms[-1])
    assert "| 0.0000 | -0.6931 | -2.3026 | -6.9077 | -18.4207 | nan |" in ENTRY.numbers
    assert printed_term(-EPSILON) == -math.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.log(-0.5 + EPSILON))


def test_four_random_words_have_four_pairs_without_a_loss():
    vectors = np.random.default_rng(0).normal(size=(4, 3))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    above = np.triu_indices(4, 1)

    expected = (unit @ unit.T)[above]

    np.testing.assert_allclose(four_random_words(), expected, rtol=1e-12)
    assert np.sum(expected < -EPSILON) == 4
    assert math.isnan(printed_loss(vectors))
    assert "seed 0) 4 are there" in ENTRY.numbers


def test_descent_lowers_the_cosine_at_every_step_until_there_is_no_loss():
    seen = descend(0.9)

    assert np.all(np.diff(seen) < 0)
    assert seen[-1] < -EPSILON < seen[-2]
    for text in (f"{seen[1]:.3f} after a step", f"after {len(seen) - 1} it is"):
        assert text in ENTRY.numbers.replace("\n", " ")


def test_a_step_of_the_descent_is_that_of_finite_differences():
    start, rate = np.array([1, 0, 0.9, math.sqrt(1 - 0.81)]), 0.05

    def loss(both):
        return printed_loss(both.reshape(2, 2))

    steps = 1e-6 * np.eye(4)
    gradient = [(loss(start + s) - loss(start - s)) / 2e-6 for s in steps]

    a, b = np.reshape(start - rate * np.array(gradient), (2, 2))
    assert cosine(a, b) == pytest.approx(descend(0.9, rate)[1], abs=1e-8)


def test_the_printed_loss_is_the_same_for_both_texts_and_the_right_one_is_not():
    met = [
        [pair for pair in combinations(range(4), 2) if cooccurrence(text)[pair]]
        for text in (FIRST, SECOND)
    ]
    parameters = (POSITIVE, POSITIVE[::-1], np.zeros(4), np.zeros(4))

    printed = [printed_loss(POSITIVE, pairs) for pairs in met]
    right = [cost(cooccurrence(text), parameters) for text in (FIRST, SECOND)]

    # Even if j runs over the words that i was seen with: the same pairs meet in both.
    assert met[0] == met[1] and printed[0] == printed[1]
    assert abs(right[0] - right[1]) > 0.01


def test_one_cell_by_hand():
    error, share = one_cell()

    assert error == pytest.approx(0.5 * 0.3 - 0.2 * 0.4 + 0.3 - math.log(10), rel=1e-12)
    assert share == pytest.approx(0.1**0.75 * error**2, rel=1e-12)
    w, context, *biases, count = CELL
    tables = w[None], context[None], *(np.array([bias]) for bias in biases)
    assert cost(np.array([[count]]), tables) == pytest.approx(share, rel=1e-12)
    assert "error -1.932585, term 0.664167" in ENTRY.numbers


def test_the_weights_are_powers_of_a_hundredth():
    by_hand = {0: 0, 1: 10**-1.5, 50: 2**-0.75, 100: 1, 1000: 1}

    expected = ", ".join(f"f({x}) = {value:.6g}" for x, value in by_hand.items())

    assert expected in ENTRY.numbers.replace("\n", " ")


def test_the_right_loss_is_0_if_and_only_if_every_cell_fits():
    counts = cooccurrence(FIRST)
    logs = np.log(np.where(counts > 0, counts, 1))
    fit = (logs, np.eye(4), np.zeros(4), np.zeros(4))  # w . w~ = log X

    assert cost(counts, fit) == 0
    for i, j in np.argwhere(counts):
        table = logs.copy()
        table[i, j] += 0.01
        assert cost(counts, (table, *fit[1:])) > 1e-7


def test_adagrad_takes_the_right_loss_to_0():
    counts = cooccurrence(FIRST)

    before, after = (cost(counts, train(counts, epochs=n)) for n in (0, 300))

    assert after < 1e-12 < before
    assert f"J from {before:.4f} to 0.0000" in ENTRY.numbers.replace("\n", " ")


def test_counts_are_symmetric_so_that_words_and_contexts_may_change_places():
    counts = cooccurrence(SECOND)
    w, contexts, b, context_biases = parameters = train(counts, epochs=1)

    swapped = cost(counts, (contexts, w, context_biases, b))

    np.testing.assert_array_equal(counts, counts.T)
    assert swapped == pytest.approx(cost(counts, parameters), rel=1e-12)
