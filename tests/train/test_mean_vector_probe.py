"""The probe against ridge regression written out, and its invariances."""

import numpy as np
import pytest

from roots_tf.train.mean_vector_probe import MeanVectorProbe

WORDS = ["a", "b", "c", "d", "e"]
RNG = np.random.default_rng(0)
TOKENS = [list(RNG.choice([*WORDS, "unknown"], 6)) for _ in range(40)]
LABELS = np.array([int("a" in text) + int("b" in text) for text in TOKENS])  # 0, 1, 2
TRAIN, HELD_OUT = slice(0, 30), slice(30, 40)
VECTORS = RNG.normal(size=(5, 3))


def probe(tokens=TOKENS, labels=LABELS):
    return MeanVectorProbe(
        tokens[TRAIN], labels[TRAIN], tokens[HELD_OUT], labels[HELD_OUT], WORDS
    )


def test_the_classifier_is_ridge_regression_on_standardised_means():
    means = np.array(
        [
            np.mean([VECTORS[WORDS.index(word)] for word in text if word in WORDS], 0)
            for text in TOKENS
        ]
    )
    x = (means - means[TRAIN].mean(axis=0)) / means[TRAIN].std(axis=0)
    y = 2.0 * np.eye(3)[LABELS] - 1
    y -= (mean := y[TRAIN].mean(axis=0))
    weights = np.linalg.solve(x[TRAIN].T @ x[TRAIN] + np.eye(3), x[TRAIN].T @ y[TRAIN])
    found = (x @ weights + mean).argmax(axis=1)

    accuracy = probe().accuracy(VECTORS)

    assert accuracy == pytest.approx((found == LABELS)[HELD_OUT].mean())


def test_the_length_of_the_vectors_does_not_matter():
    assert probe().accuracy(1e-3 * VECTORS) == probe().accuracy(VECTORS)


def test_vectors_that_hold_the_classes_give_all_of_them():
    tokens = [[word] * 3 for word in WORDS * 8]
    labels = np.array([WORDS.index(text[0]) for text in tokens])

    assert probe(tokens, labels).accuracy(np.eye(5)) == 1


def test_texts_without_known_words_are_scored_too():
    tokens = [*TOKENS[:29], [], ["unknown"], *TOKENS[31:]]

    assert 0 <= probe(tokens).accuracy(VECTORS) <= 1


def test_vectors_that_are_no_numbers_are_refused():
    with pytest.raises(FloatingPointError, match="expected finite word vectors"):
        probe().accuracy(np.full((5, 3), np.nan))
