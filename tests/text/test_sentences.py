"""Sentence ends in Chinese, English and mixed text."""

import pytest

from roots_tf.text.sentences import split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["他来了。", "她走了！", "真的吗？", "真的"],
        ["他说：“今天不行。”", "然后走了。"],
        ["（见下文。）", "结束。"],
        ["《什么？》", "不知道……大概吧。"],
        ["真的？！", "是的！！！", "好。"],
        ["Python 3.12 发布了。", "GPT-4.5 呢？"],
    ],
)
def test_chinese_sentences_end_at_their_marks_without_a_space(sentences):
    assert split_sentences("".join(sentences)) == sentences


@pytest.mark.parametrize(
    "sentences",
    [
        ["It rained.", "We stayed.", "Why?", "Because!", "So"],
        ["Dr. J. Smith met Mrs. Jones at 5 p.m. yesterday.", "They spoke."],
        ["Pi is 3.14, e.g. in code.", "See Fig. 2 and Eq. 3.", "Done."],
        ['He said "No."', "She left."],
        ["It (the first.)", "Then more."],
        ["What?!", "Yes...", "Perhaps."],
        ["So do I.", "You too."],
        ["See https://a.b/c.d for v1.2.", "End."],
        ["It ended. not with a capital."],
        ["Wait... what is it?", "42 is the answer."],
    ],
)
def test_english_sentences_end_before_a_space_and_no_small_letter(sentences):
    assert split_sentences(" ".join(sentences)) == sentences


def test_mixed_text_follows_both_rules():
    text = "我用 Keras. It is nice! 你呢？I prefer it too."

    assert split_sentences(text) == [
        *("我用 Keras.", "It is nice!", "你呢？", "I prefer it too.")
    ]


def test_a_blank_line_ends_a_sentence_and_a_line_end_does_not():
    assert split_sentences("A heading\n\nA line\nthat goes on.\nNext") == [
        *("A heading", "A line\nthat goes on.", "Next")
    ]


@pytest.mark.parametrize("text", ["", " \n\n ", "\t"])
def test_a_blank_text_has_none(text):
    assert split_sentences(text) == []


def test_nothing_but_white_space_is_lost(reviews, odd_texts, random_texts):
    for text in [*reviews["zh"], *reviews["en"], *odd_texts, *random_texts]:
        sentences = split_sentences(text)

        assert "".join("".join(sentences).split()) == "".join(text.split())
        assert all(sentence == sentence.strip() != "" for sentence in sentences)
