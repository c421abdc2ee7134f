"""The run's hook: what it writes, and that a resumed run logs each step once."""

import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.tensorboard import RunMonitor


def test_every_logged_step_has_its_scalars_under_the_global_step(log_dir, classifier):
    scalars = read_scalars(log_dir / "运行 1")

    assert scalars["train", "step/loss"] == [
        (step, pytest.approx(1 / step)) for step in (5, 10, 15, 20)
    ]
    expected = {
        "step/learning_rate": 0.001,
        "step/gradient_norm": 2.5,
        "step/examples_per_second": 100.0,
        "step/tokens_per_second": 4000.0,
        "step/accuracy": 0.5,
        f"update_ratio/{classifier.trainable_variables[-1].path}": 0.003,
    }
    for tag, value in expected.items():
        assert scalars["train", tag] == [
            (step, pytest.approx(value)) for step in (5, 10, 15, 20)
        ]


def test_train_and_validation_share_the_tag_of_an_epoch_curve(log_dir):
    scalars = read_scalars(log_dir / "运行 1")

    assert scalars["train", "epoch/loss"] == [(1, 1.0), (2, 0.5)]
    assert scalars["validation", "epoch/loss"] == [(1, 2.0), (2, 1.0)]
    assert scalars["validation", "epoch/accuracy"] == [(1, 0.5), (2, 0.5)]
    assert scalars["train", "epoch/seconds"] == [(1, 1.5), (2, 1.5)]
    assert ("validation", "epoch/seconds") not in scalars


def test_weight_histogram_counts_the_values_of_the_variable(points, classifier):
    for variable in classifier.trainable_variables:
        values = keras.ops.convert_to_numpy(variable)

        drawn = points("train", variable.path)

        assert [step for step, _ in drawn] == [1, 2]
        buckets = drawn[0][1]  # (30, 3): left edge, right edge, count
        assert buckets[:, 2].sum() == values.size
        assert buckets[0, 0] == pytest.approx(values.min())
        assert buckets[-1, 1] == pytest.approx(values.max())


def test_gradient_histogram_is_drawn_once_an_epoch(points, classifier, gradient):
    path = classifier.trainable_variables[-1].path

    drawn = points("train", f"gradient/{path}")

    assert [step for step, _ in drawn] == [1, 2]
    counts, _ = np.histogram(gradient, 30)
    np.testing.assert_array_equal(drawn[0][1][:, 2], counts)


def test_histograms_follow_their_interval_and_zero_turns_them_off(
    tmp_path, classifier, step_record, epoch_record
):
    for every, expected in ((2, [2, 4]), (0, [])):
        with RunMonitor(
            tmp_path / str(every), classifier, histogram_every_epochs=every
        ) as monitor:
            seen = []
            monitor.histogram = lambda writer, step, tag, values, seen=seen: (
                seen.append((step, tag))
            )
            for epoch in (1, 2, 3, 4):
                monitor.on_step(step_record(epoch, epoch))
                monitor.on_epoch_end(epoch_record(epoch))

        path = classifier.trainable_variables[-1].path
        for tag in (path, f"gradient/{path}"):
            assert [step for step, name in seen if name == tag] == expected


def test_values_that_are_not_finite_are_counted_and_leave_the_histogram_readable(
    tmp_path,
):
    with RunMonitor(tmp_path) as monitor:
        monitor.histogram("", 1, "weights", [1.0, np.nan, 3.0, np.inf])
        monitor.histogram("", 1, "dead", [np.nan, np.nan])

    scalars = read_scalars(tmp_path)
    assert scalars[".", "not_finite/weights"] == [(1, 2.0)]
    assert scalars[".", "not_finite/dead"] == [(1, 2.0)]


def test_weights_of_two_layers_with_one_name_are_both_drawn(tmp_path, epoch_record):
    parts = [
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(size, name="dense")])
        for size in (3, 2, 4)
    ]
    parts = [parts[0], keras.layers.Dense(2, name="join"), parts[1], parts[2]]
    model = keras.Sequential([keras.Input((2,)), *parts])
    seen = {}
    monitor = RunMonitor(tmp_path, model)
    monitor.histogram = lambda writer, step, tag, values: seen.update({tag: values})

    monitor.on_epoch_end(epoch_record(1))

    assert len(seen) == len(model.trainable_variables)


