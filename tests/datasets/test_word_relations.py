"""Analogies and word similarity: published sets whole, other files checked."""

import re

import pytest

from roots_tf.datasets.catalog import CATALOG
from roots_tf.datasets.word_relations import (
    ANALOGY_SETS,
    SIMILARITY_SETS,
    load_analogies,
    load_similarities,
)


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "mine.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def published_rows(real_data, name) -> list[int]:
    """Numbers that the data folder's table gives for a set: rows, perhaps sections."""
    path = re.escape(CATALOG[name].files[0].path)
    table = (real_data / "README.md").read_text(encoding="utf-8")
    return list(
        map(int, re.findall(r"\d+", re.search(rf"`{path}` \|(.*?)\|", table)[1]))
    )


@pytest.mark.parametrize("name", ANALOGY_SETS)
def test_every_published_question_is_read_in_its_section(real_data, name):
    data = load_analogies(name, real_data)

    rows, sections = published_rows(real_data, name)
    assert data.name == name
    assert len(data.sections) == sections
    assert sum(map(len, data.sections.values())) == rows
    for questions in data.sections.values():
        assert all(len(question) == 4 and all(question) for question in questions)


@pytest.mark.parametrize("name", SIMILARITY_SETS)
def test_every_published_pair_is_read_with_its_score(real_data, name):
    data = load_similarities(name, real_data)

    (rows,) = published_rows(real_data, name)
    assert data.name == name
    assert len(data.pairs) == len(data.scores) == rows
    assert all(0 <= score <= 10 for score in data.scores)


@pytest.mark.parametrize("name", ["questions-words", "ca8-morphological"])
def test_the_lines_of_the_file_can_be_written_again_from_what_was_read(real_data, name):
    text = (real_data / CATALOG[name].files[0].path).read_text(encoding="utf-8")

    data = load_analogies(name, real_data)

    lines = []
    for section, questions in data.sections.items():
        lines += [f": {section}", *map(" ".join, questions)]
    assert lines == text.splitlines()


@pytest.mark.parity
def test_the_similarity_sets_that_gensim_carries_are_the_same(real_data):
    from gensim.test.utils import datapath

    for name, file in {
        "wordsim-353": "wordsim353.tsv",
        "simlex-999": "simlex999.txt",
    }.items():
        ours = load_similarities(name, real_data)
        theirs = load_similarities(datapath(file))
        assert (ours.pairs, ours.scores) == (theirs.pairs, theirs.scores)
    questions = load_analogies(datapath("questions-words.txt"))
    assert questions.sections == load_analogies("questions-words", real_data).sections


def test_a_file_of_ones_own_is_read(write):
    analogies = load_analogies(write(": 首都\n北京 中国  东京\t日本\r\n\n: b\na b c d"))

    assert analogies.name == "mine"
    assert analogies.sections == {
        "首都": [("北京", "中国", "东京", "日本")],
        "b": [("a", "b", "c", "d")],
    }

    pairs = load_similarities(write("# first\n李白\t诗\t9.2\r\ncup mug 1e-1\n\n"))

    assert pairs.pairs == (("李白", "诗"), ("cup", "mug"))
    assert pairs.scores == (9.2, 0.1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a b c d\n", ", line 1: expected ': section', got 'a b c d'"),
        (": s\na b c\n", ", line 2: expected four words, got 'a b c'"),
        (": s\na b c d\n\na b c d e", ", line 4: expected four words, got"),
        (": s\na b c d\n:\n", ", line 3: expected a new section's name, got ''"),
        (": s\na b c d\n: s\n", ", line 3: expected a new section's name, got 's'"),
        (": s\n: t\na b c d\n", ": expected questions in section 's'"),
        ("", ": expected rows, got an empty file"),
        (b": s\na b c \xff\n", ": expected UTF-8 text, got byte 0xff at offset 10"),
    ],
)
def test_analogies_of_another_form_are_refused_in_one_line(write, content, message):
    path = write(content)

    with pytest.raises(ValueError) as caught:
        load_analogies(path)

    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a b 1\na b\n", ", line 2: expected two words and a score, got 'a b'"),
        ("a b 1\na b c\n", ", line 2: expected two words and a score, got 'a b c'"),
        ("a b nan\n", ", line 1: expected two words and a score, got 'a b nan'"),
        ("a b c 1\n", ", line 1: expected two words and a score, got 'a b c 1'"),
        ("a b 1\n", ": expected two pairs or more, got 1"),
        ("# only this\n", ": expected two pairs or more, got 0"),
    ],
)
def test_similarities_of_another_form_are_refused_in_one_line(write, content, message):
    path = write(content)

    with pytest.raises(ValueError) as caught:
        load_similarities(path)

    assert str(caught.value) == f"{path}{message}"


def test_an_unknown_name_is_answered_with_the_nearest_of_the_kind():
    with pytest.raises(ValueError, match=r"\(did you mean wordsim-353\?\); or give a"):
        load_similarities("wordsim353")
    with pytest.raises(ValueError, match="did you mean questions-words"):
        load_analogies("question-words")
    with pytest.raises(ValueError, match="expected a data set of questions-words"):
        load_analogies("wordsim-353")


def test_a_set_or_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="fetch questions-words"):
        load_analogies("questions-words", tmp_path)
    with pytest.raises(FileNotFoundError, match="by hand from https://"):
        load_similarities("wordsim-240", tmp_path)
    with pytest.raises(FileNotFoundError, match="none.txt"):
        load_similarities(tmp_path / "none.txt")
