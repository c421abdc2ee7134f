"""A trace of where a few training steps spend their time.

Off unless it is asked for: the trace costs time, and TensorBoard shows it only with
the package `xprof` installed.

Article: §7.2.2 (debugging and performance analysis tools).
Source: TensorFlow guide, "Optimize TensorFlow performance using the Profiler".
"""

import tensorflow as tf

from roots_tf.monitoring.tensorboard import RunMonitor


class ProfileSteps:
    """Traces the training loop between two of its logged steps, once.

    The loop calls its hooks at logged steps only, so the trace begins at the first
    logged step from `first_step` on and ends at the next one from `last_step` on.

    Args:
        monitor: The run; the trace goes to `train/plugins/profile/`.
        first_step: Step after which the trace begins.
        last_step: Step after which it ends.

    Raises:
        ValueError: If the steps are not in order.
    """

    def __init__(self, monitor: RunMonitor, first_step: int, last_step: int):
        if not 0 <= first_step < last_step:
            raise ValueError(
                f"expected 0 <= first_step < last_step, got {first_step}, {last_step}"
            )
        self._folder = str(monitor.log_dir / "train")
        self._first_step = first_step
        self._last_step = last_step
        self._running = False
        self._done = False

    def on_step(self, record) -> None:
        """Begin or end the trace if this step is due."""
        if self._running and record.step >= self._last_step:
            self.close()
        elif not self._done and not self._running and record.step >= self._first_step:
            tf.profiler.experimental.start(self._folder)
            self._running = True

    def on_epoch_end(self, record) -> None:
        """Do nothing: an epoch's end is no step."""

    def state(self) -> dict:
        """Return whether the trace is written, for a checkpoint."""
        return {"done": self._done}

    def restore(self, state: dict) -> None:
        """Do not trace a second time if the trace was written."""
        self._done = state["done"]

    def close(self) -> None:
        """End a running trace, so that a short run has one too."""
        if self._running:
            tf.profiler.experimental.stop()
            self._running = False
            self._done = True
