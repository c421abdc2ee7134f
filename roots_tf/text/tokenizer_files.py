"""The files of a tokenizer: written whole, read with care.

Article: §5.3.3 step 1, §9.3 (a model is applied with the tokenizer it was trained on).
"""

import json
import os
from pathlib import Path
from typing import Any

CONFIGURATION = "tokenizer_config.json"  # the name that published models give it


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that is there whole or not at all; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_text(path: Path) -> str:
    """Reads UTF-8 text, line ends as they are.

    Raises:
        ValueError: it is not UTF-8.
        OSError: there is no such file.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}: expected UTF-8, got byte 0x{error.object[error.start]:02x} "
            f"at offset {error.start}"
        ) from None


def read_json_object(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        ValueError: the file holds something else.
        OSError: there is no such file.
    """
    try:
        value = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path}: expected a JSON object, got {value!r:.40}")
    return value


def write_configuration(folder: Path, configuration: dict[str, Any]) -> None:
    """Writes ``tokenizer_config.json``, which transformers reads too."""
    text = json.dumps(configuration, ensure_ascii=False, indent=2)
    write_whole(folder / CONFIGURATION, (text + "\n").encode())


def read_configuration(folder: Path) -> dict[str, Any]:
    """Reads ``tokenizer_config.json``; an empty one where there is none.

    Raises:
        ValueError: it is no JSON object.
    """
    path = folder / CONFIGURATION
    return read_json_object(path) if path.is_file() else {}
