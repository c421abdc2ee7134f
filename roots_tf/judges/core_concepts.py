"""Exercises on architectures and on attention.

Article: §2.5, and the other parts of §2.
"""

import numpy as np

from roots_tf.judges.judging import OPEN, Exercise


def _deviation(d_k, sigma):
    return sigma**2 * np.sqrt(d_k)


def _multiplications(T, D):
    return 4 * T * D**2, 2 * T**2 * D


def _softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _same_rows():
    """Rows of the weights that a causal mask leaves as they are."""
    scores = np.random.default_rng(0).normal(size=(6, 6))
    causal = np.where(np.tri(6, dtype=bool), scores, -np.inf)
    same = np.isclose(_softmax(scores), _softmax(causal)).all(axis=1)
    return np.flatnonzero(same)[0]


def _kept_under_a_causal_mask():
    """Whether the last token's vector, and all vectors, are as before a shuffling."""
    x = np.random.default_rng(0).normal(size=(6, 8))

    def attended(x):
        scores = np.where(np.tri(len(x), dtype=bool), x @ x.T, -np.inf)
        return _softmax(scores) @ x

    order, before_last = np.array([2, 0, 1, 5, 4, 3]), np.array([2, 0, 1, 4, 3, 5])
    whole = np.allclose(attended(x[order]), attended(x)[order])
    last = np.allclose(attended(x[before_last])[-1], attended(x)[-1])
    return [whole, last]


def _looked_at(projections, length, D):
    """Where each query but the first looks, and whether it looks there mostly."""
    from roots_tf.transformer.position_embedding import sinusoidal_positions

    table = np.asarray(sinusoidal_positions(length, D), float)
    W_q, W_k = (np.asarray(matrix, float) for matrix in projections)
    if W_q.shape != (D, D) or W_k.shape != (D, D):
        raise ValueError(f"two matrices ({D}, {D}), got {W_q.shape}, {W_k.shape}")
    weights = _softmax((table @ W_q) @ (table @ W_k).T / np.sqrt(D))[1:]
    # A row that looks nowhere in particular stands as -1.
    return np.where(weights.max(axis=1) > 0.5, weights.argmax(axis=1), -1)


def _turn(places, sharpness=1000.0):
    """Gives projections that make each token look so many places back."""

    def projections(length, D):
        rates = 10_000.0 ** (-np.arange(0, D, 2) / D)
        W_q = np.zeros((D, D))
        for i, angle in enumerate(places * rates):
            c, s = np.cos(angle), np.sin(angle)
            W_q[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
        return W_q, sharpness * np.eye(D)

    return projections


def _drawn_vector(random):
    table = random.normal(size=(1000, 64))
    tokens = random.integers(1000, size=random.integers(2, 12))
    written = sum(np.roll(table[token], t) for t, token in enumerate(tokens))
    return table, written, len(tokens)


def _read_back(back):
    def tokens(table, written, n):
        return [(table @ np.roll(written, back * t)).argmax() for t in range(n)]

    return tokens


def _notices(depth, reach):
    distance = np.subtract.outer(np.arange(6), np.arange(6)).T
    return (distance >= 0) & (distance <= depth * reach)


def _prefix(of_prompt=True):
    sees = np.tri(6, dtype=bool)  # (query, key)
    if of_prompt:
        sees |= np.arange(6) < 3
    return sees.T  # (changed, position)


EXERCISES = {
    "02_5_self_attention": {
        1: Exercise(
            "a function of d_k and sigma",
            _deviation,
            {
                "that is right for a variance of 1 alone": lambda d, s: np.sqrt(d),
                "that is the variance of q . k; divide by its root": (
                    lambda d, s: d * s**4
                ),
                "each product has two factors, and both of them have a sigma": (
                    lambda d, s: s * np.sqrt(d)
                ),
            },
            draw=lambda random: (int(random.integers(1, 200)), random.uniform(0.2, 3)),
        ),
        2: Exercise(
            "a function of T and D that gives two numbers: projections, attention",
            _multiplications,
            {
                "first the projections, then attention": (
                    lambda T, D: (2 * T**2 * D, 4 * T * D**2)
                ),
                "query, key and value are three projections; what is the fourth?": (
                    lambda T, D: (3 * T * D**2, 2 * T**2 * D)
                ),
                "the scores are one product of T^2 D; what else needs as many?": (
                    lambda T, D: (4 * T * D**2, T**2 * D)
                ),
            },
            draw=lambda random: tuple(random.integers(1, 1000, 2).tolist()),
            view=lambda found, T, D: np.divide(found, T * D),
        ),
        3: Exercise(
            "the number of a row, counted from 0",
            _same_rows,
            {
                "the first row of a causal text is 1 for itself; unmasked it is not": 0,
                "count from 0": 6,
            },
        ),
        4: Exercise(
            "two answers, True or False",
            _kept_under_a_causal_mask,
            {
                "so it is without a mask; here it matters which words come before": (
                    [True, True]
                ),
                "which words come before matters; does their order?": [False, False],
                "the other way round": [True, False],
            },
        ),
        5: Exercise(
            "a function of T and D that gives W_Q and W_K, both (D, D)",
            _turn(1),
            {
                "each token attends to itself": _turn(0),
                "each token attends to the one after it: turn the other way": _turn(-1),
                "the place is right, but the weights are spread out: enlarge them": (
                    _turn(1, 1.0)
                ),
            },
            draw=lambda random: (int(random.integers(5, 30)), 64),
            view=_looked_at,
            draws=5,
        ),
    },
    "02_core_concepts": {
        1: Exercise(
            "a function of the table (1000, D), the vector written (D,) and n that "
            "gives the n ids read back",
            _read_back(-1),
            {
                "each token was shifted by its place: shift the vector back": (
                    _read_back(0)
                ),
                "shift the other way": _read_back(1),
            },
            draw=_drawn_vector,
        ),
        2: Exercise(
            "a function of depth and reach that gives booleans (6, 6), changed token "
            "by position",
            _notices,
            {
                "rows are the tokens that are changed, columns the positions": (
                    lambda depth, reach: _notices(depth, reach).T
                ),
                "what one layer carries so far, the next carries on": (
                    lambda depth, reach: _notices(1, reach)
                ),
                "a token that looks back no further than its reach": (
                    lambda depth, reach: _notices(depth, 6)
                ),
            },
            draw=lambda random: tuple(random.integers(1, 4, 2).tolist()),
        ),
        3: Exercise(
            "booleans (6, 6), changed token by position",
            _prefix,
            {
                "rows are the tokens that are changed, columns the positions": (
                    lambda: _prefix().T
                ),
                "that is GPT without a prompt": lambda: _prefix(of_prompt=False),
                "the answer is still written as a decoder writes": np.ones((6, 6)),
            },
        ),
        4: OPEN,
    },
}
