"""What a classifier gets right and wrong, for TensorBoard.

Article: §3.3.1, §4.3.1 (precision, recall), §7.2.2 (TensorBoard).
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from tensorboard.plugins.pr_curve import summary as pr_curve

from roots_tf.monitoring.figures import confusion_matrix_image
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.text_samples import sample_table

_TOLERANCE = 0.02  # of a sum of probabilities; bfloat16 has 8 bits


class ClassificationReport:
    """Writes precision-recall curves, the confusion matrix and sample texts.

    Tags: `pr_curve/<label>` (that class against all others), `confusion_matrix`
    (picture), `samples` (table: the most confident mistakes, then some right ones).

    Args:
        monitor: The run.
        label_names: C different names.
        max_samples: Most rows of the table.

    Raises:
        ValueError: If there are fewer than two names or two are equal.
    """

    def __init__(
        self, monitor: RunMonitor, label_names: Sequence[str], *, max_samples: int = 20
    ):
        if len(set(label_names)) != len(label_names) or len(label_names) < 2:
            raise ValueError(
                f"expected two or more different label names, got {list(label_names)}"
            )
        self._monitor = monitor
        self._label_names = tuple(label_names)
        self._max_samples = max_samples

    def write(
        self,
        step: int,
        labels: np.ndarray,
        probabilities: np.ndarray,
        texts: Sequence[str],
        split: str = "validation",
    ) -> None:
        """Write the report of one evaluation.

        Args:
            step: Where on the axis, e.g. the epoch.
            labels: (N,) integers in 0 .. C-1.
            probabilities: (N, C), each row adding up to 1.
            texts: N texts.
            split: Sub-folder of the run to write to.

        Raises:
            ValueError: If shapes do not fit, a label is out of range or a row is no
                distribution (logits, say, or NaN).
        """
        labels = np.asarray(labels)
        probabilities = np.asarray(probabilities, np.float32)
        self._check(labels, probabilities, texts)
        # A curve is counted in buckets of [0, 1]; rounding may leave it by 1e-7.
        probabilities = probabilities.clip(0, 1)

        with self._monitor.writer(split).as_default(step):
            for index, name in enumerate(self._label_names):
                message = pr_curve.pb(
                    f"pr_curve/{name}", labels == index, probabilities[:, index]
                )
                tf.summary.experimental.write_raw_pb(message.SerializeToString())

        size = len(self._label_names)
        matrix = np.zeros((size, size), np.int64)
        np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
        picture = confusion_matrix_image(matrix, self._label_names)
        self._monitor.image(split, step, "confusion_matrix", picture)

        table = sample_table(
            labels, probabilities, texts, self._label_names, self._max_samples
        )
        self._monitor.text(split, step, "samples", table)

    def _check(self, labels, probabilities, texts) -> None:
        expected = (len(texts), len(self._label_names))
        if probabilities.shape != expected or labels.shape != expected[:1]:
            raise ValueError(
                f"expected probabilities of shape {expected} and labels of shape "
                f"{expected[:1]}, got {probabilities.shape} and {labels.shape}"
            )
        if not len(texts):
            raise ValueError("expected one text or more, got none")
        if labels.min() < 0 or labels.max() >= expected[1]:
            raise ValueError(
                f"expected labels in 0 .. {expected[1] - 1}, "
                f"got {labels.min()} .. {labels.max()}"
            )
        sums = probabilities.sum(axis=1)
        if not (probabilities.min() > -1e-6 and abs(sums - 1).max() < _TOLERANCE):
            raise ValueError(
                "expected rows of probabilities that add up to 1, got values from "
                f"{probabilities.min():.3g} on and sums of "
                f"{sums.min():.3g} .. {sums.max():.3g}"
            )
