"""The translation script on a few pairs: what it learns, kill and resume, refusals."""

import json
import random
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.applications.machine_translation import Translator
from roots_tf.datasets.parallel import load_parallel
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.predict import main as predict
from roots_tf.train.machine_translation import main
from roots_tf.train.machine_translation_parts import with_references

SMALL = ["--hidden-size", "32", "--vocab-size", "80", "--max-length", "24"]
SMALL += ["--batch-size", "8", "--learning-rate", "0.01", "--dropout", "0"]
EPOCHS = 12
NOUNS = {
    "猫": "cat",
    "狗": "dog",
    "书": "book",
    "茶": "tea",
    "鱼": "fish",
    "门": "door",
}
VERBS = {"看": "see", "买": "buy", "有": "have", "要": "want"}
PEOPLE = {"我": "I", "你": "you", "我们": "we", "他们": "they"}


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Every person with every verb and every noun, with a comma to be widened."""
    rows = [
        (
            f"{who}{does}{what}，好。",
            f"{PEOPLE[who]} {VERBS[does]} {NOUNS[what]}, good.",
        )
        for who in PEOPLE
        for does in VERBS
        for what in NOUNS
    ]
    random.Random(0).shuffle(rows)
    path = tmp_path_factory.mktemp("pairs") / "few.tsv"
    lines = ["zh\ten", *map("\t".join, rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def train(log_dir, data, *more):
    main(["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more])
    (folder,) = (log_dir / "machine_translation").iterdir()
    return folder


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


@pytest.fixture(scope="module")
def finished(pairs, tmp_path_factory):
    """A run that learned to translate into Chinese."""
    options = ["--epochs", str(EPOCHS), "--source", "en", "--target", "zh"]
    return train(tmp_path_factory.mktemp("logs"), pairs, *options)


def test_sentences_that_it_has_never_seen_are_translated(finished):
    metrics = final_metrics(finished)

    # Their words are known, their sentences are not.
    assert metrics["chrf"] > 80 and metrics["greedy_chrf"] > 80
    assert metrics["bleu"] > metrics["nearest_bleu"]


def test_what_it_saves_is_served_by_predict(finished, capsys):
    texts = ["they want tea, good.", "", "I buy fish, good."]

    predict([str(finished / "model"), "--json", *texts])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = Translator.load(finished / "model").translate(texts)
    assert [row["text"] for row in rows] == texts
    assert [row["translation"] for row in rows] == expected
    assert expected[0].endswith("，好。") and expected[1] == ""


def test_predict_prints_a_translation_and_its_sentence_on_a_line(finished, capsys):
    predict([str(finished / "model"), "we see   the door"])

    translation, text = capsys.readouterr().out.rstrip("\n").split("\t")
    assert translation and text == "we see the door"


def test_the_run_leaves_a_saved_model(finished):
    loaded = tf.saved_model.load(str(finished / "saved_model"))

    answer = loaded.signatures["serving_default"](texts=tf.constant(["we have tea"]))

    translator = Translator.load(finished / "model")
    expected = translator.translate(["we have tea"], num_beams=1)
    assert [text.decode() for text in answer["translations"].numpy()] == expected


def test_translations_and_pictures_of_attention_are_in_tensorboard(finished, pairs):
    shown = load_parallel(str(pairs), "en", "zh").validation[:8]
    events = EventAccumulator(str(finished / "validation")).Reload()

    table = events.Tensors("translations")[-1].tensor_proto.string_val[0].decode()
    assert table.startswith("| source | translation | right |")
    assert len(table.splitlines()) == 2 + len(shown)
    assert all(f" {pair.target} |" in table for pair in shown)
    assert len(events.Tensors("alignment")) > 1  # the reader keeps ten
    curves = {tag for _, tag in read_scalars(finished)}
    assert {"epoch/chrf", "epoch/bleu", "epoch/loss"} <= curves


@pytest.mark.slow
@pytest.mark.parametrize("model", ["lstm", "attention", "transformer"])
def test_a_run_killed_in_an_epoch_goes_on_to_the_end_of_one_that_was_not(
    model, pairs, tmp_path, monkeypatch
):
    options = ["--model", model, "--epochs", "2", "--checkpoint-every", "2"]
    options += ["--dropout", "0.1"]
    whole = train(tmp_path / "whole", pairs, *options)
    log_step = TrainingLoop._log_step

    def killing(loop, *arguments):
        log_step(loop, *arguments)
        if loop.step + 1 == 7:
            raise Killed

    options += ["--log-every", "1"]
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(TrainingLoop, "_log_step", killing)
        train(tmp_path / "parts", pairs, *options)

    parts = train(tmp_path / "parts", pairs, *options, "--resume")

    assert final_metrics(parts) == final_metrics(whole)
    texts = ["他们有鱼，好。", "我要门，好。"]
    models = [Translator.load(run / "model") for run in (whole, parts)]
    for weight, other in zip(*(one.model.get_weights() for one in models), strict=True):
        np.testing.assert_array_equal(weight, other)
    assert models[0].translate(texts) == models[1].translate(texts)


def test_a_sentence_with_two_translations_is_asked_once_with_two_references():
    pair = SimpleNamespace(a=("你好", "hello"), b=("再见", "bye"), c=("你好", "hi"))

    sources, references = with_references([pair.a, pair.b, pair.c])

    assert sources == ["你好", "再见"]
    assert references == [["hello", "hi"], ["bye"]]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--source", "en"], "expected two languages, got 'en' twice"),
        (["--source", "fr"], "expected a column 'fr' in the header, got zh, en"),
        (["--label-smoothing", "1"], "--label-smoothing: expected 0 to below 1"),
        (["--num-beams", "1"], "--num-beams: expected 2 or more, got 1"),
        (["--max-length", "3"], "--max-length: expected more than 3 tokens"),
        (["--model", "transformer", "--num-heads", "3"], "multiple of --num-heads (3)"),
        (["--vocab-size", "20"], "expected a vocabulary size of"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, pairs, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path, pairs, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
