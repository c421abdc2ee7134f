"""Grid search (网格搜索): every combination of a few values each.

Article: §3.3.2, §4.3.2. Errata: E09.

It finds the best point *of the grid*. With n points and d dimensions a grid has only
n^(1/d) different values of each dimension (Bergstra & Bengio 2012, JMLR 13, fig. 1).
"""

from collections.abc import Sequence

from roots_tf.tuning.search_space import Point, SearchSpace


class GridSearch:
    """Goes through a grid in order.

    The sides grow in turn, in the order of the dimensions, as long as the grid has no
    more points than there are trials: put first what matters most.

    Args:
        space: to be searched.
        trials: how many points at most.

    Raises:
        ValueError: the choices alone have more combinations than that.

    Example:
        >>> from roots_tf.tuning.search_space import Integer
        >>> search = GridSearch(SearchSpace({"units": Integer(1, 9)}), trials=3)
        >>> search.points
        [{'units': 1}, {'units': 5}, {'units': 9}]
    """

    def __init__(self, space: SearchSpace, trials: int):
        self.space = space
        sides = dict.fromkeys(space.dimensions, 1)
        self.points = space.grid(sides)
        if len(self.points) > trials:
            raise ValueError(
                f"expected {len(self.points)} trials or more, one for each combination "
                f"of the choices, got {trials}"
            )
        grew = True
        while grew:
            grew = False
            for name in sides:
                finer = space.grid({**sides, name: sides[name] + 1})
                if len(self.points) < len(finer) <= trials:
                    sides[name] += 1
                    self.points, grew = finer, True

    def propose(self, history: Sequence[tuple[Point, float | None]]) -> Point | None:
        """Gives the first point of the grid that is not tried; None at its end.

        Args:
            history: points tried and their values, or None for a trial that failed or
                is not finished. Here the values do not matter.
        """
        tried = {self.space.key(point) for point, _ in history}
        for point in self.points:
            if self.space.key(point) not in tried:
                return point
        return None
