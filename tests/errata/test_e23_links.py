"""E23: where the links of §10 lead."""

from urllib.parse import urlsplit

import pytest

from roots_tf.errata import e20_t5_number, e21_albert_number
from roots_tf.errata.e19_paper_titles import PAPERS
from roots_tf.errata.e23_links import (
    ANOTHER_PAPER,
    COMPANY,
    ENTRY,
    LINKS,
    NAMED,
    is_lasting,
    links_by_aim,
)


def test_four_links_lead_to_the_work_two_to_another_paper_three_to_a_company():
    hosts = [urlsplit(link).hostname for link in LINKS]

    of_companies = [
        host for host in hosts if host not in ("arxiv.org", "nlp.stanford.edu")
    ]
    assert hosts.count("arxiv.org") == 3 + 2  # three of the works have a number there
    assert links_by_aim() == {
        NAMED: (4, 3),
        ANOTHER_PAPER: (2, 2),
        COMPANY: (len(of_companies), 0),
    }
    assert "| the work named | 4 | 3 |" in ENTRY.numbers
    assert "| a company's page | 3 | 0 |" in ENTRY.numbers


def test_the_links_to_another_paper_are_those_of_e20_and_e21():
    to_another = [link for link, aim in LINKS.items() if aim == ANOTHER_PAPER]

    numbers = [link.rpartition("/")[2] for link in to_another]
    assert numbers == [e20_t5_number.PRINTED, e21_albert_number.PRINTED]


def test_the_links_to_the_work_are_those_of_the_papers_that_e19_names():
    to_the_work = [link for link, aim in LINKS.items() if aim == NAMED]

    for link, paper in zip(to_the_work, PAPERS, strict=True):
        assert link.endswith(paper.link)


@pytest.mark.parametrize(
    ("link", "lasting"),
    [
        ("https://arxiv.org/abs/1706.03762", True),
        ("https://arxiv.org/abs/1706.03762v7", True),
        ("https://doi.org/10.1371/journal.pone.0115253", True),
        ("https://arxiv.org/list/cs.CL/recent", False),
        ("https://example.org/abs/1706.03762", False),
        ("https://example.org/paper.pdf", False),
    ],
)
def test_an_arxiv_number_and_a_doi_are_permanent_names(link, lasting):
    assert is_lasting(link) is lasting
