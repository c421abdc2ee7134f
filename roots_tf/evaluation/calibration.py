"""Calibration (校准): is a model that says 90 % right in 90 % of the cases?

Article: §3.3.1, §4.3.1 (评估指标), which stop at how often a prediction is right.

Let the confidence of an example be the largest of its C probabilities, and put N
examples into bins B_1 ... B_M by their confidence:

    acc(B_m)  = share of the examples in B_m that are predicted right
    conf(B_m) = mean confidence in B_m
    ECE   = sum_m |B_m| / N * |acc(B_m) - conf(B_m)|     expected calibration error
    Brier = 1 / N * sum_i sum_c (p_ic - [y_i = c])^2     in [0, 2]
    T*    = argmin_T -1 / N * sum_i log softmax(z_i / T)_{y_i}    temperature scaling

Dividing logits by one T > 0 keeps their order: predictions stay, confidence changes.
The ECE depends on the bins, and is above 0 for a calibrated model too, as acc(B_m) of a
small bin is off by chance.

Source: Guo et al. 2017 (1706.04599), eq. 2, 3, 5 and 9, bins (l, u] of equal width;
bins of equal mass: Nguyen and O'Connor 2015 (1508.05154), §3; Brier 1950, eq. 2.
"""

from dataclasses import dataclass

import numpy as np

_LOG_SHARPEST = np.log(1000.0)  # 1/T is looked for from 1/1000 to 1000
_HALVINGS = 60
_ROUNDING = 0.01  # of a probability; bfloat16 has 8 bits


@dataclass(frozen=True)
class ReliabilityBins:
    """A reliability diagram: one entry for each of M bins that hold an example.

    Attributes:
        confidence: (M,) float64, mean confidence in the bin.
        accuracy: (M,) float64, share predicted right.
        count: (M,) int64, examples in the bin.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @property
    def expected_calibration_error(self) -> float:
        """The ECE of these bins, in [0, 1]."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(np.average(gaps, weights=self.count))


def top_label(
    labels: np.ndarray, probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gives the confidence (N,) in the predicted classes, and whether they are right.

    Args:
        labels: (N,) integers in 0 .. C-1.
        probabilities: (N, C).

    Raises:
        ValueError: if shapes do not fit, or a value is out of range.
    """
    labels, probabilities = _checked("probabilities", labels, probabilities)
    _check_shares("probabilities", probabilities)
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels


def reliability_bins(
    confidence: np.ndarray,
    is_right: np.ndarray,
    num_bins: int = 15,
    equal_mass: bool = False,
) -> ReliabilityBins:
    """Compares how sure a model is with how often it is right.

    Args:
        confidence: (N,) in [0, 1].
        is_right: (N,) bool.
        num_bins: M at most; empty bins are left out.
        equal_mass: bins of as many examples each, as far as ties allow, instead of
            bins of one width.

    Raises:
        ValueError: if there are no examples, lengths differ or a value is out of range.

    Example:
        >>> bins = reliability_bins([0.6, 0.8, 0.9], [True, False, True], num_bins=2)
        >>> bins.count.tolist(), round(bins.expected_calibration_error, 4)
        ([3], 0.1)
    """
    confidence = np.asarray(confidence, np.float64)
    is_right = np.asarray(is_right, bool)
    if confidence.shape != is_right.shape or confidence.ndim != 1 or not len(is_right):
        raise ValueError(
            "expected as many confidences as answers, one or more, got shapes "
            f"{confidence.shape} and {is_right.shape}"
        )
    _check_shares("confidences", confidence)
    if num_bins < 1:
        raise ValueError(f"expected one bin or more, got {num_bins}")
    edges = np.linspace(0, 1, num_bins + 1)
    if equal_mass:
        edges = np.quantile(confidence, edges)
    bins = np.searchsorted(edges[1:-1], confidence)  # (N,); a value on an edge: below
    count = np.bincount(bins, minlength=num_bins)  # (M,)
    filled = count > 0
    return ReliabilityBins(
        np.bincount(bins, confidence, num_bins)[filled] / count[filled],
        np.bincount(bins, is_right, num_bins)[filled] / count[filled],
        count[filled],
    )


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, num_bins: int = 15
) -> float:
    """Gives the ECE of (N, C) probabilities; see `top_label`, `reliability_bins`."""
    bins = reliability_bins(*top_label(labels, probabilities), num_bins)
    return bins.expected_calibration_error


def brier_score(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Gives the mean squared distance of (N, C) probabilities from the truth.

    It is in [0, 2]. For two classes many programs print half of it.

    Raises:
        ValueError: as `top_label`.

    Example:
        >>> round(brier_score([0, 1], [[0.9, 0.1], [0.6, 0.4]]), 4)
        0.37
    """
    labels, probabilities = _checked("probabilities", labels, probabilities)
    _check_shares("probabilities", probabilities)
    truth = np.eye(probabilities.shape[1])[labels]  # (N, C)
    return float(np.square(probabilities - truth).sum(axis=1).mean())


def fit_temperature(labels: np.ndarray, logits: np.ndarray) -> float:
    """Finds the temperature T that makes validation labels likeliest.

    The mean loss is convex in b = 1/T: halving finds where its slope is 0, the mean of
    sum_c softmax(b z)_c z_c - z_y.

    Args:
        labels: (N,) integers, of validation examples that the model did not learn from.
        logits: (N, C); logarithms of probabilities do as well.

    Returns:
        T, to be used in `softmax(logits / T)`; over 1 for a model too sure of itself.

    Raises:
        ValueError: if shapes do not fit, a label is out of range, or no T is best: all
            predictions are right, or worse than chance.
    """
    labels, logits = _checked("logits", labels, logits)
    of_label = logits[np.arange(len(labels)), labels]  # (N,)

    def slope(sharpness):
        weights = np.exp(sharpness * (logits - logits.max(axis=1, keepdims=True)))
        expected = (weights * logits).sum(axis=1) / weights.sum(axis=1)  # (N,)
        return np.mean(expected - of_label)

    low, high = -_LOG_SHARPEST, _LOG_SHARPEST
    if not slope(np.exp(low)) < 0 < slope(np.exp(high)):
        raise ValueError(
            "expected logits better than chance that are sometimes wrong, got some for "
            "which no temperature is best"
        )
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(np.exp(middle)) < 0 else (low, middle)
    return float(np.exp(-low))


def _checked(what, labels, scores):
    labels, scores = np.asarray(labels), np.asarray(scores, np.float64)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise ValueError(
            f"expected N labels and {what} of shape (N, C), N over 0, got shapes "
            f"{labels.shape} and {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"expected finite {what}, got NaN or infinity")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError(
            f"expected labels in 0 .. {scores.shape[1] - 1}, "
            f"got {labels.min()} .. {labels.max()}"
        )
    return labels, scores


def _check_shares(what, values):
    if not (values.min() > -_ROUNDING and values.max() < 1 + _ROUNDING):
        raise ValueError(
            f"expected {what} in [0, 1], got {values.min():.3g} .. {values.max():.3g}"
        )
