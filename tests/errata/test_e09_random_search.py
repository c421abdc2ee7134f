"""E09: chances, distinct values, and Keras Tuner's draws under opposite objectives."""

import numpy as np
import pytest
from scipy import stats

from roots_tf.errata.e09_random_search import (
    DRAWS,
    ENTRY,
    chance_of_success,
    distinct_values,
    grid_and_random_points,
    random_search,
)


@pytest.mark.parametrize("draws", DRAWS)
def test_the_chance_is_that_of_one_success_or_more_in_n_tries(draws):
    chance = chance_of_success(draws)

    assert chance == pytest.approx(stats.binom.sf(0, draws, 0.05), rel=1e-12)
    assert f"| {draws} | {chance:.4f} |" in ENTRY.numbers


@pytest.mark.parametrize("dimensions", [1, 7])
def test_the_chance_is_the_same_in_any_dimension(dimensions):
    generator = np.random.default_rng(0)
    everywhere = generator.uniform(size=(50_000, dimensions))
    good = np.quantile(everywhere.sum(axis=1), 0.95)  # the top 5 % of some objective

    searches = generator.uniform(size=(4_000, 30, dimensions)).sum(axis=2)

    # Standard deviation of a share of 4,000: 0.0065; that of the quantile is less.
    assert np.mean(searches.max(axis=1) >= good) == pytest.approx(0.785, abs=0.03)


def test_sixty_draws_reach_95_percent_and_59_are_enough():
    assert chance_of_success(58) < 0.95 < chance_of_success(59)


def test_nine_points_try_three_values_on_a_grid_and_nine_at_random():
    grid, random = grid_and_random_points()

    assert len(set(grid)) == len(set(random)) == 9
    assert distinct_values(grid) == [3, 3]
    assert distinct_values(random) == [9, 9]
    assert "a grid tries 3 different" in ENTRY.numbers
    assert "random draws try 9" in ENTRY.numbers


def test_the_best_is_remembered_and_the_draws_hear_nothing():
    draws = iter([3, 5, 1, 5, 9, 2])

    so_far = random_search(lambda: next(draws), lambda point: -abs(point - 4), 6)

    assert so_far == [3, 3, 3, 3, 3, 3]  # 3 and 5 are equally good: the first stays


def test_keras_tuner_draws_the_same_for_opposite_objectives(tmp_path):
    import keras_tuner

    class Tuner(keras_tuner.RandomSearch):
        def run_trial(self, trial, sign, tried, verbose):
            tried.append(dict(trial.hyperparameters.values))
            return sign * trial.hyperparameters.values["x"]

    sequences = []
    for sign in (1, -1):
        space = keras_tuner.HyperParameters()
        space.Float("x", 0, 1)
        space.Int("n", 1, 100)
        tuner = Tuner(
            hyperparameters=space,
            max_trials=12,
            seed=3,
            directory=tmp_path,
            project_name=str(sign),
        )
        sequences.append([])
        tuner.search(sign, sequences[-1], verbose=0)

    assert len(sequences[0]) == 12
    assert sequences[0] == sequences[1]
