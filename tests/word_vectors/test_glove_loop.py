"""GloVe's fast loop beside the update of one cell after another."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from roots_tf.word_vectors.cooccurrence import count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_by_hand import (
    REFERENCE_CODE,
    GloveParameters,
    cost,
    glove_step_by_hand,
    start_sums,
)
from roots_tf.word_vectors.glove_loop import GloveTrainer
from roots_tf.word_vectors.glove_tiles import TileLimits, cut_tiles

D, SEED = 8, 3
OPTIONS = {"dimension": D, "x_max": 10.0, "threads": 1, "seed": SEED}
ONE_CELL = TileLimits(rows=1, cells=1)
# What the loop leaves out of the program's rule, see `GloveTrainer`.
LOOP_RULE = replace(REFERENCE_CODE, clip=np.inf, current_first=True)


def counted(folder, sentences=300, words=60, symmetric=True):
    generator = np.random.default_rng(0)
    drawn = generator.zipf(1.3, (sentences, 20)) % words
    texts = [[f"w{n}" for n in sentence] for sentence in drawn]
    corpus = EncodedCorpus.build(texts, folder / "corpus", min_count=1)
    return count_cooccurrences(corpus, folder / "counts", 5, symmetric)


@pytest.fixture
def counts(tmp_path):
    return counted(tmp_path)


def trained_by_hand(counts, epochs, rule=REFERENCE_CODE):
    """One cell after another, in another order in each epoch, in float64."""
    cells = counts.full().tocoo()
    parameters = GloveParameters.draw(counts.num_words, D, SEED)
    sums, generator = start_sums(parameters, rule), np.random.default_rng(0)
    for _ in range(epochs):
        for n in generator.permutation(cells.nnz):
            cell = cells.row[n], cells.col[n], cells.data[n]
            glove_step_by_hand(parameters, sums, *cell, rule, x_max=10.0)
    return parameters


def cost_of(parameters, counts):
    cells = counts.full().tocoo()
    return cost(parameters, *cells.coords, cells.data, x_max=10.0) / cells.nnz / 2


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_tile_of_one_cell_is_the_update_of_one_cell(tmp_path, symmetric):
    counts = counted(tmp_path, sentences=40, words=30, symmetric=symmetric)
    trainer = GloveTrainer(counts, **OPTIONS, damping=(0.0, 0.0), limits=ONE_CELL)

    result = trainer.epoch()

    tiles = [
        t for row in range(counts.num_words) for t in cut_tiles(counts, row, ONE_CELL)
    ]
    order = np.random.default_rng([SEED, 0]).permutation(len(tiles))
    x, shares = counts.full(), []
    parameters = GloveParameters.draw(counts.num_words, D, SEED)
    sums = start_sums(parameters, LOOP_RULE)
    for tile in (tiles[n] for n in order):
        i, (j,) = tile.first_row, tile.columns
        # Of two sides the one has w_i and w~_j, the other w_j and w~_i: nothing shared.
        for row, column in ((i, j), (j, i))[: tile.sides]:
            count = x[row, column]
            shares.append(
                glove_step_by_hand(
                    parameters, sums, row, column, count, LOOP_RULE, x_max=10.0
                )
            )
    assert result["cells"] == len(shares) == counts.nnz
    assert result["cost"] == pytest.approx(np.mean(shares) / 2, rel=1e-4)
    for ours, by_hand in zip(
        vars(trainer.parameters()).values(), vars(parameters).values(), strict=True
    ):
        # Some thousand steps in float32 against float64.
        np.testing.assert_allclose(ours, by_hand, rtol=1e-3, atol=1e-4)


def test_tiles_descend_as_far_as_one_cell_after_another(counts):
    trainer = GloveTrainer(counts, **OPTIONS)

    for _ in range(8):
        trainer.epoch()

    # Not the same path: here, within some per cent; on millions of words, by
    # `python -m benchmarks.glove`, within 3 per cent.
    ours = cost_of(trainer.parameters(), counts)
    assert ours < 1.1 * cost_of(trained_by_hand(counts, 8), counts)


def test_the_cost_reported_falls_and_is_that_of_the_cells(counts):
    trainer = GloveTrainer(counts, **OPTIONS)

    first = cost_of(trainer.parameters(), counts)
    costs = [trainer.epoch()["cost"] for _ in range(5)]
    last = cost_of(trainer.parameters(), counts)

    # Each is an average over its epoch: between what stood before it and after it.
    assert first > costs[0] > costs[1] > costs[2] > costs[3] > costs[4] > last


def test_one_thread_repeats_exactly_and_another_seed_does_not(counts):
    def vectors(**options):
        trainer = GloveTrainer(counts, **{**OPTIONS, **options})
        trainer.epoch()
        return trainer.word_vectors()

    assert np.array_equal(vectors(), vectors())
    assert not np.array_equal(vectors(), vectors(seed=4))


def test_threads_side_by_side_descend_as_far_as_one(counts):
    one, two = (
        GloveTrainer(counts, **{**OPTIONS, "threads": threads}) for threads in (1, 2)
    )

    for trainer in (one, two):
        for _ in range(5):
            trainer.epoch()

    costs = [cost_of(trainer.parameters(), counts) for trainer in (one, two)]
    assert costs[1] == pytest.approx(costs[0], rel=0.1)


def test_little_memory_trains_every_cell_too(counts):
    trainer = GloveTrainer(counts, **OPTIONS, limits=TileLimits(rows=8), memory_bytes=1)
    whole = GloveTrainer(counts, **OPTIONS, limits=TileLimits(rows=8))

    results = [trainer.epoch() for _ in range(5)]
    for _ in range(5):
        whole.epoch()

    assert {result["cells"] for result in results} == {counts.nnz}
    costs = [cost_of(one.parameters(), counts) for one in (trainer, whole)]
    assert costs[0] == pytest.approx(costs[1], rel=0.1)


@pytest.mark.parametrize("memory", [1, 1 << 29])
def test_a_restored_trainer_goes_on_to_the_same_result(counts, memory):
    whole = GloveTrainer(counts, **OPTIONS, memory_bytes=memory)
    whole.epoch()
    state = {name: np.array(array) for name, array in whole.state().items()}
    result = whole.epoch()

    resumed = GloveTrainer(counts, **OPTIONS, memory_bytes=memory)
    resumed.restore(state)

    assert resumed.epochs_done == 1
    assert resumed.epoch()["cost"] == result["cost"]
    np.testing.assert_array_equal(resumed.word_vectors(), whole.word_vectors())


def test_a_state_of_other_sizes_is_refused(counts):
    state = GloveTrainer(counts, **{**OPTIONS, "dimension": 5}).state()

    with pytest.raises(ValueError, match=r"expected table of shape .*10.*, got .*7"):
        GloveTrainer(counts, **OPTIONS).restore(state)


def test_progress_counts_up_to_all_cells(counts):
    trainer, done = GloveTrainer(counts, **OPTIONS, limits=ONE_CELL), []

    trainer.epoch(done.append)

    assert len(done) > 5
    assert done == sorted(done) and done[-1] == counts.nnz


def test_vectors_are_the_sum_or_those_of_the_words(counts):
    trainer = GloveTrainer(counts, **OPTIONS)
    parameters = trainer.parameters()

    assert trainer.word_vectors().shape == (counts.num_words, D)
    assert trainer.word_vectors().dtype == np.float32
    np.testing.assert_array_equal(
        trainer.word_vectors(), parameters.words + parameters.contexts
    )
    np.testing.assert_array_equal(trainer.word_vectors(False), parameters.words)


def test_the_start_is_that_of_the_program(counts):
    parameters = GloveTrainer(counts, **OPTIONS).parameters()

    start = GloveParameters.draw(counts.num_words, D, SEED)
    for ours, drawn in zip(
        vars(parameters).values(), vars(start).values(), strict=True
    ):
        np.testing.assert_array_equal(ours, drawn.astype(np.float32))


@pytest.mark.parametrize("damping", [(0.1, 2.0), (0.0, 0.0)])
def test_three_dimensions_fit_a_tiny_corpus(tmp_path, damping):
    texts = ["a b a b c d c d".split()]
    corpus = EncodedCorpus.build(texts, tmp_path / "corpus", min_count=1)
    counts = count_cooccurrences(corpus, tmp_path / "counts", window=2)
    options = {"dimension": 3, "x_max": 1.0, "learning_rate": 1.0, "seed": 0}
    trainer = GloveTrainer(
        counts, **options, threads=1, damping=damping, limits=TileLimits(rows=2)
    )

    costs = [trainer.epoch()["cost"] for _ in range(400)]

    assert costs[0] > 0.1 and costs[-1] < 1e-5


def test_a_cost_without_end_is_an_error_of_one_line(counts):
    trainer = GloveTrainer(counts, **OPTIONS)
    state = {name: np.array(array) for name, array in trainer.state().items()}
    state["table"][0, 0] = np.nan
    trainer.restore(state)

    with pytest.raises(FloatingPointError, match="finite cost, got nan: lower the"):
        trainer.epoch()

    assert trainer.epochs_done == 0


def test_counts_that_vanish_are_an_os_error(counts):
    trainer = GloveTrainer(counts, **OPTIONS)
    shutil.rmtree(counts.folder)

    with pytest.raises(FileNotFoundError):
        trainer.epoch()


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("dimension", 0, "dimension of 1 or more, got 0"),
        ("threads", 0, "threads of 1 or more, got 0"),
        ("x_max", 0, "x_max over 0, got 0"),
        ("alpha", -1, "alpha over 0, got -1"),
        ("learning_rate", float("nan"), "learning_rate over 0, got nan"),
    ],
)
def test_numbers_out_of_range_are_refused(counts, name, value, message):
    with pytest.raises(ValueError, match=message):
        GloveTrainer(counts, **{**OPTIONS, name: value})
