"""Finds the test of an erratum, and the notebooks' cells that show it.

Article: §1.3. Nothing is typed twice: the test has the erratum's module's name, and a
notebook shows an erratum where a cell calls its functions (`e07.adam_path(...)`), or
under a heading with its id.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from roots_tf.errata.erratum import modules

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class NotebookCell:
    """A cell of a notebook.

    Attributes:
        notebook: name of `notebooks/<name>.ipynb`.
        number: of the cell, texts and code counted together from 1.
        heading: the last heading before the cell or in it.
    """

    notebook: str
    number: int
    heading: str


def path_of_test(id: str, project: Path = PROJECT) -> str:
    """Gives the file of an erratum's test, from the project's folder.

    Raises:
        ValueError: there is none.
    """
    path = f"tests/errata/test_{modules()[id].rpartition('.')[2]}.py"
    if not (project / path).exists():
        raise ValueError(f"{id}: expected its test in {path}, found none")
    return path


def notebook_cells(id: str, project: Path = PROJECT) -> list[NotebookCell]:
    """Gives, of each notebook that shows an erratum, the cell that shows it best.

    Best is code under a heading with the id, then that heading, then code elsewhere;
    the first of its kind.
    """
    found = []
    for source in sorted((project / "notebooks" / "source").glob("*.py")):
        heading, under_heading, headings, elsewhere = source.stem, [], [], []
        cells = _cells(source.read_text(encoding="utf-8"))
        for number, (is_text, text) in enumerate(cells, start=1):
            if is_text:
                for heading in re.findall(r"^# #+ (.*)", text, re.MULTILINE):
                    if re.search(rf"\b{id}\b", heading):
                        headings.append(NotebookCell(source.stem, number, heading))
            elif re.search(rf"\b{id.lower()}\.\w", text):
                named = re.search(rf"\b{id}\b", heading)
                cell = NotebookCell(source.stem, number, heading)
                (under_heading if named else elsewhere).append(cell)
        found += (under_heading or headings or elsewhere)[:1]
    return found


def _cells(source: str) -> Iterator[tuple[bool, str]]:
    """Splits percent format: for each cell, whether it is text, and its lines.

    The Chinese of a text is no cell of its own.
    """
    for part in re.split(r"^# %%", source, flags=re.MULTILINE)[1:]:
        kind, _, text = part.partition("\n")
        if kind.strip() != "[markdown] zh" and text.strip():
            yield kind.strip() == "[markdown]", text
