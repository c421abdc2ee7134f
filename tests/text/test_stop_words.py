"""Stop words, and what erratum E16 says of them."""

import numpy as np
import pytest

from roots_tf.text.segmentation import segment
from roots_tf.text.stop_words import NEGATIONS, STOP_WORDS, remove_stop_words

# Written for this test.
TRAINING = [
    ("这 部 电影 好看", 1),
    ("剧情 非常 精彩", 1),
    ("演员 非常 好看", 1),
    ("配乐 精彩 动听", 1),
    ("这 部 电影 不 好看", 0),
    ("剧情 一点 不 精彩", 0),
    ("画面 非常 模糊", 0),
    ("演员 不 自然", 0),
]
TEST = [
    ("不 好看", 0),
    ("这 配乐 一点 不 精彩", 0),
    ("这 部 非常 好看", 1),
    ("剧情 精彩", 1),
]


def bayes_answers(drop) -> int:
    """How many of the four test sentences naive Bayes gets right."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    texts = [drop(text.split()) for text, _ in TRAINING + TEST]
    counts = CountVectorizer(analyzer=list).fit(texts[:8]).transform(texts)
    labels = np.array([label for _, label in TRAINING + TEST])
    model = MultinomialNB().fit(counts[:8], labels[:8])
    return int((model.predict(counts[8:]) == labels[8:]).sum())


def test_e16_four_of_four_with_the_negation_and_two_of_four_without():
    as_printed = bayes_answers(
        lambda tokens: remove_stop_words(tokens, "zh", keep_negations=False)
    )

    assert bayes_answers(list) == 4
    assert bayes_answers(lambda tokens: remove_stop_words(tokens, "zh")) == 4
    assert as_printed == 2


@pytest.mark.parametrize(
    "language, text, kept",
    [
        ("en", "this is not good", "not good"),
        ("en", "I don't like it", "don't like"),
        ("en", "never without hope", "never without hope"),
        ("zh", "这 电影 不 好看", "电影 不 好看"),
        ("zh", "我 没有 钱 了", "没有 钱"),
    ],
)
def test_negations_stay_by_default(language, text, kept):
    assert remove_stop_words(text.split(), language) == kept.split()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_negations_are_part_of_the_lists_in_common_use_and_go_with_them(language):
    words = sorted(NEGATIONS[language])

    assert NEGATIONS[language] < STOP_WORDS[language]
    assert remove_stop_words(words, language) == words
    assert remove_stop_words(words, language, keep_negations=False) == []


def test_case_and_kind_of_apostrophe_make_no_difference():
    tokens = ["It’s", "It's", "THE", "end", "Don’t"]

    assert remove_stop_words(tokens, "en") == ["end", "Don’t"]


def test_the_english_stop_words_are_tokens_of_the_segmenter():
    words = sorted(STOP_WORDS["en"])

    assert segment(words) == [[word] for word in words]


def test_a_text_of_stop_words_alone_becomes_empty():
    assert remove_stop_words(["the", "of"], "en") == []
    assert remove_stop_words([], "zh") == []


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"of \['en', 'zh'\], got 'fr'"):
        remove_stop_words(["le"], "fr")
