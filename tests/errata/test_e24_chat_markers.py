"""E24: marks counted in texts written for this test."""

import pytest

from roots_tf.errata.e24_chat_markers import ENTRY, PLACES, chat_markers, messages


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("谢谢！<|im_end|>", {"<|im_end|>": 1}),
        ("最后一条 <|im_end|> \n\n感谢阅读！<|im_end|>\n", {"<|im_end|>": 2}),
        (
            "<|im_start|>user\n你好<|im_end|><|endoftext|>",
            {"<|im_start|>": 1, "<|im_end|>": 1, "<|endoftext|>": 1},
        ),
    ],
)
def test_every_mark_is_counted_as_often_as_it_stands_there(text, expected):
    assert chat_markers(text) == expected
    assert sum(expected.values()) == text.count("<|")


@pytest.mark.parametrize("text", ["a <| b |> c", "p(x|y)>0", "<im_end>", "a || b"])
def test_other_uses_of_the_signs_are_no_marks(text):
    assert chat_markers(text) == {}


def test_a_text_with_a_mark_inside_and_one_behind_is_two_messages():
    text = "正文<|im_end|>\n\n结尾<|im_end|>\n"

    found = messages(text)

    assert found == ["正文", "结尾"]
    assert "".join(found) == "".join(text.replace("<|im_end|>", "").split())


def test_the_entry_states_the_count_of_the_places_it_names():
    assert len(set(PLACES)) == 2
    assert "stands in the article 2 times" in ENTRY.numbers
    assert all(place in ENTRY.numbers for place in PLACES)
    assert "2 messages" in ENTRY.numbers
