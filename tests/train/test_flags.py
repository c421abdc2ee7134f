"""Flags made from a dataclass: every type, help, and one line for each mistake."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from roots_tf.train.flags import option, parse


@dataclass(frozen=True)
class Options:
    max_length: int = option(400, "longest text", unit="tokens")
    rate: float = option(0.5, "half is 50% of it")
    data: str = option("docstrings", "name of the set")
    name: str = option("", "of the run")
    pooling: str = option("last", "from tokens to text", choices=("last", "mean+max"))
    mask: bool = option(True, "tell padding from words")
    resume: bool = option(False, "go on")

    def __post_init__(self):
        if self.max_length < 1:
            raise ValueError(f"--max-length: expected 1 or more, got {self.max_length}")


def read(*words: str) -> Options:
    return parse(Options, "program", "What it does.", words)


def error(capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        read(*words)
    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (2, "")
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert errors.endswith(" (see --help)\n")
    return errors


def help_text(capsys) -> str:
    with pytest.raises(SystemExit) as ended:
        read("--help")
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_without_flags_every_option_has_its_default():
    assert read() == Options()


@pytest.mark.parametrize(
    "words, name, value",
    [
        (["--max-length", "7"], "max_length", 7),
        (["--max-length=7"], "max_length", 7),
        (["--rate", "1e-3"], "rate", 0.001),
        (["--rate", "-2"], "rate", -2.0),
        (["--data", "a folder/with spaces"], "data", "a folder/with spaces"),
        (["--data", "评论"], "data", "评论"),
        (["--name="], "name", ""),
        (["--pooling", "mean+max"], "pooling", "mean+max"),
        (["--mask"], "mask", True),
        (["--no-mask"], "mask", False),
        (["--resume"], "resume", True),
        (["--no-resume"], "resume", False),
        (["--resume", "--no-resume"], "resume", False),
    ],
)
def test_a_flag_sets_its_option_in_its_own_type_and_no_other(words, name, value):
    options = read(*words)

    found = getattr(options, name)
    assert (found, type(found)) == (value, type(value))
    assert Options(**{**vars(options), name: getattr(Options(), name)}) == Options()


@pytest.mark.parametrize(
    "words, message",
    [
        (["--max-length", "long"], "--max-length: invalid int value: 'long'"),
        (["--max-length", "1.5"], "--max-length: invalid int value: '1.5'"),
        (["--max-length"], "--max-length: expected one argument"),
        (["--rate", "x"], "--rate: expected a finite number, got 'x'"),
        (["--rate", "nan"], "--rate: expected a finite number, got 'nan'"),
        (["--rate", "inf"], "--rate: expected a finite number, got 'inf'"),
        (["--pooling", "sum"], "--pooling: invalid choice: 'sum'"),
        (["--mask=yes"], "--mask: ignored explicit argument 'yes'"),
        (["--max-length", "0"], "--max-length: expected 1 or more, got 0"),
        (["imdb"], "expected only flags, got 'imdb'"),
    ],
)
def test_a_wrong_value_is_one_line_and_status_two(capsys, words, message):
    assert message in error(capsys, *words)


@pytest.mark.parametrize(
    "flag, near",
    [
        ("--max-lenght", "--max-length"),
        ("--max_length", "--max-length"),
        ("--polling", "--pooling"),
        ("--no-msk", "--no-mask"),
        ("-rate", "--rate"),
        ("--mas", "--mask"),
    ],
)
def test_an_unknown_flag_names_the_near_match(capsys, flag, near):
    assert f"unknown flag {flag}; did you mean {near}?" in error(capsys, flag, "3")
    assert f"did you mean {near}?" in error(capsys, f"{flag}=3")


def test_a_flag_like_no_other_is_unknown_without_a_hint(capsys):
    assert "unknown flag --xyzzy (see" in error(capsys, "--xyzzy")


def test_help_shows_meaning_default_unit_and_choices(capsys):
    text = " ".join(help_text(capsys).split())

    assert "What it does." in text
    assert "--max-length INT longest text (default: 400 tokens)" in text
    assert "--rate FLOAT half is 50% of it (default: 0.5)" in text
    assert "--name STR of the run (default: none)" in text
    assert "--pooling {last,mean+max} from tokens to text (default: last)" in text
    assert "--mask tell padding from words (default: yes; --no-mask for not)" in text
    assert "--resume go on (default: no)" in text


def test_help_is_set_flush_with_flags_on_the_left(capsys):
    lines = help_text(capsys).splitlines()

    assert "  --max-length INT          longest text (default: 400 tokens)" in lines
    assert max(map(len, lines)) <= 88


@pytest.mark.parametrize("script", ["classifier", "tagger"])
def test_help_and_mistakes_of_the_scripts_are_answered_without_tensorflow(script):
    code = f"""
import sys
from roots_tf.train import {script}
for words in (["--help"], ["--epoch", "3"], ["--epochs", "0"]):
    try:
        {script}.main(words)
    except SystemExit as ended:
        print(ended.code, file=sys.stderr)
heavy = {{"tensorflow", "keras", "numpy", "sklearn", "jieba"}} & set(sys.modules)
sys.exit(str(sorted(heavy)) if heavy else 0)
"""

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
    assert "--batch-size INT" in result.stdout
    assert result.stderr.splitlines() == [
        "0",
        "error: unknown flag --epoch; did you mean --epochs? (see --help)",
        "2",
        "error: --epochs: expected 1 or more, got 0 (see --help)",
        "2",
    ]
