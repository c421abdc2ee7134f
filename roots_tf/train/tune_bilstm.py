"""Trials of the section-5 model: its accuracy on the validation texts.

Article: §3.3.2, §4.3.2, §5.2.
"""

import gc
import math
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import TextClassificationData
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.batching import BucketedBatches
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.classifier_parts import build_model, objective, read_texts, scores
from roots_tf.train.make_optimizer import make_optimizer
from roots_tf.train.tune_trials import Trials, as_flags
from roots_tf.tuning.keras_tuner_search import Trial
from roots_tf.tuning.search_space import Choice, Integer, Point, Real, SearchSpace


class BilstmTrials(Trials):
    """The value of a trial is the best accuracy of its epochs.

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
            epochs=options.epochs,
            seed=options.seed,
        )
        self.vocabulary, self.settings, self.ids = read_texts(data, self.base)

    def fit(
        self, trial: Trial, epochs: int, folder: Path, monitor: RunMonitor
    ) -> float:
        keras.utils.clear_session()  # lets go of the last trial's model
        gc.collect()
        keras.utils.set_random_seed(self.options.seed)
        options = replace(self.base, **trial.point)
        model = build_model(options, self.vocabulary, len(self.data.label_names))
        outputs, loss, accuracy = objective(options.model)
        classifier = TextClassifier(
            model, self.vocabulary, self.settings, self.data.label_names, outputs
        )
        part, reached = self.data.validation, []

        def validate(epoch, step):
            values = scores(part.labels, classifier.predict_ids(self.ids["validation"]))
            if not math.isfinite(values["loss"]):
                raise FloatingPointError(f"the loss is {values['loss']}")
            reached.append(values["accuracy"])
            return values

        TrainingLoop(
            model,
            make_optimizer(options.optimizer, options.learning_rate),
            loss,
            BucketedBatches(
                self.ids["train"],
                self.data.train.labels,
                options.batch_size,
                options.seed,
            ),
            measures={"accuracy": accuracy},
            validate=validate,
            # Not its state: a trial that goes on from another writes a run of its own.
            hooks=[
                SimpleNamespace(
                    on_step=monitor.on_step, on_epoch_end=monitor.on_epoch_end
                )
            ],
            checkpoint_dir=self._checkpoints(trial, folder),
            checkpoint_every=10**9,
            clip_norm=options.clip_norm,
        ).run(epochs)
        return max(reached)

    def command(self, point: Point) -> str:
        options = self.options
        sizes = f"--vocab-size {options.vocab_size} --max-length {options.max_length}"
        return (
            f"python -m roots_tf.train.classifier --data {options.data} "
            f"--epochs {options.epochs} {sizes} {as_flags(point)}"
        )

    def _checkpoints(self, trial: Trial, folder: Path) -> Path | None:
        """Where Hyperband finds a trial again that it lets go on; else None."""
        if trial.epochs is None:
            return None
        if before := self.before(trial):
            shutil.copytree(before / "checkpoints", folder / "checkpoints")
        return folder / "checkpoints"
