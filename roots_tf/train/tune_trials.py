"""What the trials of every model have in common, and what is told of them.

Article: §3.3.2, §4.3.2 (对每个参数组合进行训练和评估).
"""

import abc
import csv
import math
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from roots_tf.datasets.classification import TextClassificationData
from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.train.monitored_run import describe_run
from roots_tf.tuning.keras_tuner_search import Outcome, Trial
from roots_tf.tuning.search_space import Point, SearchSpace


class Trials(abc.ABC):
    """Trains a model once for each trial, a TensorBoard run each.

    A model that can be tuned is a class derived from this, with a `space`, `fit` and
    `command`; one that the training loop trains derives from `ModelTrials`. What a
    trial is worth is its accuracy on the validation texts; those of the test part are
    not looked at.

    Args:
        options: of the script.
        data: the texts and their classes.
        folder: gets the runs, one folder a trial.

    Attributes:
        space: what is searched. What matters most comes first: a grid is finest there.
    """

    space: ClassVar[SearchSpace]

    def __init__(self, options, data: TextClassificationData, folder: Path):
        self.options, self.data, self.folder = options, data, folder

    @abc.abstractmethod
    def fit(
        self, trial: Trial, epochs: int, folder: Path, monitor: RunMonitor
    ) -> float:
        """Trains and gives the validation accuracy, 0 to 1; any exception is a failure.

        Args:
            trial: the values to try; with Hyperband also from which trial to go on, see
                `before`.
            epochs: in all, those of the trial gone on from included.
            folder: of the run; for what a later trial needs to go on from this one.
            monitor: gets the curves, `epoch/accuracy` in `validation/` among them.
        """

    @abc.abstractmethod
    def command(self, point: Point) -> str:
        """Gives the command that trains with the values of a point."""

    def train(self, trial: Trial) -> float:
        """Runs one trial, and writes what it is and how it ends."""
        folder = self.folder / trial.id
        shutil.rmtree(folder, ignore_errors=True)  # of a trial that was cut off
        epochs = trial.epochs or self.options.epochs
        columns = [("validation", "epoch/accuracy"), ("", "final/accuracy")]
        with RunMonitor(folder, histogram_every_epochs=0) as monitor:
            words = self.command(trial.point).split()
            values = {**trial.point, "epochs": epochs}
            describe_run(monitor, words, values, self.data.content_hash, columns)
            try:
                accuracy = self.fit(trial, epochs, folder, monitor)
                if not math.isfinite(accuracy):
                    raise FloatingPointError(f"the accuracy is {accuracy}")
            except Exception:
                write_final_metrics(monitor, {}, "failed")
                raise
            write_final_metrics(monitor, {"accuracy": accuracy})
        return accuracy

    def before(self, trial: Trial) -> Path | None:
        """Gives the folder of the trial that Hyperband lets go on in this one."""
        return None if trial.after is None else self.folder / trial.after

    def told(self, outcome: Outcome) -> None:
        """Prints what came of a trial."""
        result = (
            f"failed: {outcome.error}"
            if outcome.error
            else f"accuracy {outcome.value:.4f}"
        )
        print(f"trial {outcome.trial.id}: {_text(outcome)}: {result}", flush=True)

    def write_table(self, path: Path, outcomes: Sequence[Outcome]) -> None:
        """Writes all trials as CSV."""
        temporary = path.with_suffix(".tmp")
        names = list(self.space.dimensions)
        with open(temporary, "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["trial", *names, "epochs", "accuracy", "error"])
            for outcome in outcomes:
                trial = outcome.trial
                values = (trial.point[name] for name in names)
                row = [trial.id, *values, trial.epochs, outcome.value, outcome.error]
                table.writerow(["" if value is None else value for value in row])
        os.replace(temporary, path)

    def print_results(self, outcomes: Sequence[Outcome], folder: Path) -> None:
        """Prints the best trials and how to go on.

        Raises:
            FloatingPointError: every trial failed.
        """
        good = [outcome for outcome in outcomes if not outcome.error]
        if not good:
            raise FloatingPointError(
                f"all {len(outcomes)} trials failed, the first by: {outcomes[0].error}"
            )
        good.sort(key=lambda outcome: -outcome.value)
        failed = len(outcomes) - len(good)
        print(f"\n{len(outcomes)} trials, {failed} failed. The best in validation:")
        for outcome in good[:5]:
            print(f"  {outcome.value:.4f}  trial {outcome.trial.id}: {_text(outcome)}")
        print(f"Train it: {self.command(good[0].trial.point)}")
        print(f"All trials: {folder / 'trials.csv'}")
        print(f"Watch them: tensorboard --logdir {folder / 'trials'} (tab HPARAMS)")


def as_flags(point: Point) -> str:
    """Writes the values of a point as flags of a script."""
    return " ".join(f"--{name.replace('_', '-')} {v}" for name, v in point.items())


def _text(outcome):
    return ", ".join(f"{name} {value}" for name, value in outcome.trial.point.items())
