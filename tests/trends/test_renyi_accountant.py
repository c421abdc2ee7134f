"""The accountant agrees with the paper's sum, with algebra and with Google's."""

import itertools
import math

import pytest
from scipy.integrate import quad

from roots_tf.trends.renyi_accountant import (
    epsilon_spent,
    noise_for_epsilon,
    renyi_divergence,
)


@pytest.mark.parametrize("order", [2, 3, 8, 32, 256])
@pytest.mark.parametrize("rate, noise", [(0.01, 1.0), (0.1, 0.5), (0.5, 4.0)])
def test_for_whole_orders_the_integral_is_the_papers_binomial_sum(order, rate, noise):
    """Mironov et al. 2019, §3.3: sum_k C(a, k) (1-q)^(a-k) q^k exp((k^2-k)/2s^2)."""
    terms = [
        math.lgamma(order + 1)
        - math.lgamma(k + 1)
        - math.lgamma(order - k + 1)
        + (order - k) * math.log(1 - rate)
        + k * math.log(rate)
        + (k * k - k) / (2 * noise**2)
        for k in range(order + 1)
    ]
    largest = max(terms)
    log_sum = largest + math.log(sum(math.exp(term - largest) for term in terms))
    expected = log_sum / (order - 1)

    found = renyi_divergence(rate, noise, order)

    assert found == pytest.approx(expected, rel=1e-8, abs=1e-13)


@pytest.mark.parametrize("order", [1.5, 4.7, 100])
def test_without_sampling_it_is_the_divergence_of_two_gaussians(order):
    found = renyi_divergence(1.0, 1.3, order)

    assert found == pytest.approx(order / (2 * 1.3**2), rel=1e-9)


def test_more_noise_fewer_steps_and_smaller_samples_spend_less():
    spent = epsilon_spent(0.05, 1.0, 1_000, 1e-5)

    assert epsilon_spent(0.05, 2.0, 1_000, 1e-5) < spent
    assert epsilon_spent(0.05, 1.0, 100, 1e-5) < spent
    assert epsilon_spent(0.01, 1.0, 1_000, 1e-5) < spent
    assert epsilon_spent(0.05, 1.0, 0, 1e-5) == 0
    assert epsilon_spent(0.05, 0.0, 1, 1e-5) == math.inf


@pytest.mark.parametrize("epsilon", [0.5, 3.0, 20.0])
def test_the_noise_for_an_epsilon_keeps_it_and_is_not_more_than_needed(epsilon):
    noise = noise_for_epsilon(epsilon, 0.06, 500, 1e-5)

    assert epsilon_spent(0.06, noise, 500, 1e-5) <= epsilon
    assert epsilon_spent(0.06, noise / 1.01, 500, 1e-5) > epsilon


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: renyi_divergence(0.0, 1.0, 2), "sampling rate over 0 and up to 1"),
        (lambda: renyi_divergence(0.1, 0.01, 2), "noise multiplier of 0.1 or more"),
        (lambda: renyi_divergence(0.1, 1.0, 1), "an order over 1, got 1"),
        (lambda: epsilon_spent(0.1, 1.0, 5, 1.0), "delta over 0 and below 1"),
        (lambda: noise_for_epsilon(0.0, 0.1, 5, 1e-5), "epsilon over 0"),
        (lambda: noise_for_epsilon(1e-9, 1.0, 10**9, 1e-9), "some noise can keep"),
    ],
)
def test_what_is_out_of_range_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("order", [1.1, 2.5, 9.3])
@pytest.mark.parametrize("rate, noise", [(0.01, 0.5), (0.25, 1.1), (0.25, 6.0)])
def test_for_orders_between_it_is_what_adaptive_quadrature_gives(order, rate, noise):
    def integrand(z):
        ratio = 1 - rate + rate * math.exp((2 * z - 1) / (2 * noise**2))
        return ratio**order * math.exp(-(z**2) / (2 * noise**2))

    ends = (-15 * noise, order + 15 * noise)
    area, _ = quad(integrand, *ends, limit=500, epsabs=0, epsrel=1e-12)
    moment = area / math.sqrt(2 * math.pi * noise**2)

    found = renyi_divergence(rate, noise, order)

    # The logarithm of a moment near 1 keeps only its digits after the point.
    assert found == pytest.approx(math.log(moment) / (order - 1), rel=1e-6, abs=1e-10)


@pytest.mark.parity
def test_epsilon_agrees_with_googles_accountant_to_one_per_cent():
    """Up to 20. Above, its series for many orders between does not converge.

    It leaves those orders out, and its epsilon comes out too large.
    """
    reason = "pip install --no-deps dp-accounting dm-tree"
    dp = pytest.importorskip("dp_accounting", reason=reason)
    rdp = pytest.importorskip("dp_accounting.rdp.rdp_privacy_accountant", reason=reason)
    grid = itertools.product(
        [0.001, 0.064, 0.25],  # sampling rate
        [0.8, 1.1, 2.0, 6.0],  # noise
        [(100, 1e-5), (2_000, 1e-6)],  # steps and delta
    )
    compared = 0

    for rate, noise, (steps, delta) in grid:
        step = dp.PoissonSampledDpEvent(rate, dp.GaussianDpEvent(noise))
        theirs = rdp.RdpAccountant()
        theirs.compose(dp.SelfComposedDpEvent(step, steps))
        expected = theirs.get_epsilon(delta)
        found = epsilon_spent(rate, noise, steps, delta)

        assert found <= expected * 1.01
        if 0 < expected <= 20:
            compared += 1
            assert found == pytest.approx(expected, rel=0.01), (rate, noise, steps)
    assert compared >= 18
