"""Turns one frozen dataclass into the command-line flags of a script.

Article: §5.3.2, §5.3.3 (模型参数 as options).

No heavy import here: a script parses its arguments before it imports TensorFlow, so
that ``--help`` and a mistyped flag are answered at once.
"""

import argparse
import dataclasses
import difflib
import math
import sys
import typing
from collections.abc import Sequence
from typing import TypeVar

Options = TypeVar("Options")


def option(default, help: str, *, unit: str = "", choices: Sequence[str] = ()):
    """Declares one option of a script: a dataclass field with its help.

    Args:
        default: value where the flag is not given.
        help: what it means.
        unit: unit of its value, such as "tokens".
        choices: the allowed values; none for any.
    """
    metadata = {"help": help, "unit": unit, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=metadata)


def with_default(options_class: type, name: str, default):
    """Declares an option of a base class again, with a default that fits better."""
    field = options_class.__dataclass_fields__[name]
    return dataclasses.field(default=default, metadata=field.metadata)


def parse(
    options_class: type[Options],
    program: str,
    description: str,
    arguments: Sequence[str] | None = None,
) -> Options:
    """Reads the flags; a mistake ends the program with one line and status 2.

    Each field ``max_length: int`` becomes ``--max-length``; a boolean field gives
    ``--mask`` and ``--no-mask``. ``__post_init__`` of the dataclass may check values.

    Args:
        options_class: frozen dataclass whose fields are made by ``option``.
        program: its name in messages, such as ``python -m roots_tf.train.classifier``.
        description: first line of ``--help``.
        arguments: the words; None for those of the command line.
    """
    parser = OneLineParser(
        prog=program,
        description=description,
        formatter_class=lambda prog: argparse.HelpFormatter(
            prog, max_help_position=28, width=88
        ),
        allow_abbrev=False,
    )
    hints = typing.get_type_hints(options_class)
    for field in dataclasses.fields(options_class):
        _add_flag(parser, field, hints[field.name])
    values, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.error(_unknown(unknown[0], parser))
    try:
        return options_class(**vars(values))
    except ValueError as error:
        parser.error(str(error))


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line, without the usage."""

    def error(self, message: str) -> typing.NoReturn:
        print(f"error: {message} (see --help)", file=sys.stderr)
        sys.exit(2)


def _add_flag(parser, field: dataclasses.Field, kind) -> None:
    name = "--" + field.name.replace("_", "-")
    meaning = field.metadata["help"].replace("%", "%%")
    unit = field.metadata["unit"]
    shown = "none" if field.default == "" else field.default
    help_text = f"{meaning} (default: {shown}{' ' + unit if unit else ''})"
    if kind is bool:
        negative = "--no-" + name.removeprefix("--")
        shown = f"yes; {negative} for not" if field.default else "no"
        group = {"dest": field.name, "default": field.default}
        help_text = f"{meaning} (default: {shown})"
        parser.add_argument(name, action="store_true", help=help_text, **group)
        parser.add_argument(
            negative, action="store_false", help=argparse.SUPPRESS, **group
        )
        return
    parser.add_argument(
        name,
        type=_finite if kind is float else kind,
        default=field.default,
        choices=field.metadata["choices"] or None,
        metavar=None if field.metadata["choices"] else kind.__name__.upper(),
        help=help_text,
    )


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a finite number, got {text!r}")
    return value


def _unknown(argument: str, parser: argparse.ArgumentParser) -> str:
    if not argument.startswith("-"):
        return f"expected only flags, got {argument!r}"
    name = argument.partition("=")[0]
    near = difflib.get_close_matches(name, parser._option_string_actions, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown flag {name}{hint}"
