"""GloVe's fast loop beside the update of one cell after another."""

import numpy as np
import pytest

from roots_tf.word_vectors.cooccurrence import count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_by_hand import (
    REFERENCE_CODE,
    GloveParameters,
    glove_step_by_hand,
    start_sums,
    weight,
)
from roots_tf.word_vectors.glove_loop import GloveTrainer

OPTIONS = {"dimension": 8, "x_max": 10.0, "threads": 1, "seed": 3}


@pytest.fixture
def counts(tmp_path):
    rng = np.random.default_rng(0)
    sentences = [[f"w{n}" for n in rng.zipf(1.3, 20) % 60] for _ in range(300)]
    corpus = EncodedCorpus.build(sentences, tmp_path / "corpus", min_count=1)
    return count_cooccurrences(corpus, tmp_path / "counts", window=5)


def test_weights_are_those_of_the_paper():
    # E4: f(1) = 0.01^0.75.
    assert weight(np.array([1.0, 100.0, 1e3])) == pytest.approx([0.0316228, 1, 1])


def test_one_step_by_hand_is_adagrad_on_the_published_cost():
    # E4: w = (.5, -.2), w~ = (.3, .4), b = .1, b~ = .2, X = 10.
    parameters = GloveParameters(
        np.array([[0.5, -0.2]]),
        np.array([[0.3, 0.4]]),
        np.array([0.1]),
        np.array([0.2]),
    )
    sums = start_sums(parameters, REFERENCE_CODE)

    share = glove_step_by_hand(parameters, sums, 0, 0, 10.0, REFERENCE_CODE)

    error = 0.5 * 0.3 - 0.2 * 0.4 + 0.1 + 0.2 - np.log(10)
    f = (10 / 100) ** 0.75
    assert error == pytest.approx(-1.932585, abs=1e-6)
    assert share == pytest.approx(f * error**2)
    moved = np.array([0.5, -0.2]) - 0.05 * f * error * np.array([0.3, 0.4])
    np.testing.assert_allclose(parameters.words[0], moved)


def test_its_cost_after_three_epochs_is_near_that_of_one_cell_after_another(counts):
    trainer = GloveTrainer(counts, **OPTIONS)
    cells = counts.full().tocoo()
    parameters = GloveParameters.draw(counts.num_words, 8, 3)
    sums = start_sums(parameters, REFERENCE_CODE)
    rng = np.random.default_rng(0)
    for _ in range(3):
        shares = [
            glove_step_by_hand(
                parameters,
                sums,
                cells.row[n],
                cells.col[n],
                cells.data[n],
                REFERENCE_CODE,
                x_max=10.0,
            )
            for n in rng.permutation(cells.nnz)
        ]

    costs = [trainer.epoch()["cost"] for _ in range(3)]

    # Cells of a tile step together: the same descent, not the same path.
    assert costs[-1] == pytest.approx(np.mean(shares) / 2, rel=0.25)
    assert costs[2] < costs[1] < costs[0]


def test_a_restored_trainer_goes_on_to_the_same_result(counts):
    whole = GloveTrainer(counts, **OPTIONS)
    whole.epoch()
    state = whole.state()
    cost = whole.epoch()["cost"]

    resumed = GloveTrainer(counts, **OPTIONS)
    resumed.restore(state)

    assert resumed.epoch()["cost"] == cost
    np.testing.assert_array_equal(resumed.word_vectors(), whole.word_vectors())
