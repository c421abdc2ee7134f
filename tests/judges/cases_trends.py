"""Exercises of §8: right answers written anew, typical wrong ones, blank ones."""

import math

import numpy as np
import tensorflow as tf

from roots_tf.judges import domains_and_privacy, scale_and_modalities
from roots_tf.trends.image_text_contrastive import contrastive_loss
from roots_tf.trends.renyi_accountant import noise_for_epsilon

SCALE, PICTURES = scale_and_modalities.EXERCISES
DOMAINS, PRIVACY = domains_and_privacy.EXERCISES


def text_term(tokens: float) -> float:
    """Hoffmann et al. 2022 (2203.15556), eq. 10."""
    return 410.7 / tokens**0.28


GAINS = [text_term(1.4e12) - text_term(1.4e13), text_term(1.4e12)]


def double_caption(size):
    scores = np.diag(np.full(size, 500.0, "float32"))
    scores[:2, :2] = 500
    return np.mean(contrastive_loss(tf.range(size), scores))


def worst_pair(size):
    scores = np.full((size, size), 100.0, "float32")
    np.fill_diagonal(scores, -100)
    return contrastive_loss(tf.range(size), scores)[0]


def gradients_of_tape(G, A, B, s):
    A, B = tf.Variable(A), tf.Variable(B)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(G * (s * A @ B))  # its gradient by the weight is G
    return tape.gradient(loss, [A, B])


NOISE = [
    noise_for_epsilon(1.0, 128 / texts, 10 * texts // 128, 0.1 / texts)
    for texts in (1_000, 10_000, 100_000)
]
# notebook, number, right, wrong, its hint
CASES = [
    (SCALE, 1, GAINS, GAINS[::-1], "first from ten times"),
    (SCALE, 2, [2, 2], [4, 1], "text must grow"),
    (SCALE, 4, 6 * 768, 2 * 768, "without the feed-forward"),
    (PICTURES, 1, double_caption, lambda B: math.log(2), "the others have 0"),
    (PICTURES, 2, worst_pair, lambda B: 100 + math.log(B - 1), "-1"),
    (PICTURES, 3, "place", "shape", "shapes are features"),
    (PICTURES, 4, 3, 4, "one shape alone"),
    (DOMAINS, 1, 96 * 2 * (12_288 * 4 + 4 * 12_288), 96 * 2 * 12_288 * 4, "half of it"),
    (
        DOMAINS,
        2,
        gradients_of_tape,
        lambda G, A, B, s: (G @ B.T, A.T @ G),
        "multiplied by s",
    ),
    (DOMAINS, 3, [2, 1], [1, 1], "twice"),
    (DOMAINS, 4, False, True, "does not depend"),
    (PRIVACY, 1, 12, 3, "one copy"),
    (PRIVACY, 2, [1.05, 1.0], [1.0, 1.05], "first by the size drawn"),
    (PRIVACY, 3, NOISE, [noise / 128 for noise in NOISE], "a text"),
    (PRIVACY, 4, 0.1, 0.5, "ten last digits"),
]
