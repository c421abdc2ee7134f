"""Dialogue by retrieval (检索式对话): the best of many replies that people once gave.

    s(c, r) = w e(c) . e(r) + (1 - w) max_i (c . c_i) (r . r_i)

e is a sentence encoder that has learned which reply belongs to which context, out of
those of a batch; the second half is ``example_memory``: is this what was said in a like
case? The weight w is chosen on validation dialogues. Every word it says was written by
a person: it makes no mistakes of grammar, and cannot say anything new.

A context is [CLS] last turn [SEP] turn before [SEP] ...: the place of a token tells how
long ago it was said.

Article: §6 (5. 对话系统).
Source: Lowe et al. 2015 (1506.08909), §4.3 (a dual encoder for replies), §4.4
    (recall@k of N); Henderson et al. 2017 (1705.00652), §4 (batches of pairs).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_folder import load_encoder
from roots_tf.applications.example_memory import ExampleMemory
from roots_tf.applications.model_folder import CONFIGURATION, write_model_folder
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.text.dialogue_history import history_text, latest_turns, turns_of

TASK = "dialogue_retrieval"
EXAMPLES = "examples.json"


class RetrievalAgent:
    """A sentence encoder with examples, whose replies it can give.

    Args:
        embedder: of contexts and replies.
        examples: N pairs of a history and the reply that was given.
        weight: w, 0 to 1.

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        embedder: SentenceEmbedder,
        examples: Sequence[tuple[Sequence[str], str]],
        weight: float = 0.5,
    ):
        if not examples or not 0 <= weight <= 1:
            raise ValueError(
                "expected examples and a weight of 0 to 1, got "
                f"{len(examples)} and {weight}"
            )
        self.embedder, self.weight = embedder, weight
        self.examples = [(tuple(history), reply) for history, reply in examples]
        self.replies = tf.constant([history_text([reply]) for _, reply in examples])
        contexts = tf.constant([history_text(history) for history, _ in examples])
        self.memory = ExampleMemory(
            self._bare(self.context_ids(contexts)),
            self._bare(embedder.token_ids(self.replies)),
            embedder.tokenizer.vocab_size,
        )
        self._vectors = tf.Variable(
            tf.zeros([len(examples), embedder.width]), trainable=False
        )
        self.embed_replies()

    def embed_replies(self) -> None:
        """Makes the replies' vectors again: the encoder has learned something."""
        texts = [text.decode() for text in self.replies.numpy()]
        self._vectors.assign(self.embedder.embed(texts))

    def reply(self, history: Sequence[str]) -> str:
        """Gives the best reply to a dialogue so far.

        Args:
            history: one turn or more, the last of them to be answered. Those that fit
                into ``max_length`` tokens are read: ``dialogue_history``.

        Raises:
            ValueError: there is no turn, an empty one, or a lone surrogate.
        """
        return self.replies_to([history])[0]

    def replies_to(self, histories: Sequence[Sequence[str]]) -> list[str]:
        """Gives the best reply to each of several dialogues; see ``reply``."""
        texts = self.texts_of(histories)
        found = self._best(tf.constant(texts), tf.constant(self.weight))
        return [reply.decode() for reply in found.numpy()]

    def texts_of(self, histories: Sequence[Sequence[str]]) -> list[str]:
        """Gives the histories as texts, without what is too far back to be read."""
        # Each turn takes a token at least, and a token seldom over 32 characters.
        most = self.embedder.max_length
        return [
            history_text([turn[-32 * most :] for turn in history[-most:]])
            for history in histories
        ]

    def cosines(
        self, histories: Sequence[Sequence[str]], replies: Sequence[str]
    ) -> np.ndarray:
        """Gives e(c) . e(r), (B, C) float32, of histories and replies."""
        vectors = []
        for start in range(0, len(histories), 64):
            texts = self.texts_of(histories[start : start + 64])
            vectors.append(self._context_vectors(tf.constant(texts)).numpy())
        return np.concatenate(vectors) @ self.embedder.embed(replies).T

    def by_examples(
        self, histories: Sequence[Sequence[str]], replies: Sequence[str]
    ) -> np.ndarray:
        """Gives the formula's second half, (B, C) float32, of histories and replies."""
        ids = self._bare(self.embedder.token_ids(tf.constant(replies)))
        vectors = self.memory.sparse_vectors(ids)  # (C, V)
        contexts = self.context_ids(tf.constant(self.texts_of(histories)))
        rows = [self._by_examples(row, vectors) for row in self._marked(contexts)]
        return np.stack(rows)

    def score(self, cosines, by_examples, weight: float | None = None):
        """Adds the two, (B, C): s of the module's formula."""
        weight = self.weight if weight is None else weight
        return weight * cosines + (1 - weight) * by_examples

    def context_ids(self, texts: tf.Tensor) -> tf.Tensor:
        """Gives the ids (B, T) int32 of histories (B,) string, in a graph.

        Longest: ``max_length`` tokens; filled up with 0 on the right.
        """
        embedder = self.embedder
        ids, room = embedder.tokenizer.special_ids, embedder.max_length - 1
        turns = latest_turns(turns_of(texts, embedder.tokenizer), room, marks=1)
        flat = turns.values  # (N, None)
        ends = tf.fill([flat.nrows(), 1], ids["[SEP]"])
        turns = turns.with_values(tf.concat([flat, ends], axis=1))
        latest_first = tf.reverse(turns, [1]).merge_dims(1, 2)  # (B, None)
        starts = tf.fill([latest_first.nrows(), 1], ids["[CLS]"])
        return tf.concat([starts, latest_first], axis=1).to_tensor()  # (B, T)

    def in_graph(self, texts: tf.Tensor, weight) -> tf.Tensor:
        """Gives the best reply to each history, (B,) string -> (B,) string."""
        ids = self.context_ids(texts)  # (B, T)
        vectors = self.embedder.vectors(ids)  # (B, D)

        def best(row):
            vector, marked = row
            cosines = tf.linalg.matvec(self._vectors, vector)  # (N,)
            scores = self.score(cosines, self.memory.scores(marked), weight)
            return tf.argmax(scores, output_type=tf.int32)

        rows = tf.map_fn(
            best, (vectors, self._marked(ids)), fn_output_signature="int32"
        )
        return tf.gather(self.replies, rows)

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel; see ``saved_model``.

        It takes ``texts`` (B,) string, histories with a turn on each line, and gives
        ``replies`` (B,) string.
        """
        resources = [self.embedder.tokenizer, self._vectors]
        write_saved_model(
            folder,
            lambda texts: {"replies": self.in_graph(texts, self.weight)},
            self.embedder.model,
            resources,
        )

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.chat DIR`` reads."""
        configuration = {
            "task": TASK,
            "max_length": self.embedder.max_length,
            "weight": self.weight,
        }

        def save_rest(new: Path) -> None:
            self.embedder.tokenizer.save(new)
            text = json.dumps(self.examples, ensure_ascii=False)
            (new / EXAMPLES).write_text(text, encoding="utf-8")

        write_model_folder(folder, self.embedder.model, configuration, save_rest)

    @classmethod
    def load(cls, folder: str | Path) -> "RetrievalAgent":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        folder = Path(folder)
        model, tokenizer, configuration = load_encoder(folder, TASK, SentenceEncoder)
        try:
            examples = json.loads((folder / EXAMPLES).read_text(encoding="utf-8"))
            embedder = SentenceEmbedder(model, tokenizer, configuration["max_length"])
            return cls(embedder, examples, configuration["weight"])
        except OSError as error:
            raise ValueError(f"{folder}: cannot be read: {error}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(
                f"{folder}: {CONFIGURATION} or {EXAMPLES}: {error}"
            ) from None

    @tf.function(reduce_retracing=True, autograph=False)
    def _best(self, texts, weight):
        return self.in_graph(texts, weight)

    @tf.function(reduce_retracing=True, autograph=False)
    def _context_vectors(self, texts):
        return self.embedder.vectors(self.context_ids(texts))

    @tf.function(reduce_retracing=True, autograph=False)
    def _by_examples(self, context_ids, replies):
        return self.memory.scores(context_ids, replies)

    def _marked(self, ids):
        """Puts -1 for tokens that are no words: padding, [CLS], [SEP]."""
        special = self.embedder.tokenizer.special_ids
        none = (ids == 0) | (ids == special["[CLS]"]) | (ids == special["[SEP]"])
        return tf.where(none, -1, ids)

    def _bare(self, ids) -> tf.RaggedTensor:
        """Takes the same tokens out: (B, T) -> (B, None) int32."""
        marked = self._marked(ids)
        return tf.ragged.boolean_mask(marked, marked >= 0)
