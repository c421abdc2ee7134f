"""Random search (随机搜索): points drawn independently of all results.

Article: §3.3.2, §4.3.2. Errata: E09 (the draws are not updated by results).
Source: Bergstra & Bengio 2012, "Random Search for Hyper-Parameter Optimization",
    JMLR 13, §1 to §2.
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.tuning.search_space import Point, SearchSpace


class RandomSearch:
    """Draws every dimension alone, evenly on its scale.

    Args:
        space: to be searched.
        seed: the n-th draw follows from it and n alone.

    Example:
        >>> from roots_tf.tuning.search_space import Integer
        >>> search = RandomSearch(SearchSpace({"units": Integer(1, 2)}), seed=0)
        >>> first = search.propose([])
        >>> search.propose([(first, 0.5), (search.propose([(first, None)]), 0.1)])
    """

    def __init__(self, space: SearchSpace, seed: int = 0):
        self.space, self.seed = space, seed

    def propose(self, history: Sequence[tuple[Point, float | None]]) -> Point | None:
        """Draws a point that is not tried; None when all of a finite space are.

        Args:
            history: points tried and their values, or None for a trial that failed or
                is not finished. Here the values do not matter.
        """
        tried = {self.space.key(point) for point, _ in history}
        if len(tried) >= self.space.size:
            return None
        generator = np.random.default_rng([self.seed, len(history)])
        while self.space.key(point := self.space.draw(generator)) in tried:
            continue
        return point
