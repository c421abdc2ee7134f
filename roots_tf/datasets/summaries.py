"""Texts with a summary that their authors wrote, in three parts that share nothing.

Article: §6 (4. 文本生成).

The embedded set needs no download. PEP 257 asks for a docstring that opens with "a
summary line", then "a blank line, followed by a more elaborate description": the
description is the text, the line its summary. Modules go to one part as a whole, and
what has a text or a summary of another part is dropped: libraries copy docstrings, and
a model that has read the answer would be tested on its memory.

Source: https://peps.python.org/pep-0257, "Multi-line Docstrings".
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.catalog_summaries import SUMMARIES
from roots_tf.datasets.docstring_extraction import source_files
from roots_tf.datasets.docstrings import Docstring, corpus_roots, docstring_corpus
from roots_tf.datasets.own_files import language_of
from roots_tf.datasets.text_tables import read_table

SUMMARY_SETS = ("docstrings", *(data_set.name for data_set in SUMMARIES))

# Of a set: its files by part, their columns where they have no header, and those read.
_FILES = {
    "csl_title": (
        {
            "train": "summaries/csl_title_dev.tsv",
            "test": "summaries/csl_title_test.tsv",
        },
        ("task", "abstract", "title"),
        ("abstract", "title"),
    ),
    "bbc_news": (
        {"all": "summaries/bbc_news_summary.csv.gz"},
        None,
        ("article", "summary"),
    ),
}
_LANGUAGES = {"docstrings": "en", "csl_title": "zh", "bbc_news": "en"}
_SUMMARY_WORDS = (3, 20)  # of a docstring's summary line, fewest and most
_LEAST_WORDS = 10  # of a description
_KEY_WORDS = 40  # texts that agree in so many words count as the same
# What ends the description: a heading, an example, a directive, a list of fields.
_NO_PROSE = re.compile(
    r">>>|\.\. |:\w+|@|```|[-*+] |[A-Z][\w ]*:\n|[^\n]+\n *(?:-{3}|={3})|[^\n]*:$"
)


class SummarizedText(NamedTuple):
    """A text and its summary."""

    text: str
    summary: str


@dataclass(frozen=True)
class SummaryData:
    """A set of texts with summaries; no text and no summary is in two parts.

    Attributes:
        name: name of the set; of a user's data, the name of its file or folder.
        language: ``en`` or ``zh``.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: how many rows reading dropped, by reason.
    """

    name: str
    language: str
    train: tuple[SummarizedText, ...]
    validation: tuple[SummarizedText, ...]
    test: tuple[SummarizedText, ...]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the texts and summaries of all parts."""
        columns = [[self.language]]
        for part in (self.train, self.validation, self.test):
            columns += [[row.text for row in part], [row.summary for row in part]]
        return splits.content_hash(columns)


def load_summaries(
    name_or_path: str = "docstrings", data_dir: Path | None = None
) -> SummaryData:
    """Loads a set of texts with summaries.

    A user's own data is a ``.csv`` or ``.tsv`` file with header columns ``text`` and
    ``summary`` (divided 80/10/10), or a folder with ``train.csv``, ``test.csv`` and, if
    there is one, ``validation.csv``.

    Args:
        name_or_path: a name of `SUMMARY_SETS`, or the path of a user's data.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or data that is not as described above.
    """
    known = name_or_path in SUMMARY_SETS
    groups = None
    if name_or_path == "docstrings":
        rows, groups = zip(*docstring_summaries(), strict=True)
        parts = {"all": rows}
    else:
        files, *columns = _files_of(name_or_path, data_dir)
        parts = {part: list(_read(path, *columns)) for part, path in files.items()}
    if name_or_path == "bbc_news":
        parts = {"all": [_spaced(row) for row in parts["all"]]}
    name = name_or_path if known else Path(name_or_path).resolve().stem
    divided, changes = divide_summaries(parts, groups)
    for part, rows in divided.items():
        if not rows:
            raise ValueError(
                f"{name}: expected texts with summaries in every part, got none in "
                f"{part} ({sum(map(len, parts.values()))} read)"
            )
    language = _LANGUAGES.get(name_or_path) or language_of(
        row.text for row in divided["train"][:100]
    )
    divided = {part: tuple(rows) for part, rows in divided.items()}
    return SummaryData(name, language, **divided, changes=dict(changes))


def docstring_summaries() -> list[tuple[SummarizedText, str]]:
    """Gives the docstrings of the corpus that follow PEP 257, each with its module.

    The text is the description's prose, up to the first heading, example or list;
    paragraphs are joined by a blank line, the lines of one by spaces.
    """
    modules = {
        module
        for library, root in corpus_roots()
        for _, module, _ in source_files(library, root)
    }
    found = []
    for document in docstring_corpus():
        row = _summarized(document.text)
        if row is not None:
            found.append((row, _module_of(document, modules)))
    return found


