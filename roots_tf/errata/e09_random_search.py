"""E09: random search does not "update" its draws by the results.

Article: §4.3.2. What is wrong is step 3; what makes random search work is that the
draws are independent, which the numbers here need.
"""

from collections.abc import Callable, Sequence

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

TOP = 0.05  # share of the space that counts as good
DRAWS = (10, 30, 59, 60)


def chance_of_success(draws: int, top: float = TOP) -> float:
    """Gives P(the best of independent draws is in the top share), in any dimension.

    Each draw misses with probability 1 - top, so all miss with (1 - top)^draws.

    Example:
        >>> round(chance_of_success(59), 4)
        0.9515
    """
    return 1 - (1 - top) ** draws


def random_search(draw: Callable[[], object], value: Callable, trials: int) -> list:
    """Draws, evaluates, remembers the best: the right step 3.

    Args:
        draw: gives a point; it is told nothing.
        value: of a point; larger is better.
        trials: how many.

    Returns:
        The best point so far, after each trial.
    """
    best, best_value, so_far = None, -np.inf, []
    for _ in range(trials):
        point = draw()
        reached = value(point)
        if reached > best_value:
            best, best_value = point, reached
        so_far.append(best)
    return so_far


def distinct_values(points: Sequence[Sequence[float]]) -> list[int]:
    """Gives, for each dimension, how many different values the points try."""
    return [len(set(values)) for values in zip(*points, strict=True)]


def grid_and_random_points(side: int = 3, seed: int = 0) -> tuple[list, list]:
    """Gives side^2 points of a grid in the unit square, and as many random ones."""
    places = np.linspace(0, 1, side)
    grid = [(float(x), float(y)) for x in places for y in places]
    random = np.random.default_rng(seed).uniform(size=(side**2, 2))
    return grid, [tuple(point) for point in random.tolist()]


def comparison() -> Comparison:
    """Counts what nine points try: a grid, which "finds the best", or random draws."""
    grid, random = map(distinct_values, grid_and_random_points())
    return Comparison(
        "different values tried: printed by a grid, right by draws",
        "dimension",
        [str(number) for number in range(1, len(grid) + 1)],
        {"printed": grid, "right": random},
    )


_CHANCES = "\n".join(f"| {n} | {chance_of_success(n):.4f} |" for n in DRAWS)
_GRID, _RANDOM = map(distinct_values, grid_and_random_points())

ENTRY = Erratum(
    id="E09",
    grade="A",
    sections=("3.3.2", "4.3.2"),
    title="Random search does not update its combinations by the results.",
    printed="""
    "2. Choose a combination at random, train and evaluate. 3. Update the combination
    according to the result" (§4.3.2). And: grid search "finds the best combination"
    (§3.3.2, §4.3.2).
    """,
    right="""
    Each draw is independent of all results: remember the best, and repeat until the
    budget is spent. A search that adapts its draws is another algorithm (evolution, or
    Bayesian search, E10). Grid search finds the best combination *of the grid*.
    """,
    source="""
    Bergstra & Bengio 2012, "Random Search for Hyper-Parameter Optimization", JMLR 13,
    §1, §2, fig. 1.
    """,
    numbers=f"""\
The best of n independent draws lies in the top 5 % of the space, in any dimension, with

| n | probability |
| --- | --- |
{_CHANCES}

Nine points in two dimensions: a grid tries {_GRID[0]} different values of each
dimension, random draws try {_RANDOM[0]}.

Keras Tuner's `RandomSearch`, run twice with one seed and opposite objectives, tries the
same combinations in the same order.
""",
)
