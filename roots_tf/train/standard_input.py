"""The lines of standard input, as they come, in bounded memory.

Article: §9.3 (如何应用大规模语言模型).
"""

import itertools
import sys
from collections.abc import Iterable, Iterator

LONGEST = 1_000_000  # bytes of a line
BLOCK = 1_024  # texts answered together


def stdin_lines() -> Iterator[str]:
    """Gives the lines of standard input without their ends.

    Raises:
        ValueError: a line is not UTF-8, or longer than `LONGEST`.
    """
    from roots_tf.text.normalization import decode_utf8

    # Not splitlines(), which also cuts at separators that stand inside a text.
    lines = iter(lambda: sys.stdin.buffer.readline(LONGEST + 1), b"")
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST:
            raise ValueError(
                f"standard input, line {number}: expected at most {LONGEST:,} bytes"
            )
        text = decode_utf8(line, f"standard input, line {number}")
        yield text.removesuffix("\n").removesuffix("\r")


def in_blocks(texts: Iterable[str]) -> Iterator[list[str]]:
    """Gives texts `BLOCK` at a time."""
    texts = iter(texts)
    return iter(lambda: list(itertools.islice(texts, BLOCK)), [])
