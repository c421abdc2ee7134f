"""Trains a BERT to classify texts, from pretrained, published or random weights.

Article: §5.2, §6 (1. 文本分类), §7.3.1. Erratum: E11.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse, with_default
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    prepare_tensorflow,
    start,
)


@dataclass(frozen=True)
class BertFinetuneOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.bert_finetune``."""

    data: str = option("docstrings", "set of roots_tf.datasets, a .csv or a folder")
    pretrained: str = option(
        "", "folder of a BERT: train.bert_pretrain's model, or a published one"
    )
    random_weights: bool = option(
        False, "take sizes and vocabulary of --pretrained, but not its weights"
    )
    examples: int = option(0, "training texts at most, drawn at random; 0 for all")
    max_length: int = option(128, "a longer text is cut after these", unit="tokens")
    vocab_size: int = option(8_000, "entries of the vocabulary; without --pretrained")
    hidden_size: int = option(128, "width; without --pretrained")
    num_layers: int = option(2, "blocks; without --pretrained")
    num_heads: int = option(2, "attention heads of a block; without --pretrained")
    dropout: float = option(0.1, "share of features dropped before the head")

    epochs: int = with_default(GradientRunOptions, "epochs", 3)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 1e-4)
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "hidden_size", "num_layers", "num_heads")
        self.check_at_least(0, "examples")
        self.check_at_least(3, "max_length")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--dropout: expected 0 to below 1, got {self.dropout}")
        if self.random_weights and not self.pretrained:
            raise ValueError("--random-weights: expected --pretrained beside it")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, evaluates once on the test texts, saves."""
    options = parse(
        BertFinetuneOptions,
        "python -m roots_tf.train.bert_finetune",
        __doc__,
        arguments,
    )
    strategy = prepare_tensorflow(options)
    import tensorflow as tf

    from roots_tf.applications.encoder_classification import EncoderTextClassifier
    from roots_tf.datasets.classification import load_classification
    from roots_tf.monitoring.classification_report import ClassificationReport
    from roots_tf.optimization import losses
    from roots_tf.train.bert_finetune_parts import (
        EncoderBatches,
        build_classifier,
        draw_examples,
        encode_parts,
        make_encoder,
    )
    from roots_tf.train.classifier_parts import (
        baseline_metrics,
        baselines,
        print_results,
        scores,
    )
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        data = draw_examples(load_classification(options.data), options)
        with strategy.scope():
            encoder, tokenizer = make_encoder(options, data)
            model = build_classifier(encoder, len(data.label_names), options)
        classifier = EncoderTextClassifier(
            model, tokenizer, data.label_names, options.max_length
        )
        ids = encode_parts(classifier, data)
        run = start(options, "bert_finetune", data.name)
    batches = EncoderBatches(ids["train"], data.train.labels, options)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command = command_words("bert_finetune", arguments)
    inputs = {"token_ids": tf.TensorSpec((None, None), tf.int32)}
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "accuracy", inputs
        ) as watched,
    ):
        report = ClassificationReport(watched.monitor, data.label_names)

        def validate(epoch, step):
            probabilities = classifier.predict_ids(ids["validation"])
            part = data.validation
            report.write(epoch, part.labels, probabilities, part.texts, "validation")
            return scores(part.labels, probabilities)

        epoch = watched.train(
            model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            batches,
            validate,
            strategy,
        )
        probabilities = classifier.predict_ids(ids["test"])
        simple = baselines(data)
        report.write(epoch, data.test.labels, probabilities, data.test.texts, "test")
        classifier.save(run.model_folder)
        test = scores(data.test.labels, probabilities)
        watched.finish({**test, **baseline_metrics(simple)})
        print_results(data, probabilities, epoch, simple)
        watched.print_where()


if __name__ == "__main__":
    sys.exit(main())
