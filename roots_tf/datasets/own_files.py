"""A user's own classification data: one table, or a folder with a table per part.

Article: §5.3.3 (模型训练, step 1), §6 (item 1, text classification).
"""

from pathlib import Path

from roots_tf.datasets.classification_files import Labelled
from roots_tf.datasets.text_tables import labelled_rows

_COLUMNS = ("text", "label")


def read_own_files(path: Path) -> Labelled:
    """Reads a ``.csv`` or ``.tsv`` file, or a folder of ``.csv`` files.

    Args:
        path: a file with the header columns ``text`` and ``label``, or a folder with
            ``train.csv``, ``test.csv`` and perhaps ``validation.csv`` of that form.

    Returns:
        The labels, sorted (of a folder those of train), and the rows by part.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a broken file, or a label in validation or test that train lacks.
    """
    if path.is_dir():
        return _read_folder(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = labelled_rows(path, _COLUMNS, delimiter=delimiter)
    return tuple(sorted({label for _, label in rows})), {"all": rows}


def _read_folder(folder):
    for name in ("train.csv", "test.csv"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder}: expected train.csv, test.csv and perhaps validation.csv, "
                f"got no {name}"
            )
    parts = {"train": labelled_rows(folder / "train.csv", _COLUMNS)}
    label_names = tuple(sorted({label for _, label in parts["train"]}))
    known = {label: label for label in label_names}
    for part in ("validation", "test"):
        file = folder / f"{part}.csv"
        if file.is_file():
            parts[part] = labelled_rows(file, _COLUMNS, known)
    return label_names, parts
