"""Is model A better than model B, or was it lucky? Tests on the same examples.

Article: §3.3.1, §4.3.1 (评估指标), which compare no models. What is hard for one model
is mostly hard for the other, so both are tested on the same N examples, in pairs. If
they were equally good (零假设), it would not matter which of them gave which output:

    randomization test   p = (1 + #{|difference*| >= |difference|}) / (1 + R)
                         where for each of R differences* the outputs of A and B are
                         swapped on every example with probability 1/2
    McNemar, exact       p = min(1, 2 sum_{k <= min(b, c)} C(b + c, k) / 2^(b + c))
                         where A alone is right on b examples and B alone on c: among
                         equals each of these is A's with probability 1/2

For shares of right answers the first tends to the second as R grows. p is how often
equals would differ so much, and not how likely A and B are to be equal. Both tests know
one training run of each model: another seed may move a score as much.

Source: Yeh 2000 (cs/0008005), after Noreen 1989; McNemar 1947, exact as in Dietterich
1998, §3.1; the interval of a difference: Efron and Tibshirani 1993, §13.3.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from roots_tf.evaluation.bootstrap import Interval, aligned, bootstrap_interval

Metric = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Comparison:
    """What `compare` found; `str` says it in a line.

    Attributes:
        names: of A and B.
        difference: score of A less that of B, with its 95 % interval.
        p_value: of the randomization test, in (0, 1].
    """

    names: tuple[str, str]
    difference: Interval
    p_value: float

    def __str__(self) -> str:
        ahead, behind = self.names
        points = 100 * np.array(
            [self.difference.estimate, self.difference.low, self.difference.high]
        )
        if points[0] < 0:
            ahead, behind, points = behind, ahead, -points[[0, 2, 1]]
        found, low, high = points
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3g}"
        claim = f"{ahead} beats {behind} by"
        if self.p_value >= 0.05:
            claim = f"{ahead} is not shown to beat {behind}: ahead by"
        return (
            f"{claim} {found:.1f} points (95 % interval {low:.1f} to {high:.1f}, {p})"
        )


def accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """Gives the share of labels (N,) that predictions (N,) meet."""
    return float(np.mean(labels == predictions))


def compare(
    labels: np.ndarray,
    outputs_a: np.ndarray,
    outputs_b: np.ndarray,
    metric: Metric = accuracy,
    names: tuple[str, str] = ("A", "B"),
    resamples: int = 2_000,
    seed: int = 0,
) -> Comparison:
    """Compares two models on the same examples.

    Args:
        labels: (N, ...), the truth as the metric takes it.
        outputs_a: (N, ...) of model A: predictions, or scores for a metric of scores.
        outputs_b: (N, ...) of model B.
        metric: `metric(labels, outputs)`, in [0, 1], higher is better.
        names: of A and B.
        resamples: R, of the interval and of the test.
        seed: of both.

    Raises:
        ValueError: as `bootstrap_interval` and `randomization_test`.

    Example:
        >>> labels = np.ones(200)
        >>> print(compare(labels, np.arange(200) < 180, np.arange(200) < 160))
        A beats B by 10.0 points (95 % interval 6.5 to 14.0, p < 0.001)
    """

    def difference(labels, a, b):
        return metric(labels, a) - metric(labels, b)

    columns = labels, outputs_a, outputs_b
    interval = bootstrap_interval(difference, *columns, resamples=resamples, seed=seed)
    p_value = randomization_test(*columns, metric, resamples, seed)
    return Comparison(tuple(names), interval, p_value)


def randomization_test(
    labels: np.ndarray,
    outputs_a: np.ndarray,
    outputs_b: np.ndarray,
    metric: Metric = accuracy,
    resamples: int = 2_000,
    seed: int = 0,
) -> float:
    """Gives the two-sided p, at least 1 / (1 + R); arguments as for `compare`.

    Raises:
        ValueError: if there are no examples, or shapes differ.
    """
    labels, a, b = aligned(labels, outputs_a, outputs_b)
    if a.shape != b.shape:
        raise ValueError(f"expected outputs of one shape, got {a.shape} and {b.shape}")
    found = abs(metric(labels, a) - metric(labels, b))
    random, as_large = np.random.default_rng(seed), 0
    for _ in range(resamples):
        swap = random.random(len(a)) < 0.5  # (N,)
        swap = swap.reshape(-1, *[1] * (a.ndim - 1))  # (N, 1, ...)
        scores = (
            metric(labels, np.where(swap, b, a)),
            metric(labels, np.where(swap, a, b)),
        )
        as_large += (
            abs(scores[0] - scores[1]) >= found - 1e-12
        )  # equal but for rounding
    return (1 + as_large) / (1 + resamples)


def mcnemar_test(a_is_right: np.ndarray, b_is_right: np.ndarray) -> float:
    """Gives the exact two-sided p of McNemar's test.

    Args:
        a_is_right: (N,) bool, whether A labels example i right.
        b_is_right: (N,) bool, whether B does.

    Raises:
        ValueError: if there are no examples, or lengths differ.

    Example:
        >>> mcnemar_test([True] * 6 + [False], [False] * 6 + [True])
        0.125
    """
    a, b = (column.astype(bool) for column in aligned(a_is_right, b_is_right))
    only_a, only_b = int(np.sum(a & ~b)), int(np.sum(b & ~a))
    differ = only_a + only_b
    ways = sum(math.comb(differ, k) for k in range(min(only_a, only_b) + 1))
    return min(1.0, 2 * ways / 2**differ)
