"""A user's own labelled texts: one table, or a folder with a table per part.

Article: §5.3.3 (模型训练, step 1), §6 (item 1, text classification).
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from roots_tf.datasets.classification_files import Labelled
from roots_tf.datasets.text_tables import labelled_rows

_HAN = re.compile("[\u3400-\u9fff]")


def read_own_files(
    path: Path, columns: Sequence[str] = ("text", "label"), joint: str = " "
) -> Labelled:
    """Reads a ``.csv`` or ``.tsv`` file, or a folder of ``.csv`` files.

    Args:
        path: a file with these header columns, or a folder with ``train.csv``,
            ``test.csv`` and perhaps ``validation.csv`` of that form.
        columns: the text columns and last the label column.
        joint: what is put between texts, see ``text_tables.labelled_rows``.

    Returns:
        The labels, sorted (of a folder those of train), and the rows by part.

    Raises:
        OSError: a file is missing or cannot be read.
        ValueError: a broken file, or a label in validation or test that train lacks.
    """
    if path.is_dir():
        return _read_folder(path, columns, joint)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    rows = labelled_rows(path, columns, joint=joint, delimiter=delimiter)
    return tuple(sorted({label for _, label in rows})), {"all": rows}


def language_of(texts: Iterable[str]) -> str:
    """Tells ``zh``, where at least a fifth of the characters are Han, from ``en``.

    Example:
        >>> language_of(["BERT 是什么？"]), language_of(["What is 深?"])
        ('zh', 'en')
    """
    characters = "".join(texts)
    return "zh" if 5 * len(_HAN.findall(characters)) >= len(characters) else "en"


def _read_folder(folder, columns, joint):
    for name in ("train.csv", "test.csv"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder}: expected train.csv, test.csv and perhaps validation.csv, "
                f"got no {name}"
            )
    parts = {"train": labelled_rows(folder / "train.csv", columns, joint=joint)}
    label_names = tuple(sorted({label for _, label in parts["train"]}))
    known = {label: label for label in label_names}
    for part in ("validation", "test"):
        file = folder / f"{part}.csv"
        if file.is_file():
            parts[part] = labelled_rows(file, columns, known, joint=joint)
    return label_names, parts
