"""Text classification data with one schema: texts, labels, three parts.

Article: §5.3.3 (模型训练, steps 1 and 3), §6 (item 1, text classification).

`load_classification` reads the sets of the catalog and a user's own data. How rows are
divided, and which are dropped, stands in `splits.divide`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.classification_files import READERS
from roots_tf.datasets.own_files import language_of, read_own_files

CLASSIFICATION_SETS = ("docstrings", "reviews_zh", "reviews_en", *READERS)


@dataclass(frozen=True, eq=False)
class TextExamples:
    """Texts with their labels.

    Attributes:
        texts: N texts, as in the source.
        labels: (N,) int32, indices into the label names of the set.
    """

    texts: tuple[str, ...]
    labels: np.ndarray

    def __post_init__(self):
        shape, dtype = np.shape(self.labels), getattr(self.labels, "dtype", None)
        if shape != (len(self.texts),) or dtype != np.int32:
            raise ValueError(
                f"expected int32 labels of shape ({len(self.texts)},), one for each "
                f"text, got {dtype} of shape {shape}"
            )

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, eq=False)
class TextClassificationData:
    """A classification set, divided so that no text is in two parts.

    Attributes:
        name: name of the set; of a user's data, the name of its file or folder.
        language: ``en`` or ``zh``.
        label_names: C names; a label is an index into them.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: how many rows reading dropped, by reason.
    """

    name: str
    language: str
    label_names: tuple[str, ...]
    train: TextExamples
    validation: TextExamples
    test: TextExamples
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of label names, texts and labels of all parts."""
        columns = [self.label_names]
        for part in (self.train, self.validation, self.test):
            columns += [part.texts, [part.labels.astype("<i4").tobytes()]]
        return splits.content_hash(columns)


def load_classification(
    name_or_path: str, data_dir: Path | None = None
) -> TextClassificationData:
    """Loads a classification set.

    A user's own data is a ``.csv`` or ``.tsv`` file with the header columns ``text``
    and ``label`` (divided 80/10/10 by a hash of the text), or a folder with
    ``train.csv``, ``test.csv`` and, if there is one, ``validation.csv`` of these
    columns (else 10 % of train). Its label names are those of train, sorted; its
    language is ``zh`` where at least a fifth of the characters are Han, else ``en``.

    Args:
        name_or_path: a name of `CLASSIFICATION_SETS`, or the path of a user's data.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Returns:
        The set in three parts.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or data that is not as described above.
    """
    if name_or_path == "docstrings":
        from roots_tf.datasets.docstrings import docstring_classification

        return docstring_classification()
    if name_or_path in ("reviews_zh", "reviews_en"):
        label_names, parts = read_own_files(catalog.PROJECT_DATA / name_or_path)
    elif name_or_path in READERS:
        folder, edition = catalog.locate(name_or_path, data_dir)
        label_names, parts = READERS[name_or_path](folder, edition)
    else:
        return _load_own(name_or_path)
    language = catalog.CATALOG[name_or_path].language
    return build_classification(name_or_path, language, label_names, parts)


def build_classification(
    name: str,
    language: str,
    label_names: tuple[str, ...],
    parts: Mapping[str, splits.Rows],
) -> TextClassificationData:
    """Divides rows of (text, label name) and numbers the labels.

    Raises:
        ValueError: fewer than two labels, a part without rows, or a label that train
            lacks.
    """
    divided, changes = splits.divide(parts)
    if len(label_names) < 2:
        raise ValueError(
            f"{name}: expected two or more labels, got only {label_names[0]!r}"
        )
    learned = {label for _, label in divided["train"]}
    for part, rows in divided.items():
        if not rows:
            total = sum(map(len, parts.values()))
            raise ValueError(
                f"{name}: expected rows in every part, got none in {part} "
                f"({total} rows read, {sum(changes.values())} of them dropped)"
            )
        for _, label in rows:
            if label not in learned:
                raise ValueError(
                    f"{name}: expected rows of every label in train, got none of "
                    f"{label!r}, which is in {part}"
                )
    return TextClassificationData(
        name=name,
        language=language,
        label_names=label_names,
        changes=dict(changes),
        **{part: _examples(rows, label_names) for part, rows in divided.items()},
    )


def _load_own(given):
    path = Path(given)
    if not path.is_dir() and path.suffix.lower() not in (".csv", ".tsv"):
        raise ValueError(
            catalog.unknown_name(given, CLASSIFICATION_SETS)
            + "; your own data is a .csv or .tsv file, or a folder"
        )
    label_names, parts = read_own_files(path)
    language = language_of(text for text, _ in next(iter(parts.values())))
    return build_classification(path.resolve().stem, language, label_names, parts)


def _examples(rows, label_names):
    index = {label: number for number, label in enumerate(label_names)}
    labels = np.array([index[label] for _, label in rows], np.int32)
    return TextExamples(tuple(text for text, _ in rows), labels)
