"""From a section of the article to its code, cells, script, erratum and tests.

Article: §1.3, the article's own table of contents.

    python -m roots_tf.sections             every section
    python -m roots_tf.sections 4.1.2       one section, with those below it
    python -m roots_tf.sections 召回率       the sections of a word, or of a line
    python -m roots_tf.sections --markdown  the tables of README.md

The map itself is `sections.ini`, beside this file; its formulas are in `formulas.ini`,
what it recommends in `references.ini`.
"""

import argparse
import configparser
import re
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from roots_tf import formulas, references, section_words

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


def load() -> dict[str, Section]:
    """Reads `sections.ini`: the sections by number, in the article's order."""
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    source = Path(__file__).with_name("sections.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    return {
        number: Section(
            number=number,
            title_zh=row["zh"],
            title_en=row["en"],
            **_names(row),
            is_item="item" in row,
        )
        for number, row in table.items()
        if number != "DEFAULT"
    }


def _names(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {kind: tuple(row.get(kind, "").split()) for kind in KINDS}


SECTIONS = load()


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
        cells = formulas.cells(notebook)
        named = rf"§{re.escape(section.number)}(?!\.?\d)"
        numbers = [n for n, cell in enumerate(cells, start=1) if re.search(named, cell)]
        if cells:
            found[notebook] = sorted({1, *numbers})
    return found


def describe(section: Section) -> str:
    """Several lines: the titles, then what the section has, kind by kind."""
    cells = cells_of(section)
    parts = {kind: [] for kind in ("formulas", *KINDS)}
    parts["formulas"] = [
        "\n                 ".join(formulas.described(one))
        for one in formulas.load()
        if one.section == section.number
    ]
    for kind in KINDS:
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
            parts[kind].append(shown)
    parts["tests"] = files_of_tests(section)
    parts["references"] = [
        f"({number}) {references.described(one)}"
        for one in references.load().values()
        for place, number in one.places
        if place == section.number
    ]
    lines = [f"§{section.number} {section.title_zh} · {section.title_en}"]
    for label, shown in parts.items():
        for line in shown:
            lines.append(f"  {label:<10} {line}")
            label = ""
    return "\n".join(lines)


def overview() -> str:
    """One line for each section: number, titles, and how many things it has."""
    return "\n".join(_overview_line(section) for section in SECTIONS.values())


def _overview_line(section: Section) -> str:
    count = sum(len(getattr(section, kind)) for kind in KINDS)
    title = f"§{section.number} {section.title_zh} · {section.title_en}"
    return "  " * section.number.count(".") + f"{title}  [{count or '-'}]"


def found_by_words(text: str) -> str:
    """A line for each section that a word or a line of the article points at.

    Raises:
        ValueError: no word of it is known.
    """
    found = section_words.sections_of_words(text, section_words.known_words(SECTIONS))
    if not found:
        raise ValueError(
            f"no section is known by {text!r}; a number such as 4.1.2, or a word of a "
            "title or of GLOSSARY.md, was expected"
        )
    titles = {n: f"§{n} {SECTIONS[n].title_zh} · {SECTIONS[n].title_en}" for n in found}
    return "\n".join(f"{titles[n]}  [{', '.join(found[n][:3])}]" for n in found)


def markdown_table() -> str:
    """Two tables of links: the sections, then the formulas."""
    rows = ["| § | 标题 | title | code | notebook | script | errata |"]
    rows.append("| --- " * 7 + "|")
    for section in SECTIONS.values():
        cells = [section.number, section.title_zh, section.title_en]
        cells += [_links(kind, getattr(section, kind)) for kind in KINDS]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, "", formulas.markdown_table()])


def _links(kind: str, names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]({path_of(kind, name)})" for name in names)


def main(arguments: list[str] | None = None) -> int:
    """Prints what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.sections",
        description="From a section of the article to its code.",
    )
    parser.add_argument(
        "place", nargs="?", help="a section such as 4.1.2, a word, or a line in quotes"
    )
    parser.add_argument(
        "--markdown", action="store_true", help="print the tables of README.md"
    )
    options = parser.parse_args(arguments)
    if options.markdown:
        print(markdown_table())
    elif options.place is None:
        print(overview())
    else:
        try:
            if re.fullmatch(r"§?\s*\d+(\.\d+)*\.?", options.place):
                print("\n\n".join(map(describe, with_subsections(options.place))))
            else:
                print(found_by_words(options.place))
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends it without a word
    sys.exit(main())
