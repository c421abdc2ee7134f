"""The GPT script on a small text: it learns, goes on where it was cut, writes."""

import json
import re

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.generate import main as generate
from roots_tf.train.gpt import main

SMALL = ["--context", "16", "--num-layers", "1", "--num-heads", "2"]
SMALL += ["--hidden-size", "16", "--batches", "30", "--batch-size", "8"]
SMALL += ["--sample-length", "40", "--vocab-size", "300", "--learning-rate", "0.01"]


def train(log_dir, data, *more):
    arguments = ["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more]
    return main(arguments)


CHARACTERS = pytest.param("characters", marks=pytest.mark.slow)


@pytest.fixture(scope="module", params=[CHARACTERS, "byte-bpe"])
def finished(request, two_topics, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    train(log_dir, two_topics, "--epochs", "2", "--tokenizer", request.param)
    return log_dir / "gpt" / "topics"


def test_it_learns_more_than_how_frequent_tokens_are(finished):
    metrics = json.loads((finished / "run.json").read_text())["final_metrics"]

    assert metrics["perplexity"] < metrics["unigram_perplexity"] / 1.5
    assert metrics["bits_per_character"] > 0


def test_what_it_saves_goes_on_with_a_text(finished, capsys):
    generate([str(finished / "model"), "--prompt", "rain", "--length", "30"])

    written = capsys.readouterr().out
    assert written.startswith("rain") and len(written) > 20


def test_texts_and_attention_are_in_tensorboard(finished):
    events = EventAccumulator(str(finished / "validation")).Reload()

    assert len(events.Tensors("samples")) == 2
    assert len(events.Tensors("attention/block_1")) == 2


@pytest.mark.slow
def test_a_run_cut_in_half_ends_as_one_that_was_not(two_topics, tmp_path):
    options = ["--tokenizer", "characters", "--schedule", "constant", "--warmup", "0"]
    train(tmp_path / "whole", two_topics, "--epochs", "2", *options)
    train(tmp_path / "parts", two_topics, "--epochs", "1", *options)

    train(tmp_path / "parts", two_topics, "--epochs", "2", "--resume", *options)

    whole, parts = (
        json.loads((tmp_path / name / "gpt" / "topics" / "run.json").read_text())
        for name in ("whole", "parts")
    )
    assert parts["final_metrics"] == whole["final_metrics"]
    losses = [
        [point["train"]["loss"] for point in run["curve"]] for run in (whole, parts)
    ]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--context", "100000"], "expected a text of over 100000 tokens"),
        (["--num-heads", "3"], "multiple of num_heads"),
        (["--prompt", "ß", "--tokenizer", "characters"], "has learned, got 'ß'"),
        (["--validation", "1"], "--validation: expected over 0 and below 1"),
        (["--data", "nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, two_topics, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, two_topics, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert re.match("error: ", line) and expected in line
    assert not list(tmp_path.iterdir())
