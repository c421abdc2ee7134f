"""The tuning script in processes of its own: killed and resumed, several at once."""

import collections
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.slow  # each process imports TensorFlow


def command(data, log_dir, *more):
    words = ["-m", "roots_tf.train.tune", "--data", data, "--log-dir", log_dir]
    words += ["--max-length", "10", *more]
    return [sys.executable, *map(str, words)]


def begin(words, **variables):
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )


@pytest.mark.parametrize(
    ("model", "search", "by", "epochs"),
    [
        ("bilstm", "random", "hand", 1),
        ("bilstm", "bayes", "keras-tuner", 1),
        ("word2vec", "bayes", "hand", 30),  # its epochs are short
        ("word2vec", "random", "keras-tuner", 30),
    ],
)
def test_a_search_killed_three_times_ends_with_twelve_trials_each_trained_once(
    model, search, by, epochs, tiny_reviews, tmp_path, trials_of
):
    options = ["--model", model, "--search", search, "--by", by]
    options += ["--trials", 12, "--epochs", epochs]
    words = command(tiny_reviews, tmp_path, *options)
    folder = tmp_path / "tune" / f"tiny-{model}-{search}"
    output = ""
    for kill in range(3):
        process = begin([*words, *(["--resume"] if kill else [])])
        while len(list(folder.glob("search/outcome-*.json"))) < 3 * (kill + 1):
            assert process.poll() is None, process.stderr.read()[-2000:]
            time.sleep(0.02)
        time.sleep(random.Random(kill).uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        output += process.communicate()[0]
        assert process.returncode == -signal.SIGKILL

    done = subprocess.run([*words, "--resume"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    told = re.findall(r"^trial (\d+):", output + done.stdout, re.MULTILINE)
    assert max(collections.Counter(told).values()) == 1
    trials = trials_of(folder)
    assert [int(row["trial"]) for row, *_ in trials] == list(range(12))
    assert not any(row["error"] for row, *_ in trials)
    assert {status for *_, status in trials} == {"STATUS_SUCCESS"}


@pytest.mark.parametrize("model", ["bilstm", "word2vec"])
def test_two_workers_share_the_trials(model, tiny_reviews, tmp_path, trials_of):
    options = ["--model", model, "--search", "bayes", "--trials", 6, "--workers", 2]
    # Long enough that the second worker is there before the first has done all.
    options += ["--epochs", 1 if model == "bilstm" else 30]

    done = subprocess.run(
        command(tiny_reviews, tmp_path, *options), capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr[-2000:]
    folder = tmp_path / "tune" / f"tiny-{model}-bayes"
    assert "6 trials, 0 failed" in done.stdout
    trials = trials_of(folder)
    assert len({row["learning_rate"] for row, *_ in trials}) == 6
    assert {status for *_, status in trials} == {"STATUS_SUCCESS"}
    made = {path.stem for path in folder.glob("search/worker-*.json")}
    assert made == {"worker-1", "worker-2"}


def test_a_chief_and_workers_begun_by_hand_as_on_several_machines(
    tiny_reviews, tmp_path, trials_of
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ["--search", "random", "--trials", 4, "--epochs", 1, "--name", "big"]
    words = command(tiny_reviews, tmp_path, *options)
    place = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": port}
    # A worker may be there before the chief.
    workers = [
        begin(words, KERASTUNER_TUNER_ID=f"worker-{number}", **place)
        for number in (1, 2)
    ]
    chief = begin(words, KERASTUNER_TUNER_ID="chief", **place)

    output, errors = chief.communicate(timeout=900)

    assert chief.returncode == 0, errors[-2000:]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0]
    assert "4 trials, 0 failed" in output
    trials = trials_of(tmp_path / "tune" / "big")
    assert {status for *_, status in trials} == {"STATUS_SUCCESS"}
    again = subprocess.run([*words, "--resume"], capture_output=True, text=True)
    assert "4 trials, 0 failed" in again.stdout, again.stderr[-2000:]
