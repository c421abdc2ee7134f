"""Answers cut out of a passage by a SavedModel, beside those by Python."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.span_export import export_span_extractor
from roots_tf.applications.span_extraction import SpanExtractor
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import SpanClassifier
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TOKENS = [
    *SPECIAL_TOKENS,
    *LETTERS,
    *(f"##{x}" for x in LETTERS),
    *"深圳在广东很大。？",
]
PASSAGES = [
    "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 3,
    "深圳在广东。深圳  很大。",
    "",
    "Ébc \u0301 x\u200by 🙂 z",
    "a " + "b" * 150 + " c " + "深圳" + "d" * 101 + "\u200b。",
    "é" * 60 + " " + "q" * 100,
    "one",
]
QUESTIONS = ["x y", "深圳？", "what", "a long question of many words", "z", "", "?"]
PROGRAM = """
import json, sys, tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = answer(texts=tf.constant(json.loads(sys.argv[2])))
found = {name: values.numpy().tolist() for name, values in found.items()}
found["answers"] = [text.decode() for text in found["answers"]]
print(json.dumps(found))
"""


def make_extractor(max_length, longest):
    keras.utils.set_random_seed(0)
    config = BertConfig.tiny(len(TOKENS), hidden_size=16, max_positions=32)
    model = SpanClassifier(Bert(config))
    model.build()
    for weight in model.trainable_variables:  # so that spans differ in probability
        weight.assign(5 * weight)
    return SpanExtractor(model, WordPieceTokenizer(TOKENS), max_length, longest)


def texts():
    return [f"{q}\t{p}" for q, p in zip(QUESTIONS, PASSAGES, strict=True)]


def check(found, extractor):
    """Compares what a SavedModel found, arrays by name, with Python's answers."""
    expected = extractor.predict(QUESTIONS, PASSAGES)
    assert found["answers"] == [answer.text for answer in expected]
    assert found["starts"] == [answer.start for answer in expected]
    assert found["ends"] == [answer.end for answer in expected]
    probabilities = [answer.probability for answer in expected]
    np.testing.assert_allclose(found["probabilities"], probabilities, rtol=1e-4)
    assert len({answer.text for answer in expected}) > 3  # they are no one answer


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("span") / "saved"
    export_span_extractor(make_extractor(12, 30), folder)
    return folder


@pytest.mark.slow
def test_a_fresh_process_without_this_project_answers_as_python_does(saved):
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(saved), json.dumps(texts())],
        capture_output=True,
        text=True,
        cwd=saved.parent,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    check(json.loads(ran.stdout), make_extractor(12, 30))


@pytest.mark.slow
@pytest.mark.parametrize(("max_length", "longest"), [(16, 3), (32, 1)])
def test_windows_and_answers_may_have_any_length(max_length, longest, tmp_path):
    extractor = make_extractor(max_length, longest)

    export_span_extractor(extractor, tmp_path / "saved")
    answer = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]

    found = answer(texts=tf.constant(texts()))
    found = {name: values.numpy().tolist() for name, values in found.items()}
    found["answers"] = [text.decode() for text in found["answers"]]
    check(found, extractor)


def test_empty_passages_have_empty_answers_and_what_is_no_pair_is_refused(saved):
    answer = tf.saved_model.load(str(saved)).signatures["serving_default"]

    found = answer(texts=tf.constant(["why\t", "\t\u200b"]))

    assert found["answers"].numpy().tolist() == [b"", b""]
    assert found["probabilities"].numpy().tolist() == [0, 0]
    with pytest.raises(tf.errors.InvalidArgumentError, match="a tab between"):
        answer(texts=tf.constant(["why\tso", "why"]))
