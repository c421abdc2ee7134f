"""The GloVe script as its user meets it; its parts are those of Word2Vec's."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train import glove
from roots_tf.word_vectors import cooccurrence, glove_loop
from roots_tf.word_vectors.word_vector_files import load_word_vectors

SMALL = """--dim 8 --threads 1 --epochs 6 --checkpoint-every 2
--words-watched rain,盐,fog"""
WEATHER = "rain snow wind cloud storm sun 雨 雪".split()  # as in the text
KITCHEN = "bread soup salt butter oven rice 面 盐".split()
# Each word is near every other of its topic and near "the", and near itself.
CELLS = 2 * 9**2 - 1


def main(text, log_dir, *more):
    arguments = ["--data", text, "--log-dir", log_dir, *SMALL.split(), *more]
    glove.main(list(map(str, arguments)))
    return log_dir / "glove" / "topics"


@pytest.fixture(scope="module")
def finished(two_topics, tmp_path_factory):
    """A run in a process of its own: its folder and what it printed."""
    log_dir = tmp_path_factory.mktemp("finished")
    command = [sys.executable, "-m", "roots_tf.train.glove", "--data", two_topics]
    result = subprocess.run(
        list(map(str, [*command, "--log-dir", log_dir, *SMALL.split()])),
        env={**os.environ, "ROOTS_TF_DATA": str(log_dir)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return log_dir / "glove" / "topics", result.stdout


def test_the_output_reads_as_the_chapter_does(finished):
    folder, output = finished

    expected = [
        r"topics\.txt: 4,800 words in 600 sentences; 17 different",
        r"Counting which words are near which",
        rf"{CELLS} pairs of words seen together, 55\.71% of all",
        rf"epoch 1/6 █+░* {CELLS}/{CELLS}  [\d,]+ cells/s  \? left",
        r"epoch 6/6  train loss \d.\d{4} mean_vector_norm \d.\d{4}  \d+ s",
        r"Skipped, not in .*: questions-words, wordsim-353, simlex-999",
        r"rain: .* 0\.\d\d",
        f"Vectors: {folder / 'vectors.txt'}",
        r"Use them: python -m roots_tf\.train\.classifier --embeddings",
        f"Watch it: tensorboard --logdir {folder.parent}",
    ]
    places = [re.search(line, output) for line in expected]
    assert None not in places, expected[places.index(None)]
    assert [place.start() for place in places] == sorted(p.start() for p in places)


def test_words_of_one_topic_come_to_lie_together(finished):
    folder, _ = finished

    vectors = load_word_vectors(folder / "vectors.txt")

    for words, others in ((WEATHER, KITCHEN), (KITCHEN, WEATHER)):
        inside = np.mean([vectors.similarity(words[0], word) for word in words[1:]])
        outside = np.mean([vectors.similarity(words[0], word) for word in others])
        assert inside > outside + 0.2


def test_the_record_and_every_tab_of_tensorboard_have_something_of_the_run(finished):
    folder, _ = finished

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    train = EventAccumulator(str(folder / "train")).Reload()
    scalars = read_scalars(folder)

    assert record["status"] == "finished"
    losses = [point["train"]["loss"] for point in record["curve"]]
    assert losses == sorted(losses, reverse=True) and len(losses) == 6
    assert {
        *("step/loss", "step/learning_rate", "step/cells_per_second"),
        *("epoch/loss", "epoch/mean_vector_norm", "nearest_words", "about"),
    } <= set(train.Tags()["tensors"])
    steps = [step for step, _ in scalars["train", "step/loss"]]
    assert steps == [CELLS * epoch for epoch in range(1, 7)]
    text = train.Tensors("nearest_words")[-1].tensor_proto.string_val[0].decode()
    assert "| rain |" in text and "| fog | *not in the vocabulary* |" in text
    hparams = EventAccumulator(str(folder)).Reload().Tags()["tensors"]
    assert "_hparams_/session_start_info" in hparams
    rows = (folder / "projector" / "metadata.tsv").read_text(encoding="utf-8")
    assert len(rows.splitlines()) == 18


@pytest.fixture(scope="module")
def left_alone(two_topics, tmp_path_factory):
    """The folder of a run that nobody has interrupted."""
    return main(two_topics, tmp_path_factory.mktemp("alone"))


@pytest.mark.parametrize("epochs", [1, 5])
def test_an_interrupted_run_ends_as_one_left_alone(
    left_alone, two_topics, tmp_path, monkeypatch, assert_equal_runs, epochs
):
    epoch = glove_loop.GloveTrainer.epoch

    def interrupted(self, progress):
        if self.epochs_done == epochs:
            raise KeyboardInterrupt
        return epoch(self, progress)

    monkeypatch.setattr(glove_loop.GloveTrainer, "epoch", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(two_topics, tmp_path)
    monkeypatch.undo()
    resumed = main(two_topics, tmp_path, "--resume")

    assert stop.value.code == 130
    assert_equal_runs(resumed, left_alone)


def test_a_profile_names_operations_and_changes_nothing_that_is_learned(
    finished, two_topics, tmp_path, no_sets, capsys, assert_equal_runs
):
    folder = main(two_topics, tmp_path, "--profile", "2:3")

    assert_equal_runs(folder, finished[0])
    printed = capsys.readouterr().out
    told = re.search(r"Profile: .*of the threads' time \d+% went into making", printed)
    assert told and "MatMul" in printed[told.end() :].partition("\n\n")[0]
    assert len(list(folder.glob("train/plugins/profile/*/*.xplane.pb"))) == 1
    events = EventAccumulator(str(folder / "train")).Reload()
    assert b"MatMul" in events.Tensors("profile")[0].tensor_proto.string_val[0]


def test_a_finished_run_can_be_given_more_epochs(
    left_alone, two_topics, tmp_path, assert_equal_runs
):
    main(two_topics, tmp_path, "--epochs", "3")

    longer = main(two_topics, tmp_path, "--epochs", "6", "--resume")

    assert_equal_runs(longer, left_alone)


@pytest.mark.parametrize("damage", ["none", "cut", "of another text"])
def test_counts_are_made_again_if_they_are_not_whole(
    two_topics, tmp_path, monkeypatch, capsys, damage
):
    folder = main(two_topics, tmp_path, "--epochs", "1")
    counts = folder / "cooccurrence"
    whole = (counts / "values").read_bytes()
    if damage == "cut":
        (counts / "values").write_bytes(whole[:-8])
    if damage == "of another text":
        sizes = json.loads((counts / cooccurrence.SIZES).read_text())
        sizes["corpus_hash"] = "0" * 64
        (counts / cooccurrence.SIZES).write_text(json.dumps(sizes))
    capsys.readouterr()

    main(two_topics, tmp_path, "--epochs", "2", "--resume")

    counted = "Counting which" in capsys.readouterr().out
    assert counted == (damage != "none")
    assert (counts / "values").read_bytes() == whole


@pytest.mark.slow
def test_a_run_killed_at_any_moment_ends_as_one_never_killed(
    two_topics, tmp_path, assert_equal_runs
):
    generator = random.Random()
    arguments = [*SMALL.split(), "--epochs", "300", "--data", str(two_topics)]

    def begin(log_dir, *more):
        script = [sys.executable, "-m", "roots_tf.train.glove", *arguments, *more]
        return subprocess.Popen(
            [*script, "--log-dir", str(tmp_path / log_dir)],
            env={**os.environ, "ROOTS_TF_DATA": str(tmp_path)},
            stdout=subprocess.DEVNULL,
        )

    folder = tmp_path / "killed" / "glove" / "topics"
    checkpoint = folder / "checkpoint.npz"
    # Twice as soon as the folder is there, then while it trains.
    for waits_for in (folder / "options.json", folder / "corpus", *[checkpoint] * 3):
        before = newest(checkpoint)
        process = begin("killed", *(["--resume"] if folder.exists() else []))
        while not waits_for.exists() or newest(waits_for) == before:
            assert process.poll() is None, "ended before it could be killed"
            time.sleep(0.01)
        time.sleep(generator.uniform(0, 0.5))
        assert process.poll() is None, "ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert begin("killed", "--resume").wait() == 0
    assert begin("alone").wait() == 0

    assert_equal_runs(folder, tmp_path / "alone" / "glove" / "topics")


def newest(path):
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "{empty}"], r"empty: expected text, got only blank lines"),
        (["--data", "{one_word}"], r"two or more different words, got only 'rain'"),
        (["--data", "{rare}"], r"seen 5 times or more \(min_count\), got 0 of 3"),
        (["--data", "{one_a_line}"], r"expected sentences of two words or more"),
        (["--data", "{binary}"], r"binary, line 1: expected text, got a NUL byte"),
        (["--data", "{good}", "--log-dir", "{good}"], r"--log-dir: cannot write to"),
        (["--window", "0"], r"--window: expected 1 or more, got 0"),
        (["--memory", "0"], r"--memory: expected 1 or more, got 0"),
        (["--x-max", "0"], r"--x-max: expected over 0, got 0\.0"),
        (["--alpha", "-1"], r"--alpha: expected over 0, got -1\.0"),
        (["--learning-rate", "0"], r"--learning-rate: expected over 0, got 0\.0"),
        (["--profile", "3:2"], r"--profile: expected the first and the last step"),
        (["--xmax", "1"], r"unknown flag --xmax; did you mean --x-max\?"),
        (["--resume"], r"--resume: expected a run in .*docstrings, got none"),
    ],
)
def test_bad_input_ends_with_one_clear_line_and_nothing_written(
    tmp_path, bad_texts, arguments, message, capfd
):
    logs = tmp_path / "logs"
    arguments = [argument.format(**bad_texts) for argument in arguments]
    if "--log-dir" not in arguments:
        arguments += ["--log-dir", str(logs)]

    with pytest.raises(SystemExit) as stop:
        glove.main(arguments)

    assert stop.value.code == 2
    errors = capfd.readouterr().err
    lines = [line for line in errors.splitlines() if "error:" in line]
    assert len(lines) == 1 and "Traceback" not in errors
    assert re.search(message, lines[0]), lines[0]
    assert not logs.exists()
