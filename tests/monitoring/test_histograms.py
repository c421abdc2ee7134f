"""Histograms of weights: TensorFlow's numbers, without its memory."""

import threading

import numpy as np
import psutil
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.tensorboard import RunMonitor


def memory_taken(call) -> int:
    """Bytes that this process has at most during a call, above those before it.

    Looked at all the while: the system's own maximum may be that of an earlier test.
    """
    process, done = psutil.Process(), threading.Event()
    before = process.memory_info().rss
    seen = [before]

    def look():
        while not done.wait(0.001):
            seen.append(process.memory_info().rss)

    looking = threading.Thread(target=look)
    looking.start()
    call()
    done.set()
    looking.join()
    return max(seen) - before


@pytest.mark.parametrize(
    "values",
    [[0.5], [2.0, 2.0, 2.0], [-1.0, 3.0], np.linspace(-1, 1, 61) ** 3, [1e30, -1e30]],
)
def test_a_histogram_is_that_of_tensorflow(tmp_path, values):
    with RunMonitor(tmp_path) as monitor:
        monitor.histogram("", 1, "ours", values)
        with monitor.writer("").as_default(1):
            tf.summary.histogram("theirs", np.float32(values))

    log = EventAccumulator(str(tmp_path), size_guidance={"tensors": 0}).Reload()
    ours, theirs = (log.Tensors(tag)[0].tensor_proto for tag in ("ours", "theirs"))
    assert log.SummaryMetadata("ours") == log.SummaryMetadata("theirs")
    np.testing.assert_allclose(
        tf.make_ndarray(ours), tf.make_ndarray(theirs), rtol=1e-12
    )


def test_a_histogram_takes_little_more_memory_than_its_values(tmp_path):
    values = np.random.default_rng(0).normal(size=(3_000, 1_000)).astype(np.float32)
    with RunMonitor(tmp_path) as monitor:
        monitor.histogram("", 1, "first", values[:1])

        taken = memory_taken(lambda: monitor.histogram("", 1, "embeddings", values))

        assert taken < 10 * values.nbytes  # a table takes 60
