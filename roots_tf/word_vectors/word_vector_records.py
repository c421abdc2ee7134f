"""The records of a file of word vectors, format recognised, numbers not yet read.

Article: §2.3 (词向量), §3.1.1 (Word2Vec), §3.1.2 (GloVe).

A file is recognised by its content. Two whole numbers alone on line 1 are word2vec's;
else it is GloVe's, D being how many numbers end line 1. After word2vec's first line
comes text where the next line ends in D numbers; else the file is binary if its next
64 KiB hold a control character or are no UTF-8, as float32 do.

In text the last D fields of a line are the numbers and what stands before them is the
word, so that a word may hold spaces (glove.840B has ``at name@domain.com``) or be a
number; a number after a space in a word cannot be told from one too many, and is
refused.
"""

import codecs
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_HEADER = re.compile(rb"\s*(\d{1,18})[ \t]+(\d{1,18})\s*")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# Bytes; longer ones mean that the file is something else.
_LONGEST_LINE = 1 << 20
_LONGEST_WORD = 10_000
_BLOCK = 1 << 20
_SAMPLE = 1 << 16

# Place, word, and its numbers as the file has them: texts of D numbers, or 4 D bytes.
Record = tuple[int, bytes, list[bytes] | bytes]


def open_records(file: BinaryIO, path: str | Path) -> tuple[str, int, Iterator[Record]]:
    """Recognises the format and reads the file as a stream.

    Args:
        file: at its beginning; it must be seekable.
        path: what errors call it.

    Returns:
        What places are counted in, ``"line"`` from 1 (text) or ``"byte"`` from 0
        (binary); the dimension D; and the records.

    Raises:
        ValueError: also while records are taken: a vector of another width, fewer or
            more words than said, an end in the middle.
    """
    first = file.readline(_LONGEST_LINE)
    header = _HEADER.fullmatch(first)
    if header is None:
        fields = first.rstrip().split(b" ")
        dimension = min(_numbers_at_the_end(fields), len(fields) - 1)
        if dimension < 1:
            raise ValueError(
                f"{path}, line 1: expected 'words dimension' or a word and its "
                f"numbers, got {first!r:.60}"
            )
        file.seek(0)
        return "line", dimension, _text_records(file, path, dimension)
    num_words, dimension = map(int, header.groups())
    if not num_words or not dimension:
        raise ValueError(
            f"{path}, line 1: expected a word and a dimension or more, got {first!r}"
        )
    if _is_binary(file, dimension):
        return "byte", dimension, _binary_records(file, path, dimension, num_words)
    return "line", dimension, _text_records(file, path, dimension, num_words)


def is_number(text: str | bytes) -> bool:
    """Tells whether a field of a text file is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_binary(file, dimension):
    start = file.tell()
    sample = file.read(_SAMPLE)
    file.seek(start)
    fields = sample.partition(b"\n")[0].rstrip().split(b" ")
    if len(fields) > dimension and _numbers_at_the_end(fields) >= dimension:
        return False
    try:
        # Not final: the end of the sample may cut a character in two.
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return True
    return _CONTROL.search(sample) is not None


def _text_records(file, path, dimension, num_words=None):
    header_lines = 0 if num_words is None else 1
    number = header_lines
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if num_words is not None and number > num_words + 1:
            raise ValueError(
                f"{path}, line {number}: expected {num_words} words, got more"
            )
        if not line.endswith(b"\n"):
            raise ValueError(
                f"{path}, line {number}: expected a line end after the numbers, "
                "got none (was the file cut?)"
            )
        fields = line.rstrip().split(b" ")
        pieces = fields[:-dimension]  # of the word
        if not pieces or not all(pieces) or pieces[1:] and is_number(pieces[-1]):
            raise ValueError(
                f"{path}, line {number}: expected a word and {dimension} numbers, "
                f"got {len(fields) - 1}"
            )
        yield number, b" ".join(pieces), fields[-dimension:]
    if num_words is not None and number <= num_words:
        raise ValueError(
            f"{path}, line {number + 1}: expected {num_words} words, "
            f"got {number - header_lines}"
        )


def _binary_records(file, path, dimension, num_words):
    width = 4 * dimension
    # A damaged header may ask for more than the file has.
    block_size = _BLOCK + min(width, os.fstat(file.fileno()).st_size)
    offset, block, start = file.tell(), b"", 0
    for read in range(num_words):
        space = block.find(b" ", start, start + _LONGEST_WORD)
        if space < 0 or space + 1 + width > len(block):
            offset, block, start = offset + start, block[start:], 0
            block += file.read(block_size)
            space = block.find(b" ", 0, _LONGEST_WORD)
        word = block[start : max(space, start)].lstrip(b"\n")
        numbers = block[space + 1 : space + 1 + width]
        if not word or len(numbers) < width:
            raise ValueError(
                f"{path}, byte {offset + start}: expected {num_words} words, each with "
                f"{dimension} float32 numbers, got {read} of them"
            )
        yield offset + space - len(word), word, numbers
        start = space + 1 + width
    if block[start:] + file.read(2) not in (b"", b"\n"):
        raise ValueError(
            f"{path}, byte {offset + start}: expected {num_words} words, got more"
        )


def _numbers_at_the_end(fields):
    return len(list(itertools.takewhile(is_number, reversed(fields))))
