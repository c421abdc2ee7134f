"""The streaming metrics against scikit-learn and the errata's worked examples."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn import metrics as sklearn_metrics

from roots_tf.evaluation.classification_metrics import (
    F1,
    Accuracy,
    ConfusionMatrix,
    Precision,
    Recall,
)

SCORES = {
    "precision": (Precision, sklearn_metrics.precision_score),
    "recall": (Recall, sklearn_metrics.recall_score),
    "f1": (F1, sklearn_metrics.f1_score),
}


def logits_of(predictions, num_classes, seed=0):
    """Random (N, C) logits whose largest column is the prediction."""
    noise = np.random.default_rng(seed).normal(size=(len(predictions), num_classes))
    noise[np.arange(len(predictions)), predictions] += 100.0
    return noise.astype(np.float32)


def streamed(metric, labels, logits, sample_weight=None, batch_size=None):
    size = batch_size or max(len(labels), 1)
    for start in range(0, max(len(labels), 1), size):
        part = slice(start, start + size)
        weight = None if sample_weight is None else sample_weight[part]
        metric.update_state(labels[part], logits[part], weight)
    return np.asarray(metric.result().numpy())


def random_case():
    rng = np.random.default_rng(7)
    return rng.integers(0, 4, 200), rng.integers(0, 4, 200), 4


CASES = {
    "random": random_case(),
    "absent class": (np.array([0, 0, 1, 3, 3]), np.array([0, 1, 1, 3, 0]), 4),
    "class only predicted": (np.array([0, 0, 1]), np.array([2, 0, 1]), 3),
    "one class only": (np.array([1, 1, 1]), np.array([1, 1, 1]), 3),
    "all wrong": (np.array([0, 1, 2]), np.array([1, 2, 0]), 3),
    "two classes": (np.array([0, 1, 1, 0, 1]), np.array([0, 0, 1, 1, 1]), 2),
    "nothing predicted positive": (np.array([0, 1, 1]), np.array([0, 0, 0]), 2),
}


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
@pytest.mark.parametrize("average", ["binary", "micro", "macro", "weighted"])
@pytest.mark.parametrize("score", SCORES)
def test_scores_equal_scikit_learn(score, average, zero_division):
    ours, theirs = SCORES[score]
    cases = [c for c in CASES.values() if average != "binary" or c[2] == 2]

    for labels, predictions, num_classes in cases:
        weights = np.random.default_rng(1).uniform(0.1, 3.0, len(labels))
        metric = ours(num_classes, average=average, zero_division=zero_division)
        for sample_weight in (None, weights):
            metric.reset_state()
            result = streamed(
                metric, labels, logits_of(predictions, num_classes), sample_weight
            )

            classes = [1] if average == "binary" else list(range(num_classes))
            expected = theirs(
                labels,
                predictions,
                labels=None if average == "binary" else classes,
                average=average,
                sample_weight=sample_weight,
                zero_division=zero_division,
            )
            assert result == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_accuracy_and_matrix_equal_scikit_learn(case):
    labels, predictions, num_classes = CASES[case]
    logits = logits_of(predictions, num_classes)

    accuracy = streamed(Accuracy(num_classes), labels, logits)
    matrix = streamed(ConfusionMatrix(num_classes), labels, logits)

    assert accuracy == pytest.approx(
        sklearn_metrics.accuracy_score(labels, predictions), abs=1e-12
    )
    np.testing.assert_array_equal(
        matrix,
        sklearn_metrics.confusion_matrix(
            labels, predictions, labels=range(num_classes)
        ),
    )


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
@pytest.mark.parametrize("metric_class", [Accuracy, Precision, Recall, F1])
def test_without_examples_a_score_is_zero_division(metric_class, zero_division):
    never_updated = metric_class(3, zero_division=zero_division)
    empty_batch = metric_class(3, zero_division=zero_division)

    empty_batch.update_state(np.zeros(0, np.int32), np.zeros((0, 3), np.float32))

    assert float(never_updated.result()) == zero_division
    assert float(empty_batch.result()) == zero_division


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_split_into_batches_does_not_matter(batch_size):
    labels, predictions, num_classes = CASES["random"]
    logits = logits_of(predictions, num_classes)
    weights = np.random.default_rng(2).integers(0, 3, len(labels))

    whole = streamed(F1(num_classes), labels, logits, weights)
    in_batches = streamed(F1(num_classes), labels, logits, weights, batch_size)

    assert in_batches == whole


def test_reset_state_forgets():
    metric = Recall(2)
    metric.update_state([0, 1], [[1.0, 0.0], [1.0, 0.0]])

    metric.reset_state()
    metric.update_state([1], [[0.0, 1.0]])

    assert metric.result().numpy() == 0.5  # class 0 is absent and counts 0


def test_single_examples_still_count_after_two_to_the_24():
    metric = ConfusionMatrix(2)
    metric.counts.assign([[2.0**24, 0.0], [0.0, 0.0]])

    metric.update_state([0], [[1.0, 0.0]])

    assert metric.result().numpy()[0, 0] == 2**24 + 1


def test_logits_and_probabilities_give_one_answer():
    labels, predictions, num_classes = CASES["random"]
    logits = logits_of(predictions, num_classes)

    from_logits = streamed(F1(num_classes), labels, logits)
    from_probabilities = streamed(
        F1(num_classes), labels, tf.nn.softmax(logits).numpy()
    )

    assert from_logits == from_probabilities


def test_tagging_batches_are_flattened_and_padding_weighs_nothing():
    labels = np.array([[0, 1, 0], [1, 0, 0]])
    logits = np.eye(2)[[[0, 1, 1], [0, 1, 1]]]  # (2, 3, 2)
    mask = np.array([[True, True, False], [True, False, False]])

    matrix = streamed(ConfusionMatrix(2), labels, logits, mask)

    np.testing.assert_array_equal(matrix, [[1, 0], [1, 1]])


def test_it_works_inside_tf_function():
    labels, predictions, num_classes = CASES["random"]
    logits = logits_of(predictions, num_classes)
    metric = F1(num_classes, average="weighted")

    @tf.function
    def step(labels, logits):
        metric.update_state(labels, logits)
        return metric.result()

    result = step(labels, logits)

    assert result.numpy() == pytest.approx(
        sklearn_metrics.f1_score(labels, predictions, average="weighted"), abs=1e-12
    )


def test_compile_and_evaluate_report_the_metrics():
    features = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    labels = np.array([0, 1, 1, 2])
    model = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[F1(3), Recall(3, average="micro")],
    )

    result = model.evaluate(features, labels, batch_size=2, verbose=0, return_dict=True)

    predictions = [0, 0, 1, 2]
    assert result["f1"] == pytest.approx(
        sklearn_metrics.f1_score(labels, predictions, average="macro")
    )
    assert result["recall"] == 0.75


@pytest.mark.parametrize(
    "metric",
    [
        ConfusionMatrix(3),
        Accuracy(3, zero_division=1.0),
        Precision(2, average="binary", name="p"),
        Recall(3, average="micro"),
        F1(3, average="weighted", zero_division=1.0),
    ],
    ids=lambda metric: metric.name,
)
def test_config_round_trip(metric):
    copy = keras.metrics.deserialize(keras.metrics.serialize(metric))

    assert type(copy) is type(metric)
    assert copy.get_config() == metric.get_config()


def test_e08_recall_is_not_precision():
    true_positive, false_positive, false_negative, true_negative = 8, 2, 32, 58
    labels = np.repeat([1, 0, 1, 0], [8, 2, 32, 58])
    logits = logits_of(np.repeat([1, 1, 0, 0], [8, 2, 32, 58]), 2)

    accuracy = streamed(Accuracy(2), labels, logits)
    precision = streamed(Precision(2, average="binary"), labels, logits)
    recall = streamed(Recall(2, average="binary"), labels, logits)
    f1 = streamed(F1(2, average="binary"), labels, logits)

    right_precision = true_positive / (true_positive + false_positive)  # .8
    right_recall = true_positive / (true_positive + false_negative)  # .2
    assert accuracy == pytest.approx((true_positive + true_negative) / 100)  # .66
    assert precision == pytest.approx(right_precision)
    assert recall == pytest.approx(right_recall)
    assert f1 == pytest.approx(
        2 * right_precision * right_recall / (right_precision + right_recall)  # .32
    )
    assert recall != pytest.approx(right_precision)  # what §3.3.1 words


def test_e08_macro_f1_is_the_mean_of_f1_not_the_f1_of_means():
    matrix = np.array([[90, 0, 0], [5, 3, 2], [4, 1, 5]])
    labels, predictions = (
        np.indices(matrix.shape).reshape(2, -1).repeat(matrix.ravel(), axis=1)
    )
    logits = logits_of(predictions, 3)

    accuracy = streamed(Accuracy(3), labels, logits)
    micro_f1 = streamed(F1(3, average="micro"), labels, logits)
    precision = streamed(Precision(3), labels, logits)
    recall = streamed(Recall(3), labels, logits)
    macro_f1 = streamed(F1(3), labels, logits)

    class_precision = np.diag(matrix) / matrix.sum(axis=0)
    class_recall = np.diag(matrix) / matrix.sum(axis=1)
    class_f1 = 2 * class_precision * class_recall / (class_precision + class_recall)
    assert accuracy == pytest.approx(98 / 110)  # .8909
    assert micro_f1 == pytest.approx(98 / 110)
    assert precision == pytest.approx(class_precision.mean())  # .7911
    assert recall == pytest.approx(class_recall.mean())  # .6000
    assert macro_f1 == pytest.approx(class_f1.mean())  # .6564
    f1_of_means = 2 * precision * recall / (precision + recall)
    assert f1_of_means == pytest.approx(0.6824, abs=5e-5)  # as printed, 4 digits
    assert abs(f1_of_means - macro_f1) > 0.02


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ConfusionMatrix(1), "num_classes must be at least 2, got 1"),
        (lambda: F1(3, average="samples"), "average must be one of"),
        (lambda: F1(3, average="binary"), "'binary' needs 2 classes, got 3"),
        (lambda: F1(3, zero_division=0.5), "zero_division must be 0.0 or 1.0"),
    ],
)
def test_bad_arguments_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_predictions_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"3 columns.*shape \(1, 2\)"):
        ConfusionMatrix(3).update_state([0], [[0.1, 0.9]])


def test_an_unknown_label_is_refused_inside_a_graph_too():
    metric = ConfusionMatrix(2)

    @tf.function
    def step(labels):
        metric.update_state(labels, [[0.1, 0.9]])

    with pytest.raises(tf.errors.InvalidArgumentError, match="out of bound"):
        step([2])
