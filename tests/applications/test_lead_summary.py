"""The beginning of a text as its summary."""

import pytest

from roots_tf.applications.lead_summary import (
    lead_sentences,
    lead_words,
    sentences_of,
)


def test_the_first_sentences_are_given_whole_or_as_many_as_there_are():
    text = "One is first. Two comes after it.\n\nThree"

    assert lead_sentences(text, 1, "en") == "One is first."
    assert lead_sentences(text, 2, "en") == "One is first. Two comes after it."
    assert lead_sentences(text, 9, "en") == "One is first. Two comes after it. Three"


def test_chinese_sentences_are_joined_without_a_space_and_end_with_a_dot_too():
    text = "目的观察疗效.方法分为2组,每组3.5人（各半）.结果好。"

    assert sentences_of(text, "zh") == [
        "目的观察疗效。",
        "方法分为2组,每组3.5人（各半）。",
        "结果好。",
    ]
    assert lead_sentences(text, 2, "zh") == "".join(sentences_of(text, "zh")[:2])


@pytest.mark.parametrize(
    "text, count, expected",
    [
        ("a b  c d", 3, "a b  c"),
        ("深度 学习", 3, "深度 学"),
        (" a b ", 5, "a b"),
        ("a b", 0, ""),
        ("", 2, ""),
    ],
)
def test_the_first_words_or_characters_are_given(text, count, expected):
    assert lead_words(text, count) == expected
