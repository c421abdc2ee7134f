"""GloVe's cells cut into tiles: a few rows by the columns where they have a cell.

Article: §3.1.2 step 3 (优化词向量).

A tile of R rows and U columns is small enough to be handled as a dense matrix, although
only one place in ten holds a cell: matrix products are that much faster than taking the
two vectors of one cell after another from memory.

All cells of a tile make their step at once, from vectors that do not yet know of one
another's steps. Where every place holds a frequent pair that is too many for a vector,
so a tile is cut by the weight of its cells too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array, triu

from roots_tf.word_vectors.cooccurrence import Cooccurrence
from roots_tf.word_vectors.glove_by_hand import weight


@dataclass(frozen=True)
class TileLimits:
    """How large a tile may be; one column is the least.

    Attributes:
        rows: R.
        columns: most columns, U.
        cells: most cells.
        weight: largest sum of f(X_ij).
    """

    rows: int = 32
    columns: int = 2048
    cells: int = 3072
    weight: float = 256.0


@dataclass(frozen=True)
class Tile:
    """Cells of rows `first_row` ... `first_row + num_rows - 1`.

    Attributes:
        first_row, num_rows: see above.
        sides: 1: each cell is X[row, column]. 2: X[column, row], which is the same
            number, is a cell of this tile too.
        columns: words, (U,) int32.
        places: of the cells in the dense tile, `row * U + column`, (cells,) int32.
        log_counts: log X_ij, (cells,) float32.
        weights: f(X_ij), (cells,) float32.
    """

    first_row: int
    num_rows: int
    sides: int
    columns: np.ndarray
    places: np.ndarray
    log_counts: np.ndarray
    weights: np.ndarray

    @property
    def num_cells(self) -> int:
        """Cells of X that the tile trains."""
        return self.sides * len(self.places)


def cut_tiles(
    cooccurrence: Cooccurrence,
    first_row: int,
    limits: TileLimits = TileLimits(),  # noqa: B008 (it cannot be changed)
    x_max: float = 100.0,
    alpha: float = 0.75,
) -> Iterator[Tile]:
    """Cuts the rows from `first_row` on, at most `limits.rows`.

    Of a symmetric X the rows hold the cells with i <= j. Those right of the square on
    the diagonal stand for two cells each; the square is filled up instead, so that no
    cell of the diagonal is trained twice.
    """
    stop = min(first_row + limits.rows, cooccurrence.num_words)
    rows = cooccurrence.rows(first_row, stop)
    if not cooccurrence.symmetric:
        parts = [(rows, 0, 1)]
    else:
        square = rows[:, first_row:stop]
        square = square + triu(square, 1).T
        parts = [(square, first_row, 1), (rows[:, stop:], stop, 2)]
    for part, first_column, sides in parts:
        part = csc_array(part)
        part.sort_indices()
        yield from _cut(part, first_row, first_column, sides, limits, x_max, alpha)


def _cut(part, first_row, first_column, sides, limits, x_max, alpha):
    columns = np.flatnonzero(np.diff(part.indptr))
    starts = np.append(part.indptr[columns], part.nnz)  # in the cells, of each column
    logs = np.log(part.data).astype(np.float32)
    weights = weight(part.data, x_max, alpha).astype(np.float32)
    sums = np.append(0, np.cumsum(weights, dtype=np.float64))[starts]
    num_rows, start = part.shape[0], 0
    while start < len(columns):
        stop = min(
            start + limits.columns,
            np.searchsorted(starts, starts[start] + limits.cells, "right") - 1,
            np.searchsorted(sums, sums[start] + limits.weight, "right") - 1,
        )
        stop = max(stop, start + 1)
        cells = slice(starts[start], starts[stop])
        within = np.repeat(np.arange(stop - start), np.diff(starts[start : stop + 1]))
        yield Tile(
            first_row,
            num_rows,
            sides,
            (columns[start:stop] + first_column).astype(np.int32),
            (part.indices[cells] * (stop - start) + within).astype(np.int32),
            logs[cells],
            weights[cells],
        )
        start = stop


@dataclass(frozen=True)
class PackedTiles:
    """N tiles, one after the other, as one call of TensorFlow takes them.

    Attributes:
        shapes: `first_row`, `num_rows` and `sides` of each, (N, 3) int32.
        starts: where in `columns` and in the cells each begins, and the end of the
            last, (N + 1, 2) int32.
        columns, places, log_counts, weights: those of all tiles.
    """

    shapes: np.ndarray
    starts: np.ndarray
    columns: np.ndarray
    places: np.ndarray
    log_counts: np.ndarray
    weights: np.ndarray


def pack(tiles: Sequence[Tile]) -> PackedTiles:
    """Packs one tile or more."""
    sizes = [(0, 0), *((len(tile.columns), len(tile.places)) for tile in tiles)]
    shapes = [(tile.first_row, tile.num_rows, tile.sides) for tile in tiles]
    names = ("columns", "places", "log_counts", "weights")
    return PackedTiles(
        np.array(shapes, np.int32),
        np.cumsum(sizes, axis=0, dtype=np.int32),
        *(np.concatenate([getattr(tile, name) for tile in tiles]) for name in names),
    )
