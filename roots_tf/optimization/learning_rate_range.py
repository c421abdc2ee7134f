"""The learning-rate range test: which rates teach, and from which on it goes wrong.

Article: §2.4, §4.2.2 (学习率).
Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks"
    (1506.01186), §3.3. The rate grows by a factor a step, not by a term, so that
    every power of ten gets as many steps.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from roots_tf.optimization.training_step import Measure, TrainingStep

_AROUND = 2  # steps before and after that a smoothed loss is the mean of
_DIVERGED = 4  # times the least loss so far: enough has been seen


@dataclass(frozen=True)
class LearningRateRange:
    """The curve of a range test; N steps.

    Attributes:
        rates: (N,) the learning rate of each step.
        losses: (N,) the batch's mean loss before that step, nats.
        smoothed: (N,) mean of each loss and of the two before and after it.
        suggestion: a tenth of the rate at which the smoothed loss is least: there the
            loss still falls, with some way to go until it no longer does.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float


def learning_rate_range(
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    loss: Measure,
    batches: Iterable,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
) -> LearningRateRange:
    """Trains a few steps with a rate that grows, then puts the weights back.

    It ends early when the loss is no longer finite, or four times the least so far.

    Args:
        model: built Keras model.
        optimizer: a fresh one with a plain number as learning rate; it is used up.
        loss: as for ``TrainingLoop``.
        batches: at least ``steps`` of them, such as ``dataset.repeat()``.
        lowest, highest: the first and the last rate.
        steps: between them, two or more.

    Raises:
        ValueError: an argument is out of range, the batches are too few, or no loss
            was finite.
    """
    if not 0 < lowest < highest or steps < 2:
        raise ValueError(
            "expected 0 < lowest < highest and two steps or more, "
            f"got {lowest}, {highest} and {steps}"
        )
    variables = model.variables
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
    rates = np.geomspace(lowest, highest, steps)
    try:
        losses = _train(model, optimizer, loss, batches, rates)
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    if not losses:
        raise ValueError("expected a finite loss at the lowest rate, got none")
    smoothed = _smoothed(losses)
    return LearningRateRange(
        rates=rates[: len(losses)],
        losses=np.array(losses),
        smoothed=smoothed,
        suggestion=float(rates[smoothed.argmin()] / 10),
    )


def _train(model, optimizer, loss, batches, rates) -> list[float]:
    strategy = tf.distribute.get_strategy()
    step = TrainingStep(model, optimizer, {"loss": loss}, None, strategy)
    losses, iterator = [], iter(batches)
    for number, rate in enumerate(rates):
        batch = next(iterator, None)
        if batch is None:
            raise ValueError(f"expected {len(rates)} batches, got {number}")
        optimizer.learning_rate = float(rate)
        counted = step.totals.numpy()
        step(batch, False)
        value = step.means(step.totals.numpy() - counted)["loss"]
        if not math.isfinite(value):
            break
        losses.append(value)
        smoothed = _smoothed(losses)
        if smoothed[-1] > _DIVERGED * smoothed.min():
            break
    return losses


def _smoothed(losses) -> np.ndarray:
    losses = np.array(losses)
    around = [losses[max(i - _AROUND, 0) : i + _AROUND + 1] for i in range(len(losses))]
    return np.array([part.mean() for part in around])
