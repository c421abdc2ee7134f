"""Characters as tokens: the smallest vocabulary for a language model.

Article: §2.1, §5.3.3 step 1 (将输入文本转化为整数序列).
Source: Karpathy's char-rnn and nanoGPT, whose Shakespeare models read characters.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import tensorflow as tf

from roots_tf.text.tokenizer_files import read_text, write_whole
from roots_tf.text.tokenizer_input import checked_ids, string_tensor, utf8

UNKNOWN = "\ufffd"
CHARACTERS = "characters.txt"


class CharacterTokenizer:
    """Each Unicode character (code point) of a text is a token.

    Nothing is normalised: white space and line ends are characters like others.

    Args:
        characters: the vocabulary in the order of its ids, U+FFFD first: id 0 stands
            for any other character.

    Attributes:
        characters: as given.
        pad_id, end_id, vocab_size: see ``tokenizer.Tokenizer``; padding shares id 0
            with the unknown character, and no token ends a text.

    Raises:
        ValueError: a character is there twice, or the first is not U+FFFD.

    Example:
        >>> tokenizer = CharacterTokenizer.learn(["深度", "learn"])
        >>> ids = tokenizer.encode(["深learning"])[0]
        >>> tokenizer.decode(ids)
        '深learn\ufffdn\ufffd'
    """

    def __init__(self, characters: str):
        if characters[:1] != UNKNOWN:
            raise ValueError(
                f"expected U+FFFD as the first character, got {characters[:1]!r}"
            )
        if len(set(characters)) != len(characters):
            twice = Counter(characters).most_common(1)[0][0]
            raise ValueError(f"expected each character once, got {twice!r} twice")
        self.characters = characters
        self.vocab_size = len(characters)
        self.pad_id, self.end_id = 0, None
        codes = [ord(character) for character in characters]
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(codes, tf.int32), tf.range(len(codes), dtype=tf.int32)
            ),
            default_value=0,
        )

    @classmethod
    def learn(
        cls, texts: Iterable[str], vocab_size: int | None = None
    ) -> "CharacterTokenizer":
        """Takes the characters of texts, in the order of their code points.

        Args:
            texts: read once.
            vocab_size: most entries, U+FFFD included: the most frequent characters are
                taken; None for all.

        Raises:
            ValueError: there is no text, or ``vocab_size`` is below 2.
        """
        if vocab_size is not None and vocab_size < 2:
            raise ValueError(
                f"expected a vocabulary size of 2 or more, got {vocab_size}"
            )
        counts = Counter()
        for text in texts:
            utf8(text)  # refuses what could not be saved
            counts.update(text)
        del counts[UNKNOWN]
        if not counts:
            raise ValueError("expected text to learn a vocabulary from, got none")
        by_count = sorted(counts, key=lambda character: (-counts[character], character))
        kept = by_count if vocab_size is None else by_count[: vocab_size - 1]
        return cls(UNKNOWN + "".join(sorted(kept)))

    def encode(self, texts: Sequence[str] | tf.Tensor) -> tf.RaggedTensor:
        """Gives ids (B, None) int32.

        Raises:
            ValueError: ``texts`` is one string, or holds a lone surrogate.
        """
        codes = tf.strings.unicode_decode(string_tensor(texts), "UTF-8")
        return tf.ragged.map_flat_values(self._ids.lookup, codes)

    def decode(self, ids: Sequence[int]) -> str:
        """Gives the text of ids; id 0 gives U+FFFD.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        ids = checked_ids(ids, self.vocab_size)
        return "".join(self.characters[id] for id in ids)

    @property
    def in_graph(self) -> "CharacterGraph":
        """Gives the same as TensorFlow operations, which a SavedModel can hold."""
        return CharacterGraph(self)

    def save(self, folder: str | Path) -> None:
        """Writes ``characters.txt``: the characters, with nothing between them."""
        write_whole(Path(folder) / CHARACTERS, self.characters.encode())

    @classmethod
    def load(cls, folder: str | Path) -> "CharacterTokenizer":
        """Reads a saved vocabulary.

        Raises:
            ValueError: the file is damaged.
            OSError: it is missing.
        """
        path = Path(folder) / CHARACTERS
        characters = read_text(path)
        try:
            return cls(characters)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None


class CharacterGraph(tf.Module):
    """Tokenizes and detokenizes in the graph.

    Args:
        tokenizer: whose table it shares.
    """

    longest = 4  # bytes of a character

    def __init__(self, tokenizer: CharacterTokenizer):
        super().__init__()
        self.tokenize, self._table = tokenizer.encode, tokenizer._ids
        self._characters = tf.constant(list(tokenizer.characters))

    def detokenize(self, ids: tf.RaggedTensor) -> tf.Tensor:
        """Gives texts (B,) string of ids (B, None)."""
        return tf.strings.reduce_join(tf.gather(self._characters, ids), axis=1)
