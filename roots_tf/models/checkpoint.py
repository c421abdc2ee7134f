"""Weights in the files that the field exchanges.

A folder has ``config.json``, the sizes, and ``model.safetensors``, the tensors by name.
A table says where each tensor of a file belongs; reading and writing go through the
same table, so that neither forgets anything. A safetensors file holds numbers and
nothing that could run.

Article: §7.2.3. The tables: ``published_bert.py`` and its neighbours.
"""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

CONFIGURATION, WEIGHTS = "config.json", "model.safetensors"
MOST_NAMES = 6  # names to list in an error
# Our names of the activations -> the published ones, of which the first is written.
ACTIVATIONS = {
    "relu": ("relu",),
    "gelu": ("gelu",),
    "gelu_tanh": ("gelu_new", "gelu_pytorch_tanh"),
}


class Place(NamedTuple):
    """Where a tensor belongs.

    Attributes:
        variable: of the Keras model; or a tuple of variables which the file keeps side
            by side, along the last axis (GPT-2's query, key and value).
        transposed: whether the file keeps it the other way round: PyTorch's ``Linear``
            has (out, in), Keras' ``Dense`` has (in, out).
    """

    variable: keras.Variable | tuple[keras.Variable, ...]
    transposed: bool = False


Table = dict[str, Place]


def dense(name: str, layer: keras.layers.Dense) -> Table:
    """Gives the rows of a table for a dense layer, PyTorch's ``Linear``."""
    table = {f"{name}.weight": Place(layer.kernel, transposed=True)}
    if layer.use_bias:
        table[f"{name}.bias"] = Place(layer.bias)
    return table


def norm(name: str, layer: keras.layers.Layer) -> Table:
    """Gives the rows of a table for a ``LayerNormalization``."""
    return {
        f"{name}.weight": Place(layer.gamma),
        f"{name}.bias": Place(layer.beta),
    }


def embedding(name: str, layer: keras.layers.Layer) -> Table:
    """Gives the row of a table for an embedding."""
    return {f"{name}.weight": Place(layer.embeddings)}


def read_configuration(folder: str | Path) -> dict:
    """Reads ``config.json``.

    Raises:
        ValueError: there is none, or it is no JSON object.
    """
    path = Path(folder) / CONFIGURATION
    if not path.is_file():
        raise ValueError(f"{folder}: expected a folder with {CONFIGURATION}, got none")
    try:
        configuration = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(configuration, dict):
        raise ValueError(f"{path}: expected an object, got {configuration!r:.80}")
    return configuration


def read_tensors(folder: str | Path) -> dict[str, np.ndarray]:
    """Reads ``model.safetensors``, by name.

    Older files name the weights of a norm gamma and beta; they are given their names of
    today, weight and bias.

    Raises:
        ValueError: there is none, or it is damaged.
    """
    import safetensors
    import safetensors.numpy

    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise ValueError(f"{folder}: expected a file {WEIGHTS}, got none")
    try:
        tensors = safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from None
    return {_name_of_today(name): tensor for name, tensor in tensors.items()}


def read_sizes(configuration: dict, sizes: dict[str, str], fixed: dict) -> dict:
    """Takes a model's sizes out of a ``config.json``.

    Args:
        configuration: of the file.
        sizes: our names of the values -> the published ones.
        fixed: values, by published name, that our code takes for granted; with another
            value it would be another model.

    Returns:
        The values by our names.

    Raises:
        ValueError: a value is missing, or a fixed one is another.
    """
    for name, value in fixed.items():
        if configuration.get(name, value) != value:
            raise ValueError(
                f"expected {name} of {value!r}, got {configuration[name]!r}"
            )
    missing = [name for name in sizes.values() if name not in configuration]
    if missing:
        raise ValueError(f"expected {', '.join(missing)}, got none")
    values = {ours: configuration[theirs] for ours, theirs in sizes.items()}
    for ours, published in ACTIVATIONS.items():
        if values.get("activation") in published:
            values["activation"] = ours
    return values


