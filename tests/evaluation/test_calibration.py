"""Calibration against worked examples, scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from roots_tf.evaluation.calibration import (
    brier_score,
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
    top_label,
)


@pytest.fixture(scope="module")
def sampled():
    """3,000 labels drawn from softmax(logits): the logits are calibrated."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3000, 4)) * 2
    chosen = [rng.choice(4, p=row) for row in softmax(logits, axis=1)]
    return np.array(chosen), logits


def test_the_error_of_a_worked_example():
    # Bins (0, .25], (.25, .5], (.5, .75], (.75, 1]: two, none, two and one example.
    confidence = [0.1, 0.25, 0.6, 0.7, 1.0]
    is_right = [False, True, True, True, False]

    bins = reliability_bins(confidence, is_right, num_bins=4)

    np.testing.assert_allclose(bins.confidence, [0.175, 0.65, 1.0])
    np.testing.assert_allclose(bins.accuracy, [0.5, 1.0, 0.0])
    np.testing.assert_array_equal(bins.count, [2, 2, 1])
    by_hand = 2 / 5 * 0.325 + 2 / 5 * 0.35 + 1 / 5 * 1.0
    assert bins.expected_calibration_error == pytest.approx(by_hand)


def test_confidence_is_the_largest_probability_and_of_two_equal_the_first_class():
    probabilities = [[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.0, 0.0, 1.0]]

    confidence, is_right = top_label([1, 1, 2], probabilities)

    np.testing.assert_allclose(confidence, [0.5, 0.4, 1.0])
    np.testing.assert_array_equal(is_right, [True, False, True])


@pytest.mark.parametrize(
    ("equal_mass", "name"), [(False, "uniform"), (True, "quantile")]
)
@pytest.mark.parametrize("decimals", [1, 2, 9])  # ties, values on edges, neither
def test_bins_equal_those_of_scikit_learn(equal_mass, name, decimals):
    rng = np.random.default_rng(decimals)
    confidence = rng.beta(4, 2, 500).round(decimals)
    is_right = rng.random(500) < confidence**2

    bins = reliability_bins(confidence, is_right, 10, equal_mass)

    accuracy, mean = calibration_curve(is_right, confidence, n_bins=10, strategy=name)
    np.testing.assert_allclose(bins.accuracy, accuracy)
    np.testing.assert_allclose(bins.confidence, mean)
    assert bins.count.sum() == 500


def test_bins_of_equal_mass_hold_as_many_examples_each():
    confidence = np.random.default_rng(0).permutation(120) / 120

    bins = reliability_bins(confidence, np.ones(120), num_bins=12, equal_mass=True)

    np.testing.assert_array_equal(bins.count, 10)


def test_a_calibrated_model_has_a_small_error_and_a_boastful_one_a_large_one(sampled):
    labels, logits = sampled

    calibrated = expected_calibration_error(labels, softmax(logits, axis=1))
    boastful = expected_calibration_error(labels, softmax(5 * logits, axis=1))

    # The accuracy of a bin of 200 examples is off by up to 0.035 (one deviation).
    assert calibrated < 0.03
    assert boastful > 0.1


def test_error_is_the_gap_between_accuracy_and_confidence_in_a_single_bin(sampled):
    labels, logits = sampled
    probabilities = softmax(3 * logits, axis=1)

    error = expected_calibration_error(labels, probabilities, num_bins=1)

    gap = probabilities.max(axis=1).mean() - (probabilities.argmax(1) == labels).mean()
    assert error == pytest.approx(abs(gap))


def test_brier_score_of_worked_examples():
    perfect = brier_score([0, 1, 2], np.eye(3))
    worst = brier_score([0, 1, 2], np.eye(3)[[1, 2, 0]])
    undecided = brier_score([2], [[1 / 3] * 3])

    assert (perfect, worst) == (0.0, 2.0)
    assert undecided == pytest.approx((2 / 3) ** 2 + 2 * (1 / 3) ** 2)


def test_for_two_classes_half_the_brier_score_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, positive = rng.integers(0, 2, 200), rng.random(200)

    score = brier_score(labels, np.stack([1 - positive, positive], axis=1))

    assert score / 2 == pytest.approx(brier_score_loss(labels, positive))


@pytest.mark.parametrize("temperature", [0.2, 1.0, 4.0])
def test_the_temperature_by_which_logits_were_spoilt_is_found(sampled, temperature):
    labels, logits = sampled

    found = fit_temperature(labels, logits * temperature)

    # The labels are a sample of 3,000: its best temperature is off by some per cent.
    assert found == pytest.approx(temperature, rel=0.06)


def test_temperature_equals_the_minimum_that_scipy_finds(sampled):
    labels, logits = sampled
    logits = 3 * logits[:, [1, 0, 2, 3]] + logits  # spoilt in another way too

    def loss(log_temperature):
        scores = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -scores[np.arange(len(labels)), labels].mean()

    found = fit_temperature(labels, logits)

    best = np.exp(minimize_scalar(loss, bounds=(-3, 4), options={"xatol": 1e-9}).x)
    assert found == pytest.approx(best, rel=1e-5)  # a minimum is flat


def test_logarithms_of_probabilities_have_the_temperature_of_the_logits(sampled):
    labels, logits = sampled

    found = fit_temperature(labels, np.log(softmax(logits, axis=1)))

    assert found == pytest.approx(fit_temperature(labels, logits), rel=1e-6)


def test_temperature_scaling_mends_confidence_and_leaves_predictions(sampled):
    labels, logits = sampled
    boastful = 4 * logits

    mended = softmax(boastful / fit_temperature(labels, boastful), axis=1)

    assert expected_calibration_error(labels, mended) < 0.03
    np.testing.assert_array_equal(mended.argmax(axis=1), boastful.argmax(axis=1))


@pytest.mark.parametrize("labels", [[0, 1, 0], [1, 0, 1]])  # all right, all wrong
def test_logits_for_which_no_temperature_is_best_are_refused(labels):
    logits = [[2.0, 0.0], [0.0, 1.0], [1.0, 0.5]]

    with pytest.raises(ValueError, match="better than chance that are sometimes wrong"):
        fit_temperature(labels, logits)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: brier_score([0, 1], np.eye(3)), r"got shapes \(2,\) and \(3, 3\)"),
        (lambda: brier_score([], np.zeros((0, 2))), "N over 0"),
        (lambda: top_label([0, 2], np.eye(2)), r"labels in 0 \.\. 1, got 0 \.\. 2"),
        (lambda: top_label([0], [[3.0, -2.0]]), r"in \[0, 1\], got -2 \.\. 3"),
        (lambda: top_label([0], [[np.nan, 1]]), "finite probabilities"),
        (lambda: fit_temperature([0], [[np.inf, 1]]), "finite logits"),
        (lambda: reliability_bins([], []), "one or more"),
        (lambda: reliability_bins([0.5], [1, 0]), r"shapes \(1,\) and \(2,\)"),
        (lambda: reliability_bins([1.5], [1]), r"got 1\.5 \.\. 1\.5"),
        (lambda: reliability_bins([np.nan], [1]), r"confidences in \[0, 1\], got nan"),
        (lambda: reliability_bins([0.5], [1], 0), "one bin or more, got 0"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()

    assert "\n" not in str(error.value)
