"""The LSTM's forward and backward recurrences beside Keras' and finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.recurrent.lstm_through_time import lstm_through_time

BATCH, STEPS, WIDTH, HIDDEN = 3, 7, 4, 5
AS_IT_STANDS = np.tile(np.arange(STEPS, dtype=np.int32), (BATCH, 1))


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    shapes = [
        (BATCH, STEPS, WIDTH),
        (WIDTH, 4 * HIDDEN),
        (HIDDEN, 4 * HIDDEN),
        (4 * HIDDEN,),
    ]
    return [tf.constant(rng.normal(size=shape)) for shape in shapes]


def weighted_sum(x, order, *weights):
    outputs = lstm_through_time(x, order, *weights)
    factors = np.random.default_rng(1).normal(size=outputs.shape)
    return tf.reduce_sum(outputs * factors)


def test_it_is_keras_lstm(inputs):
    x, *weights = inputs
    stock = keras.layers.LSTM(HIDDEN, return_sequences=True, dtype="float64")
    stock.build(x.shape)
    stock.set_weights(weights)

    outputs = lstm_through_time(x, AS_IT_STANDS, *weights)

    np.testing.assert_allclose(outputs, stock(x), rtol=1e-10)


def test_its_gradients_are_those_of_keras_lstm(inputs):
    x, *weights = inputs
    stock = keras.layers.LSTM(HIDDEN, return_sequences=True, dtype="float64")
    stock.build(x.shape)
    stock.set_weights(weights)
    factors = np.random.default_rng(1).normal(size=(BATCH, STEPS, HIDDEN))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(stock(x) * factors)
    variables = [weight.value for weight in stock.weights]
    expected = tape.gradient(loss, [x, *variables])

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = weighted_sum(x, AS_IT_STANDS, *weights)
    gradients = tape.gradient(loss, inputs)

    for gradient, correct in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, correct, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("place", range(4), ids=["x", "kernel", "recurrent", "bias"])
def test_its_gradients_are_the_finite_differences(inputs, place):
    orders = np.random.default_rng(2).permuted(AS_IT_STANDS, axis=1)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = weighted_sum(inputs[0], orders, *inputs[1:])
    gradient = tape.gradient(loss, inputs[place]).numpy()
    value = inputs[place].numpy()
    rng = np.random.default_rng(3)

    for index in rng.choice(value.size, 10, replace=False):
        losses = []
        for change in (1e-6, -1e-6):
            moved = value.copy()
            moved.flat[index] += change
            arguments = [*inputs[:place], tf.constant(moved), *inputs[place + 1 :]]
            losses.append(float(weighted_sum(arguments[0], orders, *arguments[1:])))
        slope = (losses[0] - losses[1]) / 2e-6
        # Central differences of step h = 1e-6 are right to some h^2 and eps / h.
        assert gradient.flat[index] == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_the_order_is_that_of_reading_and_outputs_stay_with_their_tokens(inputs):
    x, *weights = inputs
    backwards = AS_IT_STANDS[:, ::-1].copy()

    outputs = lstm_through_time(x, backwards, *weights)

    turned = lstm_through_time(x[:, ::-1], AS_IT_STANDS, *weights)[:, ::-1]
    np.testing.assert_allclose(outputs, turned, rtol=1e-12)


@pytest.mark.parametrize("steps", [1, 2])
def test_texts_of_one_and_two_tokens_have_gradients(inputs, steps):
    x, *weights = inputs
    x = x[:, :steps]

    with tf.GradientTape() as tape:
        tape.watch(weights[1])
        loss = weighted_sum(x, AS_IT_STANDS[:, :steps], *weights)
    recurrent = tape.gradient(loss, weights[1])

    assert bool(tf.reduce_any(recurrent != 0)) == (steps > 1)


def test_it_runs_in_half_precision(inputs):
    half = [tf.cast(value, tf.bfloat16) for value in inputs]

    outputs = lstm_through_time(half[0], AS_IT_STANDS, *half[1:])

    exact = lstm_through_time(inputs[0], AS_IT_STANDS, *inputs[1:])
    assert outputs.dtype == tf.bfloat16
    # bfloat16 has 8 bits: each of some ten roundings a step is off by up to 2^-9.
    np.testing.assert_allclose(tf.cast(outputs, tf.float64), exact, atol=0.1)
