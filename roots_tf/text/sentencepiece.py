"""SentencePiece: unigram and BPE pieces of raw text, T5's and ALBERT's tokenizer.

Article: §7.3.2 (T5, ALBERT), §9.2 (数据预处理).
Source: Kudo, Richardson 2018 (1808.06226); the unigram model: Kudo 2018 (1804.10959),
§3.2; T5's sentinels: Raffel et al. 2020 (1910.10683), §3.1.4.

The text is normalised (NFKC) and read as a row of characters, spaces among them,
written ``▁``; no cutting into words comes before, so that Chinese and English are
treated alike. "unigram": of all ways to cut a text, the one whose pieces have the
largest product of probabilities. "bpe": the most frequent pair is joined first.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tensorflow as tf

from roots_tf.text.tokenizer_files import (
    read_configuration,
    write_configuration,
    write_whole,
)
from roots_tf.text.tokenizer_input import (
    checked_ids,
    import_tensorflow_text,
    string_tensor,
    utf8,
)

MODEL_TYPES = ("unigram", "bpe")
MODEL = "spiece.model"
NUM_SENTINELS = 100  # T5's
MASKING_TOKENS = ("[CLS]", "[SEP]", "[MASK]")  # ALBERT's

_COVERAGE = 0.9995  # share of the text's characters that get a piece
_LONGEST_LINE = 1 << 22  # bytes; SentencePiece leaves longer ones out


class SentencePieceTokenizer:
    """SentencePiece in the graph, its model given; see ``learn`` and ``load``.

    Args:
        model: a SentencePiece model, serialised.
        num_sentinels: entries above the model's own. The last id is the first
            sentinel, ``<extra_id_0>``, the one before the second, as T5 has it.
        lower_case: make capitals small, take accents off and turn ```` `` ```` and
            ``''`` into ``"`` first, as ALBERT does.

    Attributes:
        sentinel_ids: of ``<extra_id_0>``, ``<extra_id_1>`` and so on.
        special_ids: of [CLS], [SEP] and [MASK], as far as the model has them.
        unknown_id: of a piece that the model does not have, ``<unk>``.
        in_graph: tensorflow-text's tokenizer of the model's own entries, which a
            SavedModel can hold.
        pad_id, end_id, vocab_size: see ``tokenizer.Tokenizer``; ``<pad>`` and
            ``</s>``, or ALBERT's [SEP].

    Raises:
        ValueError: it is no such model, or has no padding token.
        ImportError: tensorflow-text, which has no Windows build, is not installed.
    """

    def __init__(self, model: bytes, num_sentinels: int = 0, lower_case: bool = False):
        import sentencepiece

        self._model, self.lower_case = model, lower_case
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise ValueError(f"expected a SentencePiece model, got {error}") from None
        size = self._processor.vocab_size()
        self.vocab_size = size + num_sentinels
        self.sentinel_ids = tuple(range(self.vocab_size - 1, size - 1, -1))
        found = {token: self._processor.piece_to_id(token) for token in MASKING_TOKENS}
        self.unknown_id = unknown = self._processor.unk_id()
        self.special_ids = {t: id for t, id in found.items() if id != unknown}
        self.pad_id, end = self._processor.pad_id(), self._processor.eos_id()
        if self.pad_id < 0:
            raise ValueError("expected a model with a padding token, got one without")
        self.end_id = self.special_ids.get("[SEP]") if end < 0 else end
        self.in_graph = _graph_tokenizer(model)

    @classmethod
    def learn(
        cls,
        texts: Iterable[str],
        vocab_size: int,
        model_type: str = "unigram",
        num_sentinels: int = NUM_SENTINELS,
    ) -> "SentencePieceTokenizer":
        """Learns a model: ``<pad>``, ``</s>``, ``<unk>``, [CLS], [SEP], [MASK], pieces.

        Characters that make up 99.95 % of the text get a piece; rarer ones are unknown.

        Args:
            texts: read once and held in memory; SentencePiece learns from each line.
            vocab_size: most entries, special ones and sentinels included; a text that
                has not so many pieces gives fewer.
            model_type: one of `MODEL_TYPES`.
            num_sentinels: T5's has 100.

        Raises:
            ValueError: another type, no text, or a size too small for its characters.
        """
        import sentencepiece

        if model_type not in MODEL_TYPES:
            raise ValueError(
                f"expected a model type of {MODEL_TYPES}, got {model_type!r}"
            )
        special = num_sentinels + 3 + len(MASKING_TOKENS)
        if vocab_size <= special:
            raise ValueError(
                f"expected a vocabulary size over {special} (the special tokens), "
                f"got {vocab_size}"
            )
        # A list: errors of an iterator are lost in SentencePiece 0.2.0.
        lines = list(_lines(texts))
        if not any(map(str.strip, lines)):
            raise ValueError("expected text to learn a vocabulary from, got none")
        model = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.Train(
                sentence_iterator=iter(lines),
                model_writer=model,
                model_type=model_type,
                vocab_size=vocab_size - num_sentinels,
                hard_vocab_limit=False,
                character_coverage=_COVERAGE,
                pad_id=0,
                eos_id=1,
                unk_id=2,
                bos_id=-1,
                pad_piece="<pad>",
                control_symbols=list(MASKING_TOKENS),
                max_sentence_length=_LONGEST_LINE,
                num_threads=1,  # each number of threads gives other scores
                minloglevel=2,
            )
        except RuntimeError as error:
            raise ValueError(_reason(str(error), vocab_size, num_sentinels)) from None
        return cls(model.getvalue(), num_sentinels)

    def encode(self, texts: Sequence[str] | tf.Tensor) -> tf.RaggedTensor:
        """Gives ids (B, None) int32, without ``</s>``.

        Raises:
            ValueError: ``texts`` is one string, or holds a lone surrogate.
        """
        texts = string_tensor(texts)
        if self.lower_case:
            texts = tf.strings.regex_replace(texts, "``|''", '"')
            texts = import_tensorflow_text().normalize_utf8(texts, "NFKD")
            texts = tf.strings.regex_replace(texts, r"\p{M}+", "")
            texts = tf.strings.lower(texts, encoding="utf-8")
        return self.in_graph.tokenize(texts)

    def decode(self, ids: Sequence[int]) -> str:
        """Gives the normalised text of ids.

        Sentinels are written ``<extra_id_0>``, an unknown piece `` ⁇ ``; other special
        tokens are left out.

        Raises:
            ValueError: an id is not in the vocabulary.
        """
        size, parts, run = self._processor.vocab_size(), [], []
        for id in [*checked_ids(ids, self.vocab_size), None]:
            if id is not None and id < size:
                run.append(id)
                continue
            parts.append(self._processor.decode(run))
            if id is not None:
                parts.append(f"<extra_id_{self.vocab_size - 1 - id}>")
            run = []
        return " ".join(filter(None, parts))

    def save(self, folder: str | Path) -> None:
        """Writes ``spiece.model`` and ``tokenizer_config.json``.

        ``transformers.T5Tokenizer.from_pretrained`` reads a unigram model's folder too.
        """
        folder = Path(folder)
        configuration = {
            "tokenizer_class": "AlbertTokenizer" if self.lower_case else "T5Tokenizer",
            "extra_ids": len(self.sentinel_ids),
            "do_lower_case": self.lower_case,
            "keep_accents": not self.lower_case,
        }
        write_configuration(folder, configuration)
        write_whole(folder / MODEL, self._model)

    @classmethod
    def load(cls, folder: str | Path) -> "SentencePieceTokenizer":
        """Reads a saved or a published model.

        Raises:
            ValueError: a file is damaged, or ``tokenizer_config.json`` says neither
                ``extra_ids`` nor ``do_lower_case``, or asks for what is not done here.
            OSError: there is no ``spiece.model``.
        """
        folder = Path(folder)
        model = (folder / MODEL).read_bytes()
        configuration = read_configuration(folder)
        if not configuration.keys() & {"extra_ids", "do_lower_case"}:
            raise ValueError(
                f"{folder}: expected tokenizer_config.json with extra_ids (T5) or "
                "do_lower_case (ALBERT), got neither"
            )
        num_sentinels = configuration.get("extra_ids", 0)
        lower_case = configuration.get("do_lower_case", False)
        if type(num_sentinels) is not int or num_sentinels < 0:
            raise ValueError(
                f"{folder}: expected extra_ids of 0 or more, got {num_sentinels!r}"
            )
        if configuration.get("keep_accents", not lower_case) is not (not lower_case):
            raise ValueError(
                f"{folder}: expected keep_accents to be the opposite of do_lower_case"
            )
        try:
            return cls(model, num_sentinels, lower_case)
        except ValueError as error:
            raise ValueError(f"{folder / MODEL}: {error}") from None


def _reason(error, vocab_size, num_sentinels):
    needed = re.search(r"required_chars\. \d+ vs (\d+)", error)
    if needed:
        return (
            f"expected a vocabulary size of {int(needed[1]) + num_sentinels} or more "
            f"for the text's characters, got {vocab_size}"
        )
    return f"SentencePiece cannot learn from this text: {' '.join(error.split())}"


def _graph_tokenizer(model: bytes):
    """Gives the operation whose ids are those of the ``sentencepiece`` package.

    Of tensorflow-text's two, the fast one treats every model as unigram, and so gives
    other pieces than were learned for BPE. Where two cuts have the same probability
    ("1|11", "11|1"), rounding chooses one: the fast one's choice is nearly always the
    package's, the other's less so.
    """
    from sentencepiece import sentencepiece_model_pb2

    text = import_tensorflow_text()
    spec = sentencepiece_model_pb2.ModelProto.FromString(model).trainer_spec
    if spec.model_type == spec.UNIGRAM and not spec.byte_fallback:
        return text.FastSentencepieceTokenizer(model)
    return text.SentencepieceTokenizer(model, out_type=tf.int32)


def _lines(texts: Iterable[str]) -> Iterator[str]:
    """Gives the texts line by line, checked: none is left out without a word."""
    for text in texts:
        for line in text.splitlines():
            if len(utf8(line)) > _LONGEST_LINE:
                raise ValueError(
                    f"expected lines of {_LONGEST_LINE} bytes or less, got one that "
                    f"begins {line[:40]!r}"
                )
            yield line
