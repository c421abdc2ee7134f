"""The retrieval script on small passages: it learns, resumes, compares, refuses."""

import json
import random

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf import ask
from roots_tf.applications.question_answering import QuestionAnswerer
from roots_tf.datasets.retrieval import RetrievalQuestion
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.published_weights import save_published
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.question_answering import main
from roots_tf.train.question_answering_parts import PairBatches, ranks_of

SMALL = ["--num-layers", "1", "--num-heads", "2", "--hidden-size", "16"]
SMALL += ["--vocab-size", "150", "--max-length", "16", "--learning-rate", "0.01"]
SMALL += ["--batch-size", "16", "--word-vector-epochs", "1", "--pool", "10"]
# What the question says in one language, the passage says in the other.
SAME = {
    "rain": "雨",
    "snow": "雪",
    "bread": "面",
    "salt": "盐",
    "gold": "金",
    "horse": "马",
}


class Killed(BaseException):
    """Stands for SIGKILL in the middle of an epoch."""


@pytest.fixture(scope="module")
def passages(tmp_path_factory):
    """Passages of Chinese words, and questions that have the English ones."""
    generator = random.Random(0)
    kinds = [(a, b, c) for a in SAME for b in SAME for c in SAME if a < b < c]
    paragraphs = []
    for number, words in enumerate(kinds * 6):
        own = [SAME[word] for word in words]
        generator.shuffle(own)
        passage = f"{' '.join(own)} n{number}"
        asked = list(words)
        generator.shuffle(asked)
        answers = [{"text": own[0], "answer_start": 0}]
        qas = [{"question": " ".join(asked), "answers": answers}]
        paragraphs.append({"context": passage, "qas": qas})
    path = tmp_path_factory.mktemp("data") / "words.json"
    path.write_text(json.dumps({"data": [{"paragraphs": paragraphs}]}), "utf-8")
    return path


def train(log_dir, data, *more):
    main(["--data", str(data), "--log-dir", str(log_dir), *SMALL, *more])
    return log_dir / "question_answering" / "words"


def final_metrics(folder):
    return json.loads((folder / "run.json").read_text("utf-8"))["final_metrics"]


@pytest.fixture(scope="module")
def finished(passages, tmp_path_factory):
    return train(tmp_path_factory.mktemp("logs"), passages, "--epochs", "9")


@pytest.mark.slow
def test_vectors_learn_what_words_in_common_cannot_tell(finished):
    metrics = final_metrics(finished)

    # 20 kinds of passages, 6 of each: words alone find one of 120 by chance.
    assert metrics["vectors_recall_at_10"] > 0.5 > 2 * metrics["bm25_recall_at_10"]
    assert metrics["validation_mrr"] >= metrics["validation_vectors_mrr"]
    assert {"word_vectors_mrr", "recall_at_1", "mrr"} <= set(metrics)


@pytest.mark.slow
def test_the_folder_that_it_saves_is_asked(finished, capsys):
    ask.main(["--folder", str(finished / "model"), "--json", "rain snow salt"])

    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(row["answers"]) == 5
    words = [set(answer["text"].split()) for answer in row["answers"]]
    assert sum(len({"雨", "雪", "盐"} & found) for found in words) >= 8


@pytest.mark.slow
def test_samples_and_validation_are_in_tensorboard(finished):
    events = EventAccumulator(str(finished / "test")).Reload()
    scalars = read_scalars(finished)

    assert len(events.Tensors("samples")) == 1
    assert ("validation", "epoch/mrr") in scalars


def test_without_training_a_pretrained_encoder_is_scored_as_it_is(passages, tmp_path):
    tokenizer = WordPieceTokenizer.learn([*SAME, *SAME.values()] * 3, 120)
    bert = Bert(BertConfig.tiny(tokenizer.vocab_size, hidden_size=16, num_layers=1))
    bert.build()
    save_published(bert, tmp_path / "bert")
    tokenizer.save(tmp_path / "bert")
    options = ["--pretrained", str(tmp_path / "bert"), "--no-train", "--no-test"]

    run = train(tmp_path, passages, *options, "--word-vector-epochs", "0")

    found = QuestionAnswerer.load(run / "model").embedder.model.encoder.get_weights()
    assert all(map(np.array_equal, found, bert.get_weights()))
    metrics = final_metrics(run)
    assert set(metrics) == {
        f"validation_{way}{score}"
        for way in ("bm25_", "vectors_", "")
        for score in ("mrr", "recall_at_1", "recall_at_5", "recall_at_10")
    }


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_one_that_was_not(
    passages, tmp_path, monkeypatch
):
    options = ["--epochs", "2", "--checkpoint-every", "4", "--log-every", "1"]
    whole = train(tmp_path / "whole", passages, *options)
    log_step = TrainingLoop._log_step

    def killing(loop, *arguments):
        log_step(loop, *arguments)
        if loop.step + 1 == 7:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(TrainingLoop, "_log_step", killing)
        train(tmp_path / "parts", passages, *options)

    parts = train(tmp_path / "parts", passages, *options, "--resume")

    assert final_metrics(parts) == final_metrics(whole)
    vectors = [
        np.load(run / "model" / "index.npz")["vectors"] for run in (parts, whole)
    ]
    assert np.array_equal(*vectors)


def test_batches_follow_from_the_seed_and_the_epoch_and_pairs_stay_together():
    ids = [np.full(length, length, np.int32) for length in range(1, 11)]
    batches = PairBatches(ids, [row + 100 for row in ids], 4, seed=3)

    epochs = [
        [(x["token_ids"].numpy(), x["text_ids"].numpy(), y.numpy()) for x, y in epoch]
        for epoch in (batches(1), batches(1), batches(2))
    ]

    assert len(batches) == 2 == len(epochs[0])
    for one, again in zip(epochs[0], epochs[1], strict=True):
        assert all(np.array_equal(*pair) for pair in zip(one, again, strict=True))
    assert not np.array_equal(epochs[0][0][0][:, 0], epochs[2][0][0][:, 0])
    for questions, texts, labels in epochs[0]:
        assert labels.tolist() == [0, 1, 2, 3]
        assert (texts[:, 0] == questions[:, 0] + 100).all()
        assert questions.shape[1] == questions.max()  # cut to the longest


def test_ranks_of_many_questions_are_found_some_at_a_time():
    table = np.random.default_rng(0).normal(size=(150, 7))
    questions = [RetrievalQuestion(str(row), (row % 7,)) for row in range(150)]
    seen = []

    def scores(texts):
        seen.append(len(texts))
        return table[[int(text) for text in texts]]

    ranks = ranks_of(scores, questions)

    expected = [1 + np.sum(row > row[n % 7]) for n, row in enumerate(table)]
    assert ranks.tolist() == expected and seen == [64, 64, 22]


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--temperature", "0"], "--temperature: expected over 0, got 0"),
        (["--no-train"], "--no-train: expected --pretrained beside it"),
        (["--batch-size", "1"], "--batch-size: expected 2 or more, got 1"),
        (["--batch-size", "500"], "--batch-size: expected at most the"),
        (["--data", "docstring"], "did you mean docstrings?"),
        (["--pretrained", "nowhere"], "nowhere"),
    ],
)
def test_what_does_not_fit_ends_with_one_line_and_no_folder(
    options, expected, passages, tmp_path, capfd
):
    with pytest.raises(SystemExit) as ended:
        train(tmp_path / "logs", passages, *options)

    line = capfd.readouterr().err.strip().splitlines()[-1]
    assert ended.value.code == 2
    assert line.startswith("error: ") and expected in line
    assert not (tmp_path / "logs").exists()
