"""A trace of where a few training steps spend their time.

Off unless it is asked for: a trace costs time and megabytes. TensorBoard shows it in
its PROFILE tab with the package `xprof` installed; `trace_summary` tells the most
important without.

Article: §7.2.2 (debugging and performance analysis tools).
Source: TensorFlow guide, "Optimize TensorFlow performance using the Profiler".
"""

import tensorflow as tf

from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.trace_summary import summarize_trace


class ProfileSteps:
    """Traces some steps of the training loop, once, and says what was costly.

    A hook. The trace goes to `train/plugins/profile/`, the summary to the terminal and
    to the text `profile` of the run.

    Args:
        monitor: The run.
        first_step: First step to trace, from 1.
        last_step: Last step to trace.

    Raises:
        ValueError: If the steps are not in order.
    """

    def __init__(self, monitor: RunMonitor, first_step: int, last_step: int):
        if not 1 <= first_step <= last_step:
            raise ValueError(
                f"expected 1 <= first_step <= last_step, got {first_step}, {last_step}"
            )
        self._monitor = monitor
        self._first_step = first_step
        self._last_step = last_step
        self._step = None  # the annotation of the step that is being traced
        self._running = False
        self._done = False

    def before_step(self, step: int) -> None:
        """Begin or end the trace if this step is due; mark where each step begins."""
        if self._running:
            self._step.__exit__(None, None, None)
            if step > self._last_step:
                self._step = None
                self.close()
        elif not self._done and self._first_step <= step <= self._last_step:
            tf.profiler.experimental.start(str(self._monitor.log_dir / "train"))
            self._running = True
        if self._running:
            # _r: a root of the trace, which is what the PROFILE tab counts as a step.
            self._step = tf.profiler.experimental.Trace("train", step_num=step, _r=1)
            self._step.__enter__()

    def state(self) -> dict:
        """Return whether the trace is written, for a checkpoint."""
        return {"done": self._done}

    def restore(self, state: dict) -> None:
        """Do not trace a second time if the trace was written."""
        self._done = state["done"]

    def close(self) -> None:
        """End a running trace, so that a short run has one too, and sum it up."""
        if not self._running:
            if not self._done:
                print(f"No profile: the run ended before step {self._first_step}.")
                self._done = True
            return
        if self._step is not None:
            self._step.__exit__(None, None, None)
        tf.profiler.experimental.stop()
        self._running, self._done, self._step = False, True, None
        try:
            summary = str(summarize_trace(self._monitor.log_dir / "train"))
        except (FileNotFoundError, ValueError) as error:
            summary = f"no summary of the trace: {error}"
        print(f"\nProfile: {summary}\n", flush=True)
        self._monitor.text("train", self._first_step, "profile", f"```\n{summary}\n```")
