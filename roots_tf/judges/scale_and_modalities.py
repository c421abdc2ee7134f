"""Exercises on scale and on several modalities.

Article: §8, (1) and (2): here §8.1 and §8.2.
"""

import itertools
import math

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise

_PUBLISHED = 1.69, 406.4, 0.34, 410.7, 0.28  # E, A, alpha, B, beta
_EQUAL = 1.69, 406.4, 0.34, 410.7, 0.34


def _losses():
    """Of 70 billion parameters: on Chinchilla's text, on ten times that, on any."""
    from roots_tf.trends.scaling_law import ScalingLaw

    return ScalingLaw(*_PUBLISHED).loss(70e9, np.array([1.4e12, 1.4e13, np.inf]))


def _gains():
    now, more, most = _losses()
    return [now - more, now - most]


def _growth():
    from roots_tf.trends.scaling_law import ScalingLaw

    law = ScalingLaw(*_EQUAL)
    return np.divide(law.best_sizes(4e21), law.best_sizes(1e21))


def _context():
    from roots_tf.models.gpt import GptConfig
    from roots_tf.trends.training_cost import forward_flops

    config = GptConfig.small()

    def attention_costs_most(tokens):
        parts = forward_flops(config, tokens)
        attention = parts["scores"] + parts["mixing"]
        return 2 * attention >= sum(parts.values()) - parts["logits"]

    return next(filter(attention_costs_most, range(1, 100_000)))


def _least_loss(size):
    """All pairs told apart but the first two, which have one caption."""
    scores = 1_000.0 * np.eye(size)
    scores[0, 1] = scores[1, 0] = 1_000
    log_sums = np.log(np.exp(scores - 1_000).sum(axis=1)) + 1_000
    return np.mean(log_sums - scores.diagonal())  # columns give the same as rows


def _worst_loss(size):
    scores = np.array([-100.0] + [100.0] * (size - 1))
    return np.log(np.exp(scores - 100).sum()) + 100 - scores[0]


def _properties_needed():
    from roots_tf.trends.coloured_shapes import scenes

    _, unseen = scenes()

    def tell_apart(fields):
        return len({tuple(s[f] for f in fields) for s in unseen}) == len(unseen)

    return next(
        count
        for count in range(1, 5)
        if any(map(tell_apart, itertools.combinations(range(4), count)))
    )


EXERCISES = {
    "08_1_scale": {
        1: Exercise(
            "two numbers in nats a token: from ten times the text, and at most",
            _gains,
            {
                "those are losses; how much lower are they?": lambda: _losses()[1:],
                "first from ten times the text, then at most": lambda: _gains()[::-1],
                "those are what the law adds: gains are over 0": (
                    lambda: np.negative(_gains())
                ),
                "more text leaves the term of the parameters as it is": (
                    lambda: [_gains()[0], _losses()[0] - 1.69]
                ),
            },
            tolerance=0.01,
        ),
        2: Exercise(
            "two factors, of parameters and tokens, for four times the budget",
            _growth,
            {
                "C = 6 N D: both four times as large are sixteen times the budget": (
                    [4, 4]
                ),
                "text must grow as well": [4, 1],
                "the model must grow as well": [1, 4],
            },
        ),
        3: OPEN,
        4: Exercise(
            "a number of tokens",
            _context,
            {
                "that is T = 2 D, without the feed-forward network": 2 * 768,
                "scores and mixing are two products": 12 * 768,
                "that is the width": 768,
            },
        ),
    },
    "08_2_image_and_text": {
        1: Exercise(
            "a function of B that gives nats",
            _least_loss,
            {
                "that is the loss of the two; the others have 0": lambda B: math.log(2),
                "two of the pairs have that loss": lambda B: math.log(2) / B,
                "no model knows which of two equal captions is meant": lambda B: 0,
                "that is a guess among all": lambda B: math.log(B),
                "the mean over the batch, not the sum": lambda B: 2 * math.log(2),
            },
            draw=lambda random: (int(random.integers(2, 60)),),
            tolerance=1e-5,
        ),
        2: Exercise(
            "a function of B that gives nats",
            _worst_loss,
            {
                "a cosine can be -1, so that scores differ by 200": (
                    lambda B: 100 + math.log(B - 1)
                ),
                "each of the other captions may score as high": lambda B: 200,
                "B - 1 captions are wrong": lambda B: 200 + math.log(B),
                "that is a guess among all": lambda B: math.log(B),
            },
            draw=lambda random: (int(random.integers(2, 200)),),
            tolerance=1e-6,
        ),
        3: Exercise(
            'one of "colour", "shape", "count" and "place"',
            "place",
            {
                "a colour is the same wherever it stands": "colour",
                "a mean keeps which features there are, and shapes are features": (
                    "shape"
                ),
                "twice as many shapes give twice the mean": "count",
            },
        ),
        4: Exercise(
            "a number of properties",
            _properties_needed,
            {
                "each held-out colour comes with one shape alone": 4,
                "colour tells shape, but what of count and place?": 1,
                "of count and place one alone is not enough": 2,
            },
        ),
    },
}
