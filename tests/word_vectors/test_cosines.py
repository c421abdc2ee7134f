"""Cosines and analogy scores, beside the formulas written out word by word."""

import math

import numpy as np
import pytest

from roots_tf.word_vectors.cosines import ANALOGY_METHODS, analogy_scores, unit_length

UNIT = unit_length(np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32))


def cosine(x, y):
    dot = sum(float(p) * float(q) for p, q in zip(x, y, strict=True))
    return dot / math.hypot(*map(float, x)) / math.hypot(*map(float, y))


def add_score(x, a, b, c):
    return cosine(x, b - a + c)


def mul_score(x, a, b, c):
    def shifted(y):
        return (cosine(x, y) + 1) / 2

    return shifted(b) * shifted(c) / (shifted(a) + 0.001)


@pytest.mark.parametrize(
    ("method", "formula"), [("3CosAdd", add_score), ("3CosMul", mul_score)]
)
def test_scores_are_those_of_the_papers_formula_for_every_question_and_word(
    method, formula
):
    a, b, c = UNIT[:4], UNIT[4:8], UNIT[8:12]

    scores = analogy_scores(UNIT, a, b, c, method)

    expected = [
        [formula(x, *question) for x in UNIT] for question in zip(a, b, c, strict=True)
    ]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


def test_3cosadd_ranks_words_as_the_sum_of_three_cosines_does():
    a, b, c = UNIT[:1], UNIT[1:2], UNIT[2:3]
    summed = [cosine(x, b[0]) - cosine(x, a[0]) + cosine(x, c[0]) for x in UNIT]

    scores = analogy_scores(UNIT, a, b, c, "3CosAdd")[0]

    assert np.argsort(scores).tolist() == np.argsort(summed).tolist()


def test_a_word_opposite_to_a_does_not_divide_by_zero():
    unit = np.float32([[1, 0], [-1, 0], [0, 1]])

    scores = analogy_scores(unit, *unit[[[0], [1], [2]]], "3CosMul")[0]

    # Word 1: s(1, b) = 1, s(1, c) = 1/2, s(1, a) = 0.
    assert scores[1] == pytest.approx(0.5 / 0.001)


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1, 1e30])
def test_vectors_of_any_length_are_cut_to_length_1(scale):
    vectors = np.float32(np.random.default_rng(1).normal(size=(7, 3)) * scale)

    unit = unit_length(vectors)

    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    np.testing.assert_allclose(unit, vectors / lengths[:, None], rtol=1e-6)
    assert unit.dtype == np.float32


@pytest.mark.parametrize("method", ANALOGY_METHODS)
def test_zeros_stay_zeros_and_scores_finite(method):
    unit = unit_length(np.float32([[0, 0], [3, 4]]))

    scores = analogy_scores(unit, unit[:1], unit[:1], unit[:1], method)

    np.testing.assert_array_equal(unit, np.float32([[0, 0], [0.6, 0.8]]))
    assert np.isfinite(scores).all()


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="expected one of 3CosAdd, 3CosMul, got 'x'"):
        analogy_scores(UNIT, UNIT[:1], UNIT[:1], UNIT[:1], "x")
