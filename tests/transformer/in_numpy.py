"""The papers' formulas in plain NumPy, double precision: what the layers must equal."""

import math

import numpy as np


def softmax(scores: np.ndarray) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(query, key, value, mask=None, bias=0.0, scale=None):
    """Vaswani et al. 2017, eq. 1, one query after the other.

    (B, H, T, K), (B, H, S, K) twice, mask (B, H, T, S) -> output (B, H, T, K) and
    weights (B, H, T, S). What is masked is left out of the sums, not given a low score.
    """
    b, h, t, k = query.shape
    s = key.shape[2]
    mask = np.broadcast_to(True if mask is None else mask, (b, h, t, s))
    bias = np.broadcast_to(bias, (b, h, t, s))
    scale = 1 / math.sqrt(k) if scale is None else scale
    output, weights = np.zeros((b, h, t, value.shape[3])), np.zeros((b, h, t, s))
    for i in np.ndindex(b, h, t):
        allowed = mask[i]
        if allowed.any():
            scores = key[i[:2]][allowed] @ query[i] * scale + bias[i][allowed]
            weights[i][allowed] = softmax(scores)
            output[i] = weights[i] @ value[i[:2]]
    return output, weights


def dense(x, layer):
    """x W + b with the weights of a Keras ``Dense``."""
    kernel, *bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    return x @ kernel + (bias[0] if bias else 0)


def multi_head_attention(layer, query, key_value, mask=None, bias=0.0):
    """Vaswani et al. 2017, §3.2.2, head by head, with the weights of the layer."""
    width, heads = layer.head_width, []
    q, k, v = (
        dense(query, layer.query_projection),
        dense(key_value, layer.key_projection),
        dense(key_value, layer.value_projection),
    )
    bias = np.broadcast_to(bias, (1, layer.num_heads, q.shape[1], k.shape[1]))
    for number in range(layer.num_heads):
        of_head = slice(number * width, (number + 1) * width)
        one = (x[:, None, :, of_head] for x in (q, k, v))
        head, _ = attention(
            *one, mask=mask, bias=bias[:, number : number + 1], scale=layer.scale
        )
        heads.append(head[:, 0])
    return dense(np.concatenate(heads, axis=-1), layer.output_projection)


def gelu(x):
    """x times the normal distribution function (Hendrycks, Gimpel 2016, §2)."""
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    """The approximation there."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "gelu": gelu, "gelu_tanh": gelu_tanh}


def feed_forward(layer, x):
    """Vaswani et al. 2017, eq. 2; gated: Shazeer 2020, eq. 6."""
    inner = ACTIVATIONS[layer.activation](dense(x, layer.inner_projection))
    if layer.gated:
        inner = inner * dense(x, layer.gate_projection)
    return dense(inner, layer.output_projection)


def norm(layer, x):
    """LayerNorm (Ba et al. 2016, eq. 4) or RMSNorm (Zhang, Sennrich 2019, eq. 4)."""
    gain, *bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    if bias:
        x = x - x.mean(axis=-1, keepdims=True)
    size = np.sqrt((x**2).mean(axis=-1, keepdims=True) + layer.epsilon)
    return gain * x / size + (bias[0] if bias else 0)


def residual(block, name, x, sublayer):
    """The sublayer with its residual and its norm, after it or before it."""
    of_sublayer = getattr(block, f"{name}_norm")
    if block.norm_first:
        return x + sublayer(norm(of_sublayer, x))
    return norm(of_sublayer, x + sublayer(x))


def encoder_block(block, x, mask=None, bias=0.0):
    """Vaswani et al. 2017, figure 1, left."""

    def self_attention(x):
        return multi_head_attention(block.self_attention, x, x, mask, bias)

    x = residual(block, "self_attention", x, self_attention)
    return residual(
        block, "feed_forward", x, lambda x: feed_forward(block.feed_forward, x)
    )


def decoder_block(block, y, memory, mask=None, memory_mask=None, bias=0.0):
    """Vaswani et al. 2017, figure 1, right."""

    def self_attention(y):
        return multi_head_attention(block.self_attention, y, y, mask, bias)

    def memory_attention(y):
        return multi_head_attention(block.memory_attention, y, memory, memory_mask)

    y = residual(block, "self_attention", y, self_attention)
    if block.cross_attention:
        y = residual(block, "memory_attention", y, memory_attention)
    return residual(
        block, "feed_forward", y, lambda y: feed_forward(block.feed_forward, y)
    )
