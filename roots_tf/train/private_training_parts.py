"""The loop of the privacy script: public, plain and private training.

Article: §8.4 (隐私保护与安全性).
"""

import contextlib
import dataclasses
import math
import time
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import EpochRecord
from roots_tf.train.array_checkpoint import save_arrays
from roots_tf.train.make_optimizer import make_optimizer
from roots_tf.train.monitored_run import describe_run
from roots_tf.train.private_training_attacks import attacks, canary_ranks, perplexity_of
from roots_tf.train.private_training_data import PrivateData
from roots_tf.train.progress import Progress
from roots_tf.train.run import Run
from roots_tf.trends.private_training import (
    ClippedGradients,
    gradient_of_step,
    poisson_sample,
)
from roots_tf.trends.renyi_accountant import epsilon_spent

CHECKPOINT = "training.npz"
# One after the other; the last two start from the weights of the first.
STAGES = ("public", "plain", "private")
_RANKS_EVERY = 10  # epochs; the candidates of all canaries are many texts


class PrivateTraining:
    """Trains on public texts, then from there plainly and privately; attacks both.

    A context manager: it opens the monitors. A run that was killed goes on from the
    last epoch that was saved, with the same samples and the same noise.

    Args:
        model: built.
        data: what it is trained on.
        options: of the script.
        noise_multiplier: sigma.
        run: where to.
        command: its words.
        earlier: arrays and progress of a checkpoint, or None.
    """

    def __init__(self, model, data: PrivateData, options, noise_multiplier, run: Run,
                 command, earlier=None):  # fmt: skip
        self.model, self.data, self.options = model, data, options
        self.noise_multiplier, self.run = noise_multiplier, run
        self.plans = {
            "public": sampling_plan(options.batch_size, len(data.public)),
            "plain": sampling_plan(options.batch_size, len(data.members)),
            "private": sampling_plan(options.private_batch_size, len(data.members)),
        }
        self._command, self._earlier = command, earlier
        self.optimizer = make_optimizer("adam", options.learning_rate)
        self.optimizer.build(model.trainable_variables)
        self._fresh = [v.numpy() for v in self.optimizer.variables]
        self._beginning = [v.numpy() for v in model.variables]
        self.results: dict[str, dict] = {}
        self.epoch = 0

    def __enter__(self):
        options, data = self.options, self.data
        values = dataclasses.asdict(options)
        with contextlib.ExitStack() as opened:
            self.record = opened.enter_context(
                RunRecord(
                    self.run.folder,
                    self._command,
                    values,
                    options.seed,
                    data.content_hash,
                    data.name,
                )
            )
            self.monitor = opened.enter_context(RunMonitor(self.run.folder))
            if self._earlier:
                self._restore(*self._earlier)
            else:
                compared = [(stage, "epoch/perplexity") for stage in STAGES]
                describe_run(
                    self.monitor,
                    self._command,
                    values,
                    data.content_hash,
                    compared,
                    self.model,
                )
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *exception):
        return self._opened.__exit__(*exception)

    def train(self) -> dict[str, dict]:
        """Trains and attacks what is left, and gives the results by name.

        Raises:
            FloatingPointError: a loss is not finite.
        """
        for stage in STAGES:
            if stage in self.results:
                continue
            print(f"{stage.capitalize()} training:", flush=True)
            limit = self.options.clip_norm if stage == "private" else None
            gradients = ClippedGradients(self.model, cross_entropy, limit)
            epochs = self._epochs(stage)
            self.optimizer.learning_rate = self._rate_of(stage)
            progress = Progress(epochs, self.plans[stage].steps)
            while self.epoch < epochs:
                self._run_epoch(stage, gradients, progress)
                if self.epoch % self.options.checkpoint_every == 0:
                    self._save()
            self.results[stage] = attacks(self.model, self.data, self.options)
            if stage == "public":
                self._beginning = [v.numpy() for v in self.model.variables]
            if stage != STAGES[-1]:
                self._assign(self._beginning + self._fresh)
                self.epoch = 0
            self._save()
        return self.results

    def finish(self, metrics: dict[str, float], table: str) -> None:
        """Writes how it ended to the HPARAMS and TEXT tabs and to ``run.json``."""
        write_final_metrics(self.monitor, metrics)
        self.monitor.text("", 0, "result", table)
        self.record.finish(metrics)

    def _ranks(self) -> list[int]:
        return canary_ranks(self.model, self.data, self.options.context)

    def _epochs(self, stage: str) -> int:
        options = self.options
        return options.public_epochs if stage == "public" else options.epochs

    def _run_epoch(self, stage: str, gradients: ClippedGradients, progress) -> None:
        began, losses, norms = time.perf_counter(), [], []
        first = self.epoch * self.plans[stage].steps
        last = first + self.plans[stage].steps
        for step in range(first + 1, last + 1):
            of_step = self._make_step(stage, gradients, step)
            norms.append(of_step[0])
            losses.append(of_step[1])
        self.epoch += 1
        loss = float(np.mean(np.concatenate(losses)))
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the loss became {loss} in epoch {self.epoch}: lower the learning rate"
            )
        values = {
            "loss": loss,
            "perplexity": perplexity_of(self.model, self.data.others),
        }
        if stage == "private":
            values["epsilon"] = self.epsilon(self.epoch)
        if self.epoch % _RANKS_EVERY == 0:
            values["mean_canary_rank"] = float(np.mean(self._ranks()))
        curves = {f"epoch/{name}": value for name, value in values.items()}
        self.monitor.scalars(stage, self.epoch, curves)
        # Where the limit of clipping stands among them, is the choice of C.
        self.monitor.histogram(
            stage, self.epoch, "gradient_norm_of_examples", np.concatenate(norms)
        )
        train = {f"{stage}_loss": values.pop("loss")}
        others = {f"{stage}_{name}": value for name, value in values.items()}
        seconds = time.perf_counter() - began
        record = EpochRecord(self.epoch, last, train, others, seconds)
        self.record.on_epoch_end(record)
        progress.on_epoch_end(record)

    def _make_step(self, stage: str, gradients: ClippedGradients, step: int):
        """Makes one step; gives norms and losses of its examples, (n,) each."""
        rate, seed = self.plans[stage].rate, (self.options.seed, step)
        texts = self.data.public if stage == "public" else self.data.members
        rows = poisson_sample(len(texts), rate, seed)
        size = rate * len(texts) if stage == "private" else max(1, len(rows))
        mean, norms, losses = gradient_of_step(
            gradients, texts.rows, rows, size, self.noise_multiplier, seed
        )
        self._update(mean)
        return norms, losses

    def _rate_of(self, stage: str) -> float:
        options = self.options
        private = stage == "private"
        return options.private_learning_rate if private else options.learning_rate

    @tf.function(autograph=False)
    def _update(self, gradients) -> None:
        self.optimizer.apply(gradients, self.model.trainable_variables)

    def epsilon(self, epochs: int) -> float:
        """Gives the epsilon that so many private epochs spend."""
        rate, steps = self.plans["private"]
        return epsilon_spent(
            rate, self.noise_multiplier, epochs * steps, self.options.delta
        )

    def _variables(self) -> list[keras.Variable]:
        return self.model.variables + self.optimizer.variables

    def _assign(self, values) -> None:
        for variable, value in zip(self._variables(), values, strict=True):
            variable.assign(value)

    def _save(self) -> None:
        arrays = {f"v{n}": v.numpy() for n, v in enumerate(self._variables())}
        arrays |= {f"b{n}": value for n, value in enumerate(self._beginning)}
        progress = {
            "epoch": self.epoch,
            "results": self.results,
            "monitor": self.monitor.state(),
            "record": self.record.state(),
        }
        save_arrays(self.run.folder / CHECKPOINT, arrays, progress)

    def _restore(self, arrays, progress) -> None:
        self._assign([arrays[f"v{n}"] for n in range(len(self._variables()))])
        self._beginning = [arrays[f"b{n}"] for n in range(len(self._beginning))]
        self.epoch, self.results = progress["epoch"], progress["results"]
        self.monitor.restore(progress["monitor"])
        self.record.restore(progress["record"])


class SamplingPlan(NamedTuple):
    """How often an example joins a step.

    Attributes:
        rate: q, the share of the members that a step takes on average.
        steps: of an epoch: so many that each member joins once, on average.
    """

    rate: float
    steps: int


def sampling_plan(batch_size: int, members: int) -> SamplingPlan:
    """Gives the plan for steps of ``batch_size`` texts on average."""
    steps = max(1, round(members / batch_size))
    return SamplingPlan(min(1.0, batch_size / members), steps)
