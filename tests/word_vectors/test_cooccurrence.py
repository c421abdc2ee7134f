"""Counting what stands near what: against a count by hand, in little memory."""

import errno
import json
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from roots_tf.word_vectors import cooccurrence
from roots_tf.word_vectors.cooccurrence import Cooccurrence, count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus


def a_corpus(folder, sentences=300, words=40, seed=0):
    """Sentences of 0 to 24 words, some words far more frequent than others."""
    generator = np.random.default_rng(seed)
    weights = 1 / np.arange(1, words + 1)
    weights /= weights.sum()
    lengths = generator.integers(0, 25, sentences)
    texts = [
        [f"w{id}" for id in generator.choice(words, length, p=weights)]
        for length in lengths
    ]
    return EncodedCorpus.build(texts, folder, min_count=1), texts


def counted_by_hand(corpus, texts, window, symmetric):
    """Cell by cell, as the paper says it, in float64."""
    ids = {word: id for id, word in enumerate(corpus.words)}
    x = np.zeros((len(ids), len(ids)))
    for text in texts:
        for place, word in enumerate(text):
            for distance in range(1, min(window, place) + 1):
                before = ids[text[place - distance]]
                x[before, ids[word]] += 1 / distance
                if symmetric:
                    x[ids[word], before] += 1 / distance
    return x


def check(counts, expected, symmetric):
    # Sums are in float64, in whatever order; float32 keeps 24 bits of them.
    np.testing.assert_allclose(counts.full().toarray(), expected, rtol=2**-23)
    stored = counts.rows(0, counts.num_words).toarray()
    kept = np.triu(expected) if symmetric else expected
    np.testing.assert_allclose(stored, kept, rtol=2**-23)
    assert counts.nnz == np.count_nonzero(expected)


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("window", [1, 2, 10, 30])
def test_the_counts_are_those_of_a_count_by_hand(tmp_path, window, symmetric):
    corpus, texts = a_corpus(tmp_path / "corpus")

    counts = count_cooccurrences(corpus, tmp_path / "counts", window, symmetric)

    check(counts, counted_by_hand(corpus, texts, window, symmetric), symmetric)


@pytest.mark.parametrize("symmetric", [True, False])
def test_pieces_and_blocks_on_disk_change_nothing(tmp_path, monkeypatch, symmetric):
    corpus, texts = a_corpus(tmp_path / "corpus")
    blocks = []
    write_rows = cooccurrence.write_rows
    monkeypatch.setattr(cooccurrence, "LEAST_MEMORY", 1)
    monkeypatch.setattr(
        cooccurrence, "write_rows", lambda *a: blocks.append(a[0]) or write_rows(*a)
    )

    counts = count_cooccurrences(corpus, tmp_path / "c", 5, symmetric, 20_000)

    assert len(blocks) > 10
    check(counts, counted_by_hand(corpus, texts, 5, symmetric), symmetric)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["c", "corpus"]


@pytest.mark.parametrize("ids", [1, 2, 3, 7])
def test_a_window_reaches_over_the_edge_of_a_piece(tmp_path, monkeypatch, ids):
    corpus, texts = a_corpus(tmp_path / "corpus", sentences=20)
    monkeypatch.setattr(cooccurrence, "LEAST_MEMORY", 1)
    memory = 2 * cooccurrence._PAIR_BYTES * 4 * ids

    counts = count_cooccurrences(corpus, tmp_path / "counts", 4, True, memory)

    check(counts, counted_by_hand(corpus, texts, 4, True), True)


def test_a_word_beside_itself_counts_once_for_each_of_the_two(tmp_path):
    corpus = EncodedCorpus.build([["a", "a", "b"]], tmp_path / "corpus", min_count=1)

    counts = count_cooccurrences(corpus, tmp_path / "counts")

    assert counts.full().toarray().tolist() == [[2, 1.5], [1.5, 0]]
    assert counts.nnz == 3


