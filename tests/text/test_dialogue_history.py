"""Histories as texts, and which turns are kept, beside a loop over the turns."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.characters import CharacterTokenizer
from roots_tf.text.dialogue_history import history_text, latest_turns, turns_of


def by_hand(turns, room, marks):
    """Goes back turn by turn as long as there is room."""
    kept = []
    for turn in reversed(turns):
        turn = turn[-(room - marks) :] if not kept else turn
        if sum(len(one) + marks for one in [turn, *kept]) > room:
            break
        kept.insert(0, turn)
    return kept


@pytest.mark.parametrize("room, marks", [(3, 0), (7, 1), (12, 2), (40, 1)])
def test_whole_turns_go_from_the_beginning_until_the_rest_fits(room, marks):
    rng = np.random.default_rng(0)
    histories = [
        [rng.integers(1, 9, rng.integers(0, 15)).tolist() for _ in range(count)]
        for count in (1, 1, 2, 3, 5, 8, 13)
    ]

    found = latest_turns(
        tf.ragged.constant(histories, tf.int32, ragged_rank=2), room, marks
    )

    assert found.to_list() == [by_hand(turns, room, marks) for turns in histories]


def test_no_room_for_a_token_is_refused():
    turns = tf.ragged.constant([[[1]]], ragged_rank=2)

    with pytest.raises(ValueError, match="expected room for over 2 tokens, got 2"):
        latest_turns(turns, room=2, marks=2)


def test_a_turn_is_one_line_whatever_breaks_lines_in_it():
    breaks = "a\nb\r\nc\x0bd\u2028e\x85f"

    text = history_text([breaks, "  ok "])

    assert text == "a b c d e f\nok"
    assert text.count("\n") == 1


@pytest.mark.parametrize("turns", [[], [""], ["a", " \n\t"]])
def test_an_empty_turn_and_an_empty_history_are_refused(turns):
    with pytest.raises(ValueError, match="expected one turn or more, none of them"):
        history_text(turns)


def test_each_line_of_a_history_gives_the_ids_of_a_turn():
    tokenizer = CharacterTokenizer.learn(["abc"])

    found = turns_of(tf.constant(["ab\nc", "b"]), tokenizer)

    of_turns = [tokenizer.encode([turn])[0].numpy().tolist() for turn in ("ab", "c")]
    assert found[0].to_list() == of_turns
    assert found.shape.rank == 3
