"""Question answering (问答系统) by extraction: which span of a passage is the answer?

    [CLS] question [SEP] a window of the passage [SEP]

    score(i, j) = log p_start(i) + log p_end(j),   i <= j < i + longest

A passage that does not fit is read in windows that overlap by half. A window without
the answer is trained to point at its [CLS], so that the softmax, over [CLS] and the
passage alone, also tells how likely the answer is in the window; the best span of all
windows is the answer, and its text is cut out of the passage by character offsets.

Article: §6 (3. 问答系统), §9.3. Erratum: E17.
Source: Devlin et al. 2018 (1810.04805), §4.2 (spans), §4.3 (pointing at [CLS]) and
    figure 4c; the windows: the authors' code, ``run_squad.py`` (doc stride), which
    compares raw logits between windows.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_classification import encoder_inputs
from roots_tf.applications.encoder_folder import check_encoder, load_encoder
from roots_tf.applications.model_folder import CONFIGURATION, write_model_folder
from roots_tf.models.encoder_heads import SpanClassifier
from roots_tf.text.batching import in_order
from roots_tf.text.token_places import encode_with_places
from roots_tf.text.wordpiece import CLS, SEP, WordPieceTokenizer

TASK = "span extraction"
LEAST_LENGTH = 8  # tokens: three special ones, some of the question and the passage


class Window(NamedTuple):
    """What the model reads at once.

    Attributes:
        question: number of the question.
        token_ids: (T,) int32.
        first: where in it the passage begins; it goes to T - 1.
        places: (T - 1 - first, 2) int, the characters of the passage's tokens.
    """

    question: int
    token_ids: np.ndarray
    first: int
    places: np.ndarray


class FoundAnswer(NamedTuple):
    """The best span: its text, its characters, and its probability in its window."""

    text: str
    start: int
    end: int
    probability: float


class SpanExtractor:
    """A fine-tuned encoder with all that it needs to answer from a passage.

    Args:
        model: built.
        tokenizer: of the model's ids; its padding must be id 0.
        max_length: tokens of a window; a question has at most a third of it.
        longest_answer: in tokens.

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        model: SpanClassifier,
        tokenizer: WordPieceTokenizer,
        max_length: int,
        longest_answer: int,
    ):
        check_encoder(model.encoder, tokenizer, max_length, LEAST_LENGTH)
        if longest_answer < 1:
            raise ValueError(
                f"expected answers of 1 token or more, got {longest_answer}"
            )
        self.model, self.tokenizer = model, tokenizer
        self.max_length, self.longest_answer = max_length, longest_answer

    def encode(self, questions: Sequence[str], passages: Sequence[str]) -> list[Window]:
        """Cuts passages into windows, each with its question before it.

        A passage without a token has no window.

        Raises:
            ValueError: a text is not Unicode, or there are fewer of one kind.
        """
        if len(questions) != len(passages):
            raise ValueError(
                f"expected a passage for each of {len(questions)} questions, "
                f"got {len(passages)}"
            )
        asked = self.tokenizer.encode(questions).to_list() if questions else []
        different = list(dict.fromkeys(passages))
        encoded = encode_with_places(self.tokenizer, different)
        placed = dict(zip(different, encoded, strict=True))
        cls_id, sep_id = (self.tokenizer.special_ids[name] for name in (CLS, SEP))
        windows = []
        for number, (ids, passage) in enumerate(zip(asked, passages, strict=True)):
            head = [cls_id, *ids[: self.max_length // 3], sep_id]
            tokens = placed[passage]
            room = self.max_length - len(head) - 1
            for start in _window_starts(len(tokens.ids), room):
                piece = slice(start, start + room)
                token_ids = np.int32([*head, *tokens.ids[piece], sep_id])
                places = tokens.places[piece]
                windows.append(Window(number, token_ids, len(head), places))
        return windows

    def marks(self, window: Window, start: int, length: int) -> np.ndarray:
        """Marks where the answer starts and ends, as ``losses.span_cross_entropy``.

        Args:
            window: from ``encode``.
            start: of the answer in the passage, in characters.
            length: of the answer, in characters.

        Returns:
            (T,) int32: -1 for the question and [SEP]; else 0, 1 at the first token of
            the answer, 2 at its last, 3 at one that is both. Where the window lacks
            part of the answer, [CLS] has the 3.
        """
        marks = np.full(len(window.token_ids), -1, np.int32)
        marks[0] = marks[window.first : -1] = 0
        begins, ends = window.places.T
        of_answer = np.flatnonzero((begins < start + length) & (ends > start))
        # An answer that the window cuts off reaches beyond its first or last token.
        whole = (
            of_answer.size
            and (of_answer[0] > 0 or begins[0] <= start)
            and (of_answer[-1] < len(ends) - 1 or ends[-1] >= start + length)
        )
        at = window.first + of_answer[[0, -1]] if whole else (0, 0)
        marks[at[0]] += 1
        marks[at[1]] += 2
        return marks

    def predict(
        self, questions: Sequence[str], passages: Sequence[str]
    ) -> list[FoundAnswer]:
        """Gives the answers; an empty one if a passage has no token.

        Raises:
            ValueError: as ``encode``.
        """
        return self.predict_windows(self.encode(questions, passages), passages)

    def predict_windows(
        self, windows: Sequence[Window], passages: Sequence[str], batch_size: int = 32
    ) -> list[FoundAnswer]:
        """Gives the answers from the windows that ``encode`` gave for the passages."""
        answers = [FoundAnswer("", 0, 0, 0.0) for _ in passages]
        for rows, token_ids in in_order([w.token_ids for w in windows], batch_size):
            marks = np.full(token_ids.shape, -1, np.int32)
            for line, row in zip(marks, rows, strict=True):
                line[windows[row].first : len(windows[row].token_ids) - 1] = 0
            scores = self.scores(tf.constant(token_ids), tf.constant(marks))
            found = best_spans(
                *(array.numpy() for array in scores), self.longest_answer
            )
            for row, first, last, score in zip(rows, *found, strict=True):
                window, probability = windows[row], float(np.exp(score))
                if probability > answers[window.question].probability:
                    start = int(window.places[first - window.first, 0])
                    end = int(window.places[last - window.first, 1])
                    text = passages[window.question][start:end]
                    answers[window.question] = FoundAnswer(
                        text, start, end, probability
                    )
        return answers

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)] * 2, autograph=False
    )
    def scores(self, token_ids, marks):
        """Gives log p of start and end (B, T) float32.

        Args:
            token_ids: (B, T) int32.
            marks: (B, T) int32, 0 or more where an answer can be, else -1; there, the
                scores are -inf.
        """
        outputs = self.model(encoder_inputs(token_ids, self.tokenizer), training=False)
        with_cls = (marks >= 0) | (tf.range(tf.shape(marks)[1]) == 0)
        return tuple(
            tf.where(
                marks >= 0,
                tf.nn.log_softmax(
                    tf.where(with_cls, tf.cast(outputs[name], tf.float32), -np.inf), 1
                ),
                -np.inf,
            )
            for name in ("start_logits", "end_logits")
        )

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": TASK,
            "max_length": self.max_length,
            "longest_answer": self.longest_answer,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "SpanExtractor":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, tokenizer, configuration = load_encoder(folder, TASK, SpanClassifier)
        try:
            return cls(
                model,
                tokenizer,
                configuration["max_length"],
                configuration["longest_answer"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: {CONFIGURATION}: {error}") from None


def best_spans(
    start_scores: np.ndarray, end_scores: np.ndarray, longest: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds the span with the largest sum of scores in each row.

    Args:
        start_scores, end_scores: (B, T) float, -inf where a span cannot start or end.
        longest: most tokens of a span.

    Returns:
        First and last token (B,) int, and the sum (B,); of equal ones the shortest
        span, then the first.
    """
    rows = np.arange(len(start_scores))
    first, last = np.zeros((2, len(rows)), np.int64)
    best = np.full(len(rows), -np.inf)
    width = start_scores.shape[1]
    for extra in range(min(longest, width)):
        sums = start_scores[:, : width - extra] + end_scores[:, extra:]
        place = sums.argmax(axis=1)
        better = sums[rows, place] > best
        best = np.where(better, sums[rows, place], best)
        first = np.where(better, place, first)
        last = np.where(better, place + extra, last)
    return first, last, best


def _window_starts(length: int, room: int) -> range:
    """Gives where windows of ``room`` tokens begin, half of it apart."""
    step = max(1, room // 2)
    return range(0, max(0, length - room) + step if length else 0, step)
