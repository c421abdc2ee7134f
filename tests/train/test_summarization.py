"""The summarisation script on small texts: it learns, is killed, goes on, serves."""

import csv
import json
import random

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.applications.summarization import Summarizer
from roots_tf.datasets.summaries import load_summaries
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.summarization import main
from roots_tf.train.summarization_parts import baselines, compared

SMALL = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "32"]
SMALL += ["--source-length", "40", "--target-length", "8", "--vocab-size", "90"]
SMALL += ["--batch-size", "8", "--epochs", "5", "--dropout", "0", "--num-beams", "2"]
# What a text of weather comes to, by the one word that tells it.
CLAIMS = {"rain": "umbrella", "sun": "hat", "snow": "home"}


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


@pytest.fixture(scope="module")
def weather(tmp_path_factory):
    """300 texts of two sentences, of which the second has the word that decides."""
    draw = random.Random(0)
    path = tmp_path_factory.mktemp("data") / "weather.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "summary"])
        for number in range(300):
            word = draw.choice(list(CLAIMS))
            text = f"Here it is. Day {number} brings {word} to us."
            # Distinct summaries, or the parts would share them.
            table.writerow([text, f"{CLAIMS[word]} {number}"])
    return path


def train(log_dir, data, *more):
    main(["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more])
    return log_dir / "summarization" / data.stem


@pytest.fixture(scope="module")
def finished(weather, tmp_path_factory):
    return train(tmp_path_factory.mktemp("logs"), weather)


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


@pytest.mark.slow
def test_it_learns_what_summaries_look_like(finished):
    metrics = final_metrics(finished)

    # One of the three words and no more has 1/2 as P and R where it is right.
    assert metrics["rougeL"] > metrics["lead_rougeL"] + 10


@pytest.mark.slow
def test_all_measures_are_percentages_and_in_the_record(finished):
    metrics = final_metrics(finished)

    prefixes = ("", "greedy_", "lead_", "lead_words_", "textrank_")
    names = {f"{p}rouge{n}" for p in prefixes for n in ("1", "2", "L")}
    assert set(metrics) == names
    assert all(0 <= value <= 100 for value in metrics.values())


@pytest.mark.slow
def test_what_it_saves_sums_up_and_an_export_lies_beside_it(finished):
    summarizer = Summarizer.load(finished / "model")

    (summary,) = summarizer.summarize(["Here it is. Day 3 brings snow to us."])

    assert summary.split()[0] in CLAIMS.values()
    assert (finished / "saved_model" / "saved_model.pb").is_file()


@pytest.mark.slow
def test_summaries_and_curves_are_in_tensorboard(finished):
    events = EventAccumulator(str(finished / "validation")).Reload()

    table = events.Tensors("summaries")[-1].tensor_proto.string_val[0].decode()
    assert table.startswith("| text | summary | right |") and table.count("\n") == 9
    tags = {tag for _, tag in read_scalars(finished)}
    assert {"epoch/loss", "epoch/rouge1", "epoch/rougeL"} <= tags


def test_baselines_are_as_long_as_the_training_summaries(weather):
    data = load_summaries(str(weather))

    found = baselines(data)

    # A word and a number; a summary without a full stop is a sentence.
    assert list(found) == ["lead, 1 sentence", "lead, 2 words", "TextRank, 1 sentence"]
    for (_, written), words in zip(found.values(), (None, 2, None), strict=True):
        assert len(written) == len(data.test)
        assert words is None or {len(text.split()) for text in written} == {words}


def test_a_comparison_says_who_is_ahead_on_the_same_texts():
    ours, others = np.linspace(0.4, 0.6, 50), np.linspace(0.3, 0.5, 50)

    said = compared(ours, others, ("ours", "lead"))

    assert said.startswith("ours beats lead by 10.0 points")


@pytest.mark.slow
def test_a_run_killed_in_an_epoch_goes_on_to_the_end_of_one_that_was_not(
    weather, tmp_path, monkeypatch
):
    whole = train(tmp_path / "whole", weather, "--epochs", "2")
    options = ["--epochs", "2", "--checkpoint-every", "7"]
    log_step = TrainingLoop._log_step

    def killing(loop, *arguments):
        log_step(loop, *arguments)
        if loop.step + 1 == 20:  # of some 60; the last checkpoint is of step 14
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(TrainingLoop, "_log_step", killing)
        train(tmp_path / "parts", weather, *options)

    parts = train(tmp_path / "parts", weather, *options, "--resume")

    assert final_metrics(parts) == final_metrics(whole)
    weights = [
        Summarizer.load(run / "model").model.get_weights() for run in (parts, whole)
    ]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_pretrained_t5_is_gone_on_with(weather, two_topics, tmp_path):
    from roots_tf.train.t5_pretrain import main as pretrain

    sizes = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "16"]
    sizes += ["--source-length", "16", "--vocab-size", "160", "--batches", "5"]
    pretrain(
        ["--data", str(two_topics), "--log-dir", str(tmp_path), "--epochs", "1", *sizes]
    )
    model = tmp_path / "t5_pretrain" / "topics" / "model"

    folder = train(tmp_path, weather, "--pretrained", str(model), "--epochs", "1")

    summarizer = Summarizer.load(folder / "model")
    assert summarizer.model.config.hidden_size == 16
    assert len(summarizer.tokenizer.sentinel_ids) == 100


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--num-heads", "3"], "--hidden-size: expected a multiple of --num-heads (3)"),
        (["--num-beams", "1"], "--num-beams: expected 2 or more, got 1"),
        (["--source-length", "1"], "--source-length: expected 2 or more, got 1"),
        (["--dropout", "1"], "--dropout: expected 0 to below 1, got 1.0"),
        (["--pretrained", "nowhere"], "nowhere"),
        (["--data", "docstring"], "did you mean docstrings?"),
        (["--data", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, weather, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, weather, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
