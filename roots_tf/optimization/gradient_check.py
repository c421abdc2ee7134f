"""Is it the gradient? Central differences ask the function itself.

    df/dx_i  ~  (f(x + h e_i) - f(x - h e_i)) / 2h

Its error is of order h^2 from the curvature, and of order eps |f| / h from rounding;
they are balanced near h = eps^(1/3). Keras and TensorFlow: ``gradient_check_tape.py``.

Article: §3.2.1, §4.2.1. Erratum: E05.
Source: Nocedal & Wright 2006, "Numerical Optimization", §8.1, eq. 8.7.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

STEP = 6e-6  # the cube root of float64's rounding error, 2.2e-16
# A coordinate this much smaller than the largest is compared with that share of it:
# its own digits are lost in the rounding of f.
SMALL = 0.01


@dataclass(frozen=True)
class WorstCoordinate:
    """Where a gradient differs most from the finite difference.

    Attributes:
        array: name or number of the array.
        index: of the coordinate in that array.
        analytic: the gradient given.
        numeric: the central difference.
        relative_error: ``|analytic - numeric|``, divided by the larger of the two or by
            1/100 of the largest coordinate of all arrays, whichever is more.
    """

    array: str | int
    index: tuple[int, ...]
    analytic: float
    numeric: float
    relative_error: float

    def __str__(self):
        return (
            f"relative error {self.relative_error:.1e} in {self.array} at {self.index}:"
            f" gradient {self.analytic:.9g}, finite difference {self.numeric:.9g}"
        )


def gradient_check(
    function: Callable[..., float],
    points: np.ndarray | Sequence[np.ndarray],
    gradients: np.ndarray | Sequence[np.ndarray],
    *,
    names: Sequence[str] | None = None,
    samples: int | None = None,
    seed: int = 0,
    step: float = STEP,
) -> WorstCoordinate:
    """Compares a gradient with central differences, one coordinate after the other.

    Args:
        function: ``function(*points)`` gives a number.
        points: one array or several, float64.
        gradients: of the same shapes.
        names: of the arrays, for the report; their numbers if not given.
        samples: coordinates compared in each array, drawn at random; None for all.
        seed: of that draw.
        step: h, for a coordinate of size 1 or less; in proportion for larger ones.

    Returns:
        The coordinate with the largest relative error.

    Raises:
        ValueError: the points are not float64, or the shapes differ.

    Example:
        >>> x = np.array([1.0, 2.0])
        >>> right = gradient_check(lambda x: (x**3).sum(), x, 3 * x**2)
        >>> right.relative_error < 1e-9
        True
        >>> wrong = gradient_check(lambda x: (x**3).sum(), x, np.array([3.0, 11.0]))
        >>> wrong.array, wrong.index, round(wrong.numeric, 6)
        (0, (1,), 12.0)
    """
    points, gradients = _as_list(points), _as_list(gradients)
    _check(points, gradients)
    points = [point.copy() for point in points]
    largest = max(np.abs(gradient).max(initial=0) for gradient in gradients)
    rng, worst = np.random.default_rng(seed), None
    for number, (point, gradient) in enumerate(zip(points, gradients, strict=True)):
        chosen = range(point.size)
        if samples is not None and samples < point.size:
            chosen = rng.choice(point.size, samples, replace=False)
        for flat in chosen:
            index = tuple(int(i) for i in np.unravel_index(flat, point.shape))
            numeric = _central_difference(function, points, number, index, step)
            analytic = float(gradient[index])
            size = max(abs(analytic), abs(numeric), SMALL * largest)
            error = float(abs(analytic - numeric) / size) if size else 0.0
            # Also NaN is worse than any number.
            if worst is None or not error <= worst.relative_error:
                name = names[number] if names else number
                worst = WorstCoordinate(name, index, analytic, numeric, error)
                if np.isnan(error):
                    return worst
    return worst


def _central_difference(function, points, number, index, step):
    point = points[number]
    here = point[index]
    h = step * max(1.0, abs(here))
    above, below = here + h, here - h
    point[index] = above
    higher = float(function(*points))
    point[index] = below
    lower = float(function(*points))
    point[index] = here
    return (higher - lower) / float(above - below)  # the step as it was rounded


def _as_list(arrays) -> list[np.ndarray]:
    return [arrays] if isinstance(arrays, np.ndarray) else list(arrays)


def _check(points, gradients):
    shapes, expected = ([a.shape for a in arrays] for arrays in (gradients, points))
    if not points or not any(point.size for point in points) or shapes != expected:
        raise ValueError(
            f"expected a gradient for each point, of shapes {expected}, got {shapes}"
        )
    for number, point in enumerate(points):
        if point.dtype != np.float64:
            raise ValueError(
                "expected float64, which leaves digits to compare, got "
                f"{point.dtype} in array {number}"
            )
