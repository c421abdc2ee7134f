"""`python -m roots_tf.errata`: writes ERRATA.md; `--check` tells if it is in step.

Exit status: 0 written or in step, 1 out of step, or an erratum has no test or no cell
of a notebook, 2 bad arguments.

Article: §1.3.
"""

import argparse
import os
import sys
from pathlib import Path

from roots_tf.errata.erratum import GRADES, Erratum, load, modules
from roots_tf.errata.where_shown import notebook_cells, path_of_test

DOCUMENT = Path(__file__).resolve().parents[2] / "ERRATA.md"

_INTRODUCTION = """\
# Errata

Where the article is wrong or misleads: what it prints, what holds, who says so, and
numbers that show the difference; the last entry says what is right. The functions that
produce the numbers are in `roots_tf/errata/`, one file each; the test and the cells of
notebooks that run them are named below them. `python -m roots_tf.train.errata` puts the
printed and the right form of each side by side in TensorBoard.

`python -m roots_tf.errata` writes this file. Edit the entries, not the file.
"""


def markdown() -> str:
    """The whole of ERRATA.md."""
    entries = load()
    grades = [f"* **{grade}**: {meaning}" for grade, meaning in GRADES.items()]
    rows = ["| id | grade | § | what |", "| --- | --- | --- | --- |"]
    rows += [
        f"| [{entry.id}](#{entry.id.lower()}) | {entry.grade} "
        f"| {', '.join(entry.sections)} | {entry.title} |"
        for entry in entries
    ]
    parts = [_INTRODUCTION, "\n".join(grades) + "\n", "\n".join(rows) + "\n"]
    return "\n".join(parts + [_described(entry) for entry in entries])


def _described(entry: Erratum) -> str:
    path = modules()[entry.id].replace(".", "/") + ".py"
    sections = ", ".join(f"§{number}" for number in entry.sections)
    paragraphs = [
        f"## {entry.id}",
        f"**{entry.title}** Grade {entry.grade}; {sections}; {_link(path)}.",
        entry.markdown(),
        f"**Test.** {_link(path_of_test(entry.id))}",
        "**Notebooks.**",
        _notebooks(entry.id),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _notebooks(id: str) -> str:
    cells = notebook_cells(id)
    if not cells:
        raise ValueError(
            f"{id}: expected a cell of notebooks/source that shows it, found none"
        )
    return "\n".join(
        f"* {_link(f'notebooks/{cell.notebook}.ipynb')}, cell {cell.number}: "
        f"{cell.heading}"
        for cell in cells
    )


def _link(path: str) -> str:
    return f"[{path}]({path})"


def main(arguments: list[str] | None = None, document: Path = DOCUMENT) -> int:
    """Writes or checks the document; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.errata",
        description="Writes ERRATA.md from the entries in roots_tf/errata/.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if out of step"
    )
    options = parser.parse_args(arguments)
    try:
        text = markdown()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    if options.check:
        in_step = document.exists() and document.read_text(encoding="utf-8") == text
        if not in_step:
            print(
                f"{document.name} is out of step: run `python -m roots_tf.errata`",
                file=sys.stderr,
            )
        return 0 if in_step else 1
    partial = document.with_name(document.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        os.replace(partial, document)
    finally:
        partial.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
