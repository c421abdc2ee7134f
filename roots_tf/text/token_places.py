"""Where in the text each word piece stands: for answers that are spans of it.

Article: §5.3.3 step 1 (数据预处理), §6 (3. 问答系统).
Source: what is counted, the characters of the text as it was before normalisation, is
that of Hugging Face ``tokenizers`` (``Encoding.offsets``).

The normalisation (``bert_normalization``) takes characters away, parts and changes
them, but looks at one at a time. So it is done for each character by itself, and each
byte that comes out is known to come from that character.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from roots_tf.text.bert_normalization import (
    LONGEST_WORD,
    UNKNOWN_CHARACTER,
    is_single_or_space,
    normalize_for_bert,
)
from roots_tf.text.tokenizer_input import utf8
from roots_tf.text.wordpiece import WordPieceTokenizer

_CHUNK = 256  # texts a call


class PlacedTokens(NamedTuple):
    """The tokens of a text.

    Attributes:
        ids: (T,) int32, as ``WordPieceTokenizer.encode`` gives them.
        places: (T, 2) int: ``text[start:end]`` is what a token was made from.
    """

    ids: np.ndarray
    places: np.ndarray


def encode_with_places(
    tokenizer: WordPieceTokenizer, texts: Sequence[str]
) -> list[PlacedTokens]:
    """Gives ids and places of the tokens of texts, without [CLS] and [SEP].

    Raises:
        ValueError: a text holds a lone surrogate.
    """
    characters = sorted(set().union(*texts))
    table = _normal_forms(tokenizer, characters)
    encoded = []
    for start in range(0, len(texts), _CHUNK):
        prepared = [_prepare(text, table) for text in texts[start : start + _CHUNK]]
        normal = tf.constant([data for data, _ in prepared], tf.string)
        found = tokenizer.pieces_with_offsets(normal)
        columns = (ragged.to_list() for ragged in found)
        for (_, origin), *row in zip(prepared, *columns, strict=True):
            ids, starts, ends = (np.array(values, np.int32) for values in row)
            # A piece ends after the character that its last byte comes from.
            places = np.stack([origin[starts], origin[ends - 1] + 1], axis=1)
            encoded.append(PlacedTokens(ids, places))
    return encoded


def _normal_forms(tokenizer, characters) -> dict[str, tuple[bytes, bool]]:
    """Gives what each character becomes, and whether it can be part of a word."""
    if not characters:
        return {}
    raw = tf.constant([utf8(character) for character in characters], tf.string)
    normal = normalize_for_bert(raw, tokenizer.lower_case)
    apart = is_single_or_space(normal).numpy()
    rows = zip(normal.numpy(), ~apart, strict=True)
    return dict(zip(characters, rows, strict=True))


def _prepare(text, table) -> tuple[bytes, np.ndarray]:
    """Gives a text's normal form, and the character that each of its bytes is from."""
    forms = [table[character][0] for character in text]
    origin = np.repeat(np.arange(len(text)), [len(form) for form in forms])
    if len(text) > LONGEST_WORD:
        for start, end in _too_long(text, table):
            kept = (origin < start) | (origin >= end)
            forms[start:end] = [UNKNOWN_CHARACTER.encode()] + [b""] * (end - start - 1)
            before = np.count_nonzero(origin < start)
            # All of the long word is the place of the one character put for it.
            origin = np.insert(origin[kept], before, [start, start, end - 1])
    return b"".join(forms), origin


def _too_long(text, table):
    """Yields the spans of words that ``normalize_for_bert`` takes for no words."""
    start = length = 0
    for place, character in enumerate([*text, None]):
        form, in_word = table.get(character, (b" ", False))
        if not form:  # it vanishes, and what stands around it is joined
            continue
        if in_word and not length:
            start = place
        if in_word:
            length += len(form.decode())
            end = place + 1
        else:
            if length > LONGEST_WORD:
                yield start, end
            length = 0
