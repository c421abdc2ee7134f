"""The training loop of every script: compiled, strategy-aware and exactly resumable.

Article: §3.2.1, §5.3.3, §1.4.2, §2.4, §3.2.2, §4.2.1, §4.2.2, §9.2.

    for each epoch:                       read the batches from where the run stopped
        for each k batches:               one step, see ``training_step.py``
            add the gradients of the first k - 1
            step with the last            forward, error, backward, update
            step 1, every ``log_every``:  read the sums back, tell the hooks
            every ``checkpoint_every``:   save
        validate, tell the hooks, save

Fast: a batch costs one call of a compiled function, which as a rule also fetches it.
Losses and metrics are summed in there; Python waits for numbers at logged steps alone.

Exact: a run that is killed and goes on makes the same steps as one that is not. A
checkpoint holds all that they depend on, and lies between two steps, never between the
k batches of one: of a step that was cut off nothing remains, and it is made again. That
takes batches that follow from the epoch's number alone, and hooks that give their
``state()``.
"""

import itertools
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.optimization.training_step import Measure, TrainingStep


@dataclass(frozen=True)
class StepRecord:
    """What one logged step did.

    Attributes:
        step, step_in_epoch: its number in the run and in its epoch, from 1.
        epoch: from 1.
        loss: mean over its items, nats.
        metrics: the other measures, likewise.
        learning_rate, gradient_norm, gradients, update_ratios: see
            ``training_step.Changes``; the last two by path of the variable.
        examples_per_second, tokens_per_second: since the logged step before.
    """

    step: int
    epoch: int
    loss: float
    metrics: dict[str, float]
    learning_rate: float
    gradient_norm: float
    gradients: dict[str, np.ndarray]
    update_ratios: dict[str, float]
    examples_per_second: float
    tokens_per_second: float
    step_in_epoch: int


@dataclass(frozen=True)
class EpochRecord:
    """The means of one epoch: over its training steps, and of the validation."""

    epoch: int
    step: int
    train: dict[str, float]
    validation: dict[str, float]
    seconds: float


