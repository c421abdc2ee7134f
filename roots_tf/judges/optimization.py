"""Exercises on backpropagation and on optimisers.

Article: §3.2.1, §3.2.2.
"""

import numpy as np

from roots_tf.judges.judging import Exercise, flat


def _logit_gradient(minus=1, mean=True, sign=1):
    def gradient(logits, labels):
        from roots_tf.optimization.mlp_by_hand import cross_entropy

        batch, classes = logits.shape
        right = cross_entropy(logits, labels)[1] * batch  # p - y
        p_minus_y = right + (1 - minus) * np.eye(classes)[labels]
        return sign * p_minus_y / (batch if mean else 1)

    return gradient


def _drawn_logits(random):
    batch = int(random.integers(2, 9))
    return random.normal(0, 2, (batch, 4)), random.integers(0, 4, batch)


def _place_of_step(h):
    """0 near the best step of a finite difference, else which side of it h lies on."""
    orders = np.log10(h / np.finfo(float).eps ** (1 / 3))
    return 0 if abs(orders) < 1.5 else np.sign(orders)


def _what_moves():
    """Whether W1, b1, W2, b2 get a gradient where all weights are 0."""
    from roots_tf.optimization.mlp_by_hand import Mlp

    random, mlp = np.random.default_rng(0), Mlp((5, 8, 2))
    zeros = [np.zeros_like(p) for p in mlp.initial_parameters(seed=0)]
    x, labels = random.normal(size=(30, 5)), random.integers(0, 2, 30)
    return [bool(g.any()) for g in mlp.gradients(zeros, x, labels)[1]]


def _one_map(W1, b1, W2, b2, W3, b3):
    return W1 @ W2 @ W3, (b1 @ W2 + b2) @ W3 + b3


def _drawn_layers(random):
    shapes = (3, 4), (4,), (4, 4), (4,), (4, 4), (4,)
    return tuple(random.normal(size=shape) for shape in shapes)


def _speeds(alpha, beta):
    return alpha / (1 - beta), alpha * (1 - beta)


def _worst_step():
    t, beta_1, beta_2 = np.arange(1, 10_001), 0.9, 0.99
    ratio = (1 - beta_1**t) / np.sqrt(1 - beta_2**t)
    return [t[np.abs(ratio - 1).argmax()], 1 - (1 - beta_1) ** 2]


def _adamw(w, m, v, g, t, rate, decay):
    from roots_tf.optimization.adam import adamw

    return adamw(w, m, v, g, t, rate, decay)[0]


def _adam(w, m, v, g, t, rate, decay, penalty=0.0, shrunk=0.0):
    from roots_tf.optimization.adam import adam

    return adam(w, m, v, g + penalty * w, t, rate)[0] - shrunk * w


def _uncorrected(w, m, v, g, t, rate, decay):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return w - rate * decay * w - rate * m / (np.sqrt(v) + 1e-8)


def _drawn_step(random):
    w, m, g = random.normal(size=(3, 4))
    v, t = random.uniform(0.1, 1, 4), int(random.integers(1, 50))
    return w, m, v, g, t, random.uniform(0.001, 0.1), random.uniform(0.1, 1)


EXERCISES = {
    "03_2_1_backpropagation": {
        1: Exercise(
            "a function of logits (B, C) and labels (B,) that gives (B, C)",
            _logit_gradient(),
            {
                "the sign is wrong: that is y - p": _logit_gradient(sign=-1),
                "the loss is a mean over the batch: divide by B": (
                    _logit_gradient(mean=False)
                ),
                "that is p alone: where is y?": _logit_gradient(minus=0),
                "that is p alone, without y and without the mean": (
                    _logit_gradient(minus=0, mean=False)
                ),
            },
            draw=_drawn_logits,
            tolerance=1e-6,
        ),
        2: Exercise(
            "a step h, a number",
            np.finfo(float).eps ** (1 / 3),
            {
                "with so small a step rounding takes most of the digits": 1e-12,
                "within so large a step the curve bends": 1e-1,
            },
            view=_place_of_step,
        ),
        3: Exercise(
            "four answers, True or False, for W1, b1, W2 and b2",
            _what_moves,
            {
                "one thing moves: the shares of the classes are learned": [False] * 4,
                "W2's gradient is a product with the hidden units: what are they?": (
                    [False, False, True, True]
                ),
                "W1's gradient comes through W2, which is 0": [True, True, False, True],
                "hidden units are 0, and so is W2: what is left of three of them?": (
                    [True] * 4
                ),
            },
        ),
        4: Exercise(
            "a function of W1, b1, W2, b2, W3, b3 that gives W and b",
            _one_map,
            {
                "what of the biases? Each goes through the layers above it": (
                    lambda W1, b1, W2, b2, W3, b3: (W1 @ W2 @ W3, b1 + b2 + b3)
                ),
                "the last layer's bias is not the only one": (
                    lambda W1, b1, W2, b2, W3, b3: (W1 @ W2 @ W3, b3)
                ),
            },
            draw=_drawn_layers,
            view=flat,
            tolerance=1e-6,
        ),
    },
    "03_2_2_optimizers": {
        1: Exercise(
            "a function of alpha and beta that gives two numbers, speed and rate",
            _speeds,
            {
                "first the speed, then the learning rate": lambda a, b: _speeds(a, b)[
                    ::-1
                ],
                "the sum of the powers of beta is 1 / (1 - beta)": (
                    lambda a, b: (a / b, a * b)
                ),
                "with that rate it goes at 1 / (1 - beta)^2 times SGD's speed": (
                    lambda a, b: (a / (1 - b), a / (1 - b))
                ),
            },
            draw=lambda random: (random.uniform(0.001, 1), random.uniform(0.3, 0.99)),
            tolerance=1e-6,
        ),
        2: Exercise(
            "two numbers, a step from 1 and a beta_2",
            _worst_step,
            {
                "at step 1 it is just right for this beta_2: look further": [1, 0.99],
                "(1 - beta_1) / sqrt(1 - beta_2) is to be 1": [13, 0.9],
                "(1 - beta_1) / sqrt(1 - beta_2) is to be 1, not its square": (
                    [13, 0.81]
                ),
            },
            tolerance=1e-5,
        ),
        3: Exercise(
            "a function of w, m, v, g (all (D,)), t, the learning rate and the decay "
            "that gives the new w (D,)",
            _adamw,
            {
                "that is the penalty: Adam divides it by the root of v": (
                    lambda *step: _adam(*step, penalty=step[-1])
                ),
                "the decay is missing": _adam,
                "the decay is multiplied by the learning rate": (
                    lambda *step: _adam(*step, shrunk=step[-1])
                ),
                "the weights grow: the decay has the wrong sign": (
                    lambda *step: _adam(*step, shrunk=-step[-1] * step[-2])
                ),
                "m and v start at 0: their corrections are missing": _uncorrected,
            },
            draw=_drawn_step,
            tolerance=1e-6,
        ),
        4: Exercise(
            "four numbers, the first of them 1",
            lambda: 1 / np.sqrt([1, 4, 16, 64]),
            {
                "variances fall so; the distance is their root": (
                    1 / np.array([1, 4, 16, 64])
                ),
                "larger batches are nearer": lambda: np.sqrt([1, 4, 16, 64]),
                "a batch's mean is taken, not the sum": np.ones(4),
            },
            tolerance=0.1,
        ),
    },
}
