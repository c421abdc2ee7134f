"""The check itself: right gradients pass, each kind of wrong one is pointed at."""

import numpy as np
import pytest

from roots_tf.optimization.gradient_check import gradient_check

X = np.random.default_rng(0).normal(size=(3, 4))
Y = np.random.default_rng(1).normal(size=4)


def function(x, y):
    return np.sin(x @ y).sum() + (y**3).sum()


def gradients(x, y):
    slope = np.cos(x @ y)  # (3,)
    return [np.outer(slope, y), slope @ x + 3 * y**2]


def test_a_right_gradient_is_right_to_eight_digits():
    worst = gradient_check(function, [X, Y], gradients(X, Y))

    assert worst.relative_error < 1e-8


@pytest.mark.parametrize(
    ("array", "index"), [(0, (2, 1)), (0, (0, 0)), (1, (3,)), (1, (0,))]
)
def test_the_one_wrong_coordinate_is_named(array, index):
    wrong = gradients(X, Y)
    right = wrong[array][index]
    wrong[array][index] *= 1.001

    worst = gradient_check(function, [X, Y], wrong)

    assert (worst.array, worst.index) == (array, index)
    assert 1e-5 < worst.relative_error < 1.01e-3
    assert worst.numeric == pytest.approx(right, rel=1e-9)
    assert worst.analytic == pytest.approx(1.001 * right)


def test_the_opposite_sign_is_an_error_of_two():
    wrong = [-gradient for gradient in gradients(X, Y)]

    assert gradient_check(function, [X, Y], wrong).relative_error == pytest.approx(2)


def test_a_forgotten_term_and_a_nan_are_found():
    forgotten = gradients(X, Y)
    forgotten[1] -= 3 * Y**2
    not_a_number = gradients(X, Y)
    not_a_number[0][1, 2] = np.nan

    assert gradient_check(function, [X, Y], forgotten).relative_error > 0.1
    worst = gradient_check(function, [X, Y], not_a_number)
    assert np.isnan(worst.relative_error)
    assert (worst.array, worst.index) == (0, (1, 2))


def test_a_coordinate_without_influence_counts_by_the_others():
    def first_alone(x):
        return 5 * x[0]

    x = np.array([2.0, 3.0])

    assert gradient_check(first_alone, x, np.array([5.0, 0])).relative_error < 1e-10
    wrong = gradient_check(first_alone, x, np.array([5.0, 1e-3]))
    assert wrong.index == (1,)
    assert wrong.relative_error == pytest.approx(0.02)  # of 5 / 100
    nothing = gradient_check(lambda x: 1.0, x, np.zeros(2))
    assert nothing.relative_error == 0


def test_large_and_small_points_are_as_exact():
    x = np.array([1e6, 1.0, 1e-6])

    worst = gradient_check(lambda x: np.log(x + 1).sum(), x, 1 / (x + 1))

    # log(1e6) is summed with the others; the derivative there is 1e-6 of the largest.
    assert worst.relative_error < 1e-6


def test_the_points_are_left_as_they_were():
    before = X.copy()

    gradient_check(function, [X, Y], gradients(X, Y))

    np.testing.assert_array_equal(X, before)


def test_samples_look_at_some_coordinates_of_each_array():
    calls = []

    def counted(x, y):
        calls.append(1)
        return function(x, y)

    gradient_check(counted, [X, Y], gradients(X, Y), samples=2)

    assert len(calls) == 2 * (2 + 2)


def test_the_report_reads_in_one_line():
    worst = gradient_check(
        lambda x: (x**2).sum(), [np.array([3.0])], [np.array([5.0])], names=["kernel"]
    )

    assert str(worst) == (
        "relative error 1.7e-01 in kernel at (0,): gradient 5, finite difference 6"
    )


@pytest.mark.parametrize(
    ("points", "given", "message"),
    [
        ([X.astype(np.float32)], [X], "expected float64.* got float32 in array 0"),
        ([X, Y], [X], "a gradient for each point"),
        ([X], [X.T], r"of shapes \[\(3, 4\)\], got \[\(4, 3\)\]"),
        ([], [], "a gradient for each point"),
    ],
)
def test_what_cannot_be_compared_is_refused(points, given, message):
    with pytest.raises(ValueError, match=message):
        gradient_check(lambda *_: 0.0, points, given)
