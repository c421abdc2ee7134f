"""Collections to search, with questions: docstrings, and passages."""

import json

import pytest

from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.datasets.retrieval import (
    Document,
    docstring_retrieval,
    first_paragraph,
    load_retrieval,
)
from roots_tf.datasets.retrieval_questions import load_retrieval_questions


@pytest.fixture(scope="module")
def docstrings():
    return docstring_retrieval()


def test_documents_are_public_docstrings_under_the_names_they_are_used_by(docstrings):
    names = {document.name for document in docstrings.documents}
    texts = {found.text for found in docstring_corpus()}

    assert {"numpy.argsort", "pandas.read_csv", "os.path.join", "keras.Model"} <= names
    assert {document.text for document in docstrings.documents} <= texts
    assert not any("._" in name for name in names if not name.startswith("_pytest"))


def test_every_question_points_at_a_document_that_was_named_for_it(docstrings):
    texts = {found.qualified_name: found.text for found in docstring_corpus()}
    written = load_retrieval_questions()
    for part in ("validation", "test"):
        answers = {q.text: q.answers for q in getattr(written, part)}
        questions = getattr(docstrings, part)
        assert len(questions) > 100
        for question in questions:
            named = {texts.get(name) for name in answers[question.text]}
            assert {docstrings.documents[row].text for row in question.right} <= named


def test_no_docstring_that_answers_a_question_is_learned_from(docstrings):
    written = load_retrieval_questions()
    answers = {a for q in (*written.validation, *written.test) for a in q.answers}
    first_lines = {
        first_paragraph(found.text).lower()
        for found in docstring_corpus()
        if found.qualified_name in answers
    }

    assert len(docstrings.train) > 10_000
    assert not {text.partition(": ")[0] for _, text in docstrings.train} & answers
    assert not {question.lower() for question, _ in docstrings.train} & first_lines
    assert len({question for question, _ in docstrings.train}) == len(docstrings.train)


def test_half_of_the_first_lines_are_made_questions(docstrings):
    asked = [question.startswith("How do I ") for question, _ in docstrings.train]

    assert 0.3 < sum(asked) / len(asked) < 0.6


def test_a_set_of_reading_comprehension_is_passages_to_be_found(tmp_path):
    articles = []
    for row in range(60):
        passage = f"第{row}段：深圳在广东。"
        answers = [{"text": "广东", "answer_start": passage.index("广东")}]
        asked = {"question": f"{row}，深圳在哪里？", "answers": answers}
        articles.append({"context": passage, "qas": [asked, asked]})
    path = tmp_path / "passages.json"
    path.write_text(json.dumps({"data": [{"paragraphs": articles}]}), "utf-8")

    data = load_retrieval(str(path))

    assert (data.name, data.language, len(data.documents)) == ("passages", "zh", 60)
    for question in (*data.validation, *data.test):
        (row,) = question.right
        number = question.text.partition("，")[0]
        assert data.documents[row].text == f"第{number}段：深圳在广东。"
    assert len(data.train) + len(data.validation) + len(data.test) == 120
    assert {text for _, text in data.train} <= {text for _, text in data.documents}
    assert isinstance(data.documents[0], Document)
    assert data.content_hash == load_retrieval(str(path)).content_hash


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="expected a data set of docstrings"):
        load_retrieval("doc_strings")


def test_the_first_paragraph_is_one_line():
    assert first_paragraph("  Sort\n  it.\n \nMore.") == "Sort it."
    assert first_paragraph("") == ""
