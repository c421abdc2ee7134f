"""E20: when the two numbers were given."""

from datetime import date

import pytest

from roots_tf.errata.e20_t5_number import (
    ENTRY,
    PRINTED,
    RIGHT,
    arxiv_month,
    months_late,
)


def test_an_arxiv_number_begins_with_year_and_month():
    # The Transformer's paper was submitted on 12 June 2017, BERT's on 11 October 2018.
    assert arxiv_month("1706.03762") == (2017, 6)
    assert arxiv_month("1810.04805") == (2018, 10)


@pytest.mark.parametrize("number", ["hep-th/9901001", "1913.00001", "1910", "19.1910"])
def test_what_is_no_such_number_is_refused(number):
    with pytest.raises(ValueError, match=f"expected a number .* got '{number}'"):
        arxiv_month(number)


def test_the_printed_number_is_younger_than_the_paper_in_print():
    printed_in_journal = date(2020, 6, 1)

    assert date(*arxiv_month(RIGHT), 1) < printed_in_journal
    assert date(*arxiv_month(PRINTED), 1) > printed_in_journal
    assert months_late() == (2020 - 2019) * 12 + (9 - 10)
    assert f"{months_late()} months later" in ENTRY.numbers


def test_the_entry_names_both_numbers():
    assert PRINTED in ENTRY.printed
    assert RIGHT in ENTRY.right
