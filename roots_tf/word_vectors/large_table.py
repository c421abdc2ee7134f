"""Tables of vectors in a TensorFlow variable, filled and read some rows at a time.

Article: §2.3 (词向量).

Half a million words make a table of half a gigabyte, and ``variable.numpy()`` copies
all of it twice.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

ROWS = 10_000  # at a time


def slices(count: int) -> Iterator[slice]:
    """Cuts the numbers below ``count`` into slices of `ROWS` at most."""
    for start in range(0, count, ROWS):
        yield slice(start, min(count, start + ROWS))


def make_table(rows: int, columns: int, parts: Iterable[np.ndarray]) -> tf.Variable:
    """Makes a variable (rows, columns) float32.

    Args:
        parts: its rows from the first on, `ROWS` at most at a time; the rest is 0.
    """
    table = tf.Variable(tf.zeros([rows, columns]))
    first = 0
    for part in parts:
        places = np.arange(first, first + len(part))
        table.scatter_update(tf.IndexedSlices(np.asarray(part, np.float32), places))
        first += len(part)
    return table


class TableRows:
    """The rows of a table as they are now, read when they are asked for.

    Args:
        table: variable (rows, columns) float32.

    Attributes:
        shape, dtype: of the array that they make.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, table: tf.Variable):
        self._table = table
        self.shape = tuple(table.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Gives rows that follow one another, (N, columns)."""
        start, stop, _ = rows.indices(len(self))
        found = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        for part in slices(len(found)):
            places = tf.range(start + part.start, start + part.stop)
            found[part] = tf.gather(self._table, places)
        return found

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)
