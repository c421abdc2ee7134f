"""E10: the printed Bayesian search never evaluates what it chooses.

Article: §3.3.2, §4.3.2. Three loops over one function: as printed, with the evaluation
put in but no acquisition function, and with one. Larger values are better here.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

PLACES = np.linspace(0, 1, 501)  # where a search may look
START = (0.5, 0.9)  # the initial values, evaluated before any loop begins
LENGTH_SCALE = 0.15  # of the Gaussian process
NOISE = 1e-4  # on the diagonal, as Keras Tuner's `alpha`
BETA = 2.6  # Keras Tuner's: deviations above the mean
STEPS = 10


def two_peaks(x: ArrayLike) -> np.ndarray:
    """The objective: 0.6 at 0.15, and a lower peak on the side of the start."""
    x = np.asarray(x, float)
    high, low = ((x - 0.15) / 0.15) ** 2, ((x - 0.85) / 0.2) ** 2
    return 0.6 * np.exp(-high) + 0.45 * np.exp(-low)


def posterior(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Gives mean and standard deviation at `PLACES` of a Gaussian process.

    Its kernel is the variance of y times exp(-d^2 / (2 LENGTH_SCALE^2)), its prior mean
    that of y.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    kernel = _rbf(x, x) + NOISE * np.eye(len(x))
    cross = _rbf(PLACES, x)
    mean = y.mean() + cross @ np.linalg.solve(kernel, y - y.mean())
    explained = (cross * np.linalg.solve(kernel, cross.T).T).sum(axis=1)
    return mean, y.std() * np.sqrt(np.maximum(1 - explained, 1e-12))


def _rbf(a, b):
    return np.exp(-((a[:, None] - b) ** 2) / (2 * LENGTH_SCALE**2))


def mean_alone(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Trusts the model: what it does not know does not count."""
    return mean


def expected_improvement(mean, deviation, best) -> np.ndarray:
    """Gives E[max(f - best, 0)], f normal (Jones et al. 1998, eq. 15)."""
    u = (mean - best) / deviation
    below = np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in u])
    return (mean - best) * below + deviation * np.exp(-(u**2) / 2) / math.sqrt(
        2 * math.pi
    )


def confidence_bound(mean, deviation, best) -> np.ndarray:
    """Gives the optimist's value, `BETA` deviations above the mean."""
    return mean + BETA * deviation


def printed_loop(steps: int = STEPS) -> list[float]:
    """Repeats step 3 alone: predict, choose the best prediction.

    Nothing that is chosen is evaluated, so nothing changes.
    """
    chosen = []
    for _ in range(steps):
        mean, _ = posterior(START, two_peaks(START))
        chosen.append(float(PLACES[mean.argmax()]))
    return chosen


def full_loop(acquisition: Callable, steps: int = STEPS) -> list[float]:
    """Predicts, chooses by `acquisition`, evaluates, adds the pair, fits again.

    Args:
        acquisition: `mean_alone`, `expected_improvement` or `confidence_bound`.
        steps: evaluations after those of `START`.

    Returns:
        The places chosen, in order.
    """
    x = list(START)
    for _ in range(steps):
        y = two_peaks(x)
        mean, deviation = posterior(x, y)
        x.append(float(PLACES[acquisition(mean, deviation, y.max()).argmax()]))
    return x[len(START) :]


def best_value(chosen: list[float]) -> float:
    """Gives the largest value at the places chosen or at the start."""
    return float(two_peaks([*START, *chosen]).max())


def comparison() -> Comparison:
    """Gives the best value seen after each step of three of the loops."""
    chosen = {
        "right": full_loop(expected_improvement),
        "mean alone": full_loop(mean_alone),
    }
    best = {
        form: [best_value(places[:n]) for n in range(STEPS + 1)]
        for form, places in chosen.items()
    }
    # As printed, nothing that is chosen is ever evaluated.
    printed = [best_value([])] * (STEPS + 1)
    return Comparison(
        "best value seen", "step", range(STEPS + 1), {"printed": printed, **best}
    )


LOOPS = {
    "as printed": printed_loop,
    "evaluation, mean alone": lambda: full_loop(mean_alone),
    "evaluation, expected improvement": lambda: full_loop(expected_improvement),
    f"evaluation, mean + {BETA} deviations": lambda: full_loop(confidence_bound),
}
# The places that each chooses and the best value it saw, start included.
FOUND = {
    "as printed": (
        [0.91, 0.91, 0.91, 0.91, 0.91, 0.91, 0.91, 0.91, 0.91, 0.91],
        0.4227,
    ),
    "evaluation, mean alone": (
        [0.91, 0.828, 0.848, 0.848, 0.848, 0.848, 0.848, 0.848, 0.848, 0.848],
        0.45,
    ),
    "evaluation, expected improvement": (
        [1.0, 0.822, 0.0, 0.85, 0.214, 0.254, 0.154, 0.146, 0.148, 0.148],
        0.5999,
    ),
    "evaluation, mean + 2.6 deviations": (
        [0.0, 1.0, 0.764, 0.214, 0.288, 0.14, 0.148, 0.148, 0.148, 0.148],
        0.5999,
    ),
}


def _table():
    rows = ["| loop | places, in order | best value |", "| --- | --- | --- |"]
    for name, (places, best) in FOUND.items():
        rows.append(f"| {name} | {', '.join(f'{x:g}' for x in places)} | {best} |")
    return "\n".join(rows)


ENTRY = Erratum(
    id="E10",
    grade="A",
    sections=("3.3.2", "4.3.2"),
    title="The printed Bayesian search never evaluates what it proposes.",
    printed="""
    "1. Initialise a Bayesian model, such as a Gaussian process. 2. Choose initial
    values. 3. Predict with the model, choose the next value. 4. Repeat step 3"
    (§4.3.2); it "optimises the parameters with a Bayesian model" (§3.3.2).
    """,
    right="""
    Between one step 3 and the next the true objective is evaluated at the chosen place,
    the pair is added to the data, and the model is fitted again. And the choice needs a
    rule, the acquisition function, that weighs the predicted mean against the
    uncertainty: expected improvement, or a confidence bound (Keras Tuner's, with
    beta = 2.6 and alpha = 1e-4). What is modelled is the objective as a function of the
    hyperparameters, not the parameters of the network.
    """,
    source="""
    Jones, Schonlau, Welch 1998, "Efficient Global Optimization of Expensive Black-Box
    Functions", §4, eq. 15; Snoek, Larochelle, Adams 2012 (1206.2944), §2.2. Keras Tuner
    1.4.8, `BayesianOptimizationOracle`.
    """,
    numbers=f"""\
An objective with a peak of 0.6 at 0.15 and one of 0.45 at 0.85; two values to start
with, at {START[0]} and {START[1]}; {STEPS} steps each:

{_table()}

As printed, the same place is proposed for ever. With the mean alone the search climbs
the peak that it started on. Both acquisition functions look elsewhere too, and find the
higher peak.
""",
)
