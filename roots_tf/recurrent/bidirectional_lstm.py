"""A bidirectional LSTM that reads padded texts without paying for a mask.

Article: §5.2 (``Bidirectional(LSTM(...))``), §5.3.1. Erratum: E13, the missing mask.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="roots_tf")
class BidirectionalLstm(keras.layers.Layer):
    """Reads each text from both ends, its padding last.

    ``Bidirectional(LSTM(...))`` with a mask holds the state still at every padding id,
    which costs a choice at every step, and cuDNN's fast LSTM does not take every mask.
    Padding stands on the right, so it is enough to read it *after* the text: the
    forward direction does so as it is, and for the backward one the real tokens are
    reversed while the padding stays where it is. At real tokens the features are those
    of the masked layer; at padding they mean nothing.

    Args:
        units: width of one direction, H.

    Shape:
        ``(B, T, E) -> (B, T, 2 H)``, forward features first; mask ``(B, T)`` boolean,
        True = real token, padding on the right; without a mask every position counts.
        The mask goes on.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.supports_masking = True

    def build(self, input_shape):
        for name in ("forward", "backward"):
            lstm = keras.layers.LSTM(
                self.units, return_sequences=True, dtype=self.dtype_policy, name=name
            )
            lstm.build(input_shape)
            setattr(self, name, lstm)

    def call(self, x, mask=None):
        x = ops.copy(x)  # leaves the mask that Keras attached behind
        forward = self.forward(x)  # (B, T, H)
        backward = self.backward(reverse_tokens(x, mask))
        return ops.concatenate([forward, reverse_tokens(backward, mask)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reverse_tokens(x, mask=None):
    """Reverses the real tokens of each text; the padding stays on the right.

    Shape:
        ``(B, T, D)`` and a mask ``(B, T)`` -> ``(B, T, D)``.
    """
    if mask is None:
        return ops.flip(x, axis=1)
    lengths = ops.sum(ops.cast(mask, "int32"), axis=1)  # (B,)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.reverse_sequence(x, lengths, seq_axis=1)
    position = ops.arange(ops.shape(x)[1])[None]  # (1, T)
    real = position < lengths[:, None]  # (B, T)
    source = ops.where(real, lengths[:, None] - 1 - position, position)
    return ops.take_along_axis(x, source[:, :, None], axis=1)
