"""The bigram model beside counts by hand, closed forms and what it draws."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from roots_tf.text.bigrams import BigramModel

TEXT = np.random.default_rng(0).integers(0, 6, 400) ** 2 % 7


def test_the_shares_are_those_of_pairs_counted_one_by_one():
    model = BigramModel(TEXT, 7, k=0)

    pairs = Counter(zip(TEXT[:-1].tolist(), TEXT[1:].tolist(), strict=True))
    before = Counter(TEXT[:-1].tolist())
    found = model.probabilities()
    for (a, b), count in pairs.items():
        assert found[a, b] == pytest.approx(count / before[a])


@pytest.mark.parametrize("k", [0, 0.5, 30])
def test_every_row_is_a_distribution_even_after_a_token_never_seen(k):
    model = BigramModel(TEXT, 9, k)

    found = model.probabilities()

    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[8], model.unigram)


def test_smoothing_follows_the_formula():
    model = BigramModel(np.array([0, 1, 0, 1, 0, 2]), 3, k=4)

    frequencies = np.array([4, 3, 2]) / 9
    expected = (np.array([0, 2, 1]) + 4 * frequencies) / (3 + 4)
    np.testing.assert_allclose(model.probabilities()[0], expected)


def test_without_smoothing_no_other_table_of_shares_fits_the_training_text_better():
    model = BigramModel(TEXT, 7, k=0)
    best = model.surprise(TEXT).sum()

    rng = np.random.default_rng(1)
    for _ in range(50):
        other = model.probabilities() * rng.uniform(0.8, 1.2, (7, 7))
        other /= np.maximum(other.sum(axis=1, keepdims=True), 1e-12)
        assert -np.log(other[TEXT[:-1], TEXT[1:]]).sum() > best


def test_what_it_writes_follows_its_own_rows():
    model = BigramModel(TEXT, 7, k=1)

    written = model.write(int(TEXT[0]), 20_000, np.random.default_rng(3))

    assert len(written) == 20_000 and written[0] == TEXT[0]
    for a in np.unique(TEXT):
        followers = written[1:][written[:-1] == a]
        expected = model.probabilities()[a] * len(followers)
        kept = expected > 5
        seen = np.bincount(followers, minlength=7)
        scale = seen[kept].sum() / expected[kept].sum()
        assert chisquare(seen[kept], expected[kept] * scale).pvalue > 1e-4


@pytest.mark.parametrize(
    ("ids", "k", "message"),
    [
        ([3], 1, "2 tokens or more"),
        ([0, 9], 1, "ids from 0 to 6, got 0 to 9"),
        ([0, -1], 1, "ids from 0 to 6"),
        ([0, 1], -1, "k of 0 or more"),
    ],
)
def test_what_does_not_fit_is_refused(ids, k, message):
    with pytest.raises(ValueError, match=message):
        BigramModel(np.array(ids), 7, k)
