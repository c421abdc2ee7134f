"""Batches of sentence pairs of like length, as an encoder-decoder learns from them.

Article: §5.2 (``batch_size``), §6 (2. 机器翻译).
Source: pairs of about the same length together: Vaswani et al. 2017 (1706.03762), §5.1.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

_POOL = 50  # batches whose pairs are sorted by length among themselves


class PairBatches:
    """The batches of each epoch, the same for one seed on every run.

    Calling it with an epoch's number gives a ``tf.data.Dataset`` of ``(inputs, labels,
    weights)``: inputs ``source_ids`` (B, S) and ``target_ids`` (B, T) int32, the latter
    what the decoder reads, padding as the start token and then the target's tokens but
    the last; labels (B, T) int32, what it has to write; weights (B, T) float32, 1 for a
    real label and 0 for padding, which is id 0, on the right.

    The pairs are shuffled, sorted by length within pools of 50 batches, cut into
    batches, and the batches shuffled: little padding, and still chance company. All of
    it depends on seed and epoch alone.

    Args:
        sources, targets: ids (S,) and (T,) of each pair, one or more, the end token
            included.
        batch_size: pairs a batch, B; the last one that is cut may have fewer.
        seed: of the order.

    Raises:
        ValueError: there are no pairs, or not as many targets as sources, or one of
            them is empty.
    """

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        targets: Sequence[np.ndarray],
        batch_size: int,
        seed: int = 0,
    ):
        if not sources or len(sources) != len(targets):
            raise ValueError(
                "expected a target for each of 1 or more sources, got "
                f"{len(targets)} for {len(sources)}"
            )
        self.batch_size, self.seed = batch_size, seed
        self._sources, self._targets = _ragged(sources), _ragged(targets)
        self._lengths = np.array(
            [(len(t), len(s)) for s, t in zip(sources, targets, strict=True)]
        )
        if not self._lengths.all():
            raise ValueError("expected one token or more of each, got an empty one")

    def __len__(self) -> int:
        return -(-len(self._lengths) // self.batch_size)

    def rows(self, epoch: int) -> list[np.ndarray]:
        """Gives the numbers of the pairs of each batch."""
        draw = np.random.default_rng([self.seed, epoch])
        order, pool = draw.permutation(len(self._lengths)), _POOL * self.batch_size
        batches = []
        for start in range(0, len(order), pool):
            rows = order[start : start + pool]
            by_length = np.lexsort(self._lengths[rows].T[::-1])  # target, then source
            rows = rows[by_length]
            batches += [
                rows[first : first + self.batch_size]
                for first in range(0, len(rows), self.batch_size)
            ]
        return [batches[place] for place in draw.permutation(len(batches))]

    def __call__(self, epoch: int) -> tf.data.Dataset:
        rows = tf.data.Dataset.from_tensor_slices(_ragged(self.rows(epoch)))
        batches = rows.map(self._batch, tf.data.AUTOTUNE, deterministic=True)
        return batches.prefetch(tf.data.AUTOTUNE)

    def _batch(self, rows):
        source_ids = tf.gather(self._sources, rows).to_tensor()  # (B, S)
        labels = tf.gather(self._targets, rows).to_tensor()  # (B, T)
        read = tf.pad(labels[:, :-1], [[0, 0], [1, 0]])  # (B, T), 0 first
        inputs = {"source_ids": source_ids, "target_ids": read}
        return inputs, labels, tf.cast(labels != 0, tf.float32)


def _ragged(rows: Sequence[np.ndarray]) -> tf.RaggedTensor:
    lengths = [len(row) for row in rows]
    values = np.concatenate(rows).astype(np.int32)
    return tf.RaggedTensor.from_row_lengths(values, lengths)
