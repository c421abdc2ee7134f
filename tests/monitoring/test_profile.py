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


def test_trace_lies_where_tensorboard_looks_for_it_and_its_summary_is_printed(
    tmp_path, capsys
):
    trace = ProfileSteps(RunMonitor(tmp_path), 2, 3)
    multiply = tf.function(lambda x: tf.linalg.matmul(x, x))
    multiply(tf.ones((64, 64)))

    for step in (1, 2, 3, 4):
        trace.before_step(step)
        multiply(tf.ones((64, 64)))

    (path,) = (tmp_path / "train" / "plugins" / "profile").glob("*/*.xplane.pb")
    assert b"MatMul" in path.read_bytes()
    assert "traced, 0% of it waiting for input" in capsys.readouterr().out


def test_trace_runs_once_from_before_its_first_step_until_after_its_last(
    tmp_path, calls
):
    trace = ProfileSteps(RunMonitor(tmp_path), 2, 4)
    seen = []

    for step in range(1, 7):
        trace.before_step(step)
        seen.append(list(calls))
    trace.close()

    started, ended = ["start"], ["start", "stop"]
    assert seen == [[], started, started, started, ended, ended]
    assert calls == ended


def test_run_that_ends_early_ends_its_trace(tmp_path, calls):
    trace = ProfileSteps(RunMonitor(tmp_path), 1, 100)

    trace.before_step(1)
    trace.close()

    assert calls == ["start", "stop"]


def test_run_that_ends_before_the_first_step_says_that_there_is_no_trace(
    tmp_path, calls, capsys
):
    trace = ProfileSteps(RunMonitor(tmp_path), 10, 15)

    trace.before_step(9)
    trace.close()
    trace.close()

    assert calls == []
    printed = capsys.readouterr().out
    assert printed == "No profile: the run ended before step 10.\n"


def test_resumed_run_does_not_trace_again_and_traces_what_is_left(tmp_path, calls):
    done, cut = (ProfileSteps(RunMonitor(tmp_path), 1, 9) for _ in range(2))
    done.restore({"done": True})
    cut.restore({"done": False})

    done.before_step(5)

    assert calls == [] and done.state() == {"done": True}
    cut.before_step(5)
    assert calls == ["start"]
    cut.close()


@pytest.mark.parametrize("steps", [(6, 5), (0, 3), (-1, 3)])
def test_steps_out_of_order_are_refused(tmp_path, steps):
    with pytest.raises(ValueError, match="expected 1 <= first_step <= last_step"):
        ProfileSteps(RunMonitor(tmp_path), *steps)
