"""Checks of the training batches, on constructed ones."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.monitoring import diagnosis_of_data as of_data
from roots_tf.monitoring.diagnosis_batches import Batch

rng = np.random.default_rng(0)


def batch(inputs, labels, weights=None):
    return Batch(inputs, tf.nest.flatten(inputs), labels, weights)


def batches(x, labels, size=32):
    return [
        batch(x[start : start + size], labels[start : start + size])
        for start in range(0, len(labels), size)
    ]


def texts(count=640, classes=2):
    """Token ids from 1 to 49 and labels that have nothing to do with them."""
    ids = rng.integers(1, 50, size=(count, 12)).astype(np.int32)
    return ids, rng.integers(0, classes, count).astype(np.int32)


def test_several_label_tensors_are_not_looked_at():
    ids, labels = texts(10)

    several = [batch(ids, None)]

    assert of_data.labels_leaked(several) is None
    assert of_data.unshuffled(several) is None


def test_a_token_in_all_texts_of_a_class_and_in_no_other_is_a_leak():
    ids, labels = texts(classes=3)
    leaked = ids.copy()
    leaked[labels == 2, 5] = 77

    finding = of_data.labels_leaked(batches(leaked, labels))

    count = int(np.sum(labels == 2))
    assert finding.trouble == "labels leaked into inputs"
    assert finding.evidence == (
        f"token 77 is in {count} of {count} examples of class 2 and in 0 of "
        f"{640 - count} others"
    )
    assert of_data.labels_leaked(batches(ids, labels)) is None


def test_a_telling_word_is_no_leak():
    ids, labels = texts()
    positive = np.flatnonzero(labels == 1)
    ids[positive[: int(0.85 * len(positive))], 5] = 77  # precision 1, recall 0.85

    f1 = 2 * 0.85 / 1.85  # 0.92, below the limit
    assert f1 < of_data.LEAK_F1
    assert of_data.labels_leaked(batches(ids, labels)) is None


def test_a_column_that_is_the_label_is_a_leak_among_numbers_too():
    x, (_, labels) = rng.normal(size=(640, 7)).astype(np.float32), texts()
    leaked = x.copy()
    leaked[:, 3] = 5 * labels - 1

    finding = of_data.labels_leaked(batches(leaked, labels))

    assert finding.evidence.startswith("a high column 3 is in ")
    assert of_data.labels_leaked(batches(x, labels)) is None


def test_a_class_of_few_examples_cannot_leak():
    ids, labels = texts(60)
    labels[:] = 0
    labels[:19] = 1
    ids[:19, 0] = 77

    assert of_data.labels_leaked(batches(ids, labels)) is None


def test_labels_of_tokens_that_stand_in_the_inputs_are_a_leak():
    ids, _ = texts()
    shifted = np.roll(ids, -1, axis=1)

    copied = [batch(ids, ids.copy())]

    assert of_data.labels_leaked(copied).evidence == (
        f"{ids.size} of {ids.size} labels stand at their place in the inputs"
    )
    assert of_data.labels_leaked([batch(ids, shifted)]) is None


def test_labels_without_weight_are_no_leak():
    """As in masked language modelling: the tokens that are not asked for stay."""
    ids, _ = texts()
    labels, asked = ids.copy(), rng.uniform(size=ids.shape) < 0.15
    ids = np.where(asked, 99, ids).astype(np.int32)

    masked = [batch(ids, labels, asked.astype(np.float32))]

    assert of_data.labels_leaked(masked) is None


def test_sorted_labels_are_unshuffled_and_shuffled_ones_are_not():
    ids, labels = texts(640, classes=3)

    finding = of_data.unshuffled(batches(ids, np.sort(labels)))

    assert finding.trouble == "unshuffled data"
    assert "90% of the blocks of 32" in finding.evidence  # 18 of 20: two boundaries
    assert of_data.unshuffled(batches(ids, labels)) is None


def test_many_batches_of_one_class_are_unshuffled():
    ids, labels = texts(640)

    finding = of_data.unshuffled(batches(ids, np.full_like(labels, 3)))

    assert finding.evidence == "the first 640 labels are all class 3"
    few = batches(ids[:128], np.full_like(labels[:128], 3))
    assert of_data.unshuffled(few) is None


def test_the_size_of_the_batches_does_not_matter():
    ids, labels = texts(640)

    for size in (1, 8, 640):
        assert of_data.unshuffled(batches(ids, labels, size)) is None
        assert of_data.unshuffled(batches(ids, np.sort(labels), size)) is not None


def test_the_correlation_is_one_when_sorted_zero_on_average_and_kishs_in_between():
    sorted_ = np.repeat([0, 1, 2, 3], 320).reshape(-1, 32)
    assert of_data.intraclass_correlation(sorted_) == pytest.approx(1, abs=0.05)

    values = []
    for _ in range(200):
        blocks = rng.integers(0, 4, size=(40, 32))
        values.append(of_data.intraclass_correlation(blocks))
    # One value spreads by sqrt(2 / 117) / 31 = 0.004, the mean by 0.0003.
    assert np.mean(values) == pytest.approx(0, abs=0.0015)

    # Blocks that lean to a class: two labels agree by chance, 1/2, or by the lean.
    # With p(1) = 0.8 or 0.2 a block: rho = var(p) / (p (1 - p)) = 0.3^2 / 0.25.
    lean = rng.permutation(np.repeat([0.2, 0.8], 2000))
    blocks = (rng.uniform(size=(4000, 32)) < lean[:, None]).astype(int)
    # Of 128,000 labels; the tolerance is four standard errors of 4,000 blocks.
    assert of_data.intraclass_correlation(blocks) == pytest.approx(0.36, abs=0.02)


def test_a_class_a_fourth_as_frequent_as_another_is_rare():
    assert of_data.rare_class(np.array([100, 25, 60])) == 1
    assert of_data.rare_class(np.array([100, 26, 60])) is None
    assert of_data.rare_class(np.array([100, 0, 4, 20])) == 3  # the others are too few


def test_a_rare_class_that_is_never_answered_is_ignored_imbalance():
    counts = np.array([570, 30])
    frequent = np.array([True] * 29 + [False])

    finding = of_data.imbalance_ignored(counts, np.zeros(20, bool), frequent)

    assert finding.trouble == "imbalance ignored"
    assert finding.evidence == (
        "class 1 is 5.0% of the labels and 0 of 20 of its training examples are "
        "answered right, but 29 of 30 of class 0"
    )


@pytest.mark.parametrize(
    ("counts", "rare_right", "frequent_right"),
    [
        ([570, 30], 3, 20),  # 15 % of the rare ones
        ([570, 30], 0, 9),  # the frequent class is not known either
        ([300, 200], 0, 20),  # no class is rare
    ],
)
def test_anything_less_is_not_ignored_imbalance(counts, rare_right, frequent_right):
    right = [np.arange(20) < number for number in (rare_right, frequent_right)]

    assert of_data.imbalance_ignored(np.array(counts), *right) is None
