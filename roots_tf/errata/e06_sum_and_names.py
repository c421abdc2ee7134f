"""E06: a sum where a mean is needed, a full batch called SGD, one letter twice.

Article: §4.2.1, §4.2.2, §3.2.2.
"""

from itertools import combinations

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

RATE, STEPS, SLOPE = 0.005, 50, 3.0
SIZES = (10, 100, 1000)


def fitted_weight(n: int, reduction: str) -> float:
    """Fits y_hat = w x to n examples of y = 3 x by 50 steps of gradient descent.

    The x are drawn from a standard normal distribution; w starts at 0.

    Args:
        n: number of examples.
        reduction: "sum" over the examples as printed, or "mean".
    """
    x = np.random.default_rng(0).normal(size=n)
    reduce = {"sum": np.sum, "mean": np.mean}[reduction]
    w = 0.0
    for _ in range(STEPS):
        w -= RATE * reduce((w * x - SLOPE * x) * x)
    return float(w)


def largest_stable_rate(n: int, reduction: str) -> float:
    """Gives `2 / curvature`, beyond which gradient descent on that task diverges."""
    x = np.random.default_rng(0).normal(size=n)
    curvature = (x**2).sum() if reduction == "sum" else (x**2).mean()
    return float(2 / curvature)


def expected_batch_gradient(batch_size: int, reduction: str, n: int = 6) -> float:
    """Gives the mean gradient of all batches at w = 0, as a share of the whole one.

    1 says that the gradient of a random batch is an unbiased estimate.
    """
    x = np.random.default_rng(0).normal(size=n)
    reduce = {"sum": np.sum, "mean": np.mean}[reduction]
    gradients = -SLOPE * x * x
    batches = combinations(gradients, batch_size)
    return float(np.mean([reduce(batch) for batch in batches]) / reduce(gradients))


def momentum_as_indexed(gradients: list[np.ndarray]) -> list[np.ndarray]:
    """Reads `m_k = b m_{k-1} + (1 - b) dLoss/dw_k` with k the layer, as §4.2.1 has it.

    Raises:
        ValueError: two layers have gradients of different shapes.
    """
    means = [0.1 * gradients[0]]
    for gradient in gradients[1:]:
        means.append(0.9 * means[-1] + 0.1 * gradient)
    return means


def comparison() -> Comparison:
    """Gives the rates beyond which the sum and the mean diverge."""
    return Comparison(
        "largest stable learning rate",
        "examples",
        SIZES,
        {
            "printed": [largest_stable_rate(n, "sum") for n in SIZES],
            "right": [largest_stable_rate(n, "mean") for n in SIZES],
        },
        logarithmic=True,
    )


def _row(n):
    return (
        f"| {n} | {fitted_weight(n, 'sum'):.3g} | {largest_stable_rate(n, 'sum'):.4f} "
        f"| {fitted_weight(n, 'mean'):.2f} | {largest_stable_rate(n, 'mean'):.1f} |"
    )


_NUMBERS = f"""\
y_hat = w x fitted to n examples of y = 3 x, learning rate {RATE}, {STEPS} steps from
w = 0; beside each w the learning rate beyond which it diverges:

| n | sum: w | sum: rate | mean: w | mean: rate |
| --- | --- | --- | --- | --- |
{chr(10).join(map(_row, SIZES))}

So with the sum the right learning rate depends on the number of examples, with the mean
it does not. Over all batches of 2 out of 6 examples the gradient of the sum is
{expected_batch_gradient(2, "sum"):.2f} of the whole one on average, that of the mean
{expected_batch_gradient(2, "mean"):.2f}.
"""

ENTRY = Erratum(
    id="E06",
    grade="A",
    sections=("3.2.2", "4.2.1", "4.2.2"),
    title="The loss is a sum, SGD a full batch, and k both a layer and a time.",
    printed="""
    The loss sums over all n examples, and "SGD" steps by the gradient of that loss,
    though §3.2.2 says that it takes a random subset. In the lines on Adam,
    `m_k = beta_1 m_{k-1} + (1 - beta_1) dLoss/dw_k`: k counts steps, and in `w_k`
    layers.
    """,
    right="""
    A mean over the examples of a random batch: its gradient is in the mean that of the
    whole loss, and one learning rate does for every size. Write t for the step:
    `m_t = beta_1 m_{t-1} + (1 - beta_1) g_t`, for each layer by itself. Read as
    printed, a layer's mean comes from that of the layer before, whose shape differs.
    """,
    source="""
    Bottou, Curtis, Nocedal 2018, "Optimization Methods for Large-Scale Machine
    Learning" (1606.04838), eq. 3.6–3.7; Kingma & Ba 2015 (1412.6980), Algorithm 1.
    """,
    numbers=_NUMBERS,
)
