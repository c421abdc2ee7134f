"""Exercises on models of one domain and on privacy.

Article: §8, (3) and (4): here §8.3 and §8.4.
"""

import functools
import math

import numpy as np

from roots_tf.judges.judging import Exercise, flat


def _adapter_gradients(A_factor=1, B_factor=1, power=1):
    def gradients(G, A, B, s):
        scale = s**power
        return A_factor * scale * G @ B.T, B_factor * scale * A.T @ G

    return gradients


def _drawn_adapter(random):
    shapes = (5, 4), (5, 2), (2, 4)
    return *(random.normal(size=shape) for shape in shapes), random.uniform(1.5, 4)


def _first_changes():
    """How many times as large the first change of s A B is, under SGD and Adam."""
    random = np.random.default_rng(0)
    G, A = random.normal(size=(5, 4)), random.normal(size=(5, 2))

    def change(direction, s, rate):
        by_B = s * A.T @ G  # A gets no gradient, for B is 0
        return np.abs(s * A @ (-rate * direction(by_B))).sum()

    return [change(d, 2, 0.5) / change(d, 1, 1) for d in (np.array, np.sign)]


def _order_matters():
    W, *sums = np.random.default_rng(0).normal(size=(3, 5, 4))
    return not np.allclose(W + sums[0] + sums[1], W + sums[1] + sums[0])


@functools.cache
def _noise_needed(factor=1.0):
    from roots_tf.trends.renyi_accountant import noise_for_epsilon

    return [
        factor * noise_for_epsilon(1.0, 128 / n, 10 * n // 128, 0.1 / n)
        for n in (1_000, 10_000, 100_000)
    ]


def _luhn_share():
    from roots_tf.text.sensitive_strings import passes_luhn

    return np.mean([passes_luhn(f"411111111111{n:04}") for n in range(10_000)])


EXERCISES = {
    "08_3_domain_models": {
        1: Exercise(
            "a number of parameters",
            lambda: 96 * 2 * 4 * (12_288 + 12_288),
            {
                "A and B, of query and of value: that is half of it": 96
                * 2
                * 4
                * 12_288,
                "that is one layer": 2 * 4 * 2 * 12_288,
                "that is the matrices themselves, which stay": 96 * 2 * 12_288**2,
            },
            tolerance=1e-9,
        ),
        2: Exercise(
            "a function of G (D, F), A (D, r), B (r, F) and s that gives gradients, "
            "by A and by B",
            _adapter_gradients(),
            {
                "the product is multiplied by s, and so are gradients": (
                    _adapter_gradients(power=0)
                ),
                "s stands in each gradient once": _adapter_gradients(power=2),
                "the sign is wrong": _adapter_gradients(-1, -1),
            },
            draw=_drawn_adapter,
            view=flat,
            tolerance=1e-6,
        ),
        3: Exercise(
            "two factors, under SGD and under Adam",
            _first_changes,
            {
                "under SGD s counts twice: in the gradient and in s A B": [1, 1],
                "Adam's first step has the size of the rate, whatever the gradient": (
                    [2, 2]
                ),
                "first SGD, then Adam": [1, 2],
                "the learning rate is halved": [4, 2],
            },
        ),
        4: Exercise(
            "True or False",
            _order_matters,
            {"what is added does not depend on what was added before": True},
        ),
    },
    "08_4_privacy": {
        1: Exercise(
            "an epsilon, a number",
            lambda: 4 * 3,
            {
                "that is the epsilon of one copy": 3,
                "odds are multiplied, so that epsilons are added": 81,
                "epsilons are added, not their squares": 6,
                "that is the factor of the odds, not epsilon": math.exp(12),
            },
        ),
        2: Exercise(
            "two ratios: divided by the size drawn, and by the expected one",
            lambda: [21 / 20, 1],
            {
                "first by the size drawn, then by the expected one": [1, 21 / 20],
                "the whole noise is divided, its deviation by n, not by its root": (
                    [(21 / 20) ** 0.5, 1]
                ),
                "the ratio of 20 to 21, not of 21 to 20": [20 / 21, 1],
                "the size drawn differs, and so does the noise divided by it": [1, 1],
            },
            tolerance=0.01,
        ),
        3: Exercise(
            "three noise multipliers, for 1,000, 10,000 and 100,000 texts",
            _noise_needed,
            {
                "that is the noise a text; asked is that of a step": (
                    lambda: _noise_needed(1 / 128)
                ),
                "the more texts, the less noise": lambda: _noise_needed()[::-1],
            },
            tolerance=0.01,
        ),
        4: Exercise(
            "a share from 0 to 1",
            _luhn_share,
            {
                "of ten last digits how many fit?": 0.5,
                "the length does not matter": 1 / 16,
                "one digit checks, not two": 0.01,
            },
            tolerance=0.18,
        ),
    },
}