def divide_summaries(
    parts: Mapping[str, Sequence[SummarizedText]], groups: Sequence[str] | None = None
) -> tuple[dict[str, list[SummarizedText]], Counter]:
    """Divides rows so that parts share no text and no summary.

    Of ``{"all": rows}`` 10 % go to test, 10 % to validation, by the hash of the row's
    group (of its text, where there are no groups). Given parts stay as they are; where
    there is no validation part, it is 10 % of train. Then validation loses what has a
    text or a summary of test, and train what has one of either. Texts that agree in
    their first 40 words (runs of letters and digits, in lower case) are the same.

    Args:
        parts: rows by part.
        groups: of the rows of ``"all"``, what stays together.

    Returns:
        The rows of each part in their order, and how many were dropped for which
        reason.
    """
    dropped: Counter = Counter()
    placed: dict[str, list[SummarizedText]] = {part: [] for part in splits.PARTS}
    for source, rows in parts.items():
        for row, group in zip(rows, groups or [row.text for row in rows], strict=True):
            if not (row.text.strip() and row.summary.strip()):
                dropped["empty text or summary dropped"] += 1
                continue
            fraction = splits.hash_fraction(splits.text_digest(group))
            part = splits.part_of(source, fraction, "validation" in parts)
            placed[part].append(row)
    divided, texts, summaries = {}, set(), set()
    for part in ("test", "validation", "train"):
        own: dict[bytes, SummarizedText] = {}
        for row in placed[part]:
            text = _key(row.text)
            if text in own:
                dropped["repeated text dropped"] += 1
            elif text in texts or splits.text_digest(row.summary) in summaries:
                dropped["text or summary of another part dropped"] += 1
            else:
                own[text] = row
        texts |= own.keys()
        summaries |= {splits.text_digest(row.summary) for row in own.values()}
        divided[part] = list(own.values())
    return {part: divided[part] for part in splits.PARTS}, dropped


def _summarized(docstring: str) -> SummarizedText | None:
    first, *rest = re.split(r"\n\s*\n", docstring.strip())
    words = first.split()
    least, most = _SUMMARY_WORDS
    if not (least <= len(words) <= most and re.fullmatch(r"[A-Z][^\n]*\.", first)):
        return None
    prose = []
    for paragraph in rest:
        if _NO_PROSE.match(paragraph.strip()):
            break
        prose.append(" ".join(paragraph.split()))
    text = "\n\n".join(prose)
    return SummarizedText(text, first) if len(text.split()) >= _LEAST_WORDS else None


def _module_of(document: Docstring, modules: set[str]) -> str:
    name = document.qualified_name
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or document.qualified_name


def _key(text: str) -> bytes:
    """Is equal for texts that count as the same."""
    words = re.findall(r"\w+", text.lower())
    return splits.text_digest(" ".join(words[:_KEY_WORDS]) or text)


def _spaced(row: SummarizedText) -> SummarizedText:
    """Puts the spaces back that the published summaries lack between sentences."""
    summary = re.sub(r'(?<=[a-z0-9)][.!?])("?)(?=[A-Z"])', r"\1 ", row.summary)
    return row._replace(summary=summary)


def _files_of(name_or_path: str, data_dir) -> tuple:
    """Gives the files of each part, their columns, and those that are read."""
    own = None, ("text", "summary")
    if name_or_path in _FILES:
        folder, _ = catalog.locate(name_or_path, data_dir)
        files, *columns = _FILES[name_or_path]
        return {part: folder / file for part, file in files.items()}, *columns
    path = Path(name_or_path)
    if not path.is_dir():
        if path.suffix.lower() not in (".csv", ".tsv"):
            raise ValueError(
                catalog.unknown_name(name_or_path, SUMMARY_SETS)
                + "; your own data is a .csv or .tsv file, or a folder"
            )
        return {"all": path}, *own
    files = {part: path / f"{part}.csv" for part in splits.PARTS}
    for part in ("train", "test"):
        if not files[part].is_file():
            raise FileNotFoundError(
                f"{path}: expected train.csv, test.csv and perhaps validation.csv, "
                f"got no {part}.csv"
            )
    return {part: file for part, file in files.items() if file.is_file()}, *own


def _read(path: Path, header, columns) -> Iterator[SummarizedText]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    for _, row in read_table(path, columns, header=header, delimiter=delimiter):
        yield SummarizedText(*map(str.strip, row))
