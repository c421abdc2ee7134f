"""The learning rate over a run: warm-up (预热), then a decay.

With s the number of updates made so far, w those of the warm-up, T those of the run,
and p = (s - w) / (T - w) the part of the decay that is over, the rate is the peak times

    warm-up, s < w   (s + 1) / w            Goyal et al. 2017 (1706.02677), §2.2
    constant         1
    linear           1 - p                  Devlin et al. 2018 (1810.04805), App. A.2
    cosine           (1 + cos(pi p)) / 2    Loshchilov & Hutter 2017 (1608.03983), eq. 5
    inverse-sqrt     sqrt(w / (s + 1))      Vaswani et al. 2017 (1706.03762), eq. 3

where inverse-sqrt takes w = 1 if there is no warm-up. The paper's peak is
``hidden_size^-0.5 w^-0.5``.

Article: §2.4, §3.2.2, §4.2.2 (学习率).
"""

import math

import keras
from keras import ops

SHAPES = ("constant", "linear", "cosine", "inverse-sqrt")
_ENDING = ("linear", "cosine")


@keras.saving.register_keras_serializable(package="roots_tf")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Rises to its peak in a straight line and then takes one of the shapes.

    Args:
        peak: the highest rate, over 0.
        shape: one of ``SHAPES``.
        warmup_steps: updates until the peak is reached, 0 for no warm-up.
        total_steps: updates of the whole run, needed by "linear" and "cosine", whose
            rate is 0 from there on; None for the others.

    Raises:
        ValueError: an argument is out of range, or the warm-up leaves no step.

    Example:
        >>> schedule = WarmupSchedule(0.1, "linear", warmup_steps=2, total_steps=4)
        >>> [round(float(schedule(step)), 3) for step in range(6)]
        [0.05, 0.1, 0.1, 0.05, 0.0, 0.0]
    """

    def __init__(
        self,
        peak: float,
        shape: str = "constant",
        warmup_steps: int = 0,
        total_steps: int | None = None,
    ):
        if not peak > 0:
            raise ValueError(f"expected a peak over 0, got {peak}")
        if shape not in SHAPES:
            raise ValueError(f"expected a shape of {', '.join(SHAPES)}, got {shape!r}")
        if warmup_steps < 0:
            raise ValueError(f"expected warmup_steps of 0 or more, got {warmup_steps}")
        if shape in _ENDING and (total_steps is None or total_steps <= warmup_steps):
            raise ValueError(
                f"expected total_steps over warmup_steps ({warmup_steps}) with "
                f"{shape!r}, got {total_steps}"
            )
        self.peak, self.shape = peak, shape
        self.warmup_steps, self.total_steps = warmup_steps, total_steps

    def __call__(self, step):
        """Gives the rate of the update that follows ``step`` earlier ones, float32."""
        s, w = ops.cast(step, "float32"), self.warmup_steps
        if self.shape == "constant":
            share = ops.ones_like(s)
        elif self.shape == "inverse-sqrt":
            share = ops.sqrt(max(w, 1) / (s + 1))
        else:
            p = ops.clip((s - w) / (self.total_steps - w), 0, 1)
            share = 1 - p if self.shape == "linear" else (1 + ops.cos(math.pi * p)) / 2
        return self.peak * ops.where(s < w, (s + 1) / max(w, 1), share)

    def get_config(self):
        return {
            "peak": self.peak,
            "shape": self.shape,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
        }
