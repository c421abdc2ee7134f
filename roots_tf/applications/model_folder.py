"""A trained model on disk: weights, vocabulary and configuration in one folder.

Article: §6, §9.3 (如何应用, how a model is applied).
"""

import json
import os
import shutil
from pathlib import Path

import keras

from roots_tf.text.vocabulary import Vocabulary

MODEL, VOCABULARY, CONFIGURATION = "model.keras", "vocabulary.txt", "configuration.json"


def save_model_folder(
    folder: str | Path, model: keras.Model, vocabulary: Vocabulary, configuration: dict
) -> None:
    """Writes the folder whole or not at all; one that is there is replaced.

    Args:
        folder: where to.
        model: a model with token ids as its input.
        vocabulary: the tokens of those ids.
        configuration: JSON-able; ``"task"`` says which application reads it.
    """
    folder = Path(folder)
    temporary = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    model.save(temporary / MODEL)
    vocabulary.save(temporary / VOCABULARY)
    text = json.dumps(configuration, ensure_ascii=False, indent=2)
    (temporary / CONFIGURATION).write_text(text + "\n", encoding="utf-8")
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(temporary, folder)


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
    if not isinstance(configuration, dict) or "task" not in configuration:
        raise ValueError(f"{path}: expected an object with a 'task'")
    return configuration


def load_model_folder(folder: str | Path) -> tuple[keras.Model, Vocabulary, dict]:
    """Reads a folder that ``save_model_folder`` wrote.

    Raises:
        ValueError: a file is missing or damaged, or the vocabulary does not fit the
            model.
    """
    folder = Path(folder)
    configuration = read_configuration(folder)
    for name in (MODEL, VOCABULARY):
        if not (folder / name).is_file():
            raise ValueError(f"{folder}: expected a file {name}, got none")
    vocabulary = Vocabulary.load(folder / VOCABULARY)
    try:
        model = keras.saving.load_model(folder / MODEL)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"{folder / MODEL}: cannot be read: {reason}") from None
    rows = next(
        layer.input_dim
        for layer in model.layers
        if isinstance(layer, keras.layers.Embedding)
    )
    if rows != len(vocabulary):
        raise ValueError(
            f"{folder}: expected a vocabulary of {rows} tokens, which the model has, "
            f"got {len(vocabulary)}"
        )
    return model, vocabulary, configuration
