"""``python -m roots_tf.generate`` in fresh processes, and its every kind of input."""

import io
import subprocess
import sys
from types import SimpleNamespace

import keras
import pytest

from roots_tf import generate
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.characters import CharacterTokenizer


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """An untrained generator and its folder."""
    keras.utils.set_random_seed(0)
    tokenizer = CharacterTokenizer.learn(["to be\n", "深度学习"])
    model = Gpt(GptConfig(tokenizer.vocab_size, 16, 12, 1, 2, dropout=0.0))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 8)
    generator = TextGenerator(model, tokenizer)
    folder = tmp_path_factory.mktemp("models") / "generator"
    generator.save(folder)
    return SimpleNamespace(generator=generator, folder=folder)


def run(saved, monkeypatch, capsys, *words, stdin: bytes = b"") -> str:
    """Runs in this process; gives its standard output."""
    stream = SimpleNamespace(buffer=io.BytesIO(stdin))
    monkeypatch.setattr(sys, "stdin", stream)
    generate.main([str(saved.folder), *map(str, words)])
    return capsys.readouterr().out


def expected(saved, prompt, length=200, seed=0, **rule):
    rule = SamplingRule(**{"temperature": 0.8, **rule})
    pieces = saved.generator.stream(prompt, length, rule, seed)
    return f"{prompt}{''.join(pieces)}\n"


def test_a_fresh_process_prints_what_the_model_writes_piece_by_piece(saved):
    command = [sys.executable, "-u", "-m", "roots_tf.generate", str(saved.folder)]
    command += ["--prompt", "深度", "--length", "40"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )

    first = process.stdout.read(1)  # the rest follows while it goes on writing
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 0
    assert (first + output).decode() == expected(saved, "深度", 40)


@pytest.mark.parametrize(
    "flags, rule",
    [
        ([], {}),
        (["--greedy"], {"temperature": 0}),
        (["--temperature", 1.5, "--top-k", 3], {"temperature": 1.5, "top_k": 3}),
        (["--top-p", 0.5], {"top_p": 0.5}),
        (["--repetition-penalty", 2], {"repetition_penalty": 2}),
    ],
)
def test_the_flags_are_the_rule(saved, monkeypatch, capsys, flags, rule):
    words = ["--prompt", "to", "--length", 12, "--seed", 5, *flags]

    printed = run(saved, monkeypatch, capsys, *words)

    assert printed == expected(saved, "to", 12, seed=5, **rule)


def test_each_line_of_standard_input_is_a_prompt(saved, monkeypatch, capsys):
    printed = run(
        saved, monkeypatch, capsys, "--length", 5, stdin="to\n学习 be\n".encode()
    )

    assert printed == expected(saved, "to", 5) + expected(saved, "学习 be", 5)


@pytest.mark.parametrize(
    "words, stdin, message",
    [
        (["--length", "-1"], b"to", "--length: expected 0 or more, got -1"),
        (["--seed", "-1"], b"to", "--seed: expected 0 to 2147483647, got -1"),
        (["--temperature", "-1"], b"to", "expected a temperature of 0 or more"),
        (["--temperature", "nan"], b"to", "expected a temperature of 0 or more"),
        (["--top-k", "-2"], b"to", "expected top_k of 0 or more, got -2"),
        (["--top-p", "0"], b"to", "expected top_p over 0 and up to 1, got 0.0"),
        (["--prompt", ""], b"", "expected a prompt of 1 token or more, got ''"),
        (["--prompt", "xy"], b"", "that the model has learned, got 'x'"),
        ([], b"to\nxy\n", "that the model has learned, got 'x'"),
        ([], b"to\ncaf\xe9\n", "standard input, line 2: expected UTF-8, got byte 0xe9"),
        (["--length", "many"], b"", "argument --length: invalid int value: 'many'"),
        (["--lenght", "3"], b"", "unrecognized arguments: --lenght 3"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_two(
    saved, monkeypatch, capsys, words, stdin, message
):
    stream = SimpleNamespace(buffer=io.BytesIO(stdin))
    monkeypatch.setattr(sys, "stdin", stream)

    with pytest.raises(SystemExit) as end:
        generate.main([str(saved.folder), *words])

    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_a_folder_that_is_no_model_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        generate.main([str(tmp_path / "nowhere"), "--prompt", "to"])

    assert end.value.code == 2
    assert "nowhere: expected a model folder" in capsys.readouterr().err


def test_help_is_answered_before_tensorflow_is_imported():
    code = (
        "import sys, contextlib\n"
        "from roots_tf import generate\n"
        "with contextlib.suppress(SystemExit): generate.main(['--help'])\n"
        "assert 'tensorflow' not in sys.modules"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "--top-p" in done.stdout
