"""A Markdown table of texts with what the model made of them.

Article: §3.3.1, §7.2.2.
"""

import re
import string
from collections.abc import Sequence

import numpy as np

_MOST_CHARACTERS = 300
# Any of these could begin a link, a picture, HTML or a new table cell.
_ESCAPES = str.maketrans({mark: f"&#{ord(mark)};" for mark in string.punctuation})
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def sample_table(
    labels: np.ndarray,
    probabilities: np.ndarray,
    texts: Sequence[str],
    label_names: Sequence[str],
    max_samples: int,
) -> str:
    """Return the most confident mistakes, then some right ones.

    A quarter of the rows is kept for right ones, taken from the beginning; what one
    kind does not need the other gets.

    Args:
        labels: (N,) true classes.
        probabilities: (N, C) of each class.
        texts: N texts; one of over 300 characters is cut, and says so.
        label_names: C names.
        max_samples: Most rows.

    Returns:
        A Markdown table in which every text shows as it is.
    """
    predicted = probabilities.argmax(axis=1)  # (N,)
    confidence = probabilities.max(axis=1)  # (N,)
    wrong = np.flatnonzero(predicted != labels)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    right = np.flatnonzero(predicted == labels)
    num_right = min(len(right), max(max_samples // 4, max_samples - len(wrong)))
    rows = [*wrong[: max_samples - num_right], *right[:num_right]]

    lines = ["| | true | predicted | probability | text |", "|---|---|---|---|---|"]
    for row in rows:
        mark = "right" if predicted[row] == labels[row] else "**wrong**"
        true_name = _escape(label_names[labels[row]])
        predicted_name = _escape(label_names[predicted[row]])
        lines.append(
            f"| {mark} | {true_name} | {predicted_name} | {confidence[row]:.3f} "
            f"| {_escape(_cut(texts[row]))} |"
        )
    return "\n".join(lines)


def text_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[bool] | None = None,
) -> str:
    """Return a Markdown table in which every cell shows as it is.

    Args:
        header: K names of columns.
        rows: N rows of K texts; one of over 300 characters is cut, and says so.
        right: N times whether the row is right, told in a column before the others;
            None for no such column.
    """
    table = [[_escape(_cut(cell)) for cell in row] for row in rows]
    if right is not None:
        marks = ["right" if is_right else "**wrong**" for is_right in right]
        table = [[mark, *row] for mark, row in zip(marks, table, strict=True)]
        header = ["", *header]
    lines = [header, ["---"] * len(header), *table]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cut(text: str) -> str:
    if len(text) <= _MOST_CHARACTERS:
        return text
    return f"{text[:_MOST_CHARACTERS]} … ({len(text)} characters)"


def _escape(text: str) -> str:
    """Return Markdown that shows the text itself, on one line."""
    valid = text.encode("utf-8", "replace").decode("utf-8")
    one_line = " ⏎ ".join(valid.splitlines())
    return _CONTROL_CHARACTERS.sub("\ufffd", one_line).translate(_ESCAPES)
