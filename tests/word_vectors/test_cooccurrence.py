"""Co-occurrence counts beside a loop over every pair."""

from collections import Counter

import numpy as np
import pytest

from roots_tf.word_vectors.cooccurrence import LEAST_MEMORY, count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import END, EncodedCorpus


@pytest.fixture
def corpus(tmp_path):
    rng = np.random.default_rng(0)
    sentences = [
        [f"w{n}" for n in rng.zipf(1.3, rng.integers(1, 30)) % 200] for _ in range(400)
    ]
    return EncodedCorpus.build(sentences, tmp_path / "corpus", min_count=1)


def brute_force(corpus, window, symmetric):
    ids, counts = corpus.read(0, corpus.length), Counter()
    for place, word in enumerate(ids):
        for distance in range(1, window + 1):
            if word == END or place + distance >= len(ids):
                break
            other = ids[place + distance]
            if other == END:
                break
            counts[word, other] += 1 / distance
            if symmetric:
                counts[other, word] += 1 / distance
    dense = np.zeros((len(corpus.words),) * 2)
    for cell, count in counts.items():
        dense[cell] = count
    return dense


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("memory", [LEAST_MEMORY, 1 << 29])
def test_counts_are_those_of_a_loop_over_every_pair(
    corpus, tmp_path, symmetric, memory
):
    counted = count_cooccurrences(
        corpus, tmp_path / "counts", 4, symmetric, memory_bytes=memory
    )

    expected = brute_force(corpus, 4, symmetric)
    # Counts are kept in float32.
    np.testing.assert_allclose(counted.full().toarray(), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": 0}, "window of 1 or more, got 0"),
        ({"memory_bytes": 1}, "bytes or more, got 1"),
    ],
)
def test_what_cannot_be_is_refused(corpus, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        count_cooccurrences(corpus, tmp_path / "counts", **options)
