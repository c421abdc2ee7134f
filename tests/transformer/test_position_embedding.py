"""Positions: the paper's table, its property, and the learned one."""

import math

import keras
import numpy as np
import pytest

from roots_tf.transformer.position_embedding import (
    LearnedPositionEmbedding,
    SinusoidalPositionEmbedding,
    sinusoidal_positions,
)

X = np.zeros((2, 4, 6), np.float32)


def test_the_table_is_the_papers_sines_and_cosines():
    table = sinusoidal_positions(50, 8)

    for position, i in np.ndindex(50, 4):
        angle = position / 10_000 ** (2 * i / 8)
        # float32 keeps 24 bits.
        assert math.isclose(table[position, 2 * i], math.sin(angle), abs_tol=1e-7)
        assert math.isclose(table[position, 2 * i + 1], math.cos(angle), abs_tol=1e-7)


@pytest.mark.parametrize("distance", [1, 7])
def test_a_shift_by_a_fixed_distance_is_one_linear_map(distance):
    table = sinusoidal_positions(40, 8).astype(np.float64)

    # Least squares over the first half of the positions (the paper, §3.5: PE(pos + k)
    # is a linear function of PE(pos)) must hold for the second half.
    before, after = table[:-distance], table[distance:]
    map_, *_ = np.linalg.lstsq(before[:20], after[:20], rcond=1e-6)

    # The table is float32, and slow sines are nearly constant over 20 positions.
    np.testing.assert_allclose(before[20:] @ map_, after[20:], atol=1e-3)


@pytest.mark.parametrize(
    "kind", [SinusoidalPositionEmbedding, LearnedPositionEmbedding]
)
def test_positions_are_rows_of_the_table_first_or_chosen(kind):
    layer = kind(9, 6)
    layer.build(X.shape)
    table = np.asarray(layer.table())

    first, chosen = layer(X), layer(X, np.array([3, 4, 5, 8]))
    of_each_text = layer(X, np.array([[0, 1, 2, 3], [4, 5, 6, 7]]))

    np.testing.assert_array_equal(first, table[:4])
    np.testing.assert_array_equal(chosen, table[[3, 4, 5, 8]])
    np.testing.assert_array_equal(of_each_text, table[:8].reshape(2, 4, 6))


def test_the_computed_table_has_no_weights_and_the_learned_one_is_trained():
    computed = SinusoidalPositionEmbedding(9, 6)
    learned = LearnedPositionEmbedding(9, 6)

    computed(X), learned(X)

    assert computed.weights == []
    assert [w.shape for w in learned.trainable_weights] == [(9, 6)]


def test_a_learned_table_starts_as_its_initializer_says():
    learned = LearnedPositionEmbedding(
        500, 6, initializer=keras.initializers.RandomNormal(stddev=0.02)
    )

    learned.build(X.shape)

    # 3,000 draws: the standard error of the deviation is 0.02 / sqrt(6000) = 0.00026.
    assert abs(np.std(learned.get_weights()[0]) - 0.02) < 0.001


def test_a_text_longer_than_the_table_is_refused():
    with pytest.raises(ValueError, match="at most 3 positions, got 4"):
        LearnedPositionEmbedding(3, 6)(X)


def test_an_odd_width_is_refused():
    with pytest.raises(ValueError, match="even hidden_size, got 7"):
        sinusoidal_positions(4, 7)
