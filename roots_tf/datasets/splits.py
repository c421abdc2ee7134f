"""Which part a text belongs to: duplicates out, then train, validation, test by hash.

Article: §5.3.3 (模型训练, step 3: train on one part, evaluate on another).

Two texts are the same when they agree after NFKC, lower case and white space collapsed.
A text's part depends on its own hash alone: not on the order of the rows, nor on what
other rows there are.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

Payload = TypeVar("Payload")
Rows = Sequence[tuple[str, Payload]]

PARTS = ("train", "validation", "test")
_SHARE = 0.1  # of validation, and of test where the set has no test part of its own


def text_digest(text: str) -> bytes:
    """Returns 32 bytes that are equal for texts that count as the same."""
    same = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    return hashlib.sha256(same.encode("utf-8", "surrogatepass")).digest()


def hash_fraction(digest: bytes) -> float:
    """Maps a digest to [0, 1), evenly."""
    return int.from_bytes(digest[:6], "big") / 2**48


def divide(parts: Mapping[str, Rows]) -> tuple[dict[str, list], Counter]:
    """Divides rows into train, validation and test without a text on two sides.

    * Rows with nothing but white space are dropped everywhere.
    * ``{"all": rows}``: repeated texts are dropped (the first stays), then 10 % of the
      texts go to test, 10 % to validation, the rest to train.
    * ``{"train": …, "test": …}``: the test part stays whole, so that results compare
      with published ones. From train go repeats and the texts of test; 10 % of what is
      left becomes validation.
    * With a ``"validation"`` part too: it loses repeats and the texts of test, and
      train those of both.

    Args:
        parts: rows of (text, payload) by part.

    Returns:
        The rows of each part of `PARTS` in their order, and how many rows were dropped
        for which reason.
    """
    dropped: Counter = Counter()
    divided: dict[str, list] = {part: [] for part in PARTS}
    seen: set[bytes] = set()
    for text, payload, digest in _with_text(parts.get("test", ()), dropped):
        seen.add(digest)
        divided["test"].append((text, payload))
    for source in ("validation", "train", "all"):
        own: set[bytes] = set()
        for text, payload, digest in _with_text(parts.get(source, ()), dropped):
            if digest in own:
                dropped["repeated text dropped"] += 1
            elif digest in seen:
                dropped["text of another part dropped"] += 1
            else:
                own.add(digest)
                part = part_of(source, hash_fraction(digest), "validation" in parts)
                divided[part].append((text, payload))
        seen |= own
    return divided, dropped


def content_hash(columns: Iterable[Iterable[str | bytes]]) -> str:
    """Returns the SHA-256, in hex, of columns of strings; order and borders count."""
    digest = hashlib.sha256()
    for column in columns:
        for value in column:
            data = value.encode() if isinstance(value, str) else value
            digest.update(len(data).to_bytes(8, "big") + data)
        digest.update(b"\xff" * 8)  # no value is that long: the end of the column
    return digest.hexdigest()


def _with_text(rows, dropped):
    for text, payload in rows:
        if text.strip():
            yield text, payload, text_digest(text)
        else:
            dropped["empty text dropped"] += 1


def part_of(source: str, fraction: float, has_validation: bool) -> str:
    """Tells the part of a text that came in `source` and has this hash fraction."""
    if source == "all" and fraction < _SHARE:
        return "test"
    if source == "all" and fraction < 2 * _SHARE:
        return "validation"
    if source == "train" and not has_validation and fraction < _SHARE:
        return "validation"
    return "train" if source == "all" else source
