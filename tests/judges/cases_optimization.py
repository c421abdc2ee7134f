"""Exercises of §3.2: right answers written anew, typical wrong ones, blank ones."""

import keras
import numpy as np

from roots_tf.judges.optimization import EXERCISES

BACK, OPTIMIZERS = EXERCISES


def logit_gradient(logits, labels):
    """By differences of the loss, each logit in turn."""

    def loss(z):
        log_sums = np.log(np.exp(z).sum(axis=1))
        return np.mean(log_sums - z[np.arange(len(z)), labels])

    gradient = np.zeros_like(logits)
    for place in np.ndindex(*logits.shape):
        step = np.zeros_like(logits)
        step[place] = 1e-5
        gradient[place] = (loss(logits + step) - loss(logits - step)) / 2e-5
    return gradient


def one_map(W1, b1, W2, b2, W3, b3):
    """What the network gives for 0 is the bias; for unit vectors, the matrix too."""

    def network(x):
        return ((x @ W1 + b1) @ W2 + b2) @ W3 + b3

    bias = network(np.zeros(len(W1)))
    return np.array([network(x) - bias for x in np.eye(len(W1))]), bias


def adamw_of_keras(w, m, v, g, t, rate, decay):
    optimizer = keras.optimizers.AdamW(rate, weight_decay=decay, epsilon=1e-12)
    weight = keras.Variable(w, dtype="float64")
    optimizer.build([weight])
    optimizer.iterations.assign(t - 1)
    optimizer._momentums[0].assign(m)
    optimizer._velocities[0].assign(v)
    optimizer.apply([keras.ops.convert_to_tensor(g, "float64")])
    return np.asarray(weight)


def speed_after_many_steps(alpha, beta):
    speeds = []
    for rate in (alpha, alpha * (1 - beta)):
        velocity = 0.0
        for _ in range(5_000):
            velocity = beta * velocity - rate
        speeds.append(-velocity)
    assert np.isclose(speeds[1], alpha)  # SGD's
    return speeds[0], alpha * (1 - beta)


def uncorrected(w, m, v, g, t, rate, decay):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w * (1 - rate * decay) - rate * m / (v**0.5 + 1e-8)


# notebook, number, right, wrong, its hint
CASES = [
    (BACK, 1, logit_gradient, lambda z, y: -logit_gradient(z, y), "sign is wrong"),
    (BACK, 2, 1e-5, 1e-11, "rounding"),
    (BACK, 3, [False, False, False, True], [False] * 4, "one thing moves"),
    (BACK, 4, one_map, lambda *ws: (ws[0] @ ws[2] @ ws[4], sum(ws[1::2])), "biases"),
    (
        OPTIMIZERS,
        1,
        speed_after_many_steps,
        lambda a, b: (a / (1 - b), a / (1 - b)),
        "times SGD's speed",
    ),
    (OPTIMIZERS, 2, [13, 0.99], [1, 0.99], "look further"),
    (OPTIMIZERS, 3, adamw_of_keras, uncorrected, "corrections are missing"),
    (OPTIMIZERS, 4, [1, 0.52, 0.24, 0.12], [1, 0.25, 0.06, 0.02], "root"),
]
