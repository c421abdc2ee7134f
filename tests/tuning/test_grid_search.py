"""Grid search: the whole grid, in order, once."""

import itertools

import pytest

from roots_tf.tuning.grid_search import GridSearch
from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

SPACE = SearchSpace({"x": Real(0, 1), "y": Real(0, 1), "c": Choice(("a", "b"))})


def run(search, function=lambda point: 0.0, most=1_000):
    history = []
    while (point := search.propose(history)) and len(history) < most:
        history.append((point, function(point)))
    return history


def test_it_goes_through_the_product_and_ends():
    history = run(GridSearch(SPACE, trials=18))

    side = (0.0, 0.5, 1.0)
    expected = list(itertools.product(side, side, "ab"))
    assert [tuple(point.values()) for point, _ in history] == expected


def test_its_best_is_the_best_of_the_grid_and_no_better():
    def value(point):
        return (point["x"] - 0.3) ** 2 + (point["y"] - 0.9) ** 2 + (point["c"] == "a")

    best = min(value for _, value in run(GridSearch(SPACE, 18), value))

    assert best == pytest.approx(min((0.3 - x) ** 2 for x in (0, 0.5, 1)) + 0.1**2)


@pytest.mark.parametrize("trials", [2, 3, 5, 12, 17, 18, 40])
def test_the_grid_is_as_fine_as_the_trials_allow(trials):
    search = GridSearch(SPACE, trials)

    xs = {point["x"] for point in search.points}
    ys = {point["y"] for point in search.points}
    assert len(search.points) == len(xs) * len(ys) * 2 <= trials
    assert len(xs) >= len(ys)  # the first dimension matters most
    assert min((len(xs) + 1) * len(ys), len(xs) * (len(ys) + 1)) * 2 > trials


def test_a_finite_space_is_tried_as_a_whole():
    space = SearchSpace({"n": Integer(1, 4), "m": Integer(1, 2)})

    history = run(GridSearch(space, trials=100))

    points = [tuple(point.values()) for point, _ in history]
    assert points == list(itertools.product(range(1, 5), range(1, 3)))


def test_values_do_not_matter_failed_ones_neither():
    search = GridSearch(SPACE, 18)

    failing, falling = (
        [tuple(point.values()) for point, _ in run(search, function)]
        for function in (lambda point: None, lambda point: -point["x"])
    )

    assert failing == falling


def test_too_few_trials_for_the_choices_are_refused():
    with pytest.raises(ValueError, match="expected 2 trials or more, .*, got 1"):
        GridSearch(SPACE, trials=1)
