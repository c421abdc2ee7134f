"""The compiled step against the formulas, worked out in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import accuracy, cross_entropy
from roots_tf.optimization.training_step import TrainingStep


def softmax_regression(rng, features=3, classes=2):
    model = keras.Sequential([keras.Input((features,)), keras.layers.Dense(classes)])
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def make_step(model, optimizer, clip_norm=None, **options):
    measures = {"loss": cross_entropy, "accuracy": accuracy}
    strategy = tf.distribute.get_strategy()
    return TrainingStep(model, optimizer, measures, clip_norm, strategy, **options)


def softmax_gradients(kernel, bias, x, labels, weights):
    """d/dz of cross-entropy is p - y; the mean is weighted."""
    z = x @ kernel + bias
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(bias.size)[labels]
    delta = (p - y) * weights[:, None] / weights.sum()
    loss = -(weights * np.log(p[np.arange(len(labels)), labels])).sum() / weights.sum()
    return loss, x.T @ delta, delta.sum(axis=0)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 3))
    labels = np.array([0, 1, 1, 0, 1])
    weights = np.array([1.0, 0.0, 2.0, 1.0, 0.5])
    return softmax_regression(rng), x, labels, weights


def batch_of(x, labels, weights):
    return (
        tf.constant(x, tf.float32),
        tf.constant(labels),
        tf.constant(weights, tf.float32),
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_is_gradient_descent_on_the_weighted_mean_loss(problem, jit_compile):
    model, x, labels, weights = problem
    kernel, bias = model.get_weights()
    step = make_step(model, keras.optimizers.SGD(0.5), jit_compile=jit_compile)

    _, norm, gradients, ratios = step(batch_of(x, labels, weights), True)

    loss, d_kernel, d_bias = softmax_gradients(kernel, bias, x, labels, weights)
    np.testing.assert_allclose(gradients[0], d_kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.5 * d_kernel, 1e-5)
    np.testing.assert_allclose(model.get_weights()[1], bias - 0.5 * d_bias, 1e-5)
    expected_norm = np.sqrt((d_kernel**2).sum() + (d_bias**2).sum())
    np.testing.assert_allclose(norm, expected_norm, rtol=1e-5)
    expected_ratio = (
        0.5 * np.linalg.norm(d_kernel) / np.linalg.norm(kernel - 0.5 * d_kernel)
    )
    np.testing.assert_allclose(ratios[0], expected_ratio, rtol=1e-4)
    np.testing.assert_allclose(step.means(step.totals.numpy())["loss"], loss, 1e-5)


def test_totals_count_weights_examples_and_tokens_over_steps(problem):
    model, x, labels, weights = problem
    x[0, 1] = 0.0  # counts as padding
    step = make_step(model, keras.optimizers.SGD(0.0))

    for _ in range(3):
        step(batch_of(x, labels, weights), False)

    totals = step.totals.numpy()
    assert totals[0] == 3 * weights.sum()
    assert totals[-2:].tolist() == [3 * 5, 3 * 14]
    kernel, bias = model.get_weights()
    right = (x @ kernel + bias).argmax(axis=1) == labels
    expected = (right * weights).sum() / weights.sum()
    np.testing.assert_allclose(step.means(totals)["accuracy"], expected, rtol=1e-6)


def test_clipping_scales_the_whole_gradient_to_the_norm(problem):
    model, x, labels, weights = problem
    kernel, bias = model.get_weights()
    step = make_step(model, keras.optimizers.SGD(1.0), clip_norm=0.01)

    norm = step(batch_of(x, labels, weights), True).norm

    _, d_kernel, d_bias = softmax_gradients(kernel, bias, x, labels, weights)
    full = np.sqrt((d_kernel**2).sum() + (d_bias**2).sum())
    assert full > 0.01
    np.testing.assert_allclose(norm, full, rtol=1e-5)  # the norm before clipping
    change = model.get_weights()[0] - kernel
    # Differences of float32 weights near 1 are good to 1e-7 / 1e-3.
    np.testing.assert_allclose(change, -0.01 * d_kernel / full, rtol=1e-3, atol=1e-6)


def test_clipping_and_norm_are_the_same_under_loss_scaling(problem):
    model, x, labels, weights = problem
    start = model.get_weights()
    plain = make_step(model, keras.optimizers.SGD(1.0), clip_norm=0.01)
    _, norm, gradients, _ = plain(batch_of(x, labels, weights), True)
    after = model.get_weights()
    model.set_weights(start)
    scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(1.0))
    scaled = make_step(model, scaling, clip_norm=0.01)

    _, scaled_norm, scaled_gradients, _ = scaled(batch_of(x, labels, weights), True)

    np.testing.assert_allclose(scaled_norm, norm, rtol=1e-5)
    np.testing.assert_allclose(scaled_gradients[0], gradients[0], rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], after[0], rtol=1e-6)


def test_an_overflow_under_loss_scaling_leaves_the_weights_and_lowers_the_scale(
    problem,
):
    model, x, labels, weights = problem
    start, bias = model.get_weights()
    labels = (1e4 * x @ start + bias).argmin(axis=1)  # wrong, so p - y is 1, not 0
    scaling = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(1.0), initial_scale=2.0**127
    )
    step = make_step(model, scaling, clip_norm=0.01)

    step(batch_of(1e4 * x, labels, weights), False)

    np.testing.assert_array_equal(model.get_weights()[0], start)
    assert float(scaling.dynamic_scale.numpy()) == 2.0**126


def in_parts(x, labels, weights):
    """The batch in three of 2, 1 and 2 items, whose weights add up to 1, 2 and 1.5."""
    cuts = (slice(0, 2), slice(2, 3), slice(3, 5))
    return [batch_of(x[cut], labels[cut], weights[cut]) for cut in cuts]


@pytest.mark.parametrize("clip_norm", [None, 0.1])
def test_accumulated_batches_are_one_step_with_all_their_items(problem, clip_norm):
    model, x, labels, weights = problem
    kernel, bias = model.get_weights()
    step = make_step(model, keras.optimizers.SGD(0.5), clip_norm, accumulates=True)
    first, second, third = in_parts(x, labels, weights)

    step.add(first)
    step.add(second)
    changes = step(third, True)

    # Five items and float32 sums in another order: within 1e-5 of the formula.
    loss, d_kernel, d_bias = softmax_gradients(kernel, bias, x, labels, weights)
    np.testing.assert_allclose(changes.gradients[0], d_kernel, rtol=1e-5, atol=1e-6)
    norm = np.sqrt((d_kernel**2).sum() + (d_bias**2).sum())
    np.testing.assert_allclose(changes.norm, norm, rtol=1e-5)
    rate = 0.5 if clip_norm is None else 0.5 * clip_norm / norm
    after, bias_after = model.get_weights()
    np.testing.assert_allclose(after, kernel - rate * d_kernel, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bias_after, bias - rate * d_bias, rtol=1e-5, atol=1e-6)
    totals = step.totals.numpy()
    np.testing.assert_allclose(step.means(totals)["loss"], loss, rtol=1e-5)
    assert totals[[0, -2]].tolist() == [weights.sum(), 5]


def test_what_was_accumulated_counts_in_one_step_and_not_at_all_if_discarded(problem):
    model, x, labels, weights = problem
    step = make_step(model, keras.optimizers.SGD(0.0), accumulates=True)
    first, second, _ = in_parts(x, labels, weights)
    alone = step(second, True).norm

    step.add(first)
    both = step(second, True).norm
    after = step(second, True).norm
    step.add(first)
    step.discard()
    discarded = step(second, True).norm

    assert abs(both - alone) > 0.1
    np.testing.assert_allclose([after, discarded], [alone, alone], rtol=1e-6)


def test_the_learning_rate_told_is_the_one_applied(problem):
    model, x, labels, weights = problem
    schedule = WarmupSchedule(0.4, "linear", warmup_steps=2, total_steps=4)
    step = make_step(model, keras.optimizers.SGD(schedule))

    for rate in (0.2, 0.4, 0.4, 0.2):
        before = model.get_weights()[0]
        changes = step(batch_of(x, labels, weights), True)
        moved = model.get_weights()[0] - before
        assert float(changes.learning_rate) == pytest.approx(rate)
        # Differences of float32 weights near 1 are good to about 1e-7.
        np.testing.assert_allclose(moved, -rate * changes.gradients[0], atol=1e-6)


def test_where_there_is_no_next_batch_nothing_is_drawn_or_counted(problem):
    _, x, labels, weights = problem
    dropout = keras.layers.Dropout(0.5, seed=1)
    model = keras.Sequential([keras.Input((3,)), dropout, keras.layers.Dense(2)])
    optimizer = keras.optimizers.Adam(0.01)
    step = make_step(model, optimizer)
    batches = tf.data.Dataset.from_tensors(batch_of(x, labels, weights)).repeat(2)
    for epoch in (1, 2, 3):
        iterator = iter(batches)
        step.with_next(iterator, False)
        step.with_next(iterator, False)
        state = [np.array(v.value) for v in model.variables + optimizer.variables]

        with pytest.raises(tf.errors.OutOfRangeError):
            step.with_next(iterator, False)

        assert int(optimizer.iterations.numpy()) == 2 * epoch
        after = [np.array(v.value) for v in model.variables + optimizer.variables]
        for value, before in zip(after, state, strict=True):
            np.testing.assert_array_equal(value, before)


@pytest.mark.parametrize("accumulates", [False, True])
def test_an_overflow_in_float16_skips_the_step_and_halves_the_scale_until_it_fits(
    problem, accumulates
):
    _, x, labels, weights = problem
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, dtype="mixed_float16")]
    )
    start = problem[0].get_weights()
    model.set_weights(start)
    # Half precision ends at 65,504 < 2^16: s (p - y) W_b / sum W is too large at first.
    inner = keras.optimizers.Adam(0.01)
    scaling = keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0**20)
    step = make_step(model, scaling, accumulates=accumulates)
    slots = [np.array(variable.value) for variable in inner.variables]
    first, second, third = in_parts(x, labels, weights)
    scales = []

    def make_one():
        if accumulates:
            step.add(first)
            step.add(second)
            return step(third, True)
        return step(batch_of(x, labels, weights), True)

    while not np.isfinite(make_one().norm):
        scales.append(float(scaling.dynamic_scale.numpy()))
        for variable, before in zip(inner.variables, slots, strict=True):
            np.testing.assert_array_equal(variable, before)
        for weight, before in zip(model.get_weights(), start, strict=True):
            np.testing.assert_array_equal(weight, before)

    assert scales == [2.0 ** (19 - n) for n in range(len(scales))]
    assert len(scales) >= 3
    assert int(inner.iterations.numpy()) == 1
    _, d_kernel, _ = softmax_gradients(*start, x, labels, weights)
    # Adam's first step has the length of the learning rate; float16 has 11 bits.
    moved = model.get_weights()[0] - start[0]
    np.testing.assert_allclose(moved, -0.01 * np.sign(d_kernel), atol=1e-5)


def test_the_norm_of_a_repeated_words_gradient_is_that_of_its_sum():
    embedding = keras.layers.Embedding(3, 1)
    model = keras.Sequential(
        [keras.Input((2,), dtype="int32"), embedding, keras.layers.Flatten()]
    )
    embedding.set_weights([np.ones((3, 1), "float32")])
    measures = {"loss": lambda labels, outputs: tf.reduce_sum(outputs, axis=1)}
    strategy = tf.distribute.get_strategy()
    step = TrainingStep(model, keras.optimizers.SGD(0.1), measures, None, strategy)

    _, norm, gradients, _ = step((tf.constant([[1, 1]]), tf.constant([0])), True)

    assert gradients[0].numpy().ravel().tolist() == [0.0, 2.0, 0.0]
    assert float(norm) == 2.0
