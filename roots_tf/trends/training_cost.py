"""What training costs: parameters, floating-point operations, memory.

Of a GPT with L layers, width D, vocabulary V and context T, reading T tokens, counted
as 2 operations for a multiplication and the addition after it:

    matrix product           operations of a forward pass
    queries, keys, values    2 T (3 D^2)    a layer
    scores                   2 T (T D)      a layer: all T x T, the masked ones too
    mixing the values        2 T (T D)      a layer
    attention's output       2 T D^2        a layer
    feed-forward             2 T (8 D^2)    a layer
    logits                   2 T D V

The backward pass costs twice as much, for the gradients of the inputs and of the
weights; with activation recomputation the forward pass is made once more. What is left
out - norms, GELU, softmax, biases - is below 1 % of a model that is not tiny.

The rule of thumb is C = 6 N tokens, where N are the parameters that multiply: those of
the layers, 12 L D^2, and of the output. Scores are not in it, so it is a little low.

Article: §8.1 (模型规模与性能提升), §7.2.2.
Source: Kaplan et al. 2020 (2001.08361), §2.1 and table 1 (which counts half of the
    scores and no logits); Hoffmann et al. 2022 (2203.15556), appendix F. Activations:
    Korthikanti et al. 2022 (2205.05198), §4.1, eq. 2, and §5.
"""

import math

import keras

from roots_tf.models.gpt import GptConfig

# Bytes a parameter, with Adam under Keras' mixed precision: the variable, its two
# moments and its gradient in float32, and the copy in 16 bits that the layers compute
# with. In float32 there is no copy.
_FLOAT32_BYTES, _MIXED_BYTES = 16, 18


def training_flops(parameters: float, tokens: float) -> float:
    """Gives C = 6 N tokens, the rule of thumb: 2 forward and 4 backward.

    Args:
        parameters: N, those that multiply.
        tokens: that are trained on.

    Example:
        >>> f"{training_flops(70e9, 1.4e12):.2g}"  # Chinchilla's
        '5.9e+23'
    """
    return 6.0 * parameters * tokens


def computing_parameters(model: keras.Model) -> int:
    """Counts the parameters that are multiplied: all but those of embedding tables."""
    tables = {
        id(weight)
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Embedding)
        for weight in layer.weights
    }
    return sum(
        math.prod(weight.shape) for weight in model.weights if id(weight) not in tables
    )


def layer_parameters(config: GptConfig) -> int:
    """Gives Kaplan's N = 12 L D^2: the matrices of the layers, no embeddings."""
    return 12 * config.num_layers * config.hidden_size**2


def forward_flops(config: GptConfig, tokens: int) -> dict[str, int]:
    """Counts the matrix products of one forward pass over one text, by part.

    Args:
        config: sizes of the model.
        tokens: of the text, T.
    """
    width, layers = config.hidden_size, config.num_layers
    return {
        "queries, keys, values": layers * 2 * tokens * 3 * width**2,
        "scores": layers * 2 * tokens**2 * width,
        "mixing": layers * 2 * tokens**2 * width,
        "attention output": layers * 2 * tokens * width**2,
        "feed-forward": layers * 2 * tokens * 8 * width**2,
        "logits": 2 * tokens * width * config.vocab_size,
    }


def exact_training_flops(
    config: GptConfig, tokens: float, recompute: bool = False
) -> float:
    """Gives the operations of training on so many tokens in full contexts.

    Args:
        config: sizes of the model.
        tokens: that are trained on.
        recompute: whether activations are computed a second time in the backward pass.
    """
    passes = 4 if recompute else 3
    context = config.max_positions
    return passes * sum(forward_flops(config, context).values()) * tokens / context


def training_memory(
    config: GptConfig, batch_size: int, mixed: bool = True, recompute: bool = False
) -> dict[str, int]:
    """Estimates the memory of one step in bytes, by part.

    Activations are those that the backward pass needs: in 16 bits
    ``B T D L (34 + 5 H T / D)`` bytes, or ``2 B T D L`` and one layer's in full with
    recomputation; in float32 twice as much (the masks of dropout, 1 byte each, are
    counted double there too). Logits and their gradient are float32.

    Args:
        config: sizes of the model; texts have ``max_positions`` tokens.
        batch_size: B, texts on one device at once.
        mixed: mixed precision; else float32.
        recompute: keep the input of each layer alone.
    """
    rows = batch_size * config.max_positions * config.hidden_size
    scores = 5 * config.num_heads * config.max_positions / config.hidden_size
    of_layer = rows * (34 + scores)
    if recompute:
        activations = 2 * rows * config.num_layers + of_layer
    else:
        activations = of_layer * config.num_layers
    logits = batch_size * config.max_positions * config.vocab_size
    return {
        "weights, gradients, Adam": config.parameter_count
        * (_MIXED_BYTES if mixed else _FLOAT32_BYTES),
        "activations": round(activations * (1 if mixed else 2)),
        "logits": 2 * 4 * logits,
    }
