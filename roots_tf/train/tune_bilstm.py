"""Trials of the section-5 model: its accuracy on the validation texts.

Article: §3.3.2, §4.3.2, §5.2.
"""

from dataclasses import replace
from pathlib import Path

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import TextClassificationData
from roots_tf.text.batching import BucketedBatches
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.classifier_parts import build_model, objective, read_texts
from roots_tf.train.tune_model_trials import ModelTrials, Prepared
from roots_tf.train.tune_trials import as_flags
from roots_tf.tuning.search_space import Choice, Integer, Point, Real, SearchSpace


class BilstmTrials(ModelTrials):
    """Trials of ``train.classifier``.

    Arguments: see `Trials`.

    Raises:
        ValueError: no text of train has a token, or an option does not fit.
    """

    space = SearchSpace(
        {
            "learning_rate": Real(1e-4, 3e-2, log=True),
            "pooling": Choice(("last", "max", "mean+max")),
            "hidden_size": Integer(16, 128, log=True),
            "batch_size": Integer(8, 64, log=True),
            "dropout": Real(0, 0.5),
        }
    )

    def __init__(self, options, data: TextClassificationData, folder: Path):
        super().__init__(options, data, folder)
        self.base = ClassifierOptions(
            vocab_size=options.vocab_size,
            max_length=options.max_length,
            seed=options.seed,
        )
        self.vocabulary, self.settings, self.ids = read_texts(data, self.base)

    def prepare(self, point: Point, epochs: int) -> Prepared:
        options = replace(self.base, epochs=epochs, **point)
        names, labels = self.data.label_names, self.data.train.labels
        model = build_model(options, self.vocabulary, len(names))
        outputs, loss, accuracy = objective(options.model)
        classifier = TextClassifier(
            model, self.vocabulary, self.settings, names, outputs
        )
        return Prepared(
            options,
            model,
            loss,
            accuracy,
            BucketedBatches(
                self.ids["train"], labels, options.batch_size, options.seed
            ),
            lambda: classifier.predict_ids(self.ids["validation"]),
        )

    def command(self, point: Point) -> str:
        options = self.options
        sizes = f"--vocab-size {options.vocab_size} --max-length {options.max_length}"
        return (
            f"python -m roots_tf.train.classifier --data {options.data} "
            f"--epochs {options.epochs} {sizes} {as_flags(point)}"
        )
