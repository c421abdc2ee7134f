"""Texts with summaries: docstrings by PEP 257, and that parts share nothing."""

import csv

import pytest

from roots_tf.datasets import summaries
from roots_tf.datasets.docstrings import Docstring
from roots_tf.datasets.splits import PARTS, text_digest
from roots_tf.datasets.summaries import (
    SummarizedText,
    divide_summaries,
    docstring_summaries,
    load_summaries,
)

PROSE = "It has a description, which is of ten words or more."


def assert_apart(data):
    for side in (0, 1):
        train, validation, test = (
            {text_digest(row[side]) for row in getattr(data, part)} for part in PARTS
        )
        assert not train & validation | train & test | validation & test


def write(path, rows, delimiter=","):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def docstring_rows(monkeypatch, *texts):
    documents = [Docstring("numpy", "numpy.f", text) for text in texts]
    monkeypatch.setattr(summaries, "docstring_corpus", lambda: tuple(documents))
    return [row for row, _ in docstring_summaries()]


def test_a_docstring_is_its_first_line_and_the_prose_that_follows(monkeypatch):
    text = (
        "Return the sum of it.\n\n"
        "It has a description, which\n    is of ten words or more.\n\n"
        "More is said here.\n\n"
        "Parameters\n----------\na : int\n    The one."
    )

    rows = docstring_rows(monkeypatch, text)

    text = f"{PROSE}\n\nMore is said here."
    assert rows == [SummarizedText(text, "Return the sum of it.")]


@pytest.mark.parametrize(
    "ending",
    [
        "Args:\n  a: one",
        "Returns\n-------\nint",
        ">>> f(1)\n2",
        ".. versionadded:: 1",
        ":param a: one",
        "```\ncode\n```",
        "- a list\n- of things",
        "For example:",
    ],
)
def test_headings_examples_and_lists_end_the_description(monkeypatch, ending):
    text = f"Return the sum of it.\n\n{PROSE}\n\n{ending}\n\nMore prose."

    (row,) = docstring_rows(monkeypatch, text)

    assert row.text == PROSE


@pytest.mark.parametrize(
    "text",
    [
        f"No full stop\n\n{PROSE}",
        f"small letter first.\n\n{PROSE}",
        f"Two lines\nare no summary line.\n\n{PROSE}",
        f"Too short.\n\n{PROSE}",
        "Return the sum of it.\n\nToo short a text.",
        "Return the sum of it.",
    ],
)
def test_what_does_not_follow_pep_257_is_left_out(monkeypatch, text):
    assert docstring_rows(monkeypatch, text) == []


def rows_of(count, start=0):
    return [SummarizedText(f"text {n}", f"summary {n}") for n in range(start, count)]


def test_groups_stay_together_and_all_parts_get_some():
    rows = [SummarizedText(f"{'x' * n} text", f"summary {n}") for n in range(400)]
    groups = [f"module {n % 40}" for n in range(400)]

    divided, dropped = divide_summaries({"all": rows}, groups)

    of_part = [{groups[rows.index(row)] for row in divided[part]} for part in PARTS]
    assert not of_part[0] & of_part[1] | of_part[0] & of_part[2]
    assert not of_part[1] & of_part[2]
    assert all(of_part) and not dropped


def test_train_gives_up_texts_and_summaries_of_the_other_parts():
    test = [SummarizedText("the test text", "its summary")]
    train = [
        SummarizedText("The TEST text", "another summary"),
        SummarizedText("another text", "Its  summary"),
        SummarizedText("a third one", "a third summary"),
        SummarizedText("a third one", "a fourth summary"),
        SummarizedText(" ", "of nothing"),
    ]
    parts = {"train": train, "validation": [], "test": test}

    divided, dropped = divide_summaries(parts)

    assert divided == {"train": train[2:3], "validation": [], "test": test}
    assert dropped == {
        "text or summary of another part dropped": 2,
        "repeated text dropped": 1,
        "empty text or summary dropped": 1,
    }


def test_texts_that_agree_in_forty_words_count_as_the_same():
    words = " ".join(f"w{'a' * n}" for n in range(40))
    parts = {
        "train": [SummarizedText(f"{words} left 1", "s")],
        "validation": [SummarizedText("other", "o")],
        "test": [SummarizedText(f"{words} right, 2", "t")],
    }

    divided, _ = divide_summaries(parts)

    assert divided["train"] == []


@pytest.mark.slow
def test_the_embedded_set_is_large_and_its_parts_share_nothing():
    data = load_summaries()

    assert data.language == "en"
    assert len(data.train) > 3_000 and len(data.test) > 300
    assert_apart(data)
    assert load_summaries().content_hash == data.content_hash


@pytest.mark.parametrize("suffix, delimiter", [(".csv", ","), (".tsv", "\t")])
def test_a_users_table_is_divided_and_its_language_told(tmp_path, suffix, delimiter):
    words = "春夏秋冬东西南北天地"
    rows = [[f"{a}{b}的文字很长", f"{a}{b}"] for a in words for b in words]
    path = write(tmp_path / f"mine{suffix}", [["text", "summary"], *rows], delimiter)

    data = load_summaries(str(path))

    assert (data.name, data.language) == ("mine", "zh")
    assert len(data.train) + len(data.validation) + len(data.test) == 100
    assert_apart(data)


def test_a_users_folder_keeps_its_parts(tmp_path):
    header = [["summary", "text"]]
    write(tmp_path / "train.csv", header + [[f"s {n}", f"text {n}"] for n in range(50)])
    write(tmp_path / "test.csv", [*header, ["t", "other text"]])

    data = load_summaries(str(tmp_path))

    assert data.test == (SummarizedText("other text", "t"),)


@pytest.mark.parametrize(
    "name, error, message",
    [
        ("csl_titles", ValueError, "did you mean csl_title"),
        ("nowhere.csv", FileNotFoundError, "nowhere.csv"),
        ("csl_title", FileNotFoundError, "set ROOTS_TF_DATA"),
    ],
)
def test_what_is_not_there_is_said(name, error, message, tmp_path):
    with pytest.raises(error, match=message):
        load_summaries(name, tmp_path)


def test_a_table_without_rows_for_every_part_is_refused(tmp_path):
    path = write(tmp_path / "one.csv", [["text", "summary"], ["a", "b"]])

    with pytest.raises(ValueError, match="expected texts with summaries in every part"):
        load_summaries(str(path))


@pytest.mark.parametrize("name, language", [("csl_title", "zh"), ("bbc_news", "en")])
def test_the_public_sets_are_read_and_keep_apart(name, language, real_data):
    data = load_summaries(name, real_data)

    assert data.language == language
    assert len(data.train) > 800 and len(data.test) > 200
    assert_apart(data)