def test_text_and_image_are_read_back_as_they_were_written(tmp_path):
    import tensorflow as tf
    from tensorboard.backend.event_processing.event_accumulator import (
        EventAccumulator,
    )

    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    with RunMonitor(tmp_path) as monitor:
        monitor.text("notes", 3, "hello", "你好 **world**")
        monitor.image("notes", 3, "picture", pixels)

    events = EventAccumulator(str(tmp_path / "notes")).Reload()
    (text,) = events.Tensors("hello")
    assert tf.make_ndarray(text.tensor_proto).item().decode() == "你好 **world**"
    (image,) = events.Tensors("picture")
    width, height, png = tf.make_ndarray(image.tensor_proto)
    assert (int(width), int(height)) == (4, 4)
    np.testing.assert_array_equal(tf.io.decode_png(png).numpy(), pixels)


def test_writers_are_made_only_when_they_are_needed(tmp_path, step_record):
    with RunMonitor(tmp_path) as monitor:
        assert list(tmp_path.iterdir()) == []
        monitor.on_step(step_record(1))
        monitor.scalars("validation", 1, {})

    assert [path.name for path in tmp_path.iterdir()] == ["train"]


KILLED_RUN = """
import json, os, signal, sys
from types import SimpleNamespace
from roots_tf.monitoring.tensorboard import RunMonitor

monitor = RunMonitor(sys.argv[1])
for step in range(1, 4000):
    monitor.scalars("train", step, {"loss": step / 4})
    if step == 1000:
        print(json.dumps(monitor.state()), flush=True)
    if step == 3500:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_run_killed_after_its_checkpoint_logs_every_step_once(tmp_path, project):
    child = subprocess.run(
        [sys.executable, "-c", KILLED_RUN, str(tmp_path)],
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    logged = read_scalars(tmp_path)["train", "loss"]
    assert len(logged) > 1000  # steps after the checkpoint are there

    with RunMonitor(tmp_path) as monitor:
        monitor.restore(json.loads(child.stdout))
        for step in range(1001, 1501):
            monitor.scalars("train", step, {"loss": step / 4})

    resumed = read_scalars(tmp_path)["train", "loss"]
    assert resumed == [(step, step / 4) for step in range(1, 1501)]


def test_epoch_whose_gradients_were_drawn_before_the_checkpoint_has_them_once(
    tmp_path, step_record
):
    with RunMonitor(tmp_path) as monitor:
        monitor.on_step(step_record(5, epoch=2))
        state = json.loads(json.dumps(monitor.state()))
    seen = []
    with RunMonitor(tmp_path) as monitor:
        monitor.restore(state)
        monitor.histogram = lambda writer, step, tag, values: seen.append(step)

        monitor.on_step(step_record(10, epoch=2))
        monitor.on_step(step_record(15, epoch=3))

    assert seen == [3]


def test_restoring_the_empty_state_clears_a_run_killed_before_its_first_checkpoint(
    tmp_path, step_record
):
    fresh = RunMonitor(tmp_path / "fresh").state()
    with RunMonitor(tmp_path / "run") as monitor:
        monitor.on_step(step_record(5))

    RunMonitor(tmp_path / "run").restore(fresh)

    assert read_scalars(tmp_path / "run") == {}


def test_restoring_after_writing_is_refused(tmp_path, step_record):
    with RunMonitor(tmp_path) as monitor:
        monitor.on_step(step_record(5))

        with pytest.raises(RuntimeError, match="before it writes"):
            monitor.restore(monitor.state())


def test_bad_arguments_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="histogram_every_epochs of 0 or more, got -1"):
        RunMonitor(tmp_path / "run", histogram_every_epochs=-1)

    assert list(tmp_path.iterdir()) == []


def test_log_folder_that_is_a_file_is_an_os_error_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        RunMonitor(tmp_path / "file")


def test_log_folder_without_the_right_to_write_is_an_os_error_at_once(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user may write everywhere")

    with pytest.raises(PermissionError):
        RunMonitor(locked)


def test_a_monitor_that_is_switched_off_writes_nothing(tmp_path, step_record):
    with RunMonitor(tmp_path, enabled=False) as monitor:
        monitor.on_step(step_record(1))
        monitor.scalars("train", 1, {"step/loss": 1.0})
        monitor.text("train", 1, "about", "text")
        monitor.image("test", 1, "picture", np.zeros((2, 2, 3), np.uint8))
        monitor.histogram("train", 1, "weight", np.ones(3))
        state = monitor.state()

    assert list(tmp_path.iterdir()) == []
    assert state["event_files"] == {}
