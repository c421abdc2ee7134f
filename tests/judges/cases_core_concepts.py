"""Exercises of §2: right answers written anew, typical wrong ones, blank ones."""

import numpy as np


def keys_turned(T, D):
    """Turns the keys on by one place instead of the queries back."""
    angles = 10_000.0 ** (-np.arange(0, D, 2) / D)
    W_k = np.zeros((D, D))
    for i, (c, s) in enumerate(zip(np.cos(angles), np.sin(angles), strict=True)):
        W_k[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, -s], [s, c]]
    return 50 * np.eye(D), W_k


def read_by_scores(table, written, n):
    scores = np.stack([np.roll(written, -t) for t in range(n)]) @ table.T
    return np.argmax(scores, axis=1)


def noticed(depth, reach):
    layer = [[abs(q - k) <= reach and k <= q for q in range(6)] for k in range(6)]
    return np.linalg.matrix_power(np.array(layer, int), depth) > 0


PREFIX = np.array(
    [[column >= row or row < 3 for column in range(6)] for row in range(6)]
)
# notebook, number, right, wrong, its hint
CASES = [
    (
        "02_5_self_attention",
        1,
        lambda d, s: s * s * d**0.5,
        lambda d, s: d**0.5,
        "of 1",
    ),
    (
        "02_5_self_attention",
        2,
        lambda T, D: [4 * D * D * T, 2 * D * T * T],
        lambda T, D: [3 * D * D * T, 2 * D * T * T],
        "fourth",
    ),
    ("02_5_self_attention", 3, 5, 0, "first row"),
    ("02_5_self_attention", 4, [False, True], [True, True], "without a mask"),
    (
        "02_5_self_attention",
        5,
        keys_turned,
        lambda T, D: keys_turned(T, D)[::-1],
        "other way",
    ),
    (
        "02_core_concepts",
        1,
        read_by_scores,
        lambda table, written, n: [np.argmax(table @ written)] * n,
        "shift the vector back",
    ),
    (
        "02_core_concepts",
        2,
        noticed,
        lambda depth, reach: noticed(depth, reach).T,
        "columns the positions",
    ),
    ("02_core_concepts", 3, PREFIX, np.triu(np.ones((6, 6))), "without a prompt"),
]