def test_memory_stays_within_what_is_given(tmp_path):
    corpus, _ = a_corpus(tmp_path / "corpus", sentences=6_000, words=1_500)
    memory = 4 << 20
    pairs = corpus.num_tokens * 10
    assert pairs * 12 > memory  # they would not fit

    tracemalloc.start()
    count_cooccurrences(corpus, tmp_path / "counts", 10, True, memory)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < memory, peak


def test_what_was_counted_is_opened_again(tmp_path):
    corpus, _ = a_corpus(tmp_path / "corpus")
    made = count_cooccurrences(corpus, tmp_path / "counts", 3)

    opened = Cooccurrence(tmp_path / "counts")

    assert (opened.full() != made.full()).nnz == 0
    assert (opened.nnz, opened.window, opened.symmetric) == (made.nnz, 3, True)
    assert opened.corpus_hash == corpus.content_hash
    assert opened.num_words == len(corpus.words)


def test_counts_are_replaced_and_nothing_else_is(tmp_path):
    corpus, texts = a_corpus(tmp_path / "corpus")
    count_cooccurrences(corpus, tmp_path / "counts", 1)

    counts = count_cooccurrences(corpus, tmp_path / "counts", 2)

    check(counts, counted_by_hand(corpus, texts, 2, True), True)
    with pytest.raises(ValueError, match="corpus: expected a new name or counts to re"):
        count_cooccurrences(corpus, tmp_path / "corpus")


def test_a_failure_leaves_the_old_counts_and_nothing_beside_them(tmp_path, monkeypatch):
    corpus, texts = a_corpus(tmp_path / "corpus")
    count_cooccurrences(corpus, tmp_path / "counts", 2)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(cooccurrence, "write_rows", full)
        with pytest.raises(OSError, match="counts: the disk is full"):
            count_cooccurrences(corpus, tmp_path / "counts", 3)

    check(
        Cooccurrence(tmp_path / "counts"),
        counted_by_hand(corpus, texts, 2, True),
        True,
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "counts"]


def test_a_corpus_that_vanishes_is_an_os_error(tmp_path):
    corpus, _ = a_corpus(tmp_path / "corpus")
    shutil.rmtree(tmp_path / "corpus")

    with pytest.raises(FileNotFoundError):
        count_cooccurrences(corpus, tmp_path / "counts")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options, message",
    [
        ({"window": 0}, "window of 1 or more, got 0"),
        ({"memory_bytes": 5}, "memory of 1048576 bytes or more, got 5"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, options, message):
    corpus, _ = a_corpus(tmp_path / "corpus", sentences=5)

    with pytest.raises(ValueError, match=message):
        count_cooccurrences(corpus, tmp_path / "counts", **options)


def test_a_corpus_of_one_word_sentences_has_nothing_to_count(tmp_path):
    corpus = EncodedCorpus.build([["a"], ["b"]], tmp_path / "corpus", min_count=1)

    with pytest.raises(ValueError, match="sentence of two words or more, got none"):
        count_cooccurrences(corpus, tmp_path / "counts")

    assert not (tmp_path / "counts").exists()


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda text: "rubbish", "expected JSON"),
        (lambda text: "[]", r"expected num_words, .*got \[\]"),
        (lambda text: text.replace('"window": 2', '"window": "2"'), "expected num_wo"),
        (lambda text: text.replace("num_words", "words"), "expected num_words"),
        (lambda text: json.dumps(json.loads(text) | {"num_words": 7}), "expected 7 ro"),
    ],
)
def test_damaged_sizes_are_refused_by_their_file(tmp_path, damage, message):
    corpus, _ = a_corpus(tmp_path / "corpus", sentences=5)
    counts = count_cooccurrences(corpus, tmp_path / "counts", 2)
    path = Path(counts.folder, cooccurrence.SIZES)
    path.write_text(damage(path.read_text()))

    with pytest.raises(ValueError, match=rf"counts.*: {message}"):
        Cooccurrence(tmp_path / "counts")


def test_a_folder_without_counts_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Cooccurrence(tmp_path)
