"""Perplexity and bits per character beside their definitions."""

import math

import numpy as np
import pytest

from roots_tf.evaluation.perplexity import bits_per_character, perplexity


def test_a_model_that_knows_nothing_is_undecided_between_all_tokens():
    probabilities = np.full(7, 1 / 50)

    found = perplexity(-np.log(probabilities).sum(), tokens=7)

    assert found == pytest.approx(50)


def test_it_is_the_inverse_of_the_geometric_mean_of_the_probabilities():
    probabilities = np.random.default_rng(0).uniform(0.01, 1, 20)

    found = perplexity(-np.log(probabilities).sum(), tokens=20)

    assert found == pytest.approx(probabilities.prod() ** (-1 / 20))


def test_bits_are_those_of_an_ideal_code():
    # Shannon: a symbol of probability p costs log2(1 / p) bits.
    probabilities = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8])

    found = bits_per_character(-np.log(probabilities).sum(), characters=9)

    assert found == pytest.approx((1 + 2 + 3 + 3) / 9)


def test_a_surprise_beyond_all_floats_is_infinite():
    assert perplexity(1e6, tokens=1) == math.inf


@pytest.mark.parametrize("nats, count", [(1.0, 0), (-1.0, 3), (math.nan, 3)])
def test_no_tokens_and_impossible_sums_are_refused(nats, count):
    with pytest.raises(ValueError, match="expected"):
        perplexity(nats, count)
    with pytest.raises(ValueError, match="expected"):
        bits_per_character(nats, count)
