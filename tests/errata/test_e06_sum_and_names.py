"""E06: how the step grows with a sum, and what the one letter does."""

import numpy as np
import pytest

from roots_tf.errata.e06_sum_and_names import (
    ENTRY,
    SIZES,
    expected_batch_gradient,
    fitted_weight,
    largest_stable_rate,
    momentum_as_indexed,
)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("n", SIZES)
def test_the_fitted_weight_is_the_closed_form(n, reduction):
    # w - 3 is multiplied by 1 - rate * curvature at each step.
    x = np.random.default_rng(0).normal(size=n)
    curvature = float(x @ x) / (n if reduction == "mean" else 1)

    assert largest_stable_rate(n, reduction) == pytest.approx(2 / curvature)
    expected = 3 - 3 * (1 - 0.005 * curvature) ** 50
    assert fitted_weight(n, reduction) == pytest.approx(expected, rel=1e-9)


def test_the_sum_creeps_converges_and_explodes_with_the_number_of_examples():
    weights = [fitted_weight(n, "sum") for n in SIZES]

    assert round(weights[0], 2) == 2.27
    assert round(weights[1], 2) == 3.00
    assert f"{weights[2]:.1e}" == "-2.3e+29"
    for text in ("| 10 | 2.27 |", "| 100 | 3 |", "| 1000 | -2.3e+29 |"):
        assert text in ENTRY.numbers


def test_the_mean_goes_the_same_way_whatever_the_number():
    weights = [fitted_weight(n, "mean") for n in SIZES]

    assert weights[2] == pytest.approx(weights[1], rel=0.05)
    assert max(weights) < 3


@pytest.mark.parametrize("batch_size", [1, 2, 5, 6])
def test_only_the_mean_is_unbiased(batch_size):
    assert expected_batch_gradient(batch_size, "mean") == pytest.approx(1)
    assert expected_batch_gradient(batch_size, "sum") == pytest.approx(batch_size / 6)


def test_a_layers_momentum_from_the_layer_before_does_not_fit():
    layers = [np.ones((3, 4)), np.ones((4, 2))]

    with pytest.raises(ValueError, match="could not be broadcast"):
        momentum_as_indexed(layers)
