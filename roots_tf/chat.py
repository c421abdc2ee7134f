"""Talks with a trained agent: ``python -m roots_tf.chat DIR``.

On a terminal it asks for one turn after another; else each line of standard input is a
turn, answered by a line as it comes. The agent remembers the turns until ``/reset``.
What cannot be answered gets a line that begins with ``error:``, and is not remembered.

Article: §6 (5. 对话系统), §9.3 (如何应用大规模语言模型).
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import OneLineParser

GREETING = "Say something. /reset forgets the dialogue, /quit or Ctrl-D ends it."
RESET, QUIT = "/reset", "/quit"
LONGEST = 100_000  # characters of a turn
REMEMBERED = 256  # turns; even, so that each speaker's stay each speaker's
_MOST_BYTES = 4 * LONGEST + 2  # in UTF-8, with the line's end
_OF_SAMPLING = ("temperature", "top_k", "top_p", "repetition_penalty")


def main(arguments: Sequence[str] | None = None) -> None:
    """Answers each turn until the input ends."""
    options = _parser().parse_args(arguments)
    try:
        with bad_input_ends_the_program():
            reply, interactive = _replier(options), sys.stdin.isatty()
            if interactive:
                print(GREETING)
            for row in talk(reply, _turns("> " if interactive else "")):
                print(
                    json.dumps(row, ensure_ascii=False) if options.json else _line(row),
                    flush=True,
                )
            if interactive:
                print()
    except KeyboardInterrupt:
        print()
        sys.exit(130)


def talk(
    reply: Callable[[list[str], int], str], turns: Iterator[bytes]
) -> Iterator[dict]:
    """Answers turns, each of which may be a command, with what was said in mind.

    Args:
        reply: gives the next turn, of the turns so far and how often it was asked.
        turns: lines in UTF-8.

    Yields:
        For each turn ``text`` and ``reply``, or ``error``; ``command`` for `RESET`.
    """
    history, answered = [], 0
    for line in turns:
        try:
            text = _decoded(line)
            if text.strip() == QUIT:
                return
            if text.strip() == RESET:
                history = []
                yield {"command": "reset"}
                continue
            # An agent that has nothing to say says so.
            found = reply([*history, text], answered) or "..."
        except ValueError as error:
            yield {"error": " ".join(str(error).split())}
            continue
        history, answered = [*history, text, found][-REMEMBERED:], answered + 1
        yield {"text": text, "reply": found}


def _decoded(line: bytes) -> str:
    """Gives a line's text.

    Raises:
        ValueError: it is empty, too long, or no UTF-8.
    """
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        if len(line) < _MOST_BYTES:
            raise ValueError("expected text in UTF-8, got other bytes") from None
        text = None  # cut within a character
    if text is None or len(text) > LONGEST:
        raise ValueError(f"expected at most {LONGEST:,} characters, got more")
    if not text.strip():
        raise ValueError("expected some text, got an empty line")
    return text


def _turns(prompt: str) -> Iterator[bytes]:
    """Gives lines of standard input as they come, the beginnings of those too long."""
    while True:
        print(prompt, end="", flush=True)
        line = rest = sys.stdin.buffer.readline(_MOST_BYTES)
        while len(rest) == _MOST_BYTES and not rest.endswith(b"\n"):
            rest = sys.stdin.buffer.readline(_MOST_BYTES)
        if not line:
            return
        yield line


def _replier(options: argparse.Namespace) -> Callable[[list[str], int], str]:
    """Loads the agent.

    Raises:
        ValueError: it cannot be loaded, or an option has no meaning for it.
    """
    with quiet_stderr():
        from roots_tf.applications.dialogue import GenerativeAgent, load_agent
        from roots_tf.decoding.sampling import SamplingRule
    if options.seed < 0:
        raise ValueError(f"--seed: expected 0 or more, got {options.seed}")
    given = {name: getattr(options, name) for name in _OF_SAMPLING}
    given = {name: value for name, value in given.items() if value is not None}
    rule = SamplingRule(**{"temperature": 0.8, "top_p": 0.9, **given})
    with quiet_stderr():
        agent = load_agent(options.folder)
    if isinstance(agent, GenerativeAgent):
        return lambda history, turn: agent.reply(history, rule, options.seed + turn)
    if given:
        flag = "--" + next(iter(given)).replace("_", "-")
        raise ValueError(f"{flag}: expected a model that writes, got one that chooses")
    return lambda history, turn: agent.reply(history)


def _line(row: dict) -> str:
    if "error" in row:
        return f"error: {row['error']}"
    return "Forgotten." if "command" in row else row["reply"]


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m roots_tf.chat",
        description=f"Talks with a trained agent. {GREETING}",
    )
    parser.add_argument("folder", help="the model folder that train.dialogue printed")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    writing = parser.add_argument_group("for a model that writes its replies")
    writing.add_argument("--seed", type=int, default=0, help="of the draws; default 0")
    writing.add_argument(
        "--temperature",
        type=float,
        help="1: the model's distribution; lower is sharper; 0 takes the most probable "
        "token; default 0.8",
    )
    writing.add_argument("--top-k", type=int, help="draw from so many; default 0, all")
    writing.add_argument(
        "--top-p",
        type=float,
        help="draw from the fewest tokens that are so probable together; default 0.9",
    )
    writing.add_argument(
        "--repetition-penalty",
        type=float,
        help="over 1: tokens of the dialogue so far become less probable; default 1",
    )
    return parser


if __name__ == "__main__":
    main()
