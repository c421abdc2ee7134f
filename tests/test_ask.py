"""``python -m roots_tf.ask``: its answers, its cache, every kind of input."""

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from roots_tf import ask
from roots_tf.applications.question_answering import QuestionAnswerer
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.datasets.retrieval import Document
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.predict import main as predict
from roots_tf.text.wordpiece import SPECIAL_TOKENS, WordPieceTokenizer

DOCUMENTS = (
    Document("numpy.argsort", "Returns the indices\nthat would sort.\n\nMore."),
    Document("os.path.join", "Join two or more paths."),
    Document("zh.sort", "给数组排序。"),
)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """A cache folder, and a corpus of three documents that counts its readings."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    reads = []
    monkeypatch.setattr(
        "roots_tf.datasets.retrieval.documentation",
        lambda: reads.append(1) or DOCUMENTS,
    )
    return SimpleNamespace(folder=tmp_path / "cache" / "roots_tf", reads=reads)


def run(monkeypatch, capsys, *words, stdin: bytes = b"", tty: bool = False) -> str:
    stream = SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: tty)
    monkeypatch.setattr(sys, "stdin", stream)
    ask.main([str(word) for word in words])
    return capsys.readouterr().out


def test_a_question_is_answered_with_source_and_first_paragraph(
    cache, monkeypatch, capsys
):
    shown = run(monkeypatch, capsys, "how do I get sorting indices")

    assert shown == "1. numpy.argsort\n   Returns the indices that would sort.\n"


def test_json_has_one_object_a_question(cache, monkeypatch, capsys):
    shown = run(monkeypatch, capsys, "--json", "join paths", "数组排序", "--k", "1")

    rows = [json.loads(line) for line in shown.splitlines()]
    assert [row["question"] for row in rows] == ["join paths", "数组排序"]
    names = [[answer["name"] for answer in row["answers"]] for row in rows]
    assert names == [["os.path.join"], ["zh.sort"]]
    assert rows[0]["answers"][0]["score"] > 0


def test_lines_of_stdin_are_answered_one_by_one(cache, monkeypatch, capsys):
    lines = "join paths\r\n\n\x00😀\u202e\n".encode() + b"sort " * 20_000

    shown = run(monkeypatch, capsys, "--json", stdin=lines)

    rows = [json.loads(line) for line in shown.splitlines()]
    assert [len(row["answers"]) for row in rows] == [1, 0, 0, 2]


def test_a_terminal_is_asked_until_an_empty_line_or_the_end(cache, monkeypatch, capsys):
    for last in ("", None):
        asked = iter(["join paths", "xyzzy"] + ([""] if last == "" else []))

        def answer(prompt, asked=asked):
            try:
                return next(asked)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", answer)
        shown = run(monkeypatch, capsys, tty=True)

        assert shown.startswith("1. os.path.join\n") and "No answer: " in shown


def test_the_index_is_made_once_and_anew_when_a_version_changes(
    cache, monkeypatch, capsys
):
    run(monkeypatch, capsys, "paths")
    run(monkeypatch, capsys, "paths")
    assert len(cache.reads) == 1

    monkeypatch.setattr(ask.metadata, "version", lambda name: "9.9")
    run(monkeypatch, capsys, "paths")

    assert len(cache.reads) == 2
    assert len(list(cache.folder.iterdir())) == 2  # and no partial file


def test_a_damaged_index_is_made_anew(cache, monkeypatch, capsys):
    run(monkeypatch, capsys, "paths")
    (path,) = cache.folder.iterdir()
    whole = path.read_bytes()

    for damaged in (b"", b"x" * 50, whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        assert run(monkeypatch, capsys, "paths").startswith("1. os.path.join")
        assert path.read_bytes() != damaged


def test_only_a_few_old_indexes_stay(cache, monkeypatch, capsys):
    for number in range(8):
        monkeypatch.setattr(ask.metadata, "version", lambda name, n=number: str(n))
        run(monkeypatch, capsys, "paths")

    assert len(list(cache.folder.iterdir())) == ask._KEPT + 1


def test_a_cache_that_cannot_be_written_is_done_without(cache, monkeypatch, capsys):
    cache.folder.parent.mkdir()
    cache.folder.write_text("a file where the folder should be")

    stream = SimpleNamespace(buffer=io.BytesIO(b""), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stream)
    ask.main(["paths"])

    shown = capsys.readouterr()
    assert shown.out.startswith("1. os.path.join")
    assert shown.err.startswith("The index is not kept: ")
    assert shown.err.count("\n") == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    keras.utils.set_random_seed(0)
    tokens = [*SPECIAL_TOKENS, *"abcdefghijklmnopqrstuvwxyz"]
    tokens += [f"##{x}" for x in tokens[5:]]
    model = SentenceEncoder(Bert(BertConfig.tiny(len(tokens), hidden_size=16)))
    model.build()
    embedder = SentenceEmbedder(model, WordPieceTokenizer(tokens), 16)
    path = tmp_path_factory.mktemp("model") / "model"
    QuestionAnswerer(embedder, DOCUMENTS, weight=0.0).save(path)
    return path


def test_a_folder_answers_from_its_own_texts_also_through_predict(
    folder, monkeypatch, capsys
):
    shown = run(monkeypatch, capsys, "--folder", folder, "--k", "1", "join the paths")
    predict([str(folder), "--json", "join the paths"])

    assert shown == "1. os.path.join\n   Join two or more paths.\n"
    row = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in row["documents"]][0] == "os.path.join"
    predict([str(folder), "join the paths"])
    line = capsys.readouterr().out
    assert line.startswith("os.path.join 1.000  ") and line.endswith(
        "\tjoin the paths\n"
    )


@pytest.mark.parametrize(
    "words, stdin, message",
    [
        (["--k", "0", "x"], b"", "--k: expected 1 or more, got 0"),
        (["--folder", "nowhere", "x"], b"", "nowhere: expected a model folder"),
        (["caf\udce9"], b"", "lone surrogate"),
        ([], b"fine\ncaf\xe9\n", "standard input, line 2: expected UTF-8"),
        (["--jsonl"], b"", "unrecognized arguments: --jsonl"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    cache, monkeypatch, capsys, words, stdin, message
):
    stream = SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stream)

    with pytest.raises(SystemExit) as ended:
        ask.main(words)

    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert message in errors


@pytest.mark.slow
def test_a_fresh_process_finds_argsort_in_the_installed_documentation(tmp_path):
    question = "indices that would sort an array"
    done = subprocess.run(
        [sys.executable, "-m", "roots_tf.ask", "--json", question],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    names = [answer["name"] for answer in json.loads(done.stdout)["answers"]]
    assert "numpy.argsort" in names
