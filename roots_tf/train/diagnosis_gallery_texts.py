"""The texts of the diagnosis gallery: two sets that have none in common.

Article: §7.2.2.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from roots_tf.datasets.classification import (
    TextClassificationData,
    TextExamples,
    load_classification,
)
from roots_tf.datasets.docstrings import docstring_classification
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

# Set of the gallery -> reviews, and libraries whose docstrings are told apart. What was
# decided on "choose" is judged on "report": another language, other libraries.
SETS = {
    "choose": ("reviews_en", ("matplotlib", "numpy", "pandas")),
    "report": ("reviews_zh", ("python", "scikit-learn", "scipy")),
}
_VOCAB_SIZE = 1_000
_MAX_LENGTH = 32  # tokens: the runs are to be short
_MOST_PER_LIBRARY = 600


@dataclass(frozen=True)
class Texts:
    """Encoded texts; a part is "train" or "validation".

    Attributes:
        name: of the set of ``roots_tf.datasets``.
        ids: by part a list of (T,) int32, T from 1 to 32.
        bags: by part (N, V) float32, ``log(1 + count)`` of each known word.
        labels: by part (N,) int32.
        vocab_size: ids are below it.
        num_classes: C.
        content_hash: SHA-256 of texts and labels, hexadecimal.
    """

    name: str
    ids: dict[str, list[np.ndarray]]
    bags: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    vocab_size: int
    num_classes: int
    content_hash: str

    @property
    def num_words(self) -> int:
        """V, the width of a bag."""
        return self.bags["train"].shape[1]


def read_texts(name: str) -> dict[str, Texts]:
    """Reads the "reviews" and the "docstrings" of a set.

    Raises:
        ValueError: a library's sources are not installed.
    """
    reviews, libraries = SETS[name]
    docstrings = docstring_classification(_MOST_PER_LIBRARY)
    return {
        "reviews": _encode(load_classification(reviews)),
        "docstrings": _encode(_only(docstrings, libraries)),
    }


def content_hash(texts: Iterable[Texts]) -> str:
    """SHA-256 over those of several."""
    both = "".join(part.content_hash for part in texts)
    return hashlib.sha256(both.encode()).hexdigest()


def _only(data: TextClassificationData, names: tuple[str, ...]):
    """The texts of some classes, numbered anew."""
    number = {data.label_names.index(name): index for index, name in enumerate(names)}
    parts = {}
    for part in ("train", "validation", "test"):
        examples = getattr(data, part)
        pairs = zip(examples.texts, examples.labels.tolist(), strict=True)
        rows = [(text, number[label]) for text, label in pairs if label in number]
        labels = np.array([label for _, label in rows], np.int32)
        parts[part] = TextExamples(tuple(text for text, _ in rows), labels)
    return TextClassificationData(data.name, data.language, names, **parts)


def _encode(data: TextClassificationData) -> Texts:
    settings = TextSettings(max_length=_MAX_LENGTH)
    parts = {"train": data.train, "validation": data.validation}
    tokens = {name: tokenize(part.texts, settings) for name, part in parts.items()}
    vocabulary = Vocabulary.build(tokens["train"], max_size=_VOCAB_SIZE)
    ids = {name: encode(tokens[name], vocabulary, settings) for name in parts}
    return Texts(
        name=data.name,
        ids=ids,
        bags={name: _bags(ids[name], len(vocabulary)) for name in parts},
        labels={name: part.labels for name, part in parts.items()},
        vocab_size=len(vocabulary),
        num_classes=len(data.label_names),
        content_hash=data.content_hash,
    )


def _bags(ids: list[np.ndarray], size: int) -> np.ndarray:
    x = np.zeros((len(ids), size), np.float32)
    for row, text in zip(x, ids, strict=True):
        row[:] = np.log1p(np.bincount(text, minlength=size))
    return x[:, 2:]  # padding and unknown words are no features
