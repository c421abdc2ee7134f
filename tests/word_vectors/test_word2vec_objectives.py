"""Losses and gradients against the papers' formulas, finite differences, the C code."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit, log_expit, logsumexp, softmax

from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.word2vec_objectives import (
    full_softmax,
    hierarchical_softmax,
    negative_sampling,
)

B, V, D, K = 5, 7, 4, 3
RNG = np.random.default_rng(0)
H = RNG.normal(size=(B, D))
U = RNG.normal(size=(V, D))
NODES = RNG.normal(size=(V - 1, D))
TARGETS = np.array([2, 0, 6, 2, 5], np.int32)
# The second row draws its own target, 0; the last one the same word twice.
NOISE = np.array([[1, 3, 4], [0, 5, 1], [2, 2, 0], [6, 3, 1], [4, 4, 1]], np.int32)
TREE = HuffmanTree([40, 25, 10, 9, 5, 3, 2])
OBJECTIVES = {
    "full-softmax": (U, lambda h, u: full_softmax(h, TARGETS, u)),
    "negative-sampling": (U, lambda h, u: negative_sampling(h, TARGETS, u, NOISE)),
    "hierarchical-softmax": (
        NODES,
        lambda h, v: hierarchical_softmax(
            h, TARGETS, v, TREE.path, TREE.code, TREE.length
        ),
    ),
}


@pytest.fixture(params=OBJECTIVES)
def objective(request):
    """The table of an objective, and its losses as a function of h and the table."""
    return OBJECTIVES[request.param]


def by_the_papers_formula(name: str, h: np.ndarray, table: np.ndarray) -> list[float]:
    """The losses, one example after the other."""
    losses = []
    for row, target in enumerate(TARGETS):
        if name == "full-softmax":
            losses.append(logsumexp(table @ h[row]) - table[target] @ h[row])
        elif name == "negative-sampling":
            loss = -log_expit(table[target] @ h[row])
            for word in NOISE[row]:
                if word != target:
                    loss -= log_expit(-table[word] @ h[row])
            losses.append(loss)
        else:
            probability = 1.0
            for step in range(TREE.length[target]):
                sign = 1 if TREE.code[target, step] == 0 else -1
                node = TREE.path[target, step]
                probability *= expit(sign * table[node] @ h[row])
            losses.append(-np.log(probability))
    return losses


def gradients_of_the_c_code(name: str, h: np.ndarray, table: np.ndarray):
    """dL/dh and dL/dtable with the g of word2vec.c, whose updates are their negatives.

    `g = (1 - code - f)` in hierarchical softmax, `g = (label - f)` in negative
    sampling, f = sigmoid(h . row); full softmax is not in the C code: `p - [k = t]`.
    """
    of_h, of_table = np.zeros_like(h), np.zeros_like(table)
    for row, target in enumerate(TARGETS):
        if name == "full-softmax":
            errors = softmax(table @ h[row]) - (np.arange(V) == target)
            terms = list(enumerate(errors))
        elif name == "negative-sampling":
            labels = [(target, 1)] + [(w, 0) for w in NOISE[row] if w != target]
            terms = [(w, expit(h[row] @ table[w]) - label) for w, label in labels]
        else:
            steps = range(TREE.length[target])
            path = [(TREE.path[target, s], TREE.code[target, s]) for s in steps]
            terms = [(n, expit(h[row] @ table[n]) - (1 - code)) for n, code in path]
        for place, minus_g in terms:
            of_h[row] += minus_g * table[place]
            of_table[place] += minus_g * h[row]
    return of_h, of_table


def gradients_of_the_tape(losses, h: np.ndarray, table: np.ndarray):
    h, table = tf.constant(h), tf.constant(table)
    with tf.GradientTape() as tape:
        tape.watch([h, table])
        total = tf.reduce_sum(losses(h, table))
    return [tf.convert_to_tensor(g).numpy() for g in tape.gradient(total, [h, table])]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_the_papers_formula(name):
    table, losses = OBJECTIVES[name]

    found = losses(tf.constant(H), tf.constant(table))

    assert found.shape == (B,) and found.dtype == "float64"
    np.testing.assert_allclose(found, by_the_papers_formula(name, H, table), rtol=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_are_those_of_the_c_code(name):
    table, losses = OBJECTIVES[name]

    of_h, of_table = gradients_of_the_tape(losses, H, table)

    expected_h, expected_table = gradients_of_the_c_code(name, H, table)
    np.testing.assert_allclose(of_h, expected_h, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(of_table, expected_table, rtol=1e-12, atol=1e-14)


def test_gradients_are_the_central_differences(objective):
    table, losses = objective
    point = np.concatenate([H.ravel(), table.ravel()])

    def total(point):
        h, rows = point[: H.size].reshape(H.shape), point[H.size :].reshape(table.shape)
        return float(tf.reduce_sum(losses(tf.constant(h), tf.constant(rows))))

    step = 1e-5
    differences = [
        (total(point + step * axis) - total(point - step * axis)) / (2 * step)
        for axis in np.eye(len(point))
    ]

    # A central difference is off by step^2 (1e-10) and rounding / step (1e-11).
    gradients = gradients_of_the_tape(losses, H, table)
    found = np.concatenate([gradient.ravel() for gradient in gradients])
    np.testing.assert_allclose(found, differences, rtol=1e-7, atol=1e-8)


def test_probabilities_of_all_words_sum_to_1():
    counts = [(1_000 / np.arange(1, 51)).astype(int), np.arange(1, 24), [3, 1]]
    for seed, of_words in enumerate(counts):
        rng = np.random.default_rng(seed)
        words, tree = len(of_words), HuffmanTree(of_words)
        for scale in (0.1, 1, 10):
            h = np.tile(rng.normal(scale=scale, size=D), (words, 1))  # (V, D)
            nodes, vectors = rng.normal(size=(2, words, D))

            losses = hierarchical_softmax(
                h, np.arange(words), nodes[:-1], tree.path, tree.code, tree.length
            )
            of_full = full_softmax(h, np.arange(words), vectors)

            assert np.exp(-losses.numpy()).sum() == pytest.approx(1, abs=1e-12)
            assert np.exp(-of_full.numpy()).sum() == pytest.approx(1, abs=1e-12)


def test_tables_of_zeros_give_the_losses_of_not_knowing():
    full = full_softmax(H, TARGETS, np.zeros((V, D)))
    samples = negative_sampling(H, TARGETS, np.zeros((V, D)), NOISE)
    tree = OBJECTIVES["hierarchical-softmax"][1](H, np.zeros((V - 1, D)))

    np.testing.assert_allclose(full, np.full(B, np.log(V)), rtol=1e-12)
    choices = 1 + (NOISE != TARGETS[:, None]).sum(axis=1)
    np.testing.assert_allclose(samples, choices * np.log(2), rtol=1e-12)
    np.testing.assert_allclose(tree, TREE.length[TARGETS] * np.log(2), rtol=1e-12)


def test_large_scores_give_finite_losses_and_gradients(objective):
    table, losses = objective
    h, table = (1e3 * H).astype(np.float32), (1e3 * table).astype(np.float32)

    found = losses(tf.constant(h), tf.constant(table))

    assert np.isfinite(found).all()
    assert all(np.isfinite(g).all() for g in gradients_of_the_tape(losses, h, table))


def test_what_stands_after_the_end_of_a_path_makes_no_difference():
    losses = hierarchical_softmax(H, TARGETS, NODES, TREE.path, TREE.code, TREE.length)

    after = np.arange(TREE.path.shape[1]) >= TREE.length[:, None]
    path, code = np.where(after, 3, TREE.path), np.where(after, 1, TREE.code)
    others = hierarchical_softmax(H, TARGETS, NODES, path, code, TREE.length)

    assert after.any()
    np.testing.assert_array_equal(losses, others)


def test_the_worked_example_of_the_erratum():
    # E01: h = mean of (1, 0) and (0, 1), scores (.5, 0, .55, -.1), word 2.
    h = np.array([[0.5, 0.5]])
    u = np.array([[0.5, 0.5], [1, -1], [0.2, 0.9], [-0.3, 0.1]])

    def losses(h, u):
        return full_softmax(h, np.array([2]), u)

    loss = float(losses(h, u)[0])
    _, of_u = gradients_of_the_tape(losses, h, u)

    scores = np.exp([0.5, 0, 0.55, -0.1])
    assert loss == pytest.approx(-np.log(scores[2] / scores.sum()), rel=1e-12)
    assert loss == pytest.approx(1.115215, abs=5e-7)
    np.testing.assert_allclose(of_u[2], [-0.336078, -0.336078], atol=5e-7)
