"""The tuning script: its trials in TensorBoard, failures, resuming, workers."""

import collections
import csv
import random
import re
import signal
import subprocess
import sys
import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train.tune import SEARCHES, main

SMALL = "--epochs 1 --max-length 10".split()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    generator = random.Random(0)
    words = {"good": "nice kind warm 好 喜欢", "bad": "cold rude dull 差 失望"}
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        for label, own in words.items():
            for _ in range(60):
                text = " ".join(generator.choices([*own.split(), "the", "a"], k=7))
                table.writerow([text, label])
    return path


def arguments(data, log_dir, *more):
    return ["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more]


def status_of(folder):
    """Options and end of a trial as the HPARAMS tab reads them."""
    events = EventAccumulator(str(folder)).Reload()

    def content(tag):
        return events.SummaryMetadata(tag).plugin_data.content

    start = metadata.parse_session_start_info_plugin_data(
        content(metadata.SESSION_START_INFO_TAG)
    )
    end = metadata.parse_session_end_info_plugin_data(
        content(metadata.SESSION_END_INFO_TAG)
    )
    return start.hparams, end.status


def rows(folder):
    with open(folder / "trials.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    main(arguments(data, log_dir, "--search", "bayes", "--trials", "3"))
    return log_dir / "tune" / "tiny-bilstm-bayes"


def test_every_trial_is_a_row_of_the_hparams_tab_and_of_the_table(finished):
    table = rows(finished)

    assert len(table) == 3
    for row in table:
        folder = finished / "trials" / row["trial"]
        hparams, status = status_of(folder)
        assert status == api_pb2.STATUS_SUCCESS
        assert hparams["learning_rate"].number_value == float(row["learning_rate"])
        assert hparams["pooling"].string_value == row["pooling"]
        curves = read_scalars(folder)
        (_, best), *_ = curves[".", "final/accuracy"]
        assert best == pytest.approx(float(row["accuracy"]), abs=1e-6)
        assert best == max(v for _, v in curves["validation", "epoch/accuracy"])


def test_the_output_names_the_best_and_how_to_train_it(data, finished, capsys):
    main(arguments(data, finished.parents[1], "--trials", "3", "--resume"))

    output = capsys.readouterr().out
    best = max(rows(finished), key=lambda row: float(row["accuracy"]))
    assert "3 trials, 0 failed" in output
    assert "\ntrial " not in output  # a finished search trains nothing again
    command = re.search(r"roots_tf\.train\.classifier (.+)", output)[1]
    assert f"--learning-rate {best['learning_rate']} " in command
    assert f"--pooling {best['pooling']}" in command
    from roots_tf.train.classifier import ClassifierOptions
    from roots_tf.train.flags import parse

    parsed = parse(ClassifierOptions, "x", "y", command.split())
    assert parsed.dropout == float(best["dropout"])


def test_a_failed_trial_is_marked_and_the_search_goes_on(data, tmp_path, monkeypatch):
    from roots_tf.train import tune_parts

    calls, scores = [], tune_parts.scores

    def sometimes(labels, probabilities):
        calls.append(1)
        if len(calls) == 1:
            return {"loss": float("nan"), "accuracy": 0.5}
        if len(calls) == 2:
            raise MemoryError("no room")
        return scores(labels, probabilities)

    monkeypatch.setattr(tune_parts, "scores", sometimes)

    main(arguments(data, tmp_path, "--search", "random", "--trials", "3"))

    folder = tmp_path / "tune" / "tiny-bilstm-random"
    errors = [row["error"] for row in rows(folder)]
    assert errors == [
        "FloatingPointError: the loss is nan",
        "MemoryError: no room",
        "",
    ]
    statuses = [status_of(folder / "trials" / str(n))[1] for n in range(3)]
    assert statuses == [
        api_pb2.STATUS_FAILURE,
        api_pb2.STATUS_FAILURE,
        api_pb2.STATUS_SUCCESS,
    ]


def test_if_all_trials_fail_the_script_does(data, tmp_path, monkeypatch, capsys):
    from roots_tf.train import tune_parts

    monkeypatch.setattr(tune_parts, "build_model", lambda *options: 1 / 0)

    with pytest.raises(SystemExit) as stop:
        main(arguments(data, tmp_path, "--search", "random", "--trials", "2"))

    assert stop.value.code == 1
    error = capsys.readouterr().err.strip()
    assert error == (
        "error: all 2 trials failed, the first by: ZeroDivisionError: division by zero"
    )


@pytest.mark.slow
def test_hyperband_goes_on_with_the_weights_of_the_trial_before(data, tmp_path):
    more = ["--search", "hyperband", "--trials", "4", "--epochs", "3"]

    main(arguments(data, tmp_path, *more))

    folder = tmp_path / "tune" / "tiny-bilstm-hyperband"
    table = rows(folder)
    assert [row["epochs"] for row in table] == ["1", "1", "1", "3"]
    tuned = ("learning_rate", "pooling", "hidden_size", "batch_size", "dropout")
    last = [table[3][name] for name in tuned]
    assert last in [[row[name] for name in tuned] for row in table[:3]]
    curves = read_scalars(folder / "trials" / "3")
    epochs = [epoch for epoch, _ in curves["train", "epoch/loss"]]
    assert epochs == [2, 3]  # the first was that of the trial before


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--search", "greedy"], r"--search: invalid choice: 'greedy'"),
        (["--trials", "0"], r"--trials: expected 1 or more, got 0"),
        (["--seed", "0"], r"--seed: expected 1 or more, got 0"),
        (["--search", "grid", "--trials", "2"], r"expected 3 trials or more"),
        (["--data", "imbd"], r"imdb"),
        (["--resume", "--name", "other"], r"--resume: expected a run in"),
        (["--vocab-size", "1"], r"vocabulary size over 2"),
    ],
)
def test_bad_input_ends_with_one_clear_line_and_nothing_written(
    data, tmp_path, more, message, capsys
):
    with pytest.raises(SystemExit) as stop:
        main(arguments(data, tmp_path / "logs", *more))

    assert stop.value.code == 2
    error = capsys.readouterr().err.strip()
    assert re.search(message, error) and "\n" not in error
    assert not (tmp_path / "logs").exists()


