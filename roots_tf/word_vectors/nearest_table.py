"""Nearest words as a Markdown table, for TensorBoard's Text tab.

Article: §2.3 (词向量), §7.2.2 (TensorBoard).
"""

import string
from collections.abc import Sequence

from roots_tf.word_vectors.word_vector_table import WordVectors

# Any of these could begin a link, a picture, HTML or a new table cell.
_ESCAPES = str.maketrans({mark: f"&#{ord(mark)};" for mark in string.punctuation})


def nearest_table(vectors: WordVectors, words: Sequence[str], k: int = 8) -> str:
    """Lists the nearest words of some words, with their cosines.

    Args:
        vectors: the table.
        words: a row each; a word that the table lacks says so, as a corpus need not
            have every word.
        k: most neighbours of a word.

    Returns:
        A Markdown table in which every word shows as it is.

    Raises:
        ValueError: k is below 1.
    """
    lines = ["| word | nearest words (cosine) |", "| --- | --- |"]
    for word in words:
        cell = "*not in the vocabulary*"
        if word in vectors:
            cell = ", ".join(
                f"{_escape(near)} ({cosine:.2f})"
                for near, cosine in vectors.nearest(word, k)
            )
        lines.append(f"| {_escape(word)} | {cell} |")
    return "\n".join(lines)


def _escape(word):
    return " ".join(word.split()).translate(_ESCAPES)
