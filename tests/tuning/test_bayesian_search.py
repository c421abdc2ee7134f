"""Bayesian search: its acquisition, what it never does, and what it is worth."""

import math
import statistics

import numpy as np
import pytest
from scipy import integrate, stats

from roots_tf.tuning.bayesian_search import BayesianSearch, expected_improvement
from roots_tf.tuning.random_search import RandomSearch
from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

LINE = SearchSpace({"x": Real(0, 1)})
MIXED = SearchSpace(
    {"n": Integer(4, 256, log=True), "c": Choice("abc"), "x": Real(0, 1)}
)


def run(search, function, trials):
    history = []
    for _ in range(trials):
        point = search.propose(history)
        history.append((point, function(point)))
    return history


def forrester(point):
    """Forrester et al. 2008: one local and one global minimum of -6.0207."""
    x = point["x"]
    return (6 * x - 2) ** 2 * math.sin(12 * x - 4)


def six_hump_camel(point):
    """Dixon & Szegő 1978: two equal minima of -1.0316."""
    x, y = point["x"], point["y"]
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + 4 * (y**2 - 1) * y**2


def mixed(point):
    """A whole number, a choice and a real one; the minimum is 0."""
    choice = {"a": 0.0, "b": 0.3, "c": 2.0}[point["c"]]
    x = 3 * (point["x"] - 0.62) ** 2
    return math.log2(point["n"] / 38) ** 2 + choice + x


@pytest.mark.parametrize("mean", [-2.0, 0.3, 1.0, 4.0])
@pytest.mark.parametrize("deviation", [0.1, 1.0, 3.0])
def test_expected_improvement_is_the_integral_it_stands_for(mean, deviation):
    best = 0.5

    value = expected_improvement(np.array([mean]), np.array([deviation]), best)[0]

    density = stats.norm(mean, deviation).pdf
    lowest = min(mean, best) - 40 * deviation
    expected, _ = integrate.quad(
        lambda f: (best - f) * density(f), lowest, best, points=[mean], epsabs=1e-13
    )
    assert value == pytest.approx(max(expected, 0), rel=1e-7, abs=1e-12)


def test_expected_improvement_far_above_the_best_is_0_and_never_below():
    values = expected_improvement(np.linspace(1, 100, 50), np.full(50, 0.1), 0.0)

    assert values.min() >= 0
    assert values[-1] == 0


@pytest.mark.parametrize("acquisition", ["expected-improvement", "confidence-bound"])
def test_the_proposal_has_the_best_acquisition_of_a_fine_grid(acquisition):
    search = BayesianSearch(LINE, seed=1, acquisition=acquisition, beta=2.6)
    history = [({"x": x}, forrester({"x": x})) for x in (0.0, 0.3, 0.6, 1.0)]

    point = search.propose(history)

    process = search.posterior(history)
    best = min(value for _, value in history)
    grid = search.promise(process, np.linspace(0, 1, 10_001)[:, None], best)
    reached = search.promise(process, np.array([[point["x"]]]), best)[0]
    assert reached >= grid.max() - 1e-4 * np.ptp(grid)


def test_the_confidence_bound_is_the_mean_less_beta_deviations():
    search = BayesianSearch(LINE, acquisition="confidence-bound", beta=2.0)
    process = search.posterior([({"x": 0.1}, 3.0), ({"x": 0.8}, 1.0)])
    places = np.array([[0.2], [0.5]])

    promise = search.promise(process, places, best=1.0)

    mean, deviation = process.predict(places)
    np.testing.assert_allclose(-promise, mean - 2 * deviation)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("acquisition", ["expected-improvement", "confidence-bound"])
def test_a_finite_space_is_exhausted_without_a_repetition(seed, acquisition):
    space = SearchSpace({"n": Integer(1, 4), "c": Choice("ab"), "m": Integer(0, 2)})
    search = BayesianSearch(space, seed, acquisition=acquisition)

    history = run(search, lambda p: p["n"] * (p["c"] == "a") + p["m"], 24)

    assert len({space.key(point) for point, _ in history}) == 24
    assert search.propose(history) is None


def test_no_point_is_tried_twice_where_all_values_are_equal_or_failed():
    for value in (1.0, None):
        history = run(BayesianSearch(MIXED, seed=2), lambda p, v=value: v, 25)

        assert len({MIXED.key(point) for point, _ in history}) == 25


def test_a_big_finite_space_nearly_exhausted_still_gives_what_is_left():
    space = SearchSpace({"n": Integer(1, 60), "m": Integer(1, 60)})
    points = space.every_point()
    left = points.pop(1234)
    few = [(point, 1.0) for point in points[:20]]
    search = BayesianSearch(space, seed=0, initial=10_000)

    point = search.propose([*few, *((p, None) for p in points[20:])])

    assert point == left


def test_one_seed_and_one_history_give_one_proposal():
    history = run(BayesianSearch(MIXED, seed=4), mixed, 12)

    again = [BayesianSearch(MIXED, seed=4).propose(history[:n]) for n in range(12)]

    assert again == [point for point, _ in history]


def test_the_first_points_are_spread_over_every_side():
    search = BayesianSearch(SearchSpace({"x": Real(0, 1), "y": Real(0, 1)}), initial=8)

    points = [point for point, _ in run(search, lambda p: 0.0, 8)]

    for name in "xy":
        slices = sorted(int(point[name] * 8) for point in points)
        assert slices == list(range(8))


def test_it_keeps_away_from_where_trials_fail():
    def fails_on_the_left(point):
        return None if point["x"] < 0.5 else 2 - point["x"]

    history = run(BayesianSearch(LINE, seed=0, initial=4), fails_on_the_left, 20)

    # Two of the first four, which are one in each quarter, and few of those after.
    failed = [point for point, value in history if value is None]
    assert 2 <= len(failed) <= 8


def test_a_narrow_peak_beside_a_broad_one_is_found():
    def peaks(point):
        x = point["x"]
        broad = 0.7 * math.exp(-(((x - 0.3) / 0.25) ** 2))
        return -math.exp(-(((x - 0.9) / 0.07) ** 2)) - broad

    best = [
        min(v for _, v in run(BayesianSearch(LINE, seed), peaks, 15))
        for seed in range(5)
    ]

    assert statistics.median(best) < -0.99


@pytest.mark.parametrize(
    ("function", "space", "trials"),
    [
        (forrester, LINE, 12),
        (six_hump_camel, SearchSpace({"x": Real(-2, 2), "y": Real(-1, 1)}), 20),
        (mixed, MIXED, 20),
    ],
    ids=["forrester", "camel", "mixed"],
)
def test_it_beats_random_search_at_equal_budget(function, space, trials):
    medians = {
        kind: statistics.median(
            min(v for _, v in run(kind(space, seed), function, trials))
            for seed in range(9)
        )
        for kind in (BayesianSearch, RandomSearch)
    }

    assert medians[BayesianSearch] < medians[RandomSearch]


def test_an_unknown_acquisition_is_refused():
    with pytest.raises(ValueError, match="expected one of .*, got 'greedy'"):
        BayesianSearch(LINE, acquisition="greedy")
