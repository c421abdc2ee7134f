"""The space: its scales, its grid, the unit cube, refusals."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

SPACE = SearchSpace(
    {
        "rate": Real(1e-4, 1e-1, log=True),
        "dropout": Real(0, 0.5),
        "units": Integer(16, 128, log=True),
        "layers": Integer(-1, 3),
        "pooling": Choice(("last", "mean", "max")),
    }
)


def test_a_draw_is_even_on_the_scale_of_each_dimension():
    generator = np.random.default_rng(0)

    draws = [SPACE.draw(generator) for _ in range(4_000)]

    rates = np.log10([draw["rate"] for draw in draws])
    assert stats.kstest(rates, stats.uniform(-4, 3).cdf).pvalue > 0.01
    dropouts = [draw["dropout"] for draw in draws]
    assert stats.kstest(dropouts, stats.uniform(0, 0.5).cdf).pvalue > 0.01
    for name, values in (
        ("layers", range(-1, 4)),
        ("pooling", ("last", "mean", "max")),
    ):
        counts = [sum(draw[name] == value for draw in draws) for value in values]
        assert stats.chisquare(counts).pvalue > 0.01
    # On a log scale n has the share log((n + 1) / n) / log(129 / 16).
    small = np.mean([draw["units"] < 32 for draw in draws])
    share = math.log(32 / 16) / math.log(129 / 16)
    assert small == pytest.approx(share, abs=0.03)  # four standard deviations


def test_draws_of_one_seed_are_equal_and_lie_in_the_space():
    first, second = (
        [SPACE.draw(np.random.default_rng(3)) for _ in range(5)] for _ in range(2)
    )

    assert first == second
    for point in first:
        SPACE.check(point)


def test_the_unit_cube_and_back_gives_the_same_point():
    generator = np.random.default_rng(1)

    for _ in range(500):
        point = SPACE.draw(generator)
        coordinates = SPACE.to_unit(point)

        assert coordinates.shape == (SPACE.width,) == (7,)
        assert coordinates.min() >= 0 and coordinates.max() <= 1
        again = SPACE.from_unit(coordinates)
        # A Real is rounded to six digits on the way.
        assert again == {
            **point,
            "rate": pytest.approx(point["rate"], rel=2e-6),
            "dropout": pytest.approx(point["dropout"], rel=2e-6),
        }


@pytest.mark.parametrize("one", [Integer(1, 9), Integer(3, 400, log=True)])
def test_every_whole_number_is_reached_from_its_own_part_of_the_interval(one):
    values = range(one.low, one.high + 1)

    places = [one.to_unit(value)[0] for value in values]

    assert places == sorted(places)
    assert [one.from_unit([place]) for place in places] == list(values)
    assert (one.from_unit([0.0]), one.from_unit([1.0])) == (one.low, one.high)


def test_snapping_is_the_way_to_the_point_and_back():
    places = np.random.default_rng(2).uniform(size=(50, SPACE.width))

    snapped = SPACE.snapped(places)

    expected = [SPACE.to_unit(SPACE.from_unit(place)) for place in places]
    np.testing.assert_allclose(snapped, expected, atol=2e-6)  # a Real has six digits


def test_no_choice_lies_between_two_others():
    a, b, c = (
        np.array(SPACE.dimensions["pooling"].to_unit(v))
        for v in ("last", "mean", "max")
    )

    distances = [np.linalg.norm(x - y) for x, y in ((a, b), (b, c), (a, c))]

    assert distances == pytest.approx([math.sqrt(2)] * 3)


def test_the_grid_is_the_product_of_its_sides():
    space = SearchSpace(
        {"rate": Real(1e-3, 1e-1, log=True), "n": Integer(1, 8), "c": Choice("ab")}
    )

    points = space.grid({"rate": 3, "n": 2, "c": 1})

    expected = itertools.product([1e-3, 1e-2, 1e-1], [1, 8], ["a", "b"])
    assert [tuple(point.values()) for point in points] == list(expected)


def test_a_grid_of_one_takes_the_middle_and_whole_numbers_come_once():
    space = SearchSpace({"x": Real(0, 1), "n": Integer(1, 3)})

    assert space.grid(1) == [{"x": 0.5, "n": 2}]
    assert [point["n"] for point in space.grid({"x": 1, "n": 9})] == [1, 2, 3]
    assert Integer(4, 256, log=True).grid(4) == [4, 16, 64, 256]


def test_every_point_of_a_finite_space_is_given_once():
    space = SearchSpace({"n": Integer(1, 20, log=True), "c": Choice((True, None, "x"))})

    points = {space.key(point) for point in space.every_point()}

    assert points == set(itertools.product(range(1, 21), (True, None, "x")))
    assert len(points) == space.size == 60
    assert SPACE.size == math.inf


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Real(1, 1), "expected low below high, got 1 and 1"),
        (lambda: Real(0, math.inf), "expected low below high, got 0 and inf"),
        (lambda: Real(0, 1, log=True), "expected low over 0 on a log scale, got 0"),
        (lambda: Integer(1, 2.5), "expected whole numbers as bounds, got 1 and 2.5"),
        (lambda: Choice(["a"]), r"two or more different values, got \['a'\]"),
        (lambda: Choice(["a", "a"]), "two or more different values"),
        (lambda: SearchSpace({}), "expected one dimension or more, got none"),
        (
            lambda: SearchSpace({"x": (0, 1)}),
            r"x: expected Real, Integer or Choice, got",
        ),
        (lambda: SPACE.every_point(), "got a Real"),
        (lambda: SPACE.grid(0), "expected sides of 1 value or more"),
        (lambda: SPACE.check({"rate": 1}), "values of rate, dropout, .*, got rate"),
        (
            lambda: SearchSpace({"n": Integer(1, 3)}).to_unit({"n": 4}),
            "n: expected a value of Integer.*, got 4",
        ),
        (
            lambda: SearchSpace({"x": Real(0, 3)}).to_unit({"x": True}),
            "x: expected a value of Real.*, got True",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(make, message):
    with pytest.raises(ValueError, match=message) as error:
        make()

    assert "\n" not in str(error.value)
