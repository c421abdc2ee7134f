"""The cells of a notebook's source, and the notebooks that they make.

A source is in percent format: `# %%` opens a code cell, `# %% [markdown]` a text cell
written as comments, and `# %% [markdown] zh`, right after it, the same text in Chinese.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat

KINDS = {"# %%": "code", "# %% [markdown]": "markdown", "# %% [markdown] zh": "zh"}

_CHINESE = "[\u3001-\u9fff\uff01-\uff5e“”]"


@dataclass(frozen=True)
class Cell:
    """One cell: `"code"` or `"markdown"`, its text, and the line where that starts.

    A text cell has its text in Chinese too, or an empty one where it is missing.
    """

    kind: str
    text: str
    line: int
    chinese: str = ""


class BuildError(Exception):
    """A source that cannot be built; the message begins with `file:line`."""


def parse_percent(text: str) -> list[Cell]:
    """Splits percent format into cells; empty cells are left out.

    Raises:
        ValueError: Text before the first marker, a marker of another form, a line in a
            text cell that is not a comment, or Chinese that no English text cell stands
            before; begins with the line's number.
    """
    cells, kind, lines, start = [], None, [], 1
    for number, line in enumerate([*text.splitlines(), "# %%"], start=1):
        if not line.startswith("# %%"):
            if kind in ("markdown", "zh") and line.strip():
                if line != "#" and not line.startswith("# "):
                    raise ValueError(f"{number}: a text cell holds comments: {line!r}")
                line = line[2:]
            lines.append(line)
            continue
        if line not in KINDS:
            raise ValueError(f"{number}: none of {', '.join(KINDS)}: {line!r}")
        blank = next((i for i, kept in enumerate(lines) if kept.strip()), len(lines))
        if blank < len(lines):
            if kind is None:
                raise ValueError(f"{start + blank}: text before the first '# %%'")
            text = "\n".join(lines[blank:]).rstrip()
            if kind != "zh":
                cells.append(Cell(kind, text, start + blank))
            elif not cells or cells[-1].kind == "code" or cells[-1].chinese:
                raise ValueError(f"{start + blank}: Chinese of no English text cell")
            else:
                cells[-1] = replace(cells[-1], chinese=text)
        kind = KINDS[line]
        lines, start = [], number + 1
    return cells


def cells_of(source: Path) -> list[Cell]:
    """Reads a source.

    Raises:
        BuildError: It is malformed.
    """
    try:
        return parse_percent(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BuildError(f"{source}:{error}") from None


def to_notebook(cells: list[Cell]) -> nbformat.NotebookNode:
    """A notebook without outputs, its cell ids counted from `cell-01`."""
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
    }
    return nbformat.v4.new_notebook(
        cells=[
            make[cell.kind](cell.text, id=f"cell-{position:02d}")
            for position, cell in enumerate(cells, start=1)
        ]
    )


def in_step(cells: list[Cell], built: Path) -> bool:
    """Whether the built notebook has the source's cells; outputs are not compared."""
    if not built.exists():
        return False
    notebook = nbformat.read(built, as_version=4)
    has = [(cell.cell_type, cell.source, cell.id) for cell in notebook.cells]
    return has == [(c.cell_type, c.source, c.id) for c in to_notebook(cells).cells]


def in_chinese(source: Path, cells: list[Cell], folder: Path) -> nbformat.NotebookNode:
    """The built notebook with its text in Chinese, for the folder below its own.

    Raises:
        BuildError: The notebook is out of step, or a text cell has no Chinese.
    """
    built = folder / f"{source.stem}.ipynb"
    if not in_step(cells, built):
        raise BuildError(f"{built}: out of step with its source: build it again")
    notebook = nbformat.read(built, as_version=4)
    for cell, made in zip(cells, notebook.cells, strict=True):
        if cell.kind == "markdown":
            if not cell.chinese:
                raise BuildError(f"{source}:{cell.line}: this text has no Chinese")
            # The end of a line would show as a space, which Chinese does not have; and
            # a link to a file that is not a notebook leads out of the folder.
            text = re.sub(f"(?<={_CHINESE})\\n *(?={_CHINESE})", "", cell.chinese)
            made.source = re.sub(r"\]\((?!\w+:|#|[^)]*\.ipynb)", "](../", text)
    return notebook
