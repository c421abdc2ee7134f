"""Vocabulary (词汇表): the map between tokens and integer ids.

Article: §3.1.1 step 1 (输入文本处理), §5.3.2 (词汇表大小), §5.3.3 step 1, §9.2
step 1.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

PADDING = "[PAD]"
UNKNOWN = "[UNK]"
# A byte that is not UTF-8 is read as a surrogate.
_LINE = re.compile("([^\t\ud800-\udfff]+)\t([0-9]+)\n?")


class Vocabulary:
    """Tokens in the order of their ids, with their counts.

    Id 0 is ``[PAD]`` (filling, masked by every model) and id 1 ``[UNK]`` (any token
    that is not in the vocabulary); further special tokens follow, then the words from
    the most to the least frequent, equal counts in the order of their code points, so
    that one corpus gives one vocabulary.

    Args:
        tokens: every token, special ones first.
        counts: how often each was seen in the training text; 0 for special tokens.

    Raises:
        ValueError: a token is there twice, is empty or holds white space that the file
            format could not keep, or the first two are not ``[PAD]`` and ``[UNK]``.
    """

    def __init__(self, tokens: Sequence[str], counts: Sequence[int] | None = None):
        self.tokens = tuple(tokens)
        self.counts = (0,) * len(self.tokens) if counts is None else tuple(counts)
        if self.tokens[:2] != (PADDING, UNKNOWN):
            raise ValueError(
                f"expected the first tokens to be {PADDING} and {UNKNOWN}, "
                f"got {list(self.tokens[:2])}"
            )
        if len(self.counts) != len(self.tokens):
            raise ValueError(
                f"expected one count a token, got {len(self.counts)} counts "
                f"for {len(self.tokens)} tokens"
            )
        self._ids = {token: id for id, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            repeated = Counter(self.tokens).most_common(1)[0][0]
            raise ValueError(f"expected each token once, got {repeated!r} twice")
        for token in self.tokens:
            if not token or token != "".join(token.split()):
                raise ValueError(f"expected a token without white space, got {token!r}")

    @classmethod
    def build(
        cls,
        texts: Iterable[Iterable[str]],
        max_size: int | None = None,
        min_count: int = 1,
        special_tokens: Sequence[str] = (),
    ) -> "Vocabulary":
        """Counts the tokens of the training texts and keeps the frequent ones.

        Args:
            texts: one iterable of tokens a text.
            max_size: largest number of entries, special tokens included (the article's
                ``vocab_size``); None for no limit.
            min_count: drop tokens seen less often than this.
            special_tokens: tokens that follow ``[PAD]`` and ``[UNK]``, in this order.

        Raises:
            ValueError: ``max_size`` leaves no room for a word, or no word is left.

        Example:
            >>> vocabulary = Vocabulary.build([["b", "a", "b"]], max_size=4)
            >>> vocabulary.encode(["a", "b", "c"]).tolist()
            [3, 2, 1]
        """
        special = (PADDING, UNKNOWN, *special_tokens)
        if max_size is not None and max_size <= len(special):
            raise ValueError(
                f"expected a vocabulary size over {len(special)} (the special tokens), "
                f"got {max_size}"
            )
        counter = Counter(token for text in texts for token in text)
        for token in special:
            counter.pop(token, None)
        words = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
        words = [item for item in words if item[1] >= min_count]
        if max_size is not None:
            words = words[: max_size - len(special)]
        if not words:
            raise ValueError(
                f"expected text with tokens seen {min_count} times or more, got none"
            )
        return cls(
            special + tuple(word for word, _ in words),
            (0,) * len(special) + tuple(count for _, count in words),
        )

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def encode(self, tokens: Iterable[str]) -> np.ndarray:
        """Gives the ids ``(T,)`` int32 of one text; an unknown token becomes 1."""
        ids, unknown = self._ids, self._ids[UNKNOWN]
        return np.array([ids.get(token, unknown) for token in tokens], dtype=np.int32)

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Gives the tokens of ids, padding left out.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        ids = [int(id) for id in ids]
        for id in ids:
            if not 0 <= id < len(self.tokens):
                raise ValueError(f"expected an id from 0 to {len(self) - 1}, got {id}")
        return [self.tokens[id] for id in ids if id != 0]

    def unknown_rate(self, texts: Iterable[Iterable[str]]) -> float:
        """Gives the share (0 to 1) of the texts' tokens that are unknown."""
        seen = unknown = 0
        for text in texts:
            for token in text:
                seen += 1
                unknown += token not in self._ids
        return unknown / seen if seen else 0.0

    def save(self, path: str | Path) -> None:
        """Writes plain UTF-8 text, ``token TAB count`` a line, the line is the id."""
        path = Path(path)
        rows = zip(self.tokens, self.counts, strict=True)
        data = "".join(f"{token}\t{count}\n" for token, count in rows).encode()
        temporary = path.with_name(path.name + ".tmp")
        try:
            temporary.write_bytes(data)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Reads a file that ``save`` wrote.

        Raises:
            ValueError: a line is not ``token TAB count``; names the file and the line.
            OSError: there is no such file.
        """
        tokens, counts = [], []
        with open(
            path, encoding="utf-8", errors="surrogateescape", newline="\n"
        ) as file:
            for number, line in enumerate(file, start=1):
                match = _LINE.fullmatch(line)
                if not match:
                    raise ValueError(
                        f"{path}, line {number}: expected 'token<tab>count' in UTF-8, "
                        f"got {line[:60]!r}"
                    )
                tokens.append(match[1])
                counts.append(int(match[2]))
        try:
            return cls(tokens, counts)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
