"""The five steps of §9.2: their commands, what they hand on, kill and resume."""

import csv
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest

from roots_tf.train import pipeline
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.flags import parse
from roots_tf.train.tune import TuneOptions
from roots_tf.train.word2vec import Word2VecOptions

SCRIPTS = {
    "roots_tf.train.word2vec": Word2VecOptions,
    "roots_tf.train.tune": TuneOptions,
    "roots_tf.train.classifier": ClassifierOptions,
}
TRIALS = """\
trial,learning_rate,pooling,hidden_size,batch_size,dropout,epochs,accuracy,error
0,0.001,last,16,8,0.1,,0.5,
1,0.02,mean+max,32,16,0.25,,0.75,
2,0.03,max,64,8,0.5,,,diverged
"""


@pytest.fixture(params=["en", "zh"])
def table(request, tmp_path):
    """A table of texts whose labels their words tell."""
    draw = random.Random(0)
    good, bad, rest = {
        "en": (["lovely", "clever"], ["dull", "awful"], ["the", "film", "is", "plot"]),
        "zh": (["好看", "精彩"], ["无聊", "糟糕"], ["这部", "电影", "的", "剧情"]),
    }[request.param]
    path = tmp_path / "texts.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "label"])
        for number in range(120):
            words = [*draw.choices(rest, k=4), *draw.choices((good, bad)[number % 2])]
            joint = " " if request.param == "en" else ""
            rows.writerow([joint.join(words) + str(number), "yn"[number % 2]])
    return path


def steps_of(monkeypatch, tmp_path, fail_at=None):
    """Lets the scripts only say that they were called, and leave what they would."""
    called = []

    def run(words):
        assert words[:2] == [sys.executable, "-m"]
        script, flags = words[2], words[3:]
        called.append((script, parse(SCRIPTS[script], script, "", flags)))
        folder = tmp_path / "all"
        if script == "roots_tf.train.tune":
            (folder / "tune/models").mkdir(parents=True, exist_ok=True)
            (folder / "tune/models/trials.csv").write_text(TRIALS, encoding="utf-8")
        name = {"word2vec": "vectors", "tune": "models", "classifier": "model"}
        kind = script.rpartition(".")[2]
        (folder / kind / name[kind]).mkdir(parents=True, exist_ok=True)
        return SimpleNamespace(returncode=1 if script == fail_at else 0)

    monkeypatch.setattr(pipeline.subprocess, "run", run)
    return called


def run(table, tmp_path, *flags):
    words = ["--data", str(table), "--folder", str(tmp_path / "all"), "--trials", "3"]
    return pipeline.main([*words, "--epochs", "2", "--dim", "8", *flags])


def test_the_best_trial_is_trained_with_the_vectors_of_the_training_texts(
    table, tmp_path, monkeypatch
):
    called = steps_of(monkeypatch, tmp_path)

    status = run(table, tmp_path)

    assert status == 0
    (_, vectors), (_, search), (_, final) = called
    texts = (tmp_path / "all/texts.txt").read_text(encoding="utf-8").splitlines()
    assert vectors.data == str(tmp_path / "all/texts.txt")
    assert (search.data, search.trials, search.epochs) == (str(table), 3, 2)
    assert final.embedding_dim == vectors.dim == 8
    assert final.embeddings == str(tmp_path / "all/word2vec/vectors/vectors.txt")
    assert (final.learning_rate, final.pooling) == (0.02, "mean+max")
    assert (final.hidden_size, final.batch_size, final.dropout) == (32, 16, 0.25)
    with open(table, encoding="utf-8", newline="") as file:
        given = [row["text"] for row in csv.DictReader(file)]
    assert set(texts) < set(given) and 80 < len(texts) == len(set(texts))


def test_a_step_that_fails_ends_it_and_resuming_begins_there(
    table, tmp_path, monkeypatch, capsys
):
    called = steps_of(monkeypatch, tmp_path, fail_at="roots_tf.train.tune")
    assert run(table, tmp_path) == 1
    assert [script for script, _ in called] == list(SCRIPTS)[:2]

    called = steps_of(monkeypatch, tmp_path)
    assert run(table, tmp_path, "--resume") == 0

    assert [script for script, _ in called] == list(SCRIPTS)[1:]
    assert called[0][1].resume and not called[1][1].resume
    assert "2 词向量生成: done before" in capsys.readouterr().out


def test_stop_words_are_dropped_from_vectors_and_model_alike(tmp_path, monkeypatch):
    table = tmp_path / "texts.csv"
    rows = [f"this is film{n} not good,{'yn'[n % 2]}\n" for n in range(40)]
    table.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    called = steps_of(monkeypatch, tmp_path)

    run(table, tmp_path, "--drop-stop-words")

    text = (tmp_path / "all/texts.txt").read_text(encoding="utf-8").splitlines()[0]
    assert {"not", "good"} < set(text.split()) and "this" not in text
    assert called[-1][1].drop_stop_words


@pytest.mark.parametrize(
    "flags, message",
    [
        ((), "--folder: "),
        (("--resume", "--seed", "8"), "--seed: expected 7, with which "),
    ],
)
def test_a_folder_of_another_run_is_refused(
    tmp_path, monkeypatch, capsys, flags, message
):
    steps_of(monkeypatch, tmp_path)
    run("reviews_en", tmp_path)
    capsys.readouterr()

    with pytest.raises(SystemExit) as ended:
        run("reviews_en", tmp_path, *flags)

    assert ended.value.code == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {message}") and errors.count("\n") == 1


def test_data_that_is_not_there_leaves_nothing(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        run(tmp_path / "none.csv", tmp_path)

    assert ended.value.code == 2 and not (tmp_path / "all").exists()
    assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.slow
def test_the_whole_of_it_learns_to_tell_the_texts_apart(table, tmp_path):
    words = ["--data", str(table), "--folder", str(tmp_path / "all"), "--trials", "2"]
    command = [sys.executable, "-m", "roots_tf.train.pipeline", *words]
    command += ["--epochs", "4", "--dim", "8", "--vector-epochs", "2"]

    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout

    assert (tmp_path / "all/classifier/model/model/configuration.json").exists()
    for number in "12345":
        assert f"{number} " in said
    assert "accuracy" in said
