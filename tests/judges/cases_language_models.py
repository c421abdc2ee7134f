"""Exercises of §7: right answers written anew, typical wrong ones, blank ones."""

import itertools
import math

import numpy as np
from scipy.stats import entropy

from roots_tf.decoding.sampling import penalize_repetition
from roots_tf.judges import language_models, tensorboard

(BOARD,) = tensorboard.EXERCISES
GPT, OTHERS = language_models.EXERCISES


def descent(rate, steps, slope=2):
    w, losses = 1.0, []
    for _ in range(steps):
        losses.append(w * w)
        w -= rate * slope * w
    return losses


def penalised(logits, seen, penalty):
    return penalize_repetition(logits[None], seen[None], penalty)[0]


def entropy_of_scipy(probabilities, temperature):
    powers = probabilities ** (1 / temperature)
    return entropy(powers / powers.sum())


def first_cut_out() -> float:
    """Of all ways to put 5 gaps of 15 tokens in all among 85: those that begin so.

    Counted for 6 kept tokens and 2 gaps, and by the same formula for the exercise.
    """

    def share(kept, gaps):
        return math.comb(kept, gaps - 1) / math.comb(kept + 1, gaps)

    # Gaps lie at different places among kept tokens: before the first, ..., behind the
    # last.
    ways = list(itertools.combinations(range(7), 2))
    assert np.isclose(share(6, 2), np.mean([0 in way for way in ways]))
    return share(85, 5)


def gpt2() -> list[int]:
    """By the shapes of the published tensors (Radford et al. 2019, model card)."""
    D = 768
    shapes = [(D,), (D,), (D, 3 * D), (3 * D,), (D, D), (D,)]  # norm, attention
    shapes += [(D,), (D,), (D, 4 * D), (4 * D,), (4 * D, D), (D,)]  # norm, inner layer
    block = sum(map(math.prod, shapes))
    return [50_257 * D + 1_024 * D + 12 * block + 2 * D, 50_257 * D]


def t5(version: str) -> int:
    """By the shapes of the published tensors (t5-base, google/t5-v1_1-base)."""
    D, F, matrices = (768, 3_072, 2) if version == "1.0" else (768, 2_048, 3)
    attention, inner = 4 * D * D, matrices * D * F
    encoder, decoder = attention + inner + 2 * D, 2 * attention + inner + 3 * D
    tables = 1 if version == "1.0" else 2
    return tables * 32_128 * D + 12 * (encoder + decoder) + 2 * 32 * 12 + 2 * D


def albert(blocks: int, width: int) -> int:
    """xxlarge with so many blocks of its own, and a table of this width."""
    D, F = 4_096, 16_384
    table = (30_000 + 512 + 2) * width + 2 * width
    widening = 0 if width == D else width * D + D
    block = 4 * (D * D + D) + D * F + F + F * D + D + 2 * 2 * D
    return table + widening + blocks * block + D * D + D  # and the pooler


P = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
LEFT = [
    P * [1, 1, 0, 0, 0] / 0.7,
    P * [1, 1, 0, 0, 0] / 0.7,
    P * [1, 1, 1, 0, 0] / 0.85,
    P**2 / sum(P**2),
]
# notebook, number, right, wrong, its hint
CASES = [
    (BOARD, 1, [1, 2], [2, 1], "belongs to a tag"),
    (BOARD, 2, math.log, math.log2, "natural logarithms"),
    (BOARD, 3, descent, lambda rate, n: descent(rate, n, 1), "is 2 w"),
    (GPT, 1, gpt2(), [gpt2()[0] - 2 * 768, gpt2()[1]], "one more norm"),
    (GPT, 2, LEFT, [LEFT[0], LEFT[2], *LEFT[2:]], "which reaches .7"),
    (
        GPT,
        3,
        entropy_of_scipy,
        lambda p, T: entropy_of_scipy(p, T) / math.log(2),
        "natural logarithms",
    ),
    (GPT, 5, penalised, lambda z, seen, by: np.where(seen, z / by, z), "nearer to 0"),
    (OTHERS, 1, [t5("1.0"), t5("1.1")], [t5("1.0")] * 2, "table of its own"),
    # 16 single distances, then 16 buckets that grow as the logarithm up to 128.
    (OTHERS, 2, 16 + int(16 * math.log(20 / 16, 128 / 16)), 20, "several distances"),
    (
        OTHERS,
        3,
        [albert(12, 128), albert(1, 4_096)],
        [albert(1, 4_096), albert(12, 128)],
        "first without sharing",
    ),
    (OTHERS, 4, [first_cut_out(), 0.15], [0.15, 0.15], "in the mean"),
]
