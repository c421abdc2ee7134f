"""Cutting cells into tiles: each cell once, none too large."""

import numpy as np
import pytest

from roots_tf.word_vectors.cooccurrence import count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_by_hand import weight
from roots_tf.word_vectors.glove_tiles import TileLimits, cut_tiles, pack

LIMITS = (
    TileLimits(),
    TileLimits(rows=1, cells=1),
    TileLimits(rows=7, columns=3),
    TileLimits(rows=16, cells=40),
    TileLimits(rows=16, weight=5.0),
    TileLimits(rows=1000),
)
each_limits = pytest.mark.parametrize("limits", LIMITS, ids=str)


@pytest.fixture(scope="module", params=[True, False], ids=["symmetric", "left alone"])
def counts(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiles")
    generator = np.random.default_rng(0)
    sentences = [[f"w{n}" for n in generator.zipf(1.3, 20) % 60] for _ in range(100)]
    corpus = EncodedCorpus.build(sentences, folder / "corpus", min_count=1)
    return count_cooccurrences(corpus, folder / "counts", 5, request.param)


def all_tiles(counts, limits, **options):
    rows = range(0, counts.num_words, limits.rows)
    return [tile for row in rows for tile in cut_tiles(counts, row, limits, **options)]


@each_limits
def test_every_cell_is_in_one_tile_once(counts, limits):
    found = np.zeros((counts.num_words, counts.num_words))
    times = np.zeros(found.shape, int)

    for tile in all_tiles(counts, limits):
        rows, columns = np.divmod(tile.places, len(tile.columns))
        rows, columns = tile.first_row + rows, tile.columns[columns]
        assert rows.max() < tile.first_row + tile.num_rows
        for i, j in ((rows, columns), (columns, rows))[: tile.sides]:
            found[i, j] = np.exp(tile.log_counts)
            np.add.at(times, (i, j), 1)

    # A logarithm of float32 and back: some units of the last place.
    expected = counts.full().toarray()
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.array_equal(times, expected > 0)
    assert sum(tile.num_cells for tile in all_tiles(counts, limits)) == counts.nnz


@each_limits
def test_a_tile_of_more_than_one_column_is_within_its_limits(counts, limits):
    tiles = all_tiles(counts, limits)

    for tile in tiles:
        assert tile.num_rows <= limits.rows
        assert len(tile.columns) <= limits.columns
        if len(tile.columns) > 1:
            assert len(tile.places) <= limits.cells
            assert tile.weights.sum(dtype=np.float64) <= limits.weight + 1e-4
        # Every column has a cell, and none stands there twice.
        assert len(np.unique(tile.columns)) == len(tile.columns)
        used = np.unique(tile.places % len(tile.columns))
        assert len(used) == len(tile.columns)


def test_rows_and_columns_of_two_sides_are_different_words(counts):
    for tile in all_tiles(counts, TileLimits(rows=7)):
        if tile.sides == 2:
            assert tile.columns.min() >= tile.first_row + tile.num_rows
    if not counts.symmetric:
        assert {tile.sides for tile in all_tiles(counts, TileLimits())} == {1}


def test_weights_are_those_of_the_counts(counts):
    for tile in all_tiles(counts, TileLimits(), x_max=5.0, alpha=0.5):
        expected = weight(np.exp(tile.log_counts.astype(np.float64)), 5.0, 0.5)
        np.testing.assert_allclose(tile.weights, expected, rtol=1e-5)


def test_packed_tiles_lie_one_after_the_other(counts):
    tiles = all_tiles(counts, TileLimits(rows=16, cells=40))

    packed = pack(tiles)

    for n, tile in enumerate(tiles):
        (column, cell), (next_column, next_cell) = packed.starts[n : n + 2]
        shape = (tile.first_row, tile.num_rows, tile.sides)
        assert tuple(packed.shapes[n]) == shape
        assert np.array_equal(packed.columns[column:next_column], tile.columns)
        for name in ("places", "log_counts", "weights"):
            part = getattr(packed, name)[cell:next_cell]
            assert np.array_equal(part, getattr(tile, name))
    assert tuple(packed.starts[-1]) == (len(packed.columns), len(packed.places))
