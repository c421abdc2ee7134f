"""Dialogues with one schema: turns and a topic, three parts.

Article: §6 (5. 对话系统).

A dialogue is in one part as a whole. Two dialogues are the same when their turns agree
in letters and digits, whatever stands between.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roots_tf.datasets import catalog, splits
from roots_tf.datasets.dialogue_files import READERS, Dialogue, read_dialogue_lines
from roots_tf.datasets.own_files import language_of

DIALOGUE_SETS = ("dialogues_zh", "dialogues_en", *READERS)

_MARKS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class DialogueData:
    """A set of dialogues, divided so that none is in two parts.

    Attributes:
        name: name of the set; of a user's data, the name of its file or folder.
        language: ``en`` or ``zh``.
        train: what the model learns from.
        validation: what choices are made on.
        test: what results are reported on.
        changes: how many dialogues reading dropped, by reason.
    """

    name: str
    language: str
    train: tuple[Dialogue, ...]
    validation: tuple[Dialogue, ...]
    test: tuple[Dialogue, ...]
    changes: Mapping[str, int] = field(default_factory=dict)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of turns and topics of all parts."""
        columns = []
        for part in (self.train, self.validation, self.test):
            for dialogue in part:
                columns += [dialogue.turns, [dialogue.topic]]
            columns.append([])
        return splits.content_hash(columns)


def load_dialogues(name_or_path: str, data_dir: Path | None = None) -> DialogueData:
    """Loads a set of dialogues.

    dialogues_zh and dialogues_en come with the project. xdailydialog trains on its
    development part and the thousand dialogues at hand of its training part, kdconv on
    its development part; of both 10 % of train are validation. lccc and chatterbot are
    divided 80/10/10 by a hash of the dialogue; of chatterbot a question with several
    answers may so be in several parts. A dialogue with an empty turn, or with one turn
    alone, is dropped from a public set and counted.

    A user's own data is a ``.jsonl`` file with a dialogue a line,
    ``{"turns": ["…", "…"], "topic": "…"}`` (divided 80/10/10), or a folder with
    ``train.jsonl``, ``test.jsonl`` and, if there is one, ``validation.jsonl``.

    Args:
        name_or_path: a name of `DIALOGUE_SETS`, or the path of a user's data.
        data_dir: the data folder; default ROOTS_TF_DATA, else ``data/downloads``.

    Raises:
        FileNotFoundError: the set or the path is not there.
        ValueError: an unknown name, or data that is not as described above.
    """
    changes: Counter = Counter()
    if name_or_path in READERS:
        folder, _ = catalog.locate(name_or_path, data_dir)
        parts = {
            part: _whole(dialogues, changes)
            for part, dialogues in READERS[name_or_path](folder / "dialogue").items()
        }
    else:
        parts = {
            part: read_dialogue_lines(path)
            for part, path in _own_files(name_or_path).items()
        }
    if name_or_path in DIALOGUE_SETS:
        name, language = name_or_path, catalog.CATALOG[name_or_path].language
    else:
        name = Path(name_or_path).resolve().stem
        first = next(iter(parts.values()))
        language = language_of(turn for dialogue in first for turn in dialogue.turns)
    divided, dropped = splits.divide(
        {
            part: [(_key(dialogue), dialogue) for dialogue in dialogues]
            for part, dialogues in parts.items()
        }
    )
    kept = {
        part: tuple(dialogue for _, dialogue in rows) for part, rows in divided.items()
    }
    for part, dialogues in kept.items():
        if not dialogues:
            raise ValueError(
                f"{name}: expected dialogues in every part, got none in {part} "
                f"({sum(map(len, parts.values()))} read)"
            )
    return DialogueData(name, language, **kept, changes=dict(changes + dropped))


def _whole(dialogues: list[Dialogue], changes: Counter) -> list[Dialogue]:
    """Keeps the dialogues of two turns or more, none of them empty."""
    whole = [d for d in dialogues if len(d.turns) > 1 and all(map(str.strip, d.turns))]
    dropped = len(dialogues) - len(whole)
    changes["dialogue with an empty turn or one alone dropped"] += dropped
    return whole


def _key(dialogue: Dialogue) -> str:
    text = "\n".join(dialogue.turns)
    return _MARKS.sub(" ", text).strip() or text


def _own_files(given: str) -> dict[str, Path]:
    path = Path(given)
    if given in DIALOGUE_SETS:
        path = catalog.PROJECT_DATA / given
    if not path.is_dir():
        if path.suffix.lower() != ".jsonl":
            raise ValueError(
                catalog.unknown_name(given, DIALOGUE_SETS)
                + "; your own data is a .jsonl file, or a folder"
            )
        return {"all": path}
    files = {part: path / f"{part}.jsonl" for part in splits.PARTS}
    for part in ("train", "test"):
        if not files[part].is_file():
            raise FileNotFoundError(
                f"{path}: expected train.jsonl, test.jsonl and perhaps "
                f"validation.jsonl, got no {part}.jsonl"
            )
    return {part: file for part, file in files.items() if file.is_file()}
