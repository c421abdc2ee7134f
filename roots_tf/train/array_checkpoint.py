"""A checkpoint of NumPy arrays and JSON in one file, for loops without Keras variables.

Article: §5.3.3 step 3.
"""

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

_ROWS = 10_000  # of a large table at a time


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], progress: dict) -> None:
    """Writes a checkpoint, whole or not at all; an earlier one is replaced.

    Args:
        path: of the file.
        arrays: by name, any but "progress": arrays, or what can be sliced into some and
            has a shape and a dtype, which is read some rows at a time.
        progress: what else there is to keep, as JSON has it.

    Raises:
        OSError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}")
    try:
        with open(temporary, "wb") as file:
            _write({**arrays, "progress": np.array(json.dumps(progress))}, file)
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


def _write(arrays, file) -> None:
    """Does what `numpy.savez` does, but holds only some rows at a time."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if isinstance(values, np.ndarray | np.generic):
                    np.lib.format.write_array(member, np.asarray(values), None, False)
                    continue
                header = {
                    "descr": np.lib.format.dtype_to_descr(values.dtype),
                    "fortran_order": False,
                    "shape": values.shape,
                }
                np.lib.format.write_array_header_1_0(member, header)
                for start in range(0, len(values), _ROWS):
                    member.write(values[start : start + _ROWS].tobytes())
