"""The feed-forward network against its formulas in NumPy."""

import numpy as np
import pytest

from roots_tf.optimization.gradient_check_tape import gradient_check_layer
from roots_tf.transformer.feed_forward import ACTIVATIONS, FeedForward
from tests.transformer import in_numpy

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 3, 4))


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_is_two_dense_layers_and_an_activation(activation, gated, use_bias):
    layer = FeedForward(4, 7, activation, gated, use_bias=use_bias, dtype="float64")
    layer.build(X.shape)
    layer.set_weights([RNG.normal(size=w.shape) for w in layer.weights])

    output = layer(X)

    assert len(layer.weights) == (3 if gated else 2) * (2 if use_bias else 1)
    np.testing.assert_allclose(output, in_numpy.feed_forward(layer, X), rtol=1e-6)


def test_every_token_is_on_its_own():
    layer = FeedForward(4, 7, dtype="float64")

    together = layer(X)

    np.testing.assert_allclose(together[:, 1], layer(X[:, 1:2])[:, 0], rtol=1e-9)


def test_gradients_are_the_finite_differences():
    layer = FeedForward(4, 7, "gelu_tanh", gated=True, dtype="float64")

    worst = gradient_check_layer(layer, X, samples=6)

    assert worst.relative_error < 1e-6, worst


def test_inner_features_are_dropped_in_training_alone():
    layer = FeedForward(4, 400, dropout=0.5)
    x = X.astype(np.float32)

    evaluated, trained = layer(x), layer(x, training=True)

    np.testing.assert_array_equal(evaluated, layer(x, training=False))
    assert np.abs(evaluated - trained).max() > 1e-3


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="expected an activation of .* got 'swish'"):
        FeedForward(4, 7, "swish")
