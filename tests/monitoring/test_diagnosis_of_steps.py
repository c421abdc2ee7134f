"""Checks of losses, gradients and updates, on constructed evidence."""

import math

import numpy as np
import pytest

from roots_tf.monitoring import diagnosis_of_steps as of_steps
from roots_tf.monitoring.diagnosis_of_steps import EpochEvidence, StepEvidence


def step(number, **changes):
    """A step of a healthy run."""
    values = {
        "step": number,
        "loss": 0.7 - 0.01 * number,
        "learning_rate": 0.001,
        "gradient_norm": 1.0,
        "update_ratio": 0.001,
        "gradient_norms": {"first/kernel": 0.5, "last/kernel": 0.8},
    }
    return StepEvidence(**(values | changes))


def steps(count=10, **columns):
    """Steps from 1; a column is a value for all, or one for each."""
    return [
        step(
            i + 1, **{k: v[i] if isinstance(v, list) else v for k, v in columns.items()}
        )
        for i in range(count)
    ]


def epochs(*losses):
    """(training loss, validation loss) of each epoch."""
    return [EpochEvidence(i + 1, *pair) for i, pair in enumerate(losses)]


def test_a_healthy_run_has_nothing():
    run, falling = steps(20), epochs((0.7, 0.7), (0.6, 0.65), (0.5, 0.64))

    assert of_steps.not_finite(run) is None
    assert of_steps.exploding_gradient(run) is None
    assert of_steps.learning_rate_too_high(run) is None
    assert of_steps.vanishing_gradient(run) is None
    assert of_steps.learning_rate_too_low(run, falling) is None
    assert of_steps.overfitting(falling) is None


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_told_with_the_step_before(value):
    run = [step(5, loss=0.6), step(10, loss=value)]

    finding = of_steps.not_finite(run)

    assert finding.trouble == "NaN"
    assert finding.evidence == (
        f"the loss became {value} at step 10, after a loss of 0.6 at step 5"
    )


def test_a_gradient_that_is_no_number_is_told_where_a_relu_hides_it_from_the_loss():
    finding = of_steps.not_finite([step(1, loss=0.7, gradient_norm=math.nan)])

    assert finding.evidence == "the gradient became nan at step 1"


def test_a_gradient_of_enormous_length_in_two_steps_explodes():
    limit = of_steps.EXPLODED_NORM
    once = steps(8, gradient_norm=[1.0] * 7 + [2 * limit])
    twice = steps(8, gradient_norm=[1.0] * 6 + [3 * limit, 2 * limit])
    below = steps(8, gradient_norm=limit)

    assert of_steps.exploding_gradient(once) is None
    assert of_steps.exploding_gradient(below) is None
    finding = of_steps.exploding_gradient(twice)
    assert finding.trouble == "exploding gradient"
    assert "norm was 3e+03 at step 7" in finding.evidence


def test_one_enormous_gradient_is_enough_where_nothing_finite_follows():
    run = steps(2, gradient_norm=[1e8, math.nan], loss=[0.7, math.nan])

    assert of_steps.exploding_gradient(run).trouble == "exploding gradient"


def test_an_enormous_gradient_after_large_updates_is_the_learning_rates_doing():
    norms, ratios = [1.0, 1e6, 1e6], [of_steps.LARGE_UPDATE, 0.01, 0.01]

    assert of_steps.exploding_gradient(steps(3, gradient_norm=norms)) is not None
    run = steps(3, gradient_norm=norms, update_ratio=ratios)
    assert of_steps.exploding_gradient(run) is None


def test_a_gradient_that_is_no_number_has_not_exploded():
    run = steps(3, gradient_norm=[1.0, 1.0, math.nan])

    assert of_steps.exploding_gradient(run) is None


def rising(factor):
    """Ten steps whose loss is that of the first times a factor, from the second on."""
    return [0.7] + [0.7 * factor] * 9


def test_a_loss_over_that_of_the_start_after_large_updates_is_too_high_a_rate():
    above, below = of_steps.RISEN_LOSS + 0.01, of_steps.RISEN_LOSS - 0.01

    finding = of_steps.learning_rate_too_high(
        steps(10, loss=rising(above), update_ratio=0.3)
    )

    assert finding.trouble == "learning rate too high"
    assert "from 0.7 at step 1 to 0.847 at step 10" in finding.evidence
    run = steps(10, loss=rising(below), update_ratio=0.3)
    assert of_steps.learning_rate_too_high(run) is None


def test_without_large_updates_a_rising_loss_has_another_cause():
    ratio = of_steps.LARGE_UPDATE * 0.99

    run = steps(10, loss=rising(3), update_ratio=ratio)

    assert of_steps.learning_rate_too_high(run) is None


def test_one_hard_batch_is_no_too_high_rate():
    run = steps(10, loss=[0.7] * 8 + [5.0, 5.0], update_ratio=0.3)

    assert of_steps.learning_rate_too_high(run) is None


