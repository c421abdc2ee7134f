"""The space of hyperparameters (参数空间) that a search walks.

Article: §3.3.2, §4.3.2 (初始化参数空间，如学习率、批大小等).

A *point* is one combination: a dict of name -> value. A search that needs geometry
works in the unit cube: each dimension takes one coordinate in [0, 1], a choice among k
values takes k of them (its values have no order, so none may lie between two others).
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

Point = dict[str, object]


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`; on a logarithmic scale if `log`.

    Example:
        >>> Real(1e-4, 1e-2, log=True).from_unit([0.5])
        0.001
    """

    low: float
    high: float
    log: bool = False
    width = 1  # coordinates in the unit cube
    size = math.inf  # values

    def __post_init__(self):
        _check_range(self)

    def from_unit(self, coordinates) -> float:
        low, high = _scaled(self, self.low), _scaled(self, self.high)
        value = low + (high - low) * coordinates[0]
        # Rounded, so that a value is read easily and written exactly.
        value = float(f"{math.exp(value) if self.log else value:.6g}")
        return min(max(value, float(self.low)), float(self.high))

    def to_unit(self, value) -> list[float]:
        low, high = _scaled(self, self.low), _scaled(self, self.high)
        return [(_scaled(self, value) - low) / (high - low)]

    def grid(self, count: int) -> list[float]:
        places = [0.5] if count == 1 else np.linspace(0, 1, count)
        return list(dict.fromkeys(self.from_unit([place]) for place in places))

    def holds(self, value) -> bool:
        return _is_number(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included.

    Each takes an equal part of the unit interval, or with `log` a part in proportion
    to log((n + 1) / n), so that 16 to 31 is as likely as 32 to 63.
    """

    low: int
    high: int
    log: bool = False
    width = 1

    def __post_init__(self):
        _check_range(self)
        if not isinstance(self.low, int) or not isinstance(self.high, int):
            raise ValueError(
                f"expected whole numbers as bounds, got {self.low!r} and {self.high!r}"
            )

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    def from_unit(self, coordinates) -> int:
        low, high = _scaled(self, self.low), _scaled(self, self.high + 1)
        value = low + (high - low) * coordinates[0]
        value = math.floor(math.exp(value) if self.log else value)
        return min(max(value, self.low), self.high)

    def to_unit(self, value) -> list[float]:
        low, high = _scaled(self, self.low), _scaled(self, self.high + 1)
        middle = (_scaled(self, value) + _scaled(self, value + 1)) / 2
        return [(middle - low) / (high - low)]

    def grid(self, count: int) -> list[int]:
        if count >= self.size:
            return list(range(self.low, self.high + 1))
        low, high = _scaled(self, self.low), _scaled(self, self.high)
        places = [(low + high) / 2] if count == 1 else np.linspace(low, high, count)
        values = [math.exp(place) if self.log else place for place in places]
        return list(dict.fromkeys(round(float(value)) for value in values))

    def holds(self, value) -> bool:
        return _is_number(value) and value in range(self.low, self.high + 1)


@dataclass(frozen=True)
class Choice:
    """One of several values without an order; for ordered numbers take `Integer`."""

    values: tuple

    def __post_init__(self):
        object.__setattr__(self, "values", tuple(self.values))
        if len(set(self.values)) != len(self.values) or len(self.values) < 2:
            raise ValueError(
                f"expected two or more different values, got {list(self.values)}"
            )

    @property
    def width(self) -> int:
        return len(self.values)

    @property
    def size(self) -> int:
        return len(self.values)

    def from_unit(self, coordinates):
        return self.values[int(np.argmax(coordinates))]

    def to_unit(self, value) -> list[float]:
        return [float(value == other) for other in self.values]

    def grid(self, count: int) -> list:
        return list(self.values)

    def holds(self, value) -> bool:
        return value in self.values


class SearchSpace:
    """Named dimensions.

    Args:
        dimensions: name -> `Real`, `Integer` or `Choice`.

    Raises:
        ValueError: there is no dimension, or something else than one of these.

    Example:
        >>> space = SearchSpace({"units": Integer(1, 3), "cell": Choice(("a", "b"))})
        >>> space.size, space.width, space.grid(2)[0]
        (6, 3, {'units': 1, 'cell': 'a'})
    """

    def __init__(self, dimensions: Mapping[str, Real | Integer | Choice]):
        if not dimensions:
            raise ValueError("expected one dimension or more, got none")
        for name, one in dimensions.items():
            if not isinstance(one, (Real, Integer, Choice)):
                raise ValueError(
                    f"{name}: expected Real, Integer or Choice, got {one!r}"
                )
        self.dimensions = dict(dimensions)
        self.width = sum(one.width for one in dimensions.values())
        self.size = math.prod(one.size for one in dimensions.values())

    def draw(self, generator: np.random.Generator) -> Point:
        """Draws a point: every dimension evenly on its scale, and alone."""
        return self.from_unit(generator.uniform(size=self.width))

    def grid(self, sides: int | Mapping[str, int]) -> list[Point]:
        """Gives the points of a grid (网格), the last dimension running fastest.

        Args:
            sides: values of a number's range, of all or by name; a `Choice` gives all
                of its own.

        Raises:
            ValueError: a side is below 1.
        """
        if not isinstance(sides, Mapping):
            sides = dict.fromkeys(self.dimensions, sides)
        if min(sides.values()) < 1:
            raise ValueError(f"expected sides of 1 value or more, got {dict(sides)}")
        values = [one.grid(sides[name]) for name, one in self.dimensions.items()]
        return [
            dict(zip(self.dimensions, combination, strict=True))
            for combination in itertools.product(*values)
        ]

    def every_point(self) -> list[Point]:
        """Gives all points of a space without a `Real`.

        Raises:
            ValueError: the space has no end.
        """
        if math.isinf(self.size):
            raise ValueError("expected a space of Integer and Choice, got a Real")
        return self.grid(self.size)

    def from_unit(self, coordinates: np.ndarray) -> Point:
        """Gives the point at coordinates (width,) in [0, 1]."""
        values = [one.from_unit(coordinates[a:b]) for one, a, b in self._columns()]
        return dict(zip(self.dimensions, values, strict=True))

    def to_unit(self, point: Point) -> np.ndarray:
        """Gives the coordinates (width,) float64 of a point.

        Raises:
            ValueError: it is not of this space.
        """
        self.check(point)
        sides = (one.to_unit(point[name]) for name, one in self.dimensions.items())
        return np.array(list(itertools.chain.from_iterable(sides)))

    def snapped(self, places: np.ndarray) -> np.ndarray:
        """Moves coordinates (N, width) to where the points are that they stand for."""
        moved = [
            places[:, start:stop]
            if isinstance(one, Real)
            else np.array(
                [one.to_unit(one.from_unit(c)) for c in places[:, start:stop]]
            )
            for one, start, stop in self._columns()
        ]
        return np.concatenate(moved, axis=1)

    def check(self, point: Point) -> None:
        """Raises a ValueError if a point is not of this space."""
        if set(point) != set(self.dimensions):
            raise ValueError(
                f"expected values of {', '.join(self.dimensions)}, "
                f"got {', '.join(map(str, point)) or 'none'}"
            )
        for name, one in self.dimensions.items():
            if not one.holds(point[name]):
                raise ValueError(
                    f"{name}: expected a value of {one}, got {point[name]!r}"
                )

    def key(self, point: Point) -> tuple:
        """Gives what two equal points have in common, to look them up by."""
        return tuple(point[name] for name in self.dimensions)

    def _columns(self) -> Iterator[tuple]:
        """Each dimension, the first of its coordinates and the one behind its last."""
        start = 0
        for one in self.dimensions.values():
            yield one, start, start + one.width
            start += one.width


def _check_range(one) -> None:
    if not (_is_number(one.low) and _is_number(one.high) and one.low < one.high):
        raise ValueError(f"expected low below high, got {one.low!r} and {one.high!r}")
    if one.log and one.low <= 0:
        raise ValueError(f"expected low over 0 on a log scale, got {one.low!r}")


def _scaled(one, value) -> float:
    return math.log(value) if one.log else float(value)


def _is_number(value) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
