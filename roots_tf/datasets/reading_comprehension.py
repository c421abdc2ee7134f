"""Reading comprehension data with one schema: passage, question, answers, three parts.

Article: §6 (3. 问答系统): the answer is a span of a given passage.

Files are SQuAD 1.1's JSON: ``{"data": [{"paragraphs": [{"context", "qas": [{"question",
"answers": [{"text", "answer_start"}]}]}]}]}``. Parts share no passage.

Decisions, each counted in ``changes``: an answer that stands elsewhere than its offset
says gets the nearest offset where it does stand; one that stands nowhere in its passage
has the offset `NOWHERE` (a model can be scored on it, but not learn from it), which is
accepted of CMRC 2018 alone, where 193 of 9,657 are such.

Source: Rajpurkar et al. 2016 (1606.05250), and the sets of `READING_SETS`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.own_files import language_of
from roots_tf.datasets.text_tables import read_text

NOWHERE = -1
_FILES = {
    "squad": {
        "train": (
            "qa_squad/squadshifts_new_wiki.json.gz",
            "qa_squad/squadshifts_reddit.json.gz",
            "qa_squad/squadshifts_amazon_reviews.json.gz",
        ),
        "test": ("qa_squad/dev-v1.1_open.json.gz",),
    },
    "xquad_zh": {"all": ("qa_squad/xquad.zh_open.json",)},
    "cmrc2018": {"all": ("qa_zh/cmrc2018_dev.json.gz",)},
    "drcd": {
        "train": ("qa_zh/DRCD_dev.json.gz",),
        "test": ("qa_zh/DRCD_test.json.gz",),
    },
}
_WITH_PROJECT = ("passages_zh", "passages_en")
READING_SETS = ("docstrings", *_WITH_PROJECT, *_FILES)


@dataclass(frozen=True)
class Answer:
    """A right answer: its text, and where it begins in the passage, in characters."""

    text: str
    start: int


@dataclass(frozen=True)
class Question:
    """A question about a passage, with one or more right answers."""

    passage: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class ReadingComprehensionData:
    """A reading comprehension set, divided so that no passage is in two parts.

    Attributes:
        name: name of the set; of a user's data, the name of its file or folder.
        language: ``en`` or ``zh``.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: what reading changed or dropped: how often, by reason.
    """

    name: str
    language: str
    train: tuple[Question, ...]
    validation: tuple[Question, ...]
    test: tuple[Question, ...]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of passages, questions and answers of all parts."""
        columns = []
        for part in (self.train, self.validation, self.test):
            columns += [(q.passage for q in part), (q.text for q in part)]
            answers = [answer for q in part for answer in (*q.answers, None)]
            columns.append(f"{a.start} {a.text}" if a else "" for a in answers)
        return splits.content_hash(columns)


def load_reading_comprehension(
    name_or_path: str, data_dir: Path | None = None
) -> ReadingComprehensionData:
    """Loads a reading comprehension set.

    squad trains on SQuADShifts and is tested on SQuAD's development part; drcd trains
    on its development part; of both 10 % of the passages of train are validation.
    xquad_zh and cmrc2018 are divided 80/10/10 by a hash of the passage. passages_zh and
    passages_en come with the project, in three parts. docstrings is made of the
    installed libraries: ``docstring_tasks``.

    A user's own data is a ``.json`` file of the layout above (divided 80/10/10), or a
    folder with ``train.json``, ``test.json`` and, if there is one,
    ``validation.json``.

    Args:
        name_or_path: a name of `READING_SETS`, or the path of a user's data.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or a file that is not as described above.
    """
    if name_or_path == "docstrings":
        from roots_tf.datasets.docstring_tasks import docstring_questions

        return docstring_questions()
    if name_or_path in _FILES:
        folder, _ = catalog.locate(name_or_path, data_dir)
        name, language = name_or_path, catalog.CATALOG[name_or_path].language
        files = {
            part: [folder / file for file in names]
            for part, names in _FILES[name].items()
        }
    else:
        if name_or_path in _WITH_PROJECT:
            name_or_path = catalog.PROJECT_DATA / name_or_path
        files = _own_files(name_or_path)
        name, language = Path(name_or_path).resolve().stem, None
    changes: Counter = Counter()
    parts = {
        part: [
            question
            for path in paths
            for question in read_squad(path, changes, strict=name != "cmrc2018")
        ]
        for part, paths in files.items()
    }
    if language is None:
        language = language_of(q.text for q in next(iter(parts.values())))
    return divide_questions(name, language, parts, changes)


