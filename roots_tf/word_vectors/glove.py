"""GloVe: two tables of vectors, two of biases, and weighted least squares on log X.

Article: §3.1.2 steps 2 and 3 (构建损失函数, 优化词向量), §4.1.2, §2.4, §7.2.3, §7.3.1.
Errata: E03, E04: it learns from co-occurrence counts, by a regression and without
negative samples.
Source: Pennington, Socher, Manning 2014 (D14-1162), §3, eq. 8.

The loop here is written to be read, and fast enough for a few hundred thousand cells;
`glove_loop` trains millions.
"""

from dataclasses import fields

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from scipy.sparse import sparray

from roots_tf.word_vectors.glove_by_hand import GloveParameters, weight


@keras.saving.register_keras_serializable(package="roots_tf")
class Glove(keras.Model):
    """Gives `w_i . w~_j + b_i + b~_j`, which is to become `log X_ij`.

    As in glove.c, all starts uniform within ±1/(2 D). Supports no masking.

    Args:
        vocab_size: V.
        embedding_dim: D.
        seed: of the start.

    Attributes:
        words, contexts, word_biases, context_biases: variables, see `GloveParameters`.

    Shape:
        rows ``(B,)`` int32, columns ``(B,)`` int32 -> ``(B,)``.

    Raises:
        ValueError: a size below 1.
    """

    def __init__(self, vocab_size: int, embedding_dim: int, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        if vocab_size < 1 or embedding_dim < 1:
            raise ValueError(
                "expected a word and a dimension or more, got "
                f"{vocab_size} words and dimension {embedding_dim}"
            )
        self.vocab_size, self.embedding_dim = vocab_size, embedding_dim
        self.seed = seed
        start = GloveParameters.draw(vocab_size, embedding_dim, seed)
        for name, values in vars(start).items():
            variable = self.add_weight(shape=values.shape, name=name)
            variable.assign(values)
            setattr(self, name, variable)
        self.built = True

    def call(self, inputs):
        rows, columns = inputs
        w = ops.take(self.words, rows, axis=0)  # (B, D)
        w_context = ops.take(self.contexts, columns, axis=0)  # (B, D)
        biases = ops.take(self.word_biases, rows)  # (B,)
        biases += ops.take(self.context_biases, columns)
        return ops.sum(w * w_context, axis=-1) + biases  # (B,)

    def cost(self, rows, columns, log_counts, weights):
        """Gives J of B cells, eq. 8, a scalar.

        Args:
            rows, columns: (B,) int32.
            log_counts: log X_ij, (B,).
            weights: f(X_ij), (B,); from `glove_by_hand.weight`.
        """
        scores = ops.cast(self((rows, columns)), self.variable_dtype)
        return ops.sum(weights * ops.square(scores - log_counts))

    def parameters(self) -> GloveParameters:
        """Gives what was learned as NumPy arrays."""
        names = [field.name for field in fields(GloveParameters)]
        return GloveParameters(
            *(ops.convert_to_numpy(getattr(self, name)) for name in names)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "embedding_dim": self.embedding_dim,
            "seed": self.seed,
        }


def train(
    model: Glove,
    counts: sparray,
    epochs: int = 25,
    batch_size: int = 64,
    learning_rate: float = 0.05,
    x_max: float = 100.0,
    alpha: float = 0.75,
    seed: int = 0,
) -> np.ndarray:
    """Trains a model by AdaGrad on the non-zero cells, shuffled.

    glove.c's `rate g / sqrt(1 + sum (rate g)^2)` is Keras' `g / sqrt(start + sum g^2)`
    with `start = 1 / rate^2`. Cells of a batch are added up before they are squared;
    with a batch of one cell the step is that of `glove_step_by_hand`.

    Args:
        model: of V words.
        counts: X, (V, V); its zeros say nothing and are never looked at.
        epochs: times through the cells, each time in another order.
        batch_size: cells a step.
        learning_rate: of glove.c's rule.
        x_max, alpha: see `weight`.
        seed: of the order.

    Returns:
        The mean of `f(X_ij) error^2` over each epoch's cells, before the step that they
        are in; (epochs,).

    Raises:
        ValueError: X is not (V, V), has no cell, or one below 0; a number is too small.
    """
    cells = counts.tocoo()
    _check(model, cells, epochs, batch_size)
    rows, columns = (place.astype(np.int32) for place in cells.coords)
    logs, weights = np.log(cells.data), weight(cells.data, x_max, alpha)
    data = [rows, columns, logs.astype("float32"), weights.astype("float32")]
    adagrad = keras.optimizers.Adagrad(
        1.0, initial_accumulator_value=learning_rate**-2, epsilon=0.0
    )
    adagrad.build(model.trainable_variables)
    step = tf.function(gradient_step, reduce_retracing=True, autograph=False)
    generator, costs = np.random.default_rng(seed), []
    for _ in range(epochs):
        order = generator.permutation(len(rows))
        batches = [order[n : n + batch_size] for n in range(0, len(order), batch_size)]
        total = sum(
            step(model, adagrad, [column[batch] for column in data])
            for batch in batches
        )
        costs.append(float(total) / len(order))
    return np.array(costs)


def gradient_step(model, optimizer, cells):
    """Makes one step down the gradient of J / 2; gives J before it.

    Args:
        model: a `Glove`.
        optimizer: built for it.
        cells: rows, columns, log counts and weights, each (B,), as `cost` takes them.
    """
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        cost = model.cost(*cells)
        half = cost / 2
    optimizer.apply(tape.gradient(half, variables), model.trainable_variables)
    return cost


def _check(model, cells, epochs, batch_size):
    shape = (model.vocab_size, model.vocab_size)
    if cells.shape != shape:
        raise ValueError(f"expected counts of shape {shape}, got {cells.shape}")
    if not cells.nnz or not cells.data.min() > 0:
        raise ValueError(f"expected cells above 0, got {cells.data[:5]}")
    if min(epochs, batch_size) < 1:
        raise ValueError(
            "expected epochs and a batch size of 1 or more, got "
            f"{epochs} and {batch_size}"
        )
