"""Where the tensors of a published T5 belong (Hugging Face's names and layout).

Article: §7.2.3, §7.3.2. Erratum: E20.
Source: the names are those of ``transformers`` (``models/t5/modeling_t5.py``).
"""

import keras

from roots_tf.models.checkpoint import (
    Place,
    Table,
    dense,
    embedding,
    read_sizes,
    write_sizes,
)
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import PADDING_ID, START_ID, T5Config
from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.transformer.feed_forward import FeedForward

MODEL_TYPE = "t5"
PREFIX = ""
MODEL = T5
CLASSES = {T5: "T5ForConditionalGeneration"}
HEADS = ()
# Older files of v1.0 carry a table that no computation reads.
CONSTANTS = (r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias",)
COPIES = {
    "encoder.embed_tokens.weight": "shared.weight",
    "decoder.embed_tokens.weight": "shared.weight",
    "lm_head.weight": "shared.weight",  # of v1.0; v1.1 has a matrix of its own
}
SIZES = {
    "vocab_size": "vocab_size",
    "hidden_size": "d_model",
    "head_width": "d_kv",
    "intermediate_size": "d_ff",
    "num_layers": "num_layers",
    "num_heads": "num_heads",
    "num_buckets": "relative_attention_num_buckets",
    "dropout": "dropout_rate",
}
FIXED = {
    "layer_norm_epsilon": 1e-6,
    "pad_token_id": PADDING_ID,
    "decoder_start_token_id": START_ID,
}
FEED_FORWARDS = {"1.0": "relu", "1.1": "gated-gelu"}


def our_config(configuration: dict) -> T5Config:
    """Reads a ``config.json``.

    Raises:
        ValueError: it is of a model that our code does not build.
    """
    versions = {name: version for version, name in FEED_FORWARDS.items()}
    feed_forward = configuration.get("feed_forward_proj", "relu")
    if feed_forward not in versions:
        raise ValueError(
            f"expected feed_forward_proj of {list(versions)}, got {feed_forward!r}"
        )
    layers = configuration.get("num_layers")
    decoder_layers = configuration.get("num_decoder_layers") or layers
    if decoder_layers != layers:
        raise ValueError(
            f"expected num_decoder_layers of {layers!r}, as the encoder has, "
            f"got {decoder_layers!r}"
        )
    return T5Config(
        version=versions[feed_forward],
        # The first published files do not say it.
        max_distance=configuration.get("relative_attention_max_distance", 128),
        **read_sizes(configuration, SIZES, FIXED),
    )


def published_config(t5: T5) -> dict:
    """Gives what ``our_config`` reads."""
    return {
        **write_sizes(t5.config, SIZES, FIXED),
        "feed_forward_proj": FEED_FORWARDS[t5.config.version],
        "relative_attention_max_distance": t5.config.max_distance,
        "num_decoder_layers": t5.config.num_layers,
        "is_encoder_decoder": True,
        # This is also where ``transformers`` looks for the factor of the head.
        "tie_word_embeddings": t5.config.version == "1.0",
    }


def prefix(model: keras.Model) -> str:
    """Gives what stands before the names in a file of this model: nothing."""
    return PREFIX


def core_table(t5: T5) -> Table:
    """Gives the places of the tensors, by name."""
    table = embedding("shared", t5.token_embedding)
    for side in ("encoder", "decoder"):
        blocks = getattr(t5, f"{side}_blocks")
        for number, block in enumerate(blocks):
            name, last = f"{side}.block.{number}.layer", 1
            table.update(_attention(f"{name}.0.SelfAttention", block.self_attention))
            table.update(_norm(f"{name}.0.layer_norm", block.self_attention_norm))
            if side == "decoder":
                last = 2
                attention = block.memory_attention
                table.update(_attention(f"{name}.1.EncDecAttention", attention))
                table.update(_norm(f"{name}.1.layer_norm", block.memory_attention_norm))
            table.update(
                _feed_forward(f"{name}.{last}.DenseReluDense", block.feed_forward)
            )
            table.update(_norm(f"{name}.{last}.layer_norm", block.feed_forward_norm))
        bias = f"{side}.block.0.layer.0.SelfAttention.relative_attention_bias"
        table.update(embedding(bias, getattr(t5, f"{side}_bias")))
        table.update(_norm(f"{side}.final_layer_norm", getattr(t5, f"{side}_norm")))
    if t5.config.version == "1.1":
        table.update(dense("lm_head", t5.head))
    return table


def head_table(model: keras.Model) -> Table:
    """Gives no places: the head is part of the model."""
    return {}


def _attention(name: str, attention: MultiHeadAttention) -> Table:
    return {
        **dense(f"{name}.q", attention.query_projection),
        **dense(f"{name}.k", attention.key_projection),
        **dense(f"{name}.v", attention.value_projection),
        **dense(f"{name}.o", attention.output_projection),
    }


def _feed_forward(name: str, layer: FeedForward) -> Table:
    inner = "wi_0" if layer.gated else "wi"
    table = dense(f"{name}.{inner}", layer.inner_projection)
    if layer.gated:
        table.update(dense(f"{name}.wi_1", layer.gate_projection))
    return {**table, **dense(f"{name}.wo", layer.output_projection)}


def _norm(name: str, layer: keras.layers.Layer) -> Table:
    return {f"{name}.weight": Place(layer.scale)}
