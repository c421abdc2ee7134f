"""Pretraining of BERT and ALBERT on small documents; fine-tuning what they learned."""

import json
import random

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.predict import main as predict
from roots_tf.train.albert_pretrain import main as albert_pretrain
from roots_tf.train.bert_finetune import main as bert_finetune
from roots_tf.train.bert_pretrain import main as bert_pretrain

SMALL = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "32"]
SMALL += ["--batches", "30", "--batch-size", "16", "--vocab-size", "200"]
SMALL += ["--max-length", "24", "--learning-rate", "0.005", "--epochs", "2"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """A hundred documents of six sentences, each document about one thing."""
    generator = random.Random(0)
    topics = ["rain snow wind cloud 雨 雪", "bread soup salt butter 面 盐"]
    texts = [
        " ".join(
            f"{' '.join(generator.choices(topics[n % 2].split(), k=4))}."
            for _ in range(6)
        )
        for n in range(100)
    ]
    path = tmp_path_factory.mktemp("text") / "topics.txt"
    path.write_text("\n\n".join(texts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def logs(documents, tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    where = ["--data", str(documents), "--log-dir", str(log_dir), *SMALL]
    bert_pretrain([*where, "--whole-words"])
    return log_dir


@pytest.fixture(scope="module")
def albert(logs, documents):
    """ALBERT beside it."""
    where = ["--data", str(documents), "--log-dir", str(logs), *SMALL]
    albert_pretrain([*where, "--embedding-size", "8"])
    return logs / "albert_pretrain" / "topics"


@pytest.fixture(scope="module")
def learned(documents, tmp_path_factory):
    """A run that is long enough to learn something."""
    log_dir = tmp_path_factory.mktemp("long")
    where = ["--data", str(documents), "--log-dir", str(log_dir), *SMALL]
    bert_pretrain([*where, "--whole-words", "--batches", "250"])
    return log_dir / "bert_pretrain" / "topics"


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text())["final_metrics"]


@pytest.mark.slow
def test_it_fills_gaps_as_well_as_one_who_knows_the_topic(learned):
    metrics = final_metrics(learned)

    # One token in five is the full stop, which comes after four words; of the others
    # one in six is right by chance: 1 / 5 + 4 / 5 / 6 = 0.33. Blind, it would be 0.2.
    assert metrics["gap_accuracy"] > 0.26


def assert_measures_gaps_and_attention_are_kept(folder):
    events = EventAccumulator(str(folder / "validation")).Reload()

    assert set(final_metrics(folder)) == {"loss", "gap_accuracy", "pair_accuracy"}
    assert len(events.Tensors("gaps")) == 2
    assert len(events.Tensors("attention/block_1")) == 2


def test_measures_gaps_and_attention_are_kept(logs):
    assert_measures_gaps_and_attention_are_kept(logs / "bert_pretrain" / "topics")


@pytest.mark.slow
def test_shared_blocks_and_a_narrow_table_make_albert_smaller(logs, albert):
    assert_measures_gaps_and_attention_are_kept(albert)
    sizes = [
        (folder / "model" / "model.safetensors").stat().st_size
        for folder in (albert, logs / "bert_pretrain" / "topics")
    ]

    assert sizes[0] < sizes[1]


@pytest.mark.slow
def test_a_run_cut_in_half_ends_as_one_that_was_not(documents, tmp_path):
    options = ["--data", str(documents), *SMALL, "--schedule", "constant"]
    options += ["--warmup", "0"]
    bert_pretrain([*options, "--log-dir", str(tmp_path / "whole")])
    one = ["--log-dir", str(tmp_path / "parts")]
    bert_pretrain([*options, *one, "--epochs", "1"])

    bert_pretrain([*options, *one, "--resume"])

    whole, parts = (
        json.loads((tmp_path / name / "bert_pretrain/topics/run.json").read_text())
        for name in ("whole", "parts")
    )
    assert parts["final_metrics"] == whole["final_metrics"]


@pytest.mark.slow
def test_a_pretrained_bert_is_tuned_and_labels_new_text(
    learned, documents, tmp_path, capsys
):
    sentences = documents.read_text().replace("\n\n", " ").split(". ")
    table = tmp_path / "weather.csv"
    rows = {
        f"{text},{'rain' in text or 'snow' in text or 'wind' in text}"
        for text in sentences
    }
    table.write_text("text,label\n" + "\n".join(sorted(rows)), encoding="utf-8")
    bert_finetune(
        ["--data", str(table), "--log-dir", str(tmp_path / "logs"), "--epochs", "2"]
        + ["--pretrained", str(learned / "model")]
        + ["--max-length", "24", "--learning-rate", "0.003"]
    )
    folder = tmp_path / "logs" / "bert_finetune" / "weather"
    capsys.readouterr()

    predict([str(folder / "model"), "--json", "rain snow 雨 雪", ""])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(row["probabilities"]) for row in rows] == [{"True", "False"}] * 2
    assert rows[0]["label"] == "True"
    assert final_metrics(folder)["accuracy"] > 0.9


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--max-length", "7"], "--max-length: expected 8 or more"),
        (["--num-heads", "3"], "num_heads"),
        (["--data", "nowhere.txt"], "nowhere.txt"),
        (["--validation", "0.9"], "documents or more"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, documents, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        bert_pretrain(
            ["--data", str(documents), "--log-dir", str(tmp_path), *SMALL, *options]
        )

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--pretrained", "nowhere"], "nowhere"),
        (["--random-weights"], "expected --pretrained"),
        (["--max-length", "2"], "--max-length: expected 3 or more"),
    ],
)
def test_bad_options_of_fine_tuning_end_with_one_line(
    options, expected, tiny_reviews, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        bert_finetune(
            ["--data", str(tiny_reviews), "--log-dir", str(tmp_path), *options]
        )

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
