"""Which words stand near which: the counts (共现矩阵) that GloVe learns from.

Article: §3.1.2 step 1 (计算词频), §4.1.2. Erratum: E03: not how often each word is
seen, but how often each pair of words is seen together.
Source: Pennington, Socher, Manning 2014 (D14-1162), §3 and §4.2: "a decreasing
    weighting function, so that word pairs that are d words apart contribute 1/d to the
    total count"; cooccur.c of the authors' programs.

    X_ij = sum over places p, q of words i, j in one sentence, 0 < |p - q| <= window,
           of 1 / |p - q|

A text is longer than memory, and so may be X. The ids are read in pieces; the counts of
a few pieces are held in memory, then written to disk as one block, row by row; in the
end the blocks are added up, a range of rows at a time. X_ij = X_ji, so that the half
with i <= j is kept. Counts are summed in float64 and kept as float32.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array, csr_array, triu

from roots_tf.word_vectors.encoded_corpus import END, EncodedCorpus
from roots_tf.word_vectors.sparse_rows import (
    RowsInMemory,
    RowsOnDisk,
    added_up,
    write_rows,
)

SIZES = "cooccurrence.json"
LEAST_MEMORY = 1 << 20
_COUNT_TYPE = "<f8"  # while they are summed
# Bytes at the most that counting takes for a pair of words, and adding for a cell.
_PAIR_BYTES, _CELL_BYTES = 64, 64


class Cooccurrence(RowsOnDisk):
    """Counts of V words on disk; `count_cooccurrences` makes them.

    Attributes:
        folder: where they are.
        num_words: V.
        nnz: non-zero cells of X.
        symmetric: whether both sides of a word were counted. Then X_ij = X_ji, and
            `rows` gives the half with i <= j alone.
        window: largest distance of two words that were counted as near.
        corpus_hash: `content_hash` of the corpus.

    Raises:
        ValueError: the folder is not as `count_cooccurrences` wrote it.
        OSError: a file is missing.
    """

    def __init__(self, folder: str | Path):
        sizes = _read_sizes(Path(folder) / SIZES)
        super().__init__(folder, sizes["num_words"])
        self.num_words, self.nnz = sizes["num_words"], sizes["nnz"]
        self.symmetric, self.window = sizes["symmetric"], sizes["window"]
        self.corpus_hash = sizes["corpus_hash"]
        if self.num_rows != self.num_words:
            raise ValueError(
                f"{self.folder}: expected {self.num_words} rows, got {self.num_rows}"
            )

    def full(self) -> csr_array:
        """Reads all of X, (V, V) float32; some 8 bytes a cell, 24 on the way."""
        half = self.rows(0, self.num_words)
        if not self.symmetric:
            return half
        return csr_array(half + triu(half, 1).T)


def count_cooccurrences(
    corpus: EncodedCorpus,
    folder: str | Path,
    window: int = 10,
    symmetric: bool = True,
    memory_bytes: int = 1 << 29,
) -> Cooccurrence:
    """Counts which words are near which; the folder appears whole or not at all.

    Args:
        corpus: ids; no pair is counted across the end of a sentence.
        folder: where to; counts that are there are replaced.
        window: largest distance of two words, in words.
        symmetric: count the words on both sides of a word. If not, X_ij counts the
            times that i stands before j alone, as cooccur.c does with `-symmetric 0`.
        memory_bytes: memory that the arrays take at the most (beyond it: 32 bytes a
            word of the vocabulary, and one row of each block, where that is more). The
            disk meanwhile holds 12 bytes for each cell of each block.

    Raises:
        ValueError: a number is too small, no two words are near, or something other
            than counts is in the folder.
        OSError: the disk is full, or the folder cannot be written.
    """
    folder = Path(folder)
    if window < 1:
        raise ValueError(f"expected a window of 1 or more, got {window}")
    if memory_bytes < LEAST_MEMORY:
        raise ValueError(
            f"expected memory of {LEAST_MEMORY} bytes or more, got {memory_bytes}"
        )
    if folder.exists() and not (folder / SIZES).is_file():
        raise ValueError(f"{folder}: expected a new name or counts to replace")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = {"prefix": f".{folder.name}.", "dir": folder.parent}
    try:
        with tempfile.TemporaryDirectory(**beside) as working:
            new = Path(working, "new")
            _write(corpus, new, window, symmetric, memory_bytes)
            if folder.exists():
                shutil.rmtree(folder)
            os.replace(new, folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OSError(f"{folder}: the disk is full") from error
        raise
    return Cooccurrence(folder)


def _write(corpus, new, window, symmetric, memory_bytes):
    num_words, at_once = len(corpus.words), memory_bytes // 8 // _CELL_BYTES
    blocks, held = [], []  # on disk, in memory

    def spill():
        path = new.parent / f"block-{len(blocks)}"
        parts = added_up(held, at_once)
        blocks.append(write_rows(path, parts, num_words, _COUNT_TYPE))
        held.clear()

    piece = max(1, memory_bytes // 2 // (_PAIR_BYTES * window))
    for counts in _count_pieces(corpus, window, symmetric, piece):
        if held and sum(one.nbytes for one in held) > memory_bytes // 2 - counts.nbytes:
            spill()
        held.append(counts)
    if blocks:
        spill()
    diagonal = 0

    def sums():
        nonlocal diagonal
        row = 0
        for part in added_up(blocks or held, at_once):
            diagonal += int(np.count_nonzero(part.diagonal(row)))
            row += part.shape[0]
            yield part

    stored = write_rows(new, sums(), num_words).num_stored
    if not stored:
        raise ValueError("expected a sentence of two words or more, got none")
    sizes = {
        "num_words": num_words,
        "nnz": 2 * stored - diagonal if symmetric else stored,
        "symmetric": symmetric,
        "window": window,
        "corpus_hash": corpus.content_hash,
    }
    (new / SIZES).write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")


def _count_pieces(corpus, window, symmetric, size) -> Iterator[RowsInMemory]:
    """Counts the pairs of which the second word is one of `size` ids."""
    before = np.full(window, END, np.int32)
    for start in range(0, corpus.length, size):
        new = corpus.read(start, min(start + size, corpus.length))
        ids = np.concatenate([before, new])
        yield RowsInMemory(_count(ids, window, symmetric, len(corpus.words)))
        before = ids[-window:]


def _count(ids, window, symmetric, num_words) -> csr_array:
    """Counts the pairs of which the second word is none of the first `window` ids."""
    sentence = np.cumsum(ids == END, dtype=np.int32)
    rows, columns, weights = [], [], []
    for distance in range(1, window + 1):
        first, second = slice(window - distance, -distance), slice(window, None)
        near = (sentence[first] == sentence[second]) & (ids[first] != END)
        i, j = ids[first][near], ids[second][near]
        weight = np.full(len(i), 1 / distance)
        if symmetric:
            i, j = np.minimum(i, j), np.maximum(i, j)
            weight[i == j] *= 2  # each of the two is near the other
        rows.append(i)
        columns.append(j)
        weights.append(weight)
    places = np.concatenate(rows), np.concatenate(columns)
    pairs = coo_array((np.concatenate(weights), places), (num_words, num_words))
    # tocsr adds up the pairs of a cell; the copy has no room left for them.
    return pairs.tocsr().copy()


def _read_sizes(path):
    try:
        sizes = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    kinds = {"num_words": int, "nnz": int, "symmetric": bool, "window": int}
    kinds["corpus_hash"] = str
    if not isinstance(sizes, dict) or any(
        type(sizes.get(name)) is not kind for name, kind in kinds.items()
    ):
        raise ValueError(f"{path}: expected {', '.join(kinds)}, got {sizes!r:.80}")
    return sizes
