"""E18: the Chinese title of one textbook stands beside the English one of another.

Article: §7.1.1, §10.
"""

import re
from dataclasses import dataclass, fields

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

PRINTED_ZH = "自然语言处理综论"
PRINTED_EN = "Foundations of Statistical Natural Language Processing"


@dataclass(frozen=True)
class Book:
    """A textbook and its translation into Chinese.

    Attributes:
        title: of the original.
        authors: of the original.
        year: of the original's first edition.
        publisher: of the original.
        isbn: of the original, ten digits.
        title_zh: of the translation.
        translators: of the translation.
        year_zh: of the translation.
    """

    title: str
    authors: str
    year: int
    publisher: str
    isbn: str
    title_zh: str
    translators: str
    year_zh: int


BOOKS = (
    Book(
        title="Foundations of Statistical Natural Language Processing",
        authors="Christopher D. Manning, Hinrich Schütze",
        year=1999,
        publisher="MIT Press",
        isbn="0-262-13360-1",
        title_zh="统计自然语言处理基础",
        translators="苑春法 and others",
        year_zh=2005,
    ),
    Book(
        title="Speech and Language Processing",
        authors="Daniel Jurafsky, James H. Martin",
        year=2000,
        publisher="Prentice Hall",
        isbn="0-13-095069-6",
        title_zh="自然语言处理综论",
        translators="冯志伟, 孙乐",
        year_zh=2005,
    ),
)


def book(title: str) -> Book:
    """Gives the book that has a title, Chinese or English.

    Raises:
        ValueError: neither book has it.

    Example:
        >>> book("自然语言处理综论").title
        'Speech and Language Processing'
    """
    for one in BOOKS:
        if title in (one.title, one.title_zh):
            return one
    titles = [title for one in BOOKS for title in (one.title, one.title_zh)]
    raise ValueError(f"expected a title of {titles}, got {title!r}")


def isbn_holds(isbn: str) -> bool:
    """Tells if the last digit of a ten-digit ISBN agrees with the others.

    ``10 d_1 + 9 d_2 + ... + 1 d_10`` is a multiple of 11; a last X counts 10.

    Raises:
        ValueError: these are no ten digits.

    Example:
        >>> isbn_holds("0-262-13360-1"), isbn_holds("0-262-13360-2")
        (True, False)
    """
    digits = isbn.replace("-", "")
    if not re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        raise ValueError(f"expected ten digits (the last may be X), got {isbn!r}")
    values = [10 if digit == "X" else int(digit) for digit in digits]
    return sum((10 - i) * value for i, value in enumerate(values)) % 11 == 0


def comparison() -> Comparison:
    """Counts what the two books share: all, for who prints them as one; in truth."""
    facts = [field.name for field in fields(Book)]
    one, other = book(PRINTED_ZH), book(PRINTED_EN)
    same = sum(getattr(one, name) == getattr(other, name) for name in facts)
    return Comparison(
        f"of {len(facts)} facts on two books, those the same",
        "titles",
        ["Chinese, English"],
        {"printed": [len(facts)], "right": [same]},
    )


def _rows():
    return "\n".join(
        f"| *{one.title}* | {one.authors} | {one.publisher} {one.year}, {one.isbn} "
        f"| 《{one.title_zh}》, {one.translators}, {one.year_zh} |"
        for one in BOOKS
    )


_NUMBERS = f"""\
The two books; the check digit of either ISBN is right, and the digits after the first 0
are the publisher's:

| original | authors | publisher, year, ISBN | Chinese edition |
| --- | --- | --- | --- |
{_rows()}
"""

ENTRY = Erratum(
    id="E18",
    grade="B",
    sections=("7.1.1", "10"),
    title="《自然语言处理综论》 is not the book of Manning and Schütze.",
    printed=f"""
    §7.1.1 and §10: 《{PRINTED_ZH}》 (*{PRINTED_EN}*, Manning, Schütze).
    """,
    right=f"""
    《{PRINTED_ZH}》 is the Chinese edition of Jurafsky and Martin's *Speech and
    Language Processing*. Manning and Schütze's book in Chinese is
    《{book(PRINTED_EN).title_zh}》. Both are worth reading; of the former, the authors
    give drafts of a third edition, which has Transformers, on their site.
    """,
    source="""
    The title pages of the two Chinese editions (电子工业出版社, Publishing House of
    Electronics Industry, Beijing 2005), and of the originals.
    """,
    numbers=_NUMBERS,
)
