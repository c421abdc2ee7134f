"""Machine translation (机器翻译): a sentence in, the same in another language out.

    text -> pieces, </s> -> encoder -> decoder: <pad> ... </s>, piece by piece -> text

All of it is one graph, which ``translate`` runs on batches and ``export`` saves as it
is. Source and target share one vocabulary of pieces, as they share one matrix in the
Transformer of 2017: a name or a number that is copied is the same piece on both sides.

Article: §6 (2. 机器翻译), §9.3.
Source: pieces: Kudo 2018 (1804.10959), §3.2; learned on both sides together: Sennrich
    et al. 2016 (1508.07909), §3.2; beams: Vaswani et al. 2017 (1706.03762), §6.1.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import (
    load_with_tokenizer,
    write_model_folder,
)
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.decoding.autoregressive import FREE, decode
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.encoder_decoder import EncoderDecoder
from roots_tf.recurrent.seq2seq import Seq2Seq
from roots_tf.text.chinese_punctuation import widen_punctuation
from roots_tf.text.sentencepiece import SentencePieceTokenizer

TASK = "translation"
NUM_BEAMS = 4  # Vaswani et al. 2017, §6.1, as the strength of the length penalty
ALPHA = 0.6

_BATCH_SIZE = 64
_NEVER = -1e9  # the logit of a token that is never written
_GREEDY = SamplingRule(temperature=0)


class Alignment(NamedTuple):
    """Where a decoder looks in the source while it writes.

    Attributes:
        source_pieces: S pieces, the last being ``</s>``.
        target_pieces: T pieces that are written, likewise.
        weights: (H, T, S) float32, rows sum to 1; of a Transformer those of the heads
            of its last block.
    """

    source_pieces: list[str]
    target_pieces: list[str]
    weights: np.ndarray


class Translator:
    """A model of translation with all that it needs to take text.

    Args:
        model: built; an LSTM encoder-decoder or a Transformer.
        tokenizer: of the model's ids, for both languages, with ``<pad>`` as id 0.
        source, target: the languages, such as ``zh`` and ``en``.
        max_length: most tokens of a source and of a translation, ``</s>`` included.

    Raises:
        ValueError: they do not fit together.
    """

    def __init__(
        self,
        model: Seq2Seq | EncoderDecoder,
        tokenizer: SentencePieceTokenizer,
        source: str,
        target: str,
        max_length: int = 64,
    ):
        if tokenizer.vocab_size != model.config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of {model.config.vocab_size} tokens, which the "
                f"model has, got {tokenizer.vocab_size}"
            )
        if tokenizer.pad_id or model.config.padding_id:
            raise ValueError(
                "expected padding of id 0 in tokenizer and model, "
                f"got {tokenizer.pad_id} and {model.config.padding_id}"
            )
        # The decoder reads the start token, and at last what it has written.
        most = getattr(model.config, "max_positions", max_length + 1) - 1
        if not 2 <= max_length <= most:
            raise ValueError(
                f"expected a length of 2 to {most} tokens, which the model has "
                f"positions for, got {max_length}"
            )
        self.model, self.tokenizer = model, tokenizer
        self.source, self.target, self.max_length = source, target, max_length
        never = [tokenizer.pad_id, tokenizer.unknown_id]
        never += tokenizer.special_ids.values()
        self._traced = {}
        self._never = np.isin(np.arange(tokenizer.vocab_size), never) * _NEVER

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Gives the ids (S,) int32 of each text, ``</s>`` at the end.

        Raises:
            ValueError: a text holds a lone surrogate.
        """
        end = np.int32([self.tokenizer.end_id])
        rows = self.tokenizer.encode(texts)
        values, splits = rows.values.numpy(), rows.row_splits.numpy()
        return [
            np.concatenate([values[start:stop], end])
            for start, stop in zip(splits, splits[1:], strict=False)
        ]

    def translate(self, texts: Sequence[str], num_beams: int = NUM_BEAMS) -> list[str]:
        """Translates sentences; one of nothing but white space gives an empty text.

        Args:
            texts: of the source language, each of fewer tokens than ``max_length``.
            num_beams: open ends of the beam search; 1 for the likeliest token at each
                step (greedy).

        Raises:
            ValueError: a text is too long, or holds a lone surrogate.
        """
        if not texts:
            return []
        lengths = [len(ids) for ids in self.encode(texts)]
        longest = int(np.argmax(lengths))
        if lengths[longest] > self.max_length:
            raise ValueError(
                f"expected sentences of at most {self.max_length - 1} tokens, got one "
                f"of {lengths[longest] - 1}: {texts[longest][:40]!r}"
            )
        order, found = np.argsort(lengths, kind="stable"), [""] * len(texts)
        for start in range(0, len(texts), _BATCH_SIZE):
            rows = order[start : start + _BATCH_SIZE]
            batch = tf.constant([texts[row] for row in rows])
            answers = self._compiled(num_beams)(batch).numpy()
            for row, answer in zip(rows, answers, strict=True):
                found[row] = answer.decode()
        return found

    def in_graph(self, texts: tf.Tensor, num_beams: int = 1) -> tf.Tensor:
        """Translates within a graph, (B,) string -> (B,) string.

        Raises:
            tf.errors.InvalidArgumentError: a text is too long.
        """
        pieces = self.tokenizer.encode(texts)  # (B, None)
        empty = pieces.row_lengths() == 0
        end = tf.fill([tf.shape(texts)[0], 1], self.tokenizer.end_id)
        source_ids = tf.concat([pieces, end], axis=1).to_tensor()  # (B, S)
        too_long = f"expected sentences of at most {self.max_length - 1} tokens"
        room = tf.debugging.assert_less_equal(
            tf.shape(source_ids)[1], self.max_length, too_long
        )
        with tf.control_dependencies([room] if room is not None else []):
            token_ids, lengths = self._write(tf.identity(source_ids), num_beams)
        written = tf.RaggedTensor.from_tensor(token_ids, tf.cast(lengths, tf.int64))
        written = tf.ragged.boolean_mask(written, written != self.tokenizer.end_id)
        answers = tf.strings.strip(self.tokenizer.in_graph.detokenize(written))
        if self.target == "zh":
            answers = widen_punctuation(answers)
        return tf.where(empty, "", answers)

    def align(self, text: str) -> Alignment:
        """Translates a sentence greedily, and tells where the decoder looked.

        Raises:
            ValueError: it is too long, or the model has no attention.
        """
        source_ids = self.encode([text])[0][None]
        self.translate([text], num_beams=1)  # checks its length
        token_ids, lengths = self._write(tf.constant(source_ids), 1)
        written = token_ids[:, : int(lengths[0])]  # (1, T)
        read = tf.pad(written[:, :-1], [[0, 0], [1, 0]])  # from <pad> on
        weights = self.model.attention_weights(
            {"source_ids": source_ids, "target_ids": read}
        )["cross"][-1]
        pieces = [self._pieces(ids) for ids in (source_ids[0], written[0].numpy())]
        return Alignment(*pieces, np.asarray(weights, np.float32)[0])

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": TASK,
            "source": self.source,
            "target": self.target,
            "max_length": self.max_length,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "Translator":
        """Reads a model folder.

        Raises:
            ValueError: it is for another task, or a file is missing or damaged.
        """
        model, tokenizer, configuration = load_with_tokenizer(
            folder, TASK, Seq2Seq, EncoderDecoder
        )
        try:
            names = ("source", "target", "max_length")
            return cls(model, tokenizer, *(configuration[name] for name in names))
        except KeyError as error:
            raise ValueError(
                f"{folder}: expected {error} in its configuration"
            ) from None
        except ValueError as error:
            raise ValueError(f"{folder}: {error}") from None

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel of the greedy search; see ``saved_model``.

        It takes ``texts`` (B,) string and gives ``translations`` (B,) string.
        """
        write_saved_model(
            folder,
            lambda texts: {"translations": self.in_graph(texts)},
            self.model,
            [self.tokenizer.in_graph],
        )

    def _compiled(self, num_beams: int):
        """The whole way for batches of any size, traced once for so many beams."""
        if num_beams not in self._traced:
            self._traced[num_beams] = tf.function(
                lambda texts: self.in_graph(texts, num_beams),
                input_signature=[tf.TensorSpec((None,), tf.string)],
                autograph=False,
            )
        return self._traced[num_beams]

    def _write(self, source_ids, num_beams: int) -> tuple:
        """Gives what is written, (B, N) int32 without the start, and its lengths."""
        state = self.model.start(source_ids, self.max_length + 1)
        rows, length = tf.shape(source_ids)[0], self.max_length
        start, stop = tf.zeros([rows, 1], tf.int32), (self.tokenizer.end_id,)
        if num_beams > 1:
            beams = beam_search(
                self._next_logits, state, start, length, num_beams, stop, ALPHA
            )
            return beams.token_ids[:, 0], beams.lengths[:, 0]
        free = tf.fill([rows, length], FREE)
        written = decode(self._next_logits, state, start, free, _GREEDY, stop)
        return written.token_ids[:, 1:], written.lengths - 1

    def _next_logits(self, token_ids, state):
        logits, state = self.model.next_logits(token_ids, state)
        return logits + tf.constant(self._never, tf.float32), state

    def _pieces(self, ids) -> list[str]:
        end = self.tokenizer.end_id
        decode = self.tokenizer.decode  # of a space alone it gives nothing
        return ["</s>" if id == end else decode([id]) or " " for id in ids]
