"""Every reference of the article is listed, under the title that is its own."""

import re

import pytest

from roots_tf import references
from roots_tf.errata import e18_book_titles as e18
from roots_tf.errata import e19_paper_titles as e19
from roots_tf.errata import e20_t5_number as e20
from roots_tf.errata import e21_albert_number as e21
from roots_tf.errata import e23_links as e23
from roots_tf.errata.erratum import load as load_errata

ALL = references.load()
# How many entries the article's lists have.
LISTS = {
    **dict.fromkeys(("7.1.1", "7.1.2", "7.1.3", "7.2.1", "7.2.2", "7.2.3"), 3),
    **dict.fromkeys(("7.3.1", "7.3.2", "7.3.3"), 3),
    "10": 12,
}


def test_every_entry_of_sections_7_and_10_is_there_and_no_other():
    listed = {place for one in ALL.values() for place in one.places}

    assert listed == {(s, i + 1) for s, count in LISTS.items() for i in range(count)}


@pytest.mark.parametrize("name", ALL)
def test_a_wrong_one_has_an_erratum_of_its_section_and_a_link(name):
    one = ALL[name]
    errata = {entry.id: entry for entry in load_errata()}

    assert re.match(r"https://[\w.-]+\.\w+", one.link)
    assert one.title != one.printed
    for id in one.errata:
        assert one.printed, f"{name}: what is printed?"
        assert {section for section, _ in one.places} & set(errata[id].sections)


def test_the_books_are_those_of_erratum_18():
    for book in e18.BOOKS:
        (one,) = [one for one in ALL.values() if one.title == book.title]
        assert one.authors == book.authors
        assert f"{book.publisher} {book.year}" in one.year
        assert f"《{book.title_zh}》" in one.year and str(book.year_zh) in one.year


@pytest.mark.parametrize("paper", e19.PAPERS, ids=lambda paper: paper.name)
def test_the_papers_are_those_of_erratum_19(paper):
    one = ALL[paper.name]

    assert (one.title, one.authors) == (paper.title, paper.authors)
    assert one.year == str(paper.year)
    assert one.link.endswith(paper.link)
    assert (one.printed or one.title) == paper.printed


def test_t5_and_albert_have_the_numbers_of_their_own_papers():
    assert e20.PRINTED in ALL["T5"].printed and ALL["T5"].link.endswith(e20.RIGHT)
    assert e21.PRINTED in ALL["ALBERT"].printed
    assert ALL["ALBERT"].link.endswith(e21.RIGHT)


def test_the_links_of_section_10_that_lead_to_their_work_are_kept():
    links = {one.link for one in ALL.values()}

    for link, leads_to in e23.LINKS.items():
        assert (link in links) == (leads_to == e23.NAMED), link


def test_each_is_printed_on_a_line_and_in_a_row(capsys):
    references.main([])
    lines = capsys.readouterr().out.splitlines()
    references.main(["--markdown"])
    rows = capsys.readouterr().out.splitlines()

    assert len(lines) == len(ALL) == len(rows) - 2
    assert lines[0].startswith("§7.1.1 (1), §10 (1): Deep Learning. Ian Goodfellow")
    assert all(row.count(" | ") == 5 for row in rows)
