"""The parts of the tuning script: the space, a trial, several processes, the results.

Article: §3.3.2, §4.3.2 (对每个参数组合进行训练和评估).
"""

import csv
import gc
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import TextClassificationData
from roots_tf.monitoring.hparams import write_final_metrics, write_hparams
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.batching import BucketedBatches
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.classifier_parts import build_model, objective, read_texts, scores
from roots_tf.train.run import make_optimizer
from roots_tf.tuning.keras_tuner_search import Outcome, Trial
from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

# What matters most comes first: a grid is finest there.
SPACE = SearchSpace(
    {
        "learning_rate": Real(1e-4, 3e-2, log=True),
        "pooling": Choice(("last", "max", "mean+max")),
        "hidden_size": Integer(16, 128, log=True),
        "batch_size": Integer(8, 64, log=True),
        "dropout": Real(0, 0.5),
    }
)
_ENDS_WITH_PARENT = "ROOTS_TF_ENDS_WITH_PARENT"


class BilstmTrials:
    """Trains the section-5 model once for each trial; the value is its accuracy.

    Args:
        options: of the script.
        data: the texts. Those of the test part are not looked at.
        folder: gets a TensorBoard run for each trial.

    Raises:
        ValueError: no text of train has a token, or an option does not fit.
    """

    def __init__(self, options, data: TextClassificationData, folder: Path):
        self.options, self.data, self.folder = options, data, folder
        self.base = ClassifierOptions(
            vocab_size=options.vocab_size,
            max_length=options.max_length,
            epochs=options.epochs,
            seed=options.seed,
        )
        self.vocabulary, self.settings, self.ids = read_texts(data, self.base)

    def train(self, trial: Trial) -> float:
        """Gives the best validation accuracy of the epochs of a trial.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        folder = self.folder / trial.id
        shutil.rmtree(folder, ignore_errors=True)  # of a trial that was cut off
        hparams = {**trial.point, "epochs": trial.epochs or self.options.epochs}
        columns = [("validation", "epoch/accuracy"), ("", "final/accuracy")]
        with RunMonitor(folder, histogram_every_epochs=0) as monitor:
            write_hparams(monitor, hparams, columns)
            try:
                accuracy = self._train(trial, folder, monitor, hparams["epochs"])
            except Exception:
                write_final_metrics(monitor, {}, "failed")
                raise
            write_final_metrics(monitor, {"accuracy": accuracy})
        return accuracy

    def _train(self, trial, folder, monitor, epochs):
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

    def _checkpoints(self, trial, folder):
        """Where Hyperband finds a trial again that it lets go on; else None."""
        if trial.epochs is None:
            return None
        if trial.after is not None:
            before = self.folder / trial.after / "checkpoints"
            shutil.copytree(before, folder / "checkpoints")
        return folder / "checkpoints"

    def told(self, outcome: Outcome) -> None:
        """Prints what came of a trial."""
        result = (
            f"failed: {outcome.error}"
            if outcome.error
            else f"accuracy {outcome.value:.4f}"
        )
        print(f"trial {outcome.trial.id}: {_text(outcome)}: {result}", flush=True)


def run_workers(arguments: Sequence[str] | None, folder: Path, count: int) -> None:
    """Runs a chief and workers on this machine until there are no more trials.

    They are this script again, each with its role in Keras Tuner's variables.

    Args:
        arguments: of the script.
        folder: of the search.
        count: workers.

    Raises:
        ChildProcessError: one of them failed; the others are ended.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = sys.argv[1:] if arguments is None else list(arguments)
    given = [word for word in given if word != "--resume"]
    command = [sys.executable, "-m", "roots_tf.train.tune", *given]
    processes = {}
    try:
        for role in ("chief", *(f"worker-{number + 1}" for number in range(count))):
            variables = {
                "KERASTUNER_TUNER_ID": role,
                "KERASTUNER_ORACLE_IP": "127.0.0.1",
                "KERASTUNER_ORACLE_PORT": str(port),
                _ENDS_WITH_PARENT: "yes",
            }
            processes[role] = subprocess.Popen(
                [*command, "--name", folder.name],
                env={**os.environ, **variables},
                stdin=subprocess.PIPE,
            )
        workers = list(processes.values())[1:]
        while any(process.poll() is None for process in workers):
            for role, process in processes.items():
                if process.poll():
                    raise ChildProcessError(
                        f"the {role} ended with status {process.returncode}; the same "
                        "command with --resume goes on"
                    )
            time.sleep(0.1)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
            process.stdin.close()


def end_with_parent() -> None:
    """In a process of `run_workers`: ends it when that of the script is no more."""
    if _ENDS_WITH_PARENT not in os.environ:
        return

    def wait():
        os.read(0, 1)  # the parent writes nothing: this returns when it is gone
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def write_table(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Writes all trials as CSV."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["trial", *SPACE.dimensions, "epochs", "accuracy", "error"])
        for outcome in outcomes:
            trial = outcome.trial
            values = (trial.point[name] for name in SPACE.dimensions)
            row = [trial.id, *values, trial.epochs, outcome.value, outcome.error]
            table.writerow(["" if value is None else value for value in row])
    os.replace(temporary, path)


def print_results(outcomes: Sequence[Outcome], options, folder: Path) -> None:
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
    flags = " ".join(
        f"--{name.replace('_', '-')} {value}"
        for name, value in good[0].trial.point.items()
    )
    sizes = f"--vocab-size {options.vocab_size} --max-length {options.max_length}"
    print(
        "Train it: python -m roots_tf.train.classifier "
        f"--data {options.data} --epochs {options.epochs} {sizes} {flags}"
    )
    print(f"All trials: {folder / 'trials.csv'}")
    print(f"Watch them: tensorboard --logdir {folder / 'trials'} (tab HPARAMS)")


def _text(outcome):
    return ", ".join(f"{name} {value}" for name, value in outcome.trial.point.items())
