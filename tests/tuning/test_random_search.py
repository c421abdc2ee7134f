"""Random search: independent draws, none twice."""

import numpy as np
import pytest
from scipy import stats

from roots_tf.tuning.random_search import RandomSearch
from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

SPACE = SearchSpace({"x": Real(0, 1), "y": Real(0, 1)})


def run(search, trials, value):
    history = []
    for _ in range(trials):
        point = search.propose(history)
        history.append((point, value(point)))
    return [point for point, _ in history]


def test_the_draws_do_not_depend_on_the_results():
    up, down, failed = (
        run(RandomSearch(SPACE, seed=5), 20, value)
        for value in (lambda p: p["x"], lambda p: -p["x"], lambda p: None)
    )

    assert up == down == failed


def test_another_seed_gives_other_draws():
    one, other = (run(RandomSearch(SPACE, seed), 5, lambda p: 0) for seed in (1, 2))

    assert not set(map(SPACE.key, one)) & set(map(SPACE.key, other))


def test_draws_of_one_search_are_even_and_independent():
    points = run(RandomSearch(SPACE, seed=0), 1_000, lambda p: 0)

    x, y = (np.array([point[name] for point in points]) for name in "xy")
    assert stats.kstest(x, "uniform").pvalue > 0.01
    assert stats.spearmanr(x, y).pvalue > 0.01
    assert stats.spearmanr(x[:-1], x[1:]).pvalue > 0.01


@pytest.mark.parametrize("seed", range(3))
def test_a_finite_space_is_exhausted_without_a_repetition(seed):
    space = SearchSpace({"n": Integer(1, 6), "c": Choice(("a", "b"))})
    search = RandomSearch(space, seed)

    points = run(search, 12, lambda p: 1.0)

    assert len(set(map(space.key, points))) == 12
    assert search.propose([(point, 1.0) for point in points]) is None
