"""The range test on a problem whose largest stable rate is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.learning_rate_range import learning_rate_range
from roots_tf.optimization.training_loop import TrainingLoop

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 3)).astype(np.float32)
TARGETS = X @ np.float32([[1], [-2], [3]])
# SGD on a mean square is stable below 2 / the largest eigenvalue of its curvature.
LIMIT = 2 / np.linalg.eigvalsh(X.T @ X / len(X)).max()


def linear_model():
    keras.utils.set_random_seed(0)
    layers = [keras.Input((3,)), keras.layers.Dense(1, use_bias=False)]
    return keras.Sequential(layers)


def half_square(targets, outputs):
    return tf.reduce_sum((outputs - targets) ** 2, axis=-1) / 2


def batches():
    return tf.data.Dataset.from_tensors((X, TARGETS)).repeat()


def test_the_suggestion_learns_and_lies_below_the_largest_stable_rate():
    model = linear_model()

    found = learning_rate_range(
        model, keras.optimizers.SGD(), half_square, batches(), highest=100.0
    )

    assert LIMIT / 20 < found.suggestion < LIMIT / 2
    assert LIMIT < found.rates[-1] < 100  # it went on until it diverged, no further
    assert found.smoothed[10] == pytest.approx(found.losses[8:13].mean())
    assert found.smoothed[-1] > 4 * found.smoothed.min()
    ratios = found.rates[1:] / found.rates[:-1]
    np.testing.assert_allclose(ratios, ratios[0])
    TrainingLoop(
        model,
        keras.optimizers.SGD(found.suggestion),
        half_square,
        lambda epoch: batches().take(100),
    ).run(1)
    left = half_square(TARGETS, model(X)).numpy().mean()
    assert left < found.losses[0] / 1000


def test_the_model_is_left_as_it_was():
    model = linear_model()
    before = model.get_weights()[0].copy()

    learning_rate_range(model, keras.optimizers.Adam(), half_square, batches())

    np.testing.assert_array_equal(model.get_weights()[0], before)


def test_the_losses_are_those_of_the_weights_before_each_step():
    model = linear_model()
    w = model.get_weights()[0].copy()

    found = learning_rate_range(
        model,
        keras.optimizers.SGD(),
        half_square,
        batches(),
        lowest=0.01,
        highest=0.1,
        steps=10,
    )

    for rate, loss in zip(found.rates, found.losses, strict=True):
        error = X @ w - TARGETS
        assert loss == pytest.approx(0.5 * float((error**2).mean()), rel=1e-4)
        w -= rate * X.T @ error / len(X)


def test_a_loss_that_is_not_finite_ends_the_test():
    model = linear_model()

    found = learning_rate_range(
        model, keras.optimizers.SGD(), half_square, batches(), highest=1e30, steps=20
    )

    assert np.isfinite(found.losses).all()
    model.set_weights([np.float32([[np.nan]] * 3)])
    with pytest.raises(ValueError, match="expected a finite loss at the lowest rate"):
        learning_rate_range(model, keras.optimizers.SGD(), half_square, batches())


def test_too_few_batches_and_rates_out_of_order_are_refused():
    few, model = batches().take(5), linear_model()
    before = model.get_weights()[0].copy()

    with pytest.raises(ValueError, match="expected 100 batches, got 5"):
        learning_rate_range(model, keras.optimizers.SGD(), half_square, few)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    for wrong in ({"lowest": 0}, {"lowest": 20.0}, {"steps": 1}):
        with pytest.raises(ValueError, match="expected 0 < lowest < highest"):
            learning_rate_range(
                model, keras.optimizers.SGD(), half_square, batches(), **wrong
            )
