"""E03: what is counted, weighed and trained, beside counts and sums by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest

from roots_tf.errata.e03_glove_steps import (
    ENTRY,
    FIRST,
    FIXED,
    SECOND,
    cooccurrence,
    cost,
    errors,
    score,
    train,
    weight,
    word_counts,
)
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors import glove_by_hand
from roots_tf.word_vectors.cooccurrence import count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_by_hand import GloveParameters

TEXTS = (FIRST, SECOND)
# Counted with a pencil: neighbours add 1, words one apart 1/2.
HALF = Fraction(1, 2)
FIRST_BY_HAND = [[1, 3, HALF, 0], [3, 1, 1, HALF], [HALF, 1, 1, 3], [0, HALF, 3, 1]]


def test_both_texts_have_the_same_words_equally_often():
    first, second = map(word_counts, TEXTS)

    assert first == second == dict.fromkeys("abcd", 2)
    assert ENTRY.numbers.count("` | 2, 2, 2, 2 |") == 2


def test_pairs_are_counted_as_by_hand():
    swapped = [0, 2, 1, 3]  # the second text is the first with b and c exchanged

    by_hand = np.array(FIRST_BY_HAND, float)

    np.testing.assert_array_equal(cooccurrence(FIRST), by_hand)
    np.testing.assert_array_equal(cooccurrence(SECOND), by_hand[swapped][:, swapped])
    assert "| 3.0 | 0.5 |" in ENTRY.numbers and "| 0.5 | 3.0 |" in ENTRY.numbers
    assert "14 of the 16 cells" in ENTRY.numbers


@pytest.mark.parametrize("text", TEXTS)
def test_the_counts_are_those_of_the_library(text, tmp_path):
    sentences = tokenize_lines([text], "spaces")
    corpus = EncodedCorpus.build(sentences, tmp_path / "corpus", min_count=1)

    counts = count_cooccurrences(corpus, tmp_path / "counts", window=2).full()

    assert corpus.words == tuple("abcd")
    np.testing.assert_allclose(counts.toarray(), cooccurrence(text), rtol=1e-7)


@pytest.mark.parametrize("text", TEXTS)
def test_the_cost_is_a_sum_over_cells_and_differs_between_the_texts(text):
    counts = cooccurrence(text)

    w, contexts, b, context_biases = (table.tolist() for table in FIXED)
    expected = 0.0
    for i, j in np.argwhere(counts).tolist():
        product = sum(x * y for x, y in zip(w[i], contexts[j], strict=True))
        error = product + b[i] + context_biases[j] - math.log(counts[i, j])
        expected += min(1, (counts[i, j] / 100) ** 0.75) * error**2

    assert cost(counts, FIXED) == pytest.approx(expected, rel=1e-12)
    assert f"| {expected:.6f} |" in ENTRY.numbers


def test_the_cost_is_that_of_the_library():
    counts, parameters = cooccurrence(FIRST), GloveParameters(*FIXED)
    cells = np.nonzero(counts)

    expected = glove_by_hand.cost(parameters, *cells, counts[cells])

    assert cost(counts, FIXED) == pytest.approx(expected, rel=1e-12)
    assert float(weight(7.5)) == pytest.approx(glove_by_hand.weight(7.5), rel=1e-15)


def test_cells_of_0_weigh_nothing_whatever_the_parameters():
    counts, far = cooccurrence(FIRST), [table.copy() for table in FIXED]
    unmet = counts == 0
    far[0][0] += 100  # a is in the unmet pairs (a, d) and (d, a)

    assert weight(0) == 0 and np.argwhere(unmet).tolist() == [[0, 3], [3, 0]]
    assert not errors(counts, far)[unmet].any()


@pytest.mark.parametrize(("text", "met"), [(FIRST, (3, 0.5)), (SECOND, (0.5, 3))])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_after_training_the_scores_are_the_logarithms_of_the_counts(text, met, seed):
    trained = train(cooccurrence(text), seed=seed)

    scores = [score(trained, 0, column) for column in (1, 2)]

    assert scores == pytest.approx(np.log(met).tolist(), abs=1e-5)
    assert cost(cooccurrence(text), trained) < 1e-10
    assert f"| {scores[0]:.3f} | {scores[1]:.3f} |" in ENTRY.numbers


def test_the_first_step_of_adagrad_is_the_rate_times_the_sign():
    counts = np.array([[5.0]])
    start, end = (
        np.concatenate([table.ravel() for table in train(counts, 1, n, rate=0.01)])
        for n in (0, 1)
    )

    w, context, b, context_bias = start
    error = w * context + b + context_bias - math.log(5)
    signs = np.sign([error * context, error * w, error, error])

    np.testing.assert_allclose(end - start, -0.01 * signs, rtol=1e-9)
