"""TextRank: its similarity by hand, its scores beside a linear system solved."""

import numpy as np
import pytest

from roots_tf.applications.textrank import (
    DAMPING,
    similarities,
    textrank,
    textrank_summary,
)


def random_graph(count, seed=0):
    weights = np.random.default_rng(seed).random((count, count))
    weights = np.triu(weights, 1) * (weights < 0.6)
    return weights + weights.T


def test_similarity_is_shared_words_over_the_logarithms_of_the_lengths():
    sentences = [{"a", "b", "c"}, {"b", "c", "d", "e"}, {"f"}, {"f"}]

    found = similarities(sentences)

    assert found[0, 1] == found[1, 0] == pytest.approx(2 / (np.log(3) + np.log(4)))
    assert not np.diag(found).any()
    assert found[2, 3] == 0  # log 1 + log 1 = 0


@pytest.mark.parametrize("count", [2, 5, 20])
def test_scores_solve_the_linear_system_of_the_paper(count):
    weights = random_graph(count)
    degrees = weights.sum(axis=1)
    share = np.divide(
        weights,
        degrees[:, None],
        out=np.zeros_like(weights),
        where=degrees[:, None] > 0,
    )
    expected = np.linalg.solve(
        np.eye(count) - DAMPING * share.T, np.full(count, 1 - DAMPING)
    )

    np.testing.assert_allclose(textrank(weights), expected, rtol=1e-8)


def test_scores_are_pagerank_by_another_library():
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")
    weights = random_graph(12, seed=3)

    ranks = networkx.pagerank(
        networkx.from_numpy_array(weights), alpha=DAMPING, tol=1e-12, max_iter=1000
    )

    # PageRank sums to 1, WS to the number of nodes.
    np.testing.assert_allclose(textrank(weights) / 12, list(ranks.values()), rtol=1e-6)


def test_no_node_and_nodes_without_edges_have_scores_too():
    assert textrank(np.zeros((0, 0))).shape == (0,)
    np.testing.assert_allclose(textrank(np.zeros((3, 3))), 1 - DAMPING)


def test_the_sentences_that_share_most_are_the_summary_in_their_order():
    like = ["The model reads a text.", "The model writes a text.", "A text is read."]

    summary = textrank_summary(" ".join([*like[:1], "Bananas!", *like[1:]]), 3, "en")

    assert summary == " ".join(like)


def test_a_chinese_text_is_ranked_by_characters():
    text = "香蕉好吃。模型阅读文本。模型写出文本。模型阅读和写出文本。"

    assert textrank_summary(text, 1, "zh") == "模型阅读和写出文本。"


@pytest.mark.parametrize("text", ["", " \n", "one", "word " * 20_000, "A b. " * 2_000])
def test_any_text_has_an_answer(text):
    assert textrank_summary(text, 1, "en") in " ".join(text.split())
