"""Exact match and F1 of answers: the definitions of SQuAD and CMRC, worked by hand."""

import re
import string
from collections import Counter

import numpy as np
import pytest

from roots_tf.evaluation.span_metrics import (
    answer_scores,
    answer_tokens,
    exact_match,
    normalize_answer,
    overlap_f1,
)


@pytest.mark.parametrize(
    "text, language, expected",
    [
        ("The Denver  Broncos!", "en", "denver broncos"),
        ("an U.S. (theatre)", "en", "us theatre"),  # no article inside a word
        ("it's\n the a-b", "en", "its ab"),
        ("  《战国无双3》，Ω-Force ", "zh", "战国无双3ωforce"),
        ("3.5%…", "zh", "3.5%…"),  # not in the script's list
    ],
)
def test_what_makes_no_difference_is_taken_away(text, language, expected):
    assert normalize_answer(text, language) == expected


@pytest.mark.parametrize(
    "prediction, answer, language, expected",
    [
        # Tokens denver, broncos against broncos: P = 1/2, R = 1.
        ("Denver Broncos", "the Broncos", "en", 2 / 3),
        # new new york, york new: the bags share new and york, P = 2/3, R = 1.
        ("New, new York", "York New", "en", 4 / 5),
        ("Paris", "London", "en", 0.0),
        ("", "London", "en", 0.0),
        # 光 荣 和 against 光 荣: P = 2/3, R = 1.
        ("光荣和", "光荣", "zh", 4 / 5),
        # 北 京 and 京 北 share no run longer than 1: P = R = 1/2.
        ("北京", "京北", "zh", 1 / 2),
        # A number is one token: 1990 年, against 1990 年 北 京.
        ("1990年", "1990年北京", "zh", 2 / 3),
        # Two runs of 1 and 2; the longest counts: 2 of 4 and 2 of 4.
        ("甲乙丙丁", "甲子丙丁", "zh", 1 / 2),
        # SQuAD's script would see one wrong token.
        ("光荣和", "光荣", "en", 0.0),
    ],
)
def test_f1_of_worked_examples(prediction, answer, language, expected):
    assert overlap_f1(prediction, answer, language) == pytest.approx(expected)


def test_chinese_and_latin_are_cut_as_cmrc_cuts_them():
    tokens = answer_tokens("Omega Force在1,990年", "zh")

    assert tokens == ["omega", "force", "在", "1,990", "年"]


def test_of_several_answers_the_best_counts_and_questions_are_averaged():
    scores = answer_scores(
        ["Denver Broncos", "in 1990"],
        [["Carolina Panthers", "Broncos", "The Denver Broncos"], ["1991", "1990"]],
        "en",
    )

    # Of the second the bags share 1990: P = 1/2, R = 1.
    assert scores == pytest.approx({"exact_match": 0.5, "f1": (1 + 2 / 3) / 2})


def test_english_scores_are_those_of_the_definition_on_random_answers():
    """The definition of SQuAD 1.1, written with regular expressions."""

    def bag(text):
        text = re.sub(f"[{re.escape(string.punctuation)}]", "", text.lower())
        return Counter(w for w in text.split() if w not in ("a", "an", "the"))

    rng = np.random.default_rng(0)
    words = ["The", "a", "cat", "Cat,", "dog", "dogs", "an", "(red)", "red", "-"]
    for _ in range(200):
        first, second = (" ".join(rng.choice(words, rng.integers(1, 6))) for _ in "ab")
        p, t = bag(first), bag(second)
        shared = sum(min(p[word], t[word]) for word in p)
        precision, recall = (shared / max(1, sum(counts.values())) for counts in (p, t))
        expected = 2 * precision * recall / max(precision + recall, 1e-9)

        assert overlap_f1(first, second, "en") == pytest.approx(expected)


def test_chinese_scores_are_those_of_the_longest_common_substring():
    rng = np.random.default_rng(1)
    for _ in range(200):
        first, second = (
            "".join(rng.choice([*"甲乙丙"], rng.integers(1, 7))) for _ in "ab"
        )
        pieces = {
            first[i:j] for i in range(len(first)) for j in range(i + 1, len(first) + 1)
        }
        common = max((len(p) for p in pieces if p in second), default=0)
        expected = 2 * common / (len(first) + len(second))

        assert overlap_f1(first, second, "zh") == pytest.approx(expected)
        assert exact_match(first, second, "zh") == float(first == second)


@pytest.mark.parametrize(
    "predictions, answers, language, message",
    [
        (["a"], [["a"]], "fr", "expected a language of"),
        (["a"], [], "en", "got 1 for 0"),
        ([], [], "en", "got 0 for 0"),
        (["a", "b"], [["a"], []], "en", "an answer or more to each question"),
    ],
)
def test_what_cannot_be_scored_is_refused(predictions, answers, language, message):
    with pytest.raises(ValueError, match=message):
        answer_scores(predictions, answers, language)
