"""BERT's fine-tuning for one label: of a text, or of a pair of texts.

Article: §5.2, §6 (1. 文本分类). Erratum: E11.
Source: Devlin et al. 2018 (1810.04805), §4.1 and figure 4, a and b.
"""

import dataclasses
from collections.abc import Iterable

import keras

from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.datasets.classification import (
    TextClassificationData,
    TextExamples,
    load_classification,
)
from roots_tf.datasets.text_pairs import load_pairs
from roots_tf.evaluation.baselines import majority_baseline, overlap_baseline
from roots_tf.monitoring.classification_report import ClassificationReport
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization import losses
from roots_tf.train.bert_finetune_parts import EncoderBatches, build_classifier, drawn
from roots_tf.train.classifier_parts import (
    baseline_metrics,
    baselines,
    keep_test_scores,
    print_results,
    scores,
)


class ClassifyTask:
    """A label for each text; see ``bert_finetune`` for what a task has.

    Args:
        options: of the script.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """

    compared = "accuracy"
    loss = staticmethod(losses.cross_entropy)
    accuracy = staticmethod(losses.accuracy)
    pairs = False
    use = 'python -m roots_tf.predict {model} "a text"'

    def __init__(self, options):
        self.options = options
        self.data = draw_examples(self.load(options.data), options)

    def load(self, name: str) -> TextClassificationData:
        """Reads a set of texts."""
        return load_classification(name)

    def simple_rules(self) -> dict:
        """Scores what a model has to beat on the test texts."""
        return baselines(self.data)

    def texts(self) -> Iterable[str]:
        """Gives the training texts."""
        return self.data.train.texts

    def build(self, encoder, tokenizer) -> keras.Model:
        """Puts the head on the encoder, and reads all texts."""
        data, options = self.data, self.options
        model = build_classifier(encoder, len(data.label_names), options)
        self.application = EncoderTextClassifier(
            model, tokenizer, data.label_names, options.max_length, self.pairs
        )
        parts = {name: getattr(data, name) for name in ("train", "validation", "test")}
        encoded = {
            name: self.application.encode(part.texts) for name, part in parts.items()
        }
        sizes = ", ".join(f"{len(part):,} {name}" for name, part in parts.items())
        print(
            f"{data.name}: {sizes} {'pairs' if self.pairs else 'texts'} of "
            f"{len(data.label_names)} classes; {encoded['train'][1]:,} training texts "
            f"cut after {options.max_length} tokens; {tokenizer.vocab_size:,} tokens "
            "known."
        )
        self._ids = {name: ids for name, (ids, _) in encoded.items()}
        return model

    def batches(self) -> EncoderBatches:
        """Gives the training batches."""
        tokenizer = self.application.tokenizer if self.pairs else None
        ids, labels = self._ids["train"], self.data.train.labels
        return EncoderBatches(ids, labels, self.options, tokenizer)

    def validate(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the validation texts."""
        return scores(
            self.data.validation.labels, self._report(epoch, monitor, "validation")
        )

    def test(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the test texts, and prints how."""
        probabilities = self._report(epoch, monitor, "test")
        keep_test_scores(monitor.log_dir, self.data.test, probabilities)
        simple = self.simple_rules()
        print_results(self.data, probabilities, epoch, simple)
        found = scores(self.data.test.labels, probabilities)
        return {**found, **baseline_metrics(simple)}

    def _report(self, epoch, monitor, name):
        part = getattr(self.data, name)
        probabilities = self.application.predict_ids(self._ids[name])
        report = ClassificationReport(monitor, self.data.label_names)
        report.write(epoch, part.labels, probabilities, part.texts, name)
        return probabilities


class PairsTask(ClassifyTask):
    """A label for each pair of texts."""

    pairs = True
    use = "python -m roots_tf.predict {model} $'a text\\tanother'"

    def load(self, name: str) -> TextClassificationData:
        """Reads a set of pairs."""
        return load_pairs(name)

    def simple_rules(self) -> dict:
        """Scores what a model has to beat on the test pairs."""
        train, test = self.data.train, self.data.test
        return {
            "word_overlap": overlap_baseline(train, test),
            "majority": majority_baseline(train.labels, test.labels),
        }

    def texts(self) -> Iterable[str]:
        """Gives both texts of the training pairs."""
        return (text for pair in self.data.train.texts for text in pair.split("\t"))


def draw_examples(data: TextClassificationData, options) -> TextClassificationData:
    """Keeps ``--examples`` training texts, see ``drawn``.

    The names of the classes stay, so that a class may be left without a text.
    """
    rows = drawn(len(data.train), options)
    texts = tuple(data.train.texts[row] for row in rows)
    return dataclasses.replace(data, train=TextExamples(texts, data.train.labels[rows]))
