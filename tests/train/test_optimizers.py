"""The script that compares the optimisers, on the project's own reviews."""

import json
import re

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.train.optimizers import OPTIMIZERS, main
from roots_tf.train.optimizers_parts import MAKERS

SMALL = ["--data", "reviews_en", "--hidden-size", "8", "--vocab-size", "300"]
SMALL += ["--epochs", "2", "--optimizers", "sgd,adam"]


def run(log_dir, *words):
    main([*SMALL, "--log-dir", str(log_dir), "--name", "a", *words])


def record_of(log_dir, name):
    path = log_dir / "optimizers" / "a" / name / "run.json"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    run(log_dir)
    return log_dir


def test_each_optimiser_has_its_run_at_its_own_learning_rate(finished):
    records = {name: record_of(finished, name) for name in ("sgd", "adam")}

    for name, record in records.items():
        assert record["status"] == "finished"
        assert record["options"]["optimizer"] == name
        assert [point["epoch"] for point in record["curve"]] == [1, 2]
        assert set(record["final_metrics"]) == {"loss", "accuracy"}
    rates = {
        name: record["options"]["learning_rate"] for name, record in records.items()
    }
    assert 0 < rates["adam"] < rates["sgd"]


def test_the_curve_of_the_range_test_is_in_tensorboard(finished):
    folder = finished / "optimizers" / "a" / "adam" / "train"
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()

    points = events.Tensors("range_test/learning_rate")
    rates = [float(tf.make_ndarray(point.tensor_proto)) for point in points]
    assert len(rates) == len(events.Tensors("range_test/loss")) > 20
    assert rates[0] == pytest.approx(1e-3)
    assert rates == sorted(rates)


def test_finished_ones_are_read_and_an_interrupted_one_goes_on(finished, capsys):
    path = finished / "optimizers" / "a" / "adam" / "run.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**before, "status": "failed"}), encoding="utf-8")
    sgd = record_of(finished, "sgd")

    run(finished, "--resume")

    printed = capsys.readouterr().out
    assert "\nadam\n" in printed and "\nsgd\n" not in printed
    after = record_of(finished, "adam")
    assert after["status"] == "finished"
    assert after["options"] == {**before["options"], "resume": True}
    # Everything had been trained: the checkpoint's weights give the same scores.
    assert after["final_metrics"] == before["final_metrics"]
    assert record_of(finished, "sgd") == sgd


def test_one_learning_rate_can_be_given_to_all(tmp_path, capsys):
    run(tmp_path, "--learning-rate", "0.01", "--epochs", "1")

    for name in ("sgd", "adam"):
        assert record_of(tmp_path, name)["options"]["learning_rate"] == 0.01
    assert capsys.readouterr().out.count(" 0.01 ") == 2


def test_every_name_has_a_maker():
    assert tuple(MAKERS) == OPTIMIZERS


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--optimizers", "sgd,adagrad"], "expected names of sgd,momentum,.*adagrad"),
        (["--optimizers", "sgd,sgd"], "each once"),
        (["--learning-rate", "-1"], "--learning-rate: expected 0 or more"),
        (["--data", "nothing"], "nothing"),
    ],
)
def test_a_mistake_is_one_line(words, message, tmp_path, capfd):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path, *words)

    assert stop.value.code == 2
    lines = capfd.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert re.search(message, lines[0])
    assert not (tmp_path / "optimizers").exists()
