"""Attention (注意力): each query takes a weighted mean of the values.

    Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k)) V                              (1)
    MultiHead(Q, K, V) = Concat(head_1, ..., head_h) W^O
        head_i = Attention(Q W^Q_i, K W^K_i, V W^V_i)

Article: §2.5 (the article names the Transformer and never defines it). Erratum: E14.
Source: Vaswani et al. 2017, "Attention Is All You Need" (1706.03762), §3.2.1, eq. 1;
    §3.2.2. Position bias: Raffel et al. 2020 (1910.10683), §2.1.
"""

import keras
from keras import ops

from roots_tf.transformer import key_value_cache
from roots_tf.transformer.initializers import fresh_initializer
from roots_tf.transformer.key_value_cache import KeyValues

# The score of a masked key: after the softmax its weight is exactly 0. Not minus
# infinity, of which a row without any key would make NaN.
MASKED = -1e9


def attention_weights(query, key, mask=None, position_bias=None, scale=None):
    """Computes ``softmax(Q K^T scale + bias)``: how much each query takes of each key.

    Args:
        query: (B, H, T, K).
        key: (B, H, S, K).
        mask: boolean, broadcasts to (B, H, T, S), True = may attend; None for all.
        position_bias: added to the scores, broadcasts to (B, H, T, S).
        scale: 1 / sqrt(K) if not given, the paper's; T5 has 1.

    Returns:
        (B, H, T, S) in the dtype of the query. A row sums to 1; that of a query which
        may attend to no key is all zeros.
    """
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = ops.matmul(query * scale, ops.transpose(key, (0, 1, 3, 2)))  # (B, H, T, S)
    # In half precision a sum over many keys is off by a per cent, and -1e9 overflows.
    scores = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
    if position_bias is not None:
        scores = scores + ops.cast(position_bias, scores.dtype)
    if mask is not None:
        # Not added: TensorFlow fuses product and sum on a CPU, and with a causal mask
        # (1, 1, T, S) that took 150 times as long.
        scores = ops.where(mask, scores, ops.cast(MASKED, scores.dtype))
    weights = ops.softmax(scores, axis=-1)
    if mask is not None:
        weights = weights * ops.cast(
            ops.any(mask, axis=-1, keepdims=True), scores.dtype
        )
    return ops.cast(weights, query.dtype)


def scaled_dot_product_attention(
    query, key, value, mask=None, position_bias=None, scale=None
):
    """Computes ``softmax(Q K^T / sqrt(K)) V`` for every head.

    ``keras.ops.dot_product_attention`` gives the same, but no weights; on TensorFlow it
    has no fused kernel, and is slower than these two products.

    Args:
        query, key, mask, position_bias, scale: as for ``attention_weights``.
        value: (B, H, S, K).

    Returns:
        The output (B, H, T, K) and the weights (B, H, T, S).
    """
    weights = attention_weights(query, key, mask, position_bias, scale)
    return ops.matmul(weights, value), weights


