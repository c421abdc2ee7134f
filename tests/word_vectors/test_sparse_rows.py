"""A sparse matrix on disk: read by ranges, added up by ranges, damage seen."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from roots_tf.word_vectors.sparse_rows import (
    COLUMNS,
    ROW_STARTS,
    VALUES,
    RowsInMemory,
    RowsOnDisk,
    added_up,
    write_rows,
)

ROWS, COLUMNS_OF_ALL = 23, 17


def a_matrix(seed, density=0.3):
    generator = np.random.default_rng(seed)
    shape = (ROWS, COLUMNS_OF_ALL)
    return csr_array(random_array(shape, density=density, rng=generator))


def written(folder, matrix, dtype="<f8"):
    cuts = [0, 4, 4, 15, ROWS]
    parts = (matrix[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True))
    return write_rows(folder, parts, COLUMNS_OF_ALL, dtype)


@pytest.mark.parametrize("start, stop", [(0, ROWS), (3, 3), (0, 1), (5, 20)])
def test_rows_come_back_as_they_were(tmp_path, start, stop):
    matrix = a_matrix(0)

    rows = written(tmp_path / "m", matrix).rows(start, stop)

    assert np.array_equal(rows.toarray(), matrix[start:stop].toarray())


def test_values_are_kept_in_the_type_asked_for(tmp_path):
    matrix = a_matrix(1)
    written(tmp_path / "m", matrix, "<f4")

    rows = RowsOnDisk(tmp_path / "m", COLUMNS_OF_ALL, "<f4").rows(0, ROWS)

    assert rows.dtype == np.float32
    assert np.array_equal(rows.toarray(), matrix.toarray().astype(np.float32))


@pytest.mark.parametrize("cells", [1, 50, 100_000])
def test_sums_do_not_depend_on_how_much_is_read_at_once(tmp_path, cells):
    matrices = [a_matrix(seed) for seed in range(4)]
    on_disk = [written(tmp_path / f"{n}", m) for n, m in enumerate(matrices[:2])]
    in_memory = [RowsInMemory(m) for m in matrices[2:]]

    parts = [part.toarray() for part in added_up(on_disk + in_memory, cells)]

    assert (len(parts) == 1) == (cells > 1_000)
    expected = sum(matrix.toarray() for matrix in matrices)
    np.testing.assert_allclose(np.vstack(parts), expected, rtol=1e-15)


@pytest.mark.parametrize("start, stop", [(-1, 2), (3, 2), (0, ROWS + 1)])
def test_rows_outside_are_refused(tmp_path, start, stop):
    with pytest.raises(ValueError, match=f"within 0 and {ROWS}, got {start} to {stop}"):
        written(tmp_path / "m", a_matrix(0)).rows(start, stop)


@pytest.mark.parametrize("name", [COLUMNS, VALUES])
def test_a_cut_file_is_refused_by_its_name(tmp_path, name):
    written(tmp_path / "m", a_matrix(0))
    path = tmp_path / "m" / name
    path.write_bytes(path.read_bytes()[:-3])

    with pytest.raises(ValueError, match=f"{name}: expected [0-9]+ bytes, got"):
        RowsOnDisk(tmp_path / "m", COLUMNS_OF_ALL, "<f8")


def test_empty_row_starts_are_refused(tmp_path):
    written(tmp_path / "m", a_matrix(0))
    (tmp_path / "m" / ROW_STARTS).write_bytes(b"")

    with pytest.raises(ValueError, match="expected 0 bytes, got"):
        RowsOnDisk(tmp_path / "m", COLUMNS_OF_ALL, "<f8")


def test_a_column_that_is_none_is_seen_when_it_is_read(tmp_path):
    rows = written(tmp_path / "m", a_matrix(0))
    np.full(rows.row_starts[-1], 99, "<i4").tofile(tmp_path / "m" / COLUMNS)

    with pytest.raises(ValueError, match="m: damaged: "):
        rows.rows(0, 5)


def test_a_file_cut_after_it_was_opened_is_seen_when_it_is_read(tmp_path):
    rows = written(tmp_path / "m", a_matrix(0))
    (tmp_path / "m" / VALUES).write_bytes(b"")

    with pytest.raises(ValueError, match="m: damaged: "):
        rows.rows(0, ROWS)
