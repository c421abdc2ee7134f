"""E02: what §3.1.1 leaves out, and that there is no hidden layer."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.errata.e02_word2vec_network import (
    COUNTS,
    ENTRY,
    huffman_codes,
    noise_shares,
    word_probabilities,
)
from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.noise_sampling import noise_probabilities
from roots_tf.word_vectors.word2vec import Cbow, SkipGram


def test_paths_have_1_2_3_4_4_choices_as_in_the_tree_of_the_models():
    lengths = [len(code) for code in huffman_codes()]

    assert lengths == [1, 2, 3, 4, 4] == HuffmanTree(COUNTS).length.tolist()
    assert "1, 2, 3, 4, 4 choices" in ENTRY.numbers


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_of_all_words_sum_to_1_whatever_the_scores(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 100, 40)

    probabilities = word_probabilities(rng.normal(scale=4, size=39), counts)

    assert probabilities.min() > 0
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert "sum to 1.0" in ENTRY.numbers


def test_noise_moves_towards_the_rare_words():
    shares = noise_shares()

    assert shares.round(3).tolist() == [0.419, 0.211, 0.17, 0.125, 0.075]
    np.testing.assert_allclose(shares, noise_probabilities(COUNTS), rtol=1e-12)
    np.testing.assert_allclose(noise_shares(power=1), [0.5, 0.2, 0.15, 0.1, 0.05])
    for text in ("0.419, 0.211, 0.170, 0.125, 0.075", "0.500, 0.200, 0.150, 0.100"):
        assert text in ENTRY.numbers


@pytest.mark.parametrize("architecture", [SkipGram, Cbow])
def test_the_hidden_vector_is_linear_in_the_table_and_has_no_weights_of_its_own(
    architecture,
):
    model = architecture(9, 3, "full-softmax")
    inputs = np.array([4, 7]) if architecture is SkipGram else np.array([[4, 7, -1]])
    one, other = np.random.default_rng(0).normal(size=(2, 9, 3))

    def hidden(table):
        model.input_vectors.assign(table)
        return model(tf.constant(inputs)).numpy()

    assert model.count_params() == 2 * 9 * 3
    # Sums of a few float32 numbers near 1.
    mixed = 2 * hidden(one) - 3 * hidden(other)
    np.testing.assert_allclose(hidden(2 * one - 3 * other), mixed, atol=1e-5)
