"""E18: two textbooks, four titles."""

import pytest

from roots_tf.errata.e18_book_titles import (
    BOOKS,
    ENTRY,
    PRINTED_EN,
    PRINTED_ZH,
    book,
    isbn_holds,
)


def test_the_two_printed_titles_are_of_two_books():
    of_chinese, of_english = book(PRINTED_ZH), book(PRINTED_EN)

    assert of_chinese != of_english
    assert of_chinese.authors == "Daniel Jurafsky, James H. Martin"
    assert of_english.authors == "Christopher D. Manning, Hinrich Schütze"
    assert of_english.title_zh == "统计自然语言处理基础"


def test_the_chinese_title_says_statistical_where_the_english_one_does():
    # 统计: statistical; 基础: foundations; 综论: a general survey.
    for one in BOOKS:
        assert ("统计" in one.title_zh) == ("Statistical" in one.title)
        assert ("基础" in one.title_zh) == ("Foundations" in one.title)


def test_a_title_of_neither_is_refused():
    with pytest.raises(ValueError, match=r"expected a title of \[.* got '深度学习'"):
        book("深度学习")


def test_an_isbn_is_checked_as_the_standards_example_is():
    # ISBN 0-306-40615-2: 130 + 2 = 132 = 12 * 11. With X: 0-8044-2957-X.
    assert isbn_holds("0-306-40615-2")
    assert isbn_holds("0-8044-2957-X")
    assert not isbn_holds("0-306-40615-3")
    assert not isbn_holds("0-306-40651-2")


@pytest.mark.parametrize("isbn", ["978-0-262-13360-9", "0-262-1336", "X-262-13360-1"])
def test_what_is_no_isbn_of_ten_digits_is_refused(isbn):
    with pytest.raises(ValueError, match=f"expected ten digits .* got '{isbn}'"):
        isbn_holds(isbn)


def test_the_books_numbers_are_of_their_publishers():
    # The group after the language's 0 is the publisher: 262 MIT Press, 13 Prentice.
    publishers = {"262": "MIT Press", "13": "Prentice Hall"}

    for one in BOOKS:
        assert isbn_holds(one.isbn)
        assert publishers[one.isbn.split("-")[1]] == one.publisher


def test_the_entry_has_a_row_for_each_book():
    for one in BOOKS:
        row = next(row for row in ENTRY.numbers.splitlines() if one.title in row)
        assert one.isbn in row
        assert f"《{one.title_zh}》" in row
