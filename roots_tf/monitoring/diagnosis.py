"""Names what is wrong with a run while it runs, with the evidence and the remedy.

    learning rate too high: the loss went from 0.69 at step 1 to 8.1 at step 60, with
    updates of up to 4.3 of the weights. Remedy: divide the learning rate by ten, ...

A hook of the training loop. What it looks at, and when:

    step 1                the training batches: labels leaked, unshuffled;
                          the model's answers to some: no mask, loss and activation
    every logged step     NaN, exploding or vanishing gradient, rate too high
    end of each epoch     dead units, rate too low, overfitting, imbalance ignored

Cheap: nothing is added to a step that is not logged, and to one that is a few sums over
the gradients, which the loop reads back for TensorBoard anyway. Reading the batches
costs once what reading them in training does, at most 200 of them.

Article: §3.2.1, §7.2.2.
"""

import dataclasses
import sys
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from roots_tf.monitoring import diagnosis_of_data as of_data
from roots_tf.monitoring import diagnosis_of_model as of_model
from roots_tf.monitoring import diagnosis_of_steps as of_steps
from roots_tf.monitoring.diagnosis_batches import (
    Batch,
    class_counts,
    examples_of,
    read_batches,
)
from roots_tf.monitoring.diagnosis_findings import Finding, worth_telling
from roots_tf.monitoring.tensorboard import RunMonitor

_MOST_BATCHES = 200
_MOST_EXAMPLES = 32  # asked of a class


class Diagnosis:
    """Prints each trouble once, and writes it as a text to TensorBoard.

    Tag: `diagnosis`, in `train/`, at the step where the trouble was seen. `findings`
    holds what was told so far.

    Args:
        model: the one that is trained.
        loss: as for ``TrainingLoop``; None leaves out what needs it.
        batches: likewise; those of epoch 1 are read. None leaves out what needs them.
        monitor: of the run, or None to print only.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Callable | None = None,
        batches: Callable[[int], tf.data.Dataset] | None = None,
        monitor: RunMonitor | None = None,
    ):
        self.model, self.loss, self.batches = model, loss, batches
        self.monitor = monitor
        self.findings: list[Finding] = []
        self._steps: list[of_steps.StepEvidence] = []  # the first, then the last few
        self._epochs: list[of_steps.EpochEvidence] = []
        self._alive: dict[str, np.ndarray] = {}
        self._looked = False  # at the batches, which every process does once
        self._counts: np.ndarray | None = None  # of the classes
        self._examples: dict[int, object] = {}  # of a rare class and the frequent one
        self._half = 0.0  # where a single output says class 1

    def on_step(self, record) -> None:
        """Looks at one logged step; `record` is the training loop's."""
        self._steps.append(step_evidence(record))
        self._note_alive(record)
        found = []
        if not self._looked:
            found += self._look_at_batches()
        found += [
            of_steps.not_finite(self._steps),
            of_steps.exploding_gradient(self._steps),
            of_steps.learning_rate_too_high(self._steps),
            of_steps.vanishing_gradient(self._steps),
        ]
        del self._steps[1 : -of_steps.KEPT]
        self._tell(found, record.step)

    def on_epoch_end(self, record) -> None:
        """Looks at one finished epoch; `record` is the training loop's."""
        validation_loss = record.validation.get("loss")
        self._epochs.append(
            of_steps.EpochEvidence(record.epoch, record.train["loss"], validation_loss)
        )
        found = [of_steps.overfitting(self._epochs)]
        if self._steps:
            found += [
                of_steps.dead_units(self._alive),
                of_steps.learning_rate_too_low(self._steps, self._epochs),
            ]
        if self._examples and record.epoch >= 2:
            found.append(self._look_at_rare_class())
        self._alive = {}
        self._tell(found, record.step)

    def state(self) -> dict:
        """Returns what was seen and told, for a checkpoint."""
        return {
            "findings": [dataclasses.asdict(finding) for finding in self.findings],
            "steps": [dataclasses.asdict(step) for step in self._steps],
            "epochs": [dataclasses.asdict(epoch) for epoch in self._epochs],
            "alive": {path: units.tolist() for path, units in self._alive.items()},
        }

    def restore(self, state: dict) -> None:
        """Goes on from a checkpoint; what was told is not told again."""
        self.findings = [Finding(**values) for values in state["findings"]]
        self._steps = [of_steps.StepEvidence(**values) for values in state["steps"]]
        self._epochs = [of_steps.EpochEvidence(**values) for values in state["epochs"]]
        self._alive = {path: np.array(units) for path, units in state["alive"].items()}

    def _note_alive(self, record) -> None:
        if not record.gradient_norm > 0:  # nothing is left to learn: nobody is dead
            return
        for path, gradient in _matrices(record.gradients).items():
            units = np.any(gradient != 0, axis=tuple(range(gradient.ndim - 1)))
            self._alive[path] = units | self._alive.get(path, False)

    def _look_at_batches(self) -> list[Finding | None]:
        """Reads the batches once, keeps of them what later checks need."""
        self._looked = True
        if self.batches is None:
            return []
        sample = read_batches(self.batches(1), _MOST_BATCHES)
        if not sample:
            return []
        found = [of_data.labels_leaked(sample), of_data.unshuffled(sample)]
        effect = of_model.padding_effect(self.model, sample)
        if effect is not None:
            found.append(of_model.no_mask(effect))
        if self.loss is not None and sample[0].labels is not None:
            found.append(self._look_at_outputs(sample[0]))
        self._counts = class_counts(sample)
        if self._counts is not None and of_data.rare_class(self._counts) is not None:
            rare, frequent = of_data.rare_class(self._counts), self._counts.argmax()
            self._examples = {
                label: examples_of(sample, label, _MOST_EXAMPLES)
                for label in (rare, frequent)
            }
        return found

    def _look_at_outputs(self, batch: Batch) -> Finding | None:
        few = tf.nest.map_structure(lambda x: x[: of_model.FEW], batch.structure)
        outputs = of_model.outputs_of(self.model, few)
        labels = batch.labels[: of_model.FEW]
        expected = of_model.loss_expects(self.loss, labels, outputs)
        self._half = 0.5 if expected == "probabilities" else 0.0
        return of_model.mismatched(
            outputs, expected, of_model.last_activation(self.model)
        )

    def _look_at_rare_class(self) -> Finding | None:
        rare, frequent = (
            of_model.answered_right(self.model, inputs, label, self._half)
            for label, inputs in self._examples.items()
        )
        return of_data.imbalance_ignored(self._counts, rare, frequent)

    def _tell(self, found: list[Finding | None], step: int) -> None:
        told = [finding.trouble for finding in self.findings]
        for finding in worth_telling(filter(None, found), told):
            self.findings.append(finding)
            start = "\r\033[K" if sys.stdout.isatty() else ""  # over a progress bar
            print(f"{start}{finding.line}", flush=True)
            if self.monitor is not None:
                self.monitor.text("train", step, "diagnosis", finding.line)


def step_evidence(record) -> of_steps.StepEvidence:
    """Takes from the training loop's `StepRecord` what the checks need."""
    matrices = _matrices(record.gradients)
    ratios = [record.update_ratios[path] for path in matrices]
    return of_steps.StepEvidence(
        step=record.step,
        loss=record.loss,
        learning_rate=record.learning_rate,
        gradient_norm=record.gradient_norm,
        update_ratio=float(np.median(ratios)) if ratios else 0.0,
        gradient_norms={
            path: float(np.linalg.norm(gradient)) for path, gradient in matrices.items()
        },
    )


def _matrices(gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {path: array for path, array in gradients.items() if array.ndim >= 2}
