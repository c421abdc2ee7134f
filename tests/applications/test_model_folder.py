"""A model folder appears whole or not at all; a damaged one is refused in one line."""

import json
import shutil

import keras
import numpy as np
import pytest

from roots_tf.applications import model_folder
from roots_tf.applications.model_folder import (
    load_model_folder,
    read_configuration,
    save_model_folder,
)
from roots_tf.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.build([["好", "a"]])
CONFIGURATION = {"task": "classification", "label_names": ["差", "好"]}
FILES = ["configuration.json", "model.keras", "vocabulary.txt"]


def small_model(seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(4, 3)(inputs)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(2)(x))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "model"
    save_model_folder(folder, small_model(), VOCABULARY, CONFIGURATION)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy to be damaged."""
    return shutil.copytree(saved, tmp_path / "model")


def load(folder):
    return load_model_folder(folder, "classification", "label_names")


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusal(folder) -> str:
    with pytest.raises(ValueError) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(folder))
    return str(caught.value)


def test_a_folder_holds_three_files_and_is_read_back_the_same(saved):
    model, vocabulary, configuration = load(saved)

    ids = np.array([[2, 3, 0]])
    assert names(saved) == FILES
    assert names(saved.parent) == ["model"]
    np.testing.assert_array_equal(model(ids), small_model()(ids))
    assert (vocabulary.tokens, vocabulary.counts) == (
        VOCABULARY.tokens,
        VOCABULARY.counts,
    )
    assert configuration == CONFIGURATION == read_configuration(saved)


def test_missing_parents_are_made(tmp_path):
    save_model_folder(tmp_path / "a/b", small_model(), VOCABULARY, CONFIGURATION)

    assert names(tmp_path / "a/b") == FILES


def test_a_model_folder_is_replaced(folder):
    save_model_folder(folder, small_model(seed=1), VOCABULARY, CONFIGURATION)

    ids = np.array([[2, 3]])
    np.testing.assert_array_equal(load(folder)[0](ids), small_model(seed=1)(ids))
    assert names(folder.parent) == ["model"]


def test_a_folder_of_something_else_is_not_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")

    with pytest.raises(ValueError, match="expected a new name or a model folder"):
        save_model_folder(tmp_path / "thesis", small_model(), VOCABULARY, CONFIGURATION)

    assert names(tmp_path / "thesis") == ["chapter.txt"]


def full_disk(*_, **__):
    raise OSError(28, "No space left on device")


class NotJson:
    pass


@pytest.mark.parametrize("place", ["model", "vocabulary", "configuration", "replace"])
@pytest.mark.parametrize("old", [True, False], ids=["over an old one", "new"])
def test_a_failed_save_leaves_what_was_there(folder, monkeypatch, place, old):
    if not old:
        shutil.rmtree(folder)
    configuration = dict(CONFIGURATION)
    if place == "model":
        monkeypatch.setattr(keras.Model, "save", full_disk)
    elif place == "vocabulary":
        monkeypatch.setattr(Vocabulary, "save", full_disk)
    elif place == "configuration":
        configuration["odd"] = NotJson()
    else:
        real = model_folder.os.replace
        monkeypatch.setattr(
            model_folder.os,
            "replace",
            lambda a, b: full_disk() if str(a).endswith(".new") else real(a, b),
        )

    with pytest.raises((OSError, TypeError)):
        save_model_folder(folder, small_model(1), VOCABULARY, configuration)

    monkeypatch.undo()
    assert names(folder.parent) == (["model"] if old else [])
    if old:
        ids = np.array([[2, 3]])
        np.testing.assert_array_equal(load(folder)[0](ids), small_model()(ids))


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()

    assert name in refusal(folder)


def test_a_folder_that_is_not_there_is_no_model_folder(tmp_path):
    assert "expected a model folder" in refusal(tmp_path / "none")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"{", "expected JSON"),
        (b"\xff", "expected JSON"),
        (b"[]", "expected an object with a 'task'"),
        (b"{}", "expected an object with a 'task'"),
        (b'{"task": []}', "expected an object with a 'task'"),
        (b'{"task": "tagging"}', "expected a model for classification, got .*tagging"),
        (b'{"task": "classification"}', "expected 2 label_names, .* got None"),
    ],
)
def test_a_damaged_configuration_is_refused(folder, content, message):
    (folder / "configuration.json").write_bytes(content)

    with pytest.raises(ValueError, match=message):
        load(folder)
    refusal(folder)


@pytest.mark.parametrize("label_names", [["one"], ["a", "b", "c"], "ab", None, {}])
def test_label_names_that_do_not_fit_the_model_are_refused(folder, label_names):
    configuration = {**CONFIGURATION, "label_names": label_names}
    (folder / "configuration.json").write_text(json.dumps(configuration))

    assert "expected 2 label_names, which the model has" in refusal(folder)


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "text"])
def test_a_damaged_model_file_is_refused(folder, damage):
    path = folder / "model.keras"
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        middle = len(data) // 2
        data[middle : middle + 400] = bytes(
            b ^ 255 for b in data[middle : middle + 400]
        )
    contents = {"cut": data[: len(data) // 2], "empty": b"", "text": b"model"}
    path.write_bytes(contents.get(damage, data))

    assert "model.keras: cannot be read" in refusal(folder)


def test_a_vocabulary_that_does_not_fit_the_model_is_refused(folder):
    Vocabulary.build([["a", "b", "c"]]).save(folder / "vocabulary.txt")

    assert "expected a vocabulary of 4 tokens, which the model has, got 5" in refusal(
        folder
    )


def test_a_damaged_vocabulary_is_refused_with_its_line(folder):
    (folder / "vocabulary.txt").write_text("[PAD]\t0\n[UNK]\n")

    assert "vocabulary.txt, line 2: expected" in refusal(folder)


def test_a_model_without_word_vectors_is_refused(folder):
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(folder / "model.keras")

    assert "expected one embedding layer, got 0" in refusal(folder)
