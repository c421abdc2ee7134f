"""E25: what is right is confirmed by scikit-learn, exact fractions and counting."""

from fractions import Fraction
from statistics import fmean, geometric_mean, harmonic_mean

import pytest

from roots_tf.errata.e08_recall import FN, FP, TN, TP, binary_scores
from roots_tf.errata.e25_what_is_right import (
    ABBREVIATIONS,
    ENTRY,
    initials,
    means,
)


def test_the_formulas_of_4_3_1_are_scikit_learns():
    from sklearn import metrics

    actual = [1] * TP + [0] * FP + [1] * FN + [0] * TN
    predicted = [1] * (TP + FP) + [0] * (FN + TN)

    scores = binary_scores(TP, FP, FN, TN)

    assert scores == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(actual, predicted),
            "precision": metrics.precision_score(actual, predicted),
            "recall": metrics.recall_score(actual, predicted),
            "f1": metrics.f1_score(actual, predicted),
        }
    )


@pytest.mark.parametrize("precision, recall", [(0.8, 0.2), (0.5, 0.5), (1.0, 0.01)])
def test_f1_is_the_harmonic_mean_and_the_smallest_of_the_three(precision, recall):
    found = means(precision, recall)

    pair = [precision, recall]
    assert found["arithmetic"] == pytest.approx(fmean(pair))
    assert found["geometric"] == pytest.approx(geometric_mean(pair))
    assert found["harmonic"] == pytest.approx(harmonic_mean(pair))
    f1 = 2 * precision * recall / (precision + recall)
    assert found["harmonic"] == pytest.approx(f1)
    assert found["harmonic"] <= found["geometric"] + 1e-12
    assert found["geometric"] <= found["arithmetic"] + 1e-12


def test_the_entry_states_the_means_of_eight_and_two_tenths():
    # (8 + 2)/20, sqrt(16)/10 and 2 * 16 / 10 / 10, by hand.
    assert "arithmetic one is 0.50, the geometric 0.40\n" in ENTRY.numbers
    assert "harmonic 0.32, which is F1" in ENTRY.numbers


def test_one_step_by_the_rule_of_4_2_2_lowers_the_loss_as_stated():
    # y_hat = w x on x = (1, 2), y = (2, 4): loss 5/2 (w - 2)^2, gradient 5 (w - 2).
    w, rate = Fraction(0), Fraction(1, 20)
    before = Fraction(5, 2) * (w - 2) ** 2

    w -= rate * 5 * (w - 2)

    after = Fraction(5, 2) * (w - 2) ** 2
    assert (before, after) == (10, Fraction(45, 8))
    assert "loss from 10 to\n  5.625 in one step" in ENTRY.numbers


@pytest.mark.parametrize("short, words", ABBREVIATIONS.items())
def test_an_abbreviation_is_the_capitals_of_its_words(short, words):
    assert initials(words) == short
    assert words[0] == short[0]
