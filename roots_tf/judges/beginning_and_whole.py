"""Exercises on the first steps, the terms of §1, and the whole way of §9.2.

Article: §1.4, §9.2. Errata: E07, E16.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise

_PERPLEXITY_OF_EIGHT = 8.0


def _notebook():
    from roots_tf.sections import SECTIONS

    (name,) = SECTIONS["3.2.2"].notebooks
    return name


def _drawn_text(random):
    vocab_size = int(random.integers(3, 9))
    return random.integers(0, vocab_size, random.integers(2, 60)), vocab_size


def _counted(ids, vocab_size):
    from roots_tf.text.bigrams import BigramModel

    return BigramModel(ids, vocab_size).counts


def _each_pair_once(ids, vocab_size):
    return np.minimum(_counted(ids, vocab_size), 1)


def _drawn_tokens(random):
    words = np.array("the a not never film good bad is very".split())
    tokens = random.choice(words, random.integers(3, 15)).tolist()
    return tokens, {"the", "a", "is", "very", "not", "never"}, {"not", "never"}


def _kept(tokens, stop_words, negations):
    return [t for t in tokens if t in negations or t not in stop_words]


def _all_removed(tokens, stop_words, negations):
    return [t for t in tokens if t not in stop_words]


def _joined(tokens, *_):
    return " ".join(tokens)


def _perplexity_without_stop_words():
    return np.exp(0.25 * np.log(1e6) + 0.75 * np.log(100))


EXERCISES = {
    "00_start_here": {
        1: Exercise(
            "the name of a notebook, such as '01_background'",
            _notebook,
            {"that is the whole of §3.2; §3.2.2 is 优化算法": "03_2_1_backpropagation"},
        ),
        2: Exercise(
            "an erratum, such as 'E01'",
            "E07",
            {"that is about sums and names, not about Adam's bias": "E06"},
        ),
        3: OPEN,
    },
    "01_background": {
        1: Exercise(
            "a number",
            _PERPLEXITY_OF_EIGHT,
            {
                "that is the probability of a token": 1 / 8,
                "that is the mean surprise in nats: exp of it": np.log(8),
                "that is the mean surprise in bits: 2 to the power of it": 3.0,
                "that is of all four tokens together: the mean is asked for": 8.0**4,
            },
        ),
        2: Exercise(
            "a function of ids and vocab_size that gives an array of vocab_size rows",
            _counted,
            {
                "a pair that comes up twice counts twice": _each_pair_once,
                "row a is of the token before, column b of the one after": (
                    lambda ids, vocab_size: _counted(ids, vocab_size).T
                ),
            },
            _drawn_text,
        ),
        3: Exercise(
            "a probability",
            (3 + 5 * 0.1) / (10 + 5),
            {
                "that is without smoothing": 3 / 10,
                "k belongs to the denominator too": (3 + 5 * 0.1) / 10,
                "k is weighted by p(b)": (3 + 5) / (10 + 5),
            },
        ),
        4: Exercise(
            "'yes', 'no' or 'cannot tell'",
            "cannot tell",
            {
                "a character is easier to guess than a word": "yes",
                "nothing says that either": "no",
            },
        ),
    },
    "09_2_from_text_to_model": {
        1: Exercise(
            "a function of tokens, stop words and negations that gives tokens",
            _kept,
            {"the negations are gone": _all_removed},
            _drawn_tokens,
            _joined,
        ),
        2: Exercise(
            "'train', 'validation' or 'test'",
            "test",
            {
                "that part is for learning": "train",
                "it would be hurt too, but its score is not the one that is reported": (
                    "validation"
                ),
            },
        ),
        3: Exercise(
            "a number",
            _perplexity_without_stop_words,
            {
                "that is the mean of the perplexities: take the mean of the surprise": (
                    0.25 * 1e6 + 0.75 * 100
                ),
                "that is of the other tokens alone": 100.0,
                "that is the mean surprise: exp of it": (
                    0.25 * np.log(1e6) + 0.75 * np.log(100)
                ),
            },
        ),
        4: OPEN,
    },
}
