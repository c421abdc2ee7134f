"""BERT's fine-tuning for the span of a passage that answers a question.

Article: §6 (3. 问答系统), §4.3.1. Errata: E11, E17.
Source: Devlin et al. 2018 (1810.04805), §4.2 and figure 4c.
"""

import dataclasses
from collections.abc import Iterable

import keras

from roots_tf.applications.nearest_sentence import nearest_sentence
from roots_tf.applications.span_extraction import SpanExtractor
from roots_tf.datasets.reading_comprehension import NOWHERE, load_reading_comprehension
from roots_tf.evaluation.span_metrics import answer_scores, exact_match
from roots_tf.models.encoder_heads import SpanClassifier
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.text_samples import text_table
from roots_tf.optimization import losses
from roots_tf.train.bert_finetune_parts import EncoderBatches, build_head, drawn

_MOST_SAMPLES = 20


class SpanTask:
    """The answer to each question; see ``bert_finetune`` for what a task has.

    Args:
        options: of the script.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """

    compared = "f1"
    loss = staticmethod(losses.span_cross_entropy)
    accuracy = staticmethod(losses.span_accuracy)
    use = "python -m roots_tf.predict {model} $'a question\\ta passage'"

    def __init__(self, options):
        self.options = options
        data = load_reading_comprehension(options.data)
        rows = drawn(len(data.train), options)
        train = tuple(data.train[row] for row in rows)
        self.data = dataclasses.replace(data, train=train)

    def texts(self) -> Iterable[str]:
        """Gives the training questions, and each of their passages once."""
        yield from (question.text for question in self.data.train)
        yield from dict.fromkeys(question.passage for question in self.data.train)

    def build(self, encoder, tokenizer) -> keras.Model:
        """Puts the head on the encoder, and cuts all passages into windows."""
        data, options = self.data, self.options
        model = build_head(SpanClassifier, encoder, options)
        self.application = SpanExtractor(
            model, tokenizer, options.max_length, options.longest_answer
        )
        self._passages, self._windows = {}, {}
        for part in ("train", "validation", "test"):
            questions = getattr(data, part)
            self._passages[part] = [question.passage for question in questions]
            self._windows[part] = self.application.encode(
                [question.text for question in questions], self._passages[part]
            )
        self._marks = []
        for window in self._windows["train"]:
            answer = data.train[window.question].answers[0]
            text = answer.text.strip()
            start = answer.start + answer.text.index(text)
            start, length = (0, 0) if answer.start == NOWHERE else (start, len(text))
            self._marks.append(self.application.marks(window, start, length))
        lacking = sum(bool(marks[0]) for marks in self._marks)
        print(
            f"{data.name}: {len(data.train):,} train, {len(data.validation):,} "
            f"validation, {len(data.test):,} test questions; {len(self._marks):,} "
            f"training windows of {options.max_length} tokens, {lacking:,} of them "
            f"without the answer; {tokenizer.vocab_size:,} tokens known."
        )
        return model

    def batches(self) -> EncoderBatches:
        """Gives the training batches."""
        ids = [window.token_ids for window in self._windows["train"]]
        return EncoderBatches(
            ids, self._marks, self.options, self.application.tokenizer
        )

    def validate(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the answers to the validation questions."""
        return self._score(epoch, monitor, "validation")

    def test(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the answers to the test questions, and prints how."""
        data = self.data
        found = self._score(epoch, monitor, "test")
        sentences = [
            nearest_sentence(q.text, q.passage, data.language) for q in data.test
        ]
        right = [[answer.text for answer in q.answers] for q in data.test]
        simple = answer_scores(sentences, right, data.language)
        rule = {"en": "SQuAD", "zh": "CMRC"}[data.language]
        print(
            f"\nTest questions, with the weights of epoch {epoch} (best in "
            f"validation), as {rule} scores:\n{'':24}exact match      F1"
        )
        for name, row in (("this model", found), ("the nearest sentence", simple)):
            print(f"{name:24}{row['exact_match']:11.4f}  {row['f1']:6.4f}")
        return {**found, **{f"nearest_{key}": simple[key] for key in simple}}

    def _score(self, epoch, monitor, name):
        questions, language = getattr(self.data, name), self.data.language
        found = self.application.predict_windows(
            self._windows[name], self._passages[name]
        )
        predicted = [answer.text for answer in found]
        right = [[answer.text for answer in q.answers] for q in questions]
        rows, marks = [], []
        for question, answer, texts in zip(questions, found, right, strict=True):
            if len(rows) < _MOST_SAMPLES:
                probability = f"{answer.probability:.3f}"
                rows.append((question.text, texts[0], answer.text, probability))
                marks.append(
                    any(exact_match(answer.text, text, language) for text in texts)
                )
        table = text_table(("question", "true", "found", "probability"), rows, marks)
        monitor.text(name, epoch, "samples", table)
        return answer_scores(predicted, right, language)
