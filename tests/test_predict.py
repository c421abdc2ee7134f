"""``python -m roots_tf.predict`` in fresh processes, and its every kind of input."""

import io
import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from roots_tf import predict
from roots_tf.applications.sequence_tagging import SequenceTagger
from roots_tf.applications.text_classification import TextClassifier
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.recurrent.bilstm_tagger import build_bilstm_tagger
from roots_tf.text.text_to_ids import TextSettings
from roots_tf.text.vocabulary import Vocabulary

TEXTS = ["这部电影很好看", "Ａ dull film 😀", "-5 degrees", "unknown words"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """An untrained classifier and tagger, and the folders that they are saved in."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("models")
    vocabulary = Vocabulary.build([[*"这部电影很好看a5", "dull", "film", "😀", "-"]])
    config = BiLstmConfig(len(vocabulary), 3, 8, 8)
    classifier = TextClassifier(
        build_bilstm_classifier(config),
        vocabulary,
        TextSettings(han="characters"),
        ["差", "中", "好"],
    )
    tagger = SequenceTagger(
        build_bilstm_tagger(config), vocabulary, ["O", "B-X", "I-X"], "characters"
    )
    tagger.model.get_layer("logits").bias.assign([0.0, 9.0, 0.0])  # "B-X" everywhere
    classifier.save(folder / "classifier")
    tagger.save(folder / "tagger")
    return SimpleNamespace(classifier=classifier, tagger=tagger, folder=folder)


@pytest.fixture(scope="module")
def finished(models):
    """Three processes, started at once: (status, standard output, standard error)."""
    lines = "\n".join(TEXTS).encode()
    runs = {
        "arguments": (["classifier", "--json", *TEXTS[:2], "--", *TEXTS[2:]], b""),
        "stdin": (["tagger", "--json"], lines),
        "not utf8": (["classifier"], b"fine\ncaf\xe9\n"),
    }
    processes = {
        name: subprocess.Popen(
            [sys.executable, "-m", "roots_tf.predict", *_in(models.folder, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for name, (words, _) in runs.items()
    }
    results = {}
    for name, process in processes.items():
        output, errors = process.communicate(runs[name][1], timeout=120)
        results[name] = (process.returncode, output.decode(), errors.decode())
    return results


def _in(folder, words):
    return [str(folder / words[0]), *words[1:]]


def test_a_fresh_process_labels_arguments_as_the_model_did_before_saving(
    finished, models
):
    status, output, _ = finished["arguments"]

    rows = [json.loads(line) for line in output.splitlines()]
    expected = models.classifier.predict(TEXTS)
    assert status == 0
    assert [row["text"] for row in rows] == TEXTS
    for row, probabilities in zip(rows, expected, strict=True):
        assert list(row["probabilities"]) == ["差", "中", "好"]
        found = list(row["probabilities"].values())
        assert found == pytest.approx(probabilities.tolist(), abs=1e-6)
        assert row["label"] == "差中好"[probabilities.argmax()]


def test_a_fresh_process_tags_the_lines_of_stdin_as_the_model_did(finished, models):
    status, output, _ = finished["stdin"]

    rows = [json.loads(line) for line in output.splitlines()]
    assert status == 0
    assert [row["text"] for row in rows] == TEXTS
    expected = models.tagger.entities(TEXTS)
    assert [[(e["type"], e["text"]) for e in row["entities"]] for row in rows] == (
        expected
    )
    assert expected[0] == [("X", character) for character in TEXTS[0]]


def test_bad_input_ends_with_one_line_and_status_two(finished):
    status, output, errors = finished["not utf8"]

    assert (status, output) == (2, "")
    message = "input, line 2: expected UTF-8, got byte 0xe9 at offset 3"
    said = [line for line in errors.splitlines() if line.startswith("error: ")]
    assert len(said) == 1 and said[0].endswith(message)
    assert errors.splitlines()[-1] == said[0]
    assert "Traceback" not in errors


def test_what_is_no_folder_ends_with_one_line_and_status_two(capsys):
    with pytest.raises(SystemExit) as stop:
        predict.main(["nowhere", "text"])

    printed = capsys.readouterr()
    assert (stop.value.code, printed.out) == (2, "")
    message = "nowhere: expected a model folder, got no configuration.json\n"
    assert printed.err.startswith("error: ") and printed.err.endswith(message)
    assert len(printed.err.splitlines()) == 1


def run(monkeypatch, capsys, *words, stdin: bytes = b"") -> list[str]:
    """Runs in this process; gives the lines of its standard output."""
    stream = SimpleNamespace(buffer=io.BytesIO(stdin))
    monkeypatch.setattr(sys, "stdin", stream)
    predict.main([str(word) for word in words])
    return capsys.readouterr().out.removesuffix("\n").split("\n")


def test_a_line_shows_the_classes_from_the_most_probable(models, monkeypatch, capsys):
    folder = models.folder / "classifier"

    (line,) = run(monkeypatch, capsys, folder, "这部电影\n很好看")

    shown, text = line.split("\t")
    words = shown.split()
    assert text == "这部电影 很好看"
    assert sorted(words[::2]) == sorted("差中好")
    assert words[1::2] == sorted(words[1::2], reverse=True)
    assert sum(map(float, words[1::2])) == pytest.approx(1, abs=0.002)


def test_a_line_shows_the_entities_or_that_there_are_none(models, monkeypatch, capsys):
    lines = run(monkeypatch, capsys, models.folder / "tagger", "好a", "")

    assert lines == ["X: 好  X: a\t好a", "no entity\t"]


@pytest.mark.parametrize(
    "stdin, texts",
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\n\r\nb\r\n", ["a", "", "b"]),
        ("\ufeffa\u2028b\x0bc\n好".encode(), ["a\u2028b\x0bc", "好"]),
    ],
)
def test_each_line_of_stdin_is_one_text(models, monkeypatch, capsys, stdin, texts):
    folder = models.folder / "tagger"

    lines = run(monkeypatch, capsys, folder, "--json", stdin=stdin)

    assert [json.loads(line)["text"] for line in lines if line] == texts


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "the following arguments are required: folder"),
        (["classifier", "--jsonl", "a"], "unrecognized arguments: --jsonl"),
        (["classifier", "caf\udce9"], "expected Unicode text, got a lone surrogate"),
        (["task"], "'dialogue_generation'], got 'music'"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_two(models, capsys, words, message):
    (models.folder / "task").mkdir(exist_ok=True)
    (models.folder / "task/configuration.json").write_text('{"task": "music"}')

    with pytest.raises(SystemExit) as ended:
        predict.main(_in(models.folder, words) if words else [])

    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert message in errors
