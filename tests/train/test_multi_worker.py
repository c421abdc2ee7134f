"""Two workers on one machine: the same training as one, killed and resumed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.run import worker_number

FLAGS = "--name two --epochs 2 --batch-size 8 --dropout 0 --hidden-size 8".split()
FLAGS += "--embedding-dim 8 --log-every 1 --no-diagnosis --checkpoint-every 2".split()


def free_ports(count):
    with_ports = [socket.socket() for _ in range(count)]
    for one in with_ports:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in with_ports]
    for one in with_ports:
        one.close()
    return ports


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "texts.csv"
    words = "good fine lovely bad dull awful the a film plot".split()
    draw = np.random.default_rng(0)
    rows = ["text,label"]
    for number in range(70):  # 56 or so to train on: no multiple of the batch
        text = " ".join(draw.choice(words, draw.integers(1, 9)))
        rows.append(f"{text} {number},{'yn'[number % 2]}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def start(table, folder, *flags, workers=1):
    """Starts the script in one process or several."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(workers)]
    processes = []
    for index in range(workers):
        environment = dict(os.environ, CUDA_VISIBLE_DEVICES="-1")
        words = [*FLAGS, "--data", str(table), "--log-dir", str(folder), *flags]
        if workers > 1:
            task = {"type": "worker", "index": index}
            cluster = {"worker": addresses}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
            words += ["--strategy", "multi-worker"]
        command = [sys.executable, "-m", "roots_tf.train.classifier", *words]
        processes.append(
            subprocess.Popen(
                command,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    return processes


def finished(processes):
    outputs = [process.communicate(timeout=400)[0] for process in processes]
    for process, output in zip(processes, outputs, strict=True):
        assert process.returncode == 0, output[-3000:]
    return outputs


def weights(folder):
    model = TextClassifier.load(folder / "classifier/two/model").model
    return {weight.path: np.asarray(weight) for weight in model.weights}


def curve(folder):
    record = (folder / "classifier/two/run.json").read_text(encoding="utf-8")
    return json.loads(record)["curve"]


@pytest.mark.slow
def test_two_workers_end_with_the_weights_of_one(table, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    finished(start(table, one))

    first, second = finished(start(table, two, workers=2))

    assert "Replicas: 2." in first and "The first worker evaluates" in second
    for ours, expected in zip(curve(two), curve(one), strict=True):
        # Sums in another order, which Adam magnifies.
        assert ours["train"]["loss"] == pytest.approx(expected["train"]["loss"], 1e-3)
    expected = weights(one)
    for name, values in weights(two).items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-2, atol=1e-3)
    # The second worker has left nothing, neither beside the run nor in it.
    files, expected = (
        {
            path.name
            for path in (folder / "classifier").rglob("*")
            if "tfevents" not in path.name
        }
        for folder in (two, one)
    )
    assert files == expected


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 1])
def test_killed_workers_go_on_to_the_same_end_in_any_number(table, tmp_path, workers):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    finished(start(table, whole, workers=2))
    processes = start(table, parts, workers=2)
    deadline = time.monotonic() + 300
    while not list(parts.glob("classifier/two/checkpoints/ckpt-4.index")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for process in processes:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    finished(start(table, parts, "--resume", workers=workers))

    expected = weights(whole)
    for name, values in weights(parts).items():
        # Sums in another order, which Adam magnifies.
        np.testing.assert_allclose(values, expected[name], rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_a_worker_whose_other_one_dies_ends_with_one_line_that_says_so(table, tmp_path):
    first, second = start(table, tmp_path / "runs", "--epochs", "500", workers=2)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("runs/classifier/two/checkpoints/ckpt-4.index")):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    second.kill()
    output, _ = first.communicate(timeout=120)

    assert first.returncode == 1 and "Traceback" not in output
    (said,) = [line for line in output.splitlines() if line.startswith("error: ")]
    assert said.endswith("start all again with --resume")


@pytest.mark.parametrize(
    "config",
    ["", "{}", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}'],
)
def test_a_cluster_that_tensorflow_could_not_read_is_refused(config, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config)

    with pytest.raises(ValueError, match="--strategy multi-worker: expected TF_CONFIG"):
        ClassifierOptions(strategy="multi-worker", name="a")


def test_the_first_worker_leads_and_all_need_one_name(monkeypatch):
    cluster = {"worker": ["a:1", "b:2"]}
    for index in (0, 1):
        task = {"type": "worker", "index": index}
        config = json.dumps({"cluster": cluster, "task": task})
        monkeypatch.setenv("TF_CONFIG", config)
        assert worker_number() == index
        options = ClassifierOptions(strategy="multi-worker", name="a")
        assert options.leads is (index == 0)

    with pytest.raises(ValueError, match="--name: expected one"):
        ClassifierOptions(strategy="multi-worker")
