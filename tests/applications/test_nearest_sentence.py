"""The sentence that is most like a question, in both languages and of any text."""

import pytest

from roots_tf.applications.nearest_sentence import nearest_sentence
from roots_tf.datasets.reading_comprehension import load_reading_comprehension

PASSAGE = "The tower is old. It was built in 1923 by a farmer. The farmer sold towers."


@pytest.mark.parametrize(
    "question, expected",
    [
        ("Who built the tower in 1923?", "It was built in 1923 by a farmer."),
        ("How old are the towers?", "The tower is old."),
        # A term counts once, however often it stands there.
        ("What did the farmer with a tower sell?", "The farmer sold towers."),
        ("Why?", "The tower is old."),  # of equals the first
    ],
)
def test_it_has_most_of_the_questions_terms(question, expected):
    assert nearest_sentence(question, PASSAGE, "en") == expected


def test_chinese_is_compared_by_pairs_of_characters():
    passage = "这座塔很旧。它由一位农民建造.农民卖了塔。"

    assert nearest_sentence("谁建造了它？", passage, "zh") == "它由一位农民建造。"


@pytest.mark.parametrize("passage", ["", " \n ", "no end", "👍🏽", "x" * 100_000])
def test_any_passage_has_one_or_is_empty(passage):
    assert nearest_sentence("what?", passage, "en") == passage.strip()


@pytest.mark.parametrize("name", ["passages_en", "passages_zh"])
def test_it_holds_the_answer_more_often_than_another_sentence(name):
    data = load_reading_comprehension(name)
    questions = [*data.train, *data.validation, *data.test]

    def rate(choose):
        held = [
            any(a.text in choose(q) for a in q.answers) for q in questions if q.answers
        ]
        return sum(held) / len(held)

    nearest = rate(lambda q: nearest_sentence(q.text, q.passage, data.language))
    first = rate(lambda q: nearest_sentence("", q.passage, data.language))
    assert nearest > first + 0.2
