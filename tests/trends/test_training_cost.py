"""Counts are those of the built model and of the graph that TensorFlow runs."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.trends.training_cost import (
    computing_parameters,
    exact_training_flops,
    forward_flops,
    layer_parameters,
    training_flops,
    training_memory,
)

SMALL = GptConfig.tiny(50, max_positions=12, hidden_size=16, num_layers=3, num_heads=2)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = Gpt(SMALL)
    model.build()
    return model


def products_of(function, *specs) -> int:
    """2 m n k of every matrix product in the graph of a function."""
    total = 0
    for operation in function.get_concrete_function(*specs).graph.get_operations():
        if operation.type in ("MatMul", "BatchMatMulV2", "BatchMatMulV3"):
            left = operation.inputs[0].shape
            flag = "transpose_a" if operation.type == "MatMul" else "adj_x"
            summed = left[-2] if operation.get_attr(flag) else left[-1]
            total += 2 * math.prod(operation.outputs[0].shape) * summed
        elif operation.type == "Einsum":
            equation = operation.get_attr("equation").decode()
            inputs = equation.partition("->")[0].split(",")
            sizes = {
                letter: size
                for letters, tensor in zip(inputs, operation.inputs, strict=True)
                for letter, size in zip(letters, tensor.shape, strict=True)
            }
            total += 2 * math.prod(sizes.values())
    return total


def test_parameters_are_those_that_keras_counts(model):
    matrices = sum(
        math.prod(weight.shape)
        for layer in model.blocks
        for weight in layer.weights
        if len(weight.shape) > 1
    )

    assert SMALL.parameter_count == model.count_params()
    assert layer_parameters(SMALL) == matrices
    tables = (50 + 12) * 16
    position = 12 * 16  # a layer of this project, not Keras' Embedding
    assert computing_parameters(model) == model.count_params() - tables + position


def test_the_forward_pass_has_the_matrix_products_of_its_graph(model):
    function = tf.function(lambda ids: model(ids))

    found = products_of(function, tf.TensorSpec((5, 12), tf.int32))

    assert 5 * sum(forward_flops(SMALL, 12).values()) == found


def test_forward_and_backward_have_three_times_as_many(model):
    variables = [variable.value for variable in model.trainable_variables]

    @tf.function
    def step(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(ids))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]

    found = products_of(step, tf.TensorSpec((5, 12), tf.int32))

    assert exact_training_flops(SMALL, tokens=5 * 12) == found


def test_the_parts_are_counted_by_hand():
    """One layer, 2 wide, 3 tokens, 5 words: small enough for a sheet of paper."""
    config = GptConfig.tiny(
        5, max_positions=3, hidden_size=2, num_layers=1, num_heads=1
    )

    assert forward_flops(config, 3) == {
        "queries, keys, values": 3 * (6 * 2) * 2,  # 3 tokens, 6 outputs of 2 products
        "scores": 9 * 2 * 2,  # 3 x 3, each of 2 products
        "mixing": 3 * 2 * 3 * 2,  # 3 x 2, each of 3 products
        "attention output": 3 * 2 * 2 * 2,
        "feed-forward": 3 * (8 * 2 + 2 * 8) * 2,
        "logits": 3 * 5 * 2 * 2,
    }


def test_the_rule_of_thumb_is_near_the_exact_count_of_a_wide_model():
    config = GptConfig.xl()  # 12 L D^2 + V D multiply
    multiplying = layer_parameters(config) + config.vocab_size * config.hidden_size

    exact = exact_training_flops(config, 1e6)

    scores = 12 * config.num_layers * config.hidden_size * config.max_positions * 1e6
    assert exact == pytest.approx(training_flops(multiplying, 1e6) + scores)
    assert training_flops(multiplying, 1e6) > 0.9 * exact
    assert exact_training_flops(config, 1e6, recompute=True) == exact * 4 / 3


def test_activations_are_those_of_the_papers_table_for_gpt3():
    """Korthikanti et al. 2022, §4.1: s b h L (34 + 5 a s / h), 175 B: 5 a s / h = 80.

    For its s = 2048, b = 1, h = 12288, a = 96, L = 96 the paper gives 80 in §5.
    """
    config = GptConfig(
        51_200, 2_048, hidden_size=12_288, num_layers=96, num_heads=96, dropout=0.1
    )

    found = training_memory(config, batch_size=1)["activations"]

    assert found == 2_048 * 12_288 * 96 * (34 + 80)


def test_memory_grows_as_it_must():
    config = GptConfig.small()
    mixed, full = training_memory(config, 4), training_memory(config, 4, mixed=False)
    saving = training_memory(config, 4, recompute=True)

    weights = "weights, gradients, Adam"
    assert full[weights] == 16 * config.parameter_count  # Rajbhandari et al. 2020, §3.1
    assert full["activations"] == 2 * mixed["activations"]
    assert saving["activations"] < mixed["activations"] / 5
    assert training_memory(config, 8)["logits"] == 2 * mixed["logits"]
    assert np.isclose(mixed["logits"], 8 * 4 * 1_024 * 50_257)
