"""Exercises on GloVe.

Article: §3.1.2, §4.1.2.
"""

import numpy as np

from roots_tf.judges.judging import Exercise


def _cosines_in_the_end():
    """The least of all words' cosines, where descent on minus the printed loss ends."""
    from roots_tf.errata.e03_glove_steps import FIRST, cooccurrence

    met = np.triu(cooccurrence(FIRST), 1) > 0
    met = met | met.T
    vectors = np.abs(np.random.default_rng(0).normal(size=(4, 3)))
    for _ in range(2_000):
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit = vectors / length
        cosines = unit @ unit.T
        pull = np.where(met, 1 / np.maximum(cosines, 1e-6), 0) / met.sum() * 2
        by_unit = pull @ unit  # of the mean log cosine
        along = np.sum(by_unit * unit, axis=1, keepdims=True) * unit
        vectors = vectors + 0.1 * (by_unit - along) / length
    return cosines.min()


def _drawn_text(random):
    """Words' biases, contexts' biases, x_max and how often the text is repeated."""
    biases, contexts = random.normal(size=(2, 5))
    return biases, contexts, random.uniform(2, 200), int(random.integers(2, 9))


def _cost_of_repeated(changed, biases, contexts, x_max, times):
    """Each cell's weighted error, with the counts of the repeated text."""
    new_biases, new_contexts, new_x_max = changed
    counts = np.random.default_rng(0).integers(1, 100, (5, 5)) * times
    products = np.random.default_rng(1).normal(size=(5, 5))
    scores = products + np.asarray(new_biases)[:, None] + np.asarray(new_contexts)
    weights = np.minimum(1, (counts / new_x_max) ** 0.75)
    return weights * (scores - np.log(counts)) ** 2


def _shared(biases, contexts, x_max, times):
    half = np.log(times) / 2
    return biases + half, contexts + half, x_max * times


def _cell_gradient(factor=2, sign=1, log=True, weighted=True):
    def gradient(w, context, b, context_bias, count):
        from roots_tf.word_vectors.glove_by_hand import weight

        target = np.log(count) if log else count
        error = w @ context + b + context_bias - target
        return sign * factor * (weight(count) if weighted else 1) * error * context

    return gradient


def _drawn_cell(random):
    w, context = random.normal(size=(2, 5))
    return w, context, *random.normal(size=2), float(random.integers(2, 300))


def _products_of_sums(keep):
    """What is left of S in the products of the sums, if eigenvalues are kept so."""

    def products(S):
        values, q = np.linalg.eigh(S)
        return 4 * (q * keep(values)) @ q.T

    return products


def _drawn_symmetric(random):
    some = random.normal(size=(6, 6))
    return (some + some.T,)


def _fitted(log=False, word=1, context=1):
    def counts(words, contexts, biases, context_biases):
        scores = words @ contexts.T + word * biases[:, None] + context * context_biases
        return scores if log else np.exp(scores)

    return counts


def _drawn_parameters(random):
    words, contexts = random.normal(0, 0.5, (2, 7, 3))
    return words, contexts, *random.normal(size=(2, 7))


def _nearest(vectors_of, cosine=True, others=True):
    def nearest(words, contexts, i):
        vectors = vectors_of(words, contexts)
        lengths = np.linalg.norm(vectors, axis=1) if cosine else 1
        scores = vectors @ vectors[i] / lengths
        if others:
            scores[i] = -np.inf
        return scores.argmax()

    return nearest


def _drawn_table(random):
    lengths = random.lognormal(0, 1, (2, 30, 1))
    return *(random.normal(size=(2, 30, 4)) * lengths), int(random.integers(30))


def _sum(words, contexts):
    return words + contexts


EXERCISES = {
    "03_1_2_glove": {
        1: Exercise(
            "the least cosine of two of the four words in the end, a number",
            _cosines_in_the_end,
            {
                "that is what the loss becomes; the cosine is e^-loss": 0,
                "descent on the printed loss ends there; now there is a minus": -1,
            },
        ),
        2: Exercise(
            "a function of b (V,), b~ (V,), x_max and k that gives b, b~ and x_max of "
            "the text repeated k times",
            _shared,
            {
                "log k X = log X + log k: which parameters take the log k?": (
                    lambda b, c, x, k: (b, c, x * k)
                ),
                "the weight of a cell must stay too: what of x_max?": (
                    lambda b, c, x, k: (b + np.log(k), c, x)
                ),
                "log k is to be added once: to one bias, or half to each of two": (
                    lambda b, c, x, k: (b + np.log(k), c + np.log(k), x * k)
                ),
                "the cost has the logarithm of the counts": (
                    lambda b, c, x, k: (b * k, c, x * k)
                ),
            },
            draw=_drawn_text,
            view=_cost_of_repeated,
            tolerance=1e-6,
        ),
        3: Exercise(
            "a function of w (D,), w~ (D,), b, b~ and X_ij that gives (D,)",
            _cell_gradient(),
            {
                "that is the gradient of J / 2, as the authors' program has it": (
                    _cell_gradient(factor=1)
                ),
                "the sign is wrong: the gradient points to where J grows": (
                    _cell_gradient(sign=-1)
                ),
                "the weight f(x) is missing": _cell_gradient(weighted=False),
                "the score is to be log x, not x": _cell_gradient(log=False),
            },
            draw=_drawn_cell,
            tolerance=1e-6,
        ),
    },
    "03_1_2_glove_vectors": {
        1: Exercise(
            "a function of S (V, V) that gives the products of the sums, (V, V)",
            _products_of_sums(lambda values: np.maximum(values, 0)),
            {
                "there w~ = -w: what is left of w + w~ where an eigenvalue is < 0?": (
                    _products_of_sums(np.abs)
                ),
                "the products of vectors with themselves have no negative eigenvalue": (
                    _products_of_sums(lambda values: values)
                ),
                "w + w~ is twice as long as w, its products four times": (
                    lambda S: _products_of_sums(lambda x: np.maximum(x, 0))(S) / 4
                ),
            },
            draw=_drawn_symmetric,
            tolerance=1e-6,
        ),
        2: Exercise(
            "a function of w (V, D), w~ (V, D), b (V,) and b~ (V,) that gives (V, V)",
            _fitted(),
            {
                "the score is the logarithm of the count": _fitted(log=True),
                "the biases are missing": _fitted(word=0, context=0),
                "one of the biases is missing": _fitted(context=0),
                "one of the biases is missing: b": _fitted(word=0),
            },
            draw=_drawn_parameters,
            tolerance=1e-6,
        ),
        3: Exercise(
            "a function of w (V, D), w~ (V, D) and i that gives a number of a word",
            _nearest(_sum),
            {
                "a word is nearest to itself: leave it out": (
                    _nearest(_sum, others=False)
                ),
                "the cosine, not the product: long vectors win": (
                    _nearest(_sum, cosine=False)
                ),
                "the vectors of the table are w + w~": _nearest(lambda w, c: w),
            },
            draw=_drawn_table,
            tolerance=1e-6,
        ),
    },
}
