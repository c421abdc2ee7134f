"""One error of the article, and the list of all of them.

Article: §1.3. A file `eNN_<what>.py` in this folder holds one erratum: its `ENTRY`,
functions that produce the numbers that the entry states, and `comparison`, see there.
Adding one is adding a file.
"""

import importlib
import pkgutil
import re
from dataclasses import dataclass
from inspect import cleandoc

import roots_tf.errata

GRADES = {
    "A": "wrong, shown by numbers",
    "B": "wrong, shown by the source",
    "C": "misleading, incomplete or outdated",
    "R": "right: no error, confirmed",
}


@dataclass(frozen=True)
class Erratum:
    """A statement of the article beside the right one; the texts are Markdown.

    Attributes:
        id: stable name, "E" and two digits.
        grade: a key of `GRADES`.
        sections: numbers of the article's sections that it stands in.
        title: one line.
        printed: what the article says.
        right: what holds.
        source: where that is from: authors, year, title, section or equation.
        numbers: what shows the difference; each from a function of the same file, or
            asserted by its test.
    """

    id: str
    grade: str
    sections: tuple[str, ...]
    title: str
    printed: str
    right: str
    source: str
    numbers: str

    def __post_init__(self):
        if not re.fullmatch(r"E\d\d", self.id):
            raise ValueError(f"expected an id such as 'E07', got {self.id!r}")
        if self.grade not in GRADES:
            raise ValueError(
                f"{self.id}: expected a grade of {', '.join(GRADES)}, "
                f"got {self.grade!r}"
            )

    def markdown(self) -> str:
        """The texts as paragraphs: what is printed, what is right, source, numbers."""
        paragraphs = [
            f"**Printed.** {cleandoc(self.printed)}",
            f"**Right.** {cleandoc(self.right)}",
            f"**Source.** {cleandoc(self.source)}",
            "**Numbers.**",  # a paragraph of its own: a table may follow
            cleandoc(self.numbers),
        ]
        return "\n\n".join(paragraphs)


def modules() -> dict[str, str]:
    """Gives the id of each erratum and the name of the module that holds it."""
    names = [module.name for module in pkgutil.iter_modules(roots_tf.errata.__path__)]
    return {
        name[:3].upper(): f"roots_tf.errata.{name}"
        for name in sorted(names)
        if re.match(r"e\d\d_", name)
    }


def load() -> tuple[Erratum, ...]:
    """Reads every erratum of this folder, in the order of the ids.

    Raises:
        ValueError: a file's name and the id of its `ENTRY` differ.
    """
    entries = []
    for id, name in modules().items():
        entry = importlib.import_module(name).ENTRY
        if entry.id != id:
            raise ValueError(f"{name}: expected the entry {id}, got {entry.id}")
        entries.append(entry)
    return tuple(entries)
