"""Judges answers to the notebooks' exercises.

Article: §7.1, resources for learning.

    from roots_tf import exercises
    exercises.check("03_2_1_backpropagation.1", my_function)

An id is the name of a notebook, a dot and the number of an exercise at its end. What is
right stands in `roots_tf/judges/`, a file for each chapter; adding a notebook is adding
its exercises to an `EXERCISES` there.
"""

import importlib
import pkgutil

import roots_tf.judges
from roots_tf.judges.judging import OPEN, Exercise, judge


def check(name: str, answer: object = None) -> bool | None:
    """Prints in one line that an answer is right, or a hint.

    Args:
        name: id of an exercise; of the notebook's name any beginning will do that no
            other has.
        answer: a number, an array, a word or a function, as the exercise says.

    Returns:
        Whether it is right; None for an exercise that is open.

    Raises:
        ValueError: there is no such exercise.

    Example:
        >>> check("03_3_1_metrics.1", 0.0198)
        03_3_1_metrics.1: right
        True
        >>> check("03_3_1.1", 0.505)
        03_3_1_metrics.1: that is the arithmetic mean of .01 and 1
        False
    """
    notebook, number = _found(name)
    exercise = catalog()[notebook][number]
    if exercise is OPEN:
        where = f"notebooks/solutions/{notebook}.py"
        print(f"{notebook}.{number}: an open exercise; one answer is in {where}")
        return None
    hint = judge(exercise, answer)
    print(f"{notebook}.{number}: {hint or 'right'}")
    return not hint


def catalog() -> dict[str, dict[int, Exercise | None]]:
    """Gives of each notebook its exercises by number, None for one that is open."""
    found = {}
    for module in sorted(
        m.name for m in pkgutil.iter_modules(roots_tf.judges.__path__)
    ):
        chapter = importlib.import_module(f"roots_tf.judges.{module}")
        found.update(getattr(chapter, "EXERCISES", {}))
    return dict(sorted(found.items()))


def _found(name):
    notebook, _, number = name.rpartition(".")
    exercises = catalog()
    fitting = [known for known in exercises if known.startswith(notebook) and notebook]
    if notebook in exercises:
        fitting = [notebook]
    if len(fitting) != 1:
        raise ValueError(
            f"expected the name of a notebook, a dot and a number, got {name!r}; the "
            f"notebooks are {', '.join(fitting or exercises)}"
        )
    numbers = exercises[fitting[0]]
    if not number.isdecimal() or int(number) not in numbers:
        raise ValueError(
            f"{fitting[0]} has the exercises {', '.join(map(str, numbers))}, "
            f"got {number!r}"
        )
    return fitting[0], int(number)
