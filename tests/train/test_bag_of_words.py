"""Bags of words, counted again by hand."""

import numpy as np
import pytest

from roots_tf.datasets.classification import TextClassificationData, TextExamples
from roots_tf.train.bag_of_words import read_bags


def examples(*texts):
    return TextExamples(texts, np.zeros(len(texts), np.int32))


@pytest.fixture
def data():
    train = examples("good good film", "bad film", "film")
    parts = examples("good unseen unseen"), examples("unseen")
    return TextClassificationData("tiny", "en", ("a", "b"), train, *parts)


def test_a_word_counts_by_the_logarithm_of_one_more(data):
    vocabulary, bags = read_bags(data, vocab_size=10)

    assert vocabulary.tokens[2:] == ("film", "good", "bad")
    log2, log3 = np.log(2), np.log(3)
    expected = [[log2, log3, 0], [log2, 0, log2], [log2, 0, 0]]
    np.testing.assert_allclose(bags["train"], expected, rtol=1e-6)
    assert bags["train"].dtype == np.float32


def test_words_that_train_has_not_are_no_features(data):
    _, bags = read_bags(data, vocab_size=10)

    np.testing.assert_allclose(bags["validation"], [[0, np.log(2), 0]], rtol=1e-6)
    assert not bags["test"].any()


def test_the_most_frequent_words_are_kept(data):
    vocabulary, bags = read_bags(data, vocab_size=1)

    assert vocabulary.tokens[2:] == ("film",)
    assert bags["train"].shape == (3, 1)
    with pytest.raises(ValueError, match="vocab_size of 1 or more, got 0"):
        read_bags(data, vocab_size=0)
