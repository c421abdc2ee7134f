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
        real = mask[:, :, None]  # (B, T, 1)
        # A sum over a long text in float16 is off by a per cent, or overflows.
        x = ops.cast(x, keras.backend.result_type(x.dtype, "float32"))
        if self.method == "last":
            pooled = self._last(ops.where(real, x, 0), ops.cast(real, x.dtype))
        elif self.method == "attention":
            pooled = self._attention(ops.where(real, x, 0), real)
        else:
            parts = {"mean": self._mean, "max": self._max}
            parts = [parts[name](x, real) for name in self.method.split("+")]
            pooled = ops.concatenate(parts, axis=-1)
        return ops.cast(pooled, self.compute_dtype)

    def _mean(self, x, real):
        count = ops.sum(ops.cast(real, x.dtype), axis=1)  # (B, 1)
        return ops.sum(ops.where(real, x, 0), axis=1) / ops.maximum(count, 1)  # (B, D)

    def _max(self, x, real):
        highest = ops.max(ops.where(real, x, -float("inf")), axis=1)  # (B, D)
        return ops.where(ops.any(real, axis=1), highest, 0)

    def _last(self, x, real):
        forward, backward = ops.split(x, 2, axis=-1)  # 2 x (B, T, D/2)
        # The last real token is the one real token that no real token follows.
        following = ops.pad(real[:, 1:], [[0, 0], [0, 1], [0, 0]])  # (B, T, 1)
        last = ops.sum(forward * (1 - following) * real, axis=1)  # (B, D/2)
        return ops.concatenate([last, backward[:, 0]], axis=-1)  # (B, D)

    def _attention(self, x, real):
        scores = self.projection(x) * self.score  # (B, T, D)
        scores = ops.sum(ops.cast(scores, x.dtype), axis=-1, keepdims=True)
        # Not -inf, of which a row of nothing but padding would make NaN.
        scores = ops.where(real, scores, -1e9)
        weights = ops.exp(scores - ops.max(scores, axis=1, keepdims=True))  # (B, T, 1)
        # For a row of nothing but padding this is zeros, as x is.
        return ops.sum(x * weights, axis=1) / ops.sum(weights, axis=1)  # (B, D)

    def compute_mask(self, inputs, mask=None):
        return None  # the time axis is gone

    def get_config(self):
        return {**super().get_config(), "method": self.method}
