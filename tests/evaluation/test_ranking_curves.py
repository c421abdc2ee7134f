"""Curves against scikit-learn, SciPy and counting pairs."""

import warnings

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn import metrics

from roots_tf.evaluation.ranking_curves import (
    auroc,
    average_precision,
    multiply_negatives,
    precision_recall_curve,
    roc_curve,
)


def sample(decimals=9, size=200, share=0.3, seed=0):
    """Labels, and scores that know something of them; few decimals make many ties."""
    rng = np.random.default_rng(seed)
    labels = rng.random(size) < share
    return labels.astype(int), (rng.normal(size=size) + labels).round(decimals)


CASES = {
    "no ties": sample(),
    "some ties": sample(decimals=1),
    "many ties": sample(decimals=0),
    "all equal": (np.array([0, 1, 1, 0, 1]), np.full(5, 0.5)),
    "perfect": (np.array([0, 0, 1, 1]), np.array([-3.0, -2.0, 5.0, 7.0])),
    "reversed": (np.array([1, 1, 0, 0]), np.array([-3.0, -2.0, 5.0, 7.0])),
    "one of each": (np.array([1, 0]), np.array([0.2, 0.2])),
    "no negatives": (np.ones(6, int), np.array([1.0, 2, 2, 3, 4, 4])),
    "no positives": (np.zeros(6, int), np.array([1.0, 2, 2, 3, 4, 4])),
    "a single positive": (np.array([1]), np.array([0.3])),
    "a single negative": (np.array([0]), np.array([0.3])),
}
each_case = pytest.mark.parametrize("case", CASES)
both_classes = pytest.mark.parametrize(
    "case", [c for c in CASES if set(CASES[c][0]) == {0, 1}]
)


@each_case
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_roc_equals_scikit_learn(case):
    labels, scores = CASES[case]

    curve = roc_curve(labels, scores)

    x, y, thresholds = metrics.roc_curve(
        labels, scores, pos_label=1, drop_intermediate=False
    )
    np.testing.assert_allclose(curve.false_positive_rate, x, atol=1e-15)
    np.testing.assert_allclose(curve.true_positive_rate, y, atol=1e-15)
    np.testing.assert_array_equal(curve.thresholds, thresholds)


@each_case
@pytest.mark.filterwarnings("ignore:No positive class found")
def test_precision_and_recall_equal_scikit_learn(case):
    labels, scores = CASES[case]

    curve = precision_recall_curve(labels, scores)

    precision, recall, thresholds = metrics.precision_recall_curve(
        labels, scores, pos_label=1
    )
    np.testing.assert_allclose(curve.precision, precision[::-1], atol=1e-15)
    np.testing.assert_allclose(curve.recall, recall[::-1], atol=1e-15)
    np.testing.assert_array_equal(curve.thresholds[1:], thresholds[::-1])


@each_case
@pytest.mark.filterwarnings("ignore:No positive class found")
def test_average_precision_equals_scikit_learn(case):
    labels, scores = CASES[case]

    found = average_precision(labels, scores)

    expected = metrics.average_precision_score(labels, scores, pos_label=1)
    assert found == pytest.approx(expected, abs=1e-12)


@both_classes
def test_area_equals_scikit_learn_and_the_u_of_mann_and_whitney(case):
    labels, scores = CASES[case]
    positives, negatives = scores[labels == 1], scores[labels == 0]

    found = auroc(labels, scores)

    u = mannwhitneyu(positives, negatives).statistic
    assert found == pytest.approx(metrics.roc_auc_score(labels, scores), abs=1e-12)
    assert found == pytest.approx(u / (len(positives) * len(negatives)), abs=1e-12)


def test_area_is_the_share_of_pairs_in_the_right_order():
    labels, scores = sample(decimals=1, size=60)

    found = auroc(labels, scores)

    pairs = scores[labels == 1][:, None] - scores[labels == 0]
    assert found == pytest.approx(np.mean((pairs > 0) + 0.5 * (pairs == 0)))


@pytest.mark.parametrize("case", ["no positives", "no negatives"])
def test_area_without_one_of_the_classes_is_undefined_and_warns_of_nothing(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = auroc(*CASES[case])
        precision_recall_curve(*CASES[case])

    assert np.isnan(found)


def test_the_order_of_rows_and_the_scale_of_scores_do_not_matter():
    labels, scores = sample(decimals=1)
    shuffled = np.random.default_rng(1).permutation(len(labels))

    for measure in (auroc, average_precision):
        expected = pytest.approx(measure(labels, scores), abs=1e-12)
        assert measure(labels[shuffled], scores[shuffled]) == expected
        assert measure(labels.astype(bool), np.exp(scores)) == expected


def test_infinite_scores_are_scores():
    labels, scores = [0, 1, 1, 0], [-np.inf, 0.0, np.inf, 1.0]

    found = auroc(labels, scores), average_precision(labels, scores)

    # By hand: of four pairs one is out of order; precision 1/1 and 2/3.
    assert found == (0.75, pytest.approx((1 + 2 / 3) / 2))


@pytest.mark.parametrize("times", [1, 10, 100])
def test_more_negatives_leave_the_roc_and_lower_precision_as_the_formula_says(times):
    labels, scores = sample(decimals=1)
    rarer = multiply_negatives(labels, scores, times)

    before, after = roc_curve(labels, scores), roc_curve(*rarer)
    precision = precision_recall_curve(*rarer).precision[1:]

    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-15)
    assert auroc(*rarer) == pytest.approx(auroc(labels, scores))
    true = before.true_positive_rate[1:] * labels.sum()
    false = before.false_positive_rate[1:] * (1 - labels).sum()
    np.testing.assert_allclose(precision, true / (true + times * false))


def test_random_scores_reach_one_half_and_the_share_of_positives():
    rng = np.random.default_rng(0)
    labels, scores = rng.random(50_000) < 0.1, rng.random(50_000)

    # One deviation is sqrt(1 / 12 / 5,000) = 0.004 for the area.
    assert auroc(labels, scores) == pytest.approx(0.5, abs=0.015)
    assert average_precision(labels, scores) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("measure", [auroc, average_precision])
@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([], [], "one or more"),
        ([0, 1], [0.5], r"got shapes \(2,\) and \(1,\)"),
        ([[0, 1]], [[0.1, 0.2]], r"shapes \(1, 2\) and \(1, 2\)"),
        ([0, 2], [0.1, 0.2], r"labels 0 and 1, got \[0 2\]"),
        ([0, 1], [0.1, np.nan], "got NaN"),
    ],
)
def test_bad_input_is_refused(measure, labels, scores, message):
    with pytest.raises(ValueError, match=message):
        measure(labels, scores)
