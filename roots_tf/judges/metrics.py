"""Exercises on metrics and on tuning.

Article: §3.3.1, §3.3.2.
"""

import math

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _f1_of_all_positive():
    from roots_tf.errata.e08_recall import binary_scores

    return binary_scores(tp=10, fp=990, fn=0, tn=0)["f1"]


def _true_alarms(found=0.9, alarmed=0.05):
    ill = np.array([0.5, 0.01, 0.001])
    return found * ill / (found * ill + alarmed * (1 - ill))


def _error_and_auroc(probabilities, labels):
    from roots_tf.evaluation.calibration import expected_calibration_error
    from roots_tf.evaluation.ranking_curves import auroc

    probabilities = np.asarray(probabilities, float)
    if probabilities.shape != (len(labels), 2):
        raise ValueError(f"({len(labels)}, 2) numbers, got {probabilities.shape}")
    error = expected_calibration_error(labels, probabilities)
    return [error, auroc(labels, probabilities[:, 1])]


def _drawn_labels(random):
    return (random.permutation(np.repeat([1, 0], random.integers(5, 60, 2))),)


def _shares(labels):
    return np.tile([1 - labels.mean(), labels.mean()], (len(labels), 1))


def _texts_needed():
    """Of N texts 0.1 N differ: the difference, 0.01 N, is 1.96 deviations of equals."""
    return 1.96**2 * 0.1 / 0.01**2


def _draws_needed():
    from roots_tf.errata.e09_random_search import chance_of_success

    return next(n for n in range(1, 1000) if chance_of_success(n, top=0.01) >= 0.95)


def _mean_distances():
    random = np.random.default_rng(0)
    optima = random.uniform(size=(50_000, 1))
    drawn = np.abs(random.uniform(size=(50_000, 9)) - optima).min(axis=1)
    grid = np.abs(np.array([0, 0.5, 1]) - optima).min(axis=1)
    return np.array([grid.mean(), drawn.mean()])


def _improvement(deviation):
    from roots_tf.tuning.bayesian_search import expected_improvement

    return expected_improvement(np.array([0.7]), np.array([deviation]), 0.7)


EXERCISES = {
    "03_3_1_metrics": {
        1: Exercise(
            "F1, a number from 0 to 1",
            _f1_of_all_positive,
            {
                "that is the arithmetic mean of .01 and 1": 0.505,
                "that is the precision": 0.01,
                "that is the recall": 1,
                "that is the geometric mean of .01 and 1": 0.1,
            },
            tolerance=5e-3,
        ),
        2: Exercise(
            "three numbers from 0 to 1, for 50 %, 1 % and 0.1 %",
            _true_alarms,
            {
                "that does not depend on how many are ill, and precision does": (
                    np.full(3, 0.9 / 0.95)
                ),
                "that is the recall, the share of the ill; asked is that of alarms": (
                    np.full(3, 0.9)
                ),
                "that is the share of alarms that are false": lambda: (
                    1 - _true_alarms()
                ),
                "that takes the 90 % for the share of the alarms": (
                    lambda: 0.9 * np.array([0.5, 0.01, 0.001])
                ),
            },
            tolerance=5e-3,
        ),
        3: Exercise(
            "a function of labels (N,), 0 or 1, that gives probabilities (N, 2)",
            _shares,
            {
                "half and half is calibrated only where classes are equally frequent": (
                    lambda labels: np.full((len(labels), 2), 0.5)
                ),
                "that model is calibrated, but of use": lambda labels: np.eye(2)[
                    labels
                ],
                "the column of class 0 comes first": (
                    lambda labels: _shares(labels)[:, ::-1]
                ),
            },
            draw=_drawn_labels,
            view=_error_and_auroc,
            tolerance=1e-6,
        ),
        4: Exercise(
            "a number of texts, to some ten per cent",
            _texts_needed,
            {
                "only the texts on which they differ make noise, 10 % of all": (
                    1.96**2 * 0.25 / 0.01**2
                ),
                "that many would do for two models with errors of their own: here they "
                "share most": 1.96**2 * 2 * 0.25 / 0.01**2,
                "the deviation is the root of 0.1 N; two of them are 0.01 N": (
                    1.96 * 0.1 / 0.01**2
                ),
                "that many of the texts differ; how many are there in all?": (
                    1.96**2 * 0.01 / 0.01**2
                ),
            },
            tolerance=0.15,
        ),
        5: OPEN,
    },
    "03_3_2_tuning": {
        1: Exercise(
            "a number of draws",
            _draws_needed,
            {
                "chances do not add up: what is the chance that all draws miss?": 95,
                "that falls just short of 95 %: round up": 298,
                "that many reach the best 5 %": 59,
            },
            tolerance=1e-6,
        ),
        2: Exercise(
            "two numbers, mean distances from the optimum of the best of nine points "
            "of a grid, and of nine random ones",
            _mean_distances,
            {
                "first the grid, then the random points": (
                    lambda: _mean_distances()[::-1]
                ),
                "nine points of a grid have three values of the number that matters": (
                    lambda: [1 / 32, _mean_distances()[1]]
                ),
                "that is the grid for both": [1 / 8, 1 / 8],
            },
            tolerance=0.03,
        ),
        3: Exercise(
            "a function of the standard deviation",
            _improvement,
            {
                "no gain is predicted, but the value may still be better": lambda s: 0,
                "the mean of max(z, 0) is not half the deviation": lambda s: s / 2,
                "that is phi(0); it is multiplied by the deviation": (
                    lambda s: 1 / math.sqrt(2 * math.pi)
                ),
                "the mean of |z|: half of it is a gain": (
                    lambda s: s * math.sqrt(2 / math.pi)
                ),
            },
            draw=lambda random: (random.uniform(0.05, 5),),
            tolerance=1e-4,
        ),
        4: OPEN,
    },
}
