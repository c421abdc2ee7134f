"""BERT's normalisation and words, beside its rules written anew in Python."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.bert_normalization import normalize_for_bert, split_bert_words

pytest.importorskip("tensorflow_text")

# Blocks of the CJK Unified Ideographs that the released code names.
HAN = [
    *((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F)),
    *((0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)),
]


def is_han(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in HAN)


def is_punctuation(character: str) -> bool:
    ascii = character.isascii() and character.isprintable()
    symbol = ascii and not character.isalnum() and character != " "
    return symbol or unicodedata.category(character).startswith("P")


def words_by_the_rules(text: str, lower_case: bool) -> list[str]:
    """The steps of BERT's released ``BasicTokenizer``, one after the other."""
    cleaned = []
    for character in text:
        category = unicodedata.category(character)
        if character in "\t\n\r" or category.startswith("Z"):
            cleaned.append(" ")
        elif character != "\ufffd" and category not in ("Cc", "Cf", "Co"):
            cleaned.append(character)
    if lower_case:
        decomposed = unicodedata.normalize("NFD", "".join(cleaned))
        cleaned = [c.lower() for c in decomposed if unicodedata.category(c) != "Mn"]
    spaced = [f" {c} " if is_han(c) or is_punctuation(c) else c for c in cleaned]
    return "".join(spaced).split()


def words(texts: list[str], lower_case: bool) -> list[list[str]]:
    normalized = normalize_for_bert(tf.constant(texts), lower_case)
    rows = split_bert_words(normalized).to_list()
    return [[word.decode() for word in row] for row in rows]


@pytest.mark.parametrize("lower_case", [True, False])
def test_words_are_those_of_the_rules(reviews, odd_texts, random_texts, lower_case):
    texts = [*reviews["zh"], *reviews["en"], *odd_texts, *random_texts]

    found = words(texts, lower_case)

    for text, row in zip(texts, found, strict=True):
        expected = words_by_the_rules(text, lower_case)
        expected = [word if len(word) <= 100 else "\ue000" for word in expected]
        assert row == expected, text


def test_chinese_punctuation_keeps_its_width():
    assert words(["Ａ，B,（b）。"], lower_case=True) == [
        ["ａ", "，", "b", ",", "（", "b", "）", "。"]
    ]


def test_length_is_counted_in_characters_after_accents_are_gone():
    hundred = "é" * 50 + "ж" * 50

    found = words([hundred, hundred + "e", "e\u0301" * 100], lower_case=True)

    assert found == [["e" * 50 + "ж" * 50], ["\ue000"], ["e" * 100]]


def test_many_long_words_of_many_scripts_need_no_more_memory_than_re2_has(capfd):
    letters = [
        *"абвгдежз",
        *map(chr, range(0xAC00, 0xB000)),
        *map(chr, range(0x3041, 0x3090)),
    ]
    draw = np.random.default_rng(0)
    texts = ["".join(draw.choice([*letters, " ", "。"], 3_000)) for _ in range(20)]

    found = words(texts, lower_case=False)

    for text, row in zip(texts, found, strict=True):
        expected = words_by_the_rules(text, lower_case=False)
        assert row == [word if len(word) <= 100 else "\ue000" for word in expected]
        assert "\ue000" in row
    assert "out of memory" not in capfd.readouterr().err


def test_a_graph_does_the_same_as_eager_execution(odd_texts):
    in_graph = tf.function(lambda texts: normalize_for_bert(texts, True))

    texts = tf.constant(odd_texts)

    assert in_graph(texts).numpy().tolist() == (
        normalize_for_bert(texts, True).numpy().tolist()
    )
