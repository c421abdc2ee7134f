"""Exercises of §6: right answers written anew, typical wrong ones, blank ones."""

import math

import keras
import numpy as np
from scipy.stats import binom, norm

from roots_tf.evaluation.summary_metrics import rouge_scores
from roots_tf.judges import applications, generated_text

CLASSES, TRANSLATION, QUESTIONS = applications.EXERCISES
TEXTS, DIALOGUE = generated_text.EXERCISES


def softmax_of_keras(counts, W, b):
    layer = keras.layers.Dense(len(b), activation="softmax")
    layer.build((None, len(counts)))
    layer.set_weights([W, b])
    return np.asarray(layer(counts[None]))[0]


def known_sentences(train, test):
    known = [s for pair in train for s in pair]
    return sum(s in known for s in set(np.ravel(test).tolist()))


def gradient_of_info_nce(right, other, tau):
    def loss(cosine):
        return -np.log(np.exp(cosine / tau) / sum(np.exp([cosine / tau, other / tau])))

    return (loss(right + 1e-5) - loss(right - 1e-5)) / 2e-5


def rouge_of_a_text(of_reference, of_text):
    words = [f"w{n}" for n in range(of_text)]
    reference = " ".join(words[:of_reference])
    return rouge_scores([" ".join(words)], [reference], "en")["rouge1"][0]


def example_score(context, reply, examples):
    def vector(text):
        counts = np.array([letter in text.split() for letter in "abcdefgh"], float)
        return counts / np.linalg.norm(counts)

    products = [
        (vector(context) @ vector(c)) * (vector(reply) @ vector(r)) for c, r in examples
    ]
    return max(products)


def sum_of_examples(context, reply, examples):
    return sum(example_score(context, reply, [example]) for example in examples)


def ranks_after_many_rounds():
    """The walk that TextRank describes, until nothing changes."""
    joined = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    ranks = np.ones(3)
    for _ in range(500):
        ranks = 0.15 + 0.85 * (joined / joined.sum(axis=0)) @ ranks
    return ranks


# notebook, number, right, wrong, its hint
CASES = [
    (CLASSES, 1, softmax_of_keras, lambda x, W, b: x @ W + b, "softmax is missing"),
    # Of c texts all go one way: twice 1 / 2^c is below .05 from 6 on.
    (CLASSES, 3, 6, 5, "one-sided"),
    (
        TRANSLATION,
        1,
        100 * math.prod([5 / 6, 3 / 5, 2 / 4, 1 / 3]) ** 0.25,
        0.537,
        "0 to 100",
    ),
    (TRANSLATION, 2, 2 * 256 * 256 + 2 * 256 * 256, 131_072, "W_c"),
    (TRANSLATION, 3, 1, 0, "single score"),
    (TRANSLATION, 4, math.log(1.2, 1.3), math.log(1.3, 1.2), "other way round"),
    (
        TRANSLATION,
        5,
        known_sentences,
        lambda train, test: len(set(train) & set(test)),
        "pairs differ",
    ),
    (QUESTIONS, 1, [1, 2], [0, 2], "not 0"),
    (QUESTIONS, 2, [0.5, 0.5, 0.5, 1], [0.5, 0.5, 0.5, 0.5], "among the first five"),
    (
        QUESTIONS,
        4,
        gradient_of_info_nce,
        lambda *cosines: -gradient_of_info_nce(*cosines),
        "sign",
    ),
    (TEXTS, 1, 30 * 30 / (1_000 * 19), 900 / 20_000, "19 pairs"),
    (TEXTS, 2, rouge_of_a_text, lambda r, n: r / n, "precision"),
    (
        TEXTS,
        3,
        ranks_after_many_rounds(),
        ranks_after_many_rounds() / 3,
        "not 0.15 / 3",
    ),
    (DIALOGUE, 1, example_score, sum_of_examples, "not the sum"),
    (DIALOGUE, 3, binom(80, 0.1).sf(15), norm(8, 7.2**0.5).sf(16), "normal"),
]
