"""Questions of programmers, with the docstrings that answer them.

Article: §6 (3. 问答系统): which of many texts answers this question?

The texts are the documents of ``docstrings.docstring_corpus``; an answer is named by
the ``qualified_name`` of its document. Where a thing is documented in more than one
place, or has moved between versions of its library, all the places are named.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.text_tables import read_table

QUESTION_SETS = ("retrieval_questions",)

_LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class RetrievalQuestion:
    """A question, and the documents of which each is a right answer.

    Attributes:
        text: the question.
        answers: qualified names of documents, one or more.
        language: ``en`` or ``zh``; the documents are English.
    """

    text: str
    answers: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class RetrievalQuestionData:
    """A set of questions; none to learn from.

    Attributes:
        name: name of the set; of a user's data, the name of its folder.
        validation: what choices are made on.
        test: what results are reported on.
    """

    name: str
    validation: tuple[RetrievalQuestion, ...]
    test: tuple[RetrievalQuestion, ...]

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of questions, answers and languages of both parts."""
        columns = []
        for part in (self.validation, self.test):
            columns += [[q.text for q in part], [" ".join(q.answers) for q in part]]
            columns.append([q.language for q in part])
        return splits.content_hash(columns)


def load_retrieval_questions(
    name_or_path: str = "retrieval_questions",
) -> RetrievalQuestionData:
    """Loads questions with the names of the documents that answer them.

    A user's own data is a folder with ``validation.csv`` and ``test.csv`` of the header
    columns ``question``, ``answers`` (names with a space between) and ``language``.

    Args:
        name_or_path: a name of `QUESTION_SETS`, or the path of a user's folder.

    Raises:
        FileNotFoundError: a file is not there.
        ValueError: an unknown name, or a file that is not as described above; the
            message names the line.
    """
    folder = Path(name_or_path)
    if name_or_path in QUESTION_SETS:
        folder = catalog.PROJECT_DATA / name_or_path
    elif not folder.is_dir():
        raise ValueError(
            catalog.unknown_name(name_or_path, QUESTION_SETS)
            + "; your own data is a folder"
        )
    for part in ("validation", "test"):
        if not (folder / f"{part}.csv").is_file():
            raise FileNotFoundError(
                f"{folder}: expected validation.csv and test.csv, got no {part}.csv"
            )
    return RetrievalQuestionData(
        folder.resolve().name,
        read_questions(folder / "validation.csv"),
        read_questions(folder / "test.csv"),
    )


def read_questions(path: Path) -> tuple[RetrievalQuestion, ...]:
    """Reads one file of questions.

    Raises:
        OSError: the file cannot be read.
        ValueError: a row is broken, has no question or no answer, or an unknown
            language; the message names its line.
    """
    questions = []
    for line, row in read_table(path, ("question", "answers", "language")):
        text, answers, language = map(str.strip, row)
        place = f"{path}, line {line}: "
        if not text:
            raise ValueError(f"{place}expected a question, got an empty one")
        if not answers:
            raise ValueError(f"{place}expected names of documents, got none")
        if language not in _LANGUAGES:
            raise ValueError(
                f"{place}expected a language of {', '.join(_LANGUAGES)}, "
                f"got {language!r}"
            )
        questions.append(RetrievalQuestion(text, tuple(answers.split()), language))
    if not questions:
        raise ValueError(f"{path}: expected rows below the header, got none")
    return tuple(questions)


def answerable(
    questions: Iterable[RetrievalQuestion], names: Container[str]
) -> tuple[RetrievalQuestion, ...]:
    """Keeps the questions that a document answers.

    Other versions of the libraries may lack all the documents named for a question; a
    score should say how many questions it is of.

    Args:
        questions: to choose from.
        names: qualified names of the documents at hand.
    """
    return tuple(q for q in questions if any(name in names for name in q.answers))