def test_a_role_without_a_name_is_refused(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker-1")

    with pytest.raises(SystemExit):
        main(arguments(data, tmp_path))

    assert "--name: expected the search's name" in capsys.readouterr().err


def test_the_searches_to_choose_from_are_those_there_are():
    # Named twice, so that --help need not import Keras Tuner.
    from roots_tf.tuning import keras_tuner_search

    assert SEARCHES == keras_tuner_search.SEARCHES


def test_help_is_answered_without_tensorflow():
    code = (
        "import sys; from roots_tf.train.tune import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: sys.exit('tensorflow' in sys.modules)"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True)

    assert result.returncode == 0
    assert b"--workers" in result.stdout


@pytest.mark.slow  # TensorFlow is imported four times
def test_a_search_killed_three_times_ends_with_twelve_trials_each_once(data, tmp_path):
    command = [sys.executable, "-m", "roots_tf.train.tune"]
    command += arguments(data, tmp_path, "--search", "random", "--trials", "12")
    folder = tmp_path / "tune" / "tiny-bilstm-random"
    output = ""
    for kill in range(3):
        process = subprocess.Popen(
            [*command, *(["--resume"] if kill else [])],
            stdout=subprocess.PIPE,
            text=True,
        )
        while len(list(folder.glob("search/outcome-*.json"))) < 3 * (kill + 1):
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(random.Random(kill).uniform(0, 1))
        process.send_signal(signal.SIGKILL)
        output += process.communicate()[0]

    done = subprocess.run([*command, "--resume"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    told = re.findall(r"^trial (\d+):", output + done.stdout, re.MULTILINE)
    assert max(collections.Counter(told).values()) == 1
    table = rows(folder)
    assert [int(row["trial"]) for row in table] == list(range(12))
    assert not any(row["error"] for row in table)
    for row in table:
        _, status = status_of(folder / "trials" / row["trial"])
        assert status == api_pb2.STATUS_SUCCESS


@pytest.mark.slow  # four processes import TensorFlow
def test_two_workers_share_the_trials(data, tmp_path):
    command = [sys.executable, "-m", "roots_tf.train.tune"]
    command += arguments(
        data, tmp_path, "--search", "bayes", "--trials", "6", "--workers", "2"
    )

    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-2000:]
    folder = tmp_path / "tune" / "tiny-bilstm-bayes"
    assert "6 trials, 0 failed" in done.stdout
    assert len({row["learning_rate"] for row in rows(folder)}) == 6
    made = {path.stem for path in folder.glob("search/worker-*.json")}
    assert made == {"worker-1", "worker-2"}
    for row in rows(folder):
        assert status_of(folder / "trials" / row["trial"])[1] == api_pb2.STATUS_SUCCESS
