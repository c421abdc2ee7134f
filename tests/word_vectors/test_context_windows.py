"""Subsampling and windows against loops that read one word after the other."""

import numpy as np
import pytest
from scipy import stats

from roots_tf.word_vectors.context_windows import (
    END,
    cbow_contexts,
    drawn_windows,
    extents,
    keep_probabilities,
    skip_gram_pairs,
    subsample,
)


def random_stream(seed: int) -> np.ndarray:
    """Sentences of 0 to 8 words; with odd seeds the last one is cut off."""
    generator = np.random.default_rng(seed)
    sentences = [
        [*generator.integers(0, 20, generator.integers(0, 9)), END] for _ in range(12)
    ]
    stream = np.array(sum(sentences, []), np.int32)
    return stream[:-1] if seed % 2 else stream


def neighbours_one_by_one(ids, windows):
    """(position, [(distance, word), ...]) for each word, by walking until END."""
    for centre, window in enumerate(windows):
        if ids[centre] == END:
            continue
        found = []
        for step in (-1, 1):
            place = centre + step
            while (
                0 <= place < len(ids)
                and ids[place] != END
                and abs(place - centre) <= window
            ):
                found.append((place - centre, int(ids[place])))
                place += step
        yield centre, sorted(found)


@pytest.fixture(params=range(6))
def stream(request):
    """A stream of ids and a window drawn for each position."""
    ids = random_stream(request.param)
    windows = drawn_windows(len(ids), 4, np.random.default_rng(request.param))
    return ids, windows


def test_extents_reach_as_far_as_the_window_within_the_sentence(stream):
    ids, windows = stream

    left, right = extents(ids, windows)

    for centre, found in neighbours_one_by_one(ids, windows):
        assert left[centre] == sum(distance < 0 for distance, _ in found)
        assert right[centre] == sum(distance > 0 for distance, _ in found)
    assert not left[ids == END].any() and not right[ids == END].any()
    assert left.dtype == right.dtype == np.int32


def test_pairs_are_those_of_a_loop_over_the_text_in_its_order(stream):
    ids, windows = stream

    centres, contexts = skip_gram_pairs(ids, *extents(ids, windows))

    expected = [
        (ids[centre], word)
        for centre, found in neighbours_one_by_one(ids, windows)
        for _, word in found
    ]
    assert list(zip(centres, contexts, strict=True)) == expected
    assert centres.dtype == contexts.dtype == np.int32


def test_contexts_are_those_of_a_loop_over_the_text(stream):
    ids, windows = stream

    centres, contexts, mask = cbow_contexts(ids, *extents(ids, windows), window=4)

    columns = [-4, -3, -2, -1, 1, 2, 3, 4]
    expected = []
    for centre, found in neighbours_one_by_one(ids, windows):
        if found:
            row = [dict(found).get(distance, -1) for distance in columns]
            expected.append((ids[centre], row))
    assert centres.tolist() == [centre for centre, _ in expected]
    assert contexts.tolist() == [row for _, row in expected]
    np.testing.assert_array_equal(mask, contexts != -1)
    assert contexts.dtype == np.int32 and contexts.shape[1] == 8


