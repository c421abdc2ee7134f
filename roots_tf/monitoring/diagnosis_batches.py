"""Training batches as NumPy arrays, for the diagnosis to look at.

Article: §7.2.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Batch:
    """One training batch as NumPy arrays.

    Attributes:
        structure: the inputs (B, ...) as the model takes them.
        inputs: the same, in the order of ``tf.nest.flatten``.
        labels: as the loss takes them; None where they are several tensors.
        weights: of the items; None where there are none, or several.
    """

    structure: object
    inputs: list[np.ndarray]
    labels: np.ndarray | None
    weights: np.ndarray | None

    @property
    def token_ids(self) -> np.ndarray | None:
        """The integer input (B, T) with the largest number, None without any."""
        ids = [x for x in self.inputs if x.ndim == 2 and x.dtype.kind in "iu"]
        return max(ids, key=np.max, default=None)

    @property
    def classes(self) -> np.ndarray | None:
        """The class of each example (B,), also of one-hot rows; None for others."""
        labels = self.labels
        if labels is None:
            return None
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        elif labels.ndim == 2 and labels.dtype.kind == "f":
            if np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(1) == 1):
                labels = labels.argmax(axis=1)
        if labels.ndim != 1 or np.any(labels != np.round(labels)):
            return None
        return labels.astype(np.int64)


def read_batches(dataset: tf.data.Dataset, count: int) -> list[Batch]:
    """Reads the first batches ``(inputs, labels[, weights])`` of a data set."""
    batches = []
    for inputs, labels, *rest in dataset.take(count):
        inputs = tf.nest.map_structure(lambda tensor: tensor.numpy(), inputs)
        weights = _array(rest[0]) if rest else None
        batches.append(Batch(inputs, tf.nest.flatten(inputs), _array(labels), weights))
    return batches


def class_counts(batches: Sequence[Batch]) -> np.ndarray | None:
    """Counts the examples of each class, (C,); None where labels are no classes."""
    classes = [batch.classes for batch in batches]
    if not classes or any(labels is None or labels.min() < 0 for labels in classes):
        return None
    return np.bincount(np.concatenate(classes))


def examples_of(batches: Sequence[Batch], label: int, most: int):
    """Joins examples of a class, as the model takes them, the short ones first.

    Where batches differ in width they are padded on the right with zeros.
    """
    chosen, found = [], 0
    for batch in sorted(batches, key=lambda batch: batch.inputs[0].shape[-1]):
        rows = np.flatnonzero(batch.classes == label)[: most - found]
        chosen.append([array[rows] for array in batch.inputs])
        found += len(rows)
    joined = [_padded_together(arrays) for arrays in zip(*chosen, strict=True)]
    return tf.nest.pack_sequence_as(batches[0].structure, joined)


def _array(tensor) -> np.ndarray | None:
    return tensor.numpy() if isinstance(tensor, tf.Tensor) else None


def _padded_together(arrays: Sequence[np.ndarray]) -> np.ndarray:
    arrays = [array for array in arrays if len(array)]
    if arrays[0].ndim == 1:
        return np.concatenate(arrays)
    width = max(array.shape[1] for array in arrays)
    around = [(0, 0)] * arrays[0].ndim
    padded = []
    for array in arrays:
        around[1] = (0, width - array.shape[1])
        padded.append(np.pad(array, around))
    return np.concatenate(padded)
