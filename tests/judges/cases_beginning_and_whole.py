"""Exercises of §1 and §9.2: right answers written anew, typical wrong ones, blanks."""

import math
from collections import Counter

import numpy as np


def pairs(ids, vocab_size):
    counts = Counter(zip(list(ids)[:-1], list(ids)[1:], strict=True))
    return [[counts[a, b] for b in range(vocab_size)] for a in range(vocab_size)]


def kept(tokens, stop_words, negations):
    return list(filter(lambda t: t not in stop_words - negations, tokens))


# notebook, number, right, wrong, its hint
CASES = [
    ("00_start_here", 1, "03_2_2_optimizers", "03_2_1_backpropagation", "§3.2"),
    ("00_start_here", 2, "E07", "E06", "sums and names"),
    ("01_background", 1, 8, math.log(8), "in nats"),
    ("01_background", 2, pairs, lambda i, v: np.transpose(pairs(i, v)), "row a"),
    ("01_background", 3, 7 / 30, 0.3, "without smoothing"),
    ("01_background", 4, "cannot tell", "yes", "easier to guess"),
    (
        "09_2_from_text_to_model",
        1,
        kept,
        lambda tokens, stop, negations: [t for t in tokens if t not in stop],
        "negations",
    ),
    ("09_2_from_text_to_model", 2, "test", "train", "for learning"),
    ("09_2_from_text_to_model", 3, 1000.0, 250_075.0, "mean of the surprise"),
]
