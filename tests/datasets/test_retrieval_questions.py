"""Questions over the docstrings: every answer is a document, and none is given away."""

import re
import unicodedata
from collections import defaultdict

import pandas
import pytest

from roots_tf.datasets.catalog import PROJECT_DATA
from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.datasets.retrieval_questions import (
    RetrievalQuestion,
    answerable,
    load_retrieval_questions,
    read_questions,
)
from roots_tf.datasets.splits import text_digest

FOLDER = PROJECT_DATA / "retrieval_questions"
HEADER = "question,answers,language\n"
old_pandas = pytest.mark.skipif(
    int(pandas.__version__.split(".")[0]) < 3,
    reason="pandas before 3.0 puts many of its docstrings together at run time",
)


@pytest.fixture(scope="module")
def data():
    return load_retrieval_questions()


@pytest.fixture(scope="module")
def texts():
    """Qualified name -> texts of its documents, and the library."""
    found = defaultdict(list)
    for document in docstring_corpus():
        found[document.qualified_name].append(document)
    return found


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def test_the_questions_are_as_many_as_their_readme_says(data):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    english = chinese = 0

    for part in ("validation", "test"):
        questions = getattr(data, part)
        zh = sum(question.language == "zh" for question in questions)
        assert re.search(rf"`{part}.csv` \({len(questions)}[ a-z]*, {zh} of", readme)
        english += len(questions) - zh
        chinese += zh

    assert english >= 170 and chinese >= 40


def test_no_question_stands_twice_and_no_document_answers_in_both_parts(data):
    questions = (*data.validation, *data.test)
    digests = {text_digest(question.text) for question in questions}
    answers = [
        {a for q in part for a in q.answers} for part in (data.validation, data.test)
    ]

    assert len(digests) == len(questions)
    assert not answers[0] & answers[1]
    assert all(1 <= len(set(q.answers)) == len(q.answers) <= 4 for q in questions)


def test_each_question_is_of_the_language_it_says(data):
    for question in (*data.validation, *data.test):
        if question.language == "zh":
            assert len(re.findall("[\u4e00-\u9fff]", question.text)) >= 5
            assert question.text.endswith("？") and "?" not in question.text
        else:
            assert question.text.isascii()


def test_the_files_are_utf_8_in_normal_form_with_unix_line_ends():
    for part in ("validation", "test"):
        text = (FOLDER / f"{part}.csv").read_bytes().decode("utf-8")
        assert unicodedata.is_normalized("NFC", text)
        assert "\r" not in text and text.startswith(HEADER)


@old_pandas
def test_every_question_has_a_document_that_answers_it(data, texts):
    for part in (data.validation, data.test):
        assert answerable(part, texts) == part


def test_the_documents_are_of_many_libraries(data, texts):
    for part in (data.validation, data.test):
        libraries = [{d.library for a in q.answers for d in texts[a]} for q in part]
        count = defaultdict(int)
        for of_question in libraries:
            for library in of_question:
                count[library] += 1
        assert len(count) >= 12
        for library in ("python", "numpy", "pandas", "keras", "tensorflow", "scipy"):
            assert count[library] >= 6


def test_no_four_words_of_a_question_stand_in_a_document_that_answers_it(data, texts):
    for question in (*data.validation, *data.test):
        asked = words(question.text)
        runs = {tuple(asked[i : i + 4]) for i in range(len(asked) - 3)}
        for document in (d for name in question.answers for d in texts[name]):
            said = words(document.text)
            found = zip(said, said[1:], said[2:], said[3:], strict=False)
            assert not runs.intersection(found), question.text


def test_answerable_keeps_what_one_of_the_names_answers():
    questions = tuple(
        RetrievalQuestion(text, answers, "en")
        for text, answers in (("a", ("x", "y")), ("b", ("z",)), ("c", ("w", "x")))
    )

    assert answerable(questions, {"y", "w"}) == (questions[0], questions[2])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",json.dumps,en", "expected a question, got an empty one"),
        ("How?, ,en", "expected names of documents, got none"),
        ("How?,json.dumps,fr", "expected a language of en, zh, got 'fr'"),
        ("How?,json.dumps", "expected 3 columns, got 2"),
        ('"How?,json.dumps,en', "broken row"),
    ],
)
def test_a_bad_row_is_refused_with_the_number_of_its_line(tmp_path, row, message):
    path = write(tmp_path / "test.csv", f'{HEADER}"Two\nlines?",os.walk,en\n{row}\n')

    with pytest.raises(ValueError) as caught:
        read_questions(path)

    assert str(caught.value).startswith(f"{path}, line 4: {message}")
    assert "\n" not in str(caught.value)


def test_a_folder_of_ones_own_is_read(tmp_path):
    write(tmp_path / "validation.csv", HEADER + "How?,a.b c.d,en\n")
    write(tmp_path / "test.csv", "language,answers,question\nzh,e,怎么办？\n")

    data = load_retrieval_questions(str(tmp_path))

    assert data.name == tmp_path.name
    assert data.validation == (RetrievalQuestion("How?", ("a.b", "c.d"), "en"),)
    assert data.test == (RetrievalQuestion("怎么办？", ("e",), "zh"),)


def test_what_is_not_there_is_told_in_one_line(tmp_path):
    with pytest.raises(ValueError, match="did you mean retrieval_questions"):
        load_retrieval_questions("retrieval_question")
    with pytest.raises(FileNotFoundError, match=r"got no validation\.csv"):
        load_retrieval_questions(str(tmp_path))
    path = write(tmp_path / "validation.csv", HEADER)
    with pytest.raises(ValueError, match="expected rows below the header"):
        read_questions(path)
