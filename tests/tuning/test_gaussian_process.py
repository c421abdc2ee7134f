"""The Gaussian process beside scikit-learn's."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

from roots_tf.tuning.gaussian_process import (
    LENGTH_SCALES,
    NOISES,
    GaussianProcess,
    matern,
    most_likely,
    rbf,
)

KERNELS = {rbf: RBF, matern: lambda scales: Matern(scales, nu=2.5)}
each_kernel = pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.__name__)


def data(seed, count=15, width=3):
    generator = np.random.default_rng(seed)
    x = generator.uniform(size=(count, width))
    return (
        x,
        np.sin(5 * x[:, 0]) + x[:, -1] ** 2 + 3,
        generator.uniform(size=(40, width)),
    )


def scikit_learn(x, y, scales, noise, kernel, variance):
    """The same process: its values centred, its noise a share of the variance."""
    theirs = ConstantKernel(variance) * KERNELS[kernel](scales)
    process = GaussianProcessRegressor(theirs, alpha=noise * variance, optimizer=None)
    return process.fit(x, y - y.mean())


@each_kernel
@pytest.mark.parametrize("noise", [1e-4, 0.1])
def test_mean_deviation_and_likelihood_are_scikit_learn_s(kernel, noise):
    x, y, places = data(0)
    scales = np.array([0.3, 0.8, 2.0])

    process = GaussianProcess(x, y, scales, noise, kernel)
    mean, deviation = process.predict(places)

    theirs = scikit_learn(x, y, scales, noise, kernel, process.variance)
    expected_mean, expected_deviation = theirs.predict(places, return_std=True)
    np.testing.assert_allclose(mean, expected_mean + y.mean(), rtol=1e-7)
    np.testing.assert_allclose(deviation, expected_deviation, rtol=1e-5)
    assert process.log_marginal_likelihood == pytest.approx(
        theirs.log_marginal_likelihood_value_, rel=1e-8
    )


@each_kernel
def test_the_variance_is_the_most_likely_one(kernel):
    x, y, _ = data(1)
    process = GaussianProcess(x, y, np.full(3, 0.5), 1e-2, kernel)

    likelihoods = [
        scikit_learn(
            x, y, np.full(3, 0.5), 1e-2, kernel, share * process.variance
        ).log_marginal_likelihood_value_
        for share in (0.98, 1.0, 1.02)
    ]

    assert max(likelihoods) == likelihoods[1]


def test_it_goes_through_the_points_and_is_uncertain_between_them():
    x, y, _ = data(2, count=6, width=1)
    process = GaussianProcess(x, y, [0.2], 1e-6)

    mean, deviation = process.predict(x)
    _, far = process.predict(np.array([[5.0]]))

    # The noise of 1e-6 is a deviation of a thousandth of the signal's.
    np.testing.assert_allclose(mean, y, atol=1e-3 * np.sqrt(process.variance))
    assert deviation.max() < 2e-3 * np.sqrt(process.variance)
    assert far == pytest.approx(np.sqrt(process.variance))


@pytest.mark.parametrize("seed", range(5))
def test_no_length_scale_and_no_noise_alone_would_be_more_likely(seed):
    x, y, _ = data(seed, count=12, width=2)

    found = most_likely(x, y, groups=[0, 1])

    (a, b), noise = found.length_scales, found.noise
    others = [((scale, b), noise) for scale in LENGTH_SCALES]
    others += [((a, scale), noise) for scale in LENGTH_SCALES]
    others += [((a, b), other) for other in NOISES]
    best = max(GaussianProcess(x, y, *o).log_marginal_likelihood for o in others)
    assert found.log_marginal_likelihood == pytest.approx(best, rel=1e-12)


def test_coordinates_of_one_dimension_share_their_length_scale():
    x, y, _ = data(4)

    found = most_likely(x, y, groups=[0, 1, 1])

    assert found.length_scales[1] == found.length_scales[2]


def test_noise_is_seen_where_equal_points_differ():
    x = np.repeat(np.linspace(0, 1, 8), 3)[:, None]
    y = np.sin(3 * x[:, 0]) + np.tile([-0.4, 0.0, 0.4], 8)

    assert most_likely(x, y, [0]).noise >= 1e-2


def test_values_that_are_all_equal_are_no_trouble():
    process = most_likely(np.array([[0.1], [0.5], [0.9]]), [2.0, 2.0, 2.0], [0])

    mean, deviation = process.predict(np.array([[0.3]]))

    assert mean == pytest.approx(2.0)
    assert np.isfinite(deviation).all() and deviation[0] < 1e-5
