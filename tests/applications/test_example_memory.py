"""Scores by examples, beside scikit-learn's tf-idf and the formula in loops."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.example_memory import NEAREST, ExampleMemory

V = 30


def texts(seed, count):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, V, rng.integers(1, 9)).tolist() for _ in range(count)]


def ragged(rows):
    return tf.ragged.constant(rows, tf.int32, ragged_rank=1)


def vectors(memory, rows):
    """tf-idf of scikit-learn, which writes idf likewise; ln(1 + n) for its n."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    def learned(rows):
        names = {str(number): number for number in range(V)}
        vectorizer = TfidfVectorizer(
            analyzer=lambda row: map(str, row), vocabulary=names
        )
        return vectorizer.fit([[*c, *r] for c, r in zip(*memory, strict=True)])

    idf = learned(rows).idf_
    counts = np.stack([np.bincount(row, minlength=V) for row in rows])
    weights = np.log(1 + counts) * idf
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [20, NEAREST + 80])
def test_scores_are_those_of_the_formula_over_the_nearest_contexts(count):
    contexts, replies = texts(0, count), texts(1, count)
    asked, candidates = texts(2, 1)[0], texts(3, 7)
    memory = ExampleMemory(ragged(contexts), ragged(replies), V)

    found = memory.scores(tf.constant(asked), memory.sparse_vectors(ragged(candidates)))

    both = contexts, replies
    near = vectors(both, contexts) @ vectors(both, [asked])[0]
    like = vectors(both, candidates) @ vectors(both, replies).T  # (C, N)
    nearest = np.argsort(-near, kind="stable")[:NEAREST]
    expected = (near * like)[:, nearest].max(axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_reply_to_a_context_that_is_an_example_is_that_examples():
    contexts, replies = texts(0, 50), texts(1, 50)
    memory = ExampleMemory(ragged(contexts), ragged(replies), V)

    best = [int(np.argmax(memory.scores(tf.constant(c)))) for c in contexts]

    agree = np.mean(
        [replies[row] == reply for row, reply in zip(best, replies, strict=True)]
    )
    assert agree > 0.9  # but for contexts that have the same tokens


def test_a_context_without_tokens_has_scores_of_0_and_no_nan():
    memory = ExampleMemory(ragged([[1, 2], [3]]), ragged([[4], []]), V)

    found = memory.scores(tf.constant([-1, -1]))

    np.testing.assert_array_equal(found, [0, 0])


def test_filling_changes_no_score():
    memory = ExampleMemory(ragged(texts(0, 9)), ragged(texts(1, 9)), V)

    bare, filled = (memory.scores(tf.constant(ids)) for ids in ([1, 2], [-1, 1, 2, -1]))

    np.testing.assert_array_equal(bare, filled)


@pytest.mark.parametrize("contexts, replies", [([], []), ([[1]], [[1], [2]])])
def test_examples_without_replies_are_refused(contexts, replies):
    with pytest.raises(ValueError, match="expected a reply for each of one or more"):
        ExampleMemory(ragged(contexts), ragged(replies), V)
