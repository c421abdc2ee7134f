"""A corpus becomes ids on disk: all of it, in order, and whole or not at all."""

import errno
import hashlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from roots_tf.word_vectors import corpus_encoding, encoded_corpus
from roots_tf.word_vectors.encoded_corpus import END, EncodedCorpus

SMALL = [["b", "a", "猫"], [], ["b", "深度", "a", "b"], ["once"], ["猫", "a", "b"]]


def ranked(sentences, min_count, max_vocab=None):
    """The vocabulary by the definition."""
    counted = Counter(chain.from_iterable(sentences)).items()
    kept = [(word, count) for word, count in counted if count >= min_count]
    return sorted(kept, key=lambda row: (-row[1], row[0]))[:max_vocab]


def sentences_of(corpus):
    """The words that the ids stand for."""
    sentences = [[]]
    for id in corpus.read(0, corpus.length):
        if id == END:
            sentences.append([])
        else:
            sentences[-1].append(corpus.words[id])
    assert sentences.pop() == [], "the last sentence has its end"
    return sentences


def random_sentences(seed, number=400):
    """Zipf's law, some sentences empty, words of two scripts."""
    choose = random.Random(seed)
    words = [f"w{rank}" if rank % 3 else "词" * (rank // 3 + 1) for rank in range(60)]
    weights = [1 / (rank + 1) ** 2 for rank in range(60)]
    return [
        choose.choices(words, weights, k=choose.choice([0, 1, 1, 3, 30]))
        for _ in range(number)
    ]


def small_corpus(tmp_path):
    return EncodedCorpus.build(SMALL, tmp_path / "corpus", min_count=1)


def refusal(act, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_worked_example(tmp_path):
    corpus = EncodedCorpus.build(iter(SMALL), tmp_path / "corpus", min_count=2)

    assert corpus.words == ("b", "a", "猫")
    assert corpus.counts.tolist() == [4, 3, 2]
    assert corpus.counts.dtype == np.int64
    ids = [0, 1, 2, END, 0, 1, 0, END, 2, 1, 0, END]
    assert corpus.read(0, corpus.length).tolist() == ids
    assert (corpus.num_tokens, corpus.length) == (9, 12)
    assert (tmp_path / "corpus/words.txt").read_text("utf-8") == "b\t4\na\t3\n猫\t2\n"
    written = (tmp_path / "corpus/ids.int32").read_bytes()
    assert written == np.array(ids, "<i4").tobytes()


@pytest.mark.parametrize("tokens_at_once", [1, 7, 1 << 13])
@pytest.mark.parametrize("ids_at_once", [1, 2, 5, 1 << 20])
@pytest.mark.parametrize(("min_count", "max_vocab"), [(1, None), (20, None), (2, 7)])
def test_the_ids_are_the_text_wherever_the_buffers_end(
    tmp_path, monkeypatch, tokens_at_once, ids_at_once, min_count, max_vocab
):
    monkeypatch.setattr(corpus_encoding, "_TOKENS", tokens_at_once)
    monkeypatch.setattr(corpus_encoding, "_BUFFER", ids_at_once)
    text = random_sentences(seed=ids_at_once)

    corpus = EncodedCorpus.build(text, tmp_path / "c", min_count, max_vocab)

    expected = ranked(text, min_count, max_vocab)
    assert 2 <= len(expected) < 60
    assert list(zip(corpus.words, corpus.counts, strict=True)) == expected
    kept = set(corpus.words)
    left = [[word for word in sentence if word in kept] for sentence in text]
    left = [sentence for sentence in left if sentence]
    assert sentences_of(corpus) == left
    assert corpus.num_tokens == sum(map(len, left))
    assert corpus.length == corpus.num_tokens + len(left)


def test_words_of_one_frequency_stand_in_the_order_of_their_code_points(tmp_path):
    words = ["é", "z", "中", "a", "\U0001f642", "Z", "ａ"]

    corpus = EncodedCorpus.build([words], tmp_path / "c", min_count=1)

    assert corpus.words == tuple(sorted(words))


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


@pytest.mark.parametrize("sentences", [[], [[]], [[], []]])
def test_an_empty_corpus_is_refused(tmp_path, sentences):
    message = refusal(lambda: EncodedCorpus.build(sentences, tmp_path / "c"))

    assert message == "expected text with two or more different words, got none"


def test_a_single_word_is_refused(tmp_path):
    message = refusal(lambda: EncodedCorpus.build([["词"] * 9], tmp_path / "c"))

    assert message == "expected text with two or more different words, got only '词'"


@pytest.mark.parametrize(("min_count", "left"), [(4, 1), (5, 0)])
def test_a_vocabulary_emptied_by_min_count_is_refused(tmp_path, min_count, left):
    message = refusal(lambda: EncodedCorpus.build(SMALL, tmp_path / "c", min_count))

    assert message == (
        f"expected two or more words seen {min_count} times or more (min_count), "
        f"got {left} of 5 words; the most frequent one, 'b', was seen 4 times"
    )


@pytest.mark.parametrize(
    "word", ["two words", "tab\t", "line\n", "\u3000", "\ud800", ""]
)
def test_a_word_that_the_file_could_not_keep_is_refused(tmp_path, word):
    message = refusal(
        lambda: EncodedCorpus.build([["a", word]], tmp_path / "c", min_count=1)
    )

    assert message.startswith("expected words of Unicode without white space, got ")


def test_a_text_that_is_not_cut_into_tokens_is_refused(tmp_path):
    message = refusal(lambda: EncodedCorpus.build(["the cat sat"], tmp_path / "c"))

    assert message == "expected lists of tokens, got 'the cat sat'"


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


def test_memory_does_not_grow_with_the_text(tmp_path):
    path = tmp_path / "text.txt"
    block = " ".join(f"word{number % 9973}" for number in range(100_000))
    with open(path, "w") as file:  # 50 MB in one line
        for _ in range(52):
            file.write(block + " ")
    code = (
        "import resource, sys\n"
        "from roots_tf.datasets.plain_text import load_plain_text\n"
        "from roots_tf.text.sentence_stream import tokenize_lines\n"
        "from roots_tf.word_vectors.encoded_corpus import EncodedCorpus\n"
        "def peak():\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        "lines = load_plain_text(sys.argv[1])\n"
        "sentences = tokenize_lines(lines, 'spaces')\n"
        "corpus = EncodedCorpus.build(sentences, sys.argv[2])\n"
        "print(corpus.num_tokens, peak() - before)\n"
    )
    command = [sys.executable, "-c", code, str(path), str(tmp_path / "corpus")]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert path.stat().st_size > 45_000_000
    num_tokens, grown = map(int, done.stdout.split())
    assert num_tokens == 5_200_000
    unit = 1 if sys.platform == "darwin" else 1024  # bytes of ru_maxrss
    # Buffers of 2^20 ids take 4 MB each, 8 MB as int64 while they are counted.
    assert grown * unit < 40_000_000
