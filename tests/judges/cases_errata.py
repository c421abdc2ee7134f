"""Exercises of §10: right answers written anew, typical wrong ones, blank ones."""

import math

from roots_tf.judges.errata import EXERCISES

(ERRATA,) = EXERCISES


def worst_step() -> int:
    """Of Kingma & Ba 2015's corrections, which the printed form leaves out."""

    def too_large(t):
        return (1 - 0.9**t) / math.sqrt(1 - 0.999**t)

    return max(range(1, 1000), key=too_large)


# notebook, number, right, wrong, its hint
CASES = [
    # 8 / (8 + 2): as many as false positives.
    (ERRATA, 1, 2, 0, "the recall is 1"),
    (ERRATA, 2, worst_step(), 1, "not the most"),
    (ERRATA, 3, math.ceil(math.log(0.01, 0.99)), 99, "do not add up"),
]
