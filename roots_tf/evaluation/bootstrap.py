"""How far would a score move on another test set? Bootstrap (自助法) intervals.

Article: §3.3.1, §4.3.1 (评估指标), which give scores no margin. Another test set of N
examples would give another score. N examples drawn from these N with repetition stand
for such a set; R of them for many. With s the score, s*_1 ... s*_R the scores of the
resamples, Phi the normal distribution and z_a = Phi^-1(a):

    percentile interval  from the alpha / 2 to the 1 - alpha / 2 quantile of s*
    BCa interval         from the L(alpha / 2) to the L(1 - alpha / 2) quantile of s*:

    L(a) = Phi(z_0 + (z_0 + z_a) / (1 - c (z_0 + z_a)))
    z_0  = Phi^-1(share of s* < s, and half of s* = s)           corrects bias
    c    = sum_i d_i^3 / (6 (sum_i d_i^2)^1.5)                   corrects skew
    d_i  = mean_j s_(j) - s_(i), where s_(i) is the score without example i

Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", §13.3
(percentile), §14.3, eq. 14.9-14.15 (BCa); half of the ties, as scipy.stats.bootstrap.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Interval:
    """A score and the ends of the interval around it, in the score's own unit."""

    estimate: float
    low: float
    high: float


def bootstrap_interval(
    metric: Callable[..., float],
    *columns: np.ndarray,
    confidence: float = 0.95,
    resamples: int = 2_000,
    bca: bool = False,
    seed: int = 0,
) -> Interval:
    """Gives the score of a test set and its bootstrap interval.

    What the sample has none of, the interval cannot see: without a single mistake it is
    1 to 1, though some 3 / N of all other examples may be mistaken.

    Args:
        metric: from as many arrays to a number; `np.mean` of right answers, say.
        *columns: arrays (N, ...), resampled together.
        confidence: how often such intervals should cover the true score, in (0, 1).
        resamples: R.
        bca: correct for bias and skew. Calls the metric N times more; worth it for
            small N and for scores near their bounds.
        seed: of the resamples.

    Raises:
        ValueError: if there are no examples, lengths differ, confidence or resamples
            are out of range, the metric is not finite on a resample (AUROC where a
            class is rare, say), or BCa is undefined: all resamples on one side.

    Example:
        >>> bootstrap_interval(np.mean, np.arange(100) < 80)  # 80 of 100 are right
        Interval(estimate=0.8, low=0.72, high=0.88)
    """
    columns = aligned(*columns)
    if not (0 < confidence < 1 and resamples > 0):
        raise ValueError(
            "expected a confidence between 0 and 1 and one resample or more, got "
            f"{confidence} and {resamples}"
        )
    size, random = len(columns[0]), np.random.default_rng(seed)
    estimate, scores = float(metric(*columns)), np.empty(resamples)
    for number in range(resamples):
        rows = random.integers(0, size, size)
        scores[number] = metric(*(column[rows] for column in columns))
    if not (np.isfinite(scores).all() and np.isfinite(estimate)):
        raise ValueError(
            "expected a metric that is finite on every resample, got "
            f"{np.sum(~np.isfinite(scores)):,} of {resamples:,} that are not"
        )
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    if bca:
        levels = _bca_levels(levels, estimate, scores, _jackknife(metric, columns))
    low, high = np.quantile(scores, levels)
    return Interval(estimate, float(low), float(high))


def aligned(*columns: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gives the columns as arrays.

    Raises:
        ValueError: if they differ in length or are empty.
    """
    columns = tuple(map(np.asarray, columns))
    lengths = [column.shape[0] if column.ndim else None for column in columns]
    if len(set(lengths)) != 1 or not lengths[0]:
        raise ValueError(f"expected arrays of one length over 0, got {lengths}")
    return columns


def _bca_levels(levels, estimate, scores, jackknife):
    below = np.mean(scores < estimate) / 2 + np.mean(scores <= estimate) / 2
    if not 0 < below < 1:
        raise ValueError(
            "expected resamples on both sides of the score for BCa, got all on one"
        )
    bias = _NORMAL.inv_cdf(below)
    deviations = jackknife.mean() - jackknife  # (N,)
    spread = 6 * np.sum(deviations**2) ** 1.5
    skew = np.sum(deviations**3) / spread if spread else 0.0
    shifted = [bias + _NORMAL.inv_cdf(level) for level in levels]
    return [_NORMAL.cdf(bias + z / (1 - skew * z)) for z in shifted]


def _jackknife(metric, columns):
    """The score without each example in turn: (N,)."""
    return np.array(
        [
            metric(*(np.delete(column, row, axis=0) for column in columns))
            for row in range(len(columns[0]))
        ]
    )
