"""From a section of the article to its code, cells, script, erratum and tests.

Article: §1.3, the article's own table of contents.

    python -m roots_tf.sections             every section
    python -m roots_tf.sections 4.1.2       one section, with those below it
    python -m roots_tf.sections --markdown  the table of README.md

The map itself is `sections.ini`, beside this file.
"""

import argparse
import configparser
import re
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
KINDS = ("modules", "notebooks", "scripts", "errata")


@dataclass(frozen=True)
class Section:
    """One heading of the article and the names of what belongs to it.

    Attributes:
        number: As the article numbers it, such as `"4.1.2"`.
        title_zh: The article's title.
        title_en: Ours.
        modules: Dotted names below `roots_tf`.
        notebooks: Names of `notebooks/source/<name>.py`.
        scripts: Dotted names below `roots_tf`, for `python -m`.
        errata: Ids of ERRATA.md.
        is_item: True for a numbered list item, which has no heading of its own.
    """

    number: str
    title_zh: str
    title_en: str
    modules: tuple[str, ...]
    notebooks: tuple[str, ...]
    scripts: tuple[str, ...]
    errata: tuple[str, ...]
    is_item: bool


def load() -> tuple[dict[str, Section], frozenset[str]]:
    """Reads `sections.ini`.

    Returns:
        The sections by number, in the article's order, and the planned names of every
        kind.
    """
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    source = Path(__file__).with_name("sections.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    planned = _names(table["planned"])
    sections = {
        number: Section(
            number=number,
            title_zh=row["zh"],
            title_en=row["en"],
            **_names(row),
            is_item="item" in row,
        )
        for number, row in table.items()
        if number not in ("DEFAULT", "planned")
    }
    return sections, frozenset(name for kind in planned.values() for name in kind)


def _names(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(row.get(kind, "").split()) for kind in KINDS}


SECTIONS, PLANNED = load()


def with_subsections(number: str) -> tuple[Section, ...]:
    """The section of this number and all below it, in the article's order.

    Args:
        number: As the article numbers it; `"§4.1"` and `"4."` are understood too.

    Raises:
        ValueError: The article has no such section; names the nearest.

    Example:
        >>> [section.number for section in with_subsections("4.1")]
        ['4.1', '4.1.1', '4.1.2']
    """
    number = number.strip(" §.")
    if number not in SECTIONS:
        parent = number.rpartition(".")[0]
        near = [key for key in SECTIONS if key.rpartition(".")[0] == parent]
        hint = ", ".join(near) or parent
        if parent not in SECTIONS:
            hint = "1 to 10"
        raise ValueError(f"the article has no section {number!r}; it has {hint}")
    return tuple(
        section
        for key, section in SECTIONS.items()
        if key == number or key.startswith(number + ".")
    )


def path_of(kind: str, name: str) -> str:
    """The file that holds a name, from the project's folder.

    Example:
        >>> path_of("modules", "text.vocabulary")
        'roots_tf/text/vocabulary.py'
        >>> path_of("notebooks", "05_2_article_bert")
        'notebooks/05_2_article_bert.ipynb'
    """
    if kind == "notebooks":
        return f"notebooks/{name}.ipynb"
    if kind == "errata":
        return "ERRATA.md"
    return f"roots_tf/{name.replace('.', '/')}.py"


def files_of_tests(section: Section) -> list[str]:
    """The tests of a section's modules, from the project's folder.

    A test has its module's place and name: `tests/text/test_vocabulary.py`.
    """
    files = []
    for name in (*section.modules, *section.scripts):
        *folders, module = name.split(".")
        files.append("/".join(["tests", *folders, f"test_{module.strip('_')}.py"]))
    return [file for file in dict.fromkeys(files) if (PROJECT / file).exists()]


def cells_of(section: Section) -> dict[str, list[int]]:
    """Of each notebook of a section the cells whose text names it, counted from 1.

    The Chinese of a text is no cell of its own. A notebook's first cell is always
    among them: its heading is that of the section, or of one that it is a part of.
    """
    found = {}
    for notebook in section.notebooks:
        source = PROJECT / "notebooks" / "source" / f"{notebook}.py"
        if not source.exists():  # planned, or installed without the notebooks
            continue
        parts = re.split(r"^# %%", source.read_text("utf-8"), flags=re.MULTILINE)[1:]
        cells = [part for part in parts if not part.startswith(" [markdown] zh")]
        named = rf"§{re.escape(section.number)}(?!\.?\d)"
        numbers = [n for n, cell in enumerate(cells, start=1) if re.search(named, cell)]
        found[notebook] = sorted({1, *numbers})
    return found


def describe(section: Section) -> str:
    """Several lines: the titles, then what the section has, kind by kind."""
    cells = cells_of(section)
    lines = [f"§{section.number} {section.title_zh} · {section.title_en}"]
    for kind in KINDS:
        label = kind
        for name in getattr(section, kind):
            if kind == "errata":
                shown = f"{name} in ERRATA.md"
            elif kind == "scripts":
                shown = f"python -m roots_tf.{name.removesuffix('.__main__')}"
            else:
                shown = path_of(kind, name)
            if name in cells:
                numbers = ", ".join(map(str, cells[name]))
                shown += f", cell{'s' * (len(cells[name]) > 1)} {numbers}"
            lines.append(f"  {label:<10} {shown}{' (planned)' * (name in PLANNED)}")
            label = ""
    for label, test in zip(
        ["tests", *[""] * 99], files_of_tests(section), strict=False
    ):
        lines.append(f"  {label:<10} {test}")
    return "\n".join(lines)


def overview() -> str:
    """One line for each section: number, titles, and how much of it is built."""
    return "\n".join(_overview_line(section) for section in SECTIONS.values())


def _overview_line(section: Section) -> str:
    names = [name for kind in KINDS for name in getattr(section, kind)]
    planned = sum(name in PLANNED for name in names)
    counts = [f"{len(names) - planned} built"] * (planned < len(names))
    counts += [f"{planned} planned"] * (planned > 0)
    title = f"§{section.number} {section.title_zh} · {section.title_en}"
    return "  " * section.number.count(".") + f"{title}  [{', '.join(counts) or '-'}]"


def markdown_table() -> str:
    """The table of README.md: built things are links, planned ones are in italics."""
    rows = ["| § | 标题 | title | code | notebook | script | errata |"]
    rows.append("| --- " * 7 + "|")
    for section in SECTIONS.values():
        cells = [section.number, section.title_zh, section.title_en]
        cells += [_links(kind, getattr(section, kind)) for kind in KINDS]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _links(kind: str, names: Iterable[str]) -> str:
    return ", ".join(
        f"*{name}*" if name in PLANNED else f"[{name}]({path_of(kind, name)})"
        for name in names
    )


def main(arguments: list[str] | None = None) -> int:
    """Prints what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.sections",
        description="From a section of the article to its code.",
    )
    parser.add_argument("number", nargs="?", help="a section, such as 4.1.2")
    parser.add_argument(
        "--markdown", action="store_true", help="print the table of README.md"
    )
    options = parser.parse_args(arguments)
    if options.markdown:
        print(markdown_table())
    elif options.number is None:
        print(overview())
    else:
        try:
            found = with_subsections(options.number)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        print("\n\n".join(map(describe, found)))
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends it without a word
    sys.exit(main())
