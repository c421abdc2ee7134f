"""The two tasks of pretraining: heads, tied table, loss, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.albert import Albert, AlbertConfig
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.bert_pretraining import EncoderPretraining, pretraining_loss
from tests.models import test_albert, test_bert
from tests.models.by_heart import learn
from tests.models.test_bert import IDS, T, V, with_random_weights
from tests.transformer import in_numpy

POSITIONS = np.array([[1, 4], [2, 0], [1, 1]], np.int32)
INPUTS = {**test_bert.INPUTS, "masked_positions": POSITIONS}
LABELS = {
    "masked_ids": np.array([[3, 7], [5, 0], [11, 0]], np.int32),
    "masked_weights": np.array([[1, 1], [1, 0], [1, 0]], np.float32),
    "pair_label": np.array([0, 1, 1], np.int32),
}
ENCODERS = {
    "BERT": lambda: Bert(test_bert.CONFIG),
    "ALBERT": lambda: Albert(test_albert.CONFIG),
}


@pytest.fixture(scope="module", params=ENCODERS)
def model(request):
    return with_random_weights(EncoderPretraining(ENCODERS[request.param]()))


def test_the_logits_of_a_gap_compare_a_transformed_vector_with_every_token(model):
    states, pooled = (np.asarray(x, np.float64) for x in model.encoder(INPUTS))
    head = model.masked_token_head
    at_gaps = np.stack([states[b, POSITIONS[b]] for b in range(3)])
    activation = in_numpy.ACTIVATIONS[model.encoder.config.activation]
    transformed = in_numpy.norm(
        head.norm, activation(in_numpy.dense(at_gaps, head.projection))
    )
    table = np.asarray(model.encoder.token_table, np.float64)
    expected = transformed @ table.T + np.asarray(head.bias)

    outputs = model(INPUTS)

    assert outputs["masked_logits"].shape == (3, 2, V)
    np.testing.assert_allclose(outputs["masked_logits"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        outputs["pair_logits"],
        in_numpy.dense(pooled, model.pair_head),
        rtol=1e-5,
        atol=1e-5,
    )


def test_the_gaps_are_taken_out_of_all_positions(model):
    everywhere = {**INPUTS, "masked_positions": np.tile(np.arange(T), (3, 1))}

    at_all = np.asarray(model(everywhere)["masked_logits"])

    at_gaps = model(INPUTS)["masked_logits"]
    expected = np.stack([at_all[b, POSITIONS[b]] for b in range(3)])
    np.testing.assert_allclose(at_gaps, expected, rtol=1e-5, atol=1e-5)


def test_the_head_has_no_table_of_its_own(model):
    d, width = 12, model.encoder.token_table.shape[1]

    own = model.count_params() - model.encoder.count_params()

    assert own == (d + 1) * width + 2 * width + V + (d + 1) * 2


def test_a_token_that_is_never_read_is_trained_through_the_tied_table(model):
    unseen = next(i for i in range(1, V) if i not in IDS)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(pretraining_loss(LABELS, model(INPUTS)))

    table = model.encoder.embedding.token_embedding.embeddings
    gradient = tf.convert_to_tensor(tape.gradient(loss, table.value))

    assert np.abs(gradient[unseen]).max() > 0


def test_the_loss_is_the_mean_over_gaps_plus_the_mean_over_pairs():
    rng = np.random.default_rng(0)
    outputs = {
        "masked_logits": rng.normal(size=(3, 2, V)).astype(np.float32),
        "pair_logits": rng.normal(size=(3, 2)).astype(np.float32),
    }

    losses = np.asarray(pretraining_loss(LABELS, outputs))

    of_gaps = [
        -np.log(in_numpy.softmax(outputs["masked_logits"][b, m])[label])
        for (b, m), label in np.ndenumerate(LABELS["masked_ids"])
        if LABELS["masked_weights"][b, m]
    ]
    of_pairs = [
        -np.log(in_numpy.softmax(outputs["pair_logits"][b])[label])
        for b, label in enumerate(LABELS["pair_label"])
    ]
    assert losses.shape == (3,)
    expected = np.mean(of_gaps) + np.mean(of_pairs)
    np.testing.assert_allclose(losses.mean(), expected, rtol=1e-5)


def test_what_stands_at_the_filling_makes_no_difference_to_the_loss(model):
    outputs = model(INPUTS)
    other = {**LABELS, "masked_ids": LABELS["masked_ids"].copy()}
    other["masked_ids"][:, 1] = np.where(LABELS["masked_weights"][:, 1], 7, 9)

    np.testing.assert_allclose(
        pretraining_loss(other, outputs), pretraining_loss(LABELS, outputs), rtol=1e-6
    )


def test_a_batch_without_any_gap_has_a_loss():
    outputs = {
        "masked_logits": np.zeros((3, 2, V), np.float32),
        "pair_logits": np.zeros((3, 2), np.float32),
    }

    losses = pretraining_loss({**LABELS, "masked_weights": np.zeros((3, 2))}, outputs)

    np.testing.assert_allclose(losses, np.log(2), rtol=1e-6)


@pytest.mark.parametrize("kind", ENCODERS)
def test_eight_pairs_are_learned_by_heart(kind):
    keras.utils.set_random_seed(0)
    sizes = dict(hidden_size=32, num_layers=1, intermediate_size=64, dropout=0.0)
    sizes |= dict(attention_dropout=0.0)
    encoder = (
        Bert(BertConfig.tiny(16, **sizes))
        if kind == "BERT"
        else Albert(AlbertConfig.tiny(16, **sizes))
    )
    model = EncoderPretraining(encoder)
    rng = np.random.default_rng(0)
    ids = rng.integers(4, 16, (8, 6)).astype(np.int32)
    positions = np.tile(np.int32([2, 4]), (8, 1))
    labels = {
        "masked_ids": np.take_along_axis(ids, positions, axis=1),
        "masked_weights": np.ones((8, 2), np.float32),
        "pair_label": np.arange(8, dtype=np.int32) % 2,
    }
    np.put_along_axis(ids, positions, 3, axis=1)  # 3 stands for [MASK]
    inputs = {"token_ids": ids, "masked_positions": positions}

    loss = learn(model, inputs, labels, pretraining_loss, steps=200)

    outputs = model(inputs)
    assert (np.argmax(outputs["masked_logits"], -1) == labels["masked_ids"]).all()
    assert (np.argmax(outputs["pair_logits"], -1) == labels["pair_label"]).all()
    assert loss < 0.2
