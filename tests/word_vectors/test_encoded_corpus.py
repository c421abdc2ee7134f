"""A corpus on disk is what was built, whole or not at all, or refused in one line."""

import errno
import hashlib
import json
import re

import numpy as np
import pytest

from roots_tf.word_vectors import encoded_corpus
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus

SMALL = [["b", "a", "猫"], [], ["b", "深度", "a", "b"], ["once"], ["猫", "a", "b"]]


def small_corpus(tmp_path):
    return EncodedCorpus.build(SMALL, tmp_path / "corpus", min_count=1)


def refusal(act, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_slice_is_that_part_of_the_whole(tmp_path):
    corpus = small_corpus(tmp_path)
    whole = corpus.read(0, corpus.length)

    for start in range(corpus.length + 1):
        for stop in range(start, corpus.length + 1):
            ids = corpus.read(start, stop)
            assert ids.tolist() == whole[start:stop].tolist()
            assert ids.dtype == np.int32


@pytest.mark.parametrize("places", [(-1, 2), (3, 2), (0, 99)])
def test_places_that_are_not_there_are_refused(tmp_path, places):
    corpus = small_corpus(tmp_path)

    message = refusal(lambda: corpus.read(*places))

    assert message == (
        f"expected places within 0 and {corpus.length}, got {places[0]} to {places[1]}"
    )


def test_an_opened_corpus_is_the_one_that_was_built(tmp_path):
    built = small_corpus(tmp_path)

    opened = EncodedCorpus.open(str(tmp_path / "corpus"))

    assert opened.words == built.words
    assert opened.counts.tolist() == built.counts.tolist()
    assert opened.content_hash == built.content_hash
    assert (opened.num_tokens, opened.length) == (built.num_tokens, built.length)
    assert opened.folder == built.folder == tmp_path / "corpus"


def test_the_hash_is_that_of_the_two_files(tmp_path):
    corpus = small_corpus(tmp_path)

    files = [tmp_path / "corpus" / name for name in ("words.txt", "ids.int32")]
    data = b"".join(file.read_bytes() for file in files)
    assert corpus.content_hash == hashlib.sha256(data).hexdigest()


def test_the_hash_tells_words_counts_and_order_apart(tmp_path):
    texts = ["a b\na b", "a c\na c", "a b b a", "b a\na b", "a b\na b\na b"]

    hashes = {
        EncodedCorpus.build(
            map(str.split, text.split("\n")), tmp_path / "c", min_count=1
        ).content_hash
        for text in texts
    }

    assert len(hashes) == len(texts)


def test_a_corpus_that_is_there_is_replaced_and_nothing_else_is_left(tmp_path):
    small_corpus(tmp_path)

    corpus = EncodedCorpus.build([["x", "y"]], tmp_path / "corpus", min_count=1)

    assert corpus.words == ("x", "y")
    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]
    names = {path.name for path in (tmp_path / "corpus").iterdir()}
    assert names == {"words.txt", "ids.int32", "corpus.json"}


@pytest.mark.parametrize("there", ["file", "folder"])
def test_something_else_is_not_replaced(tmp_path, there):
    path = tmp_path / "thesis"
    if there == "file":
        path.touch()
    else:
        path.mkdir()
        (path / "chapter.txt").touch()

    message = refusal(lambda: EncodedCorpus.build(SMALL, path))

    assert message == f"{path}: expected a new name or a corpus to replace"
    assert path.exists()


@pytest.mark.parametrize("limits", [{"min_count": 0}, {"max_vocab": 1}])
def test_limits_without_sense_are_refused(tmp_path, limits):
    [(name, value)] = limits.items()

    message = refusal(lambda: EncodedCorpus.build(SMALL, tmp_path / "c", **limits))

    assert re.fullmatch(rf"expected {name} of \d or more, got {value}", message)


def test_a_text_that_breaks_off_leaves_nothing_and_the_old_corpus(tmp_path):
    old = small_corpus(tmp_path).content_hash

    def breaking():
        yield ["a", "b"] * 100
        raise OSError("the text is gone")

    for name in ("corpus", "new"):
        with pytest.raises(OSError, match="the text is gone"):
            EncodedCorpus.build(breaking(), tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == ["corpus"]
    assert EncodedCorpus.open(tmp_path / "corpus").content_hash == old


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encoded_corpus, "write_corpus", full)

    message = refusal(lambda: EncodedCorpus.build(SMALL, tmp_path / "c"), OSError)

    assert message == f"{tmp_path / 'c'}: the disk is full"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    message = refusal(
        lambda: EncodedCorpus.build(SMALL, tmp_path / "file/corpus"), OSError
    )

    assert str(tmp_path / "file") in message


@pytest.mark.parametrize("change", [b"", b"\0", b"\0\0\0\0"])
def test_ids_of_another_size_are_refused(tmp_path, change):
    path = small_corpus(tmp_path).folder / "ids.int32"
    data = path.read_bytes()
    path.write_bytes(data + change if change else data[:-4])

    message = refusal(lambda: EncodedCorpus.open(path.parent))

    got = path.stat().st_size
    assert message == f"{path}: expected {len(data)} bytes, got {got}"


def test_ids_that_are_cut_while_training_reads_them_are_refused(tmp_path):
    corpus = small_corpus(tmp_path)
    path = corpus.folder / "ids.int32"
    path.write_bytes(path.read_bytes()[:20])

    message = refusal(lambda: corpus.read(3, 8))

    assert message == f"{path}: expected 5 ids from 3 on, got 2"


@pytest.mark.parametrize(
    "line",
    [b"a", b"a\t", b"a\t-1", b"a\t0", b"\t1", b"a b\t1", b"\xff\t1", b"a\t1.5", b""],
)
def test_a_bad_line_of_the_words_is_named(tmp_path, line):
    path = small_corpus(tmp_path).folder / "words.txt"
    rows = path.read_bytes().split(b"\n")
    rows[1] = line
    path.write_bytes(b"\n".join(rows))

    message = refusal(lambda: EncodedCorpus.open(path.parent))

    assert message.startswith(f"{path}, line 2: expected 'word<tab>count' in UTF-8, ")


def test_words_that_are_cut_at_the_end_of_a_line_are_refused(tmp_path):
    path = small_corpus(tmp_path).folder / "words.txt"
    path.write_bytes(b"b\t4\na\t3\n")

    message = refusal(lambda: EncodedCorpus.open(path.parent))

    assert message == f"{path}: expected 5 words seen 11 times, got 2 seen 7 times"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"num_words": "5"}', "{nonsense"])
def test_sizes_that_are_none_are_refused(tmp_path, text):
    path = small_corpus(tmp_path).folder / "corpus.json"
    path.write_text(text)

    assert refusal(lambda: EncodedCorpus.open(path.parent)).startswith(
        f"{path}: expected "
    )


@pytest.mark.parametrize("name", ["words.txt", "ids.int32", "corpus.json"])
def test_a_missing_file_is_named(tmp_path, name):
    path = small_corpus(tmp_path).folder / name
    path.unlink()

    assert str(path) in refusal(lambda: EncodedCorpus.open(path.parent), OSError)


def test_the_sizes_are_plain_json(tmp_path):
    corpus = small_corpus(tmp_path)

    sizes = json.loads((corpus.folder / "corpus.json").read_text())

    assert sizes == {
        "num_words": 5,
        "num_tokens": 11,
        "length": 15,
        "content_hash": corpus.content_hash,
    }
