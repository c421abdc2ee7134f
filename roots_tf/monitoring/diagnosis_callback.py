"""The diagnosis for ``model.fit``, which tells its callbacks less than the loop does.

Article: §7.2.2.
"""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import tensorflow as tf

from roots_tf.monitoring.diagnosis import Diagnosis
from roots_tf.monitoring.tensorboard import RunMonitor


class DiagnosisCallback(keras.callbacks.Callback):
    """Watches ``model.fit`` and names what goes wrong, as `Diagnosis` does.

    ``fit`` keeps its gradients to itself. Here the gradient is that of a fixed batch,
    the first of ``batches``, and the update is what a step has changed in the weights;
    both are taken at logged steps alone.

    Args:
        batches: what ``fit`` trains on, as a data set of ``(inputs, labels)``.
        log_dir: where the texts go for TensorBoard, or None to print only.
        log_every: steps between two looks; step 1 is looked at too.

    Example:
        >>> model.fit(batches, callbacks=[DiagnosisCallback(batches)])  # doctest: +SKIP
    """

    def __init__(
        self,
        batches: tf.data.Dataset,
        log_dir: Path | str | None = None,
        log_every: int = 10,
    ):
        super().__init__()
        if log_every < 1:
            raise ValueError(f"expected log_every of 1 or more, got {log_every}")
        self._batches, self._log_every = batches, log_every
        self._monitor = None if log_dir is None else RunMonitor(log_dir)
        self._step = 0

    @property
    def findings(self):
        """What was told so far, see `Diagnosis.findings`."""
        return self._diagnosis.findings

    def on_train_begin(self, logs=None):
        self._loss = keras.losses.get(self.model.loss)
        self._diagnosis = Diagnosis(
            self.model, self._loss, lambda epoch: self._batches, self._monitor
        )
        self._probe = next(iter(self._batches))

    def on_epoch_begin(self, epoch, logs=None):
        self._sum, self._counted = 0.0, 0

    def on_train_batch_begin(self, batch, logs=None):
        self._logged = not self._step or (self._step + 1) % self._log_every == 0
        if self._logged:
            self._gradients = self._gradients_of_probe()
            self._before = self._weights()

    def on_train_batch_end(self, batch, logs=None):
        self._step += 1
        if not self._logged:
            return
        # What fit tells is the mean since the epoch began.
        total, count = logs["loss"] * (batch + 1), batch + 1
        loss = (total - self._sum) / (count - self._counted)
        self._sum, self._counted = total, count
        self._diagnosis.on_step(
            SimpleNamespace(
                step=self._step,
                loss=loss,
                learning_rate=float(self.model.optimizer.learning_rate),
                gradient_norm=_norm(self._gradients.values()),
                gradients=self._gradients,
                update_ratios=self._ratios(),
            )
        )

    def on_epoch_end(self, epoch, logs=None):
        validation = {"loss": logs["val_loss"]} if "val_loss" in logs else {}
        self._diagnosis.on_epoch_end(
            SimpleNamespace(
                epoch=epoch + 1,
                step=self._step,
                train={"loss": logs["loss"]},
                validation=validation,
            )
        )

    def on_train_end(self, logs=None):
        if self._monitor is not None:
            self._monitor.close()

    def _gradients_of_probe(self) -> dict[str, np.ndarray]:
        inputs, labels = self._probe[:2]
        with tf.GradientTape() as tape:
            # In inference mode, so that the seeds of dropout do not move on.
            outputs = self.model(inputs, training=False)
            loss = tf.reduce_mean(self._loss(labels, outputs))
        variables = self.model.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        return {
            variable.path: tf.convert_to_tensor(gradient).numpy()
            for variable, gradient in zip(variables, gradients, strict=True)
            if gradient is not None
        }

    def _weights(self) -> dict[str, np.ndarray]:
        return {
            variable.path: variable.numpy().copy()
            for variable in self.model.trainable_variables
        }

    def _ratios(self) -> dict[str, float]:
        after = self._weights()
        return {
            path: float(
                np.linalg.norm(after[path] - before)
                / max(np.linalg.norm(after[path]), 1e-12)
            )
            for path, before in self._before.items()
        }


def _norm(arrays) -> float:
    return float(np.sqrt(sum(np.sum(np.square(array)) for array in arrays)))
