"""A stream of lines becomes a stream of tokens, the same as whole texts would."""

import tracemalloc
from itertools import repeat

import pytest

from roots_tf.text import sentence_stream
from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import segment
from roots_tf.text.sentence_stream import SEGMENTATIONS, tokenize_lines

MIXED = [
    "The cat, sat -- on 3.14 mats!\r\n",
    "",
    "   ",
    "大规模语言模型从理论到实践（ROOTS）：用ＢＥＲＴ模型，准确率93.5%。",
    "... !? 🙂 $",
    "I don't like自然语言处理, naïve CAFÉ's Straße\t2nd",
    "snake_case word2vec GPT-4 👍🏿 10:30 ©2024 ²",
    "한국어 हिन्दी русский «да»",
    "the cat, sat; the CAT, sat: 自然语言处理",
]


def whole_lines(han):
    """The same by the definition: each line at once, then what is no word dropped."""
    tokens = segment([normalize(line) for line in MIXED], han)
    kept = [[t for t in line if any(map(str.isalnum, t))] for line in tokens]
    return [line for line in kept if line]


@pytest.mark.parametrize("han", ["words", "characters"])
@pytest.mark.parametrize(("batch", "known"), [(60, 0), (60, 9), (999, 99)])
def test_words_are_those_of_whole_lines_however_they_are_batched(
    monkeypatch, han, batch, known
):
    pytest.importorskip("tensorflow_text")
    monkeypatch.setattr(sentence_stream, "_BATCH", batch)
    monkeypatch.setattr(sentence_stream, "_MOST_KNOWN", known)

    assert list(tokenize_lines(iter(MIXED), han)) == whole_lines(han)


@pytest.mark.parametrize(
    ("line", "words", "characters"),
    [
        ("Ｄｅｅｐ　Learning!", "deep learning", "deep learning"),
        ("I like 机器学习", "i like 机器 学习", "i like 机 器 学 习"),
        ("don’t STOP: rock'n'roll", "don’t stop rock'n'roll", None),
        ("2,000 + 10:30 = ?", "2,000 10:30", None),
    ],
)
def test_words_are_normalised_and_punctuation_goes(line, words, characters):
    pytest.importorskip("tensorflow_text")

    assert list(tokenize_lines([line], "words")) == [words.split()]
    assert list(tokenize_lines([line])) == [words.split()]
    expected = (characters or words).split()
    assert list(tokenize_lines([line], "characters")) == [expected]


def test_spaces_change_nothing_else():
    lines = ["The  cat, <unk>\r\n", "", " \u3000 ", "深度\u3000学习 。\n"]

    sentences = list(tokenize_lines(lines, "spaces"))

    assert sentences == [["The", "cat,", "<unk>"], ["深度", "学习", "。"]]


@pytest.mark.parametrize("segmentation", SEGMENTATIONS)
def test_no_line_gives_no_sentence(segmentation):
    pytest.importorskip("tensorflow_text")

    assert list(tokenize_lines([], segmentation)) == []


def test_an_endless_text_is_cut_as_it_is_asked_for(monkeypatch):
    pytest.importorskip("tensorflow_text")
    monkeypatch.setattr(sentence_stream, "_BATCH", 100)

    for segmentation in SEGMENTATIONS:
        sentences = tokenize_lines(repeat("so on 等等"), segmentation)
        assert next(sentences)[:2] == ["so", "on"]


def test_what_is_kept_of_earlier_batches_is_bounded(monkeypatch):
    monkeypatch.setattr(sentence_stream, "segment", lambda pieces, _: [*zip(pieces)])
    monkeypatch.setattr(sentence_stream, "_BATCH", 10_000)
    monkeypatch.setattr(sentence_stream, "_MOST_KNOWN", 1_000)
    lines = (f"word{number}" for number in range(50_000))
    tracemalloc.start()

    number = sum(1 for _ in tokenize_lines(lines, "words"))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 50_000
    # A batch is 1,000 words of some 0.5 kB each; all 50,000 take 9 MB.
    assert peak < 2_000_000


def test_an_unknown_segmentation_is_refused_at_once():
    with pytest.raises(ValueError, match="expected segmentation to be one of .*'word'"):
        tokenize_lines([], "word")
