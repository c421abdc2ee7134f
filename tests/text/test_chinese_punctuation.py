"""Full-width marks come back after NFKC, and no other character changes."""

import unicodedata

import pytest
import tensorflow as tf

from roots_tf.text.chinese_punctuation import widen_punctuation


def widened(text):
    return widen_punctuation(tf.constant([text])).numpy()[0].decode()


@pytest.mark.parametrize(
    "text",
    [
        "你好，世界！",
        "他问：“你去吗？”我说：“不去；太远。”",
        "真的吗？！（他笑了）",
        "我有3,000块，在12:30到。",
        "Tom，你好：GPT是什么？",
        "Is it 5:30? Yes, it is (I think)!",
        "",
        "？",
    ],
)
def test_what_nfkc_makes_narrow_is_wide_again(text):
    narrow = unicodedata.normalize("NFKC", text)

    expected = text if len(text) != 1 else "?"  # alone it is of no language
    assert widened(narrow) == expected


def test_marks_of_other_languages_stay_and_spaces_beside_chinese_marks_go():
    assert widened("Hello, Tom! (3,000)") == "Hello, Tom! (3,000)"
    assert widened("你好 , 世界 !") == "你好，世界！"
