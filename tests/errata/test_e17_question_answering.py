"""E17: what the tasks that are called question answering choose among."""

import math

from roots_tf.errata.e17_question_answering import (
    ENTRY,
    PUBLISHED,
    answered_when_found,
    possible_answers,
    spans,
)


def test_the_spans_of_a_passage_are_those_that_a_search_counts():
    for tokens, longest in ((1, 1), (5, 3), (9, 20), (150, 30)):
        found = [
            (first, last)
            for first in range(tokens)
            for last in range(first, tokens)
            if last - first < longest
        ]

        assert spans(tokens, longest) == len(found)


def test_the_entry_states_the_counts():
    counts = possible_answers()

    assert counts["extraction"] == 4065
    assert round(math.log10(counts["generation"]), 1) == round(
        5 * math.log10(30_522), 1
    )
    assert "| 4,065 spans |" in ENTRY.numbers
    assert "| 2.6e+22 texts |" in ENTRY.numbers
    assert "| 21,015,324 passages |" in ENTRY.numbers


def test_about_half_of_the_questions_whose_text_is_found_are_answered():
    shares = answered_when_found()

    assert {name: round(share, 2) for name, share in shares.items()} == {
        "BM25": round(32.6 / 59.1, 2),
        "DPR": round(41.5 / 78.4, 2),
    }
    assert all(right < found for found, right in PUBLISHED.values())
    assert "| DPR | 78.4 | 41.5 | 53% |" in ENTRY.numbers
