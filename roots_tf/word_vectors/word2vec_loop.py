"""Word2Vec's training in two screens: text -> windows -> examples -> small steps.

Article: §3.1.1 step 3 (反向传播), §4.1.1. Errata: E01, E02.
Source: Mikolov et al. 2013a (1301.3781) §3-4; word2vec.c.

This loop is written to be read, and fast enough for some hundred thousand words. Plain
SGD with a falling rate, as in the original: no optimizer object, no state.
"""

import numpy as np
import tensorflow as tf

from roots_tf.word_vectors.context_windows import (
    cbow_contexts,
    drawn_windows,
    extents,
    keep_probabilities,
    skip_gram_pairs,
    subsample,
)
from roots_tf.word_vectors.noise_sampling import NoiseTable
from roots_tf.word_vectors.word2vec import Cbow, Word2Vec


def train(
    model: Word2Vec,
    ids: np.ndarray,
    counts: np.ndarray,
    window: int = 5,
    negatives: int = 5,
    threshold: float = 1e-3,
    epochs: int = 5,
    batch_size: int = 64,
    learning_rate: float = 0.025,
    seed: int = 0,
) -> np.ndarray:
    """Trains a model on a corpus that fits in memory.

    Args:
        model: a `SkipGram` or `Cbow` of V words.
        ids: (n,) int32 stream; END = -1 after each sentence.
        counts: (V,) how often each word was seen, above 0.
        window: the widest window.
        negatives: K, noise words an example, for negative sampling.
        threshold: of subsampling by the rule "c"; 0 keeps every word.
        epochs: times through the corpus, each with other windows and other words
            dropped.
        batch_size: examples a step, see `sgd_step`.
        learning_rate: at the start, see `decayed`.
        seed: of words dropped, windows and noise.

    Returns:
        The mean loss of each step's examples, (steps,) float32, in nats.

    Raises:
        ValueError: ids or counts are not of the model's words, there is no sentence of
            two words or more, or a setting is out of its range.
        FloatingPointError: the loss became infinite or no number.
    """
    _check(model, ids, counts, negatives, epochs, batch_size)
    generator = np.random.default_rng(seed)
    keep = keep_probabilities(counts, threshold)
    samples = model.objective == "negative-sampling"
    noise_table = NoiseTable(counts, seed=seed) if samples else None
    losses = []
    for epoch in range(epochs):
        inputs, targets = examples(model, ids, keep, window, generator)
        for start in range(0, len(targets), batch_size):
            chosen = slice(start, start + batch_size)
            noise = None
            if noise_table:
                size = len(targets[chosen])
                noise = noise_table.draw(size * negatives).reshape(size, negatives)
            progress = (epoch + start / len(targets)) / epochs
            rate = tf.constant(decayed(learning_rate, progress), tf.float32)
            of_step = sgd_step(model, (inputs[chosen], targets[chosen], noise), rate)
            losses.append(tf.reduce_mean(of_step))
    losses = np.array(losses, np.float32)
    if not np.isfinite(losses).all():
        raise FloatingPointError(
            f"the loss became {losses[~np.isfinite(losses)][0]} at step "
            f"{np.argmin(np.isfinite(losses)) + 1}: lower the learning rate"
        )
    return losses


@tf.function(reduce_retracing=True, autograph=False)
def sgd_step(model, batch, learning_rate):
    """Makes one step of gradient descent: `w <- w - rate * sum_b dL_b/dw`.

    The examples' gradients are summed, not averaged: a small batch then does what
    word2vec.c does with its examples one at a time, but for the gradients being all
    taken at the same w.

    Args:
        model: a `SkipGram` or `Cbow`.
        batch: `(inputs, targets, noise)`, as `example_losses` takes them.
        learning_rate: scalar tensor float32.

    Returns:
        The examples' losses (B,) before the step, in nats.
    """
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        losses = model.example_losses(*batch)
        total = tf.reduce_sum(losses)
    gradients = tape.gradient(total, variables)
    for variable, gradient in zip(variables, gradients, strict=True):
        step = tf.math.scalar_mul(learning_rate, gradient)
        if isinstance(step, tf.IndexedSlices):  # of the rows looked up alone
            variable.scatter_sub(step)
        else:
            variable.assign_sub(step)
    return losses


def examples(
    model: Word2Vec,
    ids: np.ndarray,
    keep: np.ndarray,
    window: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draws the examples of one epoch: words dropped, then windows.

    Returns:
        For skip-gram `inputs` (P,) centre words and `targets` (P,) context words, for
        CBOW `inputs` (N, 2 W) context words and `targets` (N,) centre words; int32.

    Raises:
        ValueError: there is none.
    """
    kept = subsample(ids, keep, generator)
    left, right = extents(kept, drawn_windows(len(kept), window, generator))
    if isinstance(model, Cbow):
        targets, inputs, _ = cbow_contexts(kept, left, right, window)
    else:
        inputs, targets = skip_gram_pairs(kept, left, right)
    if not len(targets):
        raise ValueError(
            "expected a sentence of two words or more, got none"
            + (" after subsampling" if len(kept) < len(ids) else "")
        )
    return inputs, targets


def decayed(learning_rate: float, progress: float) -> float:
    """Gives the rate after a share of the training: `rate * max(1 - progress, 1e-4)`.

    Args:
        learning_rate: at the start.
        progress: 0 to 1.
    """
    return learning_rate * max(1 - progress, 1e-4)


def _check(model, ids, counts, negatives, epochs, batch_size):
    words = model.vocab_size
    if len(counts) != words:
        raise ValueError(f"expected counts of {words} words, got {len(counts)}")
    if len(ids) and not -1 <= ids.min() <= ids.max() < words:
        raise ValueError(
            f"expected ids from -1 to {words - 1}, got {ids.min()} to {ids.max()}"
        )
    if min(negatives, epochs, batch_size) < 1:
        raise ValueError(
            "expected negatives, epochs and a batch size of 1 or more, got "
            f"{negatives}, {epochs} and {batch_size}"
        )
