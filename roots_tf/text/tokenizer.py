"""What all tokenizers have in common, so that scripts can take any of them.

Article: §5.3.3 step 1 (将输入文本转化为整数序列), §9.2 (数据预处理).

| kind       | file                       | pieces                              |
| ---------- | -------------------------- | ----------------------------------- |
| wordpiece  | vocab.txt                  | BERT's: Han characters, word pieces |
| unigram    | spiece.model               | SentencePiece's: T5, ALBERT         |
| bpe        | spiece.model               | SentencePiece's byte-pair encoding  |
| byte-bpe   | vocab.json and merges.txt  | GPT-2's: any text without loss      |
| characters | characters.txt             | single characters                   |

The files are those of published models, so that a folder with a model's vocabulary
loads as one that was learned here.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

KINDS = ("wordpiece", "unigram", "bpe", "byte-bpe", "characters")


class Tokenizer(Protocol):
    """Text to ids and back.

    Attributes:
        vocab_size: V, one more than the largest id.
        pad_id: what a batch is filled up with.
        end_id: ends a text; None where the vocabulary has no such token.
    """

    vocab_size: int
    pad_id: int
    end_id: int | None

    def encode(self, texts: Sequence[str]):
        """Gives the ids of texts, a ``tf.RaggedTensor`` (B, None) int32.

        In ``tf.data`` and other graphs ``texts`` is a string tensor (B,).

        Raises:
            ValueError: ``texts`` is one string, or holds a lone surrogate.
        """

    def decode(self, ids: Sequence[int]) -> str:
        """Gives the text of one sequence of ids, without tokens that only structure it.

        Raises:
            ValueError: an id is not in the vocabulary.
        """

    def save(self, folder: str | Path) -> None:
        """Writes its files into the folder, which is made if it is not there."""


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """Reads the tokenizer that a folder holds, whichever it is.

    Raises:
        ValueError: there is none, or of two kinds; or its files are damaged.
    """
    from roots_tf.text.byte_pair import BytePairTokenizer
    from roots_tf.text.characters import CharacterTokenizer
    from roots_tf.text.sentencepiece import SentencePieceTokenizer
    from roots_tf.text.wordpiece import WordPieceTokenizer

    kinds = {
        "vocab.txt": WordPieceTokenizer,
        "spiece.model": SentencePieceTokenizer,
        "merges.txt": BytePairTokenizer,
        "characters.txt": CharacterTokenizer,
    }
    folder = Path(folder)
    found = [name for name in kinds if (folder / name).is_file()]
    if len(found) != 1:
        raise ValueError(
            f"{folder}: expected one of {', '.join(kinds)}, "
            f"got {' and '.join(found) or 'none'}"
        )
    return kinds[found[0]].load(folder)


def learn_tokenizer(kind: str, texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learns a vocabulary from texts.

    Args:
        kind: one of `KINDS`.
        texts: read once, in order, as they are asked for.
        vocab_size: largest number of entries, special ones included.

    Raises:
        ValueError: no such kind, no text, or a size that does not fit the text.
    """
    from roots_tf.text.byte_pair import BytePairTokenizer
    from roots_tf.text.characters import CharacterTokenizer
    from roots_tf.text.sentencepiece import SentencePieceTokenizer
    from roots_tf.text.wordpiece import WordPieceTokenizer

    if kind == "wordpiece":
        return WordPieceTokenizer.learn(texts, vocab_size)
    if kind in ("unigram", "bpe"):
        return SentencePieceTokenizer.learn(texts, vocab_size, kind)
    if kind == "byte-bpe":
        return BytePairTokenizer.learn(texts, vocab_size)
    if kind == "characters":
        return CharacterTokenizer.learn(texts, vocab_size)
    raise ValueError(f"expected a tokenizer of {KINDS}, got {kind!r}")
