"""Batches as the diagnosis reads them: arrays, classes, examples of a class."""

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.monitoring.diagnosis_batches import (
    Batch,
    class_counts,
    examples_of,
    read_batches,
)

rng = np.random.default_rng(0)


def batch(inputs, labels, weights=None):
    return Batch(inputs, tf.nest.flatten(inputs), labels, weights)


def texts(count):
    ids = rng.integers(1, 50, size=(count, 12)).astype(np.int32)
    return ids, rng.integers(0, 2, count).astype(np.int32)


def test_batches_are_read_as_arrays_and_only_so_many():
    ids, labels = texts(100)
    dataset = tf.data.Dataset.from_tensor_slices(
        ({"a": ids, "b": ids + 1}, labels, np.ones(100, np.float32))
    ).batch(10)

    read = read_batches(dataset, 3)

    assert len(read) == 3
    np.testing.assert_array_equal(read[2].structure["a"], ids[20:30])
    np.testing.assert_array_equal(read[2].inputs[1], ids[20:30] + 1)
    np.testing.assert_array_equal(read[2].labels, labels[20:30])
    assert read[0].weights.sum() == 10


def test_several_label_tensors_are_not_read():
    ids, labels = texts(10)
    dataset = tf.data.Dataset.from_tensor_slices((ids, {"a": labels, "b": labels}))

    read = read_batches(dataset.batch(5), 2)

    assert read[0].labels is None and read[0].classes is None
    assert class_counts(read) is None


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([0, 2, 1]), [0, 2, 1]),
        (np.array([[0], [2], [1]]), [0, 2, 1]),
        (np.eye(3, dtype=np.float32)[[0, 2, 1]], [0, 2, 1]),
        (np.array([0.5, 1.0, 0.0]), None),  # a number to predict
        (np.array([[0, 1], [2, 1]]), None),  # one a token
        (np.array([[0.5, 0.5], [0, 1.0]]), None),
    ],
)
def test_classes_are_read_from_numbers_and_from_one_hot_rows(labels, expected):
    classes = batch(np.zeros((len(labels), 1)), labels).classes

    assert (None if classes is None else classes.tolist()) == expected


def test_the_token_ids_are_the_integers_that_reach_highest():
    ids, _ = texts(4)
    inputs = {"mask": ids > 0, "segment_ids": np.zeros_like(ids), "token_ids": ids}

    assert batch(inputs, None).token_ids is ids
    assert batch(np.ones((4, 3), np.float32), None).token_ids is None


def test_classes_are_counted_and_negative_labels_are_none():
    labels = [np.array([0, 2, 2]), np.array([3])]
    read = [batch(np.zeros((len(part), 1)), part) for part in labels]

    assert class_counts(read).tolist() == [1, 0, 2, 1]
    ignored = batch(np.zeros((2, 1)), np.array([0, -1]))
    assert class_counts([*read, ignored]) is None


def test_examples_of_a_class_are_joined_with_padding_short_ones_first():
    short = batch({"ids": np.array([[1, 2], [3, 4]])}, np.array([0, 1]))
    long = batch({"ids": np.array([[5, 6, 7], [8, 9, 9]])}, np.array([1, 1]))

    two = examples_of([long, short], label=1, most=2)

    np.testing.assert_array_equal(two["ids"], [[3, 4, 0], [5, 6, 7]])
