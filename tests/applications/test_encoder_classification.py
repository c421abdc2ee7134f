"""A label for a text or for a pair of texts, by an encoder."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

TOKENS = [*SPECIAL_TOKENS, *"abcdefgh", *"你好吗很"]
PAIRS = ["你好吗\t很 好", "a b c d\te", "\ta"]


@pytest.fixture(scope="module")
def parts():
    keras.utils.set_random_seed(0)
    config = BertConfig.tiny(
        len(TOKENS), hidden_size=16, max_positions=16, initializer_range=0.5
    )
    model = TextClassifier(Bert(config), 2)
    model.build()
    return model, WordPieceTokenizer(TOKENS), ["no", "yes"]


def test_a_pair_is_packed_with_a_separator_and_cut_longest_first(parts):
    classifier = EncoderTextClassifier(*parts, 7, pairs=True)

    ids, cut = classifier.encode(PAIRS)

    number = {token: place for place, token in enumerate(TOKENS)}
    for row, words in zip(ids, ("你好|很好", "abc|e", "|a"), strict=True):
        first, second = ([number[c] for c in text] for text in words.split("|"))
        assert row.tolist() == [2, *first, 3, *second, 3]
    assert cut == 2


def test_probabilities_are_those_of_the_model_with_segments(parts):
    model = parts[0]
    classifier = EncoderTextClassifier(*parts, 16, pairs=True)

    found = classifier.predict(PAIRS)

    for pair, probabilities in zip(PAIRS, found, strict=True):
        (row,), _ = classifier.encode([pair])
        border = row.tolist().index(3) + 1
        segments = np.int32([[0] * border + [1] * (len(row) - border)])
        inputs = {"token_ids": row[None], "segment_ids": segments}
        logits = keras.ops.convert_to_numpy(model(inputs, training=False))[0]
        expected = np.exp(logits) / np.exp(logits).sum()
        assert probabilities == pytest.approx(expected, abs=1e-5)


def test_the_second_text_matters_and_so_does_the_order(parts):
    classifier = EncoderTextClassifier(*parts, 16, pairs=True)

    one, other, swapped = classifier.predict(["a b\tc d", "a b\tc e", "c d\ta b"])

    assert abs(one - other).max() > 1e-5 and abs(one - swapped).max() > 1e-5


def test_saved_models_of_texts_and_pairs_answer_the_same(parts, tmp_path):
    for pairs, texts in ((True, PAIRS), (False, ["你好", ""])):
        classifier = EncoderTextClassifier(*parts, 16, pairs)
        classifier.save(tmp_path / "model")

        loaded = EncoderTextClassifier.load(tmp_path / "model")

        assert loaded.pairs is pairs
        assert loaded.predict(texts) == pytest.approx(classifier.predict(texts))


@pytest.mark.parametrize("text, count", [("a b", 1), ("a\tb\tc", 3), ("", 1)])
def test_what_is_no_pair_is_refused(parts, text, count):
    classifier = EncoderTextClassifier(*parts, 16, pairs=True)

    with pytest.raises(ValueError, match=f"two texts with a tab .* got {count} in"):
        classifier.predict(["a\tb", text])


def test_a_pair_needs_room_for_four_tokens(parts):
    with pytest.raises(ValueError, match="expected a length of 4 to 16 tokens"):
        EncoderTextClassifier(*parts, 3, pairs=True)


@pytest.mark.parametrize("pairs", [pytest.param(False, marks=pytest.mark.slow), True])
def test_the_saved_model_reads_raw_texts_as_python_does(parts, pairs, tmp_path):
    texts = PAIRS if pairs else ["a b c", "", "你好吗 🙂 zz", "h" * 300]
    classifier = EncoderTextClassifier(*parts, 7, pairs=pairs)
    program = (
        "import json, sys, tensorflow as tf, tensorflow_text\n"
        "answer = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "found = answer(texts=tf.constant(json.loads(sys.argv[2])))\n"
        "names = [name.decode() for name in found['label_names'].numpy()]\n"
        "print(json.dumps([names, found['probabilities'].numpy().tolist()]))\n"
    )

    classifier.export(tmp_path / "saved")
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "saved"), json.dumps(texts)],
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 0, ran.stderr[-2000:]
    names, probabilities = json.loads(ran.stdout)
    assert names == ["no", "yes"]
    assert np.allclose(probabilities, classifier.predict(texts), atol=1e-6)


def test_the_saved_model_refuses_what_is_no_pair(parts, tmp_path):
    classifier = EncoderTextClassifier(*parts, 7, pairs=True)

    classifier.export(tmp_path / "saved")
    answer = tf.saved_model.load(tmp_path / "saved").signatures["serving_default"]

    with pytest.raises(tf.errors.InvalidArgumentError, match="tab between"):
        answer(texts=tf.constant(["a\tb", "a"]))
