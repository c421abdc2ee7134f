"""The parts of the script that trains by hand: gradient check, loop, results.

Article: §3.2.1, §4.2.1, §7.2.2 (TensorBoard).
"""

import contextlib
import dataclasses
import math
import time
from pathlib import Path

import numpy as np

from roots_tf.datasets.classification import TextClassificationData
from roots_tf.evaluation.baselines import bag_of_words_baseline, majority_baseline
from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.gradient_check import gradient_check
from roots_tf.optimization.mlp_by_hand import Mlp, Parameters
from roots_tf.optimization.training_loop import EpochRecord
from roots_tf.train.array_checkpoint import save_arrays
from roots_tf.train.monitored_run import describe_run
from roots_tf.train.progress import Progress
from roots_tf.train.run import Run

CHECKPOINT = "mlp.npz"


def targets_of(mlp: Mlp, labels: np.ndarray) -> np.ndarray:
    """Gives the labels (B,) as the loss takes them: one-hot for the squared error."""
    if mlp.loss == "squared_error":
        return np.eye(mlp.sizes[-1], dtype=np.float32)[labels]  # (B, C)
    return labels


def parameter_names(mlp: Mlp) -> list[str]:
    """Gives W1, b1, W2, b2, ..."""
    return [f"{kind}{n}" for n in range(1, len(mlp.sizes)) for kind in "Wb"]


def print_gradient_check(mlp: Mlp, x, labels, seed: int) -> None:
    """Compares the gradient with finite differences, on some texts in float64."""
    x, targets = x[:16].astype(np.float64), targets_of(mlp, labels[:16])
    parameters = mlp.initial_parameters(seed)
    worst = gradient_check(
        lambda *parameters: mlp.mean_loss(parameters, x, targets),
        parameters,
        mlp.gradients(parameters, x, targets)[1],
        names=parameter_names(mlp),
        samples=20,
        seed=seed,
    )
    print(f"Gradient check, the worst of 20 weights of each array: {worst}")


def scores(mlp: Mlp, parameters, x, labels: np.ndarray) -> dict[str, float]:
    """Gives the mean loss and the accuracy."""
    right = mlp.outputs(parameters, x).argmax(axis=1) == labels
    loss = mlp.mean_loss(parameters, x, targets_of(mlp, labels))
    return {"loss": loss, "accuracy": float(right.mean())}


class MlpTraining:
    """Gradient descent in plain sight, watched in TensorBoard and resumable.

    A context manager: it opens the monitors.

    Args:
        mlp: what is trained.
        data, bags: its texts, and their features by part.
        options: of the script.
        run: where to.
        command: its words.
        earlier: parameters and progress of a checkpoint, or None.
    """

    def __init__(self, mlp, data, bags, options, run: Run, command, earlier=None):
        self.mlp, self.data, self.bags = mlp, data, bags
        self.options, self.run = options, run
        self._command, self._earlier = command, earlier

    def __enter__(self):
        options, data = self.options, self.data
        values, names = dataclasses.asdict(options), parameter_names(self.mlp)
        with contextlib.ExitStack() as opened:
            record = RunRecord(
                self.run.folder,
                self._command,
                values,
                options.seed,
                data.content_hash,
                data.name,
            )
            self.record = opened.enter_context(record)
            self.monitor = opened.enter_context(RunMonitor(self.run.folder))
            if self._earlier:
                arrays, progress = self._earlier
                self.epoch, self.step = progress["epoch"], progress["step"]
                self.parameters = [arrays[name] for name in names]
                self.monitor.restore(progress["monitor"])
                self.record.restore(progress["record"])
            else:
                self.epoch = self.step = 0
                self.parameters = self.mlp.initial_parameters(options.seed, np.float32)
                compared = [("validation", "epoch/accuracy"), ("", "final/accuracy")]
                describe_run(
                    self.monitor, self._command, values, data.content_hash, compared
                )
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *exception):
        return self._opened.__exit__(*exception)

    def train(self) -> Parameters:
        """Trains the epochs that are left and gives the last weights.

        Raises:
            FloatingPointError: the loss is not finite.
        """
        steps = -(-len(self.data.train) // self.options.batch_size)
        progress = Progress(self.options.epochs, steps)
        while self.epoch < self.options.epochs:
            began = time.perf_counter()
            self.epoch += 1
            train = self._run_epoch()
            validation = scores(
                self.mlp,
                self.parameters,
                self.bags["validation"],
                self.data.validation.labels,
            )
            seconds = time.perf_counter() - began
            record = EpochRecord(self.epoch, self.step, train, validation, seconds)
            for hook in (self.monitor, self.record, progress):
                hook.on_epoch_end(record)
            self._draw_weights()
            every = self.options.checkpoint_every
            if self.epoch % every == 0 or self.epoch == self.options.epochs:
                self._save()
        return self.parameters

    def finish(self, metrics: dict[str, float]) -> None:
        """Writes the final metrics to the HPARAMS tab and to ``run.json``."""
        write_final_metrics(self.monitor, metrics)
        self.record.finish(metrics)

    def _run_epoch(self) -> dict[str, float]:
        x, labels = self.bags["train"], self.data.train.labels
        # The order follows from seed and epoch, so that a restart needs no state.
        order = np.random.default_rng([self.options.seed, self.epoch])
        order, total = order.permutation(len(x)), 0.0
        for first in range(0, len(x), self.options.batch_size):
            batch = order[first : first + self.options.batch_size]
            targets = targets_of(self.mlp, labels[batch])
            with np.errstate(over="ignore", invalid="ignore"):  # looked at below
                loss, gradients = self.mlp.gradients(self.parameters, x[batch], targets)
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"the loss became {loss} at step {self.step + 1}: "
                    "lower the learning rate"
                )
            self.parameters = [
                w - self.options.learning_rate * gradient
                for w, gradient in zip(self.parameters, gradients, strict=True)
            ]
            self.step += 1
            total += loss * len(batch)
            if self.step % self.options.log_every == 0:
                self._log(loss, gradients)
        return {"loss": total / len(x)}

    def _log(self, loss: float, gradients: Parameters) -> None:
        names = parameter_names(self.mlp)
        norms = {
            f"gradient_norm/{name}": np.linalg.norm(gradient)
            for name, gradient in zip(names, gradients, strict=True)
        }
        self.monitor.scalars("train", self.step, {"step/loss": loss, **norms})

    def _draw_weights(self) -> None:
        names = parameter_names(self.mlp)
        for name, parameter in zip(names, self.parameters, strict=True):
            self.monitor.histogram("train", self.epoch, name, parameter)

    def _save(self) -> None:
        arrays = dict(zip(parameter_names(self.mlp), self.parameters, strict=True))
        progress = {
            "epoch": self.epoch,
            "step": self.step,
            "monitor": self.monitor.state(),
            "record": self.record.state(),
        }
        save_arrays(self.run.folder / CHECKPOINT, arrays, progress)


def print_results(
    data: TextClassificationData, metrics: dict[str, float], folder: Path
) -> None:
    """Prints the test scores beside those of two plain methods."""
    majority = majority_baseline(data.train.labels, data.test.labels).accuracy
    words = bag_of_words_baseline(data.train, data.test, data.language).accuracy
    print(
        f"\nTest: loss {metrics['loss']:.4f}, accuracy {metrics['accuracy']:.4f} "
        f"(the most frequent class {majority:.4f}, logistic regression {words:.4f})"
    )
    print(f"Watch it: tensorboard --logdir {folder.parent} (run {folder.name})")
