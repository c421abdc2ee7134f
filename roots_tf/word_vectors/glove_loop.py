"""GloVe's fast loop: tiles of cells in random order, on several threads.

The readable loop (`glove.train`) looks up two vectors for each cell. Here a few rows of
X meet all their columns in a handful of matrix products (`glove_step`). The threads
train side by side on one table without locks (Hogwild), so that a run repeats exactly
with one thread only.

Article: §3.1.2 step 3 (优化词向量), §4.1.2. Errata: E03, E04.
Source: Pennington, Socher, Manning 2014 (D14-1162), §4.2; Recht et al. 2011
    (1106.5730), "Hogwild!".
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np
from tensorflow.profiler.experimental import Trace

from roots_tf.word_vectors.cooccurrence import Cooccurrence
from roots_tf.word_vectors.glove_by_hand import GloveParameters
from roots_tf.word_vectors.glove_step import TileStep
from roots_tf.word_vectors.glove_tiles import Tile, TileLimits, cut_tiles, pack
from roots_tf.word_vectors.large_table import TableRows

CALL = 100  # tiles a call of TensorFlow
_CELL_BYTES = 32  # of a tile in memory, for a cell on disk: its share of columns too


class GloveTrainer:
    """Trains word vectors on counts, epoch by epoch.

    Against one cell after another (`glove_by_hand`, `REFERENCE_CODE`) it differs in
    that the cells of a tile make their step together; that the sum of squares has
    theirs already; and that no gradient is clipped (none comes near ±100).

    Args:
        cooccurrence: counts of V words.
        dimension: D.
        x_max, alpha: of f, see `glove_by_hand.weight`.
        learning_rate: of the vectors, see `TileStep`.
        threads: that train side by side.
        seed: of the start and of the tiles' order.
        damping: see `TileStep`; chosen by the cost on two corpora, of 3.6 and 3.7
            million words.
        limits: size of a tile; chosen in the same way, by cost and speed.
        memory_bytes: of the tiles in memory. If all are not more than that, they are
            cut once; else some rows' at a time, chosen at random, again in each epoch.
        traceable: see `TileStep`.

    Attributes:
        epochs_done: number of epochs trained.

    Raises:
        ValueError: a number out of its range.
    """

    def __init__(
        self,
        cooccurrence: Cooccurrence,
        dimension: int = 100,
        x_max: float = 100.0,
        alpha: float = 0.75,
        learning_rate: float = 0.05,
        threads: int = 2,
        seed: int = 7,
        damping: tuple[float, float] = (0.1, 2.0),
        limits: TileLimits = TileLimits(),  # noqa: B008 (it cannot be changed)
        memory_bytes: int = 1 << 29,
        traceable: bool = False,
    ):
        for name, number in (("dimension", dimension), ("threads", threads)):
            if number < 1:
                raise ValueError(f"expected {name} of 1 or more, got {number}")
        rates = {"x_max": x_max, "alpha": alpha, "learning_rate": learning_rate}
        for name, number in rates.items():
            if not number > 0:
                raise ValueError(f"expected {name} over 0, got {number}")
        self.cooccurrence, self.threads, self.seed = cooccurrence, threads, seed
        self.epochs_done = 0
        self._cut = lambda row: cut_tiles(cooccurrence, row, limits, x_max, alpha)
        self._first_rows = np.arange(0, cooccurrence.num_words, limits.rows)
        self._most_cells = memory_bytes // _CELL_BYTES
        self._all_tiles: list[Tile] | None = None
        words = cooccurrence.num_words
        start = GloveParameters.draw(words, dimension, seed, np.float32)
        self._step = TileStep(start, learning_rate, damping, traceable)

    def epoch(self, progress: Callable[[int], object] | None = None) -> dict:
        """Trains each cell once.

        Args:
            progress: called now and then with the number of cells done.

        Returns:
            "cost", the mean of `f(X_ij) error^2 / 2` over the cells, each before its
            step, as glove.c reports it; "cells", how many; "seconds".

        Raises:
            FloatingPointError: the cost is not finite.
            ValueError: the counts on disk have been changed.
            OSError: they are gone.
        """
        begin = time.perf_counter()
        generator = np.random.default_rng([self.seed, self.epochs_done])
        cost, cells = 0.0, 0
        pool = ThreadPoolExecutor(self.threads)
        try:
            for tiles in self._groups(generator):
                order = generator.permutation(len(tiles)).tolist()
                calls = [
                    [tiles[place] for place in order[start : start + CALL]]
                    for start in range(0, len(order), CALL)
                ]
                for call, its_cost in zip(
                    calls, pool.map(self._train, calls), strict=True
                ):
                    cost += its_cost
                    cells += sum(tile.num_cells for tile in call)
                    if progress:
                        progress(cells)
        finally:
            pool.shutdown(cancel_futures=True)
        if not np.isfinite(cost):
            raise FloatingPointError(
                f"expected a finite cost, got {cost}: lower the learning rate"
            )
        self.epochs_done += 1
        seconds = time.perf_counter() - begin
        return {"cost": cost / cells, "cells": cells, "seconds": seconds}

    def parameters(self) -> GloveParameters:
        """Gives what was learned, float32."""
        return self._step.parameters()

    def word_vectors(self, with_contexts: bool = True) -> np.ndarray:
        """Gives the words' vectors (V, D) float32: w + w~, or w alone."""
        return self._step.vectors(with_contexts)

    def state(self) -> dict[str, np.ndarray | TableRows]:
        """Gives, between epochs, all that a trainer like this one needs to go on.

        The tables are read when they are asked for: before the next epoch.
        """
        return {
            "table": TableRows(self._step.table),
            "sums": TableRows(self._step.sums),
            "epochs_done": np.array(self.epochs_done),
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Goes on where `state` was taken.

        Raises:
            ValueError: it is of a trainer of other sizes.
        """
        for name in ("table", "sums"):
            expected, got = getattr(self._step, name).shape, np.shape(state[name])
            if expected != got:
                raise ValueError(f"expected {name} of shape {expected}, got {got}")
        self._step.table.assign(state["table"])
        self._step.sums.assign(state["sums"])
        self.epochs_done = int(state["epochs_done"])

    def _train(self, tiles: list[Tile]) -> float:
        with Trace("piece"):  # seen where a profiler listens, as in its summary
            with Trace("input"):
                packed = pack(tiles)
            return self._step.train(packed)

    def _groups(self, generator: np.random.Generator) -> Iterator[list[Tile]]:
        """Gives all tiles at once, or as many as fit, in a random order of the rows."""
        stored = self.cooccurrence.num_stored
        if self._all_tiles is None and stored <= self._most_cells:
            self._all_tiles = list(
                chain.from_iterable(map(self._cut, self._first_rows))
            )
        if self._all_tiles is not None:
            yield self._all_tiles
            return
        tiles, cells = [], 0
        for row in generator.permutation(self._first_rows):
            new = list(self._cut(row))
            size = sum(len(tile.places) for tile in new)
            if tiles and cells + size > self._most_cells:
                yield tiles
                tiles, cells = [], 0
            tiles += new
            cells += size
        yield tiles
