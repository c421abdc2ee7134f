"""Every exercise that can be judged: a right, a wrong and a blank answer."""

import importlib
from pathlib import Path

import pytest

from roots_tf import exercises
from roots_tf.judges.judging import judge

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("cases_*.py"))
MODULES = [importlib.import_module(f"tests.judges.{name}") for name in NAMES]
CASES = [case for module in MODULES for case in module.CASES]
CATALOG = exercises.catalog()


@pytest.mark.parametrize(("notebook", "number", "right", "wrong", "hint"), CASES)
def test_right_wrong_and_blank_answers_are_told_apart(
    notebook, number, right, wrong, hint
):
    exercise = CATALOG[notebook][number]

    assert judge(exercise, right) == ""
    assert hint in judge(exercise, wrong)
    assert judge(exercise, None) == f"no answer yet: expected {exercise.expects}"


def test_every_exercise_that_can_be_judged_has_its_case():
    known = {(n, i) for n, of in CATALOG.items() for i, one in of.items() if one}

    assert {case[:2] for case in CASES} == known
