"""What a trace says: on a trace made up here, and on real ones of a slow input."""

import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.trace_summary import summarize_trace
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop

MS = 10**9  # picoseconds


def write_trace(folder, planes):
    """Writes planes: name -> line -> (event, begin, duration) in milliseconds."""
    space = xplane_pb2.XSpace()
    for plane_name, lines in planes.items():
        plane = space.planes.add(name=plane_name)
        for number, (line_name, events) in enumerate(lines.items()):
            line = plane.lines.add(id=number, name=line_name)
            for name, begin, duration in events:
                key = len(plane.event_metadata)
                plane.event_metadata[key].name = name
                line.events.add(
                    metadata_id=key, offset_ps=begin * MS, duration_ps=duration * MS
                )
    path = folder / "plugins" / "profile" / "1" / "host.xplane.pb"
    path.parent.mkdir(parents=True)
    path.write_bytes(space.SerializeToString())


def test_times_are_added_up_by_kind_and_containers_are_left_out(tmp_path):
    events = [
        ("a/MatMul:_MklMatMul", 0, 30),
        ("b/MatMul:_MklMatMul", 40, 20),
        ("adam/mul_1:Mul", 60, 10),
        ("loop/while:While", 0, 90),
        ("ExecutorState::Process", 0, 95),
    ]
    waiting = [("IteratorGetNextOp::DoCompute", 70, 25)]
    input_work = [("map/Cast:Cast", 0, 100)]
    host = {"tf_Compute/1": events, "tf_data_iterator_get_next/2": waiting}
    host["tf_data_private_threadpool/3"] = input_work
    write_trace(tmp_path, {"/host:CPU": host})

    summary = summarize_trace(tmp_path)

    assert summary.operations == (
        ("MklMatMul", pytest.approx(0.05), 2),
        ("Mul", pytest.approx(0.01), 1),
    )
    assert summary.seconds == pytest.approx(0.1)
    assert summary.waiting == pytest.approx(0.25)
    assert summary.making_input is None
    assert "25% of it waiting for input. The input is the bottleneck" in str(summary)


def test_a_loop_that_makes_its_own_input_tells_the_share_that_this_takes(tmp_path):
    threads = {
        "python": [("piece", 0, 60), ("input", 0, 20), ("piece", 60, 40)],
        "python ": [("piece", 0, 100), ("input", 10, 30), ("input", 90, 10)],
    }
    write_trace(tmp_path, {"/host:CPU": threads})

    summary = summarize_trace(tmp_path)

    assert summary.making_input == pytest.approx(60 / 200)
    assert "of the threads' time 30% went into making the input" in str(summary)


def test_kernels_of_a_gpu_count_by_their_names(tmp_path):
    write_trace(
        tmp_path, {"/device:GPU:0": {"Stream #1": [("gemm", 0, 5), ("relu", 5, 1)]}}
    )

    assert [row[0] for row in summarize_trace(tmp_path, 1).operations] == ["gemm"]


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_a_slow_input_is_seen_in_the_trace_of_a_real_loop(tmp_path, seconds, capsys):
    def wait(number):
        time.sleep(seconds)
        return np.float32(number)

    def batch(number):
        slow = tf.numpy_function(wait, [number], tf.float32)
        return tf.fill((256, 256), slow * 0.0), tf.zeros((256,), tf.int32)

    model = keras.Sequential(
        [keras.Input((256,)), keras.layers.Dense(1024), keras.layers.Dense(2)]
    )
    trace = ProfileSteps(RunMonitor(tmp_path), 3, 8)
    dataset = tf.data.Dataset.range(10).map(batch)

    TrainingLoop(
        model, keras.optimizers.SGD(), cross_entropy, lambda _: dataset, hooks=[trace]
    ).run(1)
    summary = summarize_trace(tmp_path / "train")

    assert any("MatMul" in kind for kind, _, _ in summary.operations)
    assert (summary.waiting > 0.5) == bool(seconds)
    assert f"{summary.waiting:.0%} of it waiting" in capsys.readouterr().out


def test_no_trace_and_a_damaged_one_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="expected a trace"):
        summarize_trace(tmp_path)

    write_trace(tmp_path, {})
    with pytest.raises(ValueError, match="expected events, got none"):
        summarize_trace(tmp_path)
    (path,) = tmp_path.glob("plugins/profile/1/*")
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(ValueError, match="cannot be read"):
        summarize_trace(tmp_path)
