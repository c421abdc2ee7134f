"""``python -m roots_tf.chat`` in fresh processes, and its every kind of input."""

import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from roots_tf import chat, predict
from roots_tf.decoding.sampling import SamplingRule
from tests.applications.dialogue_agents import generative_agent, retrieval_agent


@pytest.fixture(scope="module")
def retrieval(tmp_path_factory):
    return saved(retrieval_agent(), tmp_path_factory)


@pytest.fixture(scope="module")
def generative(tmp_path_factory):
    return saved(generative_agent(), tmp_path_factory)


def saved(agent, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "agent"
    agent.save(folder)
    return SimpleNamespace(agent=agent, folder=folder)


def said(model, monkeypatch, capsys, stdin: bytes, *words) -> list[dict]:
    """Runs in this process; gives its lines as they are read from JSON."""
    stream = SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stream)
    chat.main([str(model.folder), "--json", *words])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def echo(history, answered):
    """Says what it has been told."""
    return f"{answered}: {' / '.join(history)}"


def talk(*lines, reply=echo):
    return list(chat.talk(reply, iter(line.encode() for line in lines)))


@pytest.mark.slow
def test_a_fresh_process_answers_each_line_as_it_comes(retrieval):
    command = [sys.executable, "-m", "roots_tf.chat", str(retrieval.folder)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    history = []

    for turn in ("How are you?", "你好，今天忙吗？", "😀 مرحبا"):
        process.stdin.write(f"{turn}\n".encode())
        process.stdin.flush()
        found = process.stdout.readline().decode().rstrip("\n")

        history.append(turn)
        assert found == retrieval.agent.reply(history)
        history.append(found)
    output, errors = process.communicate(b"/quit\nnot read\n", timeout=120)
    assert (process.returncode, output) == (0, b"")
    assert b"Traceback" not in errors


@pytest.mark.slow
@pytest.mark.parametrize("key, status", [(b"\x04", 0), (b"/quit\n", 0), (b"\x03", 130)])
def test_on_a_terminal_it_says_how_to_end_and_ends_without_a_traceback(
    retrieval, key, status
):
    import pty

    here, there = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "roots_tf.chat", str(retrieval.folder)],
        stdin=there,
        stdout=there,
        stderr=there,
        start_new_session=True,
        preexec_fn=lambda: __import__("fcntl").ioctl(
            0, __import__("termios").TIOCSCTTY
        ),
    )
    os.close(there)
    seen = read_until(here, b"> ")

    os.write(here, "你好\n".encode())
    seen += read_until(here, b"> ")
    os.write(here, key)
    process.wait(timeout=120)

    assert process.returncode == status
    assert chat.GREETING in seen.decode().splitlines()
    assert b"Traceback" not in seen
    assert retrieval.agent.reply(["你好"]) in seen.decode()
    os.close(here)


def read_until(descriptor, end: bytes) -> bytes:
    seen = b""
    while not seen.endswith(end):
        seen += os.read(descriptor, 1024)
    return seen


def test_what_is_said_is_remembered_until_it_is_reset():
    rows = talk("a", "b", "/reset", "c")

    assert [row.get("reply", row.get("command")) for row in rows] == [
        "0: a",
        "1: a / 0: a / b",
        "reset",
        "2: c",
    ]


@pytest.mark.parametrize(
    "line, expected",
    [
        (b"\n", "expected some text, got an empty line"),
        (b" \t\r\n", "expected some text, got an empty line"),
        (b"caf\xe9\n", "expected text in UTF-8, got other bytes"),
        (b"x" * 100_001, "expected at most 100,000 characters, got more"),
        ("好".encode() * 140_000, "expected at most 100,000 characters, got more"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line_and_not_remembered(line, expected):
    cut = line[: chat._MOST_BYTES]

    rows = list(chat.talk(echo, iter([b"a\n", cut, b"b\n"])))

    assert rows[1] == {"error": expected}
    assert rows[2]["reply"] == "1: a / 0: a / b"


def test_an_agent_that_writes_nothing_says_so_and_the_dialogue_goes_on():
    rows = talk("a", "b", reply=lambda history, _: "" if len(history) == 1 else "ok")

    assert [row["reply"] for row in rows] == ["...", "ok"]


def test_a_million_turns_are_answered_in_bounded_memory():
    longest = 0

    def reply(history, answered):
        nonlocal longest
        longest = max(longest, len(history))
        return "yes"

    turns = (b"word\n" for _ in range(1_000_000))
    count = sum(1 for _ in chat.talk(reply, turns))

    assert count == 1_000_000
    assert longest == chat.REMEMBERED + 1


def test_a_line_without_an_end_is_not_read_into_memory(monkeypatch):
    class Endless(io.RawIOBase):
        """Fifty million bytes without a line's end."""

        left, largest = 50_000_000, 0

        def readline(self, most):
            self.largest = max(self.largest, most)
            count = min(most, self.left)
            self.left -= count
            return b"x" * count

    stdin = SimpleNamespace(buffer=Endless())
    monkeypatch.setattr(sys, "stdin", stdin)

    rows = list(chat.talk(echo, chat._turns("")))

    assert [list(row) for row in rows] == [["error"]]
    assert stdin.buffer.largest < 1_000_000


def test_every_kind_of_text_is_answered(generative, monkeypatch, capsys):
    texts = [
        "😀",
        "مرحبا بالعالم",
        "a\x00\x07\x1bb",
        "好" * 100_000,
        "<a> </s>",
        "/quitting",
    ]
    stdin = "\n".join(texts).encode()

    rows = said(generative, monkeypatch, capsys, stdin)

    assert [row["text"] for row in rows] == texts
    assert all(row["reply"] for row in rows)


def test_the_seed_and_the_rule_are_those_given(generative, monkeypatch, capsys):
    words = ["--seed", "5", "--temperature", "1.5", "--top-k", "9", "--top-p", "1"]

    rows = said(generative, monkeypatch, capsys, b"How are you?\nGood.\n", *words)

    rule, history = SamplingRule(temperature=1.5, top_k=9), []
    for turn, text in enumerate(["How are you?", "Good."]):
        history.append(text)
        expected = generative.agent.reply(history, rule, 5 + turn) or "..."
        assert rows[turn] == {"text": text, "reply": expected}
        history.append(expected)


@pytest.mark.parametrize(
    "words, expected",
    [
        (
            ["--temperature", "1"],
            "--temperature: expected a model that writes, got one",
        ),
        (
            ["--top-k", "3"],
            "--top-k: expected a model that writes, got one that chooses",
        ),
        (["--seed", "-1"], "--seed: expected 0 or more, got -1"),
    ],
)
def test_an_option_without_a_meaning_ends_with_one_line(
    retrieval, words, expected, monkeypatch, capsys
):
    with pytest.raises(SystemExit) as ended:
        said(retrieval, monkeypatch, capsys, b"Hi\n", *words)

    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


def test_a_folder_that_is_no_agent_ends_with_one_line(tmp_path, monkeypatch, capsys):
    model = SimpleNamespace(folder=tmp_path)

    with pytest.raises(SystemExit) as ended:
        said(model, monkeypatch, capsys, b"")

    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert line.startswith("error: ") and "expected a model folder" in line


def test_predict_takes_the_turns_so_far_with_tabs_between_them(retrieval, capsys):
    predict.main([str(retrieval.folder), "Hi\tHello\tHow are you?", "Rome", "--json"])

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    histories = [["Hi", "Hello", "How are you?"], ["Rome"]]
    assert [row["reply"] for row in rows] == retrieval.agent.replies_to(histories)
