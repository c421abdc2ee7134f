"""BM25 beside the formula redone in plain Python, term by term."""

import math

import numpy as np
import pytest

from roots_tf.applications.bm25 import Bm25, best_rows, searched_text
from roots_tf.text.search_terms import search_terms

TEXTS = [
    "Sort an array in place.",
    "Returns the indices that would sort an array. Sort by sort.",
    "",
    "Read a CSV file into a DataFrame; the file may be compressed.",
    "深度学习是机器学习的一种。",
    "a file " * 40,
]
QUESTIONS = [
    "sort an array",
    "file of files",
    "深度学习",
    "nothing known",
    "",
    "sort sort",
]


def by_hand(question, k1, b):
    """Robertson and Zaragoza 2009, §3.4, with Lucene's idf, one text at a time."""
    terms = [search_terms(text) for text in TEXTS]
    mean = sum(map(len, terms)) / len(terms)
    scores = []
    for text in terms:
        score = 0.0
        for term in search_terms(question):
            n_t = sum(term in other for other in terms)
            idf = math.log(1 + (len(terms) - n_t + 0.5) / (n_t + 0.5))
            tf = text.count(term)
            norm = k1 * (1 - b + b * len(text) / mean)
            score += idf * tf * (k1 + 1) / (tf + norm) if tf else 0
        scores.append(score)
    return scores


@pytest.mark.parametrize("k1, b", [(0.9, 0.4), (1.2, 0.75), (2.0, 1.0), (0.0, 0.0)])
def test_scores_are_those_of_the_formula(k1, b):
    index = Bm25.index(TEXTS, k1, b)

    scores = index.scores(QUESTIONS)

    expected = [by_hand(question, k1, b) for question in QUESTIONS]
    assert scores.shape == (6, 6) and scores.dtype == np.float32
    assert scores == pytest.approx(np.array(expected), rel=1e-5)
    assert scores[0].argmax() in (0, 1) and scores[2].argmax() == 4


def test_a_term_that_most_texts_have_still_counts_for_them():
    index = Bm25.index(["array one", "array two", "array three", "four"])

    (scores,) = index.scores(["array"])

    assert (scores[:3] > 0).all() and scores[3] == 0


def test_an_index_read_back_from_arrays_scores_the_same():
    index = Bm25.index(TEXTS)

    again = Bm25.from_arrays(index.arrays())

    assert np.array_equal(again.scores(QUESTIONS), index.scores(QUESTIONS))


def test_other_arrays_are_refused():
    arrays = Bm25.index(TEXTS).arrays()
    cut = {**arrays, "indptr": arrays["indptr"][:-1]}
    outside = {**arrays, "indices": arrays["indices"] + 9}
    nameless = {name: part for name, part in arrays.items() if name != "terms"}

    for wrong in (cut, outside, nameless, {**arrays, "terms": np.uint8([1])}):
        with pytest.raises(ValueError):
            Bm25.from_arrays(wrong)


@pytest.mark.parametrize(
    "texts, k1, b", [([], 1, 0.5), (["a"], -1, 0.5), (["a"], 1, 2)]
)
def test_what_cannot_be_indexed_is_refused(texts, k1, b):
    with pytest.raises(ValueError, match="expected texts, k1 of 0 or more and b"):
        Bm25.index(texts, k1, b)


def test_texts_without_any_term_are_found_by_nothing():
    index = Bm25.index(["", "the of"])

    assert index.scores(["the of", "word"]).tolist() == [[0, 0], [0, 0]]


def test_the_best_rows_are_those_of_a_stable_sort():
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.integers(5, size=12).astype(np.float32)
        for k in (1, 4, 12, 20):
            expected = sorted(range(12), key=lambda row: (-scores[row], row))[:k]
            assert best_rows(scores, k).tolist() == expected


def test_the_name_of_a_document_is_searched_too():
    index = Bm25.index([searched_text("numpy.argsort", "Indices."), "Other text."])

    assert index.scores(["argsort"])[0].argmax() == 0
