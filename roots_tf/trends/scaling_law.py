"""The scaling law (规模定律): how the loss falls with parameters and tokens.

    L(N, D) = E + A / N^alpha + B / D^beta

E is what no model can predict, the entropy of the text; the second term is what a model
of N parameters lacks, the third what D tokens do not teach. Five numbers are fitted to
the final losses of a family of runs, by the Huber loss of the differences of logarithms

    sum_i huber(log L(N_i, D_i) - log L_i),   huber(r) = r^2 / 2          if |r| <= d
                                                         d (|r| - d / 2)  else

with d = 0.001, so that a run gone wrong does not bend the curve. With a = log A, b =
log B, e = log E the logarithm is LSE(a - alpha log N, b - beta log D, e). It is not
convex: L-BFGS starts from many places and the best end counts. Here log N and log D are
taken from their means, which changes a and b alone: a and alpha no longer stand for one
another, and a search takes tens of steps in place of thousands.

For a budget of C = 6 N D operations the loss is least at

    N = G (C / 6)^(beta / (alpha + beta)),   D = C / (6 N),
    G = (alpha A / (beta B))^(1 / (alpha + beta))

Pitfall: every run must have its own learning-rate schedule that ends with it; a loss
read in the middle of a longer run is too high, and bends the law (the older law of
Kaplan et al. gave too little weight to the data for that).

Article: §8.1 (模型规模与性能提升), §9.1.
Source: Hoffmann et al. 2022 (2203.15556), §3.3, eq. 2-4, and appendix D.3; Kaplan et
    al. 2020 (2001.08361).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

HUBER = 1e-3
# Where the search starts: exponents, and how the three terms share the mean loss.
_EXPONENTS = (0.2, 0.5)
_SHARES = ((0.6, 0.2, 0.2), (0.2, 0.6, 0.2), (0.2, 0.2, 0.6))  # of A, B and E


@dataclass(frozen=True)
class ScalingLaw:
    """A fitted law.

    Attributes:
        irreducible: E, nats a token.
        a, alpha: of the parameters' term A / N^alpha.
        b, beta: of the tokens' term B / D^beta.
    """

    irreducible: float
    a: float
    alpha: float
    b: float
    beta: float

    def loss(self, parameters, tokens):
        """Gives L(N, D) in nats a token, for numbers or arrays."""
        parameters = np.asarray(parameters, np.float64)
        tokens = np.asarray(tokens, np.float64)
        return (
            self.irreducible
            + self.a * parameters**-self.alpha
            + self.b * tokens**-self.beta
        )

    def best_sizes(self, flops: float) -> tuple[float, float]:
        """Gives the parameters and tokens of least loss for a budget of C = 6 N D.

        Raises:
            ValueError: a term is missing: one exponent or coefficient is not over 0.
        """
        if min(self.a, self.b, self.alpha, self.beta) <= 0:
            raise ValueError(f"expected both terms over 0, got {self}")
        total = self.alpha + self.beta
        g = (self.alpha * self.a / (self.beta * self.b)) ** (1 / total)
        parameters = g * (flops / 6) ** (self.beta / total)
        return parameters, flops / 6 / parameters


def fit_scaling_law(
    parameters: Sequence[float],
    tokens: Sequence[float],
    losses: Sequence[float],
    near: ScalingLaw | None = None,
) -> ScalingLaw:
    """Fits the five numbers to finished runs.

    Args:
        parameters, tokens, losses: of each run: N, D and the loss, nats a token.
        near: start from this law alone, to fit a few runs less or more.

    Raises:
        ValueError: fewer than 5 runs, or numbers that are not over 0, or all runs of
            one size or of one number of tokens.
    """
    n, d, loss = (np.asarray(x, np.float64) for x in (parameters, tokens, losses))
    if not len(n) == len(d) == len(loss) or len(n) < 5:
        raise ValueError(
            "expected 5 runs or more, of each its parameters, tokens and loss, got "
            f"{len(n)}, {len(d)} and {len(loss)}"
        )
    if not all((x > 0).all() and np.isfinite(x).all() for x in (n, d, loss)):
        raise ValueError("expected finite parameters, tokens and losses over 0")
    if len(set(n)) < 2 or len(set(d)) < 2:
        raise ValueError("expected runs of 2 sizes and 2 numbers of tokens or more")
    log_n, log_d, log_loss = np.log(n), np.log(d), np.log(loss)
    mean_n, mean_d = log_n.mean(), log_d.mean()
    if near is None:
        starts = [
            (alpha, beta, *(np.log(shares) + log_loss.mean()))
            for alpha, beta, shares in itertools.product(
                _EXPONENTS, _EXPONENTS, _SHARES
            )
        ]
    else:
        terms = (near.a, near.b, near.irreducible)
        a, b, e = np.log(np.maximum(terms, 1e-12))
        a, b = a - near.alpha * mean_n, b - near.beta * mean_d
        starts = [(near.alpha, near.beta, a, b, e)]
    ends = [
        minimize(
            objective,
            np.array(start),
            (log_n - mean_n, log_d - mean_d, log_loss),
            "L-BFGS-B",
            jac=True,
        )
        for start in starts
    ]
    alpha, beta, a, b, e = map(float, min(ends, key=lambda end: end.fun).x)
    a, b, e = np.exp([a + alpha * mean_n, b + beta * mean_d, e]).tolist()
    return ScalingLaw(e, a, alpha, b, beta)


def objective(point, log_n, log_d, log_loss) -> tuple[float, np.ndarray]:
    """Gives the sum of Huber losses, scaled by 1 / d^2, and its gradient.

    Args:
        point: (5,) alpha, beta, a, b, e.
        log_n, log_d, log_loss: (runs,); with log N and log D from any origin.
    """
    alpha, beta, a, b, e = point
    terms = np.stack([a - alpha * log_n, b - beta * log_d, np.full_like(log_n, e)])
    log_sums = np.logaddexp.reduce(terms, axis=0)
    residuals = log_sums - log_loss
    size = np.abs(residuals)
    values = np.where(
        size <= HUBER, residuals**2 / 2, HUBER * (size - HUBER / 2)
    )  # (runs,)
    # d huber / d r is r, cut at +-d; d LSE / d term is the term's softmax.
    slopes = np.clip(residuals, -HUBER, HUBER) * np.exp(terms - log_sums)  # (3, runs)
    gradient = [
        -(slopes[0] * log_n).sum(),
        -(slopes[1] * log_d).sum(),
        *slopes.sum(axis=1),
    ]
    # Scaled: L-BFGS would stop at once on numbers of 1e-6.
    return values.sum() / HUBER**2, np.array(gradient) / HUBER**2


def predictions_without_each(law, parameters, tokens, losses, at) -> np.ndarray:
    """Fits the law again without each run in turn: how much one run decides.

    Args:
        law: fitted to all runs, from which each fit starts.
        parameters, tokens, losses: (runs,) as `fit_scaling_law`.
        at: (N, D) of the run to predict.

    Returns:
        (runs,) predicted losses.
    """
    columns = [np.asarray(column) for column in (parameters, tokens, losses)]
    return np.array(
        [
            fit_scaling_law(
                *(np.delete(column, row) for column in columns), near=law
            ).loss(*at)
            for row in range(len(columns[0]))
        ]
    )
