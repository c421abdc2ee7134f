"""Cross-entropy and accuracy of items against plain NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization import losses

DRAW = np.random.default_rng(0)
LOGITS = DRAW.normal(0, 3, (6, 5, 4)).astype(np.float32)  # (B, T, C)
LABELS = DRAW.integers(0, 4, (6, 5)).astype(np.int32)  # (B, T)
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=-1, keepdims=True)


def of_labels(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, labels[..., None], axis=-1)[..., 0]


@pytest.mark.parametrize("part", [np.s_[:], np.s_[:, 0]], ids=["tokens", "texts"])
def test_cross_entropy_is_minus_the_log_of_the_labels_softmax(part):
    labels, logits = LABELS[part], LOGITS[part]

    loss = losses.cross_entropy(labels, logits)

    assert (loss.shape, loss.dtype) == (labels.shape, tf.float32)
    expected = -np.log(of_labels(PROBABILITIES[part], labels))
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)


def test_cross_entropy_of_equal_logits_is_the_log_of_the_number_of_classes():
    loss = losses.cross_entropy(np.array([2]), np.zeros((1, 7), np.float32))

    np.testing.assert_allclose(loss, [np.log(7)], rtol=1e-6)


def test_cross_entropy_is_finite_and_exact_for_extreme_logits():
    logits = np.float32([[1000, 0, -1000]])

    at = [float(losses.cross_entropy(np.array([c]), logits)[0]) for c in range(3)]

    assert at == [0, 1000, 2000]


def test_cross_entropy_of_half_precision_logits_is_computed_in_float32():
    logits = tf.cast(LOGITS, tf.float16)

    loss = losses.cross_entropy(LABELS, logits)

    assert loss.dtype == tf.float32
    expected = losses.cross_entropy(LABELS, tf.cast(logits, tf.float32))
    np.testing.assert_array_equal(loss, expected)


def test_the_gradient_is_softmax_minus_one_hot():
    logits = tf.Variable(LOGITS[:, 0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(losses.cross_entropy(LABELS[:, 0], logits))

    expected = PROBABILITIES[:, 0] - np.eye(4)[LABELS[:, 0]]
    np.testing.assert_allclose(tape.gradient(loss, logits), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize("part", [np.s_[:], np.s_[:, 0]], ids=["tokens", "texts"])
def test_accuracy_is_one_where_the_largest_output_is_the_labels(part, dtype):
    labels, logits = LABELS[part].astype(dtype), LOGITS[part]

    right = losses.accuracy(tf.constant(labels), logits)

    assert right.dtype == tf.float32
    np.testing.assert_array_equal(right, logits.argmax(axis=-1) == labels)
    assert 0 < right.numpy().mean() < 1


def test_repeated_cross_entropy_asks_the_texts_label_of_every_token():
    labels = LABELS[:, 0]

    loss = losses.repeated_cross_entropy(labels, PROBABILITIES)

    repeated = np.repeat(labels[:, None], 5, axis=1)
    assert loss.shape == (6, 5)
    expected = -np.log(of_labels(PROBABILITIES, repeated))
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)


def test_repeated_cross_entropy_of_a_probability_of_zero_is_finite():
    probabilities = np.float32([[[1, 0], [0, 1]]])

    loss = losses.repeated_cross_entropy(np.array([0]), probabilities)

    np.testing.assert_allclose(loss, [[0, -np.log(1e-7)]], rtol=1e-6)


def test_repeated_accuracy_hides_that_half_of_the_texts_are_wrong_e12():
    # Text A is right on 20 of 20 tokens, text B on 9 of 20.
    probabilities = np.zeros((2, 20, 2), np.float32)
    probabilities[0, :, 1] = probabilities[1, :9, 1] = probabilities[1, 9:, 0] = 1

    right = losses.repeated_accuracy(tf.constant([1, 1]), probabilities)

    assert right.numpy().mean() == pytest.approx(0.725)
    majority = right.numpy().mean(axis=1) > 0.5
    assert majority.mean() == 0.5


MARKS = np.int32(
    [
        [0, -1, -1, 0, 1, 2, 0, -1],  # the answer is tokens 4 and 5
        [0, -1, 0, 0, 3, -1, -1, -1],  # one token; padding behind it
        [3, -1, -1, 0, 0, 0, 0, -1],  # none: [CLS]
    ]
)
SPANS = [(4, 5), (4, 4), (0, 0)]


def test_span_cross_entropy_is_the_mean_of_both_ends_among_the_tokens_allowed():
    outputs = {
        name: DRAW.normal(0, 3, MARKS.shape).astype(np.float32)
        for name in ("start_logits", "end_logits")
    }

    found = losses.span_cross_entropy(MARKS, outputs).numpy()

    for row, span in enumerate(SPANS):
        expected = 0.0
        for name, place in zip(("start_logits", "end_logits"), span, strict=True):
            values = outputs[name][row].astype(np.float64)
            allowed = values[MARKS[row] >= 0]
            expected += (np.log(np.exp(allowed).sum()) - values[place]) / 2
        assert found[row] == pytest.approx(expected, rel=1e-5)


def test_span_accuracy_counts_spans_of_which_both_ends_are_right():
    outputs = {
        name: np.zeros(MARKS.shape, np.float32)
        for name in ("start_logits", "end_logits")
    }
    for row, (start, end) in enumerate(SPANS):
        outputs["start_logits"][row, start] = 1
        outputs["end_logits"][row, end] = 1
    outputs["start_logits"][0, 1] = 9  # of the question: does not count
    outputs["end_logits"][1, 3] = 2

    assert losses.span_accuracy(MARKS, outputs).numpy().tolist() == [1, 0, 1]


def test_smoothing_is_the_cross_entropy_with_labels_that_are_spread():
    found = losses.smoothed_cross_entropy(0.1)(LABELS, LOGITS)

    spread = 0.9 * np.eye(4)[LABELS] + 0.1 / 4
    expected = -(spread * np.log(PROBABILITIES)).sum(axis=-1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_mean_of_a_model_is_over_the_tokens_that_weigh():
    weights = DRAW.integers(0, 2, LABELS.shape).astype(np.float32)
    batches = [
        (LOGITS[part], LABELS[part], weights[part]) for part in (np.s_[:4], np.s_[4:])
    ]

    found = losses.mean_cross_entropy(keras.layers.Identity(), batches)

    nats = -np.log(of_labels(PROBABILITIES, LABELS))
    assert found == pytest.approx(float((nats * weights).sum() / weights.sum()))
