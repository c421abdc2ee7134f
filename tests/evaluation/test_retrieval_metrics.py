"""Recall@k and MRR beside worked examples, scikit-learn, and a search by hand."""

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score, top_k_accuracy_score

from roots_tf.evaluation.retrieval_metrics import (
    first_right_ranks,
    mean_reciprocal_rank,
    recall_at,
    retrieval_scores,
)


def test_mrr_of_the_worked_example_of_cats_tori_and_viruses():
    """https://en.wikipedia.org/wiki/Mean_reciprocal_rank: 1/3, 1/2, 1 give 11/18."""
    assert mean_reciprocal_rank([3, 2, 1]) == pytest.approx(11 / 18)


def test_with_one_right_text_mrr_and_recall_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(200, 30))
    right = rng.integers(30, size=200)

    ranks = first_right_ranks(scores, right[:, None].tolist())

    # With a single right label its average precision is its reciprocal rank.
    expected = label_ranking_average_precision_score(np.eye(30)[right], scores)
    assert mean_reciprocal_rank(ranks) == pytest.approx(expected)
    for k in (1, 5, 10):
        expected = top_k_accuracy_score(right, scores, k=k, labels=range(30))
        assert recall_at(ranks, k) == pytest.approx(expected)
        assert retrieval_scores(ranks)[f"recall_at_{k}"] == recall_at(ranks, k)


def test_ranks_are_those_of_a_stable_sort_also_with_equal_scores():
    rng = np.random.default_rng(1)
    scores = rng.integers(4, size=(300, 9)).astype(float)
    right = [rng.choice(9, rng.integers(1, 4), replace=False) for _ in range(300)]

    ranks = first_right_ranks(scores, right)

    for row, numbers, rank in zip(scores, right, ranks, strict=True):
        order = sorted(range(9), key=lambda n: (-row[n], n))
        assert rank == 1 + min(order.index(n) for n in numbers)


def test_a_text_that_is_not_found_has_no_rank_and_counts_as_nothing():
    scores = np.array([[-np.inf, 1.0], [2.0, 1.0]])

    ranks = first_right_ranks(scores, [[0], [0]])

    assert ranks.tolist() == [np.inf, 1]
    assert mean_reciprocal_rank(ranks) == 0.5 == recall_at(ranks, 2)


@pytest.mark.parametrize(
    "scores, right, message",
    [
        ([[1.0, 2.0]], [], "a row of scores for each of 0 questions"),
        ([[1.0, np.nan]], [[0]], "got NaN"),
        ([[1.0, 2.0]], [[]], r"question 0: expected right texts of 0 to 1, got \[\]"),
        ([[1.0, 2.0]], [[2]], r"of 0 to 1, got \[2\]"),
        ([[1.0, 2.0]], [[-1, 0]], r"of 0 to 1, got \[-1, 0\]"),
    ],
)
def test_scores_that_do_not_fit_the_questions_are_refused(scores, right, message):
    with pytest.raises(ValueError, match=message):
        first_right_ranks(np.array(scores), right)


def test_ranks_below_one_and_none_are_refused():
    for ranks in ([], [0.5], [1, np.nan]):
        with pytest.raises(ValueError, match="expected ranks from 1"):
            mean_reciprocal_rank(ranks)
    with pytest.raises(ValueError, match="k of 1 or more, got 0"):
        recall_at([1], 0)
