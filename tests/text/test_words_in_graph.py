"""The graph's words and ids are those of the Python path, whatever the text."""

import unicodedata

import numpy as np
import pytest

pytest.importorskip("tensorflow_text")

import tensorflow as tf  # noqa: E402

from roots_tf.text.text_to_ids import TextSettings, encode, tokenize  # noqa: E402
from roots_tf.text.vocabulary import Vocabulary  # noqa: E402
from roots_tf.text.words_in_graph import WordsInGraph  # noqa: E402

TEXTS = [
    "",
    " \n\t\u3000",
    "Ｄｅｅｐ　Learning，I don't!",
    "深度学习 is 好，〇々",
    "Straße İstanbul ﬁne ΣΑΣ Ⅷ",
    "e\u0301 cafe\u0301 ẛ̣",
    "👨\u200d👩\u200d👧 👍🏽 🇨🇳 1️⃣ ❤️",
    "\x00a\x85b\u200bc\u00add\u202eשלום",
    "3.14, 10:30 ... 1,000",
    "[PAD] [UNK] pad",
    "这 is NOT a “test”, isn’t it? 不是",
    "x" * 10_000,
]
SETTINGS = [
    TextSettings("characters"),
    TextSettings("characters", fold_case=False, max_length=3),
    TextSettings("characters", drop_stop_words="en"),
    TextSettings("characters", fold_case=False, drop_stop_words="zh"),
]


def characters_of_every_kind():
    """All assigned characters, of ideographs and Hangul syllables some, 40 a text."""
    codes = [*range(0x3400), *range(0x3400, 0xD800, 50), *range(0xE000, 0x20000)]
    codes += range(0x20000, 0x110000, 500)
    known = [chr(code) for code in codes if unicodedata.category(chr(code)) != "Cn"]
    np.random.default_rng(0).shuffle(known)
    return ["".join(known[at : at + 40]) for at in range(0, len(known), 40)]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_ids_are_those_of_the_python_path(settings):
    vocabulary = Vocabulary.build(tokenize(TEXTS[:8], settings))
    words = WordsInGraph(vocabulary, settings)

    found = words.encode(tf.constant(TEXTS)).numpy()

    expected = encode(tokenize(TEXTS, settings), vocabulary, settings)
    assert found.dtype == np.int32
    assert found.shape[1] == max(map(len, expected))
    for row, ids in zip(found, expected, strict=True):
        np.testing.assert_array_equal(row[: len(ids)], ids)
        assert not row[len(ids) :].any()


@pytest.mark.parametrize("settings", SETTINGS[:2], ids=str)
def test_characters_of_every_kind_are_read_as_python_reads_it(settings):
    texts = characters_of_every_kind()
    words = WordsInGraph(Vocabulary(["[PAD]", "[UNK]"]), settings)

    found = words.tokenize(tf.constant(texts)).to_list()

    expected = tokenize(texts, settings)
    assert len(texts) > 600
    for tokens, row in zip(expected, found, strict=True):
        assert [token.decode() for token in row] == tokens


@pytest.mark.parametrize("texts", [[""], [" ", ""]])
def test_texts_without_tokens_are_one_padding_id(texts):
    words = WordsInGraph(Vocabulary(["[PAD]", "[UNK]"]), SETTINGS[0])

    assert words.encode(tf.constant(texts)).numpy().tolist() == [[0]] * len(texts)


def test_jiebas_words_are_refused():
    with pytest.raises(ValueError, match="--han characters.* got words: jieba"):
        WordsInGraph(Vocabulary(["[PAD]", "[UNK]"]), TextSettings("words"))
