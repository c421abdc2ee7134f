"""Word vectors of token ids, with the mask that a recurrent layer can run on.

Article: §5.2 (``Embedding``), §5.3.1. Erratum: E13, the missing mask.
"""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="roots_tf")
class TokenEmbedding(keras.layers.Embedding):
    """An ``Embedding`` whose mask is never empty.

    With ``mask_zero`` the mask tells real tokens (ids over 0) from padding, as that of
    ``Embedding`` does, but the first position counts always: cuDNN, which runs an LSTM
    on a GPU, stops at a row that is padding throughout. So a text without any token is
    read as one padding id, however many there are.

    Shape:
        token ids ``(B, T)`` int32 -> ``(B, T, E)``; mask ``(B, T)`` boolean, True =
        real token, or None without ``mask_zero``.
    """

    def compute_mask(self, inputs, mask=None):
        mask = super().compute_mask(inputs, mask)  # (B, T)
        if mask is None:
            return None
        return ops.concatenate([ops.ones_like(mask[:, :1]), mask[:, 1:]], axis=1)
