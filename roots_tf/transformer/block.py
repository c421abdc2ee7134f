"""What the blocks of encoder and decoder share: their sizes, and their sublayers.

Article: §2.5. The blocks themselves: ``encoder_block.py``, ``decoder_block.py``.
"""

import keras

from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.transformer.feed_forward import FeedForward
from roots_tf.transformer.layer_norm import layer_norm


class TransformerBlock(keras.layers.Layer):
    """Holds self-attention and a feed-forward network, each with a norm and a dropout.

    Keras' implicit masks are not read: give ``attention_mask``.

    Args:
        hidden_size: D.
        num_heads: H.
        intermediate_size: F.
        head_width: K; D / H if not given.
        activation, gated: of the feed-forward network, see ``FeedForward``.
        norm_first: pre-norm; else post-norm.
        norm: "layer" or "rms", see ``layer_norm``.
        epsilon: of the norms.
        use_bias: whether the projections have biases; T5's have none.
        scale: of the attention scores; 1 / sqrt(K) if not given. T5 has 1.
        dropout: probability of dropping a feature of a sublayer's output.
        attention_dropout: probability of dropping an attention weight.
        inner_dropout: probability of dropping a feature of the inner vector of the
            feed-forward network.
        kernel_initializer: of the projections, without a seed.
        query_initializer: of the query projections, if another one.
        output_initializer: of the projection that ends a sublayer, if another one.
        seed: of the dropout; the block uses this number and the five that follow.
    """

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        intermediate_size: int,
        head_width: int | None = None,
        activation: str = "relu",
        gated: bool = False,
        norm_first: bool = False,
        norm: str = "layer",
        epsilon: float = 1e-6,
        use_bias: bool = True,
        scale: float | None = None,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        inner_dropout: float = 0.0,
        kernel_initializer="glorot_uniform",
        query_initializer=None,
        output_initializer=None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.hidden_size = hidden_size
        self.num_heads = num_heads
        self.intermediate_size = intermediate_size
        self.head_width = head_width
        self.activation = activation
        self.gated = gated
        self.norm_first = norm_first
        self.norm = norm
        self.epsilon = epsilon
        self.use_bias = use_bias
        self.scale = scale
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.inner_dropout = inner_dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.query_initializer = keras.initializers.get(query_initializer)
        self.output_initializer = keras.initializers.get(output_initializer)
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape):
        self.self_attention = self._attention("self_attention", self.seed)
        self.self_attention_norm = self._norm("self_attention_norm")
        self.self_attention_dropout = self._dropout(self.seed + 1)
        self.feed_forward = FeedForward(
            self.hidden_size,
            self.intermediate_size,
            self.activation,
            self.gated,
            dropout=self.inner_dropout,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer,
            output_initializer=self.output_initializer,
            seed=self.seed + 2,
            dtype=self.dtype_policy,
            name="feed_forward",
        )
        self.feed_forward.build((None, None, self.hidden_size))
        self.feed_forward_norm = self._norm("feed_forward_norm")
        self.feed_forward_dropout = self._dropout(self.seed + 3)

    def _attention(self, name: str, seed: int) -> MultiHeadAttention:
        attention = MultiHeadAttention(
            self.hidden_size,
            self.num_heads,
            self.head_width,
            dropout=self.attention_dropout,
            use_bias=self.use_bias,
            scale=self.scale,
            kernel_initializer=self.kernel_initializer,
            query_initializer=self.query_initializer,
            output_initializer=self.output_initializer,
            seed=seed,
            dtype=self.dtype_policy,
            name=name,
        )
        attention.build((None, None, self.hidden_size))
        return attention

    def _norm(self, name: str) -> keras.layers.Layer:
        norm = layer_norm(self.norm, self.epsilon, dtype=self.dtype_policy, name=name)
        norm.build((None, None, self.hidden_size))
        return norm

    def _dropout(self, seed: int) -> keras.layers.Dropout:
        return keras.layers.Dropout(self.dropout, seed=seed, dtype=self.dtype_policy)

    def get_config(self):
        serialize = keras.initializers.serialize
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "num_heads": self.num_heads,
            "intermediate_size": self.intermediate_size,
            "head_width": self.head_width,
            "activation": self.activation,
            "gated": self.gated,
            "norm_first": self.norm_first,
            "norm": self.norm,
            "epsilon": self.epsilon,
            "use_bias": self.use_bias,
            "scale": self.scale,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "inner_dropout": self.inner_dropout,
            "kernel_initializer": serialize(self.kernel_initializer),
            "query_initializer": serialize(self.query_initializer),
            "output_initializer": serialize(self.output_initializer),
            "seed": self.seed,
        }
