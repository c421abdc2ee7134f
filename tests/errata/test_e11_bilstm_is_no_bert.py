"""E11: the closed forms count what Keras counts and what was published."""

import keras
import pytest

from roots_tf.errata.e11_bilstm_is_no_bert import (
    ENTRY,
    bert_parameters,
    gpt2_parameters,
    printed_model_parameters,
    transformer_block_parameters,
)
from roots_tf.recurrent.bilstm_classifier import build_bert_model


@pytest.mark.parametrize("sizes", [(10_000, 128, 128, 2), (11, 3, 5, 7)])
def test_the_printed_model_has_the_parameters_of_the_closed_form(sizes):
    model = build_bert_model(*sizes)

    counts = [layer.count_params() for layer in model.layers[1:]]

    assert list(printed_model_parameters(*sizes).values()) == counts


def test_the_articles_sizes_give_1543682_parameters():
    assert printed_model_parameters() == {
        "embedding": 10_000 * 128,
        "bidirectional LSTM": 2 * 4 * 128 * (128 + 128 + 1),
        "dense": 256 * 2 + 2,
    }
    assert sum(printed_model_parameters().values()) == 1_543_682


def test_a_transformer_block_has_the_parameters_of_its_keras_layers():
    hidden, inner = 12, 20
    layers = [
        keras.layers.MultiHeadAttention(num_heads=3, key_dim=4),
        keras.layers.LayerNormalization(),
        keras.layers.Dense(inner),
        keras.layers.Dense(hidden),
        keras.layers.LayerNormalization(),
    ]
    tokens = keras.Input((None, hidden))
    attended = layers[1](layers[0](tokens, tokens))
    layers[4](layers[3](layers[2](attended)))

    count = sum(layer.count_params() for layer in layers)

    assert transformer_block_parameters(hidden, inner) == count


def test_the_published_sizes_give_the_published_counts():
    # What the checkpoints google-bert/bert-base-uncased (encoder and pooler, without
    # the pretraining heads) and openai-community/gpt2 hold.
    assert bert_parameters() == 109_482_240
    assert gpt2_parameters() == 124_439_808


def test_the_entry_states_the_counts():
    for count in ("1,543,682", "109,482,240", "124,439,808"):
        assert count in ENTRY.numbers
