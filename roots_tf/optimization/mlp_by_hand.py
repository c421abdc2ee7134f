"""A multi-layer perceptron (多层感知机) whose backpropagation is written out.

With a^0 = x, one example a row, layer l = 1 ... L computes

    z^l = a^{l-1} W^l + b^l        a^l = phi(z^l)

and with delta^l = dLoss/dz^l, from the last layer back to the first,

    delta^L = dLoss/da^L * phi'(z^L)
    delta^l = (delta^{l+1} W^{l+1}^T) * phi'(z^l)
    dLoss/dW^l = a^{l-1}^T delta^l        dLoss/db^l = sum over the rows of delta^l

where ``*`` is elementwise. The loss is a mean over the examples, so that its gradient
does not grow with their number (E06).

Article: §1.4.1 (神经网络), §2.2, §3.2.1, §4.2.1. Errata: E05, E06.
Source: Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating
    errors", Nature 323, eq. 4-7: their column vectors are rows here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Parameters = list[np.ndarray]  # W^1, b^1, W^2, b^2, ...


def _erf(z: np.ndarray) -> np.ndarray:
    return np.vectorize(math.erf, otypes=[float])(z).astype(z.dtype)


def _normal_distribution(z: np.ndarray) -> np.ndarray:
    """The share of a normal distribution that lies below z."""
    return 0.5 * (1 + _erf(z / math.sqrt(2)))


def _normal_density(z: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)


# name -> phi, phi'
ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "identity": (lambda z: z, np.ones_like),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    # Nair & Hinton 2010; at the kink, where there is no slope, 0.
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    # Hendrycks & Gimpel 2016 (1606.08415), §2, exact: z Phi(z).
    "gelu": (
        lambda z: z * _normal_distribution(z),
        lambda z: _normal_distribution(z) + z * _normal_density(z),
    ),
}


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Softmax and cross-entropy: the mean of ``-log p[label]``, in nats.

    Shape:
        logits (B, C), labels (B,) int -> the loss, and its gradient (p - y) / B of
        shape (B, C), with p the softmax and y the labels, one-hot.
    """
    shifted = logits - logits.max(axis=1, keepdims=True)  # no exp overflows
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (B, C)
    rows = np.arange(len(labels))
    gradient = np.exp(log_p)  # p
    gradient[rows, labels] -= 1  # p - y
    return float(-log_p[rows, labels].mean()), gradient / len(labels)


