"""E04: the loss printed for GloVe holds no data, has no minimum, pushes words apart.

Article: §4.1.2. The printed loss as a function of vectors and of cosines; the right one
is in `e03_glove_steps`.
"""

import math
from itertools import combinations

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.e03_glove_steps import FIRST, cooccurrence, cost, train, weight
from roots_tf.errata.erratum import Erratum

EPSILON = 1e-8
COSINES = (1.0, 0.5, 0.1, 0.001, 0.0, -0.5)

# One cell: w, w~, b, b~, X.
CELL = (np.array([0.5, -0.2]), np.array([0.3, 0.4]), 0.1, 0.2, 10.0)


def printed_term(cosine: float) -> float:
    """Gives `log(cosine + epsilon)`; not a number below -epsilon.

    Example:
        >>> round(printed_term(0.5), 4), printed_term(-0.5)
        (-0.6931, nan)
    """
    if cosine + EPSILON < 0:
        return math.nan
    return math.log(cosine + EPSILON) if cosine + EPSILON else -math.inf


def printed_loss(vectors: np.ndarray, pairs=None) -> float:
    """Gives the mean of `printed_term` over pairs of words.

    The article sums over i and does not say what j is: here over pairs (i, j).

    Args:
        vectors: (V, D).
        pairs: of rows of `vectors`; by default all.
    """
    pairs = list(combinations(range(len(vectors)), 2)) if pairs is None else pairs
    terms = [printed_term(cosine(vectors[i], vectors[j])) for i, j in pairs]
    return float(np.mean(terms))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """Gives sim(a, b), the cosine of the angle between two vectors."""
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def descend(start: float, rate: float = 0.05) -> list[float]:
    """Minimises the printed loss of one pair of words by gradient descent.

    Args:
        start: cosine of the two at the start, in (0, 1); both have length 1.
        rate: learning rate.

    Returns:
        The cosine before each step, up to the first one that has no loss.
    """
    a, b = np.array([1.0, 0.0]), np.array([start, math.sqrt(1 - start**2)])
    seen = [cosine(a, b)]
    while not math.isnan(printed_term(seen[-1])):
        of_cosine = 1 / (seen[-1] + EPSILON)
        # The derivative of the cosine by a is (b / |b| - cosine a / |a|) / |a|.
        units = a / np.linalg.norm(a), b / np.linalg.norm(b)
        of_a = (units[1] - seen[-1] * units[0]) / np.linalg.norm(a)
        of_b = (units[0] - seen[-1] * units[1]) / np.linalg.norm(b)
        a, b = a - rate * of_cosine * of_a, b - rate * of_cosine * of_b
        seen.append(cosine(a, b))
    return seen


def four_random_words(seed: int = 0) -> list[float]:
    """Gives the six cosines of four words whose vectors are normal, three wide."""
    vectors = np.random.default_rng(seed).normal(size=(4, 3))
    return [cosine(a, b) for a, b in combinations(vectors, 2)]


def one_cell() -> tuple[float, float]:
    """Gives the error and the share of J of `CELL`."""
    w, context, b, context_bias, count = CELL
    error = float(w @ context) + b + context_bias - math.log(count)
    return error, float(weight(count)) * error**2


def comparison() -> Comparison:
    """Minimises both losses; the printed one ends where it is no number."""
    printed = [printed_term(one) for one in descend(0.9)]
    counts = cooccurrence(FIRST)
    return Comparison(
        "loss",
        "step, epoch",
        range(len(printed)),
        {
            "printed": printed,
            "right": [
                cost(counts, train(counts, epochs=n)) for n in range(len(printed))
            ],
        },
    )


_WALK = descend(0.9)
_LOST = sum(math.isnan(printed_term(one)) for one in four_random_words())
_ERROR, _SHARE = one_cell()
_TERMS = " | ".join(f"{printed_term(one):.4f}" for one in COSINES)
_WEIGHTS = ", ".join(f"f({x}) = {weight(x):.6g}" for x in (0, 1, 50, 100, 1000))
_COUNTS = cooccurrence(FIRST)
_BEFORE, _AFTER = (cost(_COUNTS, train(_COUNTS, epochs=n)) for n in (0, 300))

_NUMBERS = f"""\
A term of the printed loss, with epsilon = {EPSILON:g}:

| cosine | {" | ".join(f"{one:g}" for one in COSINES)} |
| --- |{" --- |" * len(COSINES)}
| log(cosine + epsilon) | {_TERMS} |

Its derivative by the cosine is 1 / (cosine + epsilon), always above 0: descent lowers
the cosine of every pair, most where it is small already. Two words of cosine
{_WALK[0]:.1f}, learning rate .05: {_WALK[1]:.3f} after a step, {_WALK[5]:.3f} after
five; after {len(_WALK) - 1} it is {_WALK[-1]:.3f}, where the loss is not a number. Of
the 6 pairs of four random words (D = 3, seed 0) {_LOST} are there from the start.
Nothing in the formula tells the two texts of E03 apart.

The right one: {_WEIGHTS}. One cell, w = (.5, -.2), w~ = (.3, .4), b = .1,
b~ = .2, X = 10: error {_ERROR:.6f}, term {_SHARE:.6f}. On the first text of E03, with
D = 3, 300 epochs of AdaGrad take J from {_BEFORE:.4f} to {_AFTER:.4f} (below 1e-12): to
its least value, 0, where every cell fits.
"""

ENTRY = Erratum(
    id="E04",
    grade="A",
    sections=("4.1.2",),
    title="The loss printed for GloVe holds no data and pushes words apart.",
    printed="""
    `Loss = (1/N) sum_i log(sim(w_i, w_j) + epsilon)`, with sim the similarity of two
    word vectors and epsilon a constant that avoids zeros.
    """,
    right="""
    `J = sum over X_ij > 0 of f(X_ij) (w_i . w~_j + b_i + b~_j - log X_ij)^2` with
    `f(x) = min(1, (x / 100)^(3/4))`. It sums over i and j, and fits the counts X, which
    the printed loss does not hold. Its least value is 0, at an exact fit. The printed
    one goes to minus infinity as two words become orthogonal, is no number beyond, and
    to minimise it is to push apart what should come together.
    """,
    source="""
    Pennington, Socher, Manning 2014, "GloVe: Global Vectors for Word Representation"
    (D14-1162), eq. 8 and 9.
    """,
    numbers=_NUMBERS,
)
