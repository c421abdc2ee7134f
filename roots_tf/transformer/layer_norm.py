"""Normalising a vector to unit size: LayerNorm (层归一化), and T5's form of it.

    layer:  y = g (x - mean(x)) / sqrt(var(x) + epsilon) + b     over the D features
    rms:    y = g x / sqrt(mean(x^2) + epsilon)

Article: §2.5.
Source: Ba, Kiros, Hinton 2016 (1607.06450), eq. 4; rms: Zhang, Sennrich 2019
    (1910.07467), eq. 4, which is T5's "simplified" LayerNorm (1910.10683, §2.1).
"""

import keras

NORMS = ("layer", "rms")


def layer_norm(norm: str, epsilon: float, **kwargs) -> keras.layers.Layer:
    """Makes the layer.

    Args:
        norm: one of ``NORMS``.
        epsilon: added under the root: BERT 1e-12, GPT-2 1e-5, T5 1e-6; Keras' own
            default is 1e-3.
        **kwargs: of a Keras layer, such as ``name`` and ``dtype``.

    Raises:
        ValueError: an unknown norm.
    """
    if norm == "layer":
        return keras.layers.LayerNormalization(epsilon=epsilon, **kwargs)
    if norm == "rms":
        return keras.layers.RMSNormalization(epsilon=epsilon, **kwargs)
    raise ValueError(f"expected a norm of {NORMS}, got {norm!r}")
