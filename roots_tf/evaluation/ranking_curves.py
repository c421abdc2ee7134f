"""ROC and precision-recall curves: how well scores put positives before negatives.

Article: §3.3.1, §4.3.1 (评估指标), which take the threshold between the classes as
given. Let TP(t) and FP(t) count the P positives and N negatives that score t or more:

    recall = true positive rate   TP(t) / P
    false positive rate           FP(t) / N
    precision                     TP(t) / (TP(t) + FP(t))
    ROC                           true against false positive rate, over all t
    AUROC                         the area below it, by trapezoids
                                  = P(s+ > s-) + P(s+ = s-) / 2 = U / (P N)
    average precision             sum_k (R_k - R_{k-1}) P_k, R recall, P precision, over
                                  the different scores from the top

where s+ and s- are the scores of a random positive and negative, and U is the statistic
of Mann and Whitney. Examples with equal scores pass the threshold together: a curve has
one point for each different score, whatever the order of the rows.

Pitfall: both rates of the ROC are shares of one class, so it stays as it is when
negatives are multiplied by k, while precision falls to TP / (TP + k FP). With rare
positives an AUROC of 0.95 may hide that most alarms are false. Look at precision too,
and compare average precisions only between data with the same share of positives: that
share is what random scores reach, whose AUROC is 0.5 on any data.

Without positives the true positive rate and the AUROC, without negatives the false
positive rate and the AUROC are undefined: NaN. Without positives recall is set to 1 and
average precision comes out as 0, as in scikit-learn.

Source: Fawcett 2006, "An introduction to ROC analysis", §2-7; Hanley and McNeil 1982
for U; Davis and Goadrich 2006, and Saito and Rehmsmeier 2015, for imbalance.
"""

from typing import NamedTuple

import numpy as np


class RocCurve(NamedTuple):
    """K + 1 points from (0, 0) to (1, 1), one for each of K different scores.

    Attributes:
        thresholds: (K + 1,) falling, the first infinity.
        false_positive_rate: (K + 1,) rising from 0 to 1.
        true_positive_rate: (K + 1,) rising from 0 to 1.
    """

    thresholds: np.ndarray
    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray


class PrecisionRecallCurve(NamedTuple):
    """K + 1 points from recall 0 to recall 1, one for each of K different scores.

    Attributes:
        thresholds: (K + 1,) falling, the first infinity.
        recall: (K + 1,) rising from 0 to 1.
        precision: (K + 1,); where nothing is predicted positive it is set to 1.
    """

    thresholds: np.ndarray
    recall: np.ndarray
    precision: np.ndarray


def roc_curve(labels: np.ndarray, scores: np.ndarray) -> RocCurve:
    """Draws the ROC of scores, higher for what is rather positive.

    Args:
        labels: (N,) 1 or True for a positive, 0 or False for a negative.
        scores: (N,) of any scale.

    Raises:
        ValueError: if there are no examples, shapes differ, a label is something else
            or a score is NaN.

    Example:
        >>> roc_curve([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]).true_positive_rate.tolist()
        [0.0, 0.5, 1.0, 1.0]
    """
    thresholds, positives, negatives = _counts_by_score(labels, scores)
    return RocCurve(thresholds, _share(negatives), _share(positives))


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Gives the chance that a random positive outscores a random negative.

    Equal scores count half. Arguments and errors: as for `roc_curve`.

    Returns:
        The area under the ROC, in [0, 1]; NaN without positives or without negatives.

    Example:
        >>> auroc([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8])
        0.875
    """
    _, x, y = roc_curve(labels, scores)
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def precision_recall_curve(
    labels: np.ndarray, scores: np.ndarray
) -> PrecisionRecallCurve:
    """Draws precision against recall; arguments and errors as for `roc_curve`."""
    thresholds, positives, negatives = _counts_by_score(labels, scores)
    recall = _share(positives) if positives[-1] else np.sign(positives + negatives)
    with np.errstate(invalid="ignore"):
        precision = positives / (positives + negatives)
    precision[0] = 1  # of nothing
    return PrecisionRecallCurve(thresholds, recall, precision)


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Gives the mean precision over the positives, in [0, 1].

    It adds rectangles, not trapezoids: precision between two points of the curve is not
    on the line between them. Arguments and errors: as for `roc_curve`.

    Example:
        >>> round(average_precision([0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]), 4)
        0.8333
    """
    _, recall, precision = precision_recall_curve(labels, scores)
    return float(np.sum(np.diff(recall) * precision[1:]))


def multiply_negatives(
    labels: np.ndarray, scores: np.ndarray, times: int
) -> tuple[np.ndarray, np.ndarray]:
    """Repeats every negative `times` times: the same model where positives are rarer.

    Args:
        labels: (N,) as for `roc_curve`.
        scores: (N,).
        times: 1 or more.

    Returns:
        Labels and scores of the longer data.

    Example:
        >>> labels, scores = [0, 1, 0, 1], [0.1, 0.4, 0.4, 0.8]
        >>> rarer = multiply_negatives(labels, scores, times=10)
        >>> auroc(*rarer), round(average_precision(*rarer), 4)  # was 0.875, 0.8333
        (0.875, 0.5833)
    """
    copies = np.where(np.asarray(labels) == 1, 1, times)
    return np.repeat(labels, copies), np.repeat(scores, copies)


def _counts_by_score(labels, scores):
    """Thresholds, falling, and how many positives and negatives reach each."""
    labels, scores = np.asarray(labels), np.asarray(scores, np.float64)
    if labels.shape != scores.shape or labels.ndim != 1 or not len(labels):
        raise ValueError(
            "expected as many scores as labels, one or more, got shapes "
            f"{labels.shape} and {scores.shape}"
        )
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"expected labels 0 and 1, got {np.unique(labels)[:5]}")
    if np.isnan(scores).any():
        raise ValueError("expected scores that are numbers, got NaN")
    thresholds, position = np.unique(-scores, return_inverse=True)
    positives = np.bincount(position, labels == 1)  # (K,)
    negatives = np.bincount(position, labels == 0)
    return (
        np.append(np.inf, -thresholds),
        np.append(0, np.cumsum(positives)),
        np.append(0, np.cumsum(negatives)),
    )


def _share(counts):
    """Counts as shares of the last, which is the total; NaN if that is 0."""
    return counts / counts[-1] if counts[-1] else np.full(len(counts), np.nan)