class TrainingLoop:
    """Runs gradient descent over batches, and goes on where a killed run stopped.

    Args:
        model: built Keras model.
        optimizer: Keras optimizer; a ``LossScaleOptimizer`` scales the loss. Under a
            strategy both are made inside ``strategy.scope()``.
        loss: ``loss(labels, outputs)`` gives one value in nats an item, (B,) or (B, T).
        batches: ``batches(epoch)``, epochs from 1, gives a finite ``tf.data.Dataset``
            of ``(inputs, labels)`` or ``(inputs, labels, weights)``, the same one
            whenever it is asked for the same epoch.
        measures: further means to keep, by name, such as accuracy: like ``loss``.
        validate: ``validate(epoch, step)``, called after each epoch, gives metrics.
        hooks: objects with any of ``before_step(number)`` (at every step),
            ``on_step(StepRecord)`` (at logged ones), ``on_epoch_end(EpochRecord)``, and
            ``state()`` and ``restore(state)`` for what they must keep over a restart
            (JSON).
        checkpoint_dir: folder of the checkpoints, or None for none.
        checkpoint_every: steps between checkpoints; every epoch ends with one.
        log_every: steps between calls of ``on_step``; step 1 has one too, whose loss
            and gradient are those of the weights that the run begins with.
        clip_norm: largest allowed global norm of the gradient, or None.
        accumulate: k, batches a step; an epoch's last step has what is left. Steps are
            counted as updates of the weights, wherever the word stands.
        strategy: ``tf.distribute.Strategy``, or None for the current one.
        leads: False for a worker that goes on from the checkpoints of the one that
            leads, and saves none; its hooks keep nothing over a restart.
        jit_compile: whether XLA compiles the step; see `TrainingStep`.

    Raises:
        FloatingPointError: a logged step's loss is not finite; the hooks have seen it.
    """

    def __init__(
        self,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        loss: Measure,
        batches: Callable[[int], tf.data.Dataset],
        *,
        measures: dict[str, Measure] | None = None,
        validate: Callable[[int, int], dict[str, float]] | None = None,
        hooks: Sequence[object] = (),
        checkpoint_dir: Path | None = None,
        checkpoint_every: int = 200,
        log_every: int = 10,
        clip_norm: float | None = None,
        accumulate: int = 1,
        strategy: tf.distribute.Strategy | None = None,
        leads: bool = True,
        jit_compile: bool = False,
    ):
        if accumulate < 1:
            raise ValueError(f"expected accumulate of 1 or more, got {accumulate}")
        self.model, self.optimizer, self.batches = model, optimizer, batches
        self.validate, self.hooks = validate, hooks
        self.log_every, self.checkpoint_every = log_every, checkpoint_every
        self.accumulate, self.leads = accumulate, leads
        self.strategy = strategy or tf.distribute.get_strategy()
        self.epoch = self.step = self.step_in_epoch = 0
        self.seconds_in_epoch = 0.0
        all_measures = {"loss": loss, **(measures or {})}
        self._step = TrainingStep(
            *(model, optimizer, all_measures, clip_norm, self.strategy),
            accumulates=accumulate > 1,
            jit_compile=jit_compile,
        )
        self._checkpoint_dir, self._checkpoints = checkpoint_dir, None
        if checkpoint_dir is not None:
            self._checkpoint = self._make_checkpoint()
            if leads:
                self._checkpoints = tf.train.CheckpointManager(
                    self._checkpoint, str(checkpoint_dir), max_to_keep=2
                )

    def run(self, epochs: int) -> None:
        """Trains until ``epochs`` epochs are done, those before a restart included."""
        self._step.discard()
        if not self._restore():
            self._save()  # so that also a run killed early has a start to go back to
        while self.epoch < epochs:
            self._run_epoch()

    def _run_epoch(self) -> None:
        epoch = self.epoch + 1
        batches = self.batches(epoch).skip(self.step_in_epoch * self.accumulate)
        # Every worker reads all batches and takes its share of each.
        options = tf.data.Options()
        by_example = tf.data.experimental.AutoShardPolicy.DATA
        options.experimental_distribute.auto_shard_policy = by_example
        batches = batches.with_options(options)
        iterator = iter(self.strategy.experimental_distribute_dataset(batches))
        started = logged_at = time.perf_counter() - self.seconds_in_epoch
        if self.step_in_epoch:
            logged_at = time.perf_counter()
        counted = self._step.totals.numpy()
        while True:
            logged = not self.step or (self.step + 1) % self.log_every == 0
            before = self._step.totals.numpy() if logged else None
            self._call_hooks("before_step", self.step + 1)
            changes = self._make_step(iterator, logged)
            if changes is None:
                break
            if logged:
                after, now = self._step.totals.numpy(), time.perf_counter()
                rates = (after - counted)[-2:] / (now - logged_at)
                self._log_step(epoch, after - before, changes, rates)
                counted, logged_at = after, now
            self.step += 1
            self.step_in_epoch += 1
            self.seconds_in_epoch = time.perf_counter() - started
            if self.step % self.checkpoint_every == 0:
                self._save()
        self._end_epoch(epoch)

    def _make_step(self, iterator, with_changes: bool):
        """Makes a step with the next k batches; gives None where there is none left."""
        if self.accumulate == 1 and self.strategy.num_replicas_in_sync == 1:
            try:
                return self._step.with_next(iterator, with_changes)
            except tf.errors.OutOfRangeError:
                return None
        group = list(itertools.islice(iterator, self.accumulate))
        if not group:
            return None
        add, step = self._step.add, self._step.__call__
        if self.strategy.num_replicas_in_sync > 1:
            # One graph for all shapes: workers whose shares of a batch differ must
            # trace alike, or they wait for each other in different places.
            spec = iterator.element_spec
            step = step.get_concrete_function(spec, with_changes)
            if self.accumulate > 1:
                add = add.get_concrete_function(spec)
        for batch in group[:-1]:
            add(batch)
        return step(group[-1], with_changes)

    def _log_step(self, epoch, sums, changes, rates) -> None:
        means = self._step.means(sums)
        loss = means.pop("loss")
        names = [variable.path for variable in self.model.trainable_variables]
        record = StepRecord(
            step=self.step + 1,
            epoch=epoch,
            loss=loss,
            metrics=means,
            learning_rate=float(changes.learning_rate),
            gradient_norm=float(changes.norm),
            gradients=dict(
                zip(names, [g.numpy() for g in changes.gradients], strict=True)
            ),
            update_ratios=dict(
                zip(names, [float(r) for r in changes.ratios], strict=True)
            ),
            examples_per_second=float(rates[0]),
            tokens_per_second=float(rates[1]),
            step_in_epoch=self.step_in_epoch + 1,
        )
        self._call_hooks("on_step", record)
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the loss became {loss} at step {record.step}: "
                "lower the learning rate or clip the gradient"
            )

    def _end_epoch(self, epoch: int) -> None:
        train = self._step.means(self._step.totals.numpy())
        validation = self.validate(epoch, self.step) if self.validate else {}
        record = EpochRecord(epoch, self.step, train, validation, self.seconds_in_epoch)
        self._call_hooks("on_epoch_end", record)
        self._step.totals.assign(tf.zeros_like(self._step.totals))
        self.epoch, self.step_in_epoch, self.seconds_in_epoch = epoch, 0, 0.0
        self._save()

    def _call_hooks(self, name: str, *arguments) -> None:
        for hook in self.hooks:
            if hasattr(hook, name):
                getattr(hook, name)(*arguments)

    def _make_checkpoint(self) -> tf.train.Checkpoint:
        """Everything that the rest of the run depends on.

        That is the weights, the state of the dropout generators (Keras counts it as
        model variables), the optimizer's slots, the sums, and as a JSON string the
        counters and the state of the hooks. The next batches need no state: they
        follow from the epoch's number and the steps done in it.
        """
        self._progress = tf.Variable("", dtype=tf.string)
        variables = self.model.variables + self.optimizer.variables
        return tf.train.Checkpoint(
            variables=[variable.value for variable in variables],
            totals=self._step.totals,
            progress=self._progress,
        )

    def _save(self) -> None:
        if self._checkpoints is None:
            return
        hooks = [hook.state() if hasattr(hook, "state") else {} for hook in self.hooks]
        progress = {
            "epoch": self.epoch,
            "step": self.step,
            "step_in_epoch": self.step_in_epoch,
            "seconds_in_epoch": self.seconds_in_epoch,
            "hooks": hooks,
        }
        self._progress.assign(json.dumps(progress))
        self._checkpoints.save(checkpoint_number=self.step)

    def _restore(self) -> bool:
        if self._checkpoint_dir is None:
            return False
        latest = tf.train.latest_checkpoint(str(self._checkpoint_dir))
        if latest is None:
            return False
        self._checkpoint.restore(latest).assert_consumed()
        progress = json.loads(self._progress.numpy())
        self.epoch, self.step = progress["epoch"], progress["step"]
        self.step_in_epoch = progress["step_in_epoch"]
        self.seconds_in_epoch = progress["seconds_in_epoch"]
        if self.leads:
            for hook, state in zip(self.hooks, progress["hooks"], strict=True):
                if hasattr(hook, "restore"):
                    hook.restore(state)
        return True
