"""Where the tensors of a published GPT-2 belong (Hugging Face's names and layout).

Article: §7.2.3, §7.3.2.
Source: the names are those of ``transformers`` (``models/gpt2/modeling_gpt2.py``). Its
    ``Conv1D`` keeps a kernel as (in, out), as Keras does: nothing is transposed.
"""

import keras

from roots_tf.models.checkpoint import (
    Place,
    Table,
    embedding,
    norm,
    read_sizes,
    write_sizes,
)
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.transformer.decoder_block import DecoderBlock

MODEL_TYPE = "gpt2"
PREFIX = "transformer."
MODEL = Gpt
CLASSES = {Gpt: "GPT2LMHeadModel"}
HEADS = ()
# The causal mask, which older files keep with every block.
CONSTANTS = (r"h\.\d+\.attn\.(masked_)?bias$",)
COPIES = {"lm_head.weight": "wte.weight"}
SIZES = {
    "vocab_size": "vocab_size",
    "max_positions": "n_positions",
    "hidden_size": "n_embd",
    "num_layers": "n_layer",
    "num_heads": "n_head",
    "dropout": "resid_pdrop",
}
FIXED = {
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "n_inner": None,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}
PUBLISHED_VOCAB_SIZE = 50_257


def our_config(configuration: dict) -> GptConfig:
    """Reads a ``config.json``.

    Raises:
        ValueError: it is of a model that our code does not build.
    """
    return GptConfig(**read_sizes(configuration, SIZES, FIXED))


def published_config(gpt: Gpt) -> dict:
    """Gives what ``our_config`` reads."""
    dropout = gpt.config.dropout
    published = gpt.config.vocab_size == PUBLISHED_VOCAB_SIZE
    end_of_text = PUBLISHED_VOCAB_SIZE - 1 if published else None
    return {
        **write_sizes(gpt.config, SIZES, FIXED),
        "embd_pdrop": dropout,
        "attn_pdrop": dropout,
        # Said even if there is none: the default is a token of the published model.
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
    }


def prefix(model: keras.Model) -> str:
    """Gives what stands before the names in a file of this model."""
    return PREFIX


def core_table(gpt: Gpt) -> Table:
    """Gives the places of the tensors, by name without the prefix."""
    table = {
        **embedding("wte", gpt.token_embedding),
        **embedding("wpe", gpt.position_embedding),
        **norm("ln_f", gpt.final_norm),
    }
    for number, block in enumerate(gpt.blocks):
        table.update(_block_table(f"h.{number}", block))
    return table


def head_table(model: keras.Model) -> Table:
    """Gives no places: the head is the token embeddings once more."""
    return {}


def _block_table(name: str, block: DecoderBlock) -> Table:
    attention, feed_forward = block.self_attention, block.feed_forward
    side_by_side = (
        attention.query_projection,
        attention.key_projection,
        attention.value_projection,
    )
    return {
        **norm(f"{name}.ln_1", block.self_attention_norm),
        f"{name}.attn.c_attn.weight": Place(tuple(d.kernel for d in side_by_side)),
        f"{name}.attn.c_attn.bias": Place(tuple(d.bias for d in side_by_side)),
        **_dense(f"{name}.attn.c_proj", attention.output_projection),
        **norm(f"{name}.ln_2", block.feed_forward_norm),
        **_dense(f"{name}.mlp.c_fc", feed_forward.inner_projection),
        **_dense(f"{name}.mlp.c_proj", feed_forward.output_projection),
    }


def _dense(name: str, layer: keras.layers.Dense) -> Table:
    """Gives the rows of a table for a ``Conv1D``."""
    return {f"{name}.weight": Place(layer.kernel), f"{name}.bias": Place(layer.bias)}