def squared_error(outputs: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Half the squared error of an example, ``|outputs - targets|^2 / 2``, in the mean.

    Shape:
        both (B, C) -> the loss, and its gradient (outputs - targets) / B, (B, C).
    """
    error = outputs - targets
    return float(0.5 * (error**2).sum() / len(error)), error / len(error)


LOSSES = {"cross_entropy": cross_entropy, "squared_error": squared_error}


@dataclass(frozen=True)
class Mlp:
    """A multi-layer perceptron of any depth; its parameters are kept outside of it.

    Attributes:
        sizes: widths of input, hidden layers and output; L + 1 of them.
        activation: phi of the hidden layers, one of ``ACTIVATIONS``.
        output_activation: phi of the last layer. With cross-entropy, which holds the
            softmax, the outputs are logits.
        loss: one of ``LOSSES``.

    Raises:
        ValueError: fewer than two sizes, one below 1, or an unknown name.

    Example:
        >>> mlp = Mlp((2, 8, 2))
        >>> parameters = mlp.initial_parameters(seed=0)
        >>> x, labels = np.eye(2), np.array([0, 1])
        >>> for _ in range(100):
        ...     loss, parameters = mlp.sgd_step(parameters, x, labels, 0.5)
        >>> loss < 0.02
        True
    """

    sizes: tuple[int, ...]
    activation: str = "tanh"
    output_activation: str = "identity"
    loss: str = "cross_entropy"

    def __post_init__(self):
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ValueError(
                f"expected two or more sizes, each 1 or more, got {self.sizes}"
            )
        names = {
            "activation": (self.activation, ACTIVATIONS),
            "output_activation": (self.output_activation, ACTIVATIONS),
            "loss": (self.loss, LOSSES),
        }
        for field, (name, known) in names.items():
            if name not in known:
                raise ValueError(
                    f"expected {field} to be one of {', '.join(known)}, got {name!r}"
                )

    def initial_parameters(self, seed: int, dtype=np.float64) -> Parameters:
        """Draws W uniform in +-sqrt(6 / (inputs + outputs)); b is 0.

        Source: Glorot & Bengio 2010, eq. 16; Keras does the same.
        """
        rng, parameters = np.random.default_rng(seed), []
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            limit = math.sqrt(6 / (inputs + outputs))
            parameters.append(rng.uniform(-limit, limit, (inputs, outputs)))
            parameters.append(np.zeros(outputs))
        return [parameter.astype(dtype) for parameter in parameters]

    def outputs(self, parameters: Sequence[np.ndarray], x: np.ndarray) -> np.ndarray:
        """Gives a^L: (B, sizes[0]) -> (B, sizes[-1])."""
        return self._forward(parameters, x)[1][-1]

    def mean_loss(self, parameters, x: np.ndarray, targets: np.ndarray) -> float:
        """Gives the loss; arguments as for ``gradients``."""
        outputs = self.outputs(parameters, x)
        self._check(outputs, targets)
        return LOSSES[self.loss](outputs, targets)[0]

    def gradients(
        self, parameters: Sequence[np.ndarray], x: np.ndarray, targets: np.ndarray
    ) -> tuple[float, Parameters]:
        """Forward, error, backward: gives the loss and dLoss/d of each parameter.

        Args:
            parameters: W^1, b^1, W^2, b^2, ...
            x: (B, sizes[0]).
            targets: (B,) int, the classes, for cross-entropy; (B, sizes[-1]) else.

        Raises:
            ValueError: x or the targets have another shape.
        """
        z, a = self._forward(parameters, x)
        self._check(a[-1], targets)
        slopes = [ACTIVATIONS[name][1] for name in self._activations()]
        loss, d_outputs = LOSSES[self.loss](a[-1], targets)
        delta = d_outputs * slopes[-1](z[-1])
        gradients = []
        for layer in reversed(range(len(z))):
            gradients = [a[layer].T @ delta, delta.sum(axis=0), *gradients]
            if layer > 0:
                W = parameters[2 * layer]
                delta = (delta @ W.T) * slopes[layer - 1](z[layer - 1])
        return loss, gradients

    def sgd_step(
        self, parameters, x, targets, learning_rate: float
    ) -> tuple[float, Parameters]:
        """Gives the loss before the step, and ``w - learning_rate * dLoss/dw``."""
        loss, gradients = self.gradients(parameters, x, targets)
        pairs = zip(parameters, gradients, strict=True)
        return loss, [w - learning_rate * gradient for w, gradient in pairs]

    def _forward(self, parameters, x):
        """Gives z^1 ... z^L and a^0 ... a^L."""
        if x.ndim != 2 or x.shape[1] != self.sizes[0]:
            raise ValueError(f"expected x of shape (B, {self.sizes[0]}), got {x.shape}")
        z, a = [], [x]
        for layer, name in enumerate(self._activations()):
            W, b = parameters[2 * layer : 2 * layer + 2]
            z.append(a[-1] @ W + b)
            a.append(ACTIVATIONS[name][0](z[-1]))
        return z, a

    def _activations(self) -> list[str]:
        return [self.activation] * (len(self.sizes) - 2) + [self.output_activation]

    def _check(self, outputs, targets):
        shape = outputs.shape if self.loss == "squared_error" else outputs.shape[:1]
        if targets.shape != shape:  # NumPy would broadcast, to a wrong gradient
            raise ValueError(f"expected targets of shape {shape}, got {targets.shape}")
