"""The hooks that every training script gives its loop: TensorBoard, record, progress.

Article: §7.2.2 (TensorBoard).
"""

import contextlib
import dataclasses
import sys
from collections.abc import Iterator
from typing import NoReturn

import keras
import tensorflow as tf

from roots_tf.monitoring.custom_layout import write_layout
from roots_tf.monitoring.diagnosis import Diagnosis
from roots_tf.monitoring.graph import write_op_graph
from roots_tf.monitoring.hparams import write_final_metrics, write_hparams
from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.resources import ResourceMonitor
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.best_weights import BestWeights
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.progress import Progress
from roots_tf.train.run import GradientRunOptions, Run, profiled_steps
from roots_tf.train.run_story import CostProbe, about, result

# Where and how a run is logged is no property of the experiment.
_NOT_HPARAMS = {"log_dir", "name", "resume", "log_every", "checkpoint_every", "profile"}
_NOT_HPARAMS |= {"words_watched", "diagnosis", "monitoring"}
_TOKEN_IDS = tf.TensorSpec((None, None), tf.int32)


@dataclasses.dataclass(frozen=True)
class MonitoredRun:
    """What a script needs of its monitors."""

    run: Run
    options: GradientRunOptions
    monitor: RunMonitor
    record: RunRecord | None
    hooks: list
    compared: str
    data_name: str
    findings: list[str]

    def train(
        self, model, optimizer, loss, accuracy, batches, validate, strategy
    ) -> int:
        """Trains the epochs asked for and puts the best epoch's weights back.

        Args:
            model, optimizer, loss, batches, validate, strategy: as `TrainingLoop`.
            accuracy: a measure of one item, kept as "accuracy".

        Returns:
            The number of the epoch that validates best.

        Raises:
            SystemExit: this is one of several workers and not the first: it is done.
        """
        if not self.run.leads:
            self._work(model, optimizer, loss, accuracy, batches, strategy)
        path = self.run.folder / "best.weights.h5"
        best = BestWeights(model, path, self.compared, self.compared == "loss")
        hooks = [*self.hooks, best]
        diagnosed = self.options.diagnosis and self.options.monitoring
        if diagnosed:
            diagnosis = Diagnosis(model, loss, batches, self.monitor)
            hooks.append(diagnosis)
        loop = TrainingLoop(
            model,
            optimizer,
            loss,
            batches,
            measures={"accuracy": accuracy},
            validate=validate,
            hooks=hooks,
            checkpoint_dir=self.run.checkpoints,
            checkpoint_every=self.options.checkpoint_every,
            log_every=self.options.log_every,
            clip_norm=self.options.clip_norm or None,
            accumulate=self.options.accumulate,
            strategy=strategy,
            jit_compile=self.options.xla,
        )
        loop.run(self.options.epochs)
        best.load()
        if diagnosed:
            self.findings.extend(finding.line for finding in diagnosis.findings)
        return best.epoch

    def _work(self, model, optimizer, loss, accuracy, batches, strategy) -> NoReturn:
        """Makes the steps with the worker that leads, which does all the rest."""
        TrainingLoop(
            model,
            optimizer,
            loss,
            batches,
            measures={"accuracy": accuracy},
            checkpoint_dir=self.run.checkpoints,
            log_every=self.options.log_every,
            clip_norm=self.options.clip_norm or None,
            accumulate=self.options.accumulate,
            strategy=strategy,
            leads=False,
        ).run(self.options.epochs)
        print("All steps are made. The first worker evaluates and saves.")
        sys.exit()

    def finish(self, metrics: dict[str, float]) -> None:
        """Writes how it ended: to the HPARAMS and TEXT tabs and to ``run.json``."""
        write_final_metrics(self.monitor, metrics)
        script = self.run.folder.parent.name
        story = result(metrics, self.findings, script, self.data_name, self.compared)
        self.monitor.text("train", 0, "result", story)
        self.record.finish(metrics)

    def print_where(
        self, use: str = 'python -m roots_tf.predict {model} "a text"'
    ) -> None:
        """Prints the folder of the model, and the lines that use it and watch the run.

        Args:
            use: the command that uses the model, with ``{model}`` for its folder.
        """
        folder = self.run.folder
        print(f"Model: {self.run.model_folder}")
        print(f"Try it: {use.format(model=self.run.model_folder)}")
        print(f"Watch it: tensorboard --logdir {folder.parent} (run {folder.name})")


@contextlib.contextmanager
def monitored(
    run: Run,
    options: GradientRunOptions,
    command: list[str],
    model: keras.Model,
    data,
    batches_per_epoch: int,
    compared: str,
    inputs=_TOKEN_IDS,
) -> Iterator[MonitoredRun]:
    """Opens the monitors of a run; a new run also gets its graph and options drawn.

    Args:
        run: where to.
        options: of the run.
        command: its words.
        model: what is trained.
        data: the data set, with ``name`` and ``content_hash``.
        batches_per_epoch: for the progress bar.
        compared: the validation metric that picks the best epoch (the smallest "loss",
            the largest of any other), and by which the HPARAMS tab compares runs.
        inputs: ``tf.TensorSpec`` of the model's input, or a nest of them.
    """
    if not run.leads:
        with RunMonitor(run.folder, model, enabled=False) as monitor:
            yield MonitoredRun(run, options, monitor, None, [], compared, "", [])
        return
    values = dataclasses.asdict(options)
    record = RunRecord(
        run.folder, command, values, options.seed, data.content_hash, data.name
    )
    with (
        record,
        RunMonitor(run.folder, model, enabled=options.monitoring) as monitor,
        contextlib.ExitStack() as opened,
    ):
        steps = options.steps_per_epoch(batches_per_epoch)
        hooks = [monitor, record, Progress(options.epochs, steps)]
        if options.monitoring:
            hooks.append(opened.enter_context(ResourceMonitor(monitor)))
            hooks.append(CostProbe(monitor, model, options.epochs, steps))
        if options.profile:
            hooks.append(ProfileSteps(monitor, *profiled_steps(options.profile)))
            opened.callback(hooks[-1].close)
        if options.monitoring and not run.resumed:
            write_op_graph(monitor, model, inputs)
            metrics = [("validation", f"epoch/{compared}"), ("", f"final/{compared}")]
            describe_run(monitor, command, values, data.content_hash, metrics, model)
        yield MonitoredRun(
            run, options, monitor, record, hooks, compared, data.name, []
        )


def describe_run(
    monitor: RunMonitor,
    command: list[str],
    options: dict[str, object],
    data_hash: str,
    compared: list[tuple[str, str]],
    model: keras.Model | None = None,
) -> None:
    """Writes what a new run is: the options in HPARAMS, the layout, its story so far.

    Args:
        monitor: of the run.
        command: its words.
        options: by name.
        data_hash: of its data.
        compared: (writer name, tag) of the curves by which HPARAMS compares runs.
        model: what is trained, if it is a Keras model.
    """
    hparams = {k: v for k, v in options.items() if k not in _NOT_HPARAMS}
    write_hparams(monitor, hparams, compared)
    write_layout(monitor)
    monitor.text("train", 0, "about", about(command, options, data_hash, model))
