"""The schedules against their formulas in plain Python, and in use."""

import math

import keras
import numpy as np
import pytest

from roots_tf.optimization.learning_rate import SHAPES, WarmupSchedule


def expected_rate(shape, s, w, total, peak):
    if s < w:
        return peak * (s + 1) / w
    p = min((s - w) / (total - w), 1)
    return (
        peak
        * {
            "constant": 1.0,
            "linear": 1 - p,
            "cosine": (1 + math.cos(math.pi * p)) / 2,
            "inverse-sqrt": math.sqrt(max(w, 1) / (s + 1)),
        }[shape]
    )


@pytest.mark.parametrize("warmup", [0, 1, 10])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_its_formula(shape, warmup):
    schedule = WarmupSchedule(0.3, shape, warmup, 50)

    rates = [float(schedule(step)) for step in range(60)]

    expected = [expected_rate(shape, step, warmup, 50, 0.3) for step in range(60)]
    np.testing.assert_allclose(rates, expected, rtol=1e-5, atol=1e-7)
    assert max(rates) == pytest.approx(0.3)
    assert min(rates[:50]) > 0  # no update of the run is wasted


def test_inverse_sqrt_is_equation_3_of_the_transformer_paper():
    width, warmup = 512, 4000
    schedule = WarmupSchedule(width**-0.5 * warmup**-0.5, "inverse-sqrt", warmup)

    for t in (1, 100, 3999, 4000, 4001, 100_000):
        paper = width**-0.5 * min(t**-0.5, t * warmup**-1.5)
        assert float(schedule(t - 1)) == pytest.approx(paper, rel=1e-5)


def test_cosine_and_linear_without_warm_up_are_kerass_decays():
    own = keras.optimizers.schedules
    pairs = [
        ("cosine", own.CosineDecay(0.3, 50)),
        ("linear", own.PolynomialDecay(0.3, 50, end_learning_rate=0.0)),
    ]

    for shape, theirs in pairs:
        ours = WarmupSchedule(0.3, shape, total_steps=50)
        for step in (0, 1, 25, 49, 50, 70):
            assert float(ours(step)) == pytest.approx(float(theirs(step)), abs=1e-7)


def test_an_optimizer_follows_it_and_is_saved_with_it():
    schedule = WarmupSchedule(0.4, "linear", 2, 6)
    optimizer = keras.optimizers.SGD(schedule)
    w, steps = keras.Variable(np.float32([0.0])), []

    for _ in range(6):
        before = float(w[0])
        optimizer.apply([np.float32([-1.0])], [w])
        steps.append(float(w[0]) - before)

    np.testing.assert_allclose(steps, [0.2, 0.4, 0.4, 0.3, 0.2, 0.1], rtol=1e-5)
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert copy._learning_rate.get_config() == schedule.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"peak": 0}, "a peak over 0, got 0"),
        ({"shape": "step"}, "a shape of constant, linear, cosine, inverse-sqrt, got"),
        ({"warmup_steps": -1}, "warmup_steps of 0 or more, got -1"),
        ({"shape": "linear"}, r"total_steps over warmup_steps \(0\) with 'linear'"),
        ({"shape": "cosine", "warmup_steps": 9, "total_steps": 9}, "got 9"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        WarmupSchedule(**{"peak": 0.1, **arguments})
