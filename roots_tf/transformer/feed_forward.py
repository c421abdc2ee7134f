"""The position-wise feed-forward network (前馈网络): two dense layers, at each token.

    FFN(x)       = phi(x W_1 + b_1) W_2 + b_2          phi = relu or gelu
    FFN_gated(x) = (phi(x W_1) * (x W_g)) W_2          as in T5 v1.1

Article: §2.5.
Source: Vaswani et al. 2017 (1706.03762), §3.3, eq. 2; GELU: Hendrycks, Gimpel 2016
    (1606.08415), §2; gated: Shazeer 2020 (2002.05202), eq. 6.
"""

import keras
from keras import ops

from roots_tf.transformer.initializers import fresh_initializer

# BERT has the exact GELU, x Phi(x); GPT-2, ALBERT's later versions and T5 v1.1 have
# 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
ACTIVATIONS = {
    "relu": ops.relu,
    "gelu": lambda x: ops.gelu(x, approximate=False),
    "gelu_tanh": lambda x: ops.gelu(x, approximate=True),
}


@keras.saving.register_keras_serializable(package="roots_tf")
class FeedForward(keras.layers.Layer):
    """Widens each token's vector, applies the activation, and narrows it again.

    Args:
        hidden_size: D, width of what goes in and comes out.
        intermediate_size: F, the width between.
        activation: one of ``ACTIVATIONS``.
        gated: whether the inner vector is multiplied by a third projection.
        dropout: probability of dropping a feature of the inner vector, as T5 does.
        use_bias: T5 has none.
        kernel_initializer: of the projections, without a seed.
        output_initializer: of the last projection, if another one.
        seed: of the dropout.

    Shape:
        (B, T, D) -> (B, T, F), within -> (B, T, D). Masks are of no concern: every
        token is on its own.

    Raises:
        ValueError: an unknown activation.
    """

    def __init__(
        self,
        hidden_size: int,
        intermediate_size: int,
        activation: str = "relu",
        gated: bool = False,
        dropout: float = 0.0,
        use_bias: bool = True,
        kernel_initializer="glorot_uniform",
        output_initializer=None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"expected an activation of {', '.join(ACTIVATIONS)}, "
                f"got {activation!r}"
            )
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.activation = activation
        self.gated = gated
        self.dropout = dropout
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.output_initializer = keras.initializers.get(output_initializer)
        self.seed = seed
        self.supports_masking = True

    def build(self, input_shape):
        self.inner_projection = self._dense("inner", self.intermediate_size)
        self.inner_projection.build((None, None, self.hidden_size))
        if self.gated:
            self.gate_projection = self._dense("gate", self.intermediate_size)
            self.gate_projection.build((None, None, self.hidden_size))
        self.inner_dropout = keras.layers.Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )
        self.output_projection = self._dense("output", self.hidden_size)
        self.output_projection.build((None, None, self.intermediate_size))

    def call(self, x, training=None):
        inner = ACTIVATIONS[self.activation](self.inner_projection(x))  # (B, T, F)
        if self.gated:
            inner = inner * self.gate_projection(x)
        inner = self.inner_dropout(inner, training=training)
        return self.output_projection(inner)  # (B, T, D)

    def _dense(self, name, units):
        own = self.output_initializer if name == "output" else None
        return keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=fresh_initializer(own or self.kernel_initializer),
            dtype=self.dtype_policy,
            name=name,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "intermediate_size": self.intermediate_size,
            "activation": self.activation,
            "gated": self.gated,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "output_initializer": keras.initializers.serialize(self.output_initializer),
            "seed": self.seed,
        }
