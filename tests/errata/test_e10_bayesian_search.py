"""E10: the loops again, with scikit-learn's Gaussian process."""

import numpy as np
import pytest
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from roots_tf.errata.e10_bayesian_search import (
    ENTRY,
    FOUND,
    LENGTH_SCALE,
    LOOPS,
    NOISE,
    PLACES,
    START,
    best_value,
    confidence_bound,
    expected_improvement,
    full_loop,
    mean_alone,
    posterior,
    two_peaks,
)

X = [0.5, 0.9, 0.1, 0.3]


def scikit_learn(x):
    y = two_peaks(x)
    variance = y.var()
    process = GaussianProcessRegressor(
        ConstantKernel(variance) * RBF(LENGTH_SCALE),
        alpha=NOISE * variance,
        optimizer=None,
    ).fit(np.array(x)[:, None], y - y.mean())
    mean, deviation = process.predict(PLACES[:, None], return_std=True)
    return mean + y.mean(), deviation


def improvement(mean, deviation, best):
    u = (mean - best) / deviation
    return (mean - best) * stats.norm.cdf(u) + deviation * stats.norm.pdf(u)


RULES = {
    mean_alone: lambda mean, deviation, best: mean,
    expected_improvement: improvement,
    confidence_bound: lambda mean, deviation, best: mean + 2.6 * deviation,
}


def test_the_posterior_is_scikit_learn_s():
    mean, deviation = posterior(X, two_peaks(X))

    expected_mean, expected_deviation = scikit_learn(X)
    np.testing.assert_allclose(mean, expected_mean, atol=1e-9)
    # Two ways to subtract nearly equal numbers: the variance at a point is 1e-6.
    np.testing.assert_allclose(deviation, expected_deviation, atol=1e-6)


def test_the_objective_has_the_peaks_that_the_entry_states():
    values = two_peaks(PLACES)

    highest = values.argmax()
    right = values[PLACES > 0.5]
    assert (PLACES[highest], round(values[highest], 4)) == (0.15, 0.6)
    assert PLACES[PLACES > 0.5][right.argmax()] == pytest.approx(0.85, abs=0.003)
    assert right.max() == pytest.approx(0.45, abs=1e-4)


@pytest.mark.parametrize("name", LOOPS)
def test_each_loop_goes_where_the_entry_says(name):
    places = LOOPS[name]()

    expected, best = FOUND[name]
    np.testing.assert_allclose(places, expected, atol=1e-9)
    assert round(best_value(places), 4) == best
    assert f"| {name} | " in ENTRY.numbers


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_an_independent_process_chooses_the_same_places(rule):
    x = list(START)
    for _ in range(6):  # the choices after that lie within a few grid steps
        mean, deviation = scikit_learn(x)
        scores = RULES[rule](mean, deviation, two_peaks(x).max())
        x.append(float(PLACES[scores.argmax()]))

    assert x[2:] == pytest.approx(full_loop(rule, steps=6), abs=0.0021)


def test_as_printed_one_place_is_proposed_ten_times():
    places, best = FOUND["as printed"]

    assert len(set(places)) == 1 and len(places) == 10
    assert best == round(float(two_peaks(START).max()), 4)  # no better than the start


def test_only_with_an_acquisition_function_is_the_higher_peak_found():
    best = {name: value for name, (_, value) in FOUND.items()}

    found = [name for name, value in best.items() if value > 0.59]
    assert found == list(LOOPS)[2:]
    assert best["evaluation, mean alone"] == 0.45
