"""WordPiece: BERT's tokenizer, in the graph.

Article: §5.2, §7.3.1 (BERT), §9.2 (数据预处理).
Source: Devlin et al. 2018, §3 ("WordPiece embeddings"); Wu et al. 2016 (1609.08144),
§4.1; the fast algorithm: Song et al. 2021 (2012.15524).

A text is normalised and cut at white space, punctuation and around each Han character;
each word then into the longest pieces of the vocabulary, from the left. A piece that
goes on with a word begins with ``##``; a word with a character that no piece has is
``[UNK]``.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import tensorflow as tf

from roots_tf.text.bert_normalization import LONGEST_WORD, normalize_for_bert
from roots_tf.text.segmentation import is_han
from roots_tf.text.tokenizer_files import (
    read_configuration,
    read_text,
    write_configuration,
    write_whole,
)
from roots_tf.text.tokenizer_input import (
    checked_ids,
    import_tensorflow_text,
    string_tensor,
)

PAD, UNK, CLS, SEP, MASK = SPECIAL_TOKENS = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
)
CONTINUATION = "##"
VOCABULARY = "vocab.txt"


class WordPieceTokenizer:
    """WordPiece with the vocabulary given; see ``learn`` and ``load``.

    Never gives the special tokens for text, not even for a text that spells them.
    The ids are those of Hugging Face ``tokenizers``, but for characters that came to
    Unicode, or changed their kind, after its version 8, where the tables of
    ``tokenizers`` 0.23 end, and for the ideographs U+2B820 to U+2B91F, which it does
    not set apart. They are not those of tensorflow-text's own normalisation.

    Args:
        tokens: the vocabulary, in the order of the ids.
        lower_case: make capitals small and take accents off, as the vocabulary's texts
            were.

    Attributes:
        tokens: the vocabulary.
        special_ids: of the five special tokens, by their spelling.
        pad_id, end_id, vocab_size: see ``tokenizer.Tokenizer``; [SEP] ends a text.

    Raises:
        ValueError: a token is there twice or is empty, or a special one is missing.
        ImportError: tensorflow-text, which has no Windows build, is not installed.
    """

    def __init__(self, tokens: Sequence[str], lower_case: bool = True):
        self.tokens = tuple(tokens)
        self.lower_case = lower_case
        ids = {token: id for id, token in enumerate(self.tokens)}
        if "" in ids or len(ids) != len(self.tokens):
            wrong = next(t for i, t in enumerate(self.tokens) if not t or ids[t] != i)
            raise ValueError(f"expected each token once and none empty, got {wrong!r}")
        missing = [token for token in SPECIAL_TOKENS if token not in ids]
        if missing:
            raise ValueError(
                f"expected {', '.join(SPECIAL_TOKENS)} in the vocabulary, "
                f"got none of {', '.join(missing)}"
            )
        self.vocab_size = len(self.tokens)
        self.special_ids = {token: ids[token] for token in SPECIAL_TOKENS}
        self.pad_id, self.end_id = ids[PAD], ids[SEP]
        self._fast = import_tensorflow_text().FastBertTokenizer(
            list(self.tokens),
            max_bytes_per_word=4 * LONGEST_WORD,  # in UTF-8; longer ones are gone
            token_out_type=tf.int32,
        )

    @classmethod
    def learn(
        cls, texts: Iterable[str], vocab_size: int, lower_case: bool = True
    ) -> "WordPieceTokenizer":
        """Learns a vocabulary, special tokens first: ``wordpiece_learning``."""
        from roots_tf.text.wordpiece_learning import learn_wordpieces

        tokens = learn_wordpieces(texts, vocab_size, lower_case, SPECIAL_TOKENS)
        return cls(tokens, lower_case)

    def encode(self, texts: Sequence[str] | tf.Tensor) -> tf.RaggedTensor:
        """Gives ids (B, None) int32, without [CLS] and [SEP]: ``packing`` adds them.

        Raises:
            ValueError: ``texts`` is one string, or holds a lone surrogate.
        """
        texts = normalize_for_bert(string_tensor(texts), self.lower_case)
        return self._fast.tokenize(texts)

    def pieces_with_offsets(self, normal: tf.Tensor) -> tuple[tf.RaggedTensor, ...]:
        """Gives ids of normalised texts (B,), and from which to which byte each goes.

        Three ragged tensors (B, None); ``token_places`` counts in characters of the
        text as it was before.
        """
        return self._fast.tokenize_with_offsets(normal)

    def decode(self, ids: Sequence[int]) -> str:
        """Puts the pieces of ids together again, with spaces between words.

        What normalisation took away stays away, and so does where there was a space:
        there is one between any two words, punctuation marks included, but none beside
        a Han character or a Chinese punctuation mark. [PAD], [CLS] and [SEP] are left
        out.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        left_out = {self.special_ids[token] for token in (PAD, CLS, SEP)}
        text = ""
        for id in checked_ids(ids, self.vocab_size):
            token = self.tokens[id]
            if id in left_out:
                continue
            if text and token.startswith(CONTINUATION):
                text += token.removeprefix(CONTINUATION)
            elif text and not _is_chinese(text[-1]) and not _is_chinese(token[0]):
                text += " " + token
            else:
                text += token
        return text

    def save(self, folder: str | Path) -> None:
        """Writes ``vocab.txt``, a token a line, and ``tokenizer_config.json``.

        ``transformers.BertTokenizer.from_pretrained`` reads the folder too.
        """
        folder = Path(folder)
        configuration = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": self.lower_case,
            "strip_accents": None,
            "tokenize_chinese_chars": True,
        }
        write_configuration(folder, configuration)
        write_whole(
            folder / VOCABULARY, "".join(f"{t}\n" for t in self.tokens).encode()
        )

    @classmethod
    def load(cls, folder: str | Path) -> "WordPieceTokenizer":
        """Reads a saved or a published vocabulary.

        Raises:
            ValueError: a file is damaged, or ``tokenizer_config.json`` does not say
                ``do_lower_case``, or asks for another normalisation than BERT's.
            OSError: there is no ``vocab.txt``.
        """
        folder = Path(folder)
        lines = read_text(folder / VOCABULARY).removesuffix("\n").split("\n")
        configuration = read_configuration(folder)
        lower_case = configuration.get("do_lower_case")
        accents = configuration.get("strip_accents")
        if not isinstance(lower_case, bool):
            raise ValueError(
                f"{folder}: expected tokenizer_config.json with do_lower_case true or "
                f"false, got {lower_case!r}"
            )
        if accents not in (None, lower_case) or not configuration.get(
            "tokenize_chinese_chars", True
        ):
            raise ValueError(
                f"{folder}: expected BERT's normalisation, got strip_accents {accents} "
                f"with do_lower_case {lower_case}, tokenize_chinese_chars "
                f"{configuration.get('tokenize_chinese_chars')}"
            )
        try:
            return cls(lines, lower_case)
        except ValueError as error:
            raise ValueError(f"{folder / VOCABULARY}: {error}") from None


def _is_chinese(character):
    """Tells Han characters and the punctuation marks that stand among them."""
    code = ord(character)
    return is_han(character) or 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFF65
