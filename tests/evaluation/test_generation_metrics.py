"""Repetition and variety of texts, counted by hand."""

import pytest

from roots_tf.evaluation.generation_metrics import (
    distinct,
    mean_repetition,
    repetition,
)


@pytest.mark.parametrize(
    "text, n, expected",
    [
        # 10 characters; 床前明月光 has all different: nothing repeats.
        ("床前明月光", 1, 0.0),
        # a b a b a: ab, ba, ab, ba: two of four stood there before.
        ("ababa", 2, 0.5),
        # aaaaa: four pairs, one kind.
        ("aaaaa", 2, 3 / 4),
        ("aaaaa", 5, 0.0),
        ("aaa", 4, 0.0),  # no 4-gram at all
        ("", 1, 0.0),
    ],
)
def test_repetition_is_the_share_of_ngrams_that_stood_before(text, n, expected):
    assert repetition(text, n) == expected


def test_the_mean_is_over_texts_and_not_over_ngrams():
    assert mean_repetition(["aaaaa", "ab"], n=2) == (3 / 4 + 0) / 2


def test_distinct_counts_kinds_over_all_texts_together():
    # aba, abc: unigrams a b a a b c, 3 kinds of 6; bigrams ab ba ab bc, 3 of 4.
    assert distinct(["aba", "abc"], 1) == 3 / 6
    assert distinct(["aba", "abc"], 2) == 3 / 4
    assert distinct(["aba", "abc"], 4) == 0.0


def test_the_same_text_twice_is_half_as_distinct():
    assert distinct(["abcd"], 2) == 1.0
    assert distinct(["abcd", "abcd"], 2) == 0.5


def test_tokens_may_be_ids_or_words():
    assert repetition([7, 8, 7, 8], 2) == repetition("to be to be".split(), 2) == 1 / 3


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(ValueError, match="n of 1 or more, got 0"):
        repetition("ab", 0)
    with pytest.raises(ValueError, match="n of 1 or more, got 0"):
        distinct(["ab"], 0)
    with pytest.raises(ValueError, match="1 or more texts, got none"):
        mean_repetition([])
