"""Each example's gradient is clipped on its own, and the noise is as large as said."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization.losses import cross_entropy
from roots_tf.trends.private_training import (
    ClippedGradients,
    gradient_of_step,
    noisy_mean,
    poisson_sample,
)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    sizes = dict(max_positions=6, hidden_size=8, num_layers=1, num_heads=2)
    model = Gpt(GptConfig(11, dropout=0.0, **sizes))
    model.build()
    model.set_weights([3 * weight for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def batch():
    """Five texts, of different lengths; a token comes twice in each."""
    draw = np.random.default_rng(0)
    token_ids = draw.integers(0, 11, (5, 6)).astype(np.int32)
    token_ids[:, 1] = token_ids[:, 0]
    weights = (np.arange(6) < np.array([[6], [5], [4], [3], [6]])).astype(np.float32)
    return token_ids, np.roll(token_ids, -1, axis=1), weights


def gradient_of_one(model, batch, row):
    """By a plain tape, one text alone."""
    token_ids, targets, weights = (tf.constant(part[row : row + 1]) for part in batch)
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        nats = cross_entropy(targets, model(token_ids))
        loss = tf.reduce_sum(weights * nats) / tf.reduce_sum(weights)
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]
    return [gradient.numpy() for gradient in gradients], float(loss)


def test_the_sum_is_that_of_gradients_taken_one_by_one_and_clipped(model, batch):
    ones = [gradient_of_one(model, batch, row) for row in range(5)]
    lengths = [np.sqrt(sum((g**2).sum() for g in gradients)) for gradients, _ in ones]
    limit = float(np.median(lengths))  # some are cut, some are not
    joins = np.array([True, True, True, False, True])
    expected = [
        sum(
            ones[row][0][place] * min(1, limit / lengths[row]) * joins[row]
            for row in range(5)
        )
        for place in range(len(ones[0][0]))
    ]

    sums, norms, losses = ClippedGradients(model, cross_entropy, limit)(batch, joins)

    for found, right in zip(sums, expected, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(norms, lengths * joins, rtol=1e-5)
    np.testing.assert_allclose(losses, [one[1] for one in ones] * joins, rtol=1e-5)


def test_one_example_more_changes_the_sum_by_the_clip_norm_at_most(model, batch):
    gradients, limit = ClippedGradients(model, cross_entropy, 0.01), 0.01
    without, _, _ = gradients(batch, np.array([True, True, False, True, True]))
    with_it, _, _ = gradients(batch, np.ones(5, bool))

    change = float(
        tf.linalg.global_norm([a - b for a, b in zip(with_it, without, strict=True)])
    )

    assert change == pytest.approx(limit, rel=1e-3)  # float32 sums of small numbers


def test_without_a_limit_it_is_the_plain_gradient(model, batch):
    ones = [gradient_of_one(model, batch, row)[0] for row in range(5)]

    sums, _, _ = ClippedGradients(model, cross_entropy, None)(batch, np.ones(5, bool))

    for place, found in enumerate(sums):
        right = sum(one[place] for one in ones)
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5)


def test_the_noise_has_the_deviation_of_sigma_c_over_the_expected_size():
    sums = [tf.fill((400, 300), 6.0), tf.zeros(5_000)]

    first, second = noisy_mean(sums, 0.5, 4.0, 20.0, (7, 3))

    # Of n draws the deviation is known to 1 / sqrt(2 n): 0.2 % and 1 %; 4 of these.
    assert np.std(first) == pytest.approx(0.5 * 4.0 / 20.0, rel=0.008)
    assert np.std(second) == pytest.approx(0.1, rel=0.04)
    assert np.mean(first) == pytest.approx(6.0 / 20.0, abs=4 * 0.1 / 120_000**0.5)
    correlation = np.corrcoef(np.ravel(first)[:5_000], second)[0, 1]
    assert abs(correlation) < 4 / 5_000**0.5


def test_noise_repeats_for_a_step_and_differs_between_steps():
    sums = [tf.zeros(10)]

    again = [noisy_mean(sums, 1.0, 1.0, 1.0, seed)[0] for seed in [(7, 3), (7, 3)]]
    other = noisy_mean(sums, 1.0, 1.0, 1.0, (7, 4))[0]

    np.testing.assert_array_equal(*again)
    assert not np.allclose(again[0], other)


def test_without_noise_it_is_the_mean_over_the_expected_size():
    (found,) = noisy_mean([tf.constant([2.0, 4.0])], 1.0, 0.0, 4.0, (0, 0))

    np.testing.assert_array_equal(found, [0.5, 1.0])


def test_samples_are_of_all_sizes_around_q_n_and_each_row_joins_as_often():
    samples = [poisson_sample(50, 0.1, (7, step)) for step in range(4_000)]

    sizes = np.array([len(sample) for sample in samples])
    joined = np.bincount(np.concatenate(samples), minlength=50) / 4_000

    # A binomial's mean 5 and variance 4.5; margins of 4 standard errors.
    assert sizes.mean() == pytest.approx(5, abs=4 * (4.5 / 4_000) ** 0.5)
    assert sizes.var() == pytest.approx(4.5, rel=4 * (2 / 4_000) ** 0.5)
    assert np.abs(joined - 0.1).max() < 5 * (0.09 / 4_000) ** 0.5
    np.testing.assert_array_equal(poisson_sample(50, 0.1, (7, 0)), samples[0])


def test_a_step_of_many_parts_is_that_of_one(model, batch):
    """70 examples are three parts of 32, the last of which is filled up."""
    clipped = ClippedGradients(model, cross_entropy, 0.5)
    rows = np.arange(70) % 5
    whole, norms, losses = clipped([part[rows] for part in batch], np.ones(70, bool))

    found = gradient_of_step(
        clipped, lambda some: [part[some] for part in batch], rows, 64.0, 0.0, (7, 1)
    )

    for gradient, total in zip(found[0], whole, strict=True):
        np.testing.assert_allclose(gradient, total / 64.0, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[1], norms, rtol=1e-5)
    np.testing.assert_allclose(found[2], losses, rtol=1e-5)


def test_a_step_that_nobody_joins_is_noise_alone(model, batch):
    clipped = ClippedGradients(model, cross_entropy, 0.5)

    gradients, norms, _ = gradient_of_step(
        clipped, lambda some: batch, np.zeros(0, int), 64.0, 2.0, (7, 1)
    )

    expected = noisy_mean([tf.zeros_like(g) for g in gradients], 0.5, 2.0, 64.0, (7, 1))
    for found, right in zip(gradients, expected, strict=True):
        np.testing.assert_array_equal(found, right)
    assert len(norms) == 0


def test_a_limit_of_nothing_is_refused(model):
    with pytest.raises(ValueError, match="clip_norm over 0, got 0"):
        ClippedGradients(model, cross_entropy, 0)
