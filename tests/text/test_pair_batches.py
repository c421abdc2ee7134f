"""Batches of pairs: every pair once, little padding, the same for one seed."""

import numpy as np
import pytest

from roots_tf.text.pair_batches import PairBatches

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 30, 500)
SOURCES = [RNG.integers(2, 90, n) for n in LENGTHS]
TARGETS = [np.append(source[::-1], 1) for source in SOURCES]  # 1 ends a target


def pairs_in(batches):
    found = []
    for inputs, labels, weights in batches:
        for source, label, weight in zip(
            inputs["source_ids"].numpy(), labels.numpy(), weights.numpy(), strict=True
        ):
            count = int(weight.sum())
            assert weight.tolist() == [1.0] * count + [0.0] * (len(weight) - count)
            assert not label[count:].any()
            found.append((source[source > 0].tolist(), label[:count].tolist()))
    return found


def test_an_epoch_has_every_pair_once_and_each_with_its_target():
    batches = PairBatches(SOURCES, TARGETS, 16)

    found = pairs_in(batches(1))

    expected = [(s.tolist(), t.tolist()) for s, t in zip(SOURCES, TARGETS, strict=True)]
    assert sorted(found) == sorted(expected)
    assert len(list(batches(1))) == len(batches) == 32


def test_the_decoder_reads_padding_and_then_its_labels_but_the_last():
    for inputs, labels, _ in PairBatches(SOURCES, TARGETS, 16)(1):
        read = inputs["target_ids"].numpy()
        assert not read[:, 0].any()
        np.testing.assert_array_equal(read[:, 1:], labels.numpy()[:, :-1])


def test_batches_of_like_length_have_little_padding():
    share = np.mean(
        [w.numpy().mean() for *_, w in PairBatches(SOURCES, TARGETS, 16)(1)]
    )

    # Lengths from 2 to 30 at random would leave half empty.
    assert share > 0.9


def test_the_order_follows_from_seed_and_epoch_alone():
    first, again, later, other = (
        np.concatenate(PairBatches(SOURCES, TARGETS, 16, seed).rows(epoch)).tolist()
        for seed, epoch in ((7, 1), (7, 1), (7, 2), (8, 1))
    )

    assert first == again
    assert len({tuple(order) for order in (first, later, other)}) == 3
    assert sorted(first) == list(range(500))


@pytest.mark.parametrize(
    "sources, targets", [([], []), ([[1]], []), ([[1]], [[]]), ([[]], [[1]])]
)
def test_what_is_no_pair_is_refused(sources, targets):
    with pytest.raises(ValueError, match="expected"):
        PairBatches(sources, targets, 4)
