"""Every way for a script to end but success."""

import pytest
import tensorflow as tf

from roots_tf.train.exits import bad_input_ends_the_program, failure_ends_the_program


def test_bad_input_becomes_one_line_and_status_2(capsys):
    with pytest.raises(SystemExit) as stop, bad_input_ends_the_program():
        raise ValueError("expected this,\n  got that")

    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: expected this, got that\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (FloatingPointError("the loss became nan at step 3"), "the loss became nan"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (MemoryError("too much"), "too much"),
        (
            tf.errors.ResourceExhaustedError(None, None, "OOM of shape[9] [Op:Add]"),
            "out of memory: OOM of shape[9]",
        ),
    ],
)
def test_a_failure_becomes_one_line_and_status_1(capsys, tmp_path, error, line):
    with pytest.raises(SystemExit) as stop, failure_ends_the_program(tmp_path):
        raise error

    assert stop.value.code == 1
    printed = capsys.readouterr().err.strip().splitlines()
    assert len(printed) == 1
    assert printed[0].startswith("error: ") and line in printed[0]


def test_ctrl_c_tells_how_to_go_on(capsys, tmp_path):
    with pytest.raises(SystemExit) as stop, failure_ends_the_program(tmp_path):
        raise KeyboardInterrupt

    assert stop.value.code == 130
    assert "--resume" in capsys.readouterr().out


def test_a_bug_keeps_its_traceback(tmp_path):
    with pytest.raises(KeyError), failure_ends_the_program(tmp_path):
        raise KeyError("a bug")
