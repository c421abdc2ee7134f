"""Trials of a classifier that the training loop trains: section-5 model, BERT.

Article: §3.3.2, §4.3.2.
"""

import abc
import gc
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np

from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.classifier_parts import scores
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import GradientRunOptions
from roots_tf.train.tune_trials import Trials
from roots_tf.tuning.keras_tuner_search import Trial
from roots_tf.tuning.search_space import Point


@dataclass(frozen=True)
class Prepared:
    """What one trial trains.

    Attributes:
        options: of the script that trains such a model, with the values of the trial.
        model: built, with fresh weights or pretrained ones.
        loss, accuracy: as `TrainingLoop` takes a loss and a measure.
        batches: ``batches(epoch)``, with a length.
        predict: gives the probabilities (N, C) of the validation texts.
    """

    options: GradientRunOptions
    model: keras.Model
    loss: Callable
    accuracy: Callable
    batches: Callable
    predict: Callable[[], np.ndarray]


class ModelTrials(Trials):
    """The value of a trial is the best accuracy of its epochs.

    A schedule of the learning rate goes over the epochs of the trial. One that
    Hyperband lets go on takes up the schedule of the longer trial where it is.

    Arguments: see `Trials`.
    """

    @abc.abstractmethod
    def prepare(self, point: Point, epochs: int) -> Prepared:
        """Makes what a trial of a point trains."""

    def fit(
        self, trial: Trial, epochs: int, folder: Path, monitor: RunMonitor
    ) -> float:
        keras.utils.clear_session()  # lets go of the last trial's model
        gc.collect()
        keras.utils.set_random_seed(self.options.seed)
        parts = self.prepare(trial.point, epochs)
        labels, reached = self.data.validation.labels, []

        def validate(epoch, step):
            values = scores(labels, parts.predict())
            if not math.isfinite(values["loss"]):
                raise FloatingPointError(f"the loss is {values['loss']}")
            reached.append(values["accuracy"])
            return values

        options = parts.options
        rate = learning_rate_of(options, len(parts.batches))
        TrainingLoop(
            parts.model,
            make_optimizer(options.optimizer, rate),
            parts.loss,
            parts.batches,
            measures={"accuracy": parts.accuracy},
            validate=validate,
            # Not its state: a trial that goes on from another writes a run of its own.
            hooks=[
                SimpleNamespace(
                    on_step=monitor.on_step, on_epoch_end=monitor.on_epoch_end
                )
            ],
            checkpoint_dir=self._checkpoints(trial, folder),
            checkpoint_every=10**9,
            clip_norm=options.clip_norm or None,
            accumulate=options.accumulate,
        ).run(epochs)
        return max(reached)

    def _checkpoints(self, trial: Trial, folder: Path) -> Path | None:
        """Where Hyperband finds a trial again that it lets go on; else None."""
        if trial.epochs is None:
            return None
        if before := self.before(trial):
            shutil.copytree(before / "checkpoints", folder / "checkpoints")
        return folder / "checkpoints"
