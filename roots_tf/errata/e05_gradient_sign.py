"""E05: the gradient of §4.2.1 has the wrong sign, and its recursion is left out.

Article: §4.2.1, §4.2.2. With the article's own rule w <- w - a dLoss/dw the printed
gradient climbs. The networks here are those of the section: a loss summed over the
examples, half the squared error.
"""

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# y_hat = w x on two examples, from w = 0.
X, Y, RATE, STEPS = np.array([1.0, 2.0]), np.array([2.0, 4.0]), 0.05, 3
EXACT = 1e-8  # relative error of a right gradient: what differences leave over


def right_gradient(w: float) -> float:
    """Gives `sum (y_hat - y) dy_hat/dw` for y_hat = w x on the two examples."""
    return float(((w * X - Y) * X).sum())


def printed_gradient(w: float) -> float:
    """Gives `sum (y - y_hat) dy_hat/dw`, as §4.2.1 prints it."""
    return float(((Y - w * X) * X).sum())


def losses_of_steps(gradient) -> list[float]:
    """Gives the loss before and after each of three steps from w = 0."""
    w, losses = 0.0, []
    for _ in range(STEPS + 1):
        losses.append(float(0.5 * ((w * X - Y) ** 2).sum()))
        w -= RATE * gradient(w)
    return losses


def random_network(seed: int = 0):
    """Draws W1 (3, 4), W2 (4, 2), x (5, 3) and y (5, 2) of a tanh network."""
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]
    return weights, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))


def network_loss(weights, x: np.ndarray, y: np.ndarray) -> float:
    """Gives `1/2 sum (y_hat - y)^2` with y_hat = tanh(tanh(x W1) W2)."""
    W1, W2 = weights
    return float(0.5 * ((np.tanh(np.tanh(x @ W1) @ W2) - y) ** 2).sum())


def network_gradients(weights, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Gives dLoss/dW1 and dLoss/dW2 by the recursion; examples are rows."""
    W1, W2 = weights
    a1 = np.tanh(x @ W1)  # (B, 4)
    y_hat = np.tanh(a1 @ W2)  # (B, 2)
    delta2 = (y_hat - y) * (1 - y_hat**2)
    delta1 = (delta2 @ W2.T) * (1 - a1**2)
    return [x.T @ delta1, a1.T @ delta2]


def finite_differences(weights, x, y, step: float = 1e-6) -> list[np.ndarray]:
    """Gives the gradients as central differences, which know of no formula."""
    gradients = []
    for number, W in enumerate(weights):
        gradient = np.zeros_like(W)
        for index in np.ndindex(W.shape):
            above, below = ([V.copy() for V in weights] for _ in range(2))
            above[number][index] += step
            below[number][index] -= step
            difference = network_loss(above, x, y) - network_loss(below, x, y)
            gradient[index] = difference / (2 * step)
        gradients.append(gradient)
    return gradients


def relative_errors(gradients, expected) -> list[float]:
    """Gives `|g - e| / (|g| + |e|)` of each: 0 if equal, 1 if opposite."""
    norm = np.linalg.norm
    pairs = zip(gradients, expected, strict=True)
    return [float(norm(g - e) / (norm(g) + norm(e))) for g, e in pairs]


def loss_after_a_step(sign: int, rate: float = 1e-3) -> float:
    """Gives the loss of the random network after `w - rate * sign * gradient`."""
    weights, x, y = random_network()
    gradients = network_gradients(weights, x, y)
    stepped = [
        W - rate * sign * gradient
        for W, gradient in zip(weights, gradients, strict=True)
    ]
    return network_loss(stepped, x, y)


def comparison() -> Comparison:
    """Steps by both gradients from w = 0."""
    return Comparison(
        "loss",
        "step",
        range(STEPS + 1),
        {
            "printed": losses_of_steps(printed_gradient),
            "right": losses_of_steps(right_gradient),
        },
    )


_NETWORK = random_network()
_LOSS = network_loss(*_NETWORK)
_NUMERIC = finite_differences(*_NETWORK)
_RIGHT = network_gradients(*_NETWORK)
_PRINTED_ERRORS = relative_errors([-gradient for gradient in _RIGHT], _NUMERIC)


def _path(gradient):
    return ", ".join(f"{loss:.3f}" for loss in losses_of_steps(gradient))


_NUMBERS = f"""\
y_hat = w x on x = (1, 2), y = (2, 4), from w = 0 with learning rate {RATE}:

| gradient | at w = 0 | losses |
| --- | --- | --- |
| right | {right_gradient(0.0):+.0f} | {_path(right_gradient)} |
| as printed | {printed_gradient(0.0):+.0f} | {_path(printed_gradient)} |

A tanh network of two layers, drawn at random, against central differences. The relative
error is |g - e| / (|g| + |e|); the step has a learning rate of 0.001.

| gradient | error of W1 and W2 | loss | loss after one step |
| --- | --- | --- | --- |
| right | under {EXACT:.0e} | {_LOSS:.4f} | {loss_after_a_step(1):.4f} |
| as printed | {max(_PRINTED_ERRORS):.1f} | {_LOSS:.4f} | {loss_after_a_step(-1):.4f} |
"""

ENTRY = Erratum(
    id="E05",
    grade="A",
    sections=("4.2.1",),
    title="The printed gradient has the wrong sign, and backpropagation is left out.",
    printed="""
    With `Loss = 1/2 sum_i (y_hat_i - y_i)^2`, for the weights `w_k` of layer k:
    `dLoss/dw_k = sum_i (y_i - y_hat_i) dy_hat_i/dw_k`.
    """,
    right="""
    `dLoss/dw_k = sum_i (y_hat_i - y_i) dy_hat_i/dw_k`. The sign that is printed belongs
    to the step, `w <- w - a dLoss/dw`; §4.2.2 has it there already, so that they climb.
    And how `dy_hat/dw_k` comes about, which is what backpropagation is, is not said.
    With `z^l = W^l a^{l-1}` and `a^l = phi(z^l)`, from the last layer L to the first:
    `delta^L = (y_hat - y) * phi'(z^L)`,
    `delta^l = (W^{l+1})^T delta^{l+1} * phi'(z^l)`, `dLoss/dW^l = delta^l (a^{l-1})^T`,
    where `*` is elementwise. §5 trains with cross-entropy instead, on a softmax; there
    `delta^L = p - y`.
    """,
    source="""
    Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating
    errors", Nature 323, 533–536, eq. 4–7.
    """,
    numbers=_NUMBERS,
)
