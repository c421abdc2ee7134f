"""Answers from the installed libraries' documentation: ``python -m roots_tf.ask "…"``.

    python -m roots_tf.ask "how do I sort an array and get the indices"
    python -m roots_tf.ask --folder DIR "…"       with a trained model, and its texts

Without a question it asks for one after another on a terminal, and else reads the lines
of stdin. Without a folder BM25 searches the docstrings of everything public that is
installed; their index is kept in the user's cache folder (XDG_CACHE_HOME, else
``~/.cache``) and made anew when a version changes.

Article: §6 (3. 问答系统), §9.3 (如何应用大规模语言模型). Erratum: E17.
"""

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

from roots_tf import __version__
from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import OneLineParser
from roots_tf.train.standard_input import stdin_lines

_KEPT = 3  # indexes of other environments in the cache folder
_WIDTH = 88
# What an index depends on, beside the installed versions.
_SOURCES = (
    "applications.bm25",
    "datasets.docstring_extraction",
    "datasets.docstrings",
    "datasets.public_names",
    "datasets.retrieval",
    "text.search_terms",
)


class Answer(NamedTuple):
    """A source that was found, its first paragraph, and its score."""

    name: str
    text: str
    score: float


Search = Callable[[str, int], list[Answer]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the best answers to each question."""
    parser = OneLineParser(
        prog="python -m roots_tf.ask",
        description="Answers from the installed libraries' documentation.",
    )
    parser.add_argument(
        "questions",
        nargs="*",
        help="questions; none for the lines of stdin, or to be asked on a terminal",
    )
    parser.add_argument(
        "--folder", help="model folder that train.question_answering printed"
    )
    parser.add_argument("--k", type=int, default=5, help="answers to each (default: 5)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_intermixed_args(arguments)  # flags may stand anywhere
    if options.k < 1:
        parser.error(f"--k: expected 1 or more, got {options.k}")

    with bad_input_ends_the_program():
        if options.folder is not None:
            search = _search_of_folder(options.folder)
        else:
            search = documentation_search(cache_folder())
        interactive = not options.questions and sys.stdin.isatty()
        questions = options.questions or (_asked() if interactive else stdin_lines())
        repeat = not interactive and len(options.questions) != 1
        for question in questions:
            answers = search(question, options.k)
            if options.json:
                rows = [answer._asdict() for answer in answers]
                row = {"question": question, "answers": rows}
                print(json.dumps(row, ensure_ascii=False), flush=True)
                continue
            if repeat:
                print(f"? {' '.join(question.split())}")
            print("\n".join(_shown(answers)), flush=True)


def documentation_search(folder: Path) -> Search:
    """Gives the search of all public docstrings by BM25, from the cache if it is there.

    Args:
        folder: of the cache; made if need be. Where nothing can be written the index is
            made for this time alone.
    """
    import numpy as np

    from roots_tf.applications.bm25 import Bm25, best_rows

    path = folder / f"documentation-{_fingerprint()}.npz"
    try:
        with np.load(path) as file:
            arrays = dict(file)
        documents = json.loads(arrays.pop("documents").tobytes())
        index = Bm25.from_arrays(arrays)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        documents, index = _make_index()
        arrays = index.arrays()
        arrays["documents"] = np.frombuffer(json.dumps(documents).encode(), np.uint8)
        _keep(path, arrays)

    def search(question: str, k: int) -> list[Answer]:
        (scores,) = index.scores([question])
        return [
            Answer(*documents[row], round(float(scores[row]), 4))
            for row in best_rows(scores, k)
            if scores[row] > 0
        ]

    return search


def cache_folder() -> Path:
    """Gives the user's cache folder of this project."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says to ignore a relative path.
    parent = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return parent / "roots_tf"


def _make_index():
    from roots_tf.applications.bm25 import Bm25, searched_text
    from roots_tf.datasets.retrieval import documentation, first_paragraph

    if sys.stderr.isatty():
        print("Reading the installed documentation, once …", file=sys.stderr)
    found = documentation()
    index = Bm25.index([searched_text(*document) for document in found])
    return [(name, first_paragraph(text)) for name, text in found], index


def _fingerprint() -> str:
    """Gives a hash of all that the index depends on."""
    from roots_tf.datasets.docstrings import LIBRARIES

    parts = [sys.version, __version__]
    for library in LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            parts.append(f"{library} {metadata.version(library)}")
    for name in _SOURCES:
        path = Path(__file__).parent.joinpath(*name.split(".")).with_suffix(".py")
        parts.append(path.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _keep(path: Path, arrays: dict) -> None:
    """Writes the index whole or not at all, and drops the oldest others."""
    import numpy as np

    new = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, suffix=".new", delete=False
        ) as file:
            new = Path(file.name)
            np.savez(file, **arrays)
        os.replace(new, path)
        others = set(path.parent.glob("documentation-*.npz")) - {path}
        by_age = sorted(others, key=lambda other: other.stat().st_mtime)
        for other in by_age[: max(0, len(by_age) - _KEPT)]:
            other.unlink(missing_ok=True)
    except OSError as error:
        print(f"The index is not kept: {path.parent}: {error}", file=sys.stderr)
    finally:
        if new is not None:
            new.unlink(missing_ok=True)


def _search_of_folder(folder: str) -> Search:
    with quiet_stderr():
        from roots_tf.applications.question_answering import QuestionAnswerer
        from roots_tf.datasets.retrieval import first_paragraph
    answerer = QuestionAnswerer.load(folder)

    def search(question: str, k: int) -> list[Answer]:
        (found,) = answerer.search([question], k)
        return [
            Answer(one.name, first_paragraph(one.text), round(one.score, 4))
            for one in found
        ]

    return search


def _asked() -> Iterator[str]:
    """Asks until there is no more: Ctrl-D, Ctrl-C or an empty line."""
    with contextlib.suppress(ImportError):  # not on Windows
        import readline  # noqa: F401 (arrow keys bring earlier questions back)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while question := input("? ").strip():
            yield question


def _shown(answers: Iterable[Answer]) -> Iterator[str]:
    shown = False
    for number, answer in enumerate(answers, start=1):
        yield f"{number}. {answer.name}"
        yield textwrap.fill(
            answer.text, _WIDTH, initial_indent="   ", subsequent_indent="   "
        )
        shown = True
    if not shown:
        yield "No answer: nothing that is installed has any of these words."


if __name__ == "__main__":
    main()
