"""E08: every number, beside scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)

from roots_tf.errata.e08_recall import (
    ENTRY,
    FN,
    FP,
    MATRIX,
    TN,
    TP,
    averaged_scores,
    binary_scores,
    printed_scores,
)


@pytest.fixture
def binary():
    """Labels and predictions of the worked example."""
    labels = np.repeat([1, 0, 1, 0], [TP, FP, FN, TN])
    return labels, np.repeat([1, 1, 0, 0], [TP, FP, FN, TN])


@pytest.fixture
def three_classes():
    """Labels and predictions of the three-class matrix."""
    pairs = np.argwhere(np.ones((3, 3)))
    return np.repeat(pairs, np.ravel(MATRIX), axis=0).T


def test_the_right_scores_are_those_of_scikit_learn(binary):
    scores = binary_scores(TP, FP, FN, TN)

    expected = {
        "accuracy": accuracy_score(*binary),
        "precision": precision_score(*binary),
        "recall": recall_score(*binary),
        "f1": f1_score(*binary),
    }
    assert scores == pytest.approx(expected)


def test_the_scores_of_the_worked_example_are_those_of_the_erratum():
    right, printed = binary_scores(TP, FP, FN, TN), printed_scores(TP, FP, FN, TN)

    assert right == {"accuracy": 0.66, "precision": 0.8, "recall": 0.2, "f1": 0.32}
    assert printed == {"accuracy": 0.66, "precision": 0.8, "recall": 0.8, "f1": 0.8}


@pytest.mark.parametrize("counts", [(1, 0, 99, 0), (5, 5, 5, 5), (3, 9, 0, 1)])
def test_with_the_printed_wording_recall_and_f1_are_precision_whatever_is_missed(
    counts,
):
    scores = printed_scores(*counts)

    assert scores["recall"] == scores["precision"]
    assert scores["f1"] == pytest.approx(scores["precision"])


def test_the_averages_of_three_classes_are_those_of_scikit_learn(three_classes):
    scores = averaged_scores(MATRIX)

    macro = precision_recall_fscore_support(*three_classes, average="macro")[:3]
    found = scores["macro precision"], scores["macro recall"], scores["macro f1"]
    assert found == pytest.approx(macro)
    assert scores["accuracy"] == pytest.approx(accuracy_score(*three_classes))
    micro = f1_score(*three_classes, average="micro")
    assert scores["micro f1"] == pytest.approx(micro)


def test_the_averages_are_those_of_the_erratum_and_the_two_macro_f1_differ():
    rounded = {name: round(value, 4) for name, value in averaged_scores(MATRIX).items()}

    assert rounded == {
        "accuracy": 0.8909,
        "micro f1": 0.8909,
        "macro precision": 0.7911,
        "macro recall": 0.6,
        "macro f1": 0.6564,
        "f1 of the macro averages": 0.6824,
    }


def test_the_entry_states_the_numbers():
    assert "| §4.3.1, right | 0.66 | 0.8 | 0.2 | 0.32 |" in ENTRY.numbers
    assert "| §3.3.1 | 0.66 | 0.8 | 0.8 | 0.8 |" in ENTRY.numbers
    for number in ("0.8909", "0.7911", "0.6000", "0.6564", "0.6824"):
        assert number in ENTRY.numbers
