"""Cross-entropy and accuracy of single items, for the training loop's means.

Article: §4.3.1 (准确率), §5.2 (``categorical_crossentropy``). Errata: E05, E12.
"""

import tensorflow as tf


def cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Gives ``-log softmax(logits)[label]`` in nats.

    Shape:
        labels (B,) int and logits (B, C) -> (B,) float32; likewise for a label a
        token, (B, T) and (B, T, C) -> (B, T).
    """
    logits = tf.cast(logits, tf.float32)
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


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
