"""Exercises of §3.1: right answers written anew, typical wrong ones, blank ones."""

import heapq
import itertools

import numpy as np

PREPARED, WORD2VEC = "03_1_1_text_to_examples", "03_1_1_word2vec"
GLOVE, VECTORS = "03_1_2_glove", "03_1_2_glove_vectors"


def mean_path(counts):
    heap, cost = counts.tolist(), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, joined)
        cost += joined
    return cost / counts.sum()


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


def cbow_gradient(contexts, outputs):
    def loss(first):
        scores = outputs @ np.stack([first, *contexts[1:]]).mean(axis=0)
        return -log_sigmoid(scores[0]) - log_sigmoid(-scores[1:]).sum()

    return differences(loss, contexts[0])


def differences(function, at, step=1e-5):
    steps = step * np.eye(len(at))
    return np.array([(function(at + s) - function(at - s)) / 2 / step for s in steps])


def pointwise_information(met, noise, K):
    table = np.zeros_like(met)
    for w, c in itertools.product(range(6), repeat=2):
        table[w, c] = np.log(met[w, c] / met[w].sum() / noise[c]) - np.log(K)
    return table


def cell_gradient(w, context, b, context_bias, count):
    weight = min(1.0, (count / 100) ** 0.75)
    return differences(
        lambda w: weight * (w @ context + b + context_bias - np.log(count)) ** 2, w
    )


def products_of_sums(S):
    values, q = np.linalg.eigh(S)
    positive = q[:, values > 0] * np.sqrt(values[values > 0])  # w of these directions
    return 2 * positive @ (2 * positive).T


def nearest(w, contexts, i):
    def distance(j):
        a, b = w[i] + contexts[i], w[j] + contexts[j]
        return np.linalg.norm(a / np.linalg.norm(a) - b / np.linalg.norm(b))

    return min((j for j in range(len(w)) if j != i), key=distance)


# notebook, number, right, wrong, its hint
CASES = [
    (PREPARED, 1, [1, 0.8, 0.6, 0.4, 0.2], [0.8, 0.6, 0.4, 0.2, 0], "one more"),
    (PREPARED, 2, ((1 + 5**0.5) / 2) ** 2, 1, "the paper's rule"),
    (PREPARED, 3, mean_path, lambda c: mean_path(c) * c.sum(), "divide by the sum"),
    (WORD2VEC, 1, cbow_gradient, lambda c, o: -cbow_gradient(c, o), "sign"),
    (WORD2VEC, 3, 50 * 51, 50 * 50, "a bias"),
    (
        WORD2VEC,
        4,
        pointwise_information,
        lambda met, noise, K: pointwise_information(met, noise, 1),
        "log K is missing",
    ),
    (GLOVE, 1, 1.0, 0.0, "e^-loss"),
    (
        GLOVE,
        2,
        lambda b, c, x, k: (b, c + np.log(k), k * x),
        lambda b, c, x, k: (b, c + np.log(k), x),
        "what of x_max",
    ),
    (GLOVE, 3, cell_gradient, lambda *cell: cell_gradient(*cell) / 2, "J / 2"),
    (
        VECTORS,
        1,
        products_of_sums,
        lambda S: 4 * S,
        "no negative eigenvalue",
    ),
    (
        VECTORS,
        2,
        lambda w, c, b, d: np.exp(w @ c.T + np.add.outer(b, d)),
        lambda w, c, b, d: w @ c.T + np.add.outer(b, d),
        "logarithm of the count",
    ),
    (VECTORS, 3, nearest, lambda w, c, i: i, "nearest to itself"),
]
