"""GloVe in NumPy: the weight of a cell, the cost, and the update of one cell, by hand.

Article: §3.1.2 step 3 (优化词向量), §4.1.2. Errata: E03, E04.
Source: Pennington, Socher, Manning 2014 (D14-1162), eq. 8 and 9, §4.2; Duchi, Hazan,
    Singer 2011 (AdaGrad), §1.1; glove.c of the authors' programs.

    J    = sum over X_ij > 0 of f(X_ij) (w_i . w~_j + b_i + b~_j - log X_ij)^2     (8)
    f(x) = min(1, (x / x_max)^alpha)                                               (9)
"""

import math
from dataclasses import dataclass

import numpy as np


def weight(x: np.ndarray, x_max: float = 100.0, alpha: float = 0.75) -> np.ndarray:
    """Gives f(x), eq. 9: rare pairs count less, frequent ones not ever more.

    Args:
        x: counts, 0 or more.
        x_max: counts from here on weigh 1. The paper's 100 is for billions of words;
            the authors' demo takes 10 for the 17 million of text8.
        alpha: 3/4 in the paper.

    Returns:
        From 0 to 1, of the shape of x.

    Example:
        >>> weight(np.array([0, 1, 50, 100, 1000])).round(6).tolist()
        [0.0, 0.031623, 0.594604, 1.0, 1.0]
    """
    return np.minimum(1, (np.asarray(x) / x_max) ** alpha)


@dataclass(frozen=True)
class GloveParameters:
    """What GloVe learns, or one number for each of these; V words, D dimension.

    Attributes:
        words: w, (V, D).
        contexts: w~, (V, D).
        word_biases: b, (V,).
        context_biases: b~, (V,).
    """

    words: np.ndarray
    contexts: np.ndarray
    word_biases: np.ndarray
    context_biases: np.ndarray

    @classmethod
    def draw(
        cls, num_words: int, dimension: int, seed: int = 0, dtype: type = np.float64
    ) -> "GloveParameters":
        """Draws a start as glove.c does: all uniform within ±1/(2 D), of a dtype."""
        shapes = (*[(num_words, dimension)] * 2, *[(num_words,)] * 2)
        generator = np.random.default_rng(seed)
        drawn = (generator.uniform(-0.5, 0.5, shape) / dimension for shape in shapes)
        return cls(*(values.astype(dtype) for values in drawn))

    def vectors(self, with_contexts: bool = True) -> np.ndarray:
        """Gives the words' vectors (V, D): w + w~, or w alone.

        Source: D14-1162, §4.2, where the sum "typically gives a small boost"; glove.c
        writes the sum with `-model 2`, its default, and w alone with `-model 1`.
        """
        return self.words + self.contexts if with_contexts else self.words

    def error(self, i, j, count) -> np.ndarray:
        """Gives w_i . w~_j + b_i + b~_j - log X_ij, for one cell or for N."""
        product = np.sum(self.words[i] * self.contexts[j], axis=-1)
        return product + self.word_biases[i] + self.context_biases[j] - np.log(count)


def cost(
    parameters: GloveParameters,
    rows: np.ndarray,
    columns: np.ndarray,
    counts: np.ndarray,
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> float:
    """Gives J, eq. 8, of the N non-zero cells X[rows, columns] = counts."""
    errors = parameters.error(rows, columns, counts)
    return float(np.sum(weight(counts, x_max, alpha) * errors**2))


@dataclass(frozen=True)
class AdaGradRule:
    """Where the paper and its authors' program differ; the defaults are the paper's.

    Attributes:
        factor: 2: the gradient of J. 1: that of J / 2, which has no factor 2.
        clip: largest size of a component of f(X_ij) error w; the biases' are free.
        start: where the sums of squares start.
        rate_inside: square rate * gradient, not the gradient. With a start of 1 the
            step is then `gradient / sqrt(1 / rate^2 + sum)`: the rate only tells how
            long the first steps are, and cancels out once the sum is large.
        current_first: add the square before the step divides by the root of the sum,
            so that the very first step is `rate * sign(gradient)` where start is 0.
        bias_rate: learning rate of the biases; None for that of the vectors.
    """

    factor: float = 2.0
    clip: float = math.inf
    start: float = 0.0
    rate_inside: bool = False
    current_first: bool = True
    bias_rate: float | None = None


PAPER = AdaGradRule()
REFERENCE_CODE = AdaGradRule(
    factor=1.0,
    clip=100.0,
    start=1.0,
    rate_inside=True,
    current_first=False,
    bias_rate=1.0,
)


def start_sums(parameters: GloveParameters, rule: AdaGradRule) -> GloveParameters:
    """Gives the sums of squares at the start, of the shapes of the parameters."""
    return GloveParameters(
        *(np.full_like(array, rule.start) for array in vars(parameters).values())
    )


def glove_step_by_hand(
    parameters: GloveParameters,
    sums: GloveParameters,
    i: int,
    j: int,
    count: float,
    rule: AdaGradRule = PAPER,
    learning_rate: float = 0.05,
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> float:
    """Updates the two vectors and two biases of one cell, in place.

    Args:
        parameters: changed.
        sums: of squared gradients, from `start_sums`; changed.
        i, j: row and column of the cell.
        count: X_ij, above 0.
        rule: `PAPER`, `REFERENCE_CODE` or one in between.
        learning_rate: 0.05 in both.
        x_max, alpha: see `weight`.

    Returns:
        The cell's share of J before the step, `f(X_ij) error^2`.
    """
    error = parameters.error(i, j, count)
    f = weight(count, x_max, alpha)
    pull = rule.factor * f * error
    bias_rate = learning_rate if rule.bias_rate is None else rule.bias_rate
    # Both gradients are taken before either vector moves.
    of_word, of_context = (
        np.clip(pull * vector, -rule.clip, rule.clip)
        for vector in (parameters.contexts[j], parameters.words[i])
    )
    for name, place, gradient, rate in (
        ("words", i, of_word, learning_rate),
        ("contexts", j, of_context, learning_rate),
        ("word_biases", i, pull, bias_rate),
        ("context_biases", j, pull, bias_rate),
    ):
        values, totals = getattr(parameters, name), getattr(sums, name)
        square = (rate * gradient if rule.rate_inside else gradient) ** 2
        divisor = totals[place] + square if rule.current_first else totals[place]
        # A gradient of 0 makes no step, not 0 / 0.
        values[place] -= rate * gradient / np.sqrt(np.where(divisor > 0, divisor, 1))
        totals[place] += square
    return float(f * error**2)
