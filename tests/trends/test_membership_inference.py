"""The attack by loss, and the bound that differential privacy puts on any attack."""

from statistics import NormalDist

import numpy as np
import pytest

from roots_tf.trends.membership_inference import (
    attack_by_loss,
    largest_auc,
    most_true_positives,
)


def test_between_two_gaussians_the_auc_is_that_of_their_distance():
    """AUC = Phi(d / sqrt 2) for unit variances (Fawcett 2006)."""
    draw = np.random.default_rng(0)
    members, others = draw.normal(2.0, 1, 4_000), draw.normal(3.0, 1, 4_000)

    found = attack_by_loss(members, others)

    expected = NormalDist().cdf(1 / 2**0.5)
    assert found.auc.low < expected < found.auc.high
    assert found.auc.high - found.auc.low < 0.03
    caught = NormalDist().cdf(NormalDist().inv_cdf(0.01) + 1)
    assert found.caught == pytest.approx(caught, abs=0.03)  # 40 of 4,000 set it


def test_equal_losses_are_a_guess_and_full_separation_is_certainty():
    draw = np.random.default_rng(1)
    alike = attack_by_loss(draw.normal(size=500), draw.normal(size=500))
    apart = attack_by_loss(draw.random(50), 2 + draw.random(50))

    assert alike.auc.low < 0.5 < alike.auc.high
    assert apart.auc.estimate == 1 and apart.caught == 1


def test_the_bound_is_the_curve_of_randomized_response():
    """It tells a bit truly with probability e^eps / (1 + e^eps): eps-DP exactly."""
    epsilon = 1.3
    truth = np.exp(epsilon) / (1 + np.exp(epsilon))

    bound = most_true_positives(1 - truth, epsilon, 0.0)

    assert bound == pytest.approx(truth)
    # Its ROC has one corner: the area below is that of two straight lines.
    assert largest_auc(epsilon, 0.0) == pytest.approx(truth, abs=1e-6)


def test_more_privacy_bounds_more():
    areas = [largest_auc(epsilon, 1e-5) for epsilon in (0.1, 1.0, 3.0, 8.0)]

    assert areas == sorted(areas) and areas[0] > 0.5 and areas[-1] < 1
    assert largest_auc(float("inf"), 1e-5) == 1


def test_without_others_there_is_nothing_to_tell_apart():
    with pytest.raises(ValueError, match="of members and of others, got 3 and 0"):
        attack_by_loss([1, 2, 3], [])
