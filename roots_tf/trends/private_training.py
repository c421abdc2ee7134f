"""DP-SGD: a gradient that tells next to nothing of any one example.

For each step, of N examples:

    each example joins with probability q        Poisson sampling, no fixed batch
    g_i  <- gradient of the loss of example i    one for each, not of their mean
    g_i  <- g_i min(1, C / |g_i|)                clipped: |g_i| is C at most
    g    <- (sum_i g_i + N(0, sigma^2 C^2 I)) / (q N)

and any optimizer goes on with g: what is computed from g alone spends no more privacy.
What the steps spend in all is counted in ``renyi_accountant``. It holds for one example
more or less; somebody with k examples in the data has k times as weak a promise.

Pitfalls: the noise must be drawn for the sum, not for each example; the divisor is the
expected size of a sample, for the real one would tell whether somebody is in it; and
what is learned from the data on the way (a vocabulary, a learning rate tried out) is
not covered.

Article: §8.4 (隐私保护与安全性).
Source: Abadi et al. 2016 (1607.00133), §3.1, algorithm 1.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

Example = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
_AT_ONCE = 32  # examples whose gradients are in memory together


def poisson_sample(count: int, rate: float, seed: tuple[int, ...]) -> np.ndarray:
    """Gives the rows that join one step: each with probability ``rate``, by itself.

    Args:
        count: N.
        rate: q, 0 to 1.
        seed: what the sample follows from, such as (seed, step).

    Returns:
        (n,) int64, rising; n is q N on average and may be 0.
    """
    return np.flatnonzero(np.random.default_rng(seed).random(count) < rate)


class ClippedGradients:
    """Sums the clipped gradients of the examples of a small batch.

    One example is ``(token_ids, targets, weights)``, each (T,): its loss is the mean
    over its tokens. The gradients of all are computed side by side by
    ``tf.vectorized_map``, which needs room for B times the parameters: take B small and
    call it several times for one step.

    Args:
        model: built Keras model, (B, T) int32 -> logits (B, T, V); no dropout.
        loss: ``loss(targets, logits)`` gives (B, T) float32, nats.
        clip_norm: C, over 0; None for no clipping, which is plain training.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        clip_norm: float | None,
    ):
        if clip_norm is not None and clip_norm <= 0:
            raise ValueError(f"expected a clip_norm over 0, got {clip_norm}")
        self.model, self.loss, self.clip_norm = model, loss, clip_norm

    @tf.function(reduce_retracing=True, autograph=False)
    def __call__(self, batch: Example, joins: tf.Tensor):
        """Gives the sum of the gradients, their norms, and the losses.

        Args:
            batch: token ids, targets and weights, each (B, T).
            joins: (B,) boolean, False for rows that only fill the batch.

        Returns:
            Gradients in the order of the model's trainable variables; the norms (B,)
            before clipping and the losses (B,), both 0 for rows that only fill.
        """
        joins = tf.cast(joins, tf.float32)
        gradients, losses = tf.vectorized_map(self._of_one, batch)  # (B, ...), (B,)
        squares = [
            tf.reduce_sum(tf.reshape(g, (tf.shape(g)[0], -1)) ** 2, axis=1)
            for g in gradients
        ]
        norms = tf.sqrt(tf.add_n(squares))  # (B,)
        factors = joins
        if self.clip_norm is not None:
            factors *= tf.minimum(1.0, self.clip_norm / tf.maximum(norms, 1e-12))
        sums = [tf.tensordot(factors, g, axes=1) for g in gradients]
        return sums, joins * norms, joins * losses

    def _of_one(self, example: Example):
        token_ids, targets, weights = example  # (T,) each
        variables = [variable.value for variable in self.model.trainable_variables]
        with tf.GradientTape() as tape:
            logits = self.model(token_ids[None], training=False)
            nats = self.loss(targets[None], logits)[0]
            loss = tf.reduce_sum(weights * nats)
            loss /= tf.maximum(tf.reduce_sum(weights), 1.0)
        gradients = tape.gradient(loss, variables)
        # Dense: of an embedding the tape gives rows, which a token met twice has twice.
        return [tf.convert_to_tensor(gradient) for gradient in gradients], loss


def gradient_of_step(
    clipped: ClippedGradients,
    batch_of: Callable[[np.ndarray], Example],
    rows: np.ndarray,
    size: float,
    noise_multiplier: float,
    seed: tuple[int, int],
) -> tuple[list[tf.Tensor], np.ndarray, np.ndarray]:
    """Gives the gradient of one step, 32 examples at a time.

    Args:
        clipped: gives clipped gradients; or plain ones, then there is no noise.
        batch_of: gives the examples of some rows.
        rows: (n,) those that join the step; none for a step of noise alone.
        size: what the sum is divided by: q N, or n in plain training.
        noise_multiplier, seed: as `noisy_mean`.

    Returns:
        The gradient in the order of the model's trainable variables; the examples'
        norms before clipping and their losses, (n,) float32 each.
    """
    sums = [tf.zeros_like(v.value) for v in clipped.model.trainable_variables]
    norms, losses = [np.zeros(0, np.float32)], [np.zeros(0, np.float32)]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        joins = np.arange(_AT_ONCE) < len(part)
        found = clipped(batch_of(np.resize(part, _AT_ONCE)), joins)
        sums = [total + more for total, more in zip(sums, found[0], strict=True)]
        norms.append(found[1].numpy()[joins])
        losses.append(found[2].numpy()[joins])
    if clipped.clip_norm is None:
        gradients = [total / size for total in sums]
    else:
        gradients = noisy_mean(sums, clipped.clip_norm, noise_multiplier, size, seed)
    return gradients, np.concatenate(norms), np.concatenate(losses)


def noisy_mean(
    sums: list[tf.Tensor],
    clip_norm: float,
    noise_multiplier: float,
    expected_size: float,
    seed: tuple[int, int],
) -> list[tf.Tensor]:
    """Gives ``(sum_i g_i + N(0, sigma^2 C^2 I)) / (q N)``.

    Args:
        sums: of the clipped gradients of one step, all its small batches together.
        clip_norm: C.
        noise_multiplier: sigma, 0 or more.
        expected_size: q N.
        seed: two integers; another pair for each step. For real secrets it must be one
            that nobody can guess: who knows the noise can take it away.
    """
    deviation = noise_multiplier * clip_norm
    seeds = tf.random.split(tf.constant(seed, tf.int32), len(sums))
    return [
        (g + tf.random.stateless_normal(g.shape, own, stddev=deviation)) / expected_size
        for g, own in zip(sums, tf.unstack(seeds), strict=True)
    ]
