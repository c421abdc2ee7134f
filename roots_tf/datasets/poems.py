"""Poems of the Tang dynasty (唐诗) as lines of text that begin with their form.

    五言：秦川雄帝宅，函谷壯皇居。綺殿千尋起，離宮百雉餘。…

A regular poem has verses of five (五言) or of seven characters (七言), an even number
of them and four at least. The mark says which, by the first verse: a language model of
such lines writes a poem of a form when the mark is all that it is given. Characters
are as published: traditional.

Article: §6 (4. 文本生成).
Source: the forms: Wang Li 1957, 《汉语诗律学》, §1; the texts: 全唐诗, see the catalog.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from roots_tf.datasets.splits import text_digest

NAME = "tang_poems"
FORMS = (5, 7)  # characters of a verse

_MARKS = {5: "五言：", 7: "七言："}
_VERSE_END = re.compile("[，。！？；、]")
_HAN = r"[\u3007\u3400-\u9fff\U00020000-\U0003ffff]"
_LEAST_VERSES = 4
_NOTE = re.compile("（[^（）]*）。?")


def mark_of(form: int) -> str:
    """Gives how a poem with verses of ``form`` characters begins: ``五言：``."""
    return _MARKS[form]


def poem_lines(path: Path) -> Iterator[str]:
    """Gives the poems of a file, one a line, with their marks.

    Left out are notes of the editors, which stand in brackets; poems whose first verse
    has neither five nor seven characters; and repeated ones. They come in the order of
    a hash, so that any part of them has all poets.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not what was published.
    """
    poems = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                verses = "".join(json.loads(line)["paragraphs"])
            except (ValueError, KeyError, TypeError):
                raise ValueError(
                    f"{path}, line {number}: expected a poem as JSON with paragraphs"
                ) from None
            verses = _without_notes("".join(verses.split()))
            form = len(_VERSE_END.split(verses)[0])
            if form in FORMS:
                poems.setdefault(text_digest(verses), mark_of(form) + verses)
    yield from (poems[digest] for digest in sorted(poems))


def keeps_form(poem: str) -> bool:
    """Tells whether a poem is as regular as its mark says, and whole.

    Every verse has five (or seven) Han characters, their number is even and at least
    four, and the last one ends with its punctuation.

    Example:
        >>> keeps_form("五言：床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。")
        True
        >>> keeps_form("七言：床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。")
        False
    """
    for form, mark in _MARKS.items():
        if poem.startswith(mark):
            *verses, rest = _VERSE_END.split(poem.removeprefix(mark))
            regular = re.compile(f"{_HAN}{{{form}}}").fullmatch
            enough = len(verses) >= _LEAST_VERSES and len(verses) % 2 == 0
            return enough and not rest and all(map(regular, verses))
    return False


def form_shares(poems: Iterable[str]) -> dict[int, float]:
    """Gives the share of the poems of each mark that keep their form.

    Returns:
        By form of `FORMS`; NaN for a mark that no poem has.
    """
    poems = list(poems)
    shares = {}
    for form, mark in _MARKS.items():
        kept = [keeps_form(poem) for poem in poems if poem.startswith(mark)]
        shares[form] = sum(kept) / len(kept) if kept else float("nan")
    return shares


def _without_notes(verses: str) -> str:
    before = ""
    while verses != before:  # from the inner brackets outwards
        verses, before = _NOTE.sub("", verses), verses
    return verses