def write_sizes(config, sizes: dict[str, str], fixed: dict) -> dict:
    """Gives the part of a ``config.json`` that ``read_sizes`` reads."""
    values = {theirs: getattr(config, ours) for ours, theirs in sizes.items()}
    if "activation" in sizes:
        values[sizes["activation"]] = ACTIVATIONS[config.activation][0]
    return {**values, **fixed}


def fill(
    table: Table,
    tensors: dict[str, np.ndarray],
    source: str | Path,
    copies: dict[str, str] | None = None,
    ignored: Sequence[str] = (),
) -> None:
    """Puts every tensor of a file where it belongs.

    Nothing is changed unless all of them fit.

    Args:
        table: where they belong, by name.
        tensors: of the file, by name.
        source: where they come from, for the errors.
        copies: names of tensors that some files repeat, and the names of the originals;
            one that the table has is a tensor of its own.
        ignored: patterns of names that the model has no use for, matched from the
            start of the name.

    Raises:
        ValueError: a tensor is missing, left over, or of another shape, or a copy
            differs from its original.
    """
    copies = {
        name: original
        for name, original in (copies or {}).items()
        if name in tensors and name not in table
    }
    missing = [name for name in table if name not in tensors]
    surplus = [
        name
        for name in tensors
        if name not in table
        and name not in copies
        and not any(re.match(pattern, name) for pattern in ignored)
    ]
    if missing or surplus:
        raise ValueError(
            f"{source}: expected the {len(table)} tensors of the model, got "
            f"{_listed(missing)} missing and {_listed(surplus)} left over"
        )
    for name, original in copies.items():
        if original in tensors and not np.array_equal(tensors[name], tensors[original]):
            raise ValueError(f"{source}: expected {name} to be a copy of {original}")
    new_values = []
    for name, (variable, transposed) in table.items():
        value = tensors[name].T if transposed else tensors[name]
        variables = variable if isinstance(variable, tuple) else (variable,)
        expected = _side_by_side([tuple(one.shape) for one in variables])
        if value.shape != expected:
            raise ValueError(
                f"{source}: expected {name} to give {expected} for "
                f"{variables[0].path}, got {value.shape}"
            )
        parts = np.split(value, len(variables), axis=-1)
        new_values += zip(variables, parts, strict=True)
    for variable, value in new_values:
        variable.assign(value.astype(variable.dtype))


def write(folder: str | Path, table: Table, configuration: dict) -> None:
    """Writes the folder whole or not at all; a checkpoint that is there is replaced.

    Raises:
        ValueError: there is something else than a checkpoint.
    """
    import safetensors.numpy

    folder = Path(folder)
    if folder.exists() and not (folder / CONFIGURATION).is_file():
        raise ValueError(f"{folder}: expected a new name or a checkpoint to replace")
    tensors = {}
    for name, (variable, transposed) in table.items():
        variables = variable if isinstance(variable, tuple) else (variable,)
        values = [keras.ops.convert_to_numpy(one) for one in variables]
        value = np.concatenate(values, axis=-1).astype(np.float32)
        tensors[name] = np.ascontiguousarray(value.T if transposed else value)
    new, old = (folder.with_name(folder.name + end) for end in (".new", ".old"))
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        # `transformers` opens no file that does not name its format.
        safetensors.numpy.save_file(tensors, new / WEIGHTS, metadata={"format": "pt"})
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


def _side_by_side(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Gives the shape of several arrays of one shape, along the last axis."""
    return (*shapes[0][:-1], len(shapes) * shapes[0][-1])


def _name_of_today(name: str) -> str:
    stem, _, end = name.rpartition(".")
    today = {"gamma": "weight", "beta": "bias"}.get(end, end)
    return f"{stem}.{today}" if stem else today


def _listed(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{len(names)} ({shown}{more})" if names else "none"
