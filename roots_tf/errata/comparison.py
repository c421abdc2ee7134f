"""What the printed form of an erratum gives beside the right one: numbers to be drawn.

Article: §1.3. Each file `eNN_<what>.py` has a function `comparison()` that computes
them by the functions of the file; nothing is computed before it is called.
"""

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roots_tf.errata.erratum import modules

PRINTED, RIGHT = "printed", "right"


@dataclass(frozen=True)
class Comparison:
    """A measure of both forms at some places.

    Attributes:
        measured: what the values are, with their unit. It names charts, which
            TensorBoard cannot draw if a bracket is in it.
        by: what the places are.
        places: rising whole numbers, which make a curve, or names, which make bars.
        values: a value a place of "printed", of "right", and of other forms; NaN where
            a form has none.
        logarithmic: whether the values differ by orders of magnitude.
    """

    measured: str
    by: str
    places: Sequence[int] | Sequence[str]
    values: Mapping[str, Sequence[float]]
    logarithmic: bool = False

    def __post_init__(self):
        if "(" in self.measured or ")" in self.measured:
            raise ValueError(f"expected a measure without (), got {self.measured!r}")
        if list(self.values)[:2] != [PRINTED, RIGHT]:
            raise ValueError(
                f"expected values of {PRINTED!r}, {RIGHT!r} and others, "
                f"got those of {list(self.values)}"
            )
        for form, values in self.values.items():
            if len(values) != len(self.places):
                raise ValueError(
                    f"expected a value of {form!r} for each of {len(self.places)} "
                    f"places, got {len(values)}"
                )

    @property
    def is_curve(self) -> bool:
        """Whether the places are numbers."""
        return not isinstance(self.places[0], str)

    def widest(self) -> int:
        """Gives the index of the place where both forms are farthest apart.

        That is the first one where the printed form has no value, if there is one.
        """
        pairs = zip(self.values[PRINTED], self.values[RIGHT], strict=True)
        distances = [self._distance(printed, right) for printed, right in pairs]
        return distances.index(max(distances))

    def line(self) -> str:
        """Tells in one line all values at the widest place.

        Example:
            >>> values = {"printed": [2, 4], "right": [2, 1]}
            >>> Comparison("loss", "step", [0, 1], values).line()
            'loss, step 1: printed 4, right 1'
        """
        at = self.widest()
        told = ", ".join(f"{form} {row[at]:.6g}" for form, row in self.values.items())
        return f"{self.measured}, {self.by} {self.places[at]}: {told}"

    def metrics(self, id: str) -> dict[str, float]:
        """Gives the values at the widest place by `<id>/<form>`."""
        at = self.widest()
        return {f"{id}/{form}": float(row[at]) for form, row in self.values.items()}

    def table(self) -> str:
        """Gives all values as a table in Markdown, a row a place."""
        head = [self.by, *self.values]
        rows = [head, ["---"] * len(head)]
        for at, place in enumerate(self.places):
            row = [f"{values[at]:.6g}" for values in self.values.values()]
            rows.append([str(place), *row])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _distance(self, printed, right):
        if math.isnan(printed):
            return math.inf
        return abs(math.log(printed / right) if self.logarithmic else printed - right)


def compare(id: str) -> Comparison:
    """Computes the comparison of one erratum."""
    return importlib.import_module(modules()[id]).comparison()
