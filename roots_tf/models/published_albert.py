"""Where the tensors of a published ALBERT belong (Hugging Face's names and layout).

Article: §7.2.3, §7.3.2. Erratum: E21.
Source: the names are those of ``transformers`` (``models/albert/modeling_albert.py``).
"""

import keras

from roots_tf.models import published_bert
from roots_tf.models.albert import Albert, AlbertConfig
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

MODEL_TYPE = "albert"
PREFIX = "albert."
MODEL = Albert
CLASSES = {
    Albert: "AlbertModel",
    EncoderPretraining: "AlbertForPreTraining",
    TextClassifier: "AlbertForSequenceClassification",
    TokenClassifier: "AlbertForTokenClassification",
    SpanClassifier: "AlbertForQuestionAnswering",
}
HEADS = (r"predictions\.", r"sop_classifier\.", r"classifier\.", r"qa_outputs\.")
CONSTANTS = published_bert.CONSTANTS
COPIES = {
    "predictions.decoder.weight": "embeddings.word_embeddings.weight",
    "predictions.decoder.bias": "predictions.bias",
}
SIZES = {**published_bert.SIZES, "embedding_size": "embedding_size"}
FIXED = {
    "position_embedding_type": "absolute",
    "num_hidden_groups": 1,
    "inner_group_num": 1,
    "tie_word_embeddings": True,
}


def our_config(configuration: dict) -> AlbertConfig:
    """Reads a ``config.json``.

    Raises:
        ValueError: it is of a model that our code does not build.
    """
    return AlbertConfig(**read_sizes(configuration, SIZES, FIXED))


def published_config(albert: Albert) -> dict:
    """Gives what ``our_config`` reads."""
    return write_sizes(albert.config, SIZES, FIXED)


def prefix(model: keras.Model) -> str:
    """Gives what stands before the encoder's names in a file of this model."""
    return "" if isinstance(model, Albert) else PREFIX


def core_table(albert: Albert) -> Table:
    """Gives the places of the encoder's tensors, by name without the prefix."""
    inputs, block = albert.embedding, albert.block
    attention, feed_forward = block.self_attention, block.feed_forward
    name = "encoder.albert_layer_groups.0.albert_layers.0"
    return {
        **embedding("embeddings.word_embeddings", inputs.token_embedding),
        **embedding("embeddings.position_embeddings", inputs.position_embedding),
        **embedding("embeddings.token_type_embeddings", inputs.segment_embedding),
        **norm("embeddings.LayerNorm", inputs.norm),
        **dense("encoder.embedding_hidden_mapping_in", albert.widening),
        **dense(f"{name}.attention.query", attention.query_projection),
        **dense(f"{name}.attention.key", attention.key_projection),
        **dense(f"{name}.attention.value", attention.value_projection),
        **dense(f"{name}.attention.dense", attention.output_projection),
        **norm(f"{name}.attention.LayerNorm", block.self_attention_norm),
        **dense(f"{name}.ffn", feed_forward.inner_projection),
        **dense(f"{name}.ffn_output", feed_forward.output_projection),
        **norm(f"{name}.full_layer_layer_norm", block.feed_forward_norm),
        **dense("pooler", albert.pooler),
    }


def head_table(model: keras.Model) -> Table:
    """Gives the places of a head's tensors; an ``Albert`` has none."""
    if isinstance(model, Albert):
        return {}
    if isinstance(model, SpanClassifier):
        return dense("qa_outputs", model.head)
    if not isinstance(model, EncoderPretraining):
        return dense("classifier", model.head)
    head = model.masked_token_head
    return {
        **dense("predictions.dense", head.projection),
        **norm("predictions.LayerNorm", head.norm),
        "predictions.bias": Place(head.bias),
        **dense("sop_classifier.classifier", model.pair_head),
    }
