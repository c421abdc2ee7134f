"""The confusion matrix (混淆矩阵) of finished predictions, and every score of it.

Article: §3.3.1, §4.3.1 (评估指标). These are plain functions over a whole set; the
formulas stand in `classification_metrics`, which streams over batches. Erratum: E08.
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.evaluation.classification_metrics import (
    SCORES,
    accuracy_score,
    averaged_score,
    check_zero_division,
    class_scores,
)


def confusion_matrix(
    labels: Sequence[int], predictions: Sequence[int], num_classes: int
) -> np.ndarray:
    """Count how often class i was predicted as class j.

    Args:
        labels: (N,) true class numbers.
        predictions: (N,) predicted class numbers (not logits).
        num_classes: C.

    Returns:
        (C, C) int64, rows true, columns predicted.

    Raises:
        ValueError: if the two differ in length or hold anything but 0 .. C-1.

    Example:
        >>> confusion_matrix([0, 1, 1], [0, 0, 1], num_classes=2).tolist()
        [[1, 0], [1, 1]]
    """
    labels = _checked_classes("labels", labels, num_classes)
    predictions = _checked_classes("predictions", predictions, num_classes)
    if labels.shape != predictions.shape:
        raise ValueError(
            f"expected one prediction for each label, got {predictions.size} "
            f"predictions and {labels.size} labels"
        )
    matrix = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix


def classification_report(
    matrix: np.ndarray, label_names: Sequence[str], zero_division: float = 0.0
) -> dict:
    """Work out every score of a finished confusion matrix.

    Args:
        matrix: (C, C) counts, rows true, columns predicted.
        label_names: C different names.
        zero_division: value of a quotient whose denominator is 0, 0.0 or 1.0.

    Returns:
        {"classes": {label name: row}, "accuracy": …, "macro": row, "weighted": row},
        where a row is {"precision": …, "recall": …, "f1": …, "support": …}; support is
        the number of true examples.

    Raises:
        ValueError: if the matrix is not (C, C) or a name is there twice.
    """
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape != (len(set(label_names)), len(label_names)):
        raise ValueError(
            f"expected a square matrix and a different name for each class, got shape "
            f"{matrix.shape} and names {list(label_names)}"
        )
    check_zero_division(zero_division)
    support = matrix.sum(axis=1)  # (C,)
    by_class = [class_scores(score, matrix, zero_division) for score in SCORES]

    def row(*values):
        return dict(zip((*SCORES, "support"), map(float, values), strict=True))

    def averaged(average):
        scores = [
            averaged_score(score, matrix, average, zero_division) for score in SCORES
        ]
        return row(*scores, support.sum())

    return {
        "classes": dict(zip(label_names, map(row, *by_class, support), strict=True)),
        "accuracy": float(accuracy_score(matrix, zero_division)),
        "macro": averaged("macro"),
        "weighted": averaged("weighted"),
    }


def format_report(report: dict) -> str:
    """Lay out a `classification_report` as a text table, one class a line."""
    rows = {**report["classes"], "macro": report["macro"]}
    rows["weighted"] = report["weighted"]
    width = max(map(len, rows))
    header = "".join(f"{column:>11}" for column in (*SCORES, "support"))
    lines = [" " * width + header]
    for name, row in rows.items():
        scores = "".join(f"{row[score]:11.4f}" for score in SCORES)
        lines.append(f"{name:{width}}{scores}{row['support']:11g}")
    return "\n".join([*lines, f"accuracy {report['accuracy']:.4f}"])


def _checked_classes(what, values, num_classes):
    values = np.asarray(values)
    if values.size == 0:
        return values.astype(np.int64)
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{what} must be integers, got {values.dtype}")
    if values.min() < 0 or values.max() >= num_classes:
        raise ValueError(
            f"{what} must be in 0..{num_classes - 1}, "
            f"got {values.min()}..{values.max()}"
        )
    return values
