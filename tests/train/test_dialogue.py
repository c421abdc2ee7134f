"""Both agents' training on small dialogues: what is learned, the mask, kill, resume."""

import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.applications.dialogue import load_agent
from roots_tf.applications.dialogue_generation import NO_LABEL
from roots_tf.datasets.dialogue_files import Dialogue
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization import losses
from roots_tf.train.dialogue import main
from roots_tf.train.dialogue_examples import (
    Exchange,
    draw_candidates,
    drawn_exchanges,
    exchanges,
    other_histories,
)
from roots_tf.train.dialogue_generation_parts import ReplyBatches, mean_loss
from roots_tf.train.dialogue_retrieval_parts import _Part
from tests.applications.dialogue_agents import EXAMPLES, generative_agent

NAMES = "Ann Ben Eve Leo Mia Noa Tom Zoe Ida Kim Max Sue".split()
SMALL = ["--hidden-size", "16", "--num-layers", "1", "--num-heads", "2"]
SMALL += ["--vocab-size", "120", "--max-length", "40", "--reply-length", "12"]
SMALL += ["--batch-size", "8", "--epochs", "2", "--learning-rate", "0.01"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of dialogues in which each name is asked for and given back."""
    folder = tmp_path_factory.mktemp("data") / "names"
    folder.mkdir()
    numbers = {"train": (11, 12, 21, 22), "validation": (121,), "test": (212,)}
    for part, own in numbers.items():
        lines = [
            json.dumps({"turns": [f"{n}. I am {name}.", f"Hi {name}!", "Bye."]})
            for n in own
            for name in NAMES
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines))
    return folder


def train(log_dir, data, kind, *more):
    words = ["--data", str(data), "--log-dir", str(log_dir), "--model", kind]
    main([*words, *SMALL, *more])
    return log_dir / "dialogue" / f"{data.stem}-{kind}"


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


def test_each_turn_but_the_first_is_a_reply_to_all_before_it():
    dialogues = [Dialogue(("a", "b", "c")), Dialogue(("d", "e"))]

    found = exchanges(dialogues)

    assert found == [(("a",), "b", 0), (("a", "b"), "c", 0), (("d",), "e", 1)]


def test_wrong_replies_are_of_other_dialogues_and_the_right_one_is_the_last():
    rng = np.random.default_rng(0)
    part = [
        Exchange(("x",), f"{rng.integers(30)}", dialogue)
        for dialogue in range(30)
        for _ in range(3)
    ]

    first, again, other = (draw_candidates(part, seed) for seed in (1, 1, 2))

    assert first == again != other
    for one, row in zip(part, first, strict=True):
        elsewhere = {e.reply for e in part if e.dialogue != one.dialogue}
        assert row[-1] == one.reply
        assert len(set(row)) == len(row) == 10
        assert set(row[:-1]) <= elsewhere


def test_too_few_replies_for_wrong_ones_are_refused():
    with pytest.raises(ValueError, match="expected 9 different replies of other dialo"):
        draw_candidates(exchanges([Dialogue(("a", "b"))]), seed=0)


def test_an_exchange_gets_the_history_of_another_dialogue():
    part = exchanges([Dialogue((f"a{n}", f"b{n}", f"c{n}")) for n in range(5)])

    found = other_histories(part, seed=0)

    for one, history in zip(part, found, strict=True):
        assert history[0] != one.history[0]


def test_drawn_exchanges_are_so_many_and_in_their_order():
    dialogues = [Dialogue((f"a{n}", f"b{n}")) for n in range(50)]

    found = drawn_exchanges(dialogues, 9, seed=0)

    numbers = [one.dialogue for one in found]
    assert len(numbers) == 9 and numbers == sorted(set(numbers))
    assert drawn_exchanges(dialogues, 0, seed=0) == exchanges(dialogues)


def test_recall_without_knowledge_is_never_above_chance():
    part = exchanges([Dialogue((f"a{n}", f"b{n}")) for n in range(40)])
    measured = _Part(part, SimpleNamespace(seed=0))
    noise = np.random.default_rng(0).normal(size=(40, len(measured.replies)))

    drawn, equal = measured.ranks(noise), measured.ranks(np.zeros_like(noise))

    # 40 x 25 draws: the standard error is about 0.01, more as candidates recur.
    assert np.mean(drawn == 1) == pytest.approx(0.1, abs=0.08)
    assert (equal == 10).all()  # ties count against the right one


def test_labels_of_the_context_and_padding_change_no_loss():
    agent = generative_agent()
    examples = agent.examples(*zip(*EXAMPLES, strict=True))
    ids, labels, weights = next(iter(ReplyBatches(examples, 4, seed=0)(1)))
    logits = agent.model(ids)

    def loss(labels, logits):
        return float(tf.reduce_sum(weights * losses.cross_entropy(labels, logits)))

    changed = tf.where(weights == 0, (labels + 5) % 100, labels)
    padded = agent.model(tf.pad(ids, [[0, 0], [0, 3]], constant_values=9))
    assert loss(changed, logits) == loss(labels, logits)
    cut = padded[:, : ids.shape[1]]
    # Other shapes, another order of summing.
    assert loss(labels, cut) == pytest.approx(loss(labels, logits), rel=1e-5)
    replies = [len(one.labels[one.labels != NO_LABEL]) for one in examples]
    total = sum(float(tf.reduce_sum(w)) for _, _, w in ReplyBatches(examples, 4, 0)(1))
    assert total == sum(replies)


def test_a_batch_and_a_row_alone_have_the_same_loss():
    agent = generative_agent()
    examples = agent.examples(*zip(*EXAMPLES, strict=True))

    together = mean_loss(agent.model, examples)["loss"]

    counts = [np.sum(one.labels != NO_LABEL) for one in examples]
    alone = [mean_loss(agent.model, [one])["loss"] for one in examples]
    assert together == pytest.approx(np.average(alone, weights=counts), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["retrieval", "generative"])
def test_what_it_learns_beats_what_knows_no_dialogue_and_is_saved(
    data, kind, tmp_path, capsys
):
    folder = train(tmp_path, data, kind, "--epochs", "12")

    metrics = final_metrics(folder)
    if kind == "retrieval":
        assert metrics["recall_at_1"] > 0.3
    else:
        assert metrics["perplexity"] < metrics["unigram_perplexity"] / 2
    assert load_agent(folder / "model").reply(["I am Ann."])
    assert (folder / "saved_model" / "saved_model.pb").is_file()
    assert "roots_tf.chat" in capsys.readouterr().out
    curves = {tag for _, tag in read_scalars(folder)}
    assert {"epoch/mrr" if kind == "retrieval" else "epoch/perplexity"} <= curves


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["retrieval", "generative"])
def test_a_run_that_is_killed_goes_on_to_the_end_of_one_that_was_not(
    data, kind, tmp_path
):
    options = ["--checkpoint-every", "3"]
    whole = train(tmp_path / "whole", data, kind, *options)
    words = ["--data", str(data), "--log-dir", str(tmp_path / "parts")]
    command = [sys.executable, "-m", "roots_tf.train.dialogue", "--model", kind]
    process = subprocess.Popen(
        [*command, *words, *SMALL, *options], stdout=subprocess.DEVNULL
    )
    checkpoints = tmp_path / "parts" / "dialogue" / whole.name / "checkpoints"
    while not list(checkpoints.glob("ckpt-*.index")) and process.poll() is None:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    parts = train(tmp_path / "parts", data, kind, *options, "--resume")

    assert final_metrics(parts) == pytest.approx(final_metrics(whole), rel=1e-5)
    agents = [load_agent(run / "model") for run in (parts, whole)]
    replies = [agent.reply(["I am Ann."]) for agent in agents]
    assert replies[0] == replies[1]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--dropout", "1"], "--dropout: expected 0 to below 1, got 1.0"),
        (["--temperature", "0"], "--temperature: expected over 0, got 0.0"),
        (["--random-weights"], "--random-weights: expected --pretrained"),
        (["--batch-size", "99"], "--batch-size: expected at most the 96 training exch"),
        (
            ["--model", "generative", "--reply-length", "38"],
            "a reply of 2 to 36 tokens",
        ),
        (["--model", "generative", "--num-heads", "3"], "a multiple of num_heads"),
        (["--pretrained", "nowhere"], "nowhere"),
        (["--data", "nowhere.jsonl"], "nowhere.jsonl"),
        (["--data", "dialogue_en"], "dialogues_en"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, data, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path / "logs", data, "retrieval", *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not (tmp_path / "logs").exists()
