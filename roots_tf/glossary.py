"""GLOSSARY.md: the terms in Chinese and English, the symbols, the references.

    python -m roots_tf.glossary             writes GLOSSARY.md
    python -m roots_tf.glossary --markdown  prints it

A module's docstring and a notebook give the Chinese of a term in parentheses where they
use it first; a Chinese notebook gives the English where a reader profits from it.
`glossary.ini`, beside this file, lists the terms and letters; where each of them stands
is found in the docstrings and notebooks.

Article: §1.4.
"""

import argparse
import ast
import configparser
import os
import re
from collections.abc import Iterator
from pathlib import Path

from roots_tf import references

PROJECT = Path(__file__).resolve().parents[1]
DOCUMENT = PROJECT / "GLOSSARY.md"

_INTRODUCTION = """\
# Glossary

The terms of the article and of this project, the letters of shapes and formulas, and
the references under their right titles. `python -m roots_tf.glossary` writes this file
from the docstrings and the notebooks; edit those, and `roots_tf/glossary.ini` and
`roots_tf/references.ini`, not the file.
"""

# A section of the article and what it is called there: no term of ours.
_QUOTED = re.compile(r"§[\d.]+(?: steps? \d(?: and \d)*)? \([^()]*\)")
_TERM = re.compile(r"[A-Za-z0-9]*(?:[\u4e00-\u9fff]+[A-Za-z]*)+")
# One axis of a shape: 2 W, C + 1, T_max, 3, ..., side.
_FACTOR = r"(?:\d+ )?[A-Z](?:_max|')?"
_AXIS = rf"{_FACTOR}(?: [-+*/] (?:{_FACTOR}|\d+))*|\d+|\.\.\.|None|[a-z_]+|"
_SHAPE = re.compile(rf"(?<!\w)\(((?:{_AXIS}),(?: ?(?:{_AXIS}),)* ?(?:{_AXIS}))\)")


