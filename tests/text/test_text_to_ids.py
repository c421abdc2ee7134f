"""The whole path from a text to its ids."""

import numpy as np
import pytest

from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

pytest.importorskip("tensorflow_text")


def test_texts_are_normalised_before_they_are_cut():
    texts = ["Ｄｅｅｐ　Learning，I don't!", "", "\x00", "深度学习"]

    tokens = tokenize(texts, TextSettings(han="characters"))

    assert tokens == [
        ["deep", "learning", ",", "i", "don't", "!"],
        [],
        [],
        ["深", "度", "学", "习"],
    ]


def test_case_is_kept_where_it_is_asked_for():
    assert tokenize(["BERT"], TextSettings(fold_case=False)) == [["BERT"]]


def test_stop_words_stay_unless_a_language_is_named():
    text = "This is not good"

    assert tokenize([text], TextSettings()) == [["this", "is", "not", "good"]]
    settings = TextSettings(drop_stop_words="en", fold_case=False)
    assert tokenize([text], settings) == [["not", "good"]]


def test_ids_are_cut_at_the_length_but_tokens_are_not():
    settings = TextSettings(max_length=3)
    tokens = tokenize(["a b c d e", "b"], settings)

    ids = encode(tokens, Vocabulary.build(tokens), settings)

    assert [len(text) for text in tokens] == [5, 1]
    assert [text.tolist() for text in ids] == [[3, 2, 4], [2]]
    assert {text.dtype for text in ids} == {np.dtype("int32")}


def test_settings_survive_as_a_dictionary():
    settings = TextSettings("characters", False, 7, "zh")

    assert TextSettings(**settings.to_dict()) == settings


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"han": "letters"}, "expected han .* got 'letters'"),
        ({"max_length": 0}, "expected max_length of 1 or more, got 0"),
        ({"drop_stop_words": "fr"}, "expected drop_stop_words .* got 'fr'"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        TextSettings(**wrong)


def test_a_byte_that_was_not_utf8_is_refused():
    with pytest.raises(ValueError, match="surrogate"):
        tokenize(["fine", "not \udcff"], TextSettings())
