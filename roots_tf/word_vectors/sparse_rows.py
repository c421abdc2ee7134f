"""A sparse matrix on disk, row after row: written, read and added up by ranges of rows.

Article: §3.1.2 step 1 (计算词频): what is counted there does not fit in memory.

The format is CSR: `row_starts` says where each row begins in `columns` and `values`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array

ROW_STARTS, COLUMNS, VALUES = "row_starts.int64", "columns.int32", "values"
_START_TYPE, _COLUMN_TYPE = np.dtype("<i8"), np.dtype("<i4")


class Rows(Protocol):
    """A sparse matrix with V columns: `RowsOnDisk`, or `RowsInMemory`."""

    @property
    def row_starts(self) -> np.ndarray: ...

    def rows(self, start: int, stop: int) -> csr_array: ...


class RowsInMemory:
    """A matrix that SciPy holds.

    Args:
        matrix: CSR, each row's columns in order and once.
    """

    def __init__(self, matrix: csr_array):
        self.matrix = matrix

    @property
    def row_starts(self) -> np.ndarray:
        """Where each row's cells begin, and the end of the last, (rows + 1,)."""
        return self.matrix.indptr

    def rows(self, start: int, stop: int) -> csr_array:
        return self.matrix[start:stop]

    @property
    def nbytes(self) -> int:
        matrix = self.matrix
        return matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes


class RowsOnDisk:
    """A matrix that `write_rows` wrote.

    Args:
        folder: where it is.
        num_columns: V.
        dtype: of the values.

    Attributes:
        num_rows: of the matrix.
        num_stored: cells on disk.

    Raises:
        ValueError: the files do not fit one another.
        OSError: one is missing.
    """

    def __init__(self, folder: str | Path, num_columns: int, dtype: str = "<f4"):
        self.folder, self.num_columns = Path(folder), num_columns
        self.dtype = np.dtype(dtype)
        path = self.folder / ROW_STARTS
        self.num_rows = path.stat().st_size // _START_TYPE.itemsize - 1
        last = self._read_starts(max(0, self.num_rows), 1)
        self.num_stored = int(last.sum())  # 0 of an empty file
        for name, kind in ((COLUMNS, _COLUMN_TYPE), (VALUES, self.dtype)):
            path, expected = self.folder / name, self.num_stored * kind.itemsize
            if path.stat().st_size != expected:
                raise ValueError(
                    f"{path}: expected {expected} bytes, got {path.stat().st_size}"
                )

    @property
    def row_starts(self) -> np.ndarray:
        """Where each row's cells begin, and the end of the last, (rows + 1,) int64."""
        return self._read_starts(0, self.num_rows + 1)

    def rows(self, start: int, stop: int) -> csr_array:
        """Reads rows from `start` up to `stop`, (stop - start, V).

        Raises:
            ValueError: there are no such rows, or the files have been changed.
            OSError: a file is gone.
        """
        if not 0 <= start <= stop <= self.num_rows:
            raise ValueError(
                f"expected rows within 0 and {self.num_rows}, got {start} to {stop}"
            )
        starts = self._read_starts(start, stop + 1 - start)
        first, size = int(starts[0]), int(starts[-1] - starts[0])
        columns, values = (
            np.fromfile(
                self.folder / name, kind, size, offset=first * kind.itemsize
            ).astype(kind.newbyteorder("="), copy=False)
            for name, kind in ((COLUMNS, _COLUMN_TYPE), (VALUES, self.dtype))
        )
        shape = (stop - start, self.num_columns)
        try:
            matrix = csr_array((values, columns, starts - first), shape)
            matrix.check_format(full_check=True)
        except ValueError as error:
            raise ValueError(f"{self.folder}: damaged: {error}") from None
        return matrix

    def _read_starts(self, start, count):
        offset = start * _START_TYPE.itemsize
        return np.fromfile(self.folder / ROW_STARTS, _START_TYPE, count, offset=offset)


def write_rows(
    folder: Path, parts: Iterable[csr_array], num_columns: int, dtype: str = "<f4"
) -> RowsOnDisk:
    """Writes a matrix that comes as ranges of rows, and opens it.

    Args:
        folder: is made.
        parts: (rows, V), one after the other.
        num_columns: V.
        dtype: of the values on disk.

    Raises:
        OSError: the folder is there, or cannot be written.
    """
    folder.mkdir()
    size = 0
    with (
        open(folder / ROW_STARTS, "wb") as row_starts,
        open(folder / COLUMNS, "wb") as columns,
        open(folder / VALUES, "wb") as values,
    ):
        row_starts.write(np.zeros(1, _START_TYPE))
        for part in parts:
            row_starts.write((part.indptr[1:] + size).astype(_START_TYPE))
            columns.write(part.indices.astype(_COLUMN_TYPE, copy=False))
            values.write(part.data.astype(dtype, copy=False))
            size += part.nnz
    return RowsOnDisk(folder, num_columns, dtype)


def added_up(matrices: Sequence[Rows], cells: int) -> Iterator[csr_array]:
    """Adds matrices of one shape, a range of rows at a time.

    Args:
        matrices: one or more.
        cells: read so many cells at once, of all matrices together, or one row.

    Yields:
        The sums of rows 0 ... a, a ... b, ..., up to the last.
    """
    starts = np.zeros(1, np.int64)
    for matrix in matrices:
        starts = starts + matrix.row_starts
    start, last = 0, len(starts) - 1
    while start < last:
        fitting = int(np.searchsorted(starts, starts[start] + cells, "right")) - 1
        stop = max(fitting, start + 1)
        yield reduce(add, (matrix.rows(start, stop) for matrix in matrices))
        start = stop
