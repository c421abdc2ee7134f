"""A checkpoint of NumPy arrays and JSON in one file, for loops without Keras variables.

Article: §5.3.3 step 3.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], progress: dict) -> None:
    """Writes a checkpoint, whole or not at all; an earlier one is replaced.

    Args:
        path: of the file.
        arrays: by name; any but "progress".
        progress: what else there is to keep, as JSON has it.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}")
    try:
        with open(temporary, "wb") as file:
            np.savez(file, progress=np.array(json.dumps(progress)), **arrays)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    """Reads what `save_arrays` wrote: the arrays and the progress.

    Raises:
        ValueError: the file is cut or no checkpoint.
        OSError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays, json.loads(str(arrays.pop("progress")))
    except (
        ValueError,
        KeyError,
        AttributeError,  # a bare array is no context manager: in Python 3.10
        TypeError,  # and since
        EOFError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(f"{path}: expected a whole checkpoint, got {error}") from None
