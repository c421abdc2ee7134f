"""BERT's other three tasks: pairs, tags, spans, each learned on a small set."""

import csv
import json
import random
import re

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.datasets.tagging import TaggedSentences, TaggingData
from roots_tf.datasets.text_pairs import load_pairs
from roots_tf.predict import main as predict
from roots_tf.train.bert_finetune import main as bert_finetune

SMALL = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "32"]
SMALL += ["--vocab-size", "120", "--max-length", "32", "--learning-rate", "0.005"]
SMALL += ["--dropout", "0", "--batch-size", "16"]
NAMES = ["深圳", "北京", "lima", "oslo"]
WORDS = ["go", "to", "the", "big", "我", "去", "大"]


def train(task, data, log_dir, *options):
    words = ["--task", task, "--data", str(data), "--log-dir", str(log_dir)]
    bert_finetune([*words, *SMALL, *options])


def folder_of(log_dir):
    (folder,) = (log_dir / "bert_finetune").iterdir()
    return folder


def record_of(log_dir):
    return json.loads((folder_of(log_dir) / "run.json").read_text(encoding="utf-8"))


def answers(capsys, folder, *texts):
    capsys.readouterr()
    predict([str(folder / "model"), "--json", *texts])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Has the second text the character that the first one asks for?"""
    generator = random.Random(0)
    path = tmp_path_factory.mktemp("pairs") / "found.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text_a", "text_b", "label"])
        for number in range(300):
            label, last = generator.choice([("是", "深"), ("否", "x")])
            words = [*generator.choices(WORDS, k=3), last, str(number)]
            table.writerow(["深?", " ".join(words), label])
    return path


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    """Passages with a name after "to", and questions that ask for it."""
    generator = random.Random(0)
    articles = []
    for number in range(160):
        before = " ".join(generator.choices(WORDS[3:], k=generator.randrange(3, 40)))
        answer = generator.choice(NAMES)
        passage = f"{before} to {answer} go {number}"
        start = len(before) + 4
        answer_row = {"text": answer, "answer_start": start}
        qas = [{"id": str(number), "question": "where to 去?", "answers": [answer_row]}]
        articles.append({"paragraphs": [{"context": passage, "qas": qas}]})
    path = tmp_path_factory.mktemp("span") / "where.json"
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


@pytest.fixture
def sentences(monkeypatch):
    """A tagging set in which names are places, with or without a "town" behind."""
    generator = random.Random(0)

    def part(size):
        sentences = []
        for _ in range(size):
            words = [(word, "O") for word in generator.choices(WORDS, k=8)]
            for place in (6, 2):
                words.insert(place, (generator.choice(NAMES), "B-LOC"))
                if generator.random() < 0.5:
                    words.insert(place + 1, ("town", "I-LOC"))
            sentences.append(tuple(zip(*words, strict=True)))
        tokens, tags = zip(*sentences, strict=True)
        return TaggedSentences(tokens, tags)

    data = TaggingData("places", "en", part(200), part(30), part(30))
    monkeypatch.setattr(
        "roots_tf.train.bert_finetune_tag.load_tagging", lambda name: data
    )
    return data


@pytest.mark.slow
def test_pairs_are_learned_and_new_ones_are_labelled(pairs, tmp_path, capsys):
    train("pairs", pairs, tmp_path, "--epochs", "8")

    printed = capsys.readouterr().out
    assert "word overlap baseline" in printed and "majority class" in printed
    metrics = record_of(tmp_path)["final_metrics"]
    assert metrics["accuracy"] > 0.9
    assert {"word_overlap_accuracy", "majority_accuracy"} <= set(metrics)
    rows = answers(
        capsys, folder_of(tmp_path), "深?\tgo the big 深 7", "深?\tgo to the x 7"
    )
    assert [row["label"] for row in rows] == ["是", "否"]


@pytest.mark.slow
def test_low_rank_sums_learn_and_are_saved_merged(pairs, tmp_path, capsys):
    train("pairs", pairs, tmp_path, "--epochs", "12", "--low-rank", "4")

    share = re.search(r"Trained: .* parameters, ([\d.]+)%", capsys.readouterr().out)[1]
    metrics = record_of(tmp_path)["final_metrics"]
    assert float(share) < 50 and metrics["accuracy"] > metrics["majority_accuracy"]
    saved = EncoderTextClassifier.load(folder_of(tmp_path) / "model")
    test = load_pairs(str(pairs)).test
    right = saved.predict(test.texts).argmax(axis=1) == test.labels
    assert right.mean() == pytest.approx(metrics["accuracy"])
    exported = tf.saved_model.load(str(folder_of(tmp_path) / "saved_model"))
    found = exported.signatures["serving_default"](texts=tf.constant(test.texts[:9]))
    np.testing.assert_allclose(
        found["probabilities"], saved.predict(test.texts[:9]), atol=1e-5
    )


@pytest.mark.slow
def test_tags_are_learned_and_entities_of_new_text_are_found(
    sentences, tmp_path, capsys
):
    train("tag", "places", tmp_path, "--epochs", "6")

    metrics = record_of(tmp_path)["final_metrics"]
    assert metrics["f1"] > 0.9
    assert metrics["frequent_tags_f1"] == 1  # here words alone tell their tags
    (row,) = answers(capsys, folder_of(tmp_path), "go to Oslo  town the 大")
    assert row["entities"] == [{"type": "LOC", "text": "Oslo town"}]


@pytest.fixture(scope="module")
def spans(questions, tmp_path_factory):
    """The logs of a run that learned to answer."""
    log_dir = tmp_path_factory.mktemp("logs")
    train("span", questions, log_dir, "--epochs", "8")
    return log_dir


def test_spans_are_learned_and_cut_out_of_new_passages(spans, capsys):
    record = record_of(spans)

    metrics = record["final_metrics"]
    assert metrics["exact_match"] > 0.8
    # The passages are one sentence each: all of it has the answer, and much besides.
    assert metrics["nearest_exact_match"] == 0 < metrics["nearest_f1"] < 0.5
    assert [set(point["validation"]) for point in record["curve"]] == (
        [{"exact_match", "f1"}] * 8
    )
    passage = "big 大 大 to Oslo go 7"
    (row,) = answers(capsys, folder_of(spans), f"where to 去?\t{passage}")
    assert row["answer"] == passage[row["start"] : row["end"]] == "Oslo"
    exported = tf.saved_model.load(str(folder_of(spans) / "saved_model"))
    answer = exported.signatures["serving_default"]
    found = answer(texts=tf.constant([f"where to 去?\t{passage}"]))
    assert found["answers"].numpy().tolist() == [b"Oslo"]
    events = EventAccumulator(str(folder_of(spans) / "validation")).Reload()
    assert len(events.Tensors("samples")) == 8


def test_a_line_without_a_passage_is_refused_and_an_empty_one_has_no_answer(
    spans, capsys
):
    model = str(folder_of(spans) / "model")

    with pytest.raises(SystemExit) as ended:
        predict([model, "only a question"])

    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert errors.count("\n") == 1 and "a tab and the passage" in errors
    predict([model, "where?\t"])
    assert capsys.readouterr().out == "no answer 0.000\twhere?\n"


@pytest.mark.slow
def test_a_run_cut_in_half_ends_as_one_that_was_not(questions, tmp_path, capsys):
    same = ["--schedule", "constant", "--warmup", "0", "--dropout", "0.1"]
    same += ["--examples", "20"]
    train("span", questions, tmp_path / "whole", *same, "--epochs", "2")
    train("span", questions, tmp_path / "parts", *same, "--epochs", "1")

    train("span", questions, tmp_path / "parts", *same, "--epochs", "2", "--resume")

    whole, parts = (record_of(tmp_path / name) for name in ("whole", "parts"))
    assert parts["final_metrics"] == whole["final_metrics"]
    printed = capsys.readouterr().out
    assert printed.count("where: 20 train, ") == printed.count("as SQuAD scores:") == 3


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--task", "pairs", "--data", "nowhere.csv"], "nowhere.csv"),
        (["--task", "pairs", "--data", "sst2"], "expected a data set of docstrings"),
        (["--task", "tag", "--data", "sst2"], "expected a data set of docstrings, clu"),
        (["--task", "span", "--data", "{questions}", "--max-length", "7"], "8 to 7"),
        (["--task", "span", "--data", "{pairs}"], "your own data is a .json file"),
        (["--task", "spans"], "invalid choice: 'spans'"),
        (["--longest-answer", "0"], "--longest-answer: expected 1 or more, got 0"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, pairs, questions, tmp_path, capfd
):
    options = [word.format(pairs=pairs, questions=questions) for word in options]

    with pytest.raises(SystemExit) as ended:
        bert_finetune([*SMALL, *options, "--log-dir", str(tmp_path)])

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())
