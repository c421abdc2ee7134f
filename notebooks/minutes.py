"""README's path through the notebooks, with the minutes that each takes.

    python notebooks/minutes.py                             writes both READMEs' tables
    python notebooks/minutes.py --markdown                  prints the English one
    python notebooks/minutes.py --markdown --language zh    prints the Chinese one

A notebook takes as long as its text and code take to read, `WORDS_A_MINUTE` of the
English edition, and as its cells take to run, which `build.py` keeps in `seconds.json`.
"""

import argparse
import json
import math
import re
import sys
from pathlib import Path

from cells import Cell, cells_of

from roots_tf.results import READMES, update_readmes

NOTEBOOKS = Path(__file__).resolve().parent
WORDS_A_MINUTE = 200
HEADS = {
    "en": "| § | what | notebook | in Chinese | minutes |",
    "zh": "| § | 内容 | 笔记本 | 中文 | 分钟 |",
}


def minutes_of(cells: list[Cell], seconds: float) -> int:
    """How long a notebook takes, in minutes, rounded up.

    Example:
        >>> minutes_of([Cell("code", "x = 1 " * 500, 1)], seconds=30)
        8
    """
    words = sum(len(cell.text.split()) for cell in cells)
    return math.ceil(words / WORDS_A_MINUTE + seconds / 60)


def title_of(text: str) -> str:
    """A notebook's first heading without the section, in English without its title.

    Example:
        >>> title_of("# §2.5 架构: self-attention"), title_of("# §2.5、§3 架构：注意力")
        ('self-attention', '架构：注意力')
    """
    heading = re.sub(r"^# [§\d.、, ()]+", "", text.splitlines()[0])
    return heading.split(": ", maxsplit=1)[-1]


def markdown(language: str = "en", folder: Path = NOTEBOOKS) -> str:
    """The table of the notebooks that are built, in the article's order.

    Raises:
        ValueError: a notebook was never timed: it has to be built.
    """
    kept = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
    rows, total = [], 0
    for name in (built.stem for built in folder.glob("*.ipynb")):
        if name not in kept:
            raise ValueError(f"{name}: expected its seconds, build it: build.py {name}")
        cells = cells_of(folder / "source" / f"{name}.py")
        place = [int(part) for part in re.match(r"\d+(_\d+)*", name)[0].split("_")]
        heading = cells[0].chinese if language == "zh" else cells[0].text
        links = f"[{name}](notebooks/{name}.ipynb) | [zh](notebooks/zh/{name}.ipynb)"
        minutes = minutes_of(cells, kept[name])
        number = ".".join(map(str, place)) if any(place) else ""
        row = f"| {number} | {title_of(heading)} | {links} | {minutes} |"
        rows.append((place, name, row))
        total += minutes
    lines = [HEADS[language], "| --- " * 5 + "|", *(line for *_, line in sorted(rows))]
    return "\n".join([*lines, f"|  |  |  |  | {total} |"])


def main(arguments: list[str] | None = None) -> int:
    """Prints the table or writes it; returns the exit status."""
    parser = argparse.ArgumentParser(description="README's path through the notebooks.")
    parser.add_argument("--markdown", action="store_true", help="print, write nothing")
    parser.add_argument("--language", choices=READMES, default="en")
    options = parser.parse_args(arguments)
    try:
        if options.markdown:
            print(markdown(options.language))
        else:
            update_readmes("notebooks", markdown)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
