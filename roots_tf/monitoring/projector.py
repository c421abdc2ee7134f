"""An embedding table in TensorBoard's PROJECTOR tab.

The Keras 3 callback writes `.weights.h5`, which the tab cannot read, so the files are
written here.

Article: §2.3 (word vectors), §7.2.2 (TensorBoard).
Source: TensorBoard, "Visualizing Data using the Embedding Projector".
"""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorboard.plugins import projector

_CONFIG = "projector_config.pbtxt"
_REPLACED = "replaced"
_MOST_TSV_ROWS = 10_000  # text is 2.4 times the size, but any projector reads it
_ESCAPES = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r"})


def write_projector(
    folder: Path | str,
    vectors: np.ndarray,
    words: Sequence[str],
    metadata: Mapping[str, Sequence] | None = None,
    name: str = "embedding",
) -> None:
    """Write a table of vectors as a TensorBoard run of its own.

    The folder appears whole or not at all; an earlier table in it is replaced. Tabs
    and line ends in words are written as `\\t`, `\\n`, `\\r`, and words of nothing but
    blanks in quotes, because the tab drops blank lines and would shift every label.

    Args:
        folder: A folder for the projector alone, e.g. `<run>/projector`.
        vectors: (V, D) finite floats.
        words: V labels.
        metadata: More columns by name, e.g. {"frequency": counts}, V values each.
        name: What the tab calls the table.

    Raises:
        ValueError: If sizes do not fit, a value is not finite or `folder` holds
            something else.
    """
    folder, vectors = Path(folder), np.asarray(vectors, "<f4")
    columns = {"word": words}
    for column, values in (metadata or {}).items():
        if column in columns:
            raise ValueError(f"expected a metadata name other than {column!r}")
        columns[column] = values
    _check(folder, vectors, columns)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write_files(new, vectors, columns, name)
        new.chmod(0o755)  # mkdtemp lets nobody else in
        if folder.exists():
            os.replace(folder, new / _REPLACED)
        os.replace(new, folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(folder / _REPLACED, ignore_errors=True)


def _check(folder, vectors, columns) -> None:
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise ValueError(f"expected vectors of shape (V, D), got {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("expected finite vectors, got NaN or infinite values")
    for name, values in columns.items():
        if len(values) != len(vectors):
            raise ValueError(
                f"expected one {name!r} for each of {len(vectors)} vectors, "
                f"got {len(values)}"
            )
    if folder.exists() and not (folder / _CONFIG).exists():
        raise ValueError(f"expected no folder or an earlier projector at {folder}")


def _write_files(folder, vectors, columns, name) -> None:
    data = vectors.tobytes()
    if len(vectors) > _MOST_TSV_ROWS and _is_seen_as_binary(data):
        tensor_path = "tensors.bytes"
        (folder / tensor_path).write_bytes(data)
    else:
        tensor_path = "tensors.tsv"
        np.savetxt(folder / tensor_path, vectors, fmt="%.9g", delimiter="\t")
    config = projector.ProjectorConfig()
    config.embeddings.add(
        tensor_name=name,
        tensor_path=tensor_path,
        tensor_shape=vectors.shape,
        metadata_path="metadata.tsv",
    )
    (folder / _CONFIG).write_text(text_format.MessageToString(config))

    rows = ["\t".join(map(_cell, row)) for row in zip(*columns.values(), strict=True)]
    if len(columns) > 1:  # the format: a header if and only if there are two columns
        rows.insert(0, "\t".join(map(_cell, columns)))
    metadata = "".join(f"{row}\n" for row in rows)
    (folder / "metadata.tsv").write_bytes(metadata.encode("utf-8", "backslashreplace"))

    # The tab lists only folders that hold an event file.
    with tf.summary.create_file_writer(str(folder)).as_default(step=0) as writer:
        tf.summary.text(name, f"{len(vectors)} vectors of {vectors.shape[1]} numbers")
        writer.close()


def _is_seen_as_binary(data: bytes) -> bool:
    """Tell whether the tab takes the bytes for numbers and not for text.

    It reads any tensor file as lines of text first and turns to bytes only where
    that fails by a line that is no UTF-8; a first line that happens to be text, such
    as a 0.0, breaks it. One in 200 tables of random normal numbers is like that.
    """
    first_line = data.lstrip(b"\n").partition(b"\n")[0]
    try:
        first_line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _cell(value) -> str:
    text = str(value)
    if not text.replace("\ufeff", "").strip():
        text = repr(text)
    return text.translate(_ESCAPES)
