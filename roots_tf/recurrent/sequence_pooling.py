"""From one vector a token to one vector a text.

Article: §5.2, §5.3.1 (提取文本特征). Erratum: E12, the missing step.
"""

import keras
from keras import ops

POOLINGS = ("last", "mean", "max", "mean+max", "attention")


@keras.saving.register_keras_serializable(package="roots_tf")
class SequencePooling(keras.layers.Layer):
    """Sums up a sequence, real tokens only.

    * ``last``: the last states of both directions, which is the forward half at the
      last real token and the backward half at the first;
    * ``mean``: ``sum_t m_t h_t / sum_t m_t``, with m_t = 1 for a real token;
    * ``max``: the largest value of each feature over the real tokens;
    * ``mean+max``: the two side by side;
    * ``attention``: ``sum_t a_t h_t``, ``a = softmax_t(v . tanh(W h_t + b))`` over the
      real tokens (Yang et al. 2016, §2.2, eq. 5-7).

    A text without any real token gives zeros.

    Args:
        method: one of ``POOLINGS``.

    Shape:
        ``(B, T, D) -> (B, D)``, or ``(B, 2 D)`` for ``mean+max``; mask ``(B, T)``
        boolean, True = real token, padding on the right; without a mask every
        position counts.

    Raises:
        ValueError: an unknown method, or an odd D with ``last``.
    """

    def __init__(self, method: str = "mean+max", **kwargs):
        super().__init__(**kwargs)
        if method not in POOLINGS:
            raise ValueError(f"expected a pooling of {POOLINGS}, got {method!r}")
        self.method = method
        self.supports_masking = True

    def build(self, input_shape):
        features = input_shape[-1]
        if self.method == "last" and features % 2:
            raise ValueError(f"'last' expects two directions, got {features} features")
        if self.method == "attention":
            self.projection = keras.layers.Dense(
                features, activation="tanh", dtype=self.dtype_policy, name="projection"
            )
            self.projection.build(input_shape)
            self.score = self.add_weight(shape=(features,), name="score")

    def call(self, x, mask=None):
        if mask is None:
            mask = ops.ones(ops.shape(x)[:2], dtype="bool")  # (B, T)
        real = ops.cast(mask, x.dtype)[:, :, None]  # (B, T, 1)
        if self.method == "last":
            return self._last(x, real)
        if self.method == "attention":
            return self._attention(x, real)
        pooled = []
        if "mean" in self.method:
            count = ops.maximum(ops.sum(real, axis=1), 1)  # (B, 1)
            pooled.append(ops.sum(x * real, axis=1) / count)  # (B, D)
        if "max" in self.method:
            candidates = ops.where(real > 0, x, -float("inf"))  # (B, T, D)
            highest = ops.max(candidates, axis=1)  # (B, D)
            pooled.append(ops.where(ops.any(real > 0, axis=1), highest, 0))
        return ops.concatenate(pooled, axis=-1)

    def _last(self, x, real):
        forward, backward = ops.split(x, 2, axis=-1)  # 2 x (B, T, D/2)
        # The last real token is the one real token that no real token follows.
        following = ops.pad(real[:, 1:], [[0, 0], [0, 1], [0, 0]])  # (B, T, 1)
        last = ops.sum(forward * real * (1 - following), axis=1)  # (B, D/2)
        first = backward[:, 0] * real[:, 0]  # (B, D/2)
        return ops.concatenate([last, first], axis=-1)  # (B, D)

    def _attention(self, x, real):
        scores = ops.sum(self.projection(x) * self.score, axis=-1, keepdims=True)
        scores = scores - ops.max(scores, axis=1, keepdims=True)  # (B, T, 1)
        weights = ops.exp(scores) * real
        total = ops.maximum(ops.sum(weights, axis=1), 1e-6)  # (B, 1)
        return ops.sum(x * weights, axis=1) / total  # (B, D)

    def compute_mask(self, inputs, mask=None):
        return None  # the time axis is gone

    def get_config(self):
        return {**super().get_config(), "method": self.method}
