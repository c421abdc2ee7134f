"""The fit finds the law that made the losses, and the best sizes are the best."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from roots_tf.trends.scaling_law import (
    ScalingLaw,
    fit_scaling_law,
    objective,
    predictions_without_each,
)

CHINCHILLA = ScalingLaw(1.69, 406.4, 0.34, 410.7, 0.28)  # Hoffmann et al. 2022, eq. 10
SIZES = np.repeat([4e7, 2e8, 1e9, 5e9], 4)
TOKENS = np.tile([1e9, 5e9, 2.5e10, 1e11], 4)


def test_the_published_law_gives_the_published_losses():
    """Hoffmann et al. 2022: Chinchilla, 70 B and 1.4 T tokens, beats Gopher."""
    chinchilla, gopher = CHINCHILLA.loss([70e9, 280e9], [1.4e12, 300e9])

    assert chinchilla == pytest.approx(1.69 + 406.4 / 70e9**0.34 + 410.7 / 1.4e12**0.28)
    assert chinchilla < gopher


def test_the_numbers_that_made_the_losses_are_found():
    losses = CHINCHILLA.loss(SIZES, TOKENS)

    law = fit_scaling_law(SIZES, TOKENS, losses)

    # Five numbers that trade off: known to a few per cent though losses are exact.
    assert law.irreducible == pytest.approx(1.69, rel=0.02)
    assert law.alpha == pytest.approx(0.34, rel=0.05)
    assert law.beta == pytest.approx(0.28, rel=0.05)
    assert law.loss(7e10, 1.4e12) == pytest.approx(
        CHINCHILLA.loss(7e10, 1.4e12), rel=1e-3
    )


def test_one_run_gone_wrong_hardly_moves_the_prediction():
    losses = CHINCHILLA.loss(SIZES, TOKENS)
    losses *= 1 + 0.002 * np.random.default_rng(0).normal(size=16)
    spoilt = losses.copy()
    spoilt[5] *= 1.5

    law = fit_scaling_law(SIZES, TOKENS, spoilt)

    right = CHINCHILLA.loss(2e10, 4e11)
    assert law.loss(2e10, 4e11) == pytest.approx(right, rel=0.02)


def test_the_gradient_is_that_of_finite_differences():
    logs = np.log(SIZES), np.log(TOKENS), np.log(CHINCHILLA.loss(SIZES, TOKENS) * 1.01)
    point = np.array([0.3, 0.25, 5.5, 6.5, 0.4])

    error = check_grad(
        lambda x: objective(x, *logs)[0], lambda x: objective(x, *logs)[1], point
    )

    # Forward differences of a sum of size 1e4 have six digits.
    assert error < 1e-4 * np.linalg.norm(objective(point, *logs)[1])


def test_no_other_sizes_of_the_same_budget_have_less_loss():
    flops = 5.76e23  # Chinchilla's
    parameters, tokens = CHINCHILLA.best_sizes(flops)
    others = np.geomspace(1e9, 1e12, 3_000)

    best = others[CHINCHILLA.loss(others, flops / 6 / others).argmin()]

    assert 6 * parameters * tokens == pytest.approx(flops)
    assert parameters == pytest.approx(best, rel=0.005)  # a step of the grid


def test_without_each_run_the_prediction_of_exact_losses_stays():
    losses = CHINCHILLA.loss(SIZES, TOKENS)

    found = predictions_without_each(CHINCHILLA, SIZES, TOKENS, losses, (1e10, 2e11))

    assert found.shape == (16,)
    np.testing.assert_allclose(found, CHINCHILLA.loss(1e10, 2e11), rtol=1e-3)


@pytest.mark.parametrize(
    "runs, message",
    [
        (([1, 2], [1, 2], [1, 2]), "5 runs or more"),
        (([1] * 6, range(1, 7), [2] * 6), "2 sizes"),
        ((range(1, 7), range(1, 7), [np.nan] * 6), "finite"),
        ((range(6), range(1, 7), [2] * 6), "over 0"),
    ],
)
def test_runs_that_cannot_be_fitted_are_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        fit_scaling_law(*runs)


def test_a_law_with_a_term_missing_has_no_best_sizes():
    with pytest.raises(ValueError, match="both terms over 0"):
        ScalingLaw(1.0, 0.0, 0.3, 1.0, 0.3).best_sizes(1e9)
