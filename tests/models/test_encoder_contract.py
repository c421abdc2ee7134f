"""What holds for every model here: configuration, saving, graphs, half precision."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.albert import Albert
from roots_tf.models.bert import Bert
from roots_tf.models.bert_pretraining import EncoderPretraining
from roots_tf.models.encoder_decoder import EncoderDecoder
from roots_tf.models.encoder_heads import (
    SpanClassifier,
    TextClassifier,
    TokenClassifier,
)
from roots_tf.models.sentence_encoder import PairScorer, SentenceEncoder
from tests.models import test_albert, test_bert, test_encoder_decoder
from tests.models.test_bert import INPUTS

PAIR = test_encoder_decoder.INPUTS
BERT, ALBERT, ENCODER_DECODER = (
    dataclasses.replace(config, num_layers=1)
    for config in (test_bert.CONFIG, test_albert.CONFIG, test_encoder_decoder.CONFIG)
)
TEXTS = {"token_ids": INPUTS["token_ids"], "text_ids": INPUTS["token_ids"][::-1]}
GAPS = {**INPUTS, "masked_positions": np.array([[1, 4]] * 3, np.int32)}


def bert(**arguments):
    return Bert(BERT, **arguments)


MODELS = {
    "Bert": (lambda **k: bert(seed=4, **k), INPUTS),
    "Albert": (lambda **k: Albert(ALBERT, seed=4, **k), INPUTS),
    "TextClassifier": (lambda **k: TextClassifier(bert(**k), 5, 0.3, 4, **k), INPUTS),
    "TokenClassifier": (lambda **k: TokenClassifier(bert(**k), 5, 0.3, 4, **k), INPUTS),
    "SpanClassifier": (lambda **k: SpanClassifier(bert(**k), 0.3, 4, **k), INPUTS),
    "SentenceEncoder": (lambda **k: SentenceEncoder(bert(**k), **k), INPUTS),
    "PairScorer": (
        lambda **k: PairScorer(SentenceEncoder(bert(**k), **k), 0.5, **k),
        TEXTS,
    ),
    "EncoderPretraining": (lambda **k: EncoderPretraining(bert(**k), **k), GAPS),
    "EncoderDecoder": (
        lambda **k: EncoderDecoder(ENCODER_DECODER, seed=4, **k),
        PAIR,
    ),
}


@pytest.fixture(params=MODELS)
def case(request):
    keras.utils.set_random_seed(0)
    build, inputs = MODELS[request.param]
    return build, inputs


def flat(outputs) -> list[np.ndarray]:
    return [np.asarray(x, np.float32) for x in tf.nest.flatten(outputs)]


def assert_all_near(outputs, expected, **tolerance):
    for one, other in zip(flat(outputs), flat(expected), strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


def test_a_model_made_from_its_configuration_is_the_same(case):
    build, inputs = case
    model = build()
    model.build()

    copy = type(model).from_config(model.get_config())
    copy.build()
    copy.set_weights(model.get_weights())

    def sizes(model):  # names of inner objects are counted up
        return {k: v for k, v in model.get_config().items() if k != "encoder"}

    assert sizes(copy) == sizes(model)
    assert_all_near(copy(inputs), model(inputs), atol=0)


def test_a_model_is_saved_loaded_and_the_same_in_a_graph(case, tmp_path):
    build, inputs = case
    model = build()
    expected = model(inputs)

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert_all_near(loaded(inputs), expected, atol=0)
    assert_all_near(tf.function(model)(inputs), expected, rtol=1e-5, atol=1e-6)


def test_a_model_can_be_used_symbolically(case):
    build, inputs = case
    model = build()
    symbols = {
        name: keras.Input((None,), dtype=str(x.dtype), name=name)
        for name, x in inputs.items()
    }

    functional = keras.Model(symbols, model(symbols))

    assert_all_near(functional(inputs), model(inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near_and_logits_are_float32(case, policy):
    build, inputs = case
    model, half = build(), build(dtype=policy)
    model.build(), half.build()
    half.set_weights(model.get_weights())

    with tf.GradientTape() as tape:
        outputs = half(inputs)
        loss = sum(
            tf.reduce_sum(tf.cast(x, tf.float32)) for x in tf.nest.flatten(outputs)
        )
    gradients = tape.gradient(loss, [w.value for w in half.trainable_weights])

    # bfloat16 keeps 8 bits, 2^-8 is 0.004, and two blocks of a dozen steps follow.
    assert_all_near(outputs, model(inputs), atol=0.15)
    assert all(
        np.isfinite(tf.convert_to_tensor(g)).all() for g in gradients if g is not None
    )
    if not isinstance(model, Bert | Albert):
        assert {x.dtype for x in tf.nest.flatten(outputs)} == {tf.float32}


@pytest.mark.parametrize("kind", ["TextClassifier", "EncoderDecoder"])
def test_a_model_trains_with_compile_and_fit(kind):
    build, inputs = MODELS[kind]
    model = build()
    labels = np.array([0, 1, 2]) if kind == "TextClassifier" else PAIR["target_ids"]
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, run_eagerly=True)  # nothing to compile: it is fast

    history = model.fit(inputs, labels, batch_size=2, epochs=1, verbose=0)

    assert np.isfinite(history.history["loss"][0])