def test_a_rate_that_ends_in_nan_at_once_is_too_high():
    run = steps(2, loss=[0.7, math.nan], update_ratio=[4.0, math.nan])

    finding = of_steps.learning_rate_too_high(run)

    assert "to nan at step 2, with updates of up to 4 of" in finding.evidence
    first = steps(1, loss=math.nan, update_ratio=math.nan)
    assert of_steps.learning_rate_too_high(first) is None


def test_a_matrix_with_a_vanishing_part_of_anothers_gradient_is_named():
    low = 0.99 * of_steps.VANISHED
    run = steps(5, gradient_norms={"first": low, "middle": 0.5, "last": 1.0})

    finding = of_steps.vanishing_gradient(run)

    assert finding.trouble == "vanishing gradient"
    assert finding.evidence == (
        "the gradient of first has norm 9.9e-05, that of last 1.0e+00"
    )
    assert of_steps.vanishing_gradient(run[:4]) is None  # too early
    run = steps(5, gradient_norms={"first": of_steps.VANISHED, "last": 1.0})
    assert of_steps.vanishing_gradient(run) is None


def test_a_gradient_of_zero_or_nan_has_not_vanished():
    for value in (0.0, math.nan):
        run = steps(5, gradient_norms={"first": value, "last": 1.0})

        assert of_steps.vanishing_gradient(run) is None


def test_an_attention_that_does_not_look_yet_has_not_vanished():
    """With even weights the derivative by the scores cancels: sum_j a_j = 1."""
    norms = {"block/query/kernel": 1e-7, "block/key/kernel": 1e-7, "x": 0.5, "y": 1.0}

    assert of_steps.vanishing_gradient(steps(5, gradient_norms=norms)) is None
    norms["block/value/kernel"] = 1e-7
    assert of_steps.vanishing_gradient(steps(5, gradient_norms=norms)) is not None


def test_tiny_updates_and_a_standing_loss_are_too_low_a_rate():
    ratio, standing = 0.99 * of_steps.SMALL_UPDATE, epochs((0.7, None), (0.694, None))
    run = steps(10, update_ratio=ratio)

    finding = of_steps.learning_rate_too_low(run, standing)

    assert finding.trouble == "learning rate too low"
    assert "0.7 in epoch 1 and 0.694 in epoch 2" in finding.evidence
    falling = epochs((0.7, None), (0.692, None))  # by 1.1 %
    assert of_steps.learning_rate_too_low(run, falling) is None
    assert of_steps.learning_rate_too_low(run, standing[:1]) is None
    run = steps(10, update_ratio=of_steps.SMALL_UPDATE)
    assert of_steps.learning_rate_too_low(run, standing) is None


def test_a_warm_up_is_not_too_low_a_rate():
    rates = [1e-6 * (i + 1) for i in range(10)]
    run = steps(10, update_ratio=1e-6, learning_rate=rates)

    standing = epochs((0.7, None), (0.7, None))

    assert of_steps.learning_rate_too_low(run, standing) is None


def test_a_layer_most_of_whose_units_get_no_gradient_is_dead():
    alive = {
        "healthy": np.array([True] * 4),
        "half": np.array([True, False, True, False]),
        "dead": np.array([True, False, False]),
    }

    finding = of_steps.dead_units(alive)

    assert finding.trouble == "dead units"
    assert finding.evidence.startswith("2 of the 3 units of dead had a gradient of")
    del alive["dead"]
    assert of_steps.dead_units(alive) is None  # half is not most
    assert of_steps.dead_units({}) is None


def test_a_validation_loss_risen_twice_while_training_goes_on_is_overfitting():
    # Prechelt 1998: 100 (E_va / E_opt - 1) is 10 at 0.55 where the least was 0.5.
    run = epochs((0.7, 0.6), (0.5, 0.5), (0.3, 0.56), (0.1, 0.57))

    finding = of_steps.overfitting(run)

    assert finding.trouble == "overfitting"
    assert finding.evidence == (
        "the validation loss rose from 0.5 in epoch 2 to 0.57 in epoch 4, while the "
        "training loss fell from 0.5 to 0.1"
    )
    assert of_steps.overfitting(run[:3]) is None


@pytest.mark.parametrize(
    "run",
    [
        [(0.7, 0.6), (0.5, 0.5), (0.3, 0.56), (0.1, 0.54)],  # back below the limit
        [(0.7, 0.6), (0.5, 0.5), (0.5, 0.56), (0.6, 0.57)],  # training has stopped
        [(0.7, None), (0.5, None), (0.3, None), (0.1, None)],  # not validated
        [(0.7, 0.6), (0.5, math.nan), (0.3, math.nan)],
    ],
)
def test_anything_less_is_not_overfitting(run):
    assert of_steps.overfitting(epochs(*run)) is None
