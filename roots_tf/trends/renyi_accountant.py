"""How much privacy (隐私) private training spends: Rényi differential privacy, summed.

One step of DP-SGD takes each example with probability q (Poisson sampling) and adds
Gaussian noise of standard deviation sigma C to a sum of which each example contributes
a vector of length C at most. For two data sets that differ in one example, its output
has the Rényi divergence of order alpha

    R(alpha)   = log A(alpha) / (alpha - 1)
    A(alpha)   = E[((1 - q) + q exp((2 z - 1) / (2 sigma^2)))^alpha],  z ~ N(0, sigma^2)

Divergences of one order add up over the steps, T R(alpha). What they are worth as
(epsilon, delta) - an attacker's odds change by a factor of e^epsilon at most, but for a
probability of delta - is the best over the orders:

    epsilon    = min over alpha of
                 T R(alpha) + log(1 - 1 / alpha) - log(delta alpha) / (alpha - 1)

The expectation is one integral over the line for any order, whole or not. Its integrand
is smooth and falls off like a Gaussian, so equal steps of sigma / 20 give it to all
digits; `tests` compare with the sum over binomial coefficients that it has for whole
orders (§3.3, eq. 8).

Article: §8.4 (隐私保护与安全性).
Source: Mironov, Talwar and Zhang 2019 (1908.10530), §3.1-3.3; the last formula:
    Canonne, Kamath and Steinke 2020 (2004.00010), proposition 12; composition: Mironov
    2017 (1702.07476), proposition 1.
"""

import math

import numpy as np

# As most accountants: fine where small noise has its best order, coarse far out.
ORDERS = (*(1 + n / 10 for n in range(1, 100)), *range(11, 64), 128, 256, 512, 1024)
_LEAST_NOISE = 0.1  # below it the steps of the integral would be too wide


def renyi_divergence(
    sampling_rate: float, noise_multiplier: float, order: float
) -> float:
    """Gives R(alpha) of one step, in nats.

    Args:
        sampling_rate: q, over 0 to 1.
        noise_multiplier: sigma, 0.1 or more.
        order: alpha, over 1.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> round(renyi_divergence(1.0, 2.0, 8), 6)  # without sampling alpha / (2 s^2)
        1.0
    """
    _check(sampling_rate, noise_multiplier)
    if order <= 1:
        raise ValueError(f"expected an order over 1, got {order}")
    variance, step = noise_multiplier**2, noise_multiplier / 20
    # The integrand is largest between 0 and alpha; 12 sigma further it is nothing.
    z = np.arange(-12 * noise_multiplier, order + 12 * noise_multiplier, step)
    not_taken = math.log1p(-sampling_rate) if sampling_rate < 1 else -math.inf
    taken = math.log(sampling_rate) + (2 * z - 1) / (2 * variance)
    ratio = np.logaddexp(not_taken, taken)
    density = -(z**2) / (2 * variance) - math.log(2 * math.pi * variance) / 2
    log_a = np.logaddexp.reduce(order * ratio + density) + math.log(step)
    return max(0.0, float(log_a)) / (order - 1)


def epsilon_spent(
    sampling_rate: float, noise_multiplier: float, steps: int, delta: float
) -> float:
    """Gives the epsilon of so many steps: 0 for none, infinity without noise.

    Args:
        sampling_rate: q, over 0 to 1.
        noise_multiplier: sigma, 0.1 or more, or 0.
        steps: T.
        delta: probability, over 0 and below 1; below 1 / (number of examples), or
            giving one example away would count as private.

    Raises:
        ValueError: an argument is out of range.
    """
    if not 0 < delta < 1:
        raise ValueError(f"expected a delta over 0 and below 1, got {delta}")
    if steps < 1:
        return 0.0
    if noise_multiplier == 0:
        return math.inf
    return min(
        _epsilon(
            steps * renyi_divergence(sampling_rate, noise_multiplier, order),
            order,
            delta,
        )
        for order in ORDERS
    )


def noise_for_epsilon(
    epsilon: float, sampling_rate: float, steps: int, delta: float
) -> float:
    """Gives the smallest noise multiplier that spends ``epsilon`` at most.

    By bisection, to 0.1 %, always on the side of more noise.

    Args:
        epsilon: over 0.
        sampling_rate, steps, delta: as `epsilon_spent`.

    Raises:
        ValueError: an argument is out of range, or even a noise of 1,000 spends more.
    """
    if epsilon <= 0:
        raise ValueError(f"expected an epsilon over 0, got {epsilon}")
    low, high = _LEAST_NOISE, _LEAST_NOISE
    while epsilon_spent(sampling_rate, high, steps, delta) > epsilon:
        low, high = high, 2 * high
        if high > 1_000:
            raise ValueError(
                f"expected an epsilon that some noise can keep, got {epsilon} "
                f"over {steps:,} steps"
            )
    while high - low > 0.001 * low:
        middle = (low + high) / 2
        if epsilon_spent(sampling_rate, middle, steps, delta) > epsilon:
            low = middle
        else:
            high = middle
    return high


def _epsilon(divergence: float, order: float, delta: float) -> float:
    epsilon = divergence + math.log1p(-1 / order)
    return max(0.0, epsilon - (math.log(delta) + math.log(order)) / (order - 1))


def _check(sampling_rate, noise_multiplier):
    if not 0 < sampling_rate <= 1:
        raise ValueError(
            f"expected a sampling rate over 0 and up to 1, got {sampling_rate}"
        )
    if noise_multiplier < _LEAST_NOISE:
        raise ValueError(
            f"expected a noise multiplier of {_LEAST_NOISE} or more, "
            f"got {noise_multiplier}"
        )