def test_no_pair_has_an_end_or_crosses_it():
    # Words 0 to 99 in the first sentence, 100 to 199 in the second, and so on.
    lengths = np.random.default_rng(0).integers(0, 100, 50)
    sentences = [np.append(np.arange(n) + 100 * i, END) for i, n in enumerate(lengths)]
    ids = np.concatenate(sentences).astype(np.int32)
    left, right = extents(ids, np.full(len(ids), 10))

    centres, contexts = skip_gram_pairs(ids, left, right)
    targets, around, mask = cbow_contexts(ids, left, right, window=10)

    assert len(centres) and min(centres.min(), contexts.min(), targets.min()) >= 0
    np.testing.assert_array_equal(centres // 100, contexts // 100)
    same_sentence = around // 100 == targets[:, None] // 100
    assert same_sentence[mask].all() and (around[~mask] == -1).all()


@pytest.mark.parametrize("ids", [[], [END], [END, END], [3], [3, END, 4, END]])
def test_a_text_without_two_words_in_a_sentence_has_no_pairs(ids):
    ids = np.array(ids, np.int32)
    left, right = extents(ids, np.full(len(ids), 5))

    pairs = skip_gram_pairs(ids, left, right)
    centres, contexts, mask = cbow_contexts(ids, left, right, window=5)

    assert [len(part) for part in pairs] == [0, 0]
    assert centres.shape == (0,) and contexts.shape == mask.shape == (0, 10)


@pytest.mark.parametrize("window", [1, 2, 5])
def test_windows_are_uniform_from_1_to_the_window(window):
    drawn = drawn_windows(60_000, window, np.random.default_rng(0))

    counts = np.bincount(drawn, minlength=window + 1)[1:]
    assert drawn.dtype == np.int32 and counts.sum() == 60_000
    # One seed in a thousand falls below if they are uniform; one value alone is.
    assert window == 1 or stats.chisquare(counts).pvalue > 0.001


def test_a_window_below_1_is_refused():
    ids = np.array([1, 2, END], np.int32)

    with pytest.raises(ValueError, match="expected a window of 1 word or more, got 0"):
        drawn_windows(3, 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected a window of 1 word or more, got -1"):
        cbow_contexts(ids, *extents(ids, np.ones(3, int)), window=-1)


def test_keeping_follows_the_two_rules_formulas():
    counts, t = np.array([90_000, 9_000, 900, 90, 10]), 1e-3

    paper = keep_probabilities(counts, t, "paper")
    c = keep_probabilities(counts, t, "c")

    for count, by_paper, by_c in zip(counts, paper, c, strict=True):
        f = count / 100_000
        discard = max(0, 1 - (t / f) ** 0.5)  # 1310.4546, eq. 5
        assert by_paper == pytest.approx(1 - discard, rel=1e-12)
        in_c = ((count / (t * 100_000)) ** 0.5 + 1) * (t * 100_000) / count
        assert by_c == pytest.approx(min(1, in_c), rel=1e-12)


def test_the_c_rule_keeps_more_and_every_word_up_to_2_6_thresholds():
    counts = np.arange(1, 1_000)
    threshold = 100 / counts.sum()

    paper = keep_probabilities(counts, threshold, "paper")
    c = keep_probabilities(counts, threshold, "c")

    assert np.all(c >= paper)
    assert (c == 1).sum() == 261 and (paper == 1).sum() == 100


def test_a_threshold_of_0_keeps_every_word():
    assert keep_probabilities([5, 1], 0, "c").tolist() == [1, 1]


def test_an_unknown_rule_a_negative_threshold_and_no_counts_are_refused():
    with pytest.raises(ValueError, match=r"rule of \('paper', 'c'\), got 'C'"):
        keep_probabilities([5, 1], 1e-3, "C")
    for threshold in (-1e-3, float("nan")):
        with pytest.raises(ValueError, match="expected a threshold of 0 or more"):
            keep_probabilities([5, 1], threshold)
    with pytest.raises(ValueError, match="counts of words, all above 0, got"):
        keep_probabilities([5, 0])


def test_subsampling_keeps_each_word_as_often_as_it_should():
    keep = np.array([0.1, 0.5, 0.9, 1.0])
    ids = np.tile(np.array([0, 1, 2, 3, END], np.int32), 20_000)

    left = subsample(ids, keep, np.random.default_rng(0))

    counts = np.bincount(left[left != END], minlength=4)
    for word in range(3):
        p = stats.binomtest(int(counts[word]), 20_000, keep[word]).pvalue
        assert p > 0.001  # once in a thousand seeds it is not
    assert counts[3] == 20_000 and (left == END).sum() == 20_000


def test_subsampling_leaves_the_order_and_repeats_with_its_seed():
    ids = np.arange(1_000, dtype=np.int32)
    ids[::10] = END

    one, other = (
        subsample(ids, np.full(1_000, 0.5), np.random.default_rng(4)) for _ in "ab"
    )

    np.testing.assert_array_equal(one, other)
    words = one[one != END]
    assert np.all(np.diff(words) > 0) and one.dtype == np.int32


@pytest.mark.parity
def test_gensim_keeps_words_by_the_c_rule():
    from gensim.models import Word2Vec

    counts = np.array([90_000, 9_000, 900, 90, 10])
    model = Word2Vec(sample=1e-3, min_count=1, vector_size=1)
    model.build_vocab_from_freq({str(w): int(c) for w, c in enumerate(counts)})

    keep = keep_probabilities(counts, 1e-3, "c")

    in_gensim = [model.wv.get_vecattr(str(w), "sample_int") for w in range(5)]
    # gensim keeps 32 bits: 2^-32 is 2e-10.
    np.testing.assert_allclose(np.divide(in_gensim, 2.0**32), keep, atol=1e-9)
