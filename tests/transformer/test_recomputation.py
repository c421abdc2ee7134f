"""Blocks computed a second time for the gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig

SIZES = dict(max_positions=32, hidden_size=32, num_layers=2, num_heads=2)


def make(recompute: bool) -> Gpt:
    keras.utils.set_random_seed(0)
    model = Gpt(GptConfig.tiny(50, **SIZES), recompute=recompute)
    model.build()
    return model


@tf.function
def loss_and_gradients(model, token_ids):
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        logits = model(token_ids[:, :-1], training=True)
        values = tf.nn.sparse_softmax_cross_entropy_with_logits(
            token_ids[:, 1:], logits
        )
        loss = tf.reduce_mean(values)
    gradients = tape.gradient(loss, variables)
    return loss, [tf.convert_to_tensor(gradient) for gradient in gradients]


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_loss_and_gradients_are_those_of_the_plain_backward_pass(policy):
    token_ids = np.random.default_rng(0).integers(0, 50, (4, 33), dtype=np.int32)

    keras.mixed_precision.set_dtype_policy(policy)
    try:
        plain_loss, plain = loss_and_gradients(make(False), token_ids)
        loss, gradients = loss_and_gradients(make(True), token_ids)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")

    assert float(loss) == float(plain_loss)
    for ours, theirs in zip(gradients, plain, strict=True):
        # Sums over the same numbers, in an order that the compiler chooses.
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    assert len(plain) == len(make(False).trainable_variables)


def test_each_block_stands_in_the_graph_twice():
    token_ids = np.zeros((4, 33), np.int32)

    graphs = [
        loss_and_gradients.get_concrete_function(make(recompute), token_ids).graph
        for recompute in (False, True)
    ]

    # The softmax of each block's attention stands there once, and once more.
    kinds = [
        sum(op.type == "Softmax" for op in graph.get_operations()) for graph in graphs
    ]
    assert kinds == [2, 4]


def test_a_saved_model_still_recomputes(tmp_path):
    model = make(True)

    copy = Gpt.from_config(model.get_config())

    assert copy.recompute


def test_dropout_is_refused():
    with pytest.raises(ValueError, match="no dropout with recomputation, got 0.1"):
        Gpt(GptConfig.tiny(50, dropout=0.1), recompute=True)
