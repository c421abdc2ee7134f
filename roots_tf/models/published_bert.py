"""Where the tensors of a published BERT belong (Hugging Face's names and layout).

Article: §7.2.3, §7.3.1.
Source: the names are those of ``transformers`` (``models/bert/modeling_bert.py``).
"""

import keras

from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.bert_pretraining import EncoderPretraining
from roots_tf.models.checkpoint import (
    Place,
    Table,
    dense,
    embedding,
    norm,
    read_sizes,
    write_sizes,
)
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from roots_tf.transformer.encoder_block import EncoderBlock

MODEL_TYPE = "bert"
# The encoder's names have this in front where the file has a head as well.
PREFIX = "bert."
MODEL = Bert
# Model -> its class in `transformers`.
CLASSES = {
    Bert: "BertModel",
    EncoderPretraining: "BertForPreTraining",
    TextClassifier: "BertForSequenceClassification",
    TokenClassifier: "BertForTokenClassification",
    SpanClassifier: "BertForQuestionAnswering",
}
# Patterns of the names of heads, for a file of which the encoder alone is wanted.
HEADS = (r"cls\.", r"classifier\.", r"qa_outputs\.")
CONSTANTS = (r"embeddings\.position_ids$",)
COPIES = {
    "cls.predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "cls.predictions.decoder.bias": "cls.predictions.bias",
}
# Our name of a size -> the published one.
SIZES = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "intermediate_size": "intermediate_size",
    "max_positions": "max_position_embeddings",
    "num_segments": "type_vocab_size",
    "dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
    "activation": "hidden_act",
    "epsilon": "layer_norm_eps",
    "initializer_range": "initializer_range",
    "padding_id": "pad_token_id",
}
# What the code takes for granted: another value would be another model.
FIXED = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "tie_word_embeddings": True,
}


def our_config(configuration: dict) -> BertConfig:
    """Reads a ``config.json``.

    Raises:
        ValueError: it is of a model that our code does not build.
    """
    return BertConfig(**read_sizes(configuration, SIZES, FIXED))


def published_config(bert: Bert) -> dict:
    """Gives what ``our_config`` reads."""
    return write_sizes(bert.config, SIZES, FIXED)


def prefix(model: keras.Model) -> str:
    """Gives what stands before the encoder's names in a file of this model."""
    return "" if isinstance(model, Bert) else PREFIX


def core_table(bert: Bert) -> Table:
    """Gives the places of the encoder's tensors, by name without the prefix."""
    table = {
        **embedding("embeddings.word_embeddings", bert.embedding.token_embedding),
        **embedding(
            "embeddings.position_embeddings", bert.embedding.position_embedding
        ),
        **embedding(
            "embeddings.token_type_embeddings", bert.embedding.segment_embedding
        ),
        **norm("embeddings.LayerNorm", bert.embedding.norm),
        **dense("pooler.dense", bert.pooler),
    }
    for number, block in enumerate(bert.blocks):
        table.update(block_table(f"encoder.layer.{number}", block))
    return table


def block_table(name: str, block: EncoderBlock) -> Table:
    """Gives the places of one block's tensors."""
    attention, feed_forward = block.self_attention, block.feed_forward
    return {
        **dense(f"{name}.attention.self.query", attention.query_projection),
        **dense(f"{name}.attention.self.key", attention.key_projection),
        **dense(f"{name}.attention.self.value", attention.value_projection),
        **dense(f"{name}.attention.output.dense", attention.output_projection),
        **norm(f"{name}.attention.output.LayerNorm", block.self_attention_norm),
        **dense(f"{name}.intermediate.dense", feed_forward.inner_projection),
        **dense(f"{name}.output.dense", feed_forward.output_projection),
        **norm(f"{name}.output.LayerNorm", block.feed_forward_norm),
    }


def head_table(model: keras.Model) -> Table:
    """Gives the places of a head's tensors; a ``Bert`` has none."""
    if isinstance(model, Bert):
        return {}
    if isinstance(model, SpanClassifier):
        return dense("qa_outputs", model.head)
    if not isinstance(model, EncoderPretraining):
        return dense("classifier", model.head)
    head = model.masked_token_head
    return {
        **dense("cls.predictions.transform.dense", head.projection),
        **norm("cls.predictions.transform.LayerNorm", head.norm),
        "cls.predictions.bias": Place(head.bias),
        **dense("cls.seq_relationship", model.pair_head),
    }
