"""The script that trains by hand, on the project's own reviews."""

import json
import re

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.datasets.classification import load_classification
from roots_tf.train.bag_of_words import read_bags
from roots_tf.train.mlp_by_hand import main

SMALL = ["--data", "reviews_zh", "--hidden-size", "8", "--vocab-size", "300"]


def run(log_dir, name, *words):
    main([*SMALL, "--log-dir", str(log_dir), "--name", name, *words])
    return log_dir / "mlp_by_hand" / name


def arrays_of(folder):
    with np.load(folder / "mlp.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files if name != "progress"}


def record_of(folder):
    return json.loads((folder / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def straight(log_dir):
    return run(log_dir, "straight", "--epochs", "4")


def test_the_gradient_check_and_the_test_scores_are_printed(tmp_path, capsys):
    run(tmp_path, "a", "--epochs", "1", "--loss", "squared_error", "--layers", "2")

    printed = capsys.readouterr().out
    error = re.search(r"relative error (\S+) in [Wb]\d at", printed)
    assert float(error[1]) < 1e-7
    assert re.search(r"Test: loss 0\.\d{4}, accuracy 0\.\d{4}", printed)


def test_the_loss_falls_and_is_recorded_by_epoch(straight):
    record = record_of(straight)

    losses = [point["train"]["loss"] for point in record["curve"]]
    assert record["status"] == "finished"
    assert len(losses) == 4
    assert losses[-1] < losses[0]


def test_the_recorded_accuracy_is_that_of_the_saved_weights(straight):
    w = arrays_of(straight)
    data = load_classification("reviews_zh")
    _, bags = read_bags(data, 300)

    logits = np.tanh(bags["test"] @ w["W1"] + w["b1"]) @ w["W2"] + w["b2"]

    accuracy = np.mean(logits.argmax(axis=1) == data.test.labels)
    assert record_of(straight)["final_metrics"]["accuracy"] == pytest.approx(accuracy)


def test_tensorboard_gets_the_loss_the_gradients_and_the_weights(straight):
    events = EventAccumulator(str(straight / "train"))
    events.Reload()

    tags = set(events.Tags()["tensors"])
    assert tags >= {"step/loss", "epoch/loss", "gradient_norm/W1", "W1", "b2", "about"}


def test_a_run_that_goes_on_ends_where_a_straight_one_ends(log_dir, straight):
    folder = run(log_dir, "cut", "--epochs", "2")

    run(log_dir, "cut", "--epochs", "4", "--resume")

    for name, expected in arrays_of(straight).items():
        np.testing.assert_array_equal(arrays_of(folder)[name], expected)
    curves = [record_of(one)["curve"] for one in (folder, straight)]
    for ours, expected in zip(*curves, strict=True):
        assert ours["validation"] == expected["validation"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--learning-rate", "0"], 2, "--learning-rate: expected over 0, got 0.0"),
        (["--layers", "-1"], 2, "--layers: expected 0 or more, got -1"),
        (["--data", "nothing"], 2, "nothing"),
        (["--learning-rate", "1e30", "--activation", "relu"], 1, "the loss became"),
    ],
)
def test_what_goes_wrong_is_one_line(words, status, message, tmp_path, capfd):
    with pytest.raises(SystemExit) as stop:
        run(tmp_path, "a", *words)

    assert stop.value.code == status
    lines = capfd.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ") and message in lines[0]
    assert (tmp_path / "mlp_by_hand").exists() == (status == 1)
