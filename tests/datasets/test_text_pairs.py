"""Pairs of texts: one's own, of questions and sentences, of docstrings."""

import numpy as np
import pytest

from roots_tf.datasets.docstring_tasks import PAIR_LABELS, docstring_sentences
from roots_tf.datasets.reading_comprehension import NOWHERE, Answer, Question
from roots_tf.datasets.tagging import load_tagging
from roots_tf.datasets.text_pairs import answer_sentences, load_pairs


def write(path, rows, header="text_a,text_b,label"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def refusal(given) -> str:
    with pytest.raises(ValueError) as caught:
        load_pairs(given)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_ones_own_pairs_come_with_a_tab_between(tmp_path):
    rows = [f'今天好吗{n},"很\t好, {n}",{"是否"[n % 2]}' for n in range(60)]

    data = load_pairs(write(tmp_path / "mine.csv", rows))

    texts = data.train.texts + data.validation.texts + data.test.texts
    assert (data.name, data.language, data.label_names) == ("mine", "zh", ("否", "是"))
    # The tab inside became a space.
    assert sorted(texts) == sorted(f"今天好吗{n}\t很 好, {n}" for n in range(60))
    for text, label in zip(data.train.texts, data.train.labels, strict=True):
        assert label == 1 - int(text.rpartition(" ")[2]) % 2


@pytest.mark.parametrize(
    "rows, header, message",
    [
        (["a,b,1"], "text,label,x", "expected a column 'text_a' in the header"),
        (["a,b"], "text_a,text_b,label", "line 2: expected 3 columns, got 2"),
        (["a,b,"], "text_a,text_b,label", "line 2: expected a label, got ''"),
        ([], "text_a,text_b,label", "expected rows below the header"),
        ([f"a{n},b,1" for n in range(60)], "text_a,text_b,label", "two or more labels"),
    ],
)
def test_a_file_that_is_no_table_of_pairs_is_refused(tmp_path, rows, header, message):
    assert message in refusal(write(tmp_path / "mine.csv", rows, header))


def test_an_unknown_set_is_answered_with_the_nearest():
    assert "(did you mean drcd?); your own data is" in refusal("drcb")


def test_a_question_is_paired_with_the_sentence_that_answers_and_with_another():
    passage = "He was born in 1990. Paris is big. It rained in 1990 (really)!"
    question = Question(passage, "When?", (Answer("1990", 15),))
    chinese = Question("甲在乙。丙很大！丁在戊", "甲在哪？", (Answer("乙", 2),))

    pairs = answer_sentences((question, chinese))

    assert pairs.texts[:2] == ("When?\tParis is big.", "When?\tHe was born in 1990.")
    assert pairs.texts[2] in ("甲在哪？\t丙很大！", "甲在哪？\t丁在戊")
    assert pairs.texts[3] == "甲在哪？\t甲在乙。"
    assert pairs.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    "answer",
    [
        Answer("One. Two", 0),  # over two sentences
        Answer("x", NOWHERE),
        Answer("e", 2),  # in every sentence
    ],
)
def test_a_question_that_no_one_sentence_answers_is_left_out(answer):
    question = Question("One. Three.", "Which?", (answer,))

    assert len(answer_sentences((question,))) == 0


def test_docstring_pairs_are_balanced_and_use_each_text_once():
    data = load_pairs("docstrings")

    assert data.label_names == PAIR_LABELS
    firsts, seconds = [], []
    for part in (data.train, data.validation, data.test):
        assert abs(np.mean(part.labels) - 0.5) < 0.02  # odd numbers, 19 libraries
        for text in part.texts:
            first, second = text.split("\t")
            firsts.append(first)
            seconds.append(second)
    assert len(set(firsts)) == len(firsts)
    assert len(set(seconds)) == len(seconds)


def test_docstring_tags_are_those_of_sphinx_roles():
    sentences = docstring_sentences()

    data = load_tagging("docstrings")

    kinds = {"attribute", "class", "exception", "function", "method", "module"}
    found = {tag[2:] for tag in data.tag_names if tag != "O"}
    assert found == kinds
    for tokens, tags in sentences:
        assert len(tokens) == len(tags)
        assert any(tag != "O" for tag in tags)
        assert not any("`" in token for token in tokens)
