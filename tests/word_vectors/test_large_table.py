"""A table in a variable: filled and read some rows at a time."""

import numpy as np
import pytest

from roots_tf.word_vectors import large_table
from roots_tf.word_vectors.large_table import TableRows, make_table, slices

WHOLE = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def three_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(large_table, "ROWS", 3)


def table():
    return make_table(7, 3, (WHOLE[rows] for rows in slices(7)))


def test_slices_cover_everything_once():
    assert [range(9)[rows] for rows in slices(7)] == [
        range(3),
        range(3, 6),
        range(6, 7),
    ]
    assert list(slices(0)) == []


def test_a_table_has_the_rows_that_it_was_made_from():
    np.testing.assert_array_equal(table().numpy(), WHOLE)


def test_rows_without_a_part_are_zero():
    found = make_table(7, 3, [WHOLE[:2].astype(np.float64)]).numpy()

    np.testing.assert_array_equal(found[:2], WHOLE[:2])
    assert not found[2:].any()


@pytest.mark.parametrize("rows", [slice(None), slice(2, 6), slice(5), slice(6, 99)])
def test_rows_are_read_as_an_array_s(rows):
    found = TableRows(table())

    np.testing.assert_array_equal(found[rows], WHOLE[rows])
    assert (found.shape, found.dtype, len(found)) == (WHOLE.shape, WHOLE.dtype, 7)


def test_rows_are_those_of_the_time_when_they_are_read():
    variable = table()
    rows = TableRows(variable)
    before = np.array(rows)

    variable.assign(-WHOLE)

    np.testing.assert_array_equal(before, WHOLE)
    np.testing.assert_array_equal(np.array(rows), -WHOLE)
