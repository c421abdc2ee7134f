"""The optional trace of a few steps."""

import pytest
import tensorflow as tf

from roots_tf.monitoring import profile
from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.tensorboard import RunMonitor


@pytest.fixture
def calls(monkeypatch):
    """Takes the place of the profiler and keeps what is asked of it."""
    seen = []
    profiler = profile.tf.profiler.experimental
    monkeypatch.setattr(profiler, "start", lambda folder: seen.append("start"))
    monkeypatch.setattr(profiler, "stop", lambda: seen.append("stop"))
    return seen


def test_trace_lies_where_tensorboard_looks_for_it_and_names_the_operations(
    tmp_path, step_record
):
    trace = ProfileSteps(RunMonitor(tmp_path), 2, 3)

    for step in (1, 2, 3):
        trace.on_step(step_record(step))
        tf.linalg.matmul(tf.ones((64, 64)), tf.ones((64, 64)))
    trace.close()

    (path,) = (tmp_path / "train" / "plugins" / "profile").glob("*/*.xplane.pb")
    assert b"MatMul" in path.read_bytes()


def test_trace_runs_once_between_the_first_logged_steps_that_are_due(
    tmp_path, calls, step_record
):
    trace = ProfileSteps(RunMonitor(tmp_path), 12, 15)
    seen = []

    for step in (10, 20, 30, 40):
        trace.on_step(step_record(step))
        seen.append(list(calls))
    trace.close()

    assert seen == [[], ["start"], ["start", "stop"], ["start", "stop"]]
    assert calls == ["start", "stop"]


def test_run_that_ends_early_ends_its_trace(tmp_path, calls, step_record):
    trace = ProfileSteps(RunMonitor(tmp_path), 1, 100)

    trace.on_step(step_record(1))
    trace.close()

    assert calls == ["start", "stop"]


def test_resumed_run_does_not_trace_again(tmp_path, calls, step_record):
    trace = ProfileSteps(RunMonitor(tmp_path), 1, 2)
    trace.restore({"done": True})

    trace.on_step(step_record(5))

    assert calls == []
    assert trace.state() == {"done": True}


@pytest.mark.parametrize("steps", [(5, 5), (-1, 3), (4, 2)])
def test_steps_out_of_order_are_refused(tmp_path, steps):
    with pytest.raises(ValueError, match="expected 0 <= first_step < last_step"):
        ProfileSteps(RunMonitor(tmp_path), *steps)
