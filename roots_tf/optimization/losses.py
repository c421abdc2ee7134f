"""Cross-entropy and accuracy of single items, for the training loop's means.

Article: §4.3.1 (准确率), §5.2 (``categorical_crossentropy``), §6 (3. 问答系统). Errata:
E05, E12.
"""

from collections.abc import Callable, Iterable

import keras
import numpy as np
import tensorflow as tf


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Gives ``-log softmax(logits)[label]`` in nats.

    Shape:
        labels (B,) int and logits (B, C) -> (B,) float32; likewise for a label a
        token, (B, T) and (B, T, C) -> (B, T).
    """
    logits = tf.cast(logits, tf.float32)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def smoothed_cross_entropy(smoothing: float) -> Callable:
    """Gives the cross-entropy with smoothed labels, in nats.

        -(1 - e) log p[label] - e / V sum_v log p[v]

    Source: Szegedy et al. 2016 (1512.00567), §7; Vaswani et al. 2017, §5.4.
    """

    def loss(labels, logits):  # (B, T) and (B, T, V) -> (B, T)
        log_p = tf.nn.log_softmax(tf.cast(logits, tf.float32))
        evenly = -tf.reduce_mean(log_p, axis=-1)
        return (1 - smoothing) * cross_entropy(labels, logits) + smoothing * evenly

    return loss


def mean_cross_entropy(model: keras.Model, batches: Iterable[tuple]) -> float:
    """Gives the mean cross-entropy of a model's predictions, in nats a token.

    Args:
        model, batches: as for `summed_cross_entropy`.
    """
    nats, tokens = summed_cross_entropy(model, batches)
    return nats / tokens


def summed_cross_entropy(
    model: keras.Model, batches: Iterable[tuple]
) -> tuple[float, float]:
    """Gives the summed cross-entropy of a model's predictions, in nats, and the tokens.

    Args:
        model: gives logits (B, T, V).
        batches: of inputs, labels (B, T) and weights (B, T), as for training.
    """
    sums = [_weighted_sums(model, *batch).numpy() for batch in batches]
    nats, tokens = np.sum(sums, axis=0, dtype=np.float64)
    return float(nats), float(tokens)


@tf.function(reduce_retracing=True, autograph=False)
def _weighted_sums(model, inputs, labels, weights):
    values = cross_entropy(labels, model(inputs, training=False)) * weights
    return tf.stack([tf.reduce_sum(values), tf.reduce_sum(weights)])


def accuracy(labels: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Gives 1.0 where the largest output is the label's, else 0.0.

    Shape:
        labels (B,) int and outputs (B, C) -> (B,) float32; likewise for a label a
        token, (B, T) and (B, T, C) -> (B, T).
    """
    best = tf.argmax(outputs, axis=-1, output_type=labels.dtype)
    return tf.cast(best == labels, tf.float32)


def repeated_cross_entropy(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Gives ``-log p[t, label]`` for every token: how the printed model can train.

    The article's model gives probabilities a token, so the text's one label is asked
    of each token, padding included (erratum E12).

    Shape:
        labels (B,) int, probabilities (B, T, C) -> (B, T) float32, nats.
    """
    chosen = tf.gather(probabilities, labels, axis=-1, batch_dims=1)  # (B, T)
    return -tf.math.log(tf.maximum(chosen, 1e-7))


def repeated_accuracy(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """Gives the accuracy a token that Keras reports for repeated labels (E12).

    Shape:
        labels (B,) int, probabilities (B, T, C) -> (B, T) float32.
    """
    best = tf.argmax(probabilities, axis=-1, output_type=labels.dtype)  # (B, T)
    return tf.cast(best == labels[:, None], tf.float32)


def span_cross_entropy(marks: tf.Tensor, outputs: dict[str, tf.Tensor]) -> tf.Tensor:
    """Gives ``-(log p_start[start] + log p_end[end]) / 2`` in nats.

    Either softmax goes over the tokens that may be answers alone.

    Source: Devlin et al. 2018 (1810.04805), §4.2.

    Shape:
        marks (B, T) int, see below, and ``start_logits`` and ``end_logits`` (B, T) ->
        (B,) float32. A mark is -1 where no answer can be; else 0, with 1 added where
        the answer starts, and 2 where it ends (its last token).
    """
    start, end = (
        tf.reduce_sum(tf.where(chosen, log_probabilities, 0.0), axis=1)
        for chosen, log_probabilities in zip(
            _starts_and_ends(marks), span_log_probabilities(marks, outputs), strict=True
        )
    )
    return -(start + end) / 2


def span_accuracy(marks: tf.Tensor, outputs: dict[str, tf.Tensor]) -> tf.Tensor:
    """Gives 1.0 where both the start and the end are the most probable, else 0.0.

    Shape:
        As ``span_cross_entropy``.
    """
    right = [
        tf.reduce_any(
            chosen & tf.one_hot(tf.argmax(values, 1), tf.shape(marks)[1], True, False),
            axis=1,
        )
        for chosen, values in zip(
            _starts_and_ends(marks), span_log_probabilities(marks, outputs), strict=True
        )
    ]
    return tf.cast(right[0] & right[1], tf.float32)


def span_log_probabilities(
    marks: tf.Tensor, outputs: dict[str, tf.Tensor]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Gives log p of start and end, (B, T) float32; very small where marks are -1."""
    return tuple(
        tf.nn.log_softmax(
            tf.where(marks >= 0, tf.cast(outputs[name], tf.float32), -1e9), axis=1
        )
        for name in ("start_logits", "end_logits")
    )


def _starts_and_ends(marks):
    # Bits of a -1 would all be set.
    allowed = tf.maximum(marks, 0)
    return allowed % 2 == 1, allowed // 2 == 1
