"""TensorFlow's gradients: right ones pass, wrong and missing ones are named."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.gradient_check_tape import (
    gradient_check_function,
    gradient_check_layer,
)

X = np.random.default_rng(0).normal(size=(2, 3))


@tf.custom_gradient
def wrong_square(x):
    return x**2, lambda dy: dy * x  # a factor of 2 is forgotten


class Detached(keras.layers.Layer):
    """A dense layer whose kernel gets no gradient."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 2), name="kernel")

    def call(self, x):
        return x @ keras.ops.stop_gradient(keras.ops.convert_to_tensor(self.kernel))


def test_a_functions_right_gradient_passes():
    worst = gradient_check_function(lambda x, y: tf.sin(x) * y, [X, X + 1])

    assert worst.relative_error < 1e-8, worst


def test_a_functions_wrong_gradient_is_found():
    worst = gradient_check_function(wrong_square, [X], names=["x"])

    assert worst.array == "x"
    assert worst.relative_error == pytest.approx(0.5)


def test_a_layer_is_checked_by_its_input_and_its_weights():
    layer = keras.layers.Dense(4, activation="tanh", dtype="float64")
    layer.build((None, 3))
    before = layer.get_weights()

    worst = gradient_check_layer(layer, X)

    assert worst.relative_error < 1e-8, worst
    for weight, expected in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_a_weight_that_gets_no_gradient_is_found():
    worst = gradient_check_layer(Detached(dtype="float64"), X)

    assert worst.array.endswith("kernel")
    assert worst.analytic == 0
    assert worst.relative_error == pytest.approx(1)


def test_a_model_of_token_ids_is_checked_by_its_weights():
    layers = [
        keras.layers.Embedding(5, 3, dtype="float64"),
        keras.layers.GlobalAveragePooling1D(dtype="float64"),
        keras.layers.Dense(2, dtype="float64"),
    ]
    ids = np.array([[1, 2, 2], [4, 1, 1]])

    worst = gradient_check_layer(keras.Sequential(layers), ids, samples=15)

    assert worst.relative_error < 1e-8, worst


def test_float32_is_refused():
    with pytest.raises(ValueError, match="expected a float64 output, got float32"):
        gradient_check_layer(keras.layers.Dense(2), X)
    with pytest.raises(ValueError, match="expected a float64 output, got float32"):
        gradient_check_function(tf.sin, [X.astype(np.float32)])
