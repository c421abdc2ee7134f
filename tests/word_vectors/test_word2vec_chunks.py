"""Chunks of the fast loop beside the pairs that a loop over the text finds."""

import numpy as np
import pytest

from roots_tf.word_vectors.encoded_corpus import END
from roots_tf.word_vectors.word2vec_chunks import chunk_size, cut_chunks

W, SIZE = 3, 8


def pairs_of_chunks(chunks):
    """Gives (centre id, context id) of every pair, as the mask of the loop has them."""
    pairs = []
    for n, (middle, reach) in enumerate(zip(chunks.middle, chunks.reach, strict=True)):
        for j in range(SIZE):
            place = n * SIZE + W + j
            for i in range(-W, W + 1):
                if i != 0 and abs(i - middle[j]) <= reach[j]:
                    pairs.append((chunks.ids[place], chunks.ids[place + i]))
    return pairs


def test_windows_of_one_give_each_neighbour_within_a_sentence():
    stream = np.array([5, 6, 7, END, 8, END, 9, 10, END], np.int32)

    chunks = cut_chunks(stream, np.ones(11), 1, SIZE, np.random.default_rng(0))

    pairs = []
    for middle, reach in zip(chunks.middle, chunks.reach, strict=True):
        for j in range(SIZE):
            for i in (-1, 1):
                if abs(i - middle[j]) <= reach[j]:
                    pairs.append((int(chunks.ids[1 + j]), int(chunks.ids[1 + j + i])))
    assert sorted(pairs) == [(5, 6), (6, 5), (6, 7), (7, 6), (9, 10), (10, 9)]
    assert chunks.words == 6


def test_pairs_never_cross_sentences_and_reach_each_distance_as_often_as_drawn():
    rng = np.random.default_rng(1)
    sentences = [100 * n + np.arange(rng.integers(1, 12)) for n in range(2_000)]
    stream = np.concatenate([[*sentence, END] for sentence in sentences])
    keep = np.ones(stream.max() + 1)

    chunks = cut_chunks(stream.astype(np.int32), keep, W, SIZE, rng)

    pairs = np.array(pairs_of_chunks(chunks))
    assert (pairs[:, 0] // 100 == pairs[:, 1] // 100).all()
    distance = pairs[:, 1] - pairs[:, 0]
    for d in range(1, W + 1):
        possible = sum(max(0, len(sentence) - d) for sentence in sentences)
        # Within a window of 1 ... W with equal chances: 1, 2/3, 1/3 for W = 3.
        chance = (W - d + 1) / W
        spread = 5 * np.sqrt(possible * chance * (1 - chance)) + 1e-9
        for sign in (1, -1):
            found = np.count_nonzero(distance == sign * d)
            assert abs(found - chance * possible) <= spread


def test_every_kept_word_stands_in_one_chunk_and_filling_pairs_with_nothing():
    stream = np.arange(1, 12, dtype=np.int32)
    stream[-1] = END

    chunks = cut_chunks(stream, np.ones(20), W, SIZE, np.random.default_rng(0))

    assert chunks.ids[W : W + 10].tolist() == list(range(1, 11))
    assert chunks.ids.shape == (2 * SIZE + 2 * W,)
    assert chunks.reach.shape == chunks.middle.shape == (2, SIZE)
    assert (chunks.reach[1, 2:] == 0).all()
    assert all(context != 0 for _, context in pairs_of_chunks(chunks))


def test_nothing_kept_gives_no_chunk():
    stream = np.array([0, 1, END], np.int32)

    chunks = cut_chunks(stream, np.zeros(2), W, SIZE, np.random.default_rng(0))

    assert chunks.middle.shape == (0, SIZE)
    assert chunks.words == 2


@pytest.mark.parametrize(
    ("top_share", "size"), [(1 / 1000, 512), (1 / 20, 128), (1 / 2, 32)]
)
def test_a_chunk_holds_the_most_frequent_word_eight_times_at_most(top_share, size):
    rest = np.full(5_000, (1 - top_share) / 5_000)
    counts = np.concatenate([[top_share], rest])

    assert chunk_size(counts, np.ones(len(counts)), 512, 32) == size
