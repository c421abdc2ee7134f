"""Filling the gaps of a text with a T5, which is what its pretraining teaches.

    prompt    Thank you <extra_id_0> me to your party <extra_id_1> week
    written   <extra_id_0> for inviting <extra_id_1> last <extra_id_2>
    filled    Thank you for inviting me to your party last week

Article: §6 (4. 文本生成), §7.3.2 (T5), §9.3.
Source: Raffel et al. 2020 (1910.10683), §3.1.4 and figure 2.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.decoding.autoregressive import FREE, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models import checkpoint, published_t5
from roots_tf.models.published_weights import load_published, save_published
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import END_ID, START_ID
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.text.tokenizer import load_tokenizer

_GAP = re.compile(r"<extra_id_(\d+)>")


def is_gap_filler(folder: str | Path) -> bool:
    """Tells whether a folder holds a T5.

    Raises:
        ValueError: its ``config.json`` is damaged.
    """
    if not (Path(folder) / checkpoint.CONFIGURATION).is_file():
        return False
    kind = checkpoint.read_configuration(folder).get("model_type")
    return kind == published_t5.MODEL_TYPE


class GapFiller:
    """A T5 with all that it needs to fill gaps.

    Args:
        model: built.
        tokenizer: of the model's ids, with sentinels. The model may have more ids than
            it, as published ones do; those are never written.

    Raises:
        ValueError: the tokenizer has no sentinels, or more ids than the model.
    """

    def __init__(self, model: T5, tokenizer: SentencePieceTokenizer):
        if tokenizer.vocab_size > model.config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of {model.config.vocab_size} tokens or fewer, "
                f"which the model has, got {tokenizer.vocab_size}"
            )
        if not getattr(tokenizer, "sentinel_ids", ()):
            raise ValueError("expected a tokenizer with sentinels, got none")
        self.model, self.tokenizer = model, tokenizer

    def fill(self, prompt: str, length: int, rule: SamplingRule, seed: int = 0) -> str:
        """Gives the prompt with what the model writes in place of its gaps.

        A gap that the model has not come to in ``length`` tokens stays as it is.

        Args:
            prompt: with gaps, ``<extra_id_0>``, ``<extra_id_1>`` and so on.
            length: most tokens to write, those that name the gaps included.
            rule: how they are chosen.
            seed: of the draws.

        Raises:
            ValueError: the prompt has no gap, or they are not in this order, or
                ``length`` is below 0.
        """
        source_ids = np.array([self.encode(prompt)], np.int32)
        (written,) = self.write(source_ids, length, rule, seed)
        spans = self.spans(written)
        return _GAP.sub(lambda gap: spans.get(int(gap[1]), gap[0]), prompt)

    def encode(self, prompt: str) -> list[int]:
        """Gives the ids of a text with gaps, ``</s>`` at the end.

        Raises:
            ValueError: it has no gap, or they are not numbered 0, 1, 2 and so on, or
                more than the tokenizer has sentinels.
        """
        parts = _GAP.split(prompt)
        numbers, most = list(map(int, parts[1::2])), len(self.tokenizer.sentinel_ids)
        if not numbers or numbers != list(range(len(numbers))):
            found = "".join(f"<extra_id_{number}>" for number in numbers) or "none"
            raise ValueError(
                "expected a prompt with gaps <extra_id_0>, <extra_id_1> and so on, in "
                f"this order, got {found}"
            )
        if len(numbers) > most:
            raise ValueError(
                f"expected a prompt with {most} gaps or fewer, got {len(numbers)}"
            )
        ids = self._ids(parts[0], first=True)
        for number, part in zip(numbers, parts[2::2], strict=True):
            ids += [self.tokenizer.sentinel_ids[number], *self._ids(part)]
        return [*ids, END_ID]

    def write(
        self, source_ids, length: int, rule: SamplingRule, seed: int = 0
    ) -> list[list[int]]:
        """Gives what the model writes for each source, without ``</s>``.

        Args:
            source_ids: (B, S) int32, filled up with ``<pad>``.
            length: most tokens to write for each.
            rule, seed: as for ``fill``.

        Raises:
            ValueError: ``length`` is below 0.
        """
        if length < 0:
            raise ValueError(f"expected a length of 0 or more, got {length}")
        seed = tf.constant(seed, tf.int32)
        written = self._decode(tf.constant(source_ids, tf.int32), length, rule, seed)
        rows = zip(written.token_ids.numpy(), written.lengths.numpy(), strict=True)
        rows = [row[1:count].tolist() for row, count in rows]
        return [row[:-1] if row[-1:] == [END_ID] else row for row in rows]

    def spans(self, written: Sequence[int]) -> dict[int, str]:
        """Gives the text for each gap, by its number, of what the model has written."""
        number_of = {id: n for n, id in enumerate(self.tokenizer.sentinel_ids)}
        spans, current = {}, []
        for id in written:
            if id in number_of:
                current = []
                spans.setdefault(number_of[id], current)
            else:
                current.append(id)
        return {number: self.tokenizer.decode(ids) for number, ids in spans.items()}

    def save(self, folder: str | Path) -> None:
        """Writes a folder that ``load`` reads, and ``transformers`` too."""
        save_published(self.model, folder)
        self.tokenizer.save(folder)

    @classmethod
    def load(cls, folder: str | Path) -> "GapFiller":
        """Reads a T5 that was trained here, or a published one with ``spiece.model``.

        Raises:
            ValueError: it is neither.
        """
        model = load_published(folder)
        if not isinstance(model, T5):
            raise ValueError(f"{folder}: expected a T5, got {type(model).__name__}")
        tokenizer = load_tokenizer(folder)
        try:
            return cls(model, tokenizer)
        except ValueError as error:
            raise ValueError(f"{folder}: {error}") from None

    def _ids(self, part: str, first: bool = False) -> list[int]:
        """Gives the ids of a part of the prompt.

        SentencePiece puts a space before every text. Behind a gap there is none unless
        the prompt has one: it makes a difference in the middle of a word, and in
        Chinese. So such a part is read behind a full stop, which is then taken away.
        """
        encode = self.tokenizer.encode
        if first or not part or part[0].isspace():
            return encode([part])[0].numpy().tolist()
        stop, ids = (encode([text])[0].numpy().tolist() for text in (".", f".{part}"))
        if ids[: len(stop)] == stop:
            return ids[len(stop) :]
        return encode([part])[0].numpy().tolist()  # "." and the part share a piece

    @tf.function(reduce_retracing=True, autograph=False)
    def _decode(self, source_ids, length, rule, seed):
        known, rows = self.tokenizer.vocab_size, tf.shape(source_ids)[0]
        state = self.model.start(source_ids, length + 1)
        start, free = tf.fill([rows, 1], START_ID), tf.fill([rows, length], FREE)

        def next_logits(token_ids, state):
            logits, state = self.model.next_logits(token_ids, state)
            return logits[:, :known], state

        return decode(next_logits, state, start, free, rule, (END_ID,), seed)
