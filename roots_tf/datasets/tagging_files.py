"""Readers of the public tagging sets, as their files lie in the data folder.

Article: §5.2 (the printed model labels every token: erratum E12), §5.3.3 (模型训练).

Each reader takes the data folder, the edition in it (`catalog.locate`) and a counter of
what it changes, and returns sentences of (tokens, tags) by part.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from roots_tf.datasets.text_tables import read_text

Sentence = tuple[tuple[str, ...], tuple[str, ...]]
Sentences = dict[str, list[Sentence]]

_TAG = re.compile(r"O|[BI]-\S+")


def _read_cluener(folder: Path, edition: str, changes: Counter) -> Sentences:
    files = {"train": "cluener_train.jsonl", "test": "cluener_dev.jsonl"}
    return {
        part: _span_sentences(folder / "ner_zh" / file, changes)
        for part, file in files.items()
    }


def _read_msra(folder: Path, edition: str, changes: Counter) -> Sentences:
    return {"all": _column_sentences(folder / "ner_zh/msra.tsv.gz", changes)}


def _read_wnut17(folder: Path, edition: str, changes: Counter) -> Sentences:
    if edition == "official":
        folder = folder / "ner_en/official"
        files = ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated")
    else:
        folder = folder / "ner_en"
        files = ("wnut17_train.conll", "wnut17_dev.conll", "wnut17_test.conll")
    return {
        part: _column_sentences(folder / file, changes)
        for part, file in zip(("train", "validation", "test"), files, strict=True)
    }


def _column_sentences(path, changes):
    """Lines ``token TAB tag``; a line of white space or BOM ends a sentence."""
    sentences = []
    tokens, tags = [], []
    for number, line in enumerate([*read_text(path).split("\n"), ""], start=1):
        if not line.strip("\ufeff \t\r"):
            if tokens:
                sentences.append((tuple(tokens), tuple(tags)))
            tokens, tags = [], []
            continue
        token, _, tag = line.rstrip("\r").partition("\t")
        if not token or not _TAG.fullmatch(tag):
            raise ValueError(
                f"{path}, line {number}: expected token, tab and one of O, B-type, "
                f"I-type, got {line!r:.60}"
            )
        if tag.startswith("I-") and (not tags or tags[-1][2:] != tag[2:]):
            tag = "B-" + tag[2:]
            changes["I- that continues nothing, read as B-"] += 1
        tokens.append(token)
        tags.append(tag)
    return sentences


def _span_sentences(path, changes):
    """JSON lines: ``{"text": …, "label": {type: {entity: [[start, end], …]}}}``.

    A span counts characters, its end included.
    """
    sentences = []
    lines = read_text(path).rstrip("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            text = row["text"]
            spans = [
                (start, end, kind, entity)
                for kind, entities in row["label"].items()
                for entity, places in entities.items()
                for start, end in places
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f'{path}, line {number}: expected {{"text", "label": {{type: {{entity: '
                f"[[start, end]]}}}}}}, got {line!r:.60} ({error!r})"
            ) from error
        for start, end, kind, entity in spans:
            if text[start : end + 1] != entity:
                raise ValueError(
                    f"{path}, line {number}: expected {entity!r} ({kind}) at {start}-"
                    f"{end}, got {text[start : end + 1]!r}"
                )
        sentences.append((tuple(text), _span_tags(len(text), spans, changes)))
    return sentences


def _span_tags(length, spans, changes):
    tags = ["O"] * length
    for start, end, kind, _ in sorted(spans, key=lambda s: (s[0] - s[1], *s)):
        if any(tag != "O" for tag in tags[start : end + 1]):
            changes["overlapping span dropped"] += 1
            continue
        tags[start : end + 1] = ["B-" + kind] + ["I-" + kind] * (end - start)
    return tuple(tags)


TAGGING_READERS: dict[str, Callable[[Path, str, Counter], Sentences]] = {
    "cluener": _read_cluener,
    "msra": _read_msra,
    "wnut17": _read_wnut17,
}
