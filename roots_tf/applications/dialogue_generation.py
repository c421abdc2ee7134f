"""Dialogue by generation (生成式对话): a GPT that writes the next turn, token by token.

    <a> How are you? </s> <b> Fine. And you? </s> <a> I am well, thanks. </s>
    ------------------- context ----------------- ------- reply: the loss -----

Each turn begins with the mark of its speaker (说话人), <a> for the one who began, <b>
for the other, and ends with </s>. What is learned is to write the reply after its mark:
the tokens of the context are read, and count nothing in the loss. The marks are two
token ids beyond the tokenizer's: no text that a user types can spell them.

Article: §6 (5. 对话系统).
Source: one sequence of all turns, a language model: Zhang et al. 2020 (1911.00536), §2;
    marks of the speakers, loss on the reply: Wolf et al. 2019 (1901.08149), §3.
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
from roots_tf.decoding.autoregressive import END, FREE, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt
from roots_tf.text.dialogue_history import history_text, latest_turns, turns_of
from roots_tf.text.sentencepiece import SentencePieceTokenizer

TASK = "dialogue_generation"
NUM_MARKS = 2  # the speakers'
GREEDY = SamplingRule(temperature=0)
NO_LABEL = -1

_NEVER = -1e9  # the logit of a token that is never written


class Example(NamedTuple):
    """A history with its reply, as the model learns it.

    Attributes:
        token_ids: (T,) int32, what it reads.
        labels: (T,) int32, what it has to write after each token; `NO_LABEL` before the
            reply's first token, where it only reads.
    """

    token_ids: np.ndarray
    labels: np.ndarray


class GenerativeAgent:
    """A language model of dialogues, with all that it needs to take part in one.

    Args:
        model: built; its last two ids are the speakers' marks.
        tokenizer: of all other ids, with ``<pad>`` as id 0.
        reply_length: most tokens of a reply, ``</s>`` included.

    Raises:
        ValueError: they do not fit together.
    """

    def __init__(
        self, model: Gpt, tokenizer: SentencePieceTokenizer, reply_length: int
    ):
        config = model.config
        if tokenizer.vocab_size + NUM_MARKS != config.vocab_size or tokenizer.pad_id:
            raise ValueError(
                f"expected a tokenizer of {config.vocab_size - NUM_MARKS} tokens, two "
                "fewer than the model has, with padding of id 0, got "
                f"{tokenizer.vocab_size} and {tokenizer.pad_id}"
            )
        # The reply's mark, and of a turn its mark, a token and its end.
        most = config.max_positions - 4
        if not 2 <= reply_length <= most:
            raise ValueError(
                f"expected a reply of 2 to {most} tokens, for which the model has "
                f"room beside a turn, got {reply_length}"
            )
        self.model, self.tokenizer, self.reply_length = model, tokenizer, reply_length
        self.room = config.max_positions - reply_length - 1  # for the history
        never = [tokenizer.pad_id, tokenizer.unknown_id]
        never += tokenizer.special_ids.values()
        never += range(tokenizer.vocab_size, config.vocab_size)
        never = np.isin(np.arange(config.vocab_size), never)
        never[tokenizer.end_id] = False
        self._never = tf.constant(never * _NEVER, tf.float32)

    def reply(
        self, history: Sequence[str], rule: SamplingRule = GREEDY, seed: int = 0
    ) -> str:
        """Writes the next turn of a dialogue.

        Args:
            history: one turn or more, the last of them to be answered. The latest that
                fit into the model's context are read: ``dialogue_history``.
            rule: how tokens are chosen.
            seed: of the draws.

        Raises:
            ValueError: there is no turn, an empty one, or a lone surrogate.
        """
        return self.replies_to([history], rule, seed)[0]

    def replies_to(
        self,
        histories: Sequence[Sequence[str]],
        rule: SamplingRule = GREEDY,
        seed: int = 0,
        batch_size: int = 32,
    ) -> list[str]:
        """Writes the next turn of several dialogues; see ``reply``."""
        texts, found = self.texts_of(histories), []
        for start in range(0, len(texts), batch_size):
            part = tf.constant(texts[start : start + batch_size])
            # One number draws for one batch: each gets its own.
            own = int(np.random.SeedSequence([seed, start]).generate_state(1)[0] >> 1)
            replies = self._compiled(part, rule, tf.constant(own, tf.int32)).numpy()
            found += [reply.decode() for reply in replies]
        return found

    def texts_of(self, histories: Sequence[Sequence[str]]) -> list[str]:
        """Gives the histories as texts, without what is too far back to be read."""
        # An even number goes: each speaker keeps the mark.
        most = self.room + self.room % 2
        texts = []
        for history in histories:
            gone = max(0, len(history) - most)
            kept = [turn[-32 * most :] for turn in history[gone + gone % 2 :]]
            texts.append(history_text(kept))
        return texts

    def prompts(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Gives what is read before the reply: (B,) string -> (B, None) int32."""
        turns = turns_of(texts, self.tokenizer)  # (B, K, None)
        count = turns.row_lengths()  # (B,)
        first = self.model.config.vocab_size - NUM_MARKS
        mark = first + tf.cast(tf.ragged.range(count).values % 2, tf.int32)  # (N,)
        # A mark is put on before the cut: the one who began keeps it.
        room = self.room - 2
        cut = turns.values[:, -room:]  # (N, None)
        end = tf.fill([cut.nrows(), 1], self.tokenizer.end_id)
        turns = turns.with_values(tf.concat([mark[:, None], cut, end], axis=1))
        history = latest_turns(turns, self.room, marks=0).merge_dims(1, 2)
        reply_mark = first + tf.cast(count % 2, tf.int32)
        return tf.concat([history, reply_mark[:, None]], axis=1)

    def examples(
        self, histories: Sequence[Sequence[str]], replies: Sequence[str]
    ) -> list[Example]:
        """Gives histories with their replies as the model learns them.

        A reply that is too long is cut, and has no end then.
        """
        found = []
        for start in range(0, len(replies), 1024):
            part = slice(start, start + 1024)
            texts = tf.constant(self.texts_of(histories[part]))
            written = [history_text([reply]) for reply in replies[part]]
            rows = zip(
                _rows(self.prompts(texts)),
                _rows(self.tokenizer.encode(written)),
                strict=True,
            )
            for prompt, reply in rows:
                reply = np.append(reply, self.tokenizer.end_id)[: self.reply_length]
                labels = np.concatenate([np.full(len(prompt) - 1, NO_LABEL), reply])
                ids = np.concatenate([prompt, reply[:-1]])
                found.append(Example(ids.astype(np.int32), labels.astype(np.int32)))
        return found

    def in_graph(self, texts: tf.Tensor, rule: SamplingRule, seed) -> tf.Tensor:
        """Writes the reply to each history, (B,) string -> (B,) string."""
        prompts = self.prompts(texts)
        lengths = prompts.row_lengths()  # (B,)
        shared = tf.reduce_min(lengths)
        padded = prompts.to_tensor()  # (B, L)
        own = tf.RaggedTensor.from_tensor(padded[:, shared:], lengths - shared)
        free = tf.fill([tf.shape(texts)[0], self.reply_length], FREE)
        given = tf.concat([own, free], axis=1).to_tensor(END)
        cache = self.model.empty_cache(
            tf.shape(texts)[0], self.model.config.max_positions
        )
        stop = (self.tokenizer.end_id,)
        written = decode(
            self._next_logits, cache, padded[:, :shared], given, rule, stop, seed
        )
        places = tf.range(tf.shape(written.token_ids)[1])[None]  # (1, T)
        of_reply = (places >= tf.cast(lengths, tf.int32)[:, None]) & (
            places < written.lengths[:, None]
        )
        of_reply &= written.token_ids != self.tokenizer.end_id
        ids = tf.ragged.boolean_mask(written.token_ids, of_reply)
        return tf.strings.strip(self.tokenizer.in_graph.detokenize(ids))

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel that writes greedily; see ``saved_model``.

        It takes ``texts`` (B,) string, histories with a turn on each line, and gives
        ``replies`` (B,) string.
        """
        write_saved_model(
            folder,
            lambda texts: {"replies": self.in_graph(texts, GREEDY, 0)},
            self.model,
            [self.tokenizer.in_graph],
        )

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.chat DIR`` reads."""
        configuration = {"task": TASK, "reply_length": self.reply_length}
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "GenerativeAgent":
        """Reads a model folder.

        Raises:
            ValueError: it is for another task, or a file is missing or damaged.
        """
        model, tokenizer, configuration = load_with_tokenizer(folder, TASK, Gpt)
        if not isinstance(tokenizer, SentencePieceTokenizer):
            raise ValueError(f"{folder}: expected a SentencePiece tokenizer")
        try:
            return cls(model, tokenizer, configuration["reply_length"])
        except KeyError as error:
            raise ValueError(
                f"{folder}: expected {error} in its configuration"
            ) from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{folder}: {error}") from None

    @tf.function(reduce_retracing=True, autograph=False)
    def _compiled(self, texts, rule, seed):
        return self.in_graph(texts, rule, seed)

    def _next_logits(self, token_ids, cache):
        logits, cache = self.model.next_logits(token_ids, cache)
        return logits + self._never, cache


def _rows(ragged: tf.RaggedTensor) -> list[np.ndarray]:
    values, splits = ragged.values.numpy(), ragged.row_splits.numpy()
    return [values[a:b] for a, b in zip(splits, splits[1:], strict=False)]
