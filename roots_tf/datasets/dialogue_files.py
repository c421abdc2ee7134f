"""Readers of files of dialogues: our own JSON lines, and the public sets as they lie.

Article: §6 (5. 对话系统).

Each reader of a public set takes the folder of these sets and gives dialogues by part.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from roots_tf.datasets.text_tables import read_text


class Dialogue(NamedTuple):
    """What two people say in turn.

    Attributes:
        turns: two texts or more; the first speaker has the turns 0, 2, 4 ...
        topic: what it is about, in one English word; ``""`` where the set has none.
    """

    turns: tuple[str, ...]
    topic: str = ""


Parts = dict[str, list[Dialogue]]

# Source: readme of DailyDialog (Li et al. 2017, 1710.03957): topics 1 to 10.
_DAILY_TOPICS = (
    *("life", "school", "culture", "attitude", "relationship"),
    *("tourism", "health", "work", "politics", "finance"),
)
_LONE_HALF = re.compile("[\ud800-\udfff]")  # of a surrogate pair: no character
_BETWEEN_WORDS = re.compile(r"(?<=[0-9A-Za-z]) +(?=[0-9A-Za-z])")
_BEFORE_MARK = re.compile(r"\s+([,.?!;:])")
_APOSTROPHE = re.compile(r"(?<=\w) ?[’'] ?(?=\w)")


def read_dialogue_lines(path: Path) -> list[Dialogue]:
    """Reads JSON lines, a dialogue a line: ``{"turns": ["…", "…"], "topic": "…"}``.

    Blank lines are left out, and so may be the topic.

    Raises:
        OSError: the file cannot be read.
        ValueError: no UTF-8 text, no dialogue, or a line of another form; the message
            names the line.
    """
    dialogues = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}: "
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{place}expected JSON, got {error}") from None
        except RecursionError:
            raise ValueError(f"{place}expected JSON, got too many brackets") from None
        if not isinstance(row, dict) or not isinstance(row.get("turns"), list):
            raise ValueError(
                f'{place}expected {{"turns": ["…", "…"], "topic": "…"}}, '
                f"got {line.strip()!r:.60}"
            )
        turns, topic = row["turns"], row.get("topic", "")
        if len(turns) < 2:
            raise ValueError(f"{place}expected two turns or more, got {len(turns)}")
        for turn in turns:
            if not isinstance(turn, str) or not turn.strip() or _LONE_HALF.search(turn):
                raise ValueError(f"{place}expected turns of text, got {turn!r:.60}")
        if not isinstance(topic, str):
            raise ValueError(f"{place}expected a topic of text, got {topic!r:.60}")
        dialogues.append(Dialogue(tuple(turn.strip() for turn in turns), topic))
    return dialogues


def _read_chatterbot(folder: Path) -> Parts:
    import yaml

    dialogues = []
    for path in sorted(folder.glob("*.yml")):
        try:  # the base loader makes nothing but texts, lists and mappings
            content = yaml.load(read_text(path), Loader=yaml.BaseLoader)
            rows = [tuple(turns) for turns in content["conversations"]]
        except (yaml.YAMLError, KeyError, TypeError) as error:
            got = " ".join(str(error).split())
            raise ValueError(
                f"{path}: expected YAML with conversations, got {got:.80}"
            ) from None
        dialogues += [Dialogue(turns, path.stem) for turns in rows]
    return {"all": dialogues}


def _read_xdailydialog(folder: Path, language: str) -> Parts:
    folder = folder / "xdailydialog"
    return {
        "train": [
            *_end_of_utterance_lines(folder / f"{language}_part1k.txt"),
            *_end_of_utterance_lines(folder / f"{language}_dev.txt"),
        ],
        "test": _end_of_utterance_lines(folder / f"{language}_test.txt"),
    }


def _end_of_utterance_lines(path: Path) -> list[Dialogue]:
    dialogues = []
    for number, line in enumerate(read_text(path).strip().split("\n"), start=1):
        text, *columns = line.split("\t")
        turns = [turn for turn in map(str.strip, text.split("__eou__")) if turn]
        topic = columns[0].strip() if columns else ""
        if topic and topic not in map(str, range(1, 11)):
            raise ValueError(
                f"{path}, line {number}: expected a topic from 1 to 10, got {topic!r}"
            )
        name = _DAILY_TOPICS[int(topic) - 1] if topic else ""
        dialogues.append(Dialogue(tuple(map(_without_gaps, turns)), name))
    return dialogues


def _without_gaps(turn: str) -> str:
    """Takes out the spaces around marks: ``it ’ s fine .`` -> ``it's fine.``"""
    return _APOSTROPHE.sub("'", _BEFORE_MARK.sub(r"\1", turn))


def _read_lccc(folder: Path) -> Parts:
    rows = _json_list(folder / "lccc_base_test.json.gz", list)
    return {"all": [Dialogue(tuple(map(_joined, turns))) for turns in rows]}


def _joined(turn: str) -> str:
    """Takes out the spaces between characters, not those between Latin words."""
    return _BETWEEN_WORDS.sub("\0", turn).replace(" ", "").replace("\0", " ")


def _read_kdconv(folder: Path) -> Parts:
    parts: Parts = {"train": [], "test": []}
    for topic in ("film", "music", "travel"):
        for part, file in (("train", "dev"), ("test", "test")):
            for row in _json_list(folder / f"kdconv/{topic}_{file}.json.gz", dict):
                turns = tuple(row["message"] for row in row["messages"])
                parts[part].append(Dialogue(turns, topic))
    return parts


def _json_list(path: Path, kind: type) -> list:
    try:
        rows = json.loads(read_text(path))
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    if not isinstance(rows, list) or not all(isinstance(row, kind) for row in rows):
        raise ValueError(f"{path}: expected a list of dialogues, got something else")
    return rows


READERS: dict[str, Callable[[Path], Parts]] = {
    "chatterbot_en": lambda folder: _read_chatterbot(folder / "chatterbot/english"),
    "chatterbot_zh": lambda folder: _read_chatterbot(folder / "chatterbot/chinese"),
    "xdailydialog_en": lambda folder: _read_xdailydialog(folder, "en"),
    "xdailydialog_zh": lambda folder: _read_xdailydialog(folder, "zh"),
    "lccc": _read_lccc,
    "kdconv": _read_kdconv,
}
