"""Gradients of the recurrent layers against finite differences, in float64."""

import keras
import numpy as np
import pytest

from roots_tf.optimization.gradient_check_tape import (
    gradient_check_function,
    gradient_check_layer,
)
from roots_tf.recurrent.bidirectional_lstm import BidirectionalLstm
from roots_tf.recurrent.lstm_through_time import lstm_through_time
from roots_tf.recurrent.sequence_pooling import POOLINGS, SequencePooling

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(3, 4, 6))
MASK = np.arange(4) < np.array([[4], [2], [1]])


@pytest.mark.parametrize("method", POOLINGS)
def test_poolings_have_the_gradients_of_finite_differences(method):
    keras.utils.set_random_seed(0)

    worst = gradient_check_layer(SequencePooling(method, dtype="float64"), X, mask=MASK)

    assert worst.relative_error < 1e-7, worst


def test_the_bidirectional_lstm_has_the_gradients_of_finite_differences():
    keras.utils.set_random_seed(0)
    layer = BidirectionalLstm(3, dtype="float64")

    worst = gradient_check_layer(layer, X, mask=MASK, samples=25)

    assert worst.relative_error < 1e-7, worst


def test_backpropagation_through_time_has_the_gradients_of_finite_differences():
    order = np.array([[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 2, 3]], np.int32)
    weights = [DRAW.normal(0, 0.5, shape) for shape in ((6, 8), (2, 8), (8,))]

    worst = gradient_check_function(
        lambda x, *weights: lstm_through_time(x, order, *weights),
        [X, *weights],
        names=["x", "kernel", "recurrent kernel", "bias"],
    )

    assert worst.relative_error < 1e-7, worst
