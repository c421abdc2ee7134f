"""Means of word vectors beside the formula redone word by word."""

import math

import numpy as np
import pytest

from roots_tf.applications.mean_vectors import MeanVectors
from roots_tf.text.search_terms import search_terms

TEXTS = ["sort array sort", "array file", "file 排序", "unknown words", ""]
WORDS = ["array", "file", "sort", "排序"]
VECTORS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


def by_hand(text):
    mean = np.zeros(3)
    for word in search_terms(text):
        if word in WORDS:
            n_t = sum(word in search_terms(other) for other in TEXTS)
            idf = math.log(1 + (len(TEXTS) - n_t + 0.5) / (n_t + 0.5))
            mean += idf * VECTORS[WORDS.index(word)]
    return mean / np.linalg.norm(mean) if mean.any() else mean


def test_scores_are_cosines_of_means_weighted_by_idf():
    questions = ["sort the files", "排序", "nothing", "array array file"]

    scores = MeanVectors(TEXTS, WORDS, VECTORS).scores(questions)

    expected = [[by_hand(q) @ by_hand(text) for text in TEXTS] for q in questions]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert not scores[2].any() and not scores[:, 3:].any()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="a vector for each of 4 words, got 5 and 3"):
        MeanVectors(TEXTS, WORDS, VECTORS[:3])
    with pytest.raises(ValueError, match="got 0 and 4"):
        MeanVectors([], WORDS, VECTORS)
