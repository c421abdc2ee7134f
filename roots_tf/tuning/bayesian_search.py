"""Bayesian search (贝叶斯优化): model the values, look where the model sees most gain.

Article: §3.3.2, §4.3.2. Errata: E10 (the article neither evaluates the chosen point nor
says how it is chosen). Smaller values are better here.

Source: Jones, Schonlau, Welch 1998, "Efficient Global Optimization of Expensive
    Black-Box Functions", eq. 14 and 15 (expected improvement); Snoek, Larochelle and
    Adams 2012 (1206.2944), §2 (Matern 5/2, one length scale a dimension); Srinivas et
    al. 2010 (0912.3995), eq. 6 (confidence bound).
"""

import math
from collections.abc import Sequence

import numpy as np

from roots_tf.tuning.gaussian_process import GaussianProcess, matern, most_likely
from roots_tf.tuning.search_space import Point, SearchSpace

ACQUISITIONS = ("expected-improvement", "confidence-bound")
CANDIDATES = 1_000  # random places looked at for each proposal
BEST_PLACES = 10  # of these, refined
STEPS = (0.1, 0.03, 0.01, 0.003, 0.001)  # of the refinement, sides of the cube
ENUMERATED = 2_000  # a space of no more points is looked at as a whole
LITTLE = 1e-3  # of the values' standard deviation: an improvement not worth a trial


def expected_improvement(mean, deviation, best: float) -> np.ndarray:
    """Gives E[max(best - f, 0)] for f normal with this mean and standard deviation.

    With u = (best - mean) / deviation it is deviation (u Phi(u) + phi(u)): Phi weighs
    how likely f is better, phi what uncertainty adds.

    Args:
        mean, deviation: (N,), deviation over 0.
        best: smallest value so far.

    Example:
        >>> expected_improvement(np.array([1.0]), np.array([1.0]), 1.0).round(4).item()
        0.3989
    """
    u = (best - mean) / deviation
    below = np.array([math.erfc(-value / math.sqrt(2)) / 2 for value in u])  # Phi
    density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)  # phi
    return deviation * np.maximum(u * below + density, 0)


class BayesianSearch:
    """Proposes the point that a Gaussian process finds most promising.

    The model can be wrong: three points on a broad slope show nothing of a narrow peak.
    So where it expects no improvement of more than `LITTLE` anywhere, every other
    proposal goes where it is least certain.

    Args:
        space: to be searched.
        seed: with the number of trials it determines what is drawn.
        initial: points spread over the space before the model is asked; None for twice
            the number of dimensions, and 3 at least.
        acquisition: "expected-improvement", or "confidence-bound" for the smallest
            mean - beta * deviation.
        beta: of the confidence bound; Keras Tuner takes 2.6.
        kernel: `gaussian_process.matern` or `rbf`.

    Raises:
        ValueError: an unknown acquisition.
    """

    def __init__(
        self,
        space: SearchSpace,
        seed: int = 0,
        initial: int | None = None,
        acquisition: str = "expected-improvement",
        beta: float = 2.6,
        kernel=matern,
    ):
        if acquisition not in ACQUISITIONS:
            raise ValueError(
                f"expected one of {', '.join(ACQUISITIONS)}, got {acquisition!r}"
            )
        self.space, self.seed = space, seed
        self.initial = max(3, 2 * len(space.dimensions)) if initial is None else initial
        self.acquisition, self.beta, self.kernel = acquisition, beta, kernel
        widths = [one.width for one in space.dimensions.values()]
        self._groups = np.repeat(np.arange(len(widths)), widths)

    def propose(self, history: Sequence[tuple[Point, float | None]]) -> Point | None:
        """Gives the next point to try, never a tried one; None when all are.

        Args:
            history: points tried and their values, or None for a trial that failed or
                is not finished: it counts as bad as the worst seen, so that the search
                keeps away from it.
        """
        tried = {self.space.key(point) for point, _ in history}
        if len(tried) >= self.space.size:
            return None
        generator = np.random.default_rng([self.seed, len(history)])
        if len(history) < self.initial or all(y is None for _, y in history):
            places = self._spread(len(history), generator)
        else:
            places = self._promising(self.posterior(history), history, generator)
        for place in places:
            point = self.space.from_unit(place)
            if self.space.key(point) not in tried:
                return point
        # A big finite space, nearly all of it tried: whatever is left.
        while self.space.key(point := self.space.draw(generator)) in tried:
            continue
        return point

    def posterior(
        self, history: Sequence[tuple[Point, float | None]]
    ) -> GaussianProcess:
        """Fits the process to a history with one value or more, on the unit cube."""
        values = [value for _, value in history if value is not None]
        y = [max(values) if value is None else value for _, value in history]
        x = np.array([self.space.to_unit(point) for point, _ in history])
        return most_likely(x, y, self._groups, self.kernel)

    def promise(
        self, process: GaussianProcess, places: np.ndarray, best: float
    ) -> np.ndarray:
        """The acquisition (采集函数) at coordinates (N, width): more is better."""
        mean, deviation = process.predict(places)
        if self.acquisition == "confidence-bound":
            return self.beta * deviation - mean
        return expected_improvement(mean, deviation, best)

    def _spread(self, number, generator):
        """A Latin hypercube: each of `initial` slices of each side gets one point."""
        same = np.random.default_rng(self.seed)
        shape = (max(self.initial, number + 1), self.space.width)
        slices = same.permuted(np.tile(np.arange(shape[0])[:, None], shape[1]), axis=0)
        places = (slices + same.uniform(size=shape)) / shape[0]
        return [places[number], *generator.uniform(size=(100, self.space.width))]

    def _promising(self, process, history, generator):
        """Places in the cube, the most promising first."""
        values = [value for _, value in history if value is not None]

        def promise(places):
            return self.promise(process, places, min(values))

        places = self._ordered(promise, process, generator)
        if self.acquisition == "expected-improvement" and len(history) % 2:
            if promise(places[:1])[0] < LITTLE * np.std(values):
                return self._ordered(
                    lambda places: process.predict(places)[1], process, generator
                )
        return places

    def _ordered(self, score, process, generator):
        """Places in the cube by descending score: random ones, the best refined."""
        if self.space.size <= ENUMERATED:
            points = self.space.every_point()
            places = np.array([self.space.to_unit(point) for point in points])
            return places[np.argsort(-score(places), kind="stable")]
        good = process.x[np.argsort(process.predict(process.x)[0])[:BEST_PLACES]]
        places = generator.uniform(size=(CANDIDATES, self.space.width))
        places = self.space.snapped(np.concatenate([places, good]))
        for step in STEPS:
            places = places[np.argsort(-score(places), kind="stable")[:BEST_PLACES]]
            near = np.repeat(places, 30, axis=0)
            near = np.clip(near + step * generator.normal(size=near.shape), 0, 1)
            places = np.concatenate([places, self.space.snapped(near)])
        return places[np.argsort(-score(places), kind="stable")]
