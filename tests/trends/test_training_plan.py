"""Hours and money follow from counted operations; what does not fit is said."""

import pytest

from roots_tf.models.gpt import GptConfig
from roots_tf.trends.training_cost import exact_training_flops, training_memory
from roots_tf.trends.training_plan import GPUS, Assumptions, Gpu, plan_training


def test_hours_and_money_are_operations_over_speed():
    config, gpu = GptConfig.small(), Gpu(100, 80, 2.5)

    plan = plan_training(config, 3e9, gpu, Assumptions(0.5, gpus=4))

    seconds = exact_training_flops(config, 3e9) / (100e12 * 0.5)
    assert plan.hours == pytest.approx(seconds / 3600 / 4)
    assert plan.dollars == pytest.approx(seconds / 3600 * 2.5)
    dearer = plan_training(config, 3e9, gpu, Assumptions(0.5, 4, dollars=5))
    assert dearer.dollars == pytest.approx(2 * plan.dollars)


def test_without_tokens_there_are_20_a_parameter():
    config = GptConfig.small()

    plan = plan_training(config, 0, GPUS["A100"], Assumptions())

    expected = exact_training_flops(config, 20 * config.parameter_count)
    assert plan.flops == pytest.approx(expected)


@pytest.mark.parametrize("name", GPUS)
def test_the_batch_is_the_largest_power_of_two_that_fits(name):
    config, gpu = GptConfig.small(), GPUS[name]
    room = 0.9 * gpu.memory * 2**30

    plan = plan_training(config, 1e9, gpu, Assumptions())

    def needed(texts):
        return sum(training_memory(config, texts, True, plan.recompute).values())

    assert plan.fits and plan.memory * 2**30 == pytest.approx(needed(plan.batch_size))
    assert needed(plan.batch_size) <= room < needed(2 * plan.batch_size)


def test_a_model_of_1_5_billion_does_not_fit_where_its_weights_do_not():
    xl = GptConfig.xl()

    small = plan_training(xl, 1e9, GPUS["T4"], Assumptions())
    large = plan_training(xl, 1e9, GPUS["A100"], Assumptions())

    assert 18 * xl.parameter_count > 16 * 2**30  # bytes a parameter; a T4's memory
    assert not small.fits and small.batch_size == 0
    assert large.fits


def test_recomputation_is_planned_where_nothing_else_fits_and_is_paid_for():
    config = GptConfig.medium()
    weights = training_memory(config, 0)["weights, gradients, Adam"] / 2**30
    tight = Gpu(100, (weights + 2) / 0.9, 1.0)  # 2 GiB for activations

    plan = plan_training(config, 1e9, tight, Assumptions())

    assert plan.fits and plan.recompute
    assert plan.flops == pytest.approx(exact_training_flops(config, 1e9) * 4 / 3)


@pytest.mark.parametrize(
    "assumptions, message",
    [
        (Assumptions(utilization=0), "utilization over 0 and up to 1, got 0"),
        (Assumptions(gpus=0), "1 GPU or more"),
    ],
)
def test_assumptions_out_of_range_are_refused(assumptions, message):
    with pytest.raises(ValueError, match=message):
        plan_training(GptConfig.small(), 1e9, GPUS["T4"], assumptions)
