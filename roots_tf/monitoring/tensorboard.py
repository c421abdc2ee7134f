"""The hook that writes a training run for TensorBoard.

`keras.callbacks.TensorBoard` is not used: with an integer `update_freq` it loses
epoch and validation scalars or ignores the integer, depending on the Keras version;
its projector files are unreadable and its graph tab fails.

Article: §7.2.2 (TensorBoard).
Source: TensorFlow API documentation, `tf.summary`.
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.scalar.metadata import create_summary_metadata

from roots_tf.monitoring.event_log import event_file_sizes, truncate_event_files
from roots_tf.monitoring.thinning import is_written

_STEP_SCALARS = (
    "loss",
    "learning_rate",
    "gradient_norm",
    "examples_per_second",
    "tokens_per_second",
)
_SCALAR = create_summary_metadata(display_name="", description="")
_HISTOGRAM = histogram_metadata.create_summary_metadata(display_name="", description="")
_BUCKETS = 30  # as in `tf.summary.histogram`
_FLUSH_MILLISECONDS = 5_000  # so that the page follows a running training
# Points for each doubling of a run's length, see `thinning`. A log stays below 100 MB
# for 100,000 steps: the update ratios are many, a picture or a histogram is large.
_RATIOS, _LARGE = 250, 20


class RunMonitor:
    """Writes scalars, histograms, texts and images of one run.

    As a hook of the training loop it writes, for each logged step, `step/loss`
    (nats), `step/learning_rate`, `step/gradient_norm`, `step/examples_per_second`,
    `step/tokens_per_second`, `step/<metric>` and `update_ratio/<variable path>`
    (||change|| / ||changed weight||) against the step; for each epoch, `epoch/<metric>`
    under the same tag in `train/` and `validation/`, so that the two curves lie on
    each other, `epoch/seconds`, and histograms of every trainable weight (tag = its
    path) and of its gradient (`gradient/<path>`, of the epoch's first logged step)
    against the epoch.

    A loop of another shape calls `scalars`, `histogram`, `text`, `image` itself.
    The update ratios, histograms, texts and pictures of a long run are thinned out
    (`thinning`), the curves are not.

    Each `writer_name` is a sub-folder of `log_dir` made at its first use ("train",
    "validation", "test", "system"); "" is the folder itself. Not thread-safe:
    call it from the training thread alone.

    Args:
        log_dir: The run folder; made if it does not exist.
        model: The model whose weights are drawn as histograms, or None.
        histogram_every_epochs: Epochs between two histograms; 0 for none.
        enabled: If False, nothing is written at all: for a run without monitoring.

    Raises:
        OSError: If `log_dir` cannot be made or written to.
        ValueError: If `histogram_every_epochs` is negative.
    """

    def __init__(
        self,
        log_dir: Path | str,
        model: keras.Model | None = None,
        *,
        histogram_every_epochs: int = 1,
        enabled: bool = True,
    ):
        if histogram_every_epochs < 0:
            raise ValueError(
                "expected histogram_every_epochs of 0 or more, "
                f"got {histogram_every_epochs}"
            )
        self.log_dir = Path(log_dir)
        self.log_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.log_dir):
            pass  # a folder that cannot be written to is found out now
        self._model, self._enabled = model, enabled
        self._histogram_every_epochs = histogram_every_epochs
        self._gradient_epoch = 0  # the last epoch whose gradients were drawn
        self._counts: dict[str, int] = {}  # of what is thinned out, so far
        self._writers: dict[str, tf.summary.SummaryWriter] = {}

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def on_step(self, record) -> None:
        """Write one logged step; `record` is the training loop's."""
        if not self._enabled:
            return
        values = {f"step/{name}": value for name, value in record.metrics.items()}
        values |= {f"step/{name}": getattr(record, name) for name in _STEP_SCALARS}
        if self._is_written("update ratios", _RATIOS):
            values |= {
                f"update_ratio/{path}": ratio
                for path, ratio in record.update_ratios.items()
            }
        self.scalars("train", record.step, values)
        if self._draws_histograms(record.epoch) and self._gradient_epoch < record.epoch:
            for path, gradient in record.gradients.items():
                self.histogram("train", record.epoch, f"gradient/{path}", gradient)
                self._gradient_epoch = record.epoch

    def on_epoch_end(self, record) -> None:
        """Write one finished epoch and flush; `record` is the training loop's."""
        if not self._enabled:
            return
        for split, metrics in (
            ("train", record.train),
            ("validation", record.validation),
        ):
            values = {f"epoch/{name}": value for name, value in metrics.items()}
            self.scalars(split, record.epoch, values)
        self.scalars("train", record.epoch, {"epoch/seconds": record.seconds})
        if self._draws_histograms(record.epoch):
            for path, weight in _weights_by_path(self._model).items():
                self.histogram("train", record.epoch, path, weight)
        self.flush()

    def state(self) -> dict:
        """Flush, then return the sizes of the event files for a checkpoint."""
        self.flush()
        return {
            "event_files": event_file_sizes(self.log_dir),
            "gradient_epoch": self._gradient_epoch,
            "counts": dict(self._counts),
        }

    def restore(self, state: dict) -> None:
        """Cut the event files back to what they were at a checkpoint.

        Call it before anything else is written. `{"event_files": {},
        "gradient_epoch": 0}` empties the folder of event files: for a run that was
        killed before its first checkpoint.

        Raises:
            RuntimeError: If this monitor has written already.
            ValueError: If the files in the folder do not continue those of the state.
        """
        if self._writers:
            raise RuntimeError("restore a RunMonitor before it writes, not after")
        truncate_event_files(self.log_dir, state["event_files"])
        self._gradient_epoch = state["gradient_epoch"]
        self._counts = dict(state.get("counts", {}))

    def writer(self, writer_name: str) -> tf.summary.SummaryWriter:
        """Return the writer of a sub-folder, made at its first use."""
        if not self._enabled:
            return tf.summary.create_noop_writer()
        if writer_name not in self._writers:
            self._writers[writer_name] = tf.summary.create_file_writer(
                str(self.log_dir / writer_name), flush_millis=_FLUSH_MILLISECONDS
            )
        return self._writers[writer_name]

    def scalars(self, writer_name: str, step: int, values: Mapping[str, float]) -> None:
        """Write one point of several curves: tag -> value."""
        if not values or not self._enabled:
            return
        # `tf.summary.scalar` for each costs 15 times as much: a step's dozen, 3 ms.
        message = Summary()
        for tag, value in values.items():
            tensor = TensorProto(dtype=DT_FLOAT, tensor_shape={}, float_val=[value])
            message.value.add(tag=tag, metadata=_SCALAR, tensor=tensor)
        with self.writer(writer_name).as_default(step):
            tf.summary.experimental.write_raw_pb(message.SerializeToString())

    def histogram(self, writer_name: str, step: int, tag: str, values) -> None:
        """Write the distribution of an array of any shape.

        One NaN would blank the whole chart, so only finite values are drawn and the
        number of the others goes to the scalar `not_finite/<tag>`.
        """
        values = np.asarray(values, np.float32)
        finite = values[np.isfinite(values)]
        if finite.size < values.size:
            missing = {f"not_finite/{tag}": values.size - finite.size}
            self.scalars(writer_name, step, missing)
        if finite.size:
            with self.writer(writer_name).as_default(step):
                tf.summary.write(tag, _buckets(finite), metadata=_HISTOGRAM)

    def text(self, writer_name: str, step: int, tag: str, markdown: str) -> None:
        """Write a text in Markdown."""
        if not self._is_written(f"text {writer_name} {tag}", _LARGE):
            return
        with self.writer(writer_name).as_default(step):
            tf.summary.text(tag, markdown)

    def image(self, writer_name: str, step: int, tag: str, pixels: np.ndarray) -> None:
        """Write a picture, (height, width, channels): uint8, or floats in [0, 1]."""
        if not self._is_written(f"image {writer_name} {tag}", _LARGE):
            return
        with self.writer(writer_name).as_default(step):
            tf.summary.image(tag, pixels[None])

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Flush and close every writer; may be called twice."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _draws_histograms(self, epoch: int) -> bool:
        every = self._histogram_every_epochs
        return every > 0 and epoch % every == 0 and is_written(epoch // every, _LARGE)

    def _is_written(self, what: str, dense: int) -> bool:
        self._counts[what] = self._counts.get(what, 0) + 1
        return is_written(self._counts[what], dense)


def _buckets(values: np.ndarray) -> np.ndarray:
    """Counts values, one or more, by 30 intervals of one width.

    Not `tf.summary.histogram`, which makes a table of 30 float64 numbers a value to
    count them: 2.8 GB for the token embeddings of a BERT of 384 units.

    Returns:
        (30, 3) float64: left edge, right edge, count; if all values are the same, both
        edges are that value, and the last count has them all.
    """
    low, high = float(values.min()), float(values.max())
    if low == high:
        counts = [0] * (_BUCKETS - 1) + [values.size]
    else:
        counts, _ = np.histogram(values, _BUCKETS, (low, high))
    edges = np.linspace(low, high, _BUCKETS + 1)
    return np.stack([edges[:-1], edges[1:], counts], axis=1)


def _weights_by_path(model: keras.Model | None) -> dict[str, np.ndarray]:
    """Return path -> values; a second variable of the same path gets `path_1`."""
    weights: dict[str, np.ndarray] = {}
    for variable in model.trainable_variables if model else ():
        path, repeats = variable.path, 0
        while path in weights:
            repeats += 1
            path = f"{variable.path}_{repeats}"
        weights[path] = keras.ops.convert_to_numpy(variable)
    return weights
