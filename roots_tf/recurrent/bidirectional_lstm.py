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
        forward = run_lstm(self.forward, x, reading_order(x))  # (B, T, H)
        backward = run_lstm(self.backward, x, reading_order(x, mask, backwards=True))
        return ops.concatenate([forward, backward], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def reading_order(x, mask=None, backwards: bool = False):
    """Gives the order in which each text is read: its tokens, then its padding.

    Shape:
        ``(B, T, D)`` and a mask ``(B, T)`` -> ``(B, T)`` int32, the place of the token
        read at each step.
    """
    step = ops.arange(ops.shape(x)[1], dtype="int32")[None]  # (1, T)
    step = ops.broadcast_to(step, ops.shape(x)[:2])  # (B, T)
    if not backwards:
        return step
    if mask is None:
        return ops.flip(step, axis=1)
    length = ops.sum(ops.cast(mask, "int32"), axis=1, keepdims=True)  # (B, 1)
    return ops.where(step < length, length - 1 - step, step)


def run_lstm(lstm: keras.layers.LSTM, x, order):
    """Runs one direction, (B, T, E) -> (B, T, H), the fastest way there is here.

    That is the loop written out on a CPU, and on a GPU cuDNN's, which Keras chooses.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            from roots_tf.recurrent.lstm_through_time import lstm_through_time

            weights = [ops.cast(weight, x.dtype) for weight in lstm.weights]
            return lstm_through_time(x, order, *weights)
    # Reading in an order and going back are the same exchange of tokens.
    order = order[:, :, None]  # (B, T, 1)
    outputs = lstm(ops.take_along_axis(x, order, axis=1))
    return ops.take_along_axis(outputs, order, axis=1)
