"""Exercises on generated texts and on dialogue.

Article: §6.4, §6.5.
"""

import math

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _most_distinct():
    texts, tokens, length = 1_000, 30, 20
    return tokens**2 / (texts * (length - 1))


def _f1(reference, summary):
    return 2 * reference / (reference + summary)


def _ranks():
    from roots_tf.applications.textrank import similarities, textrank

    return textrank(similarities([{"a", "b"}, {"b", "c"}, {"c", "d"}]))


def _like(a, b, root=True):
    a, b = set(a.split()), set(b.split())
    return len(a & b) / (math.sqrt(len(a) * len(b)) if root else len(a | b))


def _example_score(of_all=max, by_reply=True, by_context=True, root=True):
    def score(context, reply, examples):
        return of_all(
            (_like(context, c, root) if by_context else 1)
            * (_like(reply, r, root) if by_reply else 1)
            for c, r in examples
        )

    return score


def _drawn_dialogue(random):
    def text():
        return " ".join(random.choice(list("abcdefgh"), random.integers(1, 6)))

    return text(), text(), [(text(), text()) for _ in range(random.integers(2, 6))]


def _at_least(right, of=80, chance=0.1):
    return sum(
        math.comb(of, k) * chance**k * (1 - chance) ** (of - k)
        for k in range(right, of + 1)
    )


EXERCISES = {
    "06_4_text_generation": {
        1: Exercise(
            "distinct-2, a number from 0 to 1",
            _most_distinct,
            {
                "a text of 20 tokens has 19 pairs": 900 / 20_000,
                "there are more pairs of 30 tokens than 30": 30 / 19_000,
                "a token may follow itself": 30 * 29 / 19_000,
                "1,000 texts share their pairs: how many different ones are there?": 1,
                "half of the pairs are not the others turned round": 450 / 19_000,
            },
        ),
        2: Exercise(
            "a function of two numbers of words, of the reference and of the text",
            _f1,
            {
                "that is the precision; F1 is its harmonic mean with the recall, 1": (
                    lambda reference, text: reference / text
                ),
                "F1 is a harmonic mean, not the arithmetic one": (
                    lambda reference, text: (1 + reference / text) / 2
                ),
                "that is the recall": lambda reference, text: 1,
            },
            draw=lambda random: (
                int(random.integers(2, 10)),
                int(random.integers(10, 99)),
            ),
            tolerance=1e-5,
        ),
        3: Exercise(
            "three numbers, of the three sentences",
            _ranks,
            {
                "each keeps 0.15, not 0.15 / 3": lambda: _ranks() / 3,
                "the middle one gives half to each of the others: its rank is shared": (
                    lambda: np.linalg.solve(
                        [[1, -0.85, 0], [-0.85, 1, -0.85], [0, -0.85, 1]], [0.15] * 3
                    )
                ),
                "the outer ones give all they have to the middle one": (
                    lambda: np.linalg.solve(
                        [[1, -0.425, 0], [-0.425, 1, -0.425], [0, -0.425, 1]],
                        [0.15] * 3,
                    )
                ),
                "nobody gives to everybody: who shares words with whom?": np.ones(3),
            },
        ),
        4: OPEN,
    },
    "06_5_dialogue": {
        1: Exercise(
            "a function of context, reply and a list of (context, reply), all strings",
            _example_score(),
            {
                "the best example counts, not the sum": _example_score(sum),
                "how like is the example's reply?": _example_score(by_reply=False),
                "how like is the example's context?": _example_score(by_context=False),
                "divide by the root of the product of the numbers of words": (
                    _example_score(root=False)
                ),
            },
            draw=_drawn_dialogue,
            tolerance=1e-5,
        ),
        2: OPEN,
        3: Exercise(
            "a probability",
            lambda: _at_least(16),
            {
                "0.2 of 80 is 16, and 16 is enough": lambda: _at_least(17),
                "that is the chance of just 16": lambda: _at_least(16) - _at_least(17),
                "that is the chance of a single reply": 0.1,
                "a normal distribution is too thin so far out": (
                    lambda: math.erfc(8 / math.sqrt(2 * 7.2)) / 2
                ),
                "that is the chance of fewer": lambda: 1 - _at_least(16),
            },
            tolerance=5e-3,
        ),
        4: OPEN,
    },
}