def divide_questions(
    name: str, language: str, parts: Mapping[str, list[Question]], changes: Counter
) -> ReadingComprehensionData:
    """Divides questions by the hash of their passage: ``splits.divide``.

    Raises:
        ValueError: a part is left without a question.
    """
    rows = {}
    for part, questions in parts.items():
        of_passage = defaultdict(list)
        for question in questions:
            of_passage[question.passage].append(question)
        rows[part] = list(of_passage.items())
    divided, dropped = splits.divide(rows)
    kept = {
        part: tuple(question for _, questions in found for question in questions)
        for part, found in divided.items()
    }
    for part, questions in kept.items():
        if not questions:
            raise ValueError(
                f"{name}: expected questions in every part, got none in {part} "
                f"({sum(map(len, parts.values()))} read)"
            )
    return ReadingComprehensionData(
        name, language, **kept, changes=dict(changes + dropped)
    )


def read_squad(path: Path, changes: Counter, strict: bool = True) -> list[Question]:
    """Reads a file of SQuAD 1.1's layout.

    Args:
        path: the file, UTF-8, gzip if its name ends in ``.gz``.
        changes: is added to.
        strict: refuse an answer that does not stand in its passage.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is cut off or of another layout; the message says where.
    """
    text = read_text(path)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    questions = []
    place = "at the top"
    try:
        for number, article in enumerate(data["data"]):
            for paragraph in article["paragraphs"]:
                place = f"in article {number}"
                for row in paragraph["qas"]:
                    place = f"at question {row['question']!r:.60}"
                    questions.append(_question(paragraph["context"], row))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f'{path}: {place}: expected SQuAD 1.1\'s {{"data": [{{"paragraphs": '
            '[{"context", "qas": [{"question", "answers": [{"text", "answer_start"}]}'
            f"]}}]}}]}}, got {error!r}"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {place}: {error}") from None
    if not questions:
        raise ValueError(f"{path}: expected questions, got none")
    return [_mended(question, path, changes, strict) for question in questions]


def _question(passage, row) -> Question:
    answers = tuple(
        Answer(answer["text"], answer["answer_start"]) for answer in row["answers"]
    )
    strings = [passage, row["question"], *(answer.text for answer in answers)]
    if not all(isinstance(text, str) and text.strip() for text in strings):
        raise ValueError("expected texts, got an empty one or something else")
    if not answers:
        raise ValueError("expected an answer to each question, got none (SQuAD 2.0?)")
    if not all(type(answer.start) is int for answer in answers):
        raise ValueError("expected answer_start to be a number of characters")
    return Question(passage, row["question"], answers)


def _mended(question, path, changes, strict) -> Question:
    """Puts the offsets of answers right where they do not point at their text."""
    answers = []
    for answer in question.answers:
        text, start, passage = answer.text, answer.start, question.passage
        if start < 0 or not passage.startswith(text, start):
            found = _nearest(passage, text, start)
            if found == NOWHERE and strict:
                raise ValueError(
                    f"{path}: at question {question.text!r:.60}: expected an answer "
                    f"that stands in its passage, got {text!r:.60}"
                )
            nowhere = found == NOWHERE
            why = "stands nowhere in its passage" if nowhere else "moved to its text"
            changes[f"answer {why}"] += 1
            start = found
        answers.append(Answer(text, start))
    return Question(question.passage, question.text, tuple(answers))


def _nearest(passage, text, start):
    places = []
    found = passage.find(text)
    while found != NOWHERE:
        places.append(found)
        found = passage.find(text, found + 1)
    return min(places, key=lambda place: abs(place - start), default=NOWHERE)


def _own_files(given):
    path = Path(given)
    if path.is_dir():
        files = {part: [path / f"{part}.json"] for part in splits.PARTS}
        if not files["validation"][0].is_file():
            del files["validation"]
        return files
    if path.suffix.lower() != ".json":
        raise ValueError(
            catalog.unknown_name(given, READING_SETS)
            + "; your own data is a .json file of SQuAD's layout, or a folder"
        )
    return {"all": [path]}
