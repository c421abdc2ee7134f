"""BERT's fine-tuning for a label on each word, such as parts of names (NER).

Article: §5.2, §4.3.1. Errata: E11, E12.
Source: Devlin et al. 2018 (1810.04805), §5.3 and figure 4d.
"""

import dataclasses
from collections.abc import Iterable

import keras
import tensorflow as tf

from roots_tf.applications.encoder_tagging import EncoderTagger
from roots_tf.datasets.tagging import TaggedSentences, load_tagging
from roots_tf.evaluation.baselines import frequent_tags_baseline
from roots_tf.models.encoder_heads import TokenClassifier
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.text_samples import text_table
from roots_tf.optimization import losses
from roots_tf.train.bert_finetune_parts import EncoderBatches, build_head, drawn
from roots_tf.train.tagger_parts import entity_metrics, print_results

_MOST_SAMPLES = 20


class TagTask:
    """A tag for each word; see ``bert_finetune`` for what a task has.

    Args:
        options: of the script.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """

    compared = "f1"
    loss = staticmethod(losses.cross_entropy)
    accuracy = staticmethod(losses.accuracy)
    use = 'python -m roots_tf.predict {model} "a text"'

    def __init__(self, options):
        self.options = options
        data = load_tagging(options.data)
        rows = drawn(len(data.train), options)
        self._tag_names = data.tag_names
        train = TaggedSentences(
            tuple(data.train.tokens[row] for row in rows),
            tuple(data.train.tags[row] for row in rows),
        )
        self.data = dataclasses.replace(data, train=train)

    def texts(self) -> Iterable[str]:
        """Gives the training sentences."""
        return map(" ".join, self.data.train.tokens)

    def build(self, encoder, tokenizer) -> keras.Model:
        """Puts the head on the encoder, and reads all sentences."""
        data, options, names = self.data, self.options, self._tag_names
        model = build_head(TokenClassifier, encoder, options, num_classes=len(names))
        # The Chinese sets come as characters, the English ones as words.
        units = "characters" if data.language == "zh" else "words"
        self.application = EncoderTagger(
            model, tokenizer, names, units, options.max_length
        )
        self._encoded = {
            part: self.application.encode(getattr(data, part).tokens)
            for part in ("train", "validation", "test")
        }
        _, places = self._encoded["train"]
        words = sum(map(len, places))
        silent = sum(int((found == 0).sum()) for found in places)
        print(
            f"{data.name}: {len(data.train):,} train, {len(data.validation):,} "
            f"validation, {len(data.test):,} test sentences, {len(names)} tags; "
            f"{silent:,} of {words:,} training words cut off after "
            f"{options.max_length} tokens or invisible; {tokenizer.vocab_size:,} "
            "tokens known."
        )
        return model

    def batches(self) -> "TaggedBatches":
        """Gives the training batches."""
        ids, places = self._encoded["train"]
        labels = self.application.labels(self.data.train.tags, ids, places)
        return TaggedBatches(ids, labels, self.options)

    def validate(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the entities of the validation sentences."""
        predicted = self._predict(epoch, monitor, "validation")
        return entity_metrics(self.data.validation.tags, predicted)

    def test(self, epoch: int, monitor: RunMonitor) -> dict[str, float]:
        """Scores the entities of the test sentences, and prints how."""
        train, test = self.data.train, self.data.test
        predicted = self._predict(epoch, monitor, "test")
        simple = frequent_tags_baseline(train.tokens, train.tags, test.tokens)
        print_results(self.data, predicted, epoch)
        found, beaten = (
            entity_metrics(test.tags, tags) for tags in (predicted, simple)
        )
        print(
            f"f1 of this model {found['f1']:.4f}, of each word's most frequent ", end=""
        )
        print(f"tag in training {beaten['f1']:.4f}\n")
        return {**found, **{f"frequent_tags_{k}": v for k, v in beaten.items()}}

    def _predict(self, epoch, monitor, name):
        part = getattr(self.data, name)
        predicted = self.application.predict_ids(*self._encoded[name])
        rows = list(zip(part.tokens, part.tags, predicted, strict=True))
        rows.sort(key=lambda row: list(row[1]) == row[2])  # the wrong ones first
        rows = rows[:_MOST_SAMPLES]
        table = text_table(
            ("true", "predicted"),
            [
                (_shown(tokens, true), _shown(tokens, found))
                for tokens, true, found in rows
            ],
            [list(true) == found for _, true, found in rows],
        )
        monitor.text(name, epoch, "samples", table)
        return predicted


class TaggedBatches(EncoderBatches):
    """Batches with a third part: weight 1 for a word's first piece, 0 for all else."""

    def __call__(self, epoch: int) -> tf.data.Dataset:
        return (
            super()
            .__call__(epoch)
            .map(
                lambda inputs, tags: (
                    inputs,
                    tf.maximum(tags, 0),
                    tf.cast(tags >= 0, tf.float32),
                )
            )
        )


def _shown(tokens, tags):
    """Writes each tag but "O" behind its word."""
    return " ".join(
        word if tag == "O" else f"{word}/{tag}"
        for word, tag in zip(tokens, tags, strict=True)
    )
