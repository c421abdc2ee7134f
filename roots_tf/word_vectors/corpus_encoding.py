"""From a stream of sentences to word ids on disk, in one pass over the text.

Article: §3.1.1 step 1 (将单词映射为整数索引), §3.1.2 step 1 (计算词频, counting words).

Which id a word has depends on how frequent it is, which is known only at the end of the
text. So the pass writes provisional ids, in the order of first appearance; then the ids
on disk, no longer the words, are counted and replaced.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

END = -1  # after each sentence
WORDS, IDS, SIZES = "words.txt", "ids.int32", "corpus.json"
ID_TYPE = np.dtype("<i4")
WORD_LINE = re.compile("([^\\s\ud800-\udfff]+)\t([1-9][0-9]*)\n")

_TOKENS = 1 << 13  # tokens turned into ids at once: few, so that they stay in cache
_BUFFER = 1 << 20  # ids read at once
_DROPPED = -2


def write_corpus(
    sentences: Iterable[Sequence[str]],
    folder: Path,
    min_count: int,
    max_vocab: int | None,
    provisional: Path,
) -> None:
    """Writes the three files of `encoded_corpus.EncodedCorpus`, which has the details.

    Args:
        sentences: tokens of each sentence; read once.
        folder: where to; it is there and empty.
        min_count: drop words seen less often than this.
        max_vocab: keep at most so many words; None for all.
        provisional: a file for the ids meanwhile.

    Raises:
        ValueError: fewer than two words are left, a word that ``words.txt`` could not
            keep, or a sentence that is not cut into tokens.
        OSError: a file cannot be written.
    """
    words = _write_provisional(sentences, provisional)
    counts = _count_ids(provisional, len(words))
    ranked = _rank(words, counts, min_count, max_vocab)
    lines = [f"{words[id]}\t{counts[id]}\n" for id in ranked]
    for line in lines:
        if not WORD_LINE.fullmatch(line):
            raise ValueError(
                f"expected words of Unicode without white space, got {line[:60]!r}"
            )
    text = "".join(lines).encode()
    (folder / WORDS).write_bytes(text)
    digest = hashlib.sha256(text)
    final = np.full(len(words), _DROPPED, ID_TYPE)
    final[0] = END
    final[ranked] = np.arange(len(ranked))
    length = 0
    with open(folder / IDS, "wb") as file:
        for ids in _final_ids(provisional, final):
            file.write(ids)
            digest.update(ids)
            length += len(ids)
    sizes = {
        "num_words": len(ranked),
        "num_tokens": sum(counts[id] for id in ranked),
        "length": length,
        "content_hash": digest.hexdigest(),
    }
    (folder / SIZES).write_text(json.dumps(sizes, indent=2) + "\n", encoding="utf-8")


def _write_provisional(
    sentences: Iterable[Sequence[str]], path: Path
) -> list[str | None]:
    """Gives the words in the order of their ids; id 0, of None, ends a sentence."""
    ids = defaultdict(count().__next__)
    tokens: list[str | None] = [None]

    def write_tokens():
        file.write(np.fromiter(map(ids.__getitem__, tokens), ID_TYPE, len(tokens)))
        tokens.clear()

    with open(path, "wb") as file:
        for sentence in sentences:
            if isinstance(sentence, str):
                raise ValueError(f"expected lists of tokens, got {sentence[:40]!r}")
            tokens += sentence
            tokens.append(None)
            if len(tokens) >= _TOKENS:
                write_tokens()
        write_tokens()
    return list(ids)


def _count_ids(path: Path, num_ids: int) -> list[int]:
    counts = np.zeros(num_ids, np.int64)
    for ids in _buffers(path):
        counts += np.bincount(ids, minlength=num_ids)
    return counts.tolist()


def _buffers(path: Path) -> Iterator[np.ndarray]:
    with open(path, "rb") as file:
        while len(ids := np.fromfile(file, ID_TYPE, _BUFFER)):
            yield ids


def _rank(words, counts, min_count, max_vocab):
    """Gives the provisional ids of the words that stay, the most frequent first."""
    if len(words) < 3:
        seen = f"only {words[1]!r}" if len(words) == 2 else "none"
        raise ValueError(f"expected text with two or more different words, got {seen}")
    order = sorted(
        (id for id in range(1, len(words)) if counts[id] >= min_count),
        key=lambda id: (-counts[id], words[id]),
    )
    if len(order) < 2:
        most = max(range(1, len(words)), key=counts.__getitem__)
        raise ValueError(
            f"expected two or more words seen {min_count} times or more (min_count), "
            f"got {len(order)} of {len(words) - 1} words; the most frequent one, "
            f"{words[most]!r}, was seen {counts[most]} times"
        )
    return order[:max_vocab]


def _final_ids(provisional: Path, final: np.ndarray) -> Iterator[np.ndarray]:
    """Replaces ids, and drops those of dropped words and of sentences left empty."""
    after_end = True
    for ids in _buffers(provisional):
        ids = final[ids]
        ids = ids[ids != _DROPPED]
        ends = np.concatenate([[after_end], ids == END])
        after_end = ends[-1]
        yield ids[~(ends[1:] & ends[:-1])]
