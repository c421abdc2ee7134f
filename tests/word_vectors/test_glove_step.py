"""The step of a tile beside the paper's formulas in NumPy, cell by cell."""

import numpy as np
import pytest

from roots_tf.word_vectors import large_table
from roots_tf.word_vectors.glove_by_hand import GloveParameters
from roots_tf.word_vectors.glove_step import TileStep
from roots_tf.word_vectors.glove_tiles import Tile, pack

V, D, RATE = 20, 4, 0.05
NO_DAMPING = (0.0, 0.0)


def a_start(seed=0):
    generator = np.random.default_rng(seed)
    shapes = ((V, D), (V, D), V, V)
    return GloveParameters(*(generator.normal(size=shape) for shape in shapes))


def a_tile(seed=0, first_row=2, num_rows=3, columns=(7, 9, 10, 15), sides=2):
    generator = np.random.default_rng(seed)
    size = num_rows * len(columns)
    places = np.flatnonzero(generator.random(size) < 0.7).astype(np.int32)
    return Tile(
        first_row,
        num_rows,
        sides,
        np.array(columns, np.int32),
        places,
        generator.normal(1, 1, len(places)).astype(np.float32),
        generator.uniform(0.1, 1, len(places)).astype(np.float32),
    )


def cells_of(tile):
    rows, columns = np.divmod(tile.places, len(tile.columns))
    rows, columns = tile.first_row + rows, tile.columns[columns]
    values = list(zip(tile.log_counts, tile.weights, strict=True))
    for i, j in ((rows, columns), (columns, rows))[: tile.sides]:
        yield from ((a, b, *value) for a, b, value in zip(i, j, values, strict=True))


def expected_of(start, tile, damping):
    """All cells from the same start: gradients, squares, curvatures, then one step."""
    names = ("words", "contexts", "word_biases", "context_biases")
    gradients, squares, curvatures = (
        {name: np.zeros_like(getattr(start, name)) for name in names} for _ in range(3)
    )
    total = 0.0
    for i, j, log_count, f in cells_of(tile):
        error = start.words[i] @ start.contexts[j] - log_count
        error += start.word_biases[i] + start.context_biases[j]
        total += f * error**2 / 2
        w, c = start.words[i], start.contexts[j]
        for name, place, gradient, curvature in (
            ("words", i, f * error * c, damping[0] * f * (c @ c)),
            ("contexts", j, f * error * w, damping[0] * f * (w @ w)),
            ("word_biases", i, f * error, damping[1] * f),
            ("context_biases", j, f * error, damping[1] * f),
        ):
            gradients[name][place] += gradient
            squares[name][place] += gradient**2
            curvatures[name][place] += curvature
    moved = {}
    for name in names:
        first = 1.0 if "biases" in name else RATE**-2
        divisor = np.sqrt(first + squares[name]) + curvatures[name]
        moved[name] = getattr(start, name) - gradients[name] / divisor
    return GloveParameters(**moved), total


@pytest.mark.parametrize("damping", [NO_DAMPING, (0.1, 2.0), (1.0, 0.5)])
@pytest.mark.parametrize("sides", [1, 2])
def test_a_tiles_step_is_that_of_its_cells_added_up(sides, damping):
    start, tile = a_start(), a_tile(sides=sides)
    step = TileStep(start, RATE, damping)

    total = step.train(pack([tile]))

    expected, expected_total = expected_of(start, tile, damping)
    assert total == pytest.approx(expected_total, rel=1e-5)
    for ours, right in zip(
        vars(step.parameters()).values(), vars(expected).values(), strict=True
    ):
        # Sums of some ten numbers of the order of 1 in float32.
        np.testing.assert_allclose(ours, right, rtol=1e-5, atol=1e-5)


def test_sums_are_of_each_cells_square_and_not_the_square_of_the_sum():
    start, tile = a_start(), a_tile()
    step = TileStep(start, RATE, NO_DAMPING)

    step.train(pack([tile]))

    expected = np.ones(V)  # where the sums of biases start
    for i, j, log_count, f in cells_of(tile):
        error = start.words[i] @ start.contexts[j] - log_count
        error += start.word_biases[i] + start.context_biases[j]
        expected[i] += (f * error) ** 2
    of_word_biases = step.sums.numpy()[:V, D]
    np.testing.assert_allclose(of_word_biases, expected, rtol=1e-5, atol=1e-5)


def test_the_ones_stay_and_words_outside_the_tile_too():
    start, tile = a_start(), a_tile()
    step = TileStep(start, RATE, NO_DAMPING)
    before = step.table.numpy()

    for _ in range(5):
        step.train(pack([tile]))

    after = step.table.numpy()
    assert np.all(after[:V, -1] == 1) and np.all(after[V:, -2] == 1)
    inside = [*range(2, 5), *tile.columns]
    outside = np.setdiff1d(np.arange(V), inside)
    for rows in (outside, V + outside):
        assert np.array_equal(after[rows], before[rows])
    assert (after[inside] != before[inside]).any()


def test_tiles_of_a_call_are_trained_one_after_the_other():
    tiles = [a_tile(0), a_tile(1, sides=1), a_tile(2, first_row=0, num_rows=1)]
    together, alone = (TileStep(a_start(), RATE, (0.1, 2.0)) for _ in range(2))

    total = together.train(pack(tiles))
    totals = [alone.train(pack([tile])) for tile in tiles]

    assert total == pytest.approx(sum(totals), rel=1e-6)
    assert np.array_equal(together.table, alone.table)
    assert np.array_equal(together.sums, alone.sums)


def test_tables_filled_and_read_few_rows_at_a_time_are_the_same(monkeypatch):
    start = a_start()
    whole = TileStep(start, RATE, NO_DAMPING)
    monkeypatch.setattr(large_table, "ROWS", 3)

    step = TileStep(start, RATE, NO_DAMPING)

    np.testing.assert_array_equal(step.table, whole.table)
    np.testing.assert_array_equal(step.sums, whole.sums)
    for found, expected in zip(
        vars(step.parameters()).values(), vars(start).values(), strict=True
    ):
        np.testing.assert_array_equal(found, expected.astype(np.float32))
    for both in (True, False):
        np.testing.assert_allclose(step.vectors(both), start.vectors(both), rtol=1e-5)
