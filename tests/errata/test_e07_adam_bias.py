"""E07: the ratio of the steps, the paths, and which form Keras has."""

import keras
import numpy as np
import pytest

from roots_tf.errata.e07_adam_bias import (
    ENTRY,
    PEAK,
    PEAK_STEP,
    adam_path,
    bowl_gradient,
    constant_gradient,
    mixed_gradients,
    mixed_path,
    overshoot,
    step_size_ratio,
)
from roots_tf.optimization.adam import adam


def test_the_first_step_as_printed_is_3_162_times_too_large():
    printed, right = (
        -adam_path(form, constant_gradient, [0.0], 1)[1, 0]
        for form in ("printed", "algorithm 1")
    )

    # (1 - .9) / sqrt(1 - .999) = .1 / sqrt(.001) = sqrt(10)
    assert right == pytest.approx(0.001, rel=1e-6)
    assert printed == pytest.approx(0.001 * np.sqrt(10), rel=1e-6)


@pytest.mark.parametrize(
    ("t", "ratio"),
    [(2, 4.25), (5, 5.80), (10, 6.53), (100, 3.24), (1000, 1.26), (5000, 1.003)],
)
def test_the_ratio_of_the_steps(t, ratio):
    steps = [
        np.diff(adam_path(form, constant_gradient, [0.0], t), axis=0)[-1, 0]
        for form in ("printed", "algorithm 1")
    ]

    assert steps[0] / steps[1] == pytest.approx(float(step_size_ratio(t)), rel=1e-6)
    assert round(float(step_size_ratio(t)), 3 if t == 5000 else 2) == ratio
    assert f"{step_size_ratio(t):.3f}" in ENTRY.numbers


def test_the_ratio_peaks_at_step_12():
    ratio = step_size_ratio(np.arange(1, 100_000))

    # The slope is 0 where -ln(.9) .9^t (1 - .999^t) = -ln(.999) .999^t (1 - .9^t) / 2.
    assert ratio.argmax() + 1 == PEAK_STEP == 12
    assert ratio.max() == PEAK
    assert round(PEAK, 4) == 6.5685
    assert "6.5685, at step 12" in ENTRY.numbers


def test_the_way_after_a_hundred_steps():
    ways = [
        -adam_path(form, constant_gradient, [0.0], 100)[-1, 0]
        for form in ("printed", "algorithm 1")
    ]

    assert ways[0] == pytest.approx(0.001 * step_size_ratio(np.arange(1, 101)).sum())
    assert [round(way, 4) for way in ways] == [0.4657, 0.1]
    assert "0.4657, the right one 0.1000" in ENTRY.numbers


def test_the_path_on_the_bowl():
    printed, right = (
        adam_path(form, bowl_gradient, [1.0], 60, 0.1)
        for form in ("printed", "algorithm 1")
    )

    assert printed[:5, 0].round(3).tolist() == [1, 0.684, 0.270, -0.162, -0.507]
    assert [round(overshoot(path), 3) for path in (printed, right)] == [0.676, 0.273]


def test_algorithm_1_is_the_packages_adam():
    path = adam_path("algorithm 1", bowl_gradient, [1.0, -3.0], 40, 0.05)
    w, m, v = np.array([1.0, -3.0]), np.zeros(2), np.zeros(2)

    for t in range(1, 41):
        w, m, v = adam(w, m, v, w, t, 0.05)

        np.testing.assert_allclose(w, path[t], rtol=1e-12)


def test_kerass_adam_has_the_form_with_epsilon_hat():
    variable = keras.Variable(np.zeros(3, np.float32))
    optimizer = keras.optimizers.Adam(0.001)
    for gradient in mixed_gradients():
        optimizer.apply([gradient], [variable])
    w = keras.ops.convert_to_numpy(variable)

    assert optimizer.epsilon == 1e-7
    # In float32 1 - .999^t is off by 1e-5 of itself at first, of a step of .001.
    assert np.abs(w - mixed_path("epsilon hat")).max() < 5e-7
    off = np.abs(w - mixed_path("algorithm 1"))
    assert off[0] > 1e-4 > 1e-5 < off[1] < off[0]
    assert np.abs(w - mixed_path("printed")).max() > 0.01


def test_the_table_of_differences_is_what_the_paths_give():
    hat = mixed_path("epsilon hat")
    for form, name in (("algorithm 1", "Algorithm 1"), ("printed", "as printed")):
        off = " | ".join(f"{d:.0e}" for d in np.abs(mixed_path(form) - hat))

        assert f"| {name} | {off} |" in ENTRY.numbers
