"""E05: the sign, on paper and against TensorFlow; the recursion."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.errata.e05_gradient_sign import (
    ENTRY,
    EXACT,
    finite_differences,
    loss_after_a_step,
    losses_of_steps,
    network_gradients,
    network_loss,
    printed_gradient,
    random_network,
    relative_errors,
    right_gradient,
)
from roots_tf.optimization.mlp_by_hand import Mlp


def test_the_example_on_paper():
    # At w = 0: sum (0 - y) x = -(2*1 + 4*2); the loss is 5/2 (w - 2)^2, so that a step
    # of .05 leaves 1 - .05*5 of w - 2, and the printed one 1 + .05*5.
    assert (right_gradient(0.0), printed_gradient(0.0)) == (-10, 10)
    np.testing.assert_allclose(
        losses_of_steps(right_gradient), [10 * 0.75 ** (2 * t) for t in range(4)]
    )
    np.testing.assert_allclose(
        losses_of_steps(printed_gradient), [10 * 1.25 ** (2 * t) for t in range(4)]
    )
    assert "| -10 | 10.000, 5.625, 3.164, 1.780 |" in ENTRY.numbers
    assert "| +10 | 10.000, 15.625, 24.414, 38.147 |" in ENTRY.numbers


def test_the_recursion_is_tensorflows_gradient():
    weights, x, y = random_network()
    variables = [tf.Variable(W) for W in weights]
    with tf.GradientTape() as tape:
        y_hat = tf.tanh(tf.tanh(x @ variables[0]) @ variables[1])
        loss = 0.5 * tf.reduce_sum((y_hat - y) ** 2)

    expected = tape.gradient(loss, variables)

    assert network_loss(weights, x, y) == pytest.approx(float(loss), rel=1e-12)
    for ours, theirs in zip(network_gradients(weights, x, y), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


def test_the_package_has_the_mean_of_the_same():
    weights, x, y = random_network()
    mlp = Mlp((3, 4, 2), "tanh", "tanh", "squared_error")
    parameters = [weights[0], np.zeros(4), weights[1], np.zeros(2)]

    loss, gradients = mlp.gradients(parameters, x, y)

    assert loss * len(x) == pytest.approx(network_loss(weights, x, y))
    for ours, summed in zip(
        gradients[::2], network_gradients(weights, x, y), strict=True
    ):
        np.testing.assert_allclose(ours * len(x), summed, rtol=1e-12)


def test_finite_differences_tell_the_sign():
    network = random_network()
    right, numeric = network_gradients(*network), finite_differences(*network)

    assert max(relative_errors(right, numeric)) < EXACT
    printed = relative_errors([-gradient for gradient in right], numeric)
    assert printed == pytest.approx([1.0, 1.0], abs=1e-9)


def test_a_step_goes_down_with_the_right_sign_and_up_with_the_printed_one():
    before = network_loss(*random_network())

    assert loss_after_a_step(1) < before < loss_after_a_step(-1)
    assert f"{before:.4f} | {loss_after_a_step(1):.4f} |" in ENTRY.numbers
    assert f"{before:.4f} | {loss_after_a_step(-1):.4f} |" in ENTRY.numbers
