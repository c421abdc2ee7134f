"""Retrieval data with one schema: texts, and questions with the texts that answer them.

Article: §6 (3. 问答系统): from a collection of texts the ones that answer a question
(从大量文本中检索出最相关的答案). Erratum: E17.

docstrings: the texts are the embedded docstrings of everything public, under the names
by which it is used (``public_names``); the questions of validation and test were
written for this project (data/retrieval_questions). Training has no such questions: it
takes the first line of a docstring as one, for PEP 257 makes it say what the thing is
for, and what follows as its answer. No docstring that answers a written question is
among these pairs, nor one with the same first line.

The other sets are those of reading comprehension: which passage answers this question?
All passages of the three parts are searched; no passage is in two parts.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.docstrings import corpus_roots, docstring_corpus
from roots_tf.datasets.public_names import public_names
from roots_tf.datasets.reading_comprehension import (
    READING_SETS,
    load_reading_comprehension,
)
from roots_tf.datasets.retrieval_questions import load_retrieval_questions

RETRIEVAL_SETS = READING_SETS
_LEAST_WORDS = 6  # of the text that follows a first line
_MOST_CHARACTERS = 400  # of that text: what is further down is cut off anyway


class Document(NamedTuple):
    """A text to be found, and the name of its source."""

    name: str
    text: str


class RetrievalQuestion(NamedTuple):
    """A question, and the numbers of the documents that answer it, one or more."""

    text: str
    right: tuple[int, ...]


@dataclass(frozen=True)
class RetrievalData:
    """A collection to be searched, with questions.

    Attributes:
        name: of the set; of a user's data, the name of its file or folder.
        language: ``en`` or ``zh``, of the documents.
        documents: N, all that is searched.
        train: pairs of a question and a text that answers it, to learn from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: what was left out: how often, by reason.
    """

    name: str
    language: str
    documents: tuple[Document, ...]
    train: tuple[tuple[str, str], ...]
    validation: tuple[RetrievalQuestion, ...]
    test: tuple[RetrievalQuestion, ...]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of documents, pairs and questions."""
        columns = list(zip(*self.documents, strict=True))
        columns += list(zip(*self.train, strict=True))
        for part in (self.validation, self.test):
            columns += [(q.text for q in part), (repr(q.right) for q in part)]
        return splits.content_hash(columns)


def load_retrieval(name_or_path: str, data_dir: Path | None = None) -> RetrievalData:
    """Loads a set: ``docstrings``, or any set of reading comprehension.

    Args:
        name_or_path: a name of `RETRIEVAL_SETS`, or the path of a user's data, as
            ``load_reading_comprehension`` takes it.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or data that is not as described there.
    """
    if name_or_path == "docstrings":
        return docstring_retrieval()
    if name_or_path not in RETRIEVAL_SETS and not Path(name_or_path).exists():
        raise ValueError(catalog.unknown_name(name_or_path, RETRIEVAL_SETS))
    return passage_retrieval(load_reading_comprehension(name_or_path, data_dir))


def documentation() -> tuple[Document, ...]:
    """Gives the docstrings of everything public in the installed libraries."""
    return tuple(_documentation().values())


def docstring_retrieval() -> RetrievalData:
    """Makes the set of the embedded docstrings."""
    documents = _documentation()
    number = {name: row for row, name in enumerate(documents)}
    questions, answers, changes = load_retrieval_questions(), set(), Counter()
    parts = {}
    for part in ("validation", "test"):
        parts[part] = []
        for question in getattr(questions, part):
            answers.update(question.answers)
            right = tuple(number[a] for a in question.answers if a in number)
            if question.language != "en":
                changes["question of another language than the documents left out"] += 1
            elif not right:
                changes["question that no public docstring answers left out"] += 1
            else:
                parts[part].append(RetrievalQuestion(question.text, right))
    return RetrievalData(
        "docstrings",
        "en",
        tuple(documents.values()),
        tuple(_first_lines(answers)),
        **{part: tuple(found) for part, found in parts.items()},
        changes=dict(changes),
    )


def passage_retrieval(data) -> RetrievalData:
    """Makes a set of ``ReadingComprehensionData``."""
    number: dict[str, int] = {}
    for part in (data.train, data.validation, data.test):
        for question in part:
            number.setdefault(question.passage, len(number))
    documents = tuple(
        Document(f"{data.name} {row}", passage) for passage, row in number.items()
    )
    validation, test = (
        tuple(RetrievalQuestion(q.text, (number[q.passage],)) for q in part)
        for part in (data.validation, data.test)
    )
    train = tuple((q.text, q.passage) for q in data.train)
    return RetrievalData(
        data.name, data.language, documents, train, validation, test, data.changes
    )


def first_paragraph(text: str) -> str:
    """Gives what stands before the first empty line, in one line."""
    return " ".join(re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].split())


def _documentation() -> dict[str, Document]:
    """The public documents by qualified name."""
    corpus = docstring_corpus()
    names = public_names(corpus, corpus_roots())
    return {
        found.qualified_name: Document(names[found.qualified_name], found.text)
        for found in corpus
        if found.qualified_name in names
    }


def _first_lines(answers: set[str]) -> Sequence[tuple[str, str]]:
    """Pairs of a docstring's first line, as a question, and what comes after it."""
    corpus = docstring_corpus()
    seen = {
        splits.text_digest(first_paragraph(found.text))
        for found in corpus
        if found.qualified_name in answers
    }
    pairs, asked = [], set()
    for found in corpus:
        first = first_paragraph(found.text)
        _, _, rest = found.text.strip().partition("\n\n")
        rest = " ".join(rest[:_MOST_CHARACTERS].split())
        digest = splits.text_digest(first)
        if digest in seen or len(rest.split()) < _LEAST_WORDS:
            continue
        seen.add(digest)
        # Half of the first lines become questions in form too.
        question = _as_question(first) if digest[0] % 2 else first
        if question not in asked:
            asked.add(question)
            pairs.append((question, f"{found.qualified_name}: {rest}"))
    return pairs


def _as_question(first: str) -> str:
    """Makes of "Returns the mean." "How do I return the mean?", as far as it goes."""
    verb, _, rest = first.partition(" ")
    if not rest or not verb.isalpha() or verb in ("A", "An", "The", "This"):
        return first
    verb = verb[0].lower() + verb[1:]
    if verb.endswith("s") and not verb.endswith("ss"):
        verb = verb[:-1]
    return f"How do I {verb} {rest.rstrip('.')}?"
