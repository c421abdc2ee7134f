"""A classifier reads text, whatever comes with it, and is saved whole."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.recurrent.bilstm_classifier import build_bert_model
from roots_tf.text.text_to_ids import encode, tokenize

TEXTS = [
    "这部电影很好看",
    "a dull film",
    "",
    "😀",
    "new words only",
    "Ｉ　ＬＯＶＥ it 😀",
]

# What somebody without this project runs: TensorFlow and its text operations alone.
FRESH = """
import json, sys
import tensorflow as tf, tensorflow_text
answer = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
found = answer(texts=tf.constant(json.load(sys.stdin)))
names = [name.decode() for name in found["label_names"].numpy()]
print(json.dumps([names, found["probabilities"].numpy().tolist()]))
print(any(name.startswith("roots_tf") for name in sys.modules))
"""


@pytest.fixture
def folder(classifier, tmp_path):
    classifier.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def printed(classifier):
    """The article's model, untrained, with the text of the classifier."""
    keras.utils.set_random_seed(0)
    return TextClassifier(
        build_bert_model(len(classifier.vocabulary), 4, 3, 2),
        classifier.vocabulary,
        classifier.settings,
        ["bad", "good"],
        outputs="token_probabilities",
    )


def test_learned_texts_are_told_apart(classifier):
    probabilities = classifier.predict(TEXTS)

    assert probabilities.argmax(axis=1)[[0, 1, 5]].tolist() == [1, 0, 1]
    assert (probabilities.shape, probabilities.dtype) == ((6, 2), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_probabilities_are_the_softmax_of_the_models_logits(classifier):
    tokens = tokenize(TEXTS[:1], classifier.settings)
    ids = encode(tokens, classifier.vocabulary, classifier.settings)

    logits = np.asarray(classifier.model(ids[0][None]), np.float64)

    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(classifier.predict(TEXTS[:1]), expected, rtol=1e-5)


def test_a_text_is_labelled_the_same_in_any_company(classifier):
    together = classifier.predict(TEXTS)

    alone = np.concatenate([classifier.predict([text]) for text in TEXTS])
    backwards = classifier.predict(TEXTS[::-1])[::-1]
    np.testing.assert_allclose(alone, together, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(backwards, together, rtol=1e-5, atol=1e-7)


def test_batches_of_any_size_give_the_same(classifier):
    sequences = [np.arange(1, n % 9 + 1, dtype=np.int32) for n in range(100)]

    one, many = (classifier.predict_ids(sequences, size) for size in (1, 64))

    np.testing.assert_allclose(one, many, rtol=1e-5, atol=1e-7)


def test_only_the_first_max_length_tokens_count(classifier):
    text = "好 " * classifier.settings.max_length

    np.testing.assert_array_equal(
        classifier.predict([text + "bad " * 50]), classifier.predict([text])
    )


def test_no_texts_give_no_rows(classifier):
    assert classifier.predict([]).shape == (0, 2)


def test_a_text_that_is_not_unicode_is_refused(classifier):
    with pytest.raises(ValueError, match="surrogate"):
        classifier.predict(["ok", "\udcff"])


def test_a_loaded_classifier_predicts_the_same(classifier, folder):
    loaded = TextClassifier.load(folder)

    np.testing.assert_array_equal(loaded.predict(TEXTS), classifier.predict(TEXTS))
    assert loaded.label_names == ("bad", "good")
    assert loaded.settings == classifier.settings


def test_the_printed_model_is_averaged_over_its_positions(printed, tmp_path):
    ids = np.array([2, 3, 4])

    printed.save(tmp_path / "printed")
    loaded = TextClassifier.load(tmp_path / "printed")

    expected = np.asarray(printed.model(ids[None]))[0].mean(axis=0)
    np.testing.assert_allclose(printed.predict_ids([ids])[0], expected, rtol=1e-5)
    np.testing.assert_allclose(loaded.predict_ids([ids])[0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"text": {"han": "letters"}},
        {"text": {"max_length": "long"}},
        {"text": {"unknown": 1}},
        {"text": None},
        {"outputs": "scores"},
    ],
)
def test_a_damaged_configuration_is_refused_in_one_line(folder, change):
    path = folder / "configuration.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    with pytest.raises(ValueError, match="configuration.json: ") as caught:
        TextClassifier.load(folder)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["text", "outputs", "label_names"])
def test_a_missing_key_is_named(folder, key):
    path = folder / "configuration.json"
    configuration = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in configuration.items() if k != key}))

    with pytest.raises(ValueError, match=f"configuration.json.*{key}"):
        TextClassifier.load(folder)


def test_a_tagger_is_no_classifier(tagger, tmp_path):
    tagger.save(tmp_path / "tagger")

    with pytest.raises(ValueError, match="expected a model for classification"):
        TextClassifier.load(tmp_path / "tagger")


def test_outputs_of_an_unknown_kind_are_refused(classifier):
    parts = (classifier.model, classifier.vocabulary, classifier.settings, ["a", "b"])

    with pytest.raises(ValueError, match="expected outputs of .* got 'scores'"):
        TextClassifier(*parts, outputs="scores")


def test_saving_over_itself_keeps_the_folder_whole(classifier, folder):
    kept = shutil.copytree(folder, folder.with_name("kept"))

    TextClassifier.load(folder).save(folder)

    again, before = TextClassifier.load(folder), TextClassifier.load(kept)
    np.testing.assert_array_equal(again.predict(TEXTS), before.predict(TEXTS))


def test_the_exported_model_answers_in_a_fresh_process(classifier, tmp_path):
    classifier.export(tmp_path / "saved_model")
    texts = [*TEXTS, "\u202eשלום", "\x00\x07 bad", "[UNK]", "好" * 100_000]

    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(tmp_path / "saved_model")],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )

    answer, foreign = done.stdout.splitlines()
    names, probabilities = json.loads(answer)
    assert (names, foreign) == (["bad", "good"], "False")
    expected = classifier.predict(texts)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5, atol=1e-7)


def test_the_exported_printed_model_averages_over_its_positions(printed, tmp_path):
    printed.export(tmp_path / "saved_model")

    answer = tf.saved_model.load(str(tmp_path / "saved_model")).signatures
    found = answer["serving_default"](texts=tf.constant(TEXTS))["probabilities"]

    np.testing.assert_allclose(found, printed.predict(TEXTS), rtol=1e-5)


def test_a_model_of_jiebas_words_is_not_exported(classifier, tmp_path):
    parts = (classifier.model, classifier.vocabulary)
    words = TextClassifier(
        *parts, replace(classifier.settings, han="words"), classifier.label_names
    )

    with pytest.raises(ValueError, match="--han characters.* got words: jieba"):
        words.export(tmp_path / "saved_model")

    assert not list(tmp_path.iterdir())
