"""The references of §7 and §10 under their right titles, beside what is printed.

    python -m roots_tf.references             prints them, one a line
    python -m roots_tf.references --markdown  prints the table of GLOSSARY.md

The list itself is `references.ini`, beside this file. No link was opened to write it:
an arXiv number is a permanent name, a page may have moved.

Article: §7, §10. Errata: E18, E19, E20, E21, E22, E23.
"""

import argparse
import configparser
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """A work, a course, a site or a tool.

    Attributes:
        places: where the article names it: section and number in the list there.
        printed: what the article says; empty where that is right.
        title: its own.
        authors: or who keeps it; empty where it has none.
        year: of the work, with its publisher; of a book also the Chinese edition.
        link: to it.
        errata: ids, where what is printed is wrong.
    """

    places: tuple[tuple[str, int], ...]
    printed: str
    title: str
    authors: str
    year: str
    link: str
    errata: tuple[str, ...]


def load() -> dict[str, Reference]:
    """Reads `references.ini`, in the article's order."""
    table = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    source = Path(__file__).with_name("references.ini")
    table.read_string(source.read_text(encoding="utf-8"), source.name)
    return {
        name: Reference(
            places=tuple(
                (section, int(number))
                for section, number in re.findall(r"([\d.]+) \((\d+)\)", row["places"])
            ),
            printed=row.get("printed", ""),
            title=row["title"],
            authors=row.get("authors", ""),
            year=row.get("year", ""),
            link=row["link"],
            errata=tuple(row.get("errata", "").split()),
        )
        for name, row in table.items()
        if name != "DEFAULT"
    }


def shown_places(reference: Reference) -> str:
    """Where the article names it.

    Example:
        >>> shown_places(load()["T5"])
        '§7.3.2 (2), §10 (8)'
    """
    return ", ".join(f"§{section} ({number})" for section, number in reference.places)


def described(reference: Reference) -> str:
    """One line: title, authors, year, link.

    Example:
        >>> described(load()["BERT"]).partition(". ")[2]
        'Devlin, Chang, Lee, Toutanova. 2018. https://arxiv.org/abs/1810.04805'
    """
    parts = (reference.title, reference.authors, reference.year, reference.link)
    return ". ".join(filter(None, parts))


def markdown_table() -> str:
    """A row for each reference; what is printed stands beside it where it differs."""
    rows = ["| place | printed | title | authors | year | errata |", "| --- " * 6 + "|"]
    for one in load().values():
        cells = [shown_places(one), one.printed or "as it is"]
        cells += [f"[{one.title}]({one.link})", one.authors or "–", one.year or "–"]
        errata = (f"[{id}](ERRATA.md#{id.lower()})" for id in one.errata)
        rows.append(f"| {' | '.join([*cells, ', '.join(errata)])} |")
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> None:
    """Prints the references."""
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.references",
        description="The references of §7 and §10 under their right titles.",
    )
    parser.add_argument("--markdown", action="store_true", help="as a table")
    if parser.parse_args(arguments).markdown:
        print(markdown_table())
        return
    for reference in load().values():
        print(f"{shown_places(reference)}: {described(reference)}")


if __name__ == "__main__":
    main()
