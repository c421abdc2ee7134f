"""A map of some words on paper, and which of them are nearest to one another.

Article: §2.3 (词向量).

    unit vectors u_1 ... u_N of the words; U = u_i less their mean; U = P S Q^T (SVD)
    the map: u_i's products with the first two columns of Q

which are the two directions in which these words differ most (principal components).
Words near on the map may be far apart in the directions that it leaves out: so the
nearest of each word is given too, by all of its numbers.

Source: Pearson 1901, "On Lines and Planes of Closest Fit to Systems of Points in
    Space".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from roots_tf.word_vectors.word_vector_table import WordVectors


@dataclass(frozen=True, eq=False)
class WordMap:
    """N words on paper.

    Attributes:
        words: N.
        points: (N, 2) float; of each column the number that is furthest from 0 is above
            it, so that the picture is not mirrored from one machine to the next.
        nearest: to each word the one of the others with the largest cosine, N.
        shown: share (0 to 1) of the words' differences (squared) that is on paper.
    """

    words: tuple[str, ...]
    points: np.ndarray
    nearest: tuple[str, ...]
    shown: float


def word_map(vectors: WordVectors, words: Sequence[str]) -> WordMap:
    """Draws a map.

    Args:
        vectors: the table.
        words: three or more of it, each once.

    Raises:
        ValueError: fewer, a word twice, or one that the table lacks.

    Example:
        >>> table = WordVectors(["up", "high", "red"], [[3, 1], [4, 1], [0, 2]])
        >>> word_map(table, ["up", "high", "red"]).nearest
        ('high', 'up', 'up')
    """
    words = tuple(words)
    if len(words) < 3 or len(set(words)) < len(words):
        raise ValueError(f"expected three different words or more, got {words}")
    chosen = np.stack([vectors[word] for word in words]).astype(np.float64)
    lengths = np.linalg.norm(chosen, axis=1, keepdims=True)
    unit = chosen / np.where(lengths > 0, lengths, 1)  # (N, D)
    centred = unit - unit.mean(axis=0)
    _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(words), 2))
    found = centred @ directions[:2].T
    points[:, : found.shape[1]] = found  # a table may be one number wide
    furthest = points[np.abs(points).argmax(axis=0), range(2)]
    points *= np.where(furthest < 0, -1, 1)
    cosines = unit @ unit.T - 4 * np.eye(len(words))
    nearest = tuple(words[row] for row in cosines.argmax(axis=1))
    squares = sizes**2
    shown = float(squares[:2].sum() / squares.sum()) if squares.any() else 1.0
    return WordMap(words, points, nearest, shown)
