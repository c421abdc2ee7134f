"""The heads for tasks: their equation, what they learn, and what they refuse."""

import keras
import numpy as np
import pytest

from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from tests.models.by_heart import learn, nats
from tests.models.test_bert import CONFIG, INPUTS, SEGMENTS, T, with_random_weights
from tests.transformer import in_numpy

B, C = 3, 4


@pytest.fixture(scope="module")
def bert():
    return with_random_weights(Bert(CONFIG))


def test_a_text_gets_a_projection_of_its_pooled_vector(bert):
    model = with_random_weights(TextClassifier(bert, C))

    logits = model(INPUTS)

    expected = in_numpy.dense(np.asarray(bert(INPUTS)[1], np.float64), model.head)
    assert logits.shape == (B, C)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)


def test_the_second_text_of_a_pair_is_told_from_the_first_by_its_segment(bert):
    model = with_random_weights(TextClassifier(bert, C))

    swapped = model({**INPUTS, "segment_ids": 1 - SEGMENTS})

    assert np.abs(swapped - model(INPUTS)).max() > 1e-3


def test_a_token_gets_a_projection_of_its_own_vector(bert):
    model = with_random_weights(TokenClassifier(bert, C))

    logits = model(INPUTS)

    expected = in_numpy.dense(np.asarray(bert(INPUTS)[0], np.float64), model.head)
    assert logits.shape == (B, T, C)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)


def test_a_span_gets_two_logits_at_every_token(bert):
    model = with_random_weights(SpanClassifier(bert))

    outputs = model(INPUTS)

    both = in_numpy.dense(np.asarray(bert(INPUTS)[0], np.float64), model.head)
    for number, name in enumerate(("start_logits", "end_logits")):
        assert outputs[name].shape == (B, T)
        expected = both[:, :, number]
        np.testing.assert_allclose(outputs[name], expected, rtol=1e-5, atol=1e-5)


def of_span(labels, outputs):
    return nats(labels, outputs["start_logits"]) + nats(labels, outputs["end_logits"])


@pytest.mark.parametrize("kind", [TextClassifier, TokenClassifier, SpanClassifier])
def test_eight_examples_are_learned_by_heart(kind):
    keras.utils.set_random_seed(0)
    sizes = dict(hidden_size=32, num_layers=1, intermediate_size=64)
    bert = Bert(BertConfig.tiny(16, **sizes, dropout=0.0, attention_dropout=0.0))
    ids = np.random.default_rng(3).integers(3, 16, (8, 5)).astype(np.int32)
    model, labels, loss = {
        TextClassifier: (lambda: TextClassifier(bert, 8), np.arange(8), nats),
        TokenClassifier: (lambda: TokenClassifier(bert, 16), ids, nats),
        SpanClassifier: (lambda: SpanClassifier(bert), np.arange(8) % 5, of_span),
    }[kind]
    model = model()

    learn(model, {"token_ids": ids}, labels, loss, steps=150)

    outputs = model({"token_ids": ids})
    outputs = outputs.values() if kind is SpanClassifier else [outputs]
    for logits in outputs:
        assert (np.argmax(logits, axis=-1) == labels).all()


@pytest.mark.parametrize("kind", [TokenClassifier, SpanClassifier])
def test_where_the_pooler_is_not_read_it_is_not_trained(bert, kind):
    model = kind(bert, C) if kind is TokenClassifier else kind(bert)

    with_random_weights(model)

    assert len(model.trainable_weights) == len(bert.weights) - seeds(bert) - 2 + 2
    assert not bert.pooler.trainable_weights
    with_random_weights(TextClassifier(bert, C))
    assert len(bert.pooler.trainable_weights) == 2


def seeds(model) -> int:
    return sum(not weight.dtype.startswith("float") for weight in model.weights)


def test_features_are_dropped_before_the_head_in_training_alone(bert):
    model = with_random_weights(TextClassifier(bert, C, dropout=0.5))

    evaluated, trained = model(INPUTS), model(INPUTS, training=True)

    np.testing.assert_array_equal(evaluated, model(INPUTS, training=False))
    assert np.abs(evaluated - trained).max() > 1e-3


def test_the_encoder_that_is_given_is_the_one_that_is_trained(bert):
    model = with_random_weights(TextClassifier(bert, C))

    assert model.encoder is bert
    assert len(model.trainable_weights) == len(bert.trainable_weights) + 2


def test_no_classes_are_refused(bert):
    with pytest.raises(ValueError, match="num_classes of 1 or more, got 0"):
        TextClassifier(bert, 0)
