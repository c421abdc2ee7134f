"""A trained model on disk: weights, vocabulary and configuration in one folder.

Article: §6, §9.3 (如何应用, how a model is applied).
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import keras

from roots_tf.text.tokenizer import Tokenizer, load_tokenizer
from roots_tf.text.vocabulary import Vocabulary

MODEL, VOCABULARY, CONFIGURATION = "model.keras", "vocabulary.txt", "configuration.json"


def save_model_folder(
    folder: str | Path, model: keras.Model, vocabulary: Vocabulary, configuration: dict
) -> None:
    """Writes model, vocabulary and configuration; see ``write_model_folder``.

    Args:
        folder: where to.
        model: a model with token ids as its input.
        vocabulary: the tokens of those ids.
        configuration: JSON-able; ``"task"`` says which application reads it.

    Raises:
        ValueError: there is something else than a model folder.
    """
    write_model_folder(
        folder, model, configuration, lambda new: vocabulary.save(new / VOCABULARY)
    )


def write_model_folder(
    folder: str | Path,
    model: keras.Model,
    configuration: dict,
    save_tokens: Callable[[Path], None],
) -> None:
    """Writes the folder whole or not at all; a model folder that is there is replaced.

    Args:
        folder: where to.
        model: a model with token ids as its input.
        configuration: JSON-able; ``"task"`` says which application reads it.
        save_tokens: writes what turns text into those ids into the folder it is given,
            such as ``tokenizer.save``.

    Raises:
        ValueError: there is something else than a model folder.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / CONFIGURATION).is_file():
        raise ValueError(f"{folder}: expected a new name or a model folder to replace")
    new = folder.with_name(folder.name + ".new")
    old = folder.with_name(folder.name + ".old")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        model.save(new / MODEL)
        save_tokens(new)
        text = json.dumps(configuration, ensure_ascii=False, indent=2)
        (new / CONFIGURATION).write_text(text + "\n", encoding="utf-8")
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(folder, old)
        os.replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        shutil.rmtree(old, ignore_errors=True)


def read_configuration(folder: str | Path) -> dict:
    """Reads ``configuration.json``.

    Raises:
        ValueError: the folder is no model folder, or the file is not what was saved.
    """
    path = Path(folder) / CONFIGURATION
    if not path.is_file():
        raise ValueError(f"{folder}: expected a model folder, got no {CONFIGURATION}")
    try:
        configuration = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(configuration, dict) or not isinstance(
        configuration.get("task"), str
    ):
        raise ValueError(f"{path}: expected an object with a 'task'")
    return configuration


def load_model_folder(
    folder: str | Path, task: str, names: str
) -> tuple[keras.Model, Vocabulary, dict]:
    """Reads a folder that ``save_model_folder`` wrote.

    Args:
        folder: where it is.
        task: the ``"task"`` that its configuration must have.
        names: the configuration's key for the names of the model's C outputs.

    Raises:
        ValueError: a file is missing or damaged, or the vocabulary or the names do not
            fit the model.
    """
    folder = Path(folder)
    configuration = read_configuration(folder)
    if configuration["task"] != task:
        raise ValueError(
            f"{folder}: expected a model for {task}, got one for "
            f"{configuration['task']!r}"
        )
    for name in (MODEL, VOCABULARY):
        if not (folder / name).is_file():
            raise ValueError(f"{folder}: expected a file {name}, got none")
    vocabulary = Vocabulary.load(folder / VOCABULARY)
    model = load_model(folder / MODEL)
    kind = keras.layers.Embedding
    rows = [layer.input_dim for layer in model.layers if isinstance(layer, kind)]
    if len(rows) != 1:
        raise ValueError(
            f"{folder / MODEL}: expected one embedding layer, got {len(rows)}"
        )
    if rows[0] != len(vocabulary):
        raise ValueError(
            f"{folder}: expected a vocabulary of {rows[0]} tokens, which the model "
            f"has, got {len(vocabulary)}"
        )
    found, width = configuration.get(names), model.output_shape[-1]
    if not isinstance(found, list) or len(found) != width:
        raise ValueError(
            f"{folder / CONFIGURATION}: expected {width} {names}, which the model has, "
            f"got {found!r:.80}"
        )
    return model, vocabulary, configuration


def load_with_tokenizer(
    folder: str | Path, task: str, *kinds: type[keras.Model]
) -> tuple[keras.Model, Tokenizer, dict]:
    """Reads the model, the tokenizer and the configuration of a model folder.

    Args:
        folder: where it is.
        task: the ``"task"`` that its configuration must have.
        kinds: the classes that the model may be of.

    Raises:
        ValueError: it is for another task, or a file is missing or damaged.
    """
    folder = Path(folder)
    configuration = read_configuration(folder)
    if configuration["task"] != task:
        raise ValueError(
            f"{folder}: expected a model for {task}, got one for "
            f"{configuration['task']!r}"
        )
    if not (folder / MODEL).is_file():
        raise ValueError(f"{folder}: expected a file {MODEL}, got none")
    model = load_model(folder / MODEL)
    if not isinstance(model, kinds):
        raise ValueError(
            f"{folder / MODEL}: expected a {' or '.join(k.__name__ for k in kinds)}, "
            f"got {type(model).__name__}"
        )
    return model, load_tokenizer(folder), configuration


def load_model(path: Path) -> keras.Model:
    """Reads a ``.keras`` file.

    Raises:
        ValueError: it is missing or damaged.
    """
    try:
        return keras.saving.load_model(path)
    except Exception as error:
        # A damaged file fails in zipfile, zlib, h5py, json or a layer's constructor.
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{path}: cannot be read: {type(error).__name__}: {reason:.200}"
        ) from None
