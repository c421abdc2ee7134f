"""The Word2Vec script as its user meets it."""

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.event_log import read_scalars
from roots_tf.train import word2vec
from roots_tf.train.word2vec_trainer import FullSoftmaxTrainer
from roots_tf.word_vectors import word2vec_fast
from roots_tf.word_vectors.word_vector_files import load_word_vectors

SMALL = """--dim 8 --threads 1 --epochs 8 --learning-rate 0.1 --checkpoint-every 3
--words-watched rain,盐,fog"""
RUN = "topics-skip-gram"
WEATHER = "rain snow wind cloud storm sun 雨 雪".split()  # as in the text
KITCHEN = "soup bread salt butter oven rice 面 盐".split()


def main(text, log_dir, *more):
    arguments = ["--data", text, "--log-dir", log_dir, *SMALL.split(), *more]
    word2vec.main(list(map(str, arguments)))
    return log_dir / "word2vec"


@pytest.fixture(scope="module")
def finished(two_topics, tmp_path_factory):
    """A run in a process of its own: its folder and what it printed."""
    log_dir = tmp_path_factory.mktemp("finished")
    command = [sys.executable, "-m", "roots_tf.train.word2vec", "--data", two_topics]
    result = subprocess.run(
        list(map(str, [*command, "--log-dir", log_dir, *SMALL.split()])),
        env={**os.environ, "ROOTS_TF_DATA": str(log_dir)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    return log_dir / "word2vec" / RUN, result.stdout


def test_the_output_reads_as_the_chapter_does(finished):
    folder, output = finished

    expected = [
        r"Training on the CPU, threads: 1\.",
        r"topics\.txt: 4,800 words in 600 sentences; 17 different",
        r"epoch 1/8 .* 4,800/4,800  loss \d.\d{4}  [\d,]+ words/s  \? left",
        r"epoch 8/8  train loss \d.\d{4} mean_vector_norm \d.\d{4}  \d+ s",
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

    assert vectors.vectors.shape == (17, 8)
    for words, others in ((WEATHER, KITCHEN), (KITCHEN, WEATHER)):
        inside = np.mean([vectors.similarity(words[0], word) for word in words[1:]])
        outside = np.mean([vectors.similarity(words[0], word) for word in others])
        assert inside > outside + 0.5


def test_the_run_record_holds_what_is_needed_to_repeat_the_run(finished):
    folder, _ = finished

    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))

    assert record["status"] == "finished"
    assert record["command"].startswith("python -m roots_tf.train.word2vec --data")
    assert record["options"]["dim"] == 8
    sizes = json.loads((folder / "corpus" / "corpus.json").read_text())
    assert record["data"]["hash"] == sizes["content_hash"]
    losses = [point["train"]["loss"] for point in record["curve"]]
    assert len(losses) == 8 and losses[-1] < losses[0]


def test_every_tab_of_tensorboard_has_something_of_the_run(finished):
    folder, _ = finished

    parts = {
        part: EventAccumulator(str(folder / part)).Reload()
        for part in ("", "train", "projector")
    }

    tags = set(parts["train"].Tags()["tensors"])
    assert {
        *("step/loss", "step/learning_rate", "step/words_per_second"),
        *("epoch/loss", "epoch/mean_vector_norm", "epoch/seconds"),
        *("nearest_words", "about"),
    } <= tags
    tables = parts["train"].Tensors("nearest_words")
    text = tables[-1].tensor_proto.string_val[0].decode()
    assert [table.step for table in tables] == list(range(1, 9))
    assert "| rain |" in text and "| 盐 |" in text
    assert "| fog | *not in the vocabulary* |" in text
    assert "_hparams_/session_start_info" in parts[""].Tags()["tensors"]
    rows = (folder / "projector" / "metadata.tsv").read_text(encoding="utf-8")
    assert rows.splitlines()[0] == "word\tfrequency"
    assert len(rows.splitlines()) == 18


def test_the_learning_rate_falls_linearly_to_its_last_share(finished):
    folder, _ = finished

    points = read_scalars(folder)["train", "step/learning_rate"]

    # rate (1 - done (1 - 1e-4)), as in word2vec.c; float32.
    words = 4800 * np.arange(1, 9)
    expected = 0.1 * (1 - words / words[-1] * (1 - 1e-4))
    assert [step for step, _ in points] == words.tolist()
    np.testing.assert_allclose([rate for _, rate in points], expected, rtol=1e-4)


def test_a_profile_names_operations_and_changes_nothing_that_is_learned(
    finished, two_topics, tmp_path, no_sets, capsys, assert_equal_runs
):
    folder = main(two_topics, tmp_path, "--profile", "2:3") / RUN

    assert_equal_runs(folder, finished[0])
    printed = capsys.readouterr().out
    told = re.search(r"Profile: .*of the threads' time \d+% went into making", printed)
    assert told and "MatMul" in printed[told.end() :].partition("\n\n")[0]
    assert len(list(folder.glob("train/plugins/profile/*/*.xplane.pb"))) == 1
    events = EventAccumulator(str(folder / "train")).Reload()
    assert b"MatMul" in events.Tensors("profile")[0].tensor_proto.string_val[0]


@pytest.mark.parametrize(
    ("architecture", "objective"),
    [
        ("cbow", "negative-sampling"),
        ("skip-gram", "hierarchical-softmax"),
        ("cbow", "full-softmax"),
    ],
)
def test_every_architecture_and_objective_learns(
    two_topics, tmp_path, no_sets, architecture, objective, capsys
):
    more = ["--architecture", architecture, "--objective", objective]

    main(two_topics, tmp_path, *more, "--words-watched", "rain", "--profile", "2:2")

    (folder,) = (tmp_path / "word2vec").iterdir()
    curve = json.loads((folder / "run.json").read_text())["curve"]
    assert curve[-1]["train"]["loss"] < 0.95 * curve[0]["train"]["loss"]
    nearest = load_word_vectors(folder / "vectors.txt").nearest("rain", 3)
    assert {word for word, _ in nearest} <= set(
        "snow wind cloud storm sun 雨 雪".split()
    )
    assert "% went into making the input" in capsys.readouterr().out


@pytest.fixture(scope="module", params=["negative-sampling", "full-softmax"])
def left_alone(request, two_topics, tmp_path_factory):
    """An objective, and the folder of a run of it that nobody has interrupted."""
    log_dir = tmp_path_factory.mktemp("alone")
    return request.param, main(two_topics, log_dir, "--objective", request.param) / RUN


@pytest.mark.parametrize("rounds", [1, 5])
def test_an_interrupted_run_ends_as_one_left_alone(
    left_alone, two_topics, tmp_path, monkeypatch, capsys, assert_equal_runs, rounds
):
    objective, alone = left_alone
    fast = objective == "negative-sampling"
    trainer = word2vec_fast.FastWord2Vec if fast else FullSoftmaxTrainer
    train_round = trainer.train_round

    def interrupted(self):
        if self.round == rounds:
            raise KeyboardInterrupt
        return train_round(self)

    monkeypatch.setattr(trainer, "train_round", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(two_topics, tmp_path, "--objective", objective)
    monkeypatch.undo()
    more = ["--objective", objective, "--resume"]
    resumed = main(two_topics, tmp_path, *more) / RUN

    assert stop.value.code == 130
    assert "--resume goes on" in capsys.readouterr().out
    assert_equal_runs(resumed, alone)


def test_a_resumed_run_refuses_another_text_and_other_options(
    two_topics, tmp_path, no_sets, capfd
):
    text = tmp_path / "topics.txt"
    text.write_text(two_topics.read_text(encoding="utf-8"), encoding="utf-8")
    folder = main(text, tmp_path / "logs", "--epochs", "1") / RUN
    (folder / "corpus" / "corpus.json").unlink()
    record = (folder / "run.json").read_bytes()
    text.write_text("bread and butter\n" * 10)

    for more in (["--epochs", "1"], ["--epochs", "2"]):
        with pytest.raises(SystemExit) as stop:
            main(text, tmp_path / "logs", *more, "--resume")
        assert stop.value.code == 2

    errors = [line for line in capfd.readouterr().err.splitlines() if "error:" in line]
    assert len(errors) == 2
    assert "--resume: expected the text that the run began with" in errors[0]
    assert "--epochs: expected 1 as in the run to resume, got 2" in errors[1]
    assert (folder / "run.json").read_bytes() == record


@pytest.mark.slow
def test_a_run_killed_at_any_moment_ends_as_one_never_killed(
    two_topics, tmp_path, assert_equal_runs
):
    generator = random.Random()
    arguments = [*SMALL.split(), "--epochs", "300", "--data", str(two_topics)]

    def begin(log_dir, *more):
        script = [sys.executable, "-m", "roots_tf.train.word2vec", *arguments, *more]
        return subprocess.Popen(
            [*script, "--log-dir", str(tmp_path / log_dir)],
            env={**os.environ, "ROOTS_TF_DATA": str(tmp_path)},
            stdout=subprocess.DEVNULL,
        )

    folder = tmp_path / "killed" / "word2vec" / RUN
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

    assert_equal_runs(folder, tmp_path / "alone" / "word2vec" / RUN)


def newest(path):
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.mark.slow
def test_the_line_that_is_printed_trains_the_classifier(finished, tmp_path):
    _, output = finished
    line = re.search("Use them: python (.*)", output).group(1)
    generator = random.Random(0)
    rows = [
        f"{' '.join(generator.choices(words, k=9))},{label}"
        for label, words in (("out", WEATHER), ("in", KITCHEN))
        for _ in range(150)
    ]
    texts = tmp_path / "texts.csv"
    texts.write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    more = ["--data", str(texts), "--epochs", "1", "--log-dir", str(tmp_path)]

    result = subprocess.run(
        [sys.executable, *shlex.split(line), *more], capture_output=True, text=True
    )

    assert result.returncode == 0, result.stderr[-3000:]
    assert "16 of 18 tokens have a pretrained vector" in result.stdout
