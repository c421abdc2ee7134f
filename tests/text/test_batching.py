"""Batches: every text once, in buckets of like length, resumable."""

import numpy as np
import pytest

from roots_tf.text.batching import BucketedBatches, in_order


def texts(count: int, seed: int = 0) -> list[np.ndarray]:
    """Texts of very different lengths; the first id of each is its number, from 1."""
    lengths = np.random.default_rng(seed).geometric(0.05, count)
    return [np.full(length, n + 1, np.int32) for n, length in enumerate(lengths)]


def batches_of(batches: BucketedBatches, epoch: int) -> list[tuple]:
    return [(ids.numpy(), labels.numpy()) for ids, labels in batches(epoch)]


def padding_share(batches: BucketedBatches) -> float:
    shown = [ids for ids, _ in batches_of(batches, 1)]
    return sum((ids == 0).sum() for ids in shown) / sum(ids.size for ids in shown)


@pytest.mark.parametrize("count, batch_size", [(1, 4), (7, 1), (100, 8), (333, 32)])
@pytest.mark.parametrize("num_buckets", [1, 3, 10])
def test_every_epoch_holds_every_text_once_with_its_label(
    count, batch_size, num_buckets
):
    sequences = texts(count)
    labels = np.arange(count) % 5
    batches = BucketedBatches(sequences, labels, batch_size, num_buckets=num_buckets)

    for epoch in (1, 2):
        found = batches_of(batches, epoch)
        numbers = np.concatenate([ids[:, 0] for ids, _ in found])
        given = np.concatenate([labels for _, labels in found])
        assert sorted(numbers) == list(range(1, count + 1))
        assert (given == labels[numbers - 1]).all()
        assert len(found) == len(batches)
        assert max(len(ids) for ids, _ in found) <= batch_size
        for ids, labels_of_batch in found:
            assert ids.dtype == labels_of_batch.dtype == "int32"
            lengths = [len(sequences[n - 1]) for n in ids[:, 0]]
            assert ((ids != 0).sum(axis=1) == lengths).all()
            assert ((ids != 0) == (np.arange(ids.shape[1]) < np.c_[lengths])).all()
            assert ids.shape[1] == max(lengths)


def test_texts_of_one_length_fill_one_bucket():
    batches = BucketedBatches([np.ones(4, np.int32)] * 10, [0] * 10, 4)

    assert [len(ids) for ids, _ in batches_of(batches, 1)] == [4, 4, 2]
    assert len(batches) == 3


def test_buckets_save_most_of_the_padding():
    sequences = texts(2_000)

    plain = padding_share(BucketedBatches(sequences, [0] * 2_000, 32, num_buckets=1))
    bucketed = padding_share(BucketedBatches(sequences, [0] * 2_000, 32))

    assert plain > 0.6  # the geometric distribution's longest of 32 is 4 times its mean
    assert bucketed < plain / 2


def test_one_seed_and_epoch_give_one_order_and_others_give_others():
    def numbers(seed, epoch):
        batches = BucketedBatches(texts(50), [0] * 50, 4, seed)
        return [ids[:, 0].tolist() for ids, _ in batches_of(batches, epoch)]

    assert numbers(3, 1) == numbers(3, 1)
    assert numbers(3, 1) != numbers(3, 2)
    assert numbers(3, 1) != numbers(4, 1)
    assert numbers(1, 2) != numbers(2, 1)


@pytest.mark.parametrize("done", [0, 1, 5, 24, 25])
def test_skipping_what_was_done_goes_on_with_the_next_batch(done):
    batches = BucketedBatches(texts(100), [0] * 100, 4, num_buckets=1)
    whole = batches_of(batches, 2)

    rest = [ids.numpy() for ids, _ in batches(2).skip(done)]

    assert len(rest) == len(whole) - done
    for ids, (expected, _) in zip(rest, whole[done:], strict=True):
        np.testing.assert_array_equal(ids, expected)


def test_without_shuffling_a_bucket_keeps_the_given_order():
    batches = BucketedBatches(texts(40), [0] * 40, 8, num_buckets=1, shuffle=False)

    numbers = np.concatenate([ids[:, 0] for ids, _ in batches_of(batches, 5)])

    assert numbers.tolist() == list(range(1, 41))


def test_an_empty_text_becomes_one_padding_id_and_keeps_its_label():
    sequences = [np.array([], np.int32), np.array([], np.int32)]

    ids, labels = batches_of(BucketedBatches(sequences, [3, 3], 2), 1)[0]

    assert ids.tolist() == [[0], [0]]
    assert labels.tolist() == [3, 3]


def test_sequences_of_labels_are_padded_with_minus_one():
    sequences = [np.array([5, 6, 7]), np.array([8]), np.array([], int)]
    tags = [[0, 1, 2], [1], []]
    batches = BucketedBatches(sequences, tags, 3, num_buckets=1, shuffle=False)

    ids, labels = batches_of(batches, 1)[0]

    assert ids.tolist() == [[5, 6, 7], [8, 0, 0], [0, 0, 0]]
    assert labels.tolist() == [[0, 1, 2], [1, -1, -1], [-1, -1, -1]]


@pytest.mark.parametrize(
    "sequences, labels, message",
    [
        ([], [], "got 0 texts and 0 labels"),
        ([[1], [2]], [0], "got 2 texts and 1 labels"),
        ([[1], [2, 3]], [[0], [0]], "each of the 2 tokens of text 1, got 1"),
    ],
)
def test_texts_and_labels_that_do_not_match_are_refused(sequences, labels, message):
    with pytest.raises(ValueError, match=message):
        BucketedBatches(sequences, labels, 2)


@pytest.mark.parametrize("count, batch_size", [(0, 4), (1, 4), (10, 3), (100, 64)])
def test_in_order_brings_each_text_back_to_its_place(count, batch_size):
    sequences = texts(count)
    sequences[3:4] = [np.array([], np.int32)] * len(sequences[3:4])
    found = {}

    for rows, token_ids in in_order(sequences, batch_size):
        assert len(rows) == len(token_ids) <= batch_size
        assert token_ids.shape[1] == max([1, *(len(sequences[row]) for row in rows)])
        found.update(zip(rows.tolist(), token_ids, strict=True))

    assert sorted(found) == list(range(count))
    for row, line in found.items():
        assert line[: len(sequences[row])].tolist() == sequences[row].tolist()
        assert not line[len(sequences[row]) :].any()
