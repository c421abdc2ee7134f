"""Exercises of §3.3: right answers written anew, typical wrong ones, blank ones."""

import math
from fractions import Fraction

import numpy as np

from roots_tf.judges.metrics import EXERCISES

METRICS, TUNING = EXERCISES


def precision_among(ill: Fraction) -> float:
    """Of a million people."""
    sick = 1_000_000 * ill
    true, false = sick * 90 / 100, (1_000_000 - sick) * 5 / 100
    return float(true / (true + false))


def shares(labels):
    return [[1 - np.mean(labels), np.mean(labels)]] * len(labels)


def improvement(deviation):
    """The integral of z phi(z / s) / s over z > 0, by small steps."""
    z = np.linspace(0, 10 * deviation, 20_001)
    density = np.exp(-((z / deviation) ** 2) / 2) / deviation / math.sqrt(2 * math.pi)
    return np.sum(z * density) * (z[1] - z[0])


# Nine uniform values and an optimum in [0, 1]: P(all are further off than r) integrates
# to 1/2/10 for optima far from the ends, and to more near them:
# the mean over the optimum c of the integral over r of (1 - length)^9, where length is
# that of [c - r, c + r] within [0, 1].
c, r = np.meshgrid(np.linspace(0, 1, 801), np.linspace(0, 1, 801))
RANDOM = np.mean((1 - np.minimum(c + r, 1) + np.maximum(c - r, 0)) ** 9)

# notebook, number, right, wrong, its hint
CASES = [
    (METRICS, 1, 2 * 0.01 / 1.01, 0.505, "arithmetic"),
    (
        METRICS,
        2,
        [precision_among(Fraction(1, n)) for n in (2, 100, 1000)],
        [0.9, 0.9, 0.9],
        "recall",
    ),
    (
        METRICS,
        3,
        shares,
        lambda labels: np.full((len(labels), 2), 0.5),
        "half and half",
    ),
    (METRICS, 4, 4_000, 9_604, "10 % of all"),
    (TUNING, 1, math.ceil(math.log(0.05, 0.99)), 95, "do not add up"),
    (TUNING, 2, [1 / 8, RANDOM], [RANDOM, 1 / 8], "first the grid"),
    (TUNING, 3, improvement, lambda s: 0.0, "may still be better"),
]
