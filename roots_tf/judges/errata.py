"""Exercises on the article's errata.

Article: §10.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _false_negatives():
    from roots_tf.errata.e08_recall import binary_scores, printed_scores

    return next(
        n
        for n in range(100)
        if binary_scores(8, 2, n, 50) == printed_scores(8, 2, n, 50)
    )


def _worst_step():
    from roots_tf.errata.e07_adam_bias import step_size_ratio

    t = np.arange(1, 5001)
    return t[step_size_ratio(t).argmax()]


def _draws_needed():
    from roots_tf.errata.e09_random_search import chance_of_success

    return next(n for n in range(1, 1000) if chance_of_success(n, top=0.01) >= 0.99)


EXERCISES = {
    "10_errata": {
        1: Exercise(
            "a number of false negatives",
            _false_negatives,
            {
                "without a false negative the recall is 1": 0,
                "8 of how many positives are 0.8?": 8,
                "that is how many positives there are": 10,
            },
        ),
        2: Exercise(
            "a number of a step, from 1",
            _worst_step,
            {
                "too large already, but not the most": 1,
                "by then both corrections are over": 1000,
                "count steps from 1": lambda: _worst_step() - 1,
            },
            tolerance=1e-6,
        ),
        3: Exercise(
            "a number of draws",
            _draws_needed,
            {
                "chances do not add up: what is the chance that all draws miss?": 99,
                "that falls just short of 0.99: round up": 458,
                "that many reach it with a probability of 0.95": 299,
            },
            tolerance=1e-6,
        ),
        4: OPEN,
        5: OPEN,
    },
}
