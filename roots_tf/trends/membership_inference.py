"""Membership inference (成员推断): was this text in the training data?

The simplest attack: a model has less loss on what it was trained on. Whoever can ask
for losses says "member" below a threshold, and the AUC over all thresholds tells how
well that works: 0.5 for a guess, 1 for certainty.

Differential privacy puts a bound on any attack. With (epsilon, delta)-private training
of one text more or less, at a false positive rate f the true positive rate is at most

    t(f) = min(e^epsilon f + delta, 1 - e^(-epsilon) (1 - delta - f))

so the AUC is at most the area under t. An attack that does better than t proves that
less privacy was kept than was stated: such bugs have been found that way.

Article: §8.4 (隐私保护与安全性).
Source: Yeom et al. 2018 (1709.01604), §III (the loss as threshold); Kairouz, Oh and
    Viswanath 2015 (1311.0776), theorem 2.1 (the bound, as a region of errors).
"""

import math
from dataclasses import dataclass

import numpy as np

from roots_tf.evaluation.bootstrap import Interval, bootstrap_interval
from roots_tf.evaluation.ranking_curves import auroc, roc_curve


@dataclass(frozen=True)
class AttackResult:
    """How well the attack tells members.

    Attributes:
        auc: with its 95 % bootstrap interval; 0.5 is a guess.
        caught: share of the members found where 1 % of the others are accused.
    """

    auc: Interval
    caught: float


def attack_by_loss(
    member_losses: np.ndarray, other_losses: np.ndarray, seed: int = 0
) -> AttackResult:
    """Tells members from others by their loss alone.

    Args:
        member_losses: (M,) of texts in the training data, nats a token.
        other_losses: (N,) of texts of the same kind that are not.
        seed: of the bootstrap.

    Raises:
        ValueError: one of them is empty, or a loss is NaN.
    """
    member_losses, other_losses = np.asarray(member_losses), np.asarray(other_losses)
    if not len(member_losses) or not len(other_losses):
        raise ValueError(
            "expected losses of members and of others, got "
            f"{len(member_losses)} and {len(other_losses)}"
        )
    labels = np.repeat([1, 0], [len(member_losses), len(other_losses)])
    scores = -np.concatenate([member_losses, other_losses])
    auc = bootstrap_interval(auroc, labels, scores, resamples=500, seed=seed)
    curve = roc_curve(labels, scores)
    few = curve.false_positive_rate <= 0.01
    return AttackResult(auc, float(curve.true_positive_rate[few].max()))


def most_true_positives(false_positive_rate, epsilon: float, delta: float):
    """Gives t(f), the bound on any attack's true positive rate.

    Args:
        false_positive_rate: f, a number or an array, 0 to 1.
        epsilon, delta: of the training; epsilon may be infinite.
    """
    f = np.asarray(false_positive_rate, np.float64)
    if math.isinf(epsilon):
        return np.ones_like(f)
    steep = math.exp(min(epsilon, 700)) * f + delta
    flat = 1 - math.exp(-epsilon) * (1 - delta - f)
    return np.clip(np.minimum(steep, flat), 0, 1)


def largest_auc(epsilon: float, delta: float) -> float:
    """Gives the area under t(f): no attack on one text has a larger AUC.

    Example:
        >>> largest_auc(0.0, 0.0), largest_auc(float("inf"), 0.0)
        (0.5, 1.0)
    """
    f = np.linspace(0, 1, 100_001)
    t = most_true_positives(f, epsilon, delta)
    return float(np.mean((t[1:] + t[:-1]) / 2).round(9))
