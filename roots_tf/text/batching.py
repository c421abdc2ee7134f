"""Batches of texts of like length (bucketing), so that short texts do not pay for long.

Article: §5.2 (``batch_size=32``), §5.3.3 step 1.

A recurrent step costs the same for a padding id as for a word. Cutting a shuffled epoch
into batches as it comes pads each text to the longest of its batch; here a text waits
in the bucket of its length until its bucket has a whole batch.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

TAG_PADDING = -1


class BucketedBatches:
    """The batches of each epoch, the same for one seed on every run.

    Calling it with an epoch number gives that epoch's ``tf.data.Dataset`` of
    ``(token_ids, labels)``: ``token_ids`` (B, T) int32, padded on the right with 0 to
    the batch's longest text (T is at least 1); ``labels`` (B,) int32, or for sequences
    of labels (B, T) int32 padded with -1. The order depends on the seed and the epoch
    number alone, so that a run that was killed can go on in the middle of an epoch by
    skipping the batches that it has had.

    Args:
        sequences: one int array of ids a text; an empty text becomes one padding id.
        labels: int array (N,), or one int array a text of that text's length.
        batch_size: texts a batch, B; the last batch of each bucket may hold fewer.
        seed: of the order.
        num_buckets: how many lengths are told apart; their bounds are quantiles, so
            that each bucket has its share of the texts. 1 for no bucketing.
        shuffle: False keeps the given order within each bucket.

    Raises:
        ValueError: there is no text, the two lists differ in length, or a text and its
            sequence of labels do.
    """

    def __init__(
        self,
        sequences: Sequence[np.ndarray],
        labels: Sequence,
        batch_size: int,
        seed: int = 0,
        num_buckets: int = 10,
        shuffle: bool = True,
    ):
        if not len(sequences) or len(sequences) != len(labels):
            raise ValueError(
                f"expected texts and a label for each, got {len(sequences)} texts "
                f"and {len(labels)} labels"
            )
        self.batch_size = batch_size
        self.seed = seed
        self.shuffle = shuffle
        if np.ndim(labels[0]) == 0:
            self._labels = tf.constant(np.asarray(labels, np.int32))
        else:
            for place, (ids, tags) in enumerate(zip(sequences, labels, strict=True)):
                if len(ids) != len(tags):
                    raise ValueError(
                        f"expected a label for each of the {len(ids)} tokens of text "
                        f"{place}, got {len(tags)}"
                    )
            untagged = np.full(1, TAG_PADDING, np.int32)
            self._labels = _ragged([tags if len(tags) else untagged for tags in labels])
        empty = np.zeros(1, np.int32)
        sequences = [ids if len(ids) else empty for ids in sequences]
        self.lengths = np.array([len(ids) for ids in sequences])
        self._token_ids = _ragged(sequences)
        quantiles = np.linspace(0, 1, num_buckets + 1)[1:-1]
        bounds = np.unique(np.quantile(self.lengths, quantiles).astype(int)) + 1
        self.bounds = bounds.tolist()  # a bucket holds lengths below its bound

    def __len__(self) -> int:
        """Gives the number of batches of an epoch, which is the same for each."""
        bucket = np.searchsorted(self.bounds, self.lengths, side="right")
        sizes = np.bincount(bucket)
        return int(np.ceil(sizes / self.batch_size).sum())

    def order(self, epoch: int) -> np.ndarray:
        """Gives the order (N,) in which epoch ``epoch`` meets the texts."""
        count = len(self.lengths)
        if not self.shuffle:
            return np.arange(count)
        return np.random.default_rng([self.seed, epoch]).permutation(count)

    def __call__(self, epoch: int) -> tf.data.Dataset:
        dataset = tf.data.Dataset.from_tensor_slices(self.order(epoch)).map(
            lambda index: (self._token_ids[index], self._labels[index]),
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        return dataset.bucket_by_sequence_length(
            lambda token_ids, labels: tf.shape(token_ids)[0],
            bucket_boundaries=self.bounds,
            bucket_batch_sizes=[self.batch_size] * (len(self.bounds) + 1),
            padding_values=(0, TAG_PADDING),
        ).prefetch(tf.data.AUTOTUNE)


def in_order(
    sequences: Sequence[np.ndarray], batch_size: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cuts texts to be predicted into padded batches, sorted by length.

    Returns:
        Pairs ``(rows, token_ids)``: the texts' places (B,) int64 in the given list,
        and their ids (B, T) int32, padded on the right with 0, T at least 1.
    """
    by_length = np.argsort([len(ids) for ids in sequences], kind="stable")
    batches = []
    for start in range(0, len(sequences), batch_size):
        rows = by_length[start : start + batch_size]
        width = max(1, len(sequences[rows[-1]]))
        token_ids = np.zeros((len(rows), width), np.int32)
        for line, row in zip(token_ids, rows, strict=True):
            line[: len(sequences[row])] = sequences[row]
        batches.append((rows, token_ids))
    return batches


def _ragged(sequences: Sequence[np.ndarray]) -> tf.RaggedTensor:
    lengths = [len(sequence) for sequence in sequences]
    values = np.concatenate(sequences).astype(np.int32)
    return tf.RaggedTensor.from_row_lengths(values, lengths)
