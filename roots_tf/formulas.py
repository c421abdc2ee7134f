"""The article's formulas, each with its code, test, notebook cell and erratum.

The article numbers none: they are counted within their section. The list is
`formulas.ini`, beside this file; `python -m roots_tf.sections 4.2.2` prints it.

Article: §4.1.1, §4.1.2, §4.2.1, §4.2.2, §4.3.1.
"""

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Formula:
    """A displayed formula of the article.

    Attributes:
        section: its section, such as `"4.2.2"`.
        number: its place there, from 1.
        printed: as the article has it.
        right: what runs here, where that differs; else empty.
        module: dotted name below `roots_tf`.
        name: of the function, the class, or the class and its method, in the module.
        test: file below `tests` and function, where an independent source judges it.
        notebook: that shows it.
        heading: of the cell there.
        errata: ids of ERRATA.md.
    """

    section: str
    number: int
    printed: str
    right: str
    module: str
    name: str
    test: tuple[str, str]
    notebook: str
    heading: str
    errata: tuple[str, ...]


def load() -> tuple[Formula, ...]:
    """Reads `formulas.ini`, in the article's order."""
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    source = Path(__file__).with_name("formulas.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    return tuple(_formula(place, table[place]) for place in table.sections())


def _formula(place: str, row: configparser.SectionProxy) -> Formula:
    section, number = re.fullmatch(r"([\d.]+) \((\d+)\)", place).groups()
    # The folder, the module, then what begins the dotted rest.
    module, name = re.fullmatch(r"(\w+\.\w+)\.([\w.]+)", row["code"]).groups()
    notebook, _, heading = row["cell"].partition(": ")
    return Formula(
        section=section,
        number=int(number),
        printed=row["printed"],
        right=row.get("right", ""),
        module=module,
        name=name,
        test=tuple(row["test"].split()),
        notebook=notebook,
        heading=heading,
        errata=tuple(row.get("errata", "").split()),
    )


def cells(notebook: str) -> list[str]:
    """The cells of a notebook's source, without the Chinese of a text; else none."""
    source = PROJECT / "notebooks" / "source" / f"{notebook}.py"
    if not source.exists():  # installed without the notebooks
        return []
    parts = re.split(r"^# %%", source.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [part for part in parts if not part.startswith(" [markdown] zh")]


def cell_of(formula: Formula) -> int | None:
    """The number of the cell that shows it, from 1; None without the notebooks."""
    for number, cell in enumerate(cells(formula.notebook), start=1):
        if f"# {formula.heading}" in cell.splitlines():
            return number
    return None


def described(formula: Formula) -> list[str]:
    """Lines: as printed, as it is right, and where it is computed, tested and shown."""
    lines = [f"({formula.number}) {formula.printed}"]
    errata = f" ({', '.join(formula.errata)})" if formula.errata else ""
    if formula.right:
        lines.append(f"right: {formula.right}{errata}")
    lines.append(f"{_path(formula)} {formula.name}")
    lines.append("::".join(("tests/" + formula.test[0], formula.test[1])))
    if cell := cell_of(formula):
        lines.append(f"notebooks/{formula.notebook}.ipynb, cell {cell}")
    return lines


def markdown_table() -> str:
    """A row for each formula, with links."""
    rows = ["| § | formula, as printed | right | code | test | notebook | errata |"]
    rows.append("| --- " * 7 + "|")
    for one in load():
        file, test = one.test
        row = [f"{one.section} ({one.number})", f"`{one.printed}`"]
        row += [one.right or "as it is printed"]
        row += [f"[{one.module.partition('.')[2]}.{one.name}]({_path(one)})"]
        row += [f"[{test}](tests/{file})"]
        row += [
            f"[{one.notebook}](notebooks/{one.notebook}.ipynb), cell {cell_of(one)}"
        ]
        row += [", ".join(f"[{id}](ERRATA.md#{id.lower()})" for id in one.errata)]
        rows.append(f"| {' | '.join(row)} |")
    return "\n".join(rows)


def _path(formula: Formula) -> str:
    return f"roots_tf/{formula.module.replace('.', '/')}.py"
