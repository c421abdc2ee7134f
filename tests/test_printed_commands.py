"""Every command that a text of the project prints is one that its script understands.

The texts are the Markdown files, the notebooks' (both languages) and the docstrings of
the package, the benchmarks and the notebooks' builder. What stands in backticks, in
blocks of code and in indented lines is taken as it stands: `[...]` of a usage line is
what may be left out, `…` is more of the same, and capital words such as DIR are names
that the reader puts in.
"""

import argparse
import ast
import importlib
import inspect
import re
import shlex
import sys
from pathlib import Path

import pytest
from cells import parse_percent

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(ROOT.glob("*.md")) + [
    ROOT / folder / "README.md" for folder in ("data", "benchmarks", "tensorboard_logs")
]
CODE = sorted([*ROOT.glob("roots_tf/**/*.py"), *ROOT.glob("benchmarks/*.py")])
NOTEBOOKS = sorted((ROOT / "notebooks" / "source").glob("*.py"))

PROGRAM = re.compile(
    r"python (?:-m )?((?:roots_tf|benchmarks)(?:\.[\w<>]+)*|notebooks/\w+\.py)(.*)"
)
SHORT = re.compile(r"(train\.(?!csv|txt|json)\w+)((?: .*)?)")  # `train.gpt --epochs 1`


Command = tuple[str, ...]  # the program, then its arguments


class Understood(Exception):
    """Raised in place of what a script would do next."""


