"""Paired tests against SciPy's exact binomial test and against their own promise."""

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from roots_tf.evaluation.bootstrap import Interval, bootstrap_interval
from roots_tf.evaluation.ranking_curves import auroc
from roots_tf.evaluation.significance import (
    Comparison,
    accuracy,
    compare,
    mcnemar_test,
    randomization_test,
)


def answers(both=0, only_a=0, only_b=0, neither=0):
    """Who is right on each example: two arrays (N,) bool."""
    a = [True] * (both + only_a) + [False] * (only_b + neither)
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return np.array(a), np.array(b)


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 0), (1, 0), (5, 5), (9, 2), (3, 40), (700, 640)]
)
def test_mcnemar_is_the_exact_binomial_test_of_the_examples_that_differ(only_a, only_b):
    a, b = answers(both=20, only_a=only_a, only_b=only_b, neither=7)

    p_value = mcnemar_test(a, b)

    differ = only_a + only_b
    expected = binomtest(only_a, differ).pvalue if differ else 1.0
    assert p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("only_a", "only_b"), [(6, 1), (9, 4), (20, 20), (30, 12)])
def test_the_randomization_test_tends_to_mcnemar_for_accuracy(only_a, only_b):
    a, b = answers(both=30, only_a=only_a, only_b=only_b, neither=10)

    p_value = randomization_test(np.ones(len(a)), a, b, resamples=4_000)

    # 4,000 rearrangements have a deviation of at most 0.8 points.
    assert p_value == pytest.approx(mcnemar_test(a, b), abs=0.025)


def test_the_randomization_test_of_a_mean_equals_that_of_scipy():
    rng = np.random.default_rng(0)
    labels = np.zeros(12)
    a, b = rng.normal(0.6, 1, 12), rng.normal(0, 1, 12)

    def mean(labels, outputs):
        return outputs.mean()

    p_value = randomization_test(labels, a, b, mean, resamples=4_000)

    exact = permutation_test(  # all 2 ** 12 ways to swap
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=1e6
    ).pvalue
    assert p_value == pytest.approx(exact, abs=0.025)


def test_between_equal_models_p_is_below_5_percent_in_at_most_about_5_percent():
    rng, alarms, trials = np.random.default_rng(0), 0, 300
    for trial in range(trials):
        a, b = rng.random((2, 80)) < 0.8
        p_value = randomization_test(np.ones(80), a, b, resamples=200, seed=trial)
        alarms += p_value < 0.05

    # One deviation is 1.3 points; as shares have steps, the test errs on the safe side.
    assert alarms / trials < 0.05 + 3 * 0.013


def test_a_comparison_has_the_paired_interval_and_the_p_of_the_test():
    a, b = answers(both=50, only_a=14, only_b=3, neither=13)
    labels = np.ones(80, bool)

    found = compare(labels, a, b, seed=3)

    of_pairs = bootstrap_interval(np.mean, a.astype(float) - b, seed=3)
    assert found.difference.estimate == pytest.approx(11 / 80)
    assert found.difference.low == pytest.approx(of_pairs.low)
    assert found.difference.high == pytest.approx(of_pairs.high)
    assert found.p_value == randomization_test(labels, a, b, seed=3)
    assert found == compare(labels, a, b, seed=3) != compare(labels, a, b, seed=4)


def test_pairs_show_what_two_separate_intervals_hide():
    a, b = answers(both=75, only_a=6, only_b=0, neither=19)

    found = compare(np.ones(100), a, b)

    apart = [bootstrap_interval(np.mean, right) for right in (a, b)]
    assert apart[1].high > apart[0].low  # they overlap
    assert found.difference.low > 0 and found.p_value < 0.05


def test_scores_of_any_metric_can_be_compared():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    good, poor = labels + rng.normal(size=120), 0.2 * labels + rng.normal(size=120)
    names = ("good", "poor")

    line = str(compare(labels, good, poor, auroc, names, resamples=300))

    points = 100 * (auroc(labels, good) - auroc(labels, poor))
    assert line.startswith(f"good beats poor by {points:.1f} points (95 % interval ")


def test_outputs_with_more_axes_are_swapped_by_example():
    labels = np.arange(10) % 2
    a, b = np.eye(2)[labels], np.eye(2)[1 - labels]

    def right(labels, probabilities):
        return accuracy(labels, probabilities.argmax(axis=1))

    p_value = randomization_test(labels, a, b, right)

    assert p_value == pytest.approx(2 / 2**10, abs=0.004)


@pytest.mark.parametrize(
    ("difference", "p_value", "line"),
    [
        (
            (0.012, 0.004, 0.02),
            0.004,
            "A beats B by 1.2 points (95 % interval 0.4 to 2.0, p = 0.004)",
        ),
        (
            (-0.012, -0.02, -0.004),
            0.0004,
            "B beats A by 1.2 points (95 % interval 0.4 to 2.0, p < 0.001)",
        ),
        (
            (0.003, -0.005, 0.011),
            0.4567,
            "A is not shown to beat B: ahead by 0.3 points "
            "(95 % interval -0.5 to 1.1, p = 0.457)",
        ),
        (
            (0.0, -0.01, 0.01),
            1.0,
            "A is not shown to beat B: ahead by 0.0 points "
            "(95 % interval -1.0 to 1.0, p = 1)",
        ),
    ],
)
def test_a_comparison_reads_as_a_line(difference, p_value, line):
    assert str(Comparison(("A", "B"), Interval(*difference), p_value)) == line


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mcnemar_test([], []), r"one length over 0, got \[0, 0\]"),
        (lambda: mcnemar_test([True], [True, False]), r"got \[1, 2\]"),
        (lambda: compare([1, 0], [1, 0], [1]), r"got \[2, 2, 1\]"),
        (
            lambda: randomization_test([1], [[1, 0]], [1]),
            r"one shape, got \(1, 2\) and \(1,\)",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
