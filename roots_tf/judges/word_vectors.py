"""Exercises on Word2Vec.

Article: §3.1.1.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _keep_all_up_to():
    """The share of the text, as a multiple of t, from which on the program drops."""
    from roots_tf.word_vectors.context_windows import keep_probabilities

    counts = np.arange(1, 200_001)
    threshold = 40_000 / counts.sum()  # the share of a word that is seen 40,000 times
    keep = keep_probabilities(counts, threshold, "c")
    return counts[keep < 1 - 1e-12].min() / 40_000


def _lengths(counts):
    from roots_tf.word_vectors.huffman_tree import HuffmanTree

    return HuffmanTree(counts).length


def _mean_path(counts):
    return _lengths(counts) @ counts / counts.sum()


def _entropy(counts):
    shares = counts / counts.sum()
    return -np.sum(shares * np.log2(shares))


def _drawn_counts(random):
    return (np.sort(random.integers(1, 100, random.integers(3, 40)))[::-1],)


def _cbow_gradient(sign=1, whole=False, of_mean=True):
    """The gradient of CBOW's loss by one context word's vector, or a wrong one."""

    def gradient(contexts, outputs):
        hidden = contexts.mean(axis=0) if of_mean else contexts.sum(axis=0)
        errors = 1 / (1 + np.exp(-outputs @ hidden))  # (K + 1,)
        errors[0] -= 1  # the word itself; the others are noise
        return sign * errors @ outputs / (1 if whole else len(contexts))

    return gradient


def _hidden_parameters():
    import keras

    layer = keras.layers.Dense(50, activation="tanh")
    layer.build((None, 50))
    return layer.count_params()


def _shifted(met, noise, K):
    given = met / met.sum(axis=1, keepdims=True)  # p(c | w)
    return np.log(given / noise) - np.log(K)


def _drawn_language(random):
    met = random.integers(1, 50, (6, 6)).astype(float)
    noise = random.dirichlet(np.full(6, 3.0))
    return met, noise, int(random.integers(2, 16))


EXERCISES = {
    "03_1_1_text_to_examples": {
        1: Exercise(
            "five numbers, shares of the pairs at distances 1 to 5",
            lambda: (5 - np.arange(1, 6) + 1) / 5,
            {
                "a window of d still reaches distance d: one more in the numerator": (
                    lambda: (5 - np.arange(1, 6)) / 5
                ),
                "that is GloVe's weight, 1 / d": lambda: 1 / np.arange(1, 6),
                "windows are drawn: a near word is in more of them": np.ones(5),
                "each distance has as many pairs of places: divide by these": (
                    lambda: (6 - np.arange(1, 6)) / 15
                ),
            },
            tolerance=0.03,
        ),
        2: Exercise(
            "f / t, a number",
            _keep_all_up_to,
            {
                "that is the paper's rule; the program has another term, t / f": 1,
                "that is t / f": 2 / (3 + 5**0.5),
                "that is the root of t / f": (5**0.5 - 1) / 2,
                "that is the root of f / t": (5**0.5 + 1) / 2,
            },
        ),
        3: Exercise(
            "a function of counts (V,) that gives the mean path in choices a word",
            _mean_path,
            {
                "weigh each word's path by its count": lambda c: _lengths(c).mean(),
                "that is the whole cost: divide by the sum of the counts": (
                    lambda c: _lengths(c) @ c
                ),
                "that is the entropy, which no tree can go below": _entropy,
                "that is a tree in which all words lie equally deep": (
                    lambda c: np.log2(len(c))
                ),
            },
            draw=_drawn_counts,
            tolerance=1e-6,
        ),
    },
    "03_1_1_word2vec": {
        1: Exercise(
            "a function of the context words' vectors (N, D) and the outputs' (K + 1, "
            "D), the word itself first, that gives (D,)",
            _cbow_gradient(),
            {
                "the sign is wrong: the gradient points to where the loss grows": (
                    _cbow_gradient(sign=-1)
                ),
                "that is the whole gradient of h: each word has a share of 1 / N": (
                    _cbow_gradient(whole=True)
                ),
                "h is the mean of the context, not the sum": (
                    _cbow_gradient(whole=True, of_mean=False)
                ),
            },
            draw=lambda random: (
                random.normal(size=(random.integers(2, 9), 6)),
                random.normal(size=(random.integers(2, 7), 6)),
            ),
            tolerance=1e-5,
        ),
        2: OPEN,
        3: Exercise(
            "a number of parameters",
            _hidden_parameters,
            {"Dense has a bias, too": 2500, "how many numbers has a matrix?": 50},
            tolerance=1e-6,
        ),
        4: Exercise(
            "a function of how often c stood beside w (V, V), of the noise's "
            "probabilities (V,) and of K, that gives (V, V)",
            _shifted,
            {
                "shifted: log K is missing": lambda m, n, K: _shifted(m, n, 1),
                "the shift has the wrong sign": lambda m, n, K: _shifted(m, n, 1 / K),
                "p(c | w): each row is to sum to 1, not the whole table": (
                    lambda m, n, K: np.log(m / m.sum() / n / K)
                ),
                "p(c | w): each row is to sum to 1, not each column": (
                    lambda m, n, K: np.log(m / m.sum(axis=0) / n / K)
                ),
                "natural logarithms": lambda m, n, K: _shifted(m, n, K) / np.log(2),
                "noise is that of the context word c, of a column": (
                    lambda m, n, K: _shifted(m, n[:, None], K)
                ),
            },
            draw=_drawn_language,
            tolerance=1e-5,
        ),
    },
}