def texts_of(path: Path) -> list[str]:
    """The texts of a file: a text cell, a docstring or a whole document each."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [text]
    if path in NOTEBOOKS:
        cells = [cell for cell in parse_percent(text) if cell.kind == "markdown"]
        return [part for cell in cells for part in (cell.text, cell.chinese)]
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [ast.get_docstring(node) or "" for node in nodes]


def spans_of(text: str) -> list[list[str]]:
    """What may be a command, in lists of those that stand together."""
    text = re.sub(r" *\\\n\s*", " ", text)  # a line that goes on
    together = []
    for code in re.findall(r"^ *```.*?^ *```", text, re.M | re.S):
        together += [[line] for line in code.splitlines()]
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    indented = re.findall(r"^ {4,}(?:\S+/)?python -m .*", text, re.M)
    # Two spaces divide a command from what is said of it.
    together += [[re.split(r"\s{2,}", line.strip())[0]] for line in indented]
    for paragraph in re.split(r"\n\s*\n|\n(?=\|)", text):
        joined = " ".join(paragraph.split())
        together.append([s for s in re.findall(r"(?<!`)`+([^`]+)`+", joined) if s])
    return together


def commands_of(text: str) -> list[Command]:
    """The commands of a text; flags alone go to the program that is named in full."""
    found = []
    for spans in spans_of(text):
        named = ""
        for span in spans:
            full, short = PROGRAM.search(span), SHORT.fullmatch(span)
            if full:
                named = full[1]
                found.append((named, *words(full[2])))
            elif short:
                found.append((f"roots_tf.{short[1]}", *words(short[2])))
                named = named or found[-1][0]
            elif named and re.match(r"--[a-z]", span):
                found.append((named, *words(span)))
    return found


def words(text: str) -> list[str]:
    """The arguments of a command line, without the comment behind it."""
    text = re.split(r"&&|\s#\s", re.sub(r"[\[\]]", "", text))[0]
    return shlex.split(re.sub(r"(?<!\S)…(?!\S)", "", text))


def printed() -> dict[Command, str]:
    """Every command and the first file that prints it; `<name>` stands for each."""
    found = {}
    for path in [*DOCUMENTS, *NOTEBOOKS, *CODE]:
        for text in texts_of(path):
            for program, *arguments in commands_of(text):
                if "<name>" in program:
                    arguments = ["--help"]
                for each in every_name(program):
                    command = (each, *arguments)
                    found.setdefault(command, path.relative_to(ROOT).as_posix())
    return found


def every_name(program: str) -> list[str]:
    if "<name>" not in program:
        return [program]
    folder = program.removesuffix(".<name>")
    return [
        f"{folder}.{path.stem}"
        for path in sorted((ROOT / folder.replace(".", "/")).glob("*.py"))
        if "ArgumentParser(" in (text := path.read_text(encoding="utf-8"))
        or "\ndef main(arguments" in text
    ]


PRINTED = printed()


@pytest.fixture
def understands(monkeypatch):
    """A function that lets a script read its arguments and go no further."""
    flags = set()

    def and_no_further(reader):
        def read_and_stop(*args, **kwargs):
            reader(*args, **kwargs)
            raise Understood

        return read_and_stop

    def noting_flags(self, *args, add=argparse.ArgumentParser.add_argument, **kwargs):
        flags.update(args)
        return add(self, *args, **kwargs)

    def but_for_names(self, *args, check=argparse.ArgumentParser._check_value):
        if args[1] != "NAME":  # one of the choices, which the reader puts in
            check(self, *args)

    def understands(program: str, *arguments: str) -> bool:
        script = script_of(program)
        if hasattr(script, "parse"):  # of train.flags: it checks the values too
            monkeypatch.setattr(script, "parse", and_no_further(script.parse))
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        try:
            if inspect.signature(script.main).parameters:
                script.main(list(arguments))
            elif arguments or program.startswith("benchmarks"):
                script.main()
            return True  # the doctor takes no arguments
        except Understood:
            return True
        except SystemExit as end:
            # `--data` alone names a flag, whatever values it takes.
            return not end.code or (len(arguments) == 1 and arguments[0] in flags)

    parser = argparse.ArgumentParser
    for method in ("parse_args", "parse_intermixed_args"):
        monkeypatch.setattr(parser, method, and_no_further(getattr(parser, method)))
    monkeypatch.setattr(parser, "add_argument", noting_flags)
    monkeypatch.setattr(parser, "_check_value", but_for_names)
    # The line above the command for several machines.
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    workers = re.search("export TF_CONFIG='(.*)'", readme)[1]
    monkeypatch.setenv("TF_CONFIG", workers)
    return understands


def script_of(program: str):
    """The module that a command runs."""
    if program.startswith("notebooks/"):
        return importlib.import_module(Path(program).stem)
    script = importlib.import_module(program)
    if hasattr(script, "__path__"):
        script = importlib.import_module(f"{program}.__main__")
    return script


@pytest.mark.parametrize("command", PRINTED, ids=" ".join)
def test_its_script_understands_every_printed_command(command, understands, capsys):
    understood = understands(*command)

    said = capsys.readouterr().err
    assert understood, f"{PRINTED[command]}: {shlex.join(command)}: {said}"


@pytest.mark.parametrize(
    "command",
    [
        ("roots_tf.train.gpt", "--epoch", "1"),
        ("roots_tf.train.gpt", "--tokenizer", "letters"),
        ("roots_tf.train.tune", "--trial"),
        ("roots_tf.predict",),
        ("roots_tf.runs", "remove"),
        ("benchmarks.search", "--rounds", "3"),
    ],
    ids=" ".join,
)
def test_what_a_script_does_not_understand_is_seen(command, understands):
    assert not understands(*command)


def test_commands_are_found_in_every_form_they_are_printed_in():
    text = """Run ``python -m
    roots_tf.train.gpt --epochs 1`` or `train.tune`, `--workers 2` of it.

        python -m roots_tf.train.dialogue --model generative \\
            --epochs 1          writes its replies
        python -m benchmarks.search [--seeds 20]

    | `python -m roots_tf.predict DIR "two words" …` | `--json`, a `.csv` |

    ```sh
    A=1 .venv/bin/python -m roots_tf.doctor && echo done  # a comment
    ```
    """

    found = commands_of(inspect.cleandoc(text))

    assert sorted(found) == [
        ("benchmarks.search", "--seeds", "20"),
        ("roots_tf.doctor",),
        ("roots_tf.predict", "--json"),
        ("roots_tf.predict", "DIR", "two words"),
        ("roots_tf.train.dialogue", "--model", "generative", "--epochs", "1"),
        ("roots_tf.train.gpt", "--epochs", "1"),
        ("roots_tf.train.gpt", "--workers", "2"),
        ("roots_tf.train.tune",),
    ]
