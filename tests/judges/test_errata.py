"""Exercises of §10: right answers written anew, typical wrong ones, blank ones."""

import math

import pytest

from roots_tf.judges.errata import EXERCISES
from roots_tf.judges.judging import judge

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


@pytest.mark.parametrize(("notebook", "number", "right", "wrong", "hint"), CASES)
def test_right_wrong_and_blank_answers_are_told_apart(
    notebook, number, right, wrong, hint
):
    exercise = EXERCISES[notebook][number]

    assert judge(exercise, right) == ""
    assert hint in judge(exercise, wrong)
    assert judge(exercise, None) == f"no answer yet: expected {exercise.expects}"


def test_every_exercise_that_can_be_judged_has_its_case():
    known = {(n, i) for n, of in EXERCISES.items() for i, one in of.items() if one}

    assert {case[:2] for case in CASES} == known