@keras.saving.register_keras_serializable(package="roots_tf")
class MultiHeadAttention(keras.layers.Layer):
    """H attentions side by side, each on its own projection of the vectors.

    One layer serves all three uses: self-attention, causal self-attention (by its mask
    and, in decoding, its cache) and cross-attention (by ``key_value``). Keras' implicit
    masks are not read: give ``attention_mask``.

    Args:
        hidden_size: D, width of what goes in and comes out.
        num_heads: H.
        head_width: K; D / H if not given.
        dropout: probability of dropping an attention weight.
        use_bias: whether the four projections have a bias; T5's have none.
        scale: factor of the scores; 1 / sqrt(K) if not given. T5 has 1.
        kernel_initializer: of the projections, without a seed.
        query_initializer, output_initializer: of these projections, if another one.
        seed: of the dropout.

    Raises:
        ValueError: D is no multiple of H and no ``head_width`` is given.
    """

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        head_width: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        scale: float | None = None,
        kernel_initializer="glorot_uniform",
        query_initializer=None,
        output_initializer=None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if head_width is None and hidden_size % num_heads:
            raise ValueError(
                "expected a hidden_size that is a multiple of num_heads, or a "
                f"head_width, got {hidden_size} and {num_heads}"
            )
        self.hidden_size = hidden_size
        self.num_heads = num_heads
        self.head_width = head_width or hidden_size // num_heads
        self.dropout = dropout
        self.use_bias = use_bias
        self.scale = scale
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.query_initializer = keras.initializers.get(query_initializer)
        self.output_initializer = keras.initializers.get(output_initializer)
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape):
        inner = self.num_heads * self.head_width
        widths = {  # from, to, initializer
            "query": (self.hidden_size, inner, self.query_initializer),
            "key": (self.hidden_size, inner, None),
            "value": (self.hidden_size, inner, None),
            "output": (inner, self.hidden_size, self.output_initializer),
        }
        for name, (width, units, initializer) in widths.items():
            projection = keras.layers.Dense(
                units,
                use_bias=self.use_bias,
                kernel_initializer=fresh_initializer(
                    initializer or self.kernel_initializer
                ),
                dtype=self.dtype_policy,
                name=name,
            )
            projection.build((None, None, width))
            setattr(self, f"{name}_projection", projection)
        self.weights_dropout = keras.layers.Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )

    def call(
        self,
        query,
        key_value=None,
        attention_mask=None,
        position_bias=None,
        cache=None,
        return_weights=False,
        training=None,
    ):
        """Lets each query attend to the keys.

        Args:
            query: (B, T, D).
            key_value: (B, S, D) to attend to, or what ``project_key_value`` made of it;
                None for the queries themselves (self-attention).
            attention_mask: boolean, broadcasts to (B, H, T, S), True = may attend; see
                ``attention_masks.py``. None for all.
            position_bias: broadcasts to (B, H, T, S), added to the scores.
            cache: ``KeyValueCache`` of the tokens before (self-attention alone). The T
                new ones are added and S is T_max, so the mask must keep the queries
                from what is not filled: ``causal_attention_mask(T, T_max, length)``.
            return_weights: whether to return the attention weights.
            training: whether weights are dropped.

        Returns:
            The output (B, T, D); followed by the weights (B, H, T, S), before dropout,
            if asked for, and by the new cache, if one was given, in a tuple.

        Raises:
            ValueError: the mask has not four axes, or a cache comes with ``key_value``.
        """
        self._check(key_value, attention_mask, cache)
        queries = self._split_heads(self.query_projection(query))  # (B, H, T, K)
        if isinstance(key_value, KeyValues):
            keys, values = key_value  # (B, H, S, K)
        else:
            keys, values = self.project_key_value(
                query if key_value is None else key_value
            )
        if cache is not None:
            cache = key_value_cache.append(cache, keys, values)
            keys, values = cache.keys, cache.values  # (B, H, T_max, K)
        weights = attention_weights(
            queries, keys, attention_mask, position_bias, self.scale
        )
        heads = ops.matmul(self.weights_dropout(weights, training=training), values)
        heads = ops.transpose(heads, (0, 2, 1, 3))  # (B, H, T, K) -> (B, T, H, K)
        inner = self.num_heads * self.head_width
        heads = ops.reshape(heads, (-1, ops.shape(query)[1], inner))  # (B, T, H K)
        output = self.output_projection(heads)  # (B, T, D)
        extras = [weights] if return_weights else []
        if cache is not None:
            extras.append(cache)
        return (output, *extras) if extras else output

    def project_key_value(self, key_value) -> KeyValues:
        """Computes keys and values of a sequence once, to attend to it many times.

        Args:
            key_value: (B, S, D).
        """
        return KeyValues(
            self._split_heads(self.key_projection(key_value)),
            self._split_heads(self.value_projection(key_value)),
        )

    def _split_heads(self, x):
        shape = (-1, ops.shape(x)[1], self.num_heads, self.head_width)
        return ops.transpose(ops.reshape(x, shape), (0, 2, 1, 3))  # (B, H, T, K)

    def _check(self, key_value, mask, cache):
        if mask is not None and len(mask.shape) != 4:
            raise ValueError(
                "expected a mask of four axes (B, H, T, S), such as "
                f"padding_attention_mask gives, got the shape {tuple(mask.shape)}"
            )
        if cache is not None and key_value is not None:
            raise ValueError("expected a cache for self-attention alone, got key_value")

    def get_config(self):
        serialize = keras.initializers.serialize
        return {
            **super().get_config(),
            "hidden_size": self.hidden_size,
            "num_heads": self.num_heads,
            "head_width": self.head_width,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "scale": self.scale,
            "kernel_initializer": serialize(self.kernel_initializer),
            "query_initializer": serialize(self.query_initializer),
            "output_initializer": serialize(self.output_initializer),
            "seed": self.seed,
        }
