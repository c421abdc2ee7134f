"""E12: the whole table, run with Keras."""

import numpy as np
import pytest

from roots_tf.errata.e12_label_shapes import (
    ENTRY,
    FIXED_MODEL,
    PRINTED_MODEL,
    RUNS,
    SPARSE,
    build_fixed_model,
    repeated_label_accuracies,
    shape_outcomes,
)
from roots_tf.recurrent.bilstm_classifier import build_bert_model

LN_2 = np.log(2)


@pytest.fixture(scope="module")
def outcomes():
    """What came of fitting the printed model, in the order of `PRINTED_MODEL`."""
    return shape_outcomes(build_bert_model)


@pytest.fixture(scope="module")
def fixed_outcomes():
    """What came of fitting the model with `return_sequences=False`."""
    return shape_outcomes(build_fixed_model, FIXED_MODEL)


@pytest.mark.parametrize(
    "case", PRINTED_MODEL, ids=lambda case: f"{case.shape}-T{case.tokens}-{case.loss}"
)
def test_keras_does_with_the_printed_model_what_the_table_says(case, outcomes):
    found = outcomes[PRINTED_MODEL.index(case)]

    assert found == case


def test_the_table_has_every_shape_that_one_might_try():
    shapes = {(case.shape, case.tokens) for case in PRINTED_MODEL}

    assert shapes >= {
        *(((32,), 20), ((32, 2), 20), ((32, 2), 32), ((32, 2), 2), ((32, 2), 1)),
        *(((32, 1), 20), ((32, 20), 20), ((32, 1, 2), 20), ((32, 20, 2), 20)),
    }


def test_what_runs_on_random_labels_is_at_chance(outcomes):
    ran = [outcome for outcome in outcomes if outcome.outcome == RUNS]

    assert len(ran) == 3
    for outcome in ran:
        # One step from a start near probabilities of 1/2; accuracy has a standard
        # deviation of 0.02 over 640 labels, and of 0.09 where there are only 32.
        assert outcome.mean_loss == pytest.approx(LN_2, abs=0.01)
        assert outcome.accuracy == pytest.approx(0.5, abs=0.35)


def test_labels_a_text_never_fit_the_printed_model(outcomes):
    for outcome in outcomes:
        if outcome.shape[1:2] != (outcome.tokens,):
            assert outcome.outcome.startswith("ValueError")
            assert outcome.accuracy is None


def test_without_return_sequences_labels_a_text_fit(fixed_outcomes):
    assert fixed_outcomes == FIXED_MODEL


def test_one_hot_and_sparse_labels_give_the_same_loss_and_accuracy(fixed_outcomes):
    one_hot, sparse = fixed_outcomes

    assert sparse.loss == SPARSE
    assert one_hot.mean_loss == pytest.approx(sparse.mean_loss, rel=1e-6)
    assert one_hot.accuracy == sparse.accuracy


def test_repeated_labels_give_725_a_token_and_5_a_text():
    right = np.zeros((2, 20), bool)
    right[0, :] = True
    right[1, :9] = True

    accuracies = repeated_label_accuracies(right.sum(axis=1), tokens=20)

    assert accuracies == (right.mean(), np.mean(right.mean(axis=1) > 0.5))
    assert accuracies == (0.725, 0.5)
    assert "0.725, that of the texts 0.5" in ENTRY.numbers


def test_half_of_the_tokens_is_no_majority():
    assert repeated_label_accuracies([10, 11], tokens=20) == (0.525, 0.5)