def load() -> dict[str, dict[str, str]]:
    """Reads `glossary.ini`: by kind, what stands on the left and on the right."""
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    table.optionxform = str  # letters as they are
    source = Path(__file__).with_name("glossary.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    return {kind: dict(rows) for kind, rows in table.items() if kind != "DEFAULT"}


def read_docstrings(project: Path = PROJECT) -> dict[str, list[str]]:
    """The public docstrings of each module, its own first, by its name, in order."""
    package, found = project / "roots_tf", {}
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).with_suffix("").as_posix().replace("/", ".")
        found[name] = list(_public(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def _public(node: ast.AST) -> Iterator[str]:
    yield ast.get_docstring(node) or ""
    for child in getattr(node, "body", []):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            if not child.name.startswith("_"):
                yield from _public(child)


def read_notebooks(project: Path = PROJECT) -> dict[str, tuple[str, str]]:
    """The texts of each notebook, all cells together, in English and in Chinese."""
    found = {}
    for source in sorted((project / "notebooks" / "source").glob("*.py")):
        texts = {" [markdown]": "", " [markdown] zh": ""}
        cells = re.split(r"^# %%", source.read_text("utf-8"), flags=re.MULTILINE)
        for cell in cells[1:]:
            kind, _, lines = cell.partition("\n")
            if kind in texts:
                texts[kind] += re.sub(r"^# ?", "", lines, flags=re.MULTILINE)
        found[source.stem] = tuple(texts.values())
    return found


def terms_in(text: str) -> list[str]:
    """The Chinese terms that an English text gives in parentheses.

    Example:
        >>> terms_in("Attention (注意力) of §2.5 (架构); low rank (LoRA, 低秩适配).")
        ['注意力', '低秩适配']
    """
    text = _QUOTED.sub("", " ".join(text.split()))
    groups = re.findall(r"\(([^()]*)\)", text)
    parts = [part.strip() for group in groups for part in re.split("[,;]", group)]
    return [part for part in parts if _TERM.fullmatch(part)]


def letters_in(text: str) -> set[str]:
    """The letters of the shapes in a docstring.

    Example:
        >>> sorted(letters_in("ids (B, T) int32 -> f(Q, K) of (B, 2 H) and (C + 1,)"))
        ['B', 'C', 'H', 'T']
    """
    shapes = _SHAPE.findall(" ".join(text.split()))
    return set(re.findall(r"\b[A-Z](?=\b|_max)", " ".join(shapes)))


def places_of_terms(
    docstrings: dict[str, list[str]], notebooks: dict[str, tuple[str, str]]
) -> dict[str, tuple[list[str], list[str]]]:
    """By Chinese term, the modules and the notebooks that introduce it, in order."""
    listed = load()["terms"]
    places = {term: ([], []) for term in listed}
    for name, (text, *_) in docstrings.items():
        for term in dict.fromkeys(terms_in(text)):
            places.setdefault(term, ([], []))[0].append(name)
    for name, (english, chinese) in notebooks.items():
        chinese = "".join(chinese.split())
        behind = [term for term in listed if re.search(rf"{term}（[A-Za-z]", chinese)]
        for term in dict.fromkeys([*terms_in(english), *behind]):
            places.setdefault(term, ([], []))[1].append(name)
    return places


def modules_by_letter(docstrings: dict[str, list[str]]) -> dict[str, list[str]]:
    """By row of the table of shapes, such as `"K: word_vectors"`, the modules with it.

    A letter without a row is a key of its own.
    """
    rows = load()["shapes"]
    found = {row: [] for row in rows}
    for name, texts in docstrings.items():
        letters = set().union(*map(letters_in, texts))
        for letter in sorted(letters):
            fitting = [row for row in rows if _fits(row, letter, name)]
            # The narrowest: a part that is named is longer than none.
            found.setdefault(max(fitting, key=len, default=letter), []).append(name)
    return found


def _fits(row: str, letter: str, module: str) -> bool:
    key, _, parts = row.partition(": ")
    return key == letter and (
        not parts
        or any(
            module == part or module.startswith(part + ".") for part in parts.split()
        )
    )


def section_of(name: str, docstrings: dict[str, list[str]]) -> str:
    """The article's section of a module, the first it names, or of a notebook.

    Empty for a package and for `00_start_here`, which are of none.
    """
    if name in docstrings:
        text = docstrings[name][0]
        found = re.search(r"^Article: .*?§([\d.]*\d)", text, re.MULTILINE)
        return found[1] if found else ""
    number = re.match(r"\d+(?:_\d+)*", name)[0]
    return ".".join(str(int(part)) for part in number.split("_") if int(part))


def markdown(project: Path = PROJECT) -> str:
    """The whole of GLOSSARY.md."""
    docstrings = read_docstrings(project)
    parts = {
        "Terms (术语)": _terms(docstrings, read_notebooks(project)),
        "Letters of shapes (形状中的字母)": _letters(docstrings),
        "Letters of formulas (公式中的字母)": _formulas(),
        "References (参考资料)": references.markdown_table(),
    }
    return "\n".join(
        [_INTRODUCTION, *(f"## {head}\n\n{table}\n" for head, table in parts.items())]
    )


def _terms(docstrings: dict, notebooks: dict) -> str:
    english, rows = load()["terms"], []
    for term, places in places_of_terms(docstrings, notebooks).items():
        if term not in english:
            continue
        sections = {section_of(name, docstrings) for kind in places for name in kind}
        shown = ", ".join(sorted(filter(None, sections), key=_by_number))
        links = [_link(name) for name in places[0]]
        links += [f"[{name}](notebooks/{name}.ipynb)" for name in places[1]]
        rows.append((english[term], term, shown, ", ".join(links)))
    rows.sort(key=lambda row: row[0].casefold())
    return _table(("English", "中文", "§", "introduced in"), rows)


def _letters(docstrings: dict) -> str:
    rows, modules = [], modules_by_letter(docstrings)
    for row, meaning in load()["shapes"].items():
        letter, _, parts = row.partition(": ")
        english, _, chinese = meaning.partition(" | ")
        many = f"{_link(modules[row][0])} and {len(modules[row]) - 1} more"
        shown = ", ".join(map(_link, modules[row])) if len(modules[row]) < 4 else many
        rows.append((f"`{letter}`", english, chinese, parts, shown))
    return _table(("letter", "meaning", "含义", "only in", "stated by"), rows)


def _formulas() -> str:
    rows = []
    for symbol, row in load()["formulas"].items():
        module, meaning, shape = row.split(" > ")
        english, _, chinese = meaning.partition(" | ")
        rows.append((f"`{symbol}`", english, chinese, shape, _link(module)))
    return _table(("symbol", "meaning", "含义", "shape", "formula in"), rows)


def _link(module: str) -> str:
    return f"[{module}](roots_tf/{module.replace('.', '/')}.py)"


def _by_number(section: str) -> list[int]:
    return [int(part) for part in section.split(".")]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main(arguments: list[str] | None = None, document: Path = DOCUMENT) -> None:
    """Writes or prints the document."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.glossary",
        description="Writes GLOSSARY.md: terms, symbols, references.",
    )
    parser.add_argument("--markdown", action="store_true", help="print, write nothing")
    if parser.parse_args(arguments).markdown:
        print(markdown(), end="")
        return
    temporary = document.with_name(document.name + ".new")
    temporary.write_text(markdown(), encoding="utf-8", newline="\n")
    os.replace(temporary, document)


if __name__ == "__main__":
    main()
