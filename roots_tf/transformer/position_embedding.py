"""Where a token stands (位置编码), which attention alone does not see.

Attention gives each query the same mean in whatever order the keys come; so a vector
for the position is added to the vector of the token. Two kinds: computed and learned.

Article: §2.5 (the article does not mention positions). Errata: E11, E14.
Source: Vaswani et al. 2017 (1706.03762), §3.5; learned: Devlin et al. 2018
    (1810.04805), §3.2 and Radford et al. 2018 (GPT), §3.1.
"""

import keras
import numpy as np
from keras import ops

from roots_tf.transformer.initializers import fresh_initializer


def sinusoidal_positions(length: int, hidden_size: int) -> np.ndarray:
    """Computes sines and cosines of wavelengths from 2 pi to 10000 * 2 pi tokens.

        PE(pos, 2i)     = sin(pos / 10000^(2i / D))
        PE(pos, 2i + 1) = cos(pos / 10000^(2i / D))

    Args:
        length: positions from 0 to ``length`` - 1.
        hidden_size: D, even.

    Returns:
        (length, D) float32.

    Raises:
        ValueError: D is odd.
    """
    if hidden_size % 2:
        raise ValueError(f"expected an even hidden_size, got {hidden_size}")
    rates = 10_000.0 ** (-np.arange(0, hidden_size, 2) / hidden_size)  # (D / 2,)
    angles = np.arange(length)[:, None] * rates  # (length, D / 2)
    pairs = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (length, D / 2, 2)
    return pairs.reshape(length, hidden_size).astype(np.float32)


class _PositionTable(keras.layers.Layer):
    """One vector for each position up to ``max_positions``."""

    def __init__(self, max_positions: int, hidden_size: int, **kwargs):
        super().__init__(**kwargs)
        self.max_positions = max_positions
        self.hidden_size = hidden_size
        self.supports_masking = False

    def call(self, x, positions=None):
        """Gives the vectors of positions 0 to T - 1, or of those asked for.

        Args:
            x: (B, T, ...), read for its length T alone.
            positions: (T,) or (B, T) int32, as decoding with a cache needs them.

        Returns:
            (T, D), or (B, T, D).

        Raises:
            ValueError: T is known and more than ``max_positions``.
        """
        length = x.shape[1]
        if length is not None and length > self.max_positions:
            raise ValueError(
                f"expected at most {self.max_positions} positions, got {length}"
            )
        table = ops.cast(self.table(), self.compute_dtype)  # (max_positions, D)
        if positions is None:
            return table[: ops.shape(x)[1]]
        return ops.take(table, positions, axis=0)

    def get_config(self):
        return {
            **super().get_config(),
            "max_positions": self.max_positions,
            "hidden_size": self.hidden_size,
        }


@keras.saving.register_keras_serializable(package="roots_tf")
class SinusoidalPositionEmbedding(_PositionTable):
    """The computed vectors of ``sinusoidal_positions``; nothing is learned.

    Args:
        max_positions: most tokens of a sequence.
        hidden_size: D, even.
    """

    def build(self, input_shape):
        self.computed = sinusoidal_positions(self.max_positions, self.hidden_size)

    def table(self):
        return self.computed


@keras.saving.register_keras_serializable(package="roots_tf")
class LearnedPositionEmbedding(_PositionTable):
    """A table that is learned with the model, as in BERT and GPT.

    Args:
        max_positions: most tokens of a sequence.
        hidden_size: D.
        initializer: of the table, without a seed.
    """

    def __init__(
        self, max_positions: int, hidden_size: int, initializer="uniform", **kwargs
    ):
        super().__init__(max_positions, hidden_size, **kwargs)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_positions, self.hidden_size),
            initializer=fresh_initializer(self.initializer),
            name="embeddings",
        )

    def table(self):
        return self.embeddings

    def get_config(self):
        return {
            **super().get_config(),
            "initializer": keras.initializers.serialize(self.initializer),
        }
