"""Trains the section-5 model to classify texts.

Article: §5.2, §5.3, §3.3.1, §4.3.1, §6 (1. 文本分类), §7.2.2, §9.2.
Errata: E11, E12, E13.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import prepare_tensorflow
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    start,
)

# Those of roots_tf.recurrent, which is not imported before the flags are read.
POOLINGS = ("last", "mean", "max", "mean+max", "attention")


@dataclass(frozen=True)
class ClassifierOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.classifier``; sizes as in the article."""

    data: str = option("docstrings", "set of roots_tf.datasets, a .csv or a folder")
    model: str = option(
        "bilstm",
        "the article's code to the letter, or made right",
        choices=("printed", "bilstm"),
    )
    han: str = option("words", "units of Chinese text", choices=("words", "characters"))
    vocab_size: int = option(10_000, "entries of the vocabulary at most")
    max_length: int = option(400, "a longer text is cut after these", unit="tokens")
    drop_stop_words: bool = option(False, "leave stop words out (erratum E16)")
    embedding_dim: int = option(128, "width of the word vectors")
    hidden_size: int = option(128, "width of one LSTM direction")
    pooling: str = option("mean+max", "from tokens to text", choices=POOLINGS)
    dropout: float = option(0.3, "share of features dropped in training")
    mask_padding: bool = option(True, "tell padding from words (erratum E13)")
    embeddings: str = option("", "file of word vectors: word2vec text or binary, GloVe")
    train_embeddings: bool = option(True, "go on training the word vectors")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, evaluates once on the test texts, saves."""
    options = parse(
        ClassifierOptions, "python -m roots_tf.train.classifier", __doc__, arguments
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.applications.text_classification import TextClassifier
    from roots_tf.datasets.classification import load_classification
    from roots_tf.monitoring.classification_report import ClassificationReport
    from roots_tf.monitoring.projector import write_projector
    from roots_tf.text.batching import BucketedBatches
    from roots_tf.train.classifier_parts import (
        baseline_metrics,
        baselines,
        build_model,
        keep_test_scores,
        objective,
        print_results,
        read_texts,
        reliability_picture,
        scores,
    )
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        data = load_classification(options.data)
        vocabulary, settings, ids = read_texts(data, options)
        batches = BucketedBatches(
            ids["train"], data.train.labels, options.batch_size, options.seed
        )
        rate = learning_rate_of(options, len(batches))
        with strategy.scope():
            model = build_model(options, vocabulary, len(data.label_names))
            optimizer = make_optimizer(options.optimizer, rate)
        run = start(options, "classifier", f"{data.name}-{options.model}")
    outputs, loss, accuracy = objective(options.model)
    classifier = TextClassifier(model, vocabulary, settings, data.label_names, outputs)
    command = command_words("classifier", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "accuracy"
        ) as watched,
    ):
        report = ClassificationReport(watched.monitor, data.label_names)

        def validate(epoch, step):
            probabilities = classifier.predict_ids(ids["validation"])
            part = data.validation
            report.write(epoch, part.labels, probabilities, part.texts, "validation")
            picture = reliability_picture(part.labels, probabilities)
            watched.monitor.image("validation", epoch, "reliability", picture)
            return scores(part.labels, probabilities)

        epoch = watched.train(
            model, optimizer, loss, accuracy, batches, validate, strategy
        )
        probabilities = classifier.predict_ids(ids["test"])
        simple = baselines(data)
        report.write(epoch, data.test.labels, probabilities, data.test.texts, "test")
        keep_test_scores(run.folder, data.test, probabilities)
        picture = reliability_picture(data.test.labels, probabilities)
        watched.monitor.image("test", epoch, "reliability", picture)
        vectors = model.get_layer(index=1).get_weights()[0]
        counts = {"frequency": vocabulary.counts}
        if options.monitoring:
            folder = run.folder / "projector"
            write_projector(folder, vectors, vocabulary.tokens, counts)
        classifier.save(run.model_folder)
        if settings.han == "words":
            print("No SavedModel: jieba's words need Python; --han characters has one.")
        else:
            saved = TextClassifier.load(run.model_folder)
            saved.export(run.folder / "saved_model")
        test = scores(data.test.labels, probabilities)
        watched.finish({**test, **baseline_metrics(simple)})
        print_results(data, probabilities, epoch, simple)
        watched.print_where()


if __name__ == "__main__":
    sys.exit(main())
