"""Sentences become ids: all of them, in order, and in little memory."""

import random
import subprocess
import sys
from collections import Counter
from itertools import chain

import numpy as np
import pytest

from roots_tf.word_vectors import corpus_encoding
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


def test_memory_does_not_grow_with_the_text(tmp_path):
    pytest.importorskip("resource", reason="Windows counts no peak of memory")
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
