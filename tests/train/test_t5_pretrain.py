"""T5's pretraining on small texts: what is cut out, that it learns, kill and resume."""

import html
import json
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.generate import main as generate
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.span_corruption import text_length
from roots_tf.train.t5_pretrain import LONGEST_SOURCE, main
from roots_tf.train.t5_pretraining_parts import (
    SpanBatches,
    by_frequency_alone,
    measure,
)

SMALL = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "16"]
SMALL += ["--source-length", "16", "--vocab-size", "160", "--learning-rate", "0.01"]
SMALL += ["--batches", "20", "--batch-size", "8", "--epochs", "2"]
V, END, SENTINELS = 40, 1, tuple(range(39, 29, -1))
TOKENIZER = SimpleNamespace(vocab_size=V, end_id=END, sentinel_ids=SENTINELS)
CYCLES = ("春夏秋冬", "nesw")  # seasons, and north, east, south, west: known orders


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


def train(log_dir, data, *more):
    main(["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more])
    return log_dir / "t5_pretrain" / data.stem


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run on lines in which each character tells the one after it."""
    folder = tmp_path_factory.mktemp("logs")
    text = folder / "cycles.txt"
    lines = 20 * [f"{one * 30}\n" for one in CYCLES]
    text.write_text("".join(lines), encoding="utf-8")
    # 106 special tokens, the line ends and eight characters: no longer pieces.
    options = ["--vocab-size", "115", "--validation", "0.2", "--hidden-size", "32"]
    return train(folder, text, *options, "--batches", "150", "--batch-size", "16")


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


def span_batches(seed=7, **options):
    values = dict(source_length=16, batch_size=4, batches=3, seed=seed) | options
    text = SimpleNamespace(name="text", tokenizer=TOKENIZER, train=None)
    token_ids = np.random.default_rng(0).integers(3, 30, 500)
    return token_ids, SpanBatches(token_ids, text, SimpleNamespace(**values))


def put_together(source, target):
    """The window that source and target were cut from, END taken off."""
    spans, current = {}, None
    for id in target:
        current = spans.setdefault(id, []) if id in SENTINELS else current
        if id not in SENTINELS:
            current.append(id)
    return [id for one in source[:-1] for id in spans.get(one, [one])]


def test_sources_and_targets_are_windows_of_the_text_and_nothing_is_padded():
    token_ids, batches = span_batches()
    length, target_length = text_length(16)
    windows = {tuple(token_ids[n : n + length]) for n in range(500 - length)}

    found = [batch for batch in batches(1)]

    assert len(found) == len(batches) == 3
    for inputs, labels in found:
        assert inputs["source_ids"].shape == (4, 16)
        assert labels.shape == inputs["target_ids"].shape == (4, target_length)
        assert not inputs["target_ids"][:, 0].numpy().any()  # the start token
        np.testing.assert_array_equal(inputs["target_ids"][:, 1:], labels[:, :-1])
        for source, target in zip(inputs["source_ids"], labels, strict=True):
            together = put_together(source.numpy(), target.numpy()[:-1])
            assert tuple(together) in windows


def test_an_epoch_has_its_own_gaps_and_a_seed_gives_them_again():
    first, again, later, other = (
        np.concatenate([labels for _, labels in batches(epoch)])
        for batches, epoch in (
            (span_batches()[1], 1),
            (span_batches()[1], 1),
            (span_batches()[1], 2),
            (span_batches(seed=8)[1], 1),
        )
    )

    np.testing.assert_array_equal(first, again)
    assert len({rows.tobytes() for rows in (first, later, other)}) == 3
    assert len(np.unique(first, axis=0)) == len(first)


def test_the_longest_source_is_that_of_the_longest_text_with_fewer_spans_than_100():
    # n tokens lose round(0.15 n) of them in round(round(0.15 n) / 3) spans, each of
    # which leaves a sentinel; at the end stands </s>.
    noise = {n: round(0.15 * n) for n in range(2, 3_000)}
    n = max(n for n in noise if round(noise[n] / 3) < 100)

    assert LONGEST_SOURCE == n - noise[n] + 99 + 1


def test_measures_are_those_of_the_papers_loss_and_of_the_texts_tokens_alone():
    logits = np.random.default_rng(0).normal(0, 2, V).astype(np.float32)
    labels = np.array([[39, 5, 6, 38, 1], [39, 7, 38, 37, 1]], np.int32)
    inputs = {"source_ids": labels, "target_ids": labels}

    def model(inputs, training):
        return tf.broadcast_to(logits, (2, 5, V))

    found = measure(model, TOKENIZER, [(inputs, labels)])

    nats = np.log(np.exp(logits).sum()) - logits[labels]
    of_gaps, best = nats[[0, 0, 1], [1, 2, 1]], logits.argmax()
    expected = {
        "loss": nats.mean(),
        "perplexity": np.exp(nats.mean()),
        "accuracy": np.mean(labels == best),
        "gap_perplexity": np.exp(of_gaps.mean()),
        "gap_accuracy": np.mean(np.array([5, 6, 7]) == best),
    }
    assert found == pytest.approx(expected, rel=1e-5)


def test_by_frequency_alone_the_gaps_of_a_text_have_the_perplexity_of_its_counts():
    text = SimpleNamespace(tokenizer=TOKENIZER, train=np.array([5] * 7 + [6]))
    labels = tf.constant([[39, 5, 6, 38, 1]])

    found = by_frequency_alone(text, [({}, labels)])

    # Each of the 40 counts is one higher: 5 has 8 of 48, 6 has 2.
    assert found == pytest.approx(
        {
            "unigram_gap_perplexity": (48 / 8 * 48 / 2) ** 0.5,
            "commonest_gap_accuracy": 0.5,
        }
    )


def test_gaps_whose_text_is_known_are_mostly_filled_rightly(finished):
    # Blind, it would be 1 in 8; knowing the language alone, 1 in 4.
    assert final_metrics(finished)["gap_accuracy"] > 0.6


@pytest.mark.parametrize("one", CYCLES)
def test_what_it_saves_fills_the_gap_of_a_text(finished, one, capsys):
    prompt = f"{one[2:]}{one}<extra_id_0>{one[3:]}{one}{one[:2]}"

    generate([str(finished / "model"), "--prompt", prompt, "--length", "9", "--greedy"])

    before, after = prompt.split("<extra_id_0>")
    filled = capsys.readouterr().out.strip()
    assert filled.startswith(before) and filled.endswith(after)
    assert set(filled) == set(one) and len(filled) > len(before + after)


def test_measures_texts_and_attention_are_in_tensorboard(finished):
    events = EventAccumulator(str(finished / "validation")).Reload()

    gaps = events.Tensors("gaps")[-1].tensor_proto.string_val[0].decode()
    assert gaps.startswith("| text | asked | filled |")
    assert (
        html.unescape(gaps).count("<extra_id_0>") >= 16
    )  # eight texts, and what is asked there
    for tag in ("encoder_block_1", "cross_block_1"):
        assert len(events.Tensors(f"attention/{tag}")) == 2
    curves = read_scalars(finished)
    assert {"epoch/perplexity", "epoch/gap_accuracy"} <= {tag for _, tag in curves}


@pytest.mark.slow
def test_a_run_killed_in_an_epoch_goes_on_to_the_end_of_one_that_was_not(
    two_topics, tmp_path, monkeypatch
):
    whole = train(tmp_path / "whole", two_topics)
    options = ["--checkpoint-every", "7"]
    log_step = TrainingLoop._log_step

    def killing(loop, *arguments):
        log_step(loop, *arguments)
        if loop.step + 1 == 30:  # of 40; the last checkpoint is of step 28
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(TrainingLoop, "_log_step", killing)
        train(tmp_path / "parts", two_topics, *options)

    parts = train(tmp_path / "parts", two_topics, *options, "--resume")

    assert final_metrics(parts) == final_metrics(whole)
    losses = [
        {key: points for key, points in read_scalars(run).items() if "loss" in key[1]}
        for run in (parts, whole)
    ]
    assert losses[0] == losses[1]
    weights = [
        (run / "model" / "model.safetensors").read_bytes() for run in (parts, whole)
    ]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--source-length", "7"], "--source-length: expected 8 to 1792, got 7"),
        (["--source-length", "1793"], "--source-length: expected 8 to 1792, got 1793"),
        (["--source-length", "1000"], "expected over 1110 tokens for training and"),
        (["--num-heads", "3"], "--hidden-size: expected a multiple of --num-heads (3)"),
        (["--validation", "1"], "--validation: expected over 0 and below 1, got 1.0"),
        (["--dropout", "1"], "--dropout: expected 0 to below 1, got 1.0"),
        (["--vocab-size", "106"], "expected a vocabulary size over 106"),
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
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
