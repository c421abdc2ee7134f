"""Scores of retrieval (检索): is a right text found, and how far up?

Article: §3.3.1, §4.3.1 (评估指标), §6 (3. 问答系统). Erratum: E17.

With r_q, the rank (1, 2, ...) of the first right text for question q of Q:

    reciprocal rank  RR_q = 1 / r_q                    0 if none is found
    MRR              (1/Q) sum_q RR_q
    recall@k         (1/Q) sum_q [r_q <= k]

recall@k is here the share of questions with a right text among the first k, as work on
question answering has it ("top-k accuracy"), which where each question has one right
text is the recall of §4.3.1. Of equal scores the text of the lower number is first.

Source: Voorhees 1999, "The TREC-8 Question Answering Track Report", §2 (RR, MRR);
    Karpukhin et al. 2020 (2004.04906), §5 (top-k accuracy).
"""

from collections.abc import Collection, Sequence

import numpy as np


def first_right_ranks(
    scores: np.ndarray, right: Sequence[Collection[int]]
) -> np.ndarray:
    """Gives r_q, the rank (Q,) float from 1 of the first right text.

    Args:
        scores: (Q, N), higher is better; -inf for a text that is not found.
        right: of each question the numbers of its right texts, one or more.

    Returns:
        The ranks; infinity where no right text is found.

    Raises:
        ValueError: other numbers of questions, a score is NaN, a question has no right
            text, or one that is not there.

    Example:
        >>> first_right_ranks(np.array([[0.1, 0.9, 0.5]]), [[0, 2]]).tolist()
        [2.0]
    """
    scores = np.asarray(scores)
    if scores.ndim != 2 or len(scores) != len(right):
        raise ValueError(
            f"expected a row of scores for each of {len(right)} questions, got an "
            f"array of shape {scores.shape}"
        )
    if np.isnan(scores).any():
        raise ValueError("expected scores, got NaN")
    ranks = np.empty(len(right))
    for row, numbers in enumerate(right):
        numbers = np.array(sorted(numbers), np.int64)
        if not len(numbers) or numbers[0] < 0 or numbers[-1] >= scores.shape[1]:
            raise ValueError(
                f"question {row}: expected right texts of 0 to {scores.shape[1] - 1}, "
                f"got {numbers.tolist()}"
            )
        best = numbers[scores[row, numbers].argmax()]
        score = scores[row, best]
        before = np.sum(scores[row] > score) + np.sum(scores[row, :best] == score)
        ranks[row] = np.inf if np.isneginf(score) else before + 1
    return ranks


def mean_reciprocal_rank(ranks: np.ndarray) -> float:
    """Gives MRR, 0 to 1, of ranks (Q,).

    Raises:
        ValueError: there is none, or one is below 1.

    Example:
        >>> mean_reciprocal_rank([1, 4, np.inf, 2])
        0.4375
    """
    return float(np.mean(1 / _checked(ranks)))


def recall_at(ranks: np.ndarray, k: int) -> float:
    """Gives recall@k, 0 to 1, of ranks (Q,).

    Raises:
        ValueError: there is none, one is below 1, or k is.

    Example:
        >>> recall_at([1, 4, np.inf, 2], 2)
        0.5
    """
    if k < 1:
        raise ValueError(f"expected k of 1 or more, got {k}")
    return float(np.mean(_checked(ranks) <= k))


def retrieval_scores(ranks: np.ndarray) -> dict[str, float]:
    """Gives ``mrr``, ``recall_at_1``, ``recall_at_5`` and ``recall_at_10``."""
    recalls = {f"recall_at_{k}": recall_at(ranks, k) for k in (1, 5, 10)}
    return {"mrr": mean_reciprocal_rank(ranks), **recalls}


def _checked(ranks):
    ranks = np.asarray(ranks, float)
    if ranks.ndim != 1 or not ranks.size or not (ranks >= 1).all():
        raise ValueError(f"expected ranks from 1, got {ranks!r:.80}")
    return ranks
