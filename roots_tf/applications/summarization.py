"""Summarisation (摘要): a text in, what it says in a line out, written by a T5.

    text -> pieces, </s> -> encoder -> decoder, token by token to </s> -> text

The model reads the beginning of a text, as many tokens as it was trained with, and
tells whether that was all of it. The steps are one graph, which ``summarize`` runs on
batches and ``export`` saves as it is.

Article: §6 (4. 文本生成), §9.3.
Source: Raffel et al. 2020 (1910.10683), §2.4 (summarisation as text to text), with one
    task alone and so without its prefix "summarize:"; beams of 4: §3.7 there.
"""

from collections.abc import Sequence
from pathlib import Path

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
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import END_ID, PADDING_ID, START_ID
from roots_tf.text.chinese_punctuation import widen_punctuation
from roots_tf.text.sentencepiece import SentencePieceTokenizer

TASK = "summarization"
NUM_BEAMS, ALPHA = 4, 0.6

_BATCH_SIZE = 64
_NEVER = -1e9  # the logit of a token that is never written
_GREEDY = SamplingRule(temperature=0)


class Summarizer:
    """A T5 with all that it needs to sum up texts.

    Args:
        model: built. It may have more ids than the tokenizer, as published ones do;
            those are never written.
        tokenizer: of the model's ids, with ``<pad>`` as id 0 and ``</s>`` as id 1.
        language: of texts and summaries; ``zh`` gets its full-width punctuation back.
        source_length: most tokens of a text that are read, ``</s>`` included.
        target_length: most tokens of a summary, ``</s>`` included.

    Raises:
        ValueError: they do not fit together.
    """

    def __init__(
        self,
        model: T5,
        tokenizer: SentencePieceTokenizer,
        language: str = "en",
        source_length: int = 128,
        target_length: int = 32,
    ):
        if tokenizer.vocab_size > model.config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of {model.config.vocab_size} tokens or fewer, "
                f"which the model has, got {tokenizer.vocab_size}"
            )
        if (tokenizer.pad_id, tokenizer.end_id) != (PADDING_ID, END_ID):
            raise ValueError(
                f"expected a tokenizer with padding {PADDING_ID} and end {END_ID}, "
                f"got {tokenizer.pad_id} and {tokenizer.end_id}"
            )
        if min(source_length, target_length) < 2:
            raise ValueError(
                "expected lengths of 2 tokens or more, got "
                f"{source_length} and {target_length}"
            )
        self.model, self.tokenizer, self.language = model, tokenizer, language
        self.source_length, self.target_length = source_length, target_length
        never = [PADDING_ID, tokenizer.unknown_id, *tokenizer.sentinel_ids]
        never += tokenizer.special_ids.values()
        ids = np.arange(model.config.vocab_size)
        never = np.isin(ids, never) | (ids >= tokenizer.vocab_size)
        self._never = (never * _NEVER).astype(np.float32)

    def encode(self, texts: Sequence[str], length: int) -> list[np.ndarray]:
        """Gives the ids (S,) int32 of each text, at most ``length``, the last ``</s>``.

        Raises:
            ValueError: a text holds a lone surrogate.
        """
        rows = self._with_end(self.tokenizer.encode(texts), length)
        values, splits = rows.values.numpy(), rows.row_splits.numpy()
        return [values[a:b] for a, b in zip(splits, splits[1:], strict=False)]

    def reads(self, texts: Sequence[str]) -> list[bool]:
        """Tells of each text whether all of it is read.

        Raises:
            ValueError: a text holds a lone surrogate.
        """
        lengths = self.tokenizer.encode(texts).row_lengths().numpy()
        return (lengths < self.source_length).tolist()

    def summarize(self, texts: Sequence[str], num_beams: int = NUM_BEAMS) -> list[str]:
        """Sums up texts; one of nothing but white space gives an empty summary.

        Args:
            texts: of any length; ``source_length`` tokens are read.
            num_beams: open ends of the beam search; 1 for the likeliest token at each
                step (greedy).

        Raises:
            ValueError: a text holds a lone surrogate.
        """
        if not texts:
            return []
        lengths = [len(ids) for ids in self.encode(texts, self.source_length)]
        order, found = np.argsort(lengths, kind="stable"), [""] * len(texts)
        for start in range(0, len(texts), _BATCH_SIZE):
            rows = order[start : start + _BATCH_SIZE]
            batch = tf.constant([texts[row] for row in rows])
            answers = self._compiled(batch, num_beams).numpy()
            for row, answer in zip(rows, answers, strict=True):
                found[row] = answer.decode()
        return found

    def in_graph(self, texts: tf.Tensor, num_beams: int = 1) -> tf.Tensor:
        """Sums up within a graph, (B,) string -> (B,) string."""
        pieces = self.tokenizer.encode(texts)  # (B, None)
        source_ids = self._with_end(pieces, self.source_length).to_tensor()  # (B, S)
        written = self._write(source_ids, num_beams)
        summaries = self.tokenizer.in_graph.detokenize(written)
        if self.language == "zh":
            summaries = widen_punctuation(summaries)
        return tf.where(pieces.row_lengths() == 0, "", summaries)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": TASK,
            "language": self.language,
            "source_length": self.source_length,
            "target_length": self.target_length,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "Summarizer":
        """Reads a model folder.

        Raises:
            ValueError: it is for another task, or a file is missing or damaged.
        """
        model, tokenizer, configuration = load_with_tokenizer(folder, TASK, T5)
        try:
            names = ("language", "source_length", "target_length")
            return cls(model, tokenizer, *(configuration[name] for name in names))
        except KeyError as error:
            raise ValueError(
                f"{folder}: expected {error} in its configuration"
            ) from None
        except ValueError as error:
            raise ValueError(f"{folder}: {error}") from None

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel of the greedy search; see ``saved_model``.

        It takes ``texts`` (B,) string and gives ``summaries`` (B,) string.
        """
        write_saved_model(
            folder,
            lambda texts: {"summaries": self.in_graph(texts)},
            self.model,
            [self.tokenizer.in_graph],
        )

    @tf.function(reduce_retracing=True, autograph=False)
    def _compiled(self, texts, num_beams):
        return self.in_graph(texts, num_beams)

    @staticmethod
    def _with_end(pieces: tf.RaggedTensor, length: int) -> tf.RaggedTensor:
        """Cuts rows to ``length - 1`` and ends each with ``</s>``."""
        end = tf.fill([pieces.nrows(), 1], END_ID)
        return tf.concat([pieces[:, : length - 1], end], axis=1)

    def _write(self, source_ids, num_beams: int) -> tf.RaggedTensor:
        """Gives the tokens of each summary, (B, None) int32, without ``</s>``."""
        state = self.model.start(source_ids, self.target_length + 1)
        rows, length = tf.shape(source_ids)[0], self.target_length
        start = tf.fill([rows, 1], START_ID)
        if num_beams > 1:
            beams = beam_search(
                self._next_logits, state, start, length, num_beams, (END_ID,), ALPHA
            )
            token_ids, lengths = beams.token_ids[:, 0], beams.lengths[:, 0]
        else:
            free = tf.fill([rows, length], FREE)
            found = decode(self._next_logits, state, start, free, _GREEDY, (END_ID,))
            token_ids, lengths = found.token_ids[:, 1:], found.lengths - 1
        written = tf.RaggedTensor.from_tensor(token_ids, tf.cast(lengths, tf.int64))
        return tf.ragged.boolean_mask(written, written != END_ID)

    def _next_logits(self, token_ids, state):
        logits, state = self.model.next_logits(token_ids, state)
        return logits + tf.constant(self._never), state
