"""How an answer to an exercise is judged: beside the right one, and typical wrong ones.

Article: §7.1, resources for learning. An answer that is a function is called with drawn
arguments, many times. If what it gives is what a known mistake would give each time,
the hint is that of the mistake.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

OPEN = None  # stands for an exercise that no program can judge

_MOST_CHARACTERS = 60


@dataclass(frozen=True)
class Exercise:
    """An exercise that can be judged.

    What is right or a mistake may be a value, or a function that gives it: of the drawn
    arguments if the answer is a function, of nothing if it is a value.

    Attributes:
        expects: what an answer is: a number and its unit, a shape, a signature.
        right: the right answer.
        mistakes: a hint -> the wrong answer that it fits.
        draw: gives the arguments of a function from a generator; None: the answer is a
            value.
        view: gives what is compared, of an answer and the arguments; None: the answer
            as it stands.
        tolerance: how far a number may be off, as a share of the largest.
        draws: how often a function is called.
    """

    expects: str
    right: object
    mistakes: Mapping[str, object]
    draw: Callable[[np.random.Generator], tuple] | None = None
    view: Callable | None = None
    tolerance: float = 2e-3
    draws: int = 20


def judge(exercise: Exercise, answer: object) -> str:
    """Gives a hint of what is wrong with an answer; "" if it is right."""
    blank = f"no answer yet: expected {exercise.expects}"
    if answer is None or answer is ... or isinstance(answer, str) and not answer:
        return blank
    if callable(answer) != (exercise.draw is not None):
        got = "a function" if callable(answer) else f"{type(answer).__name__}"
        return f"expected {exercise.expects}, got {got}"
    arguments, seen = _arguments(exercise), []
    for drawn in arguments:
        try:
            given = _of(answer, drawn)
            if given is None:
                return blank
            seen.append(_seen(exercise, given, drawn))
        except NotImplementedError:
            return blank
        except Exception as error:  # whatever a learner's code may raise
            what = " ".join(f"{type(error).__name__}: {error}".split())
            return f"expected {exercise.expects}; {what}"
    right = _all_of(exercise, exercise.right, arguments)
    if _alike(exercise, seen, right):
        return ""
    for hint, wrong in exercise.mistakes.items():
        if _alike(exercise, seen, _all_of(exercise, wrong, arguments)):
            return hint
    return _difference(exercise, seen, right, arguments)


def flat(parts, *_) -> np.ndarray:
    """Gives several arrays as one of numbers: a view of answers of several parts."""
    return np.concatenate([np.ravel(np.asarray(part, float)) for part in parts])


def _arguments(exercise):
    if exercise.draw is None:
        return [()]
    return [exercise.draw(np.random.default_rng(n)) for n in range(exercise.draws)]


def _of(maker, drawn):
    return maker(*copy.deepcopy(drawn)) if callable(maker) else maker


def _seen(exercise, given, drawn):
    if exercise.view:
        given = exercise.view(given, *drawn)
    if isinstance(given, str):
        return np.asarray(given.strip().lower())
    numbers = np.asarray(given, float)
    return numbers.reshape(()) if numbers.size == 1 else numbers


def _all_of(exercise, maker, arguments):
    return [_seen(exercise, _of(maker, drawn), drawn) for drawn in arguments]


def _alike(exercise, some, others):
    return all(map(_is_alike, some, others, [exercise.tolerance] * len(some)))


def _is_alike(found, right, tolerance):
    if found.dtype.kind != right.dtype.kind or found.shape != right.shape:
        return False
    if found.dtype.kind == "U":
        return bool(found == right)
    finite = np.abs(right[np.isfinite(right)])
    largest = finite.max(initial=0) or 1  # where all are 0, numbers are of size 1
    return np.allclose(found, right, 0, tolerance * largest)


def _difference(exercise, seen, right, arguments):
    """Tells where an answer is wrong that no known mistake gives."""
    found, expected, drawn = next(
        (found, expected, drawn)
        for found, expected, drawn in zip(seen, right, arguments, strict=True)
        if not _is_alike(found, expected, exercise.tolerance)
    )
    if found.dtype.kind != expected.dtype.kind:
        return f"not right: expected {exercise.expects}"
    if found.shape != expected.shape:
        shapes = f"the right answer has shape {expected.shape}, yours {found.shape}"
        return f"not right: expected {exercise.expects}; {shapes}"
    if exercise.draw is not None and not exercise.view:
        return f"not right: for {_short(drawn)} got {_short(found)}"
    if found.dtype.kind == "U" or exercise.view:
        return f"not right: expected {exercise.expects}"
    if not found.shape:
        is_what = "too large" if found > expected else "too small"
        return (
            f"not right: {found:g} is {'not a number' if found != found else is_what}"
        )
    near = np.isclose(found, expected, 0, exercise.tolerance * np.abs(expected).max())
    return f"not right: {near.sum()} of {near.size} numbers are"


def _short(value):
    """Gives arguments or an answer in so few characters that a line has room."""
    parts = value if isinstance(value, tuple) else (value,)
    text = ", ".join(map(_short_part, parts))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."


def _short_part(part):
    if isinstance(part, np.ndarray) and part.ndim:
        if part.size > 4:
            return f"an array {part.shape}"
        part = np.array2string(part, precision=4, separator=", ")
    elif isinstance(part, float | np.ndarray):
        return f"{part:.5g}"
    return " ".join(str(part).split())
