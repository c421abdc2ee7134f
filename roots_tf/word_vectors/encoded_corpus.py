"""A corpus as word ids on disk, which training reads in slices.

Article: §3.1.1 step 1 (将输入文本转化为词汇表，并将单词映射为整数索引).
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from roots_tf.word_vectors.corpus_encoding import (
    END,
    ID_TYPE,
    IDS,
    SIZES,
    WORD_LINE,
    WORDS,
    write_corpus,
)

__all__ = ["END", "EncodedCorpus"]


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """A folder with the vocabulary and the ids of a corpus, V words.

    ``words.txt`` has ``word TAB count`` a line, the most frequent first, equal counts
    in the order of their code points; the line, from 0, is the id. ``ids.int32`` has
    the ids of each sentence and `END` (-1) after it, as little-endian int32; words that
    are not in the vocabulary are left out, and so are sentences without any. The sizes
    and the hash stand in ``corpus.json``.

    Attributes:
        folder: where it is.
        words: the vocabulary, without special tokens.
        counts: how often each word is in the ids, (V,) int64.
        num_tokens: ids without `END`.
        length: ids, each `END` included.
        content_hash: SHA-256, in hex, of words, counts and ids.
    """

    folder: Path
    words: tuple[str, ...]
    counts: np.ndarray
    num_tokens: int
    length: int
    content_hash: str

    @classmethod
    def build(
        cls,
        sentences: Iterable[Sequence[str]],
        folder: str | Path,
        min_count: int = 5,
        max_vocab: int | None = None,
    ) -> "EncodedCorpus":
        """Counts and encodes a corpus; the folder appears whole or not at all.

        Memory holds every different word of the text (some 150 bytes each, before
        `min_count`: nothing is pruned on the way) and a buffer, however long the text
        is. The disk holds 8 bytes a token meanwhile, 4 at the end.

        Args:
            sentences: tokens of each sentence; read once.
            folder: where to; a corpus that is there is replaced.
            min_count: drop words seen less often than this.
            max_vocab: keep at most so many words, the most frequent; None for all.

        Raises:
            ValueError: fewer than two words are left, a word holds white space or a
                lone surrogate, or something other than a corpus is there.
            OSError: the disk is full, or the folder cannot be written.
        """
        folder = Path(folder)
        if min_count < 1:
            raise ValueError(f"expected min_count of 1 or more, got {min_count}")
        if max_vocab is not None and max_vocab < 2:
            raise ValueError(f"expected max_vocab of 2 or more, got {max_vocab}")
        if folder.exists() and not (folder / SIZES).is_file():
            raise ValueError(f"{folder}: expected a new name or a corpus to replace")
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = {"prefix": f".{folder.name}.", "dir": folder.parent}
        try:
            with tempfile.TemporaryDirectory(**beside) as working:
                new = Path(working, "new")
                new.mkdir()
                provisional = Path(working, IDS)
                write_corpus(sentences, new, min_count, max_vocab, provisional)
                if folder.exists():
                    shutil.rmtree(folder)
                os.replace(new, folder)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise OSError(f"{folder}: the disk is full") from error
            raise
        return cls.open(folder)

    @classmethod
    def open(cls, folder: str | Path) -> "EncodedCorpus":
        """Opens a folder that `build` made.

        Raises:
            ValueError: a file is not as `build` wrote it; names the file, and of the
                words the line.
            OSError: a file is missing.
        """
        folder = Path(folder)
        sizes = _read_sizes(folder / SIZES)
        words, counts = _read_words(folder / WORDS)
        got = (len(words), int(counts.sum()))
        if got != (sizes["num_words"], sizes["num_tokens"]):
            raise ValueError(
                f"{folder / WORDS}: expected {sizes['num_words']} words seen "
                f"{sizes['num_tokens']} times, got {got[0]} seen {got[1]} times"
            )
        expected = ID_TYPE.itemsize * sizes["length"]
        size = os.path.getsize(folder / IDS)
        if size != expected:
            raise ValueError(f"{folder / IDS}: expected {expected} bytes, got {size}")
        return cls(
            folder,
            words,
            counts,
            num_tokens=sizes["num_tokens"],
            length=sizes["length"],
            content_hash=sizes["content_hash"],
        )

    def read(self, start: int, stop: int) -> np.ndarray:
        """Reads the ids from place ``start`` up to ``stop``, (stop - start,) int32.

        Raises:
            ValueError: there are no such places, or the file has become shorter.
            OSError: the file is gone.
        """
        if not 0 <= start <= stop <= self.length:
            raise ValueError(
                f"expected places within 0 and {self.length}, got {start} to {stop}"
            )
        path, offset = self.folder / IDS, ID_TYPE.itemsize * start
        ids = np.fromfile(path, ID_TYPE, stop - start, offset=offset)
        if len(ids) != stop - start:
            raise ValueError(
                f"{path}: expected {stop - start} ids from {start} on, got {len(ids)}"
            )
        return ids.astype(np.int32, copy=False)


def _read_sizes(path):
    try:
        sizes = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: expected JSON, got {error}") from None
    kinds = {"num_words": int, "num_tokens": int, "length": int, "content_hash": str}
    if not isinstance(sizes, dict) or any(
        type(sizes.get(name)) is not kind for name, kind in kinds.items()
    ):
        raise ValueError(f"{path}: expected {', '.join(kinds)}, got {sizes!r:.80}")
    return sizes


def _read_words(path):
    words, counts = [], []
    # A byte that is not UTF-8 is read as a surrogate, which no word holds.
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            match = WORD_LINE.fullmatch(line)
            if not match:
                raise ValueError(
                    f"{path}, line {number}: expected 'word<tab>count' in UTF-8, "
                    f"got {line[:60]!r}"
                )
            words.append(match[1])
            counts.append(int(match[2]))
    return tuple(words), np.array(counts, np.int64)
