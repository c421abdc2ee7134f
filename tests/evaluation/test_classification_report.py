"""The plain functions against scikit-learn's report."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from roots_tf.evaluation.classification_report import (
    classification_report,
    confusion_matrix,
    format_report,
)

NAMES = ("sport", "economy", "law", "art")


def predictions_of(num_classes=4, size=300, seed=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, num_classes, size), rng.integers(0, num_classes, size)


def test_confusion_matrix_equals_scikit_learn():
    labels, predictions = predictions_of()

    matrix = confusion_matrix(labels, predictions, num_classes=5)

    expected = sklearn_metrics.confusion_matrix(labels, predictions, labels=range(5))
    np.testing.assert_array_equal(matrix, expected)
    assert matrix.dtype == np.int64


def test_confusion_matrix_of_nothing_is_zero():
    np.testing.assert_array_equal(confusion_matrix([], [], 2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([0, 1], [0], "1 predictions and 2 labels"),
        ([0, 2], [0, 1], r"labels must be in 0\.\.1, got 0\.\.2"),
        ([0, 1], [-1, 1], r"predictions must be in 0\.\.1, got -1\.\.1"),
        ([0, 1], [0.2, 0.8], "predictions must be integers, got float64"),
    ],
)
def test_confusion_matrix_refuses_bad_input(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(labels, predictions, num_classes=2)


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
@pytest.mark.parametrize("absent", [False, True])
def test_report_equals_scikit_learn(absent, zero_division):
    labels, predictions = predictions_of(num_classes=3 if absent else 4)

    report = classification_report(
        confusion_matrix(labels, predictions, 4), NAMES, zero_division
    )

    expected = sklearn_metrics.classification_report(
        labels,
        predictions,
        labels=range(4),
        target_names=NAMES,
        output_dict=True,
        zero_division=zero_division,
    )
    pairs = [(report["classes"][name], expected[name]) for name in NAMES]
    pairs += [(report[a], expected[f"{a} avg"]) for a in ("macro", "weighted")]
    for ours, theirs in pairs:
        assert ours == pytest.approx(
            {**ours, "f1": theirs["f1-score"]}
            | {key: theirs[key] for key in ("precision", "recall", "support")},
            abs=1e-12,
        )
    assert report["accuracy"] == pytest.approx((labels == predictions).mean())


def test_report_refuses_a_matrix_that_does_not_fit_the_names():
    with pytest.raises(ValueError, match=r"got shape \(2, 2\) and names"):
        classification_report(np.eye(2), ["a", "b", "c"])
    with pytest.raises(ValueError, match="a different name for each class"):
        classification_report(np.eye(2), ["a", "a"])


def test_the_table_has_a_line_for_each_class_and_average():
    report = classification_report(np.array([[3, 1], [0, 2]]), ["yes", "no"])

    lines = format_report(report).splitlines()

    assert lines[0].split() == ["precision", "recall", "f1", "support"]
    assert lines[1].split() == ["yes", "1.0000", "0.7500", "0.8571", "4"]
    assert [line.split()[0] for line in lines[2:]] == [
        "no",
        "macro",
        "weighted",
        "accuracy",
    ]
