"""Byte-level byte-pair encoding: GPT-2's tokenizer, for any text and without loss.

Article: §7.3.2 (GPT-3), §9.2 (数据预处理).
Source: Radford et al. 2019 (GPT-2), §2.2; Sennrich, Haddow, Birch 2016 (1508.07909),
§3.2 and algorithm 1.

A text is cut into words, each with the space before it; a word is its UTF-8 bytes, 256
kinds of them, so that nothing is unknown; then the pair of neighbouring pieces that
was learned first is joined, again and again. Learning is the same: join the most
frequent pair of the corpus, write it down, go on. In files each byte is written as one
printable character: ``Ġ`` is the space. A Chinese character is three bytes: frequent
ones become one piece, rare ones stay two or three.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.text.byte_pair_graph import BytePairGraph
from roots_tf.text.tokenizer_files import (
    read_json_object,
    read_text,
    write_configuration,
    write_whole,
)
from roots_tf.text.tokenizer_input import checked_ids, string_tensor, utf8

END = "<|endoftext|>"
VOCABULARY, MERGES = "vocab.json", "merges.txt"

_HEADER = "#version: 0.2"


class BytePairTokenizer:
    """Byte-level BPE with its pieces and merges given; see ``learn`` and ``load``.

    The work is done by Hugging Face ``tokenizers``; in ``tf.data`` through
    ``tf.numpy_function``. A text that spells ``<|endoftext|>`` does not give its id.

    Args:
        vocabulary: piece -> id, ids from 0 on without a gap.
        merges: pairs of pieces, the one learned first first.

    Attributes:
        pad_id, end_id, vocab_size: see ``tokenizer.Tokenizer``; as GPT-2 has no padding
            token, ``<|endoftext|>`` is both.

    Raises:
        ValueError: the ids have a gap, a byte or ``<|endoftext|>`` is missing, or the
            merges do not fit the pieces.
    """

    def __init__(
        self, vocabulary: dict[str, int], merges: Sequence[tuple[str, str]]
    ) -> None:
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers

        if sorted(vocabulary.values()) != list(range(len(vocabulary))):
            raise ValueError("expected ids from 0 on, each once, got others")
        missing = {*pre_tokenizers.ByteLevel.alphabet(), END} - vocabulary.keys()
        if missing:
            raise ValueError(
                f"expected a piece for each byte and {END}, got none for "
                f"{sorted(missing)[0]!r}"
            )
        for pair in merges:
            unknown = {*pair, "".join(pair)} - vocabulary.keys()
            if unknown:
                raise ValueError(
                    f"expected merges of pieces in the vocabulary, got {pair} without "
                    f"{min(unknown)!r}"
                )
        self.vocabulary, self.merges = dict(vocabulary), list(merges)
        self.vocab_size = len(vocabulary)
        self.pad_id = self.end_id = vocabulary[END]
        self._tokenizer = Tokenizer(models.BPE(self.vocabulary, self.merges))
        self._tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self._tokenizer.decoder = decoders.ByteLevel()

    @classmethod
    def learn(cls, texts: Iterable[str], vocab_size: int) -> "BytePairTokenizer":
        """Learns merges from texts.

        Args:
            texts: read once.
            vocab_size: most entries: 256 bytes, ``<|endoftext|>`` (the last), and the
                rest merges of pairs that the texts have twice or more.

        Raises:
            ValueError: there is no text, or ``vocab_size`` is below 257.
        """
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers

        if vocab_size < 257:
            raise ValueError(
                f"expected a vocabulary size of 257 or more (256 bytes and {END}), "
                f"got {vocab_size}"
            )
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size - 1,
            min_frequency=2,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        texts = _Checked(texts)
        tokenizer.train_from_iterator(texts, trainer)
        if not texts.bytes:
            raise ValueError("expected text to learn a vocabulary from, got none")
        model = json.loads(tokenizer.to_str())["model"]
        vocabulary = {**model["vocab"], END: len(model["vocab"])}
        return cls(vocabulary, [tuple(pair) for pair in model["merges"]])

    def encode(self, texts: Sequence[str] | tf.Tensor) -> tf.RaggedTensor:
        """Gives ids (B, None) int32; the empty text has none.

        Raises:
            ValueError: ``texts`` is one string, or holds a lone surrogate.
        """
        ids, lengths = tf.numpy_function(
            self._encode, [string_tensor(texts)], (tf.int32, tf.int64)
        )
        ids.set_shape([None])
        lengths.set_shape([None])
        return tf.RaggedTensor.from_row_lengths(ids, lengths)

    def decode(self, ids: Sequence[int]) -> str:
        """Gives the text back exactly; ``<|endoftext|>`` is left out.

        Ids that end in the middle of a character, as those of a text that is still
        being generated may, give U+FFFD for it.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        ids = checked_ids(ids, self.vocab_size)
        return self._tokenizer.decode([id for id in ids if id != self.end_id])

    def save(self, folder: str | Path) -> None:
        """Writes ``vocab.json`` and ``merges.txt`` in GPT-2's layout.

        ``transformers.GPT2Tokenizer.from_pretrained`` reads the folder too.
        """
        folder = Path(folder)
        write_configuration(folder, {"tokenizer_class": "GPT2Tokenizer"})
        by_id = dict(sorted(self.vocabulary.items(), key=lambda item: item[1]))
        text = json.dumps(by_id, ensure_ascii=False)
        write_whole(folder / VOCABULARY, text.encode())
        lines = [_HEADER, *map(" ".join, self.merges)]
        write_whole(folder / MERGES, ("\n".join(lines) + "\n").encode())

    @classmethod
    def load(cls, folder: str | Path) -> "BytePairTokenizer":
        """Reads a saved or a published tokenizer.

        Raises:
            ValueError: a file is damaged.
            OSError: a file is missing.
        """
        folder = Path(folder)
        vocabulary = read_json_object(folder / VOCABULARY)
        if not all(type(id) is int for id in vocabulary.values()):
            raise ValueError(f"{folder / VOCABULARY}: expected an id for each piece")
        merges = []
        lines = read_text(folder / MERGES).removesuffix("\n").split("\n")
        for number, line in enumerate(lines, start=1):
            if number == 1 and line.startswith("#version"):
                continue
            pair = tuple(line.split(" "))
            if len(pair) != 2 or not all(pair):
                raise ValueError(
                    f"{folder / MERGES}, line {number}: expected two pieces, "
                    f"got {line[:60]!r}"
                )
            merges.append(pair)
        try:
            return cls(vocabulary, merges)
        except ValueError as error:
            raise ValueError(f"{folder}: {error}") from None

    @property
    def in_graph(self) -> BytePairGraph:
        """Gives the same as TensorFlow operations, which a SavedModel can hold."""
        return BytePairGraph(self.vocabulary, self.merges, byte_of_character(), END)

    def _encode(self, texts):
        texts = [text.decode() for text in texts]
        rows = [row.ids for row in self._tokenizer.encode_batch_fast(texts)]
        lengths = np.array([len(row) for row in rows], np.int64)
        ids = np.fromiter(chain.from_iterable(rows), np.int32, lengths.sum())
        return ids, lengths


def byte_of_character() -> dict[str, int]:
    """Gives the byte that each character of a piece stands for, as GPT-2 writes them.

    Printable bytes stand for themselves, the others, in order, as U+0100 and so on.
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + number): byte for number, byte in enumerate(others)
    }


class _Checked:
    """Passes texts on if they can be encoded, and counts their bytes."""

    def __init__(self, texts):
        self._texts, self.bytes = texts, 0

    def __iter__(self):
        for text in self._texts:
            self.bytes += len(utf8(text))
            yield text
