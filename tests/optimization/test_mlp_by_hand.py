"""Backpropagation by hand against finite differences, TensorFlow and paper."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.gradient_check import gradient_check
from roots_tf.optimization.mlp_by_hand import (
    ACTIVATIONS,
    LOSSES,
    Mlp,
    cross_entropy,
    squared_error,
)

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(7, 4))
TARGETS = {
    "cross_entropy": DRAW.integers(0, 3, 7),
    "squared_error": DRAW.normal(size=(7, 3)),
}
IN_TENSORFLOW = {
    "identity": tf.identity,
    "tanh": tf.tanh,
    "relu": tf.nn.relu,
    "gelu": lambda z: tf.nn.gelu(z, approximate=False),
}


def moved(parameters):
    """Biases start at zero, where a wrong one would not be seen."""
    rng = np.random.default_rng(1)
    return [p + rng.normal(0, 0.1, p.shape).astype(p.dtype) for p in parameters]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ACTIVATIONS)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_gradients_are_those_of_finite_differences(hidden, output, loss):
    mlp = Mlp((4, 6, 5, 3), hidden, output, loss)
    parameters = moved(mlp.initial_parameters(seed=0))

    value, gradients = mlp.gradients(parameters, X, TARGETS[loss])

    worst = gradient_check(
        lambda *parameters: mlp.mean_loss(parameters, X, TARGETS[loss]),
        parameters,
        gradients,
    )
    assert worst.relative_error < 1e-7, worst
    assert value == mlp.mean_loss(parameters, X, TARGETS[loss])


@pytest.mark.parametrize("sizes", [(4, 3), (4, 8, 3), (4, 5, 6, 7, 3)])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_gradients_in_float32_are_those_of_the_gradient_tape(hidden, loss, sizes):
    mlp = Mlp(sizes, hidden, loss=loss)
    parameters = moved(mlp.initial_parameters(seed=0, dtype=np.float32))
    x, targets = X.astype(np.float32), TARGETS[loss]
    if loss == "squared_error":
        targets = targets.astype(np.float32)

    value, gradients = mlp.gradients(parameters, x, targets)

    weights = [tf.Variable(parameter) for parameter in parameters]
    with tf.GradientTape() as tape:
        a = tf.constant(x)
        for layer in range(len(sizes) - 1):
            z = a @ weights[2 * layer] + weights[2 * layer + 1]
            last = layer == len(sizes) - 2
            a = z if last else IN_TENSORFLOW[hidden](z)
        if loss == "cross_entropy":
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, a)
        else:
            losses = tf.reduce_sum((a - targets) ** 2, axis=1) / 2
        expected = tf.reduce_mean(losses)
    assert all(gradient.dtype == np.float32 for gradient in gradients)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    for ours, theirs in zip(gradients, tape.gradient(expected, weights), strict=True):
        assert np.abs(ours - theirs).max() < 1e-5 * np.abs(theirs).max()


def test_the_hidden_delta_is_the_sum_over_what_it_feeds_worked_on_paper():
    # One example, two linear units into two: all is a product of small numbers.
    W1, W2 = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [3.0, 2.0]])
    parameters = [W1, np.zeros(2), W2, np.zeros(2)]
    mlp = Mlp((1, 2, 2), "identity", loss="squared_error")

    loss, gradients = mlp.gradients(parameters, np.array([[2.0]]), np.array([[13, 7]]))

    # a1 = (2, 4), output (14, 6), error (1, -1), hidden delta (1*1 + -1*-1, 3 - 2).
    assert loss == 1.0
    assert gradients[2].tolist() == [[2, -2], [4, -4]]
    assert gradients[3].tolist() == [1, -1]
    assert gradients[0].tolist() == [[4, 2]]
    assert gradients[1].tolist() == [2, 1]


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    logits, labels = DRAW.normal(0, 3, (5, 4)), np.array([0, 3, 1, 1, 2])

    loss, gradient = cross_entropy(logits, labels)

    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(gradient, (p - np.eye(4)[labels]) / 5, atol=1e-15)
    assert loss == pytest.approx(-np.log(p[range(5), labels]).mean(), rel=1e-12)


def test_cross_entropy_of_extreme_logits_is_exact():
    loss, gradient = cross_entropy(np.array([[1e4, 0.0]]), np.array([1]))

    assert loss == 1e4
    assert gradient.tolist() == [[1, -1]]


@pytest.mark.parametrize("loss", LOSSES)
def test_repeating_every_example_changes_nothing(loss):
    mlp = Mlp((4, 5, 3), loss=loss)
    parameters = mlp.initial_parameters(seed=0)

    once = mlp.gradients(parameters, X, TARGETS[loss])
    thrice = mlp.gradients(
        parameters, np.tile(X, (3, 1)), np.concatenate([TARGETS[loss]] * 3)
    )

    assert thrice[0] == pytest.approx(once[0], rel=1e-12)
    for ours, expected in zip(thrice[1], once[1], strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


def test_squared_error_is_half_of_kerass_times_the_outputs():
    outputs, targets = DRAW.normal(size=(6, 3)), DRAW.normal(size=(6, 3))

    loss, _ = squared_error(outputs, targets)

    mean = float(keras.losses.MeanSquaredError(dtype="float64")(targets, outputs))
    assert loss == pytest.approx(mean * 3 / 2, rel=1e-12)


def test_steps_are_those_of_the_same_network_in_keras():
    mlp = Mlp((4, 8, 3), "gelu")
    parameters = mlp.initial_parameters(seed=2, dtype=np.float32)
    gelu = keras.layers.Activation(lambda z: keras.ops.gelu(z, approximate=False))
    dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((4,)), dense(8), gelu, dense(3)])
    model.set_weights(parameters)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.1), loss)
    x, labels = X.astype(np.float32), TARGETS["cross_entropy"]

    for _ in range(20):
        _, parameters = mlp.sgd_step(parameters, x, labels, 0.1)
        model.train_on_batch(x, labels)

    for ours, expected in zip(parameters, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_it_learns_exclusive_or_which_no_single_layer_can():
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    labels = np.array([0, 1, 1, 0])
    right = {}

    for sizes in ((2, 2), (2, 8, 2)):
        mlp = Mlp(sizes)
        parameters = mlp.initial_parameters(seed=0)
        for _ in range(500):
            _, parameters = mlp.sgd_step(parameters, x, labels, 1.0)
        right[sizes] = (mlp.outputs(parameters, x).argmax(axis=1) == labels).sum()

    assert right[2, 8, 2] == 4
    assert right[2, 2] < 4


def test_weights_start_within_glorots_limit_and_repeat():
    mlp = Mlp((200, 100, 3))

    W1, b1, *_ = parameters = mlp.initial_parameters(seed=5)

    limit = np.sqrt(6 / 300)
    assert 0.99 * limit < np.abs(W1).max() <= limit
    assert W1.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)  # of a uniform
    assert not b1.any()
    again = mlp.initial_parameters(seed=5)
    assert all(np.array_equal(*pair) for pair in zip(parameters, again, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sizes": (4,)}, "two or more sizes"),
        ({"sizes": (4, 0)}, "each 1 or more"),
        (
            {"activation": "sigmoid"},
            "activation to be one of identity, tanh.*'sigmoid'",
        ),
        ({"output_activation": ""}, "output_activation to be one of"),
        ({"loss": "hinge"}, "loss to be one of cross_entropy, squared_error"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Mlp(**{"sizes": (4, 3), **arguments})


@pytest.mark.parametrize(
    ("loss", "x", "targets", "message"),
    [
        ("cross_entropy", X[:, :3], np.zeros(7, int), r"x of shape \(B, 4\)"),
        ("cross_entropy", X, np.zeros((7, 1), int), r"shape \(7,\), got \(7, 1\)"),
        ("squared_error", X, np.zeros(7), r"shape \(7, 3\), got \(7,\)"),
    ],
)
def test_shapes_that_numpy_would_broadcast_are_refused(loss, x, targets, message):
    mlp = Mlp((4, 3), loss=loss)
    parameters = mlp.initial_parameters(seed=0)

    for method in (mlp.gradients, mlp.mean_loss):
        with pytest.raises(ValueError, match=message):
            method(parameters, x, targets)
