"""The translation memory beside cosines that are computed one by one."""

import math
from collections import Counter

import pytest

from roots_tf.evaluation.nearest_translation import nearest_translations

SOURCES = ["我喜欢喝茶", "他不喜欢猫", "今天天气很好", "我们去北京", "你会说英语吗"]
TARGETS = ["I like tea", "he dislikes cats", "fine weather", "to Beijing", "English?"]


def grams(text):
    return Counter(text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1))


def cosine(text, other):
    """TF-IDF with ln((1 + N) / (1 + df)) + 1, as scikit-learn documents it."""

    def weights(one):
        return {
            gram: count
            * (1 + math.log((1 + len(SOURCES)) / (1 + sum(gram in s for s in SOURCES))))
            for gram, count in grams(one).items()
            if any(gram in source for source in SOURCES)
        }

    a, b = weights(text), weights(other)
    product = sum(value * b.get(gram, 0) for gram, value in a.items())
    return product / (math.hypot(*a.values()) * math.hypot(*b.values()))


@pytest.mark.parametrize("text", ["他喜欢喝茶", "天气不好", "你去北京吗", "会英语"])
def test_the_nearest_has_the_largest_cosine(text):
    expected = max(range(len(SOURCES)), key=lambda n: cosine(text, SOURCES[n]))

    assert nearest_translations(SOURCES, TARGETS, [text]) == [TARGETS[expected]]


def test_many_texts_are_answered_in_their_order():
    texts = SOURCES * 300

    assert nearest_translations(SOURCES, TARGETS, texts) == TARGETS * 300


def test_without_examples_there_is_nothing_to_copy():
    with pytest.raises(ValueError, match="got 0 for 0"):
        nearest_translations([], [], ["text"])
    with pytest.raises(ValueError, match="got 0 for 1"):
        nearest_translations(["一"], [], ["text"])
