"""Precision-recall curves, confusion matrix and sample texts."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import precision_score, recall_score

from roots_tf.monitoring.classification_report import ClassificationReport
from roots_tf.monitoring.figures import confusion_matrix_image
from roots_tf.monitoring.tensorboard import RunMonitor


def test_curve_of_each_class_agrees_with_scikit_learn_at_every_threshold(
    points, samples
):
    for index, name in enumerate(samples.label_names):
        (_, curve), (step, _) = points("validation", f"pr_curve/{name}/pr_curves")

        assert step == 2
        true_positives, _, _, _, precision, recall = curve  # each (201,)
        truth, scores = samples.labels == index, samples.probabilities[:, index]
        for bucket in range(1, 201):
            # The plugin counts a probability p as bucket floor(200 p), in float32.
            predicted = np.floor(scores * 200) >= bucket
            assert true_positives[bucket] == (truth & predicted).sum()
            if predicted.any():
                assert precision[bucket] == pytest.approx(
                    precision_score(truth, predicted)
                )
            assert recall[bucket] == pytest.approx(recall_score(truth, predicted))


def test_confusion_picture_shows_the_counts_by_true_and_predicted_class(
    points, samples
):
    counts = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 2]])  # by hand from the fixture

    (_, image), _ = points("validation", "confusion_matrix")

    shown = tf.io.decode_png(image[2]).numpy()
    np.testing.assert_array_equal(
        shown, confusion_matrix_image(counts, samples.label_names)
    )


def test_sample_table_is_written_with_every_text(points):
    (_, text), _ = points("validation", "samples")

    markdown = text.item().decode()
    assert markdown.count("\n") == 7
    assert markdown.count("**wrong**") == 2
    assert "很差" in markdown


def test_split_names_the_folder(tmp_path, samples):
    with RunMonitor(tmp_path) as monitor:
        ClassificationReport(monitor, samples.label_names).write(
            1, samples.labels, samples.probabilities, samples.texts, split="test"
        )

    assert [path.name for path in tmp_path.iterdir()] == ["test"]


def test_probability_a_rounding_error_beyond_its_range_is_still_counted(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    probabilities = np.array([[1 + 1e-6, -1e-7], [-1e-7, 1 + 1e-6]], np.float32)
    with RunMonitor(tmp_path) as monitor:
        ClassificationReport(monitor, ["a", "b"]).write(
            1, np.array([0, 1]), probabilities, ["x", "y"]
        )

    events = EventAccumulator(str(tmp_path / "validation")).Reload()
    (event,) = events.Tensors("pr_curve/a/pr_curves")
    curve = tf.make_ndarray(event.tensor_proto)
    assert (curve[0, 0], curve[1, 0]) == (1, 1)  # one true, one false at threshold 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 0, 1, 2, 2, 3]}, r"labels in 0 \.\. 2, got 0 \.\. 3"),
        ({"labels": [0, 0, 1, 2, 2, -1]}, r"got -1 \.\. 2"),
        ({"labels": [0, 0]}, r"labels of shape \(6,\), got \(6, 3\) and \(2,\)"),
        ({"texts": ["one"]}, r"shape \(1, 3\)"),
        ({"probabilities": np.full((6, 3), 2.0)}, "add up to 1"),
        ({"probabilities": np.full((6, 3), np.nan)}, "add up to 1"),
        ({"probabilities": np.tile([2.0, -0.5, -0.5], (6, 1))}, "values from -0.5"),
    ],
)
def test_results_that_do_not_fit_are_refused_and_nothing_is_written(
    tmp_path, samples, change, message
):
    arguments = {
        "labels": samples.labels,
        "probabilities": samples.probabilities,
        "texts": samples.texts,
    } | change
    monitor = RunMonitor(tmp_path)
    report = ClassificationReport(monitor, samples.label_names)

    with pytest.raises(ValueError, match=message):
        report.write(1, **arguments)

    assert list(tmp_path.iterdir()) == []


def test_empty_evaluation_and_unusable_names_are_refused(tmp_path):
    monitor = RunMonitor(tmp_path)

    with pytest.raises(ValueError, match="one text or more, got none"):
        ClassificationReport(monitor, ["a", "b"]).write(
            1, np.zeros(0, int), np.zeros((0, 2)), []
        )
    for names in (["a"], ["a", "a"]):
        with pytest.raises(ValueError, match="two or more different label names"):
            ClassificationReport(monitor, names)
