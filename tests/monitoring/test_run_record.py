"""run.json: what ran, on what, how it went."""

import json
import os
import platform
import socket

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.monitoring.run_record import RunRecord


@pytest.fixture
def start(tmp_path):
    """Starts a record; the arguments can be changed."""

    def make(**changes):
        arguments = {
            "folder": tmp_path / "run",
            "command": ["python", "-m", "roots_tf.train.classifier", "--seed", "7"],
            "options": {"seed": 7, "pooling": "mean+max", "resume": False},
            "seed": 7,
            "data_hash": "ab12",
            "data_name": "docstrings",
        }
        return RunRecord(**(arguments | changes))

    return make


def read(record):
    return json.loads(record.path.read_text(encoding="utf-8"))


def test_record_is_there_from_the_start_with_what_it_takes_to_run_it_again(start):
    written = read(start())

    assert written["status"] == "running"
    assert written["command"] == "python -m roots_tf.train.classifier --seed 7"
    assert written["options"] == {"seed": 7, "pooling": "mean+max", "resume": False}
    assert written["seed"] == 7
    assert written["data"] == {"name": "docstrings", "hash": "ab12"}
    assert written["versions"]["python"] == platform.python_version()
    assert written["versions"]["tensorflow"] == tf.__version__
    assert written["versions"]["keras"] == keras.__version__
    assert written["versions"]["numpy"] == np.__version__
    assert written["platform"]["cpu_count"] == os.cpu_count()
    assert len(written["platform"]["gpus"]) == len(
        tf.config.list_physical_devices("GPU")
    )


def test_every_epoch_adds_a_point_and_the_end_its_metrics(start, epoch_record):
    with start() as record:
        record.on_epoch_end(epoch_record(1))
        record.on_epoch_end(epoch_record(2, train={"loss": np.float32(0.25)}))
        running = read(record)
        record.finish({"accuracy": np.float64(0.5), "support": np.int64(3)})

    assert running["status"] == "running"
    assert [point["epoch"] for point in running["curve"]] == [1, 2]
    assert running["curve"][0] == {
        "epoch": 1,
        "step": 10,
        "seconds": 1.5,
        "train": {"loss": 1.0, "accuracy": 0.6},
        "validation": {"loss": 2.0, "accuracy": 0.5},
    }
    assert running["curve"][1]["train"] == {"loss": 0.25}
    finished = read(record)
    assert finished["status"] == "finished"
    assert finished["final_metrics"] == {"accuracy": 0.5, "support": 3}
    assert finished["curve"] == running["curve"]
    assert finished["wall_seconds"] > 0


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError("disk\nfull"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_run_left_by_an_exception_says_how_it_ended(start, error, status):
    with pytest.raises(type(error)):
        with start() as record:
            raise error

    written = read(record)
    assert written["status"] == status
    assert "\n" not in written["error"]
    assert written["error"].startswith(type(error).__name__)


def test_record_names_no_machine_and_no_absolute_path(start, tmp_path):
    words = [
        "/opt/py/bin/python",
        "x.py",
        "--out=/home/jo/runs/a",
        "/home/J D/b",
        "a/b",
    ]
    options = {"data": "/srv/data/set.csv", "window": "C:\\data\\x", "folder": tmp_path}
    with pytest.raises(OSError):
        with start(command=words, options=options | {"url": "https://a.b/c"}) as record:
            raise FileNotFoundError(2, "No such file", "/srv/data/gone.csv")

    text = record.path.read_text(encoding="utf-8")
    written = json.loads(text)
    assert written["command"] == "python x.py --out=a b a/b"
    assert written["options"] == {
        "data": "set.csv",
        "window": "x",
        "folder": tmp_path.name,
        "url": "https://a.b/c",
    }
    assert written["error"].endswith("No such file: 'gone.csv'")
    for hidden in ("/srv", "/home", "/opt", str(tmp_path.parent)):
        assert hidden not in text
    if len(socket.gethostname()) > 3:
        assert socket.gethostname() not in text


def test_loss_that_is_not_finite_still_gives_valid_json(start, epoch_record):
    record = start()

    record.on_epoch_end(epoch_record(1, train={"loss": float("nan")}))

    def refuse(name):
        raise ValueError(name)

    text = record.path.read_text(encoding="utf-8")
    written = json.loads(text, parse_constant=refuse)
    assert written["curve"][0]["train"] == {"loss": None}


def test_resumed_run_goes_on_from_the_curve_and_time_of_its_checkpoint(
    start, epoch_record
):
    killed = start()
    killed.on_epoch_end(epoch_record(1))
    state = json.loads(json.dumps(killed.state())) | {"wall_seconds": 100.0}
    killed.on_epoch_end(epoch_record(2))

    record = start()
    record.restore(state)
    record.on_epoch_end(epoch_record(2, seconds=9.0))

    written = read(record)
    assert [point["epoch"] for point in written["curve"]] == [1, 2]
    assert written["curve"][1]["seconds"] == 9.0
    assert 100 <= written["wall_seconds"] < 160


def test_failed_write_keeps_the_earlier_record_whole(start, epoch_record, monkeypatch):
    record = start()

    def full_disk(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(OSError):
        record.on_epoch_end(epoch_record(1))

    assert read(record)["curve"] == []


def test_command_must_be_words(start):
    with pytest.raises(ValueError, match="list of words, got 'python x.py'"):
        start(command="python x.py")
