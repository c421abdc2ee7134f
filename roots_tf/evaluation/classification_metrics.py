"""Accuracy, precision, recall and F1 from one streaming confusion matrix (混淆矩阵).

Article: §3.3.1, §4.3.1 (评估指标), §5.3.3, §9.2 step 5.

Let m[i, j] be the number of examples of true class i predicted as class j. With class c
as the positive one (正类):

    TP_c = m[c, c]
    FP_c = sum_i m[i, c] - TP_c     (predicted c, and wrong)
    FN_c = sum_j m[c, j] - TP_c     (truly c, and missed)

    accuracy  (准确率)    sum_c TP_c / sum_ij m[i, j]
    precision (精确率) c  TP_c / (TP_c + FP_c)
    recall    (召回率) c  TP_c / (TP_c + FN_c)
    F1        (F1值)   c  2 P_c R_c / (P_c + R_c) = 2 TP_c / (2 TP_c + FP_c + FN_c)

The article stops at two classes. For C classes `average` says what becomes of the C
values, as in scikit-learn (`precision_recall_fscore_support`):

    "binary"    the value of class 1; C must be 2
    "macro"     the mean over the C classes
    "weighted"  the mean weighted by the true examples of each class, TP_c + FN_c
    "micro"     TP, FP and FN are summed over the classes, then divided; as each example
                has one label and one prediction, this equals accuracy

Where a denominator is 0 (a class never predicted or never present, no data at all) the
quotient is `zero_division`.

Erratum: E08. §3.3.1 words recall as precision (of the examples *predicted* positive);
§4.3.1 has it right. Macro F1 is the mean of the classes' F1; the F1 of macro precision
and macro recall is another number.
"""

import keras
import tensorflow as tf
from keras import ops

AVERAGES = ("binary", "micro", "macro", "weighted")

# From a class's TP, TP + FP and TP + FN to the numerator and denominator of its score.
SCORES = {
    "precision": lambda hits, predicted, actual: (hits, predicted),
    "recall": lambda hits, predicted, actual: (hits, actual),
    "f1": lambda hits, predicted, actual: (2 * hits, predicted + actual),
}


@keras.saving.register_keras_serializable("roots_tf")
class ConfusionMatrix(keras.metrics.Metric):
    """Counts, over all batches, how often class i was predicted as class j.

    Args:
        num_classes: C, at least 2.
        name: name of the metric.
        dtype: as in Keras; the counts are float64 whatever it is, because float32
            stops counting single examples at 2 ** 24.

    Shape:
        labels (B,) integer class numbers; predictions (B, C) logits or probabilities,
        the largest of which is the predicted class; sample_weight (B,) or a scalar,
        0 for examples that do not count. Further leading dimensions, such as (B, T) in
        tagging, are flattened. Result: (C, C) float64, rows true, columns predicted.

    Raises:
        ValueError: if num_classes is below 2, or predictions do not have C columns.
        tf.errors.InvalidArgumentError: on update, if a label is not in 0 .. C-1.

    Example:
        >>> matrix = ConfusionMatrix(num_classes=2)
        >>> matrix.update_state([0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
        >>> matrix.result().numpy().tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """

    def __init__(self, num_classes, name="confusion_matrix", dtype=None):
        super().__init__(name=name, dtype=dtype)
        if num_classes < 2:
            raise ValueError(f"num_classes must be at least 2, got {num_classes}")
        self.num_classes = num_classes
        self.counts = self.add_variable(
            (num_classes, num_classes), "zeros", dtype="float64", name="counts"
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        if y_pred.shape[-1] != self.num_classes:
            raise ValueError(
                f"predictions must have {self.num_classes} columns, one for each "
                f"class, got shape {tuple(y_pred.shape)}"
            )
        labels = ops.reshape(ops.cast(y_true, "int64"), (-1,))  # (B,)
        predicted = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,))  # (B,)
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, "float64"), (-1,))
            sample_weight = ops.broadcast_to(weights, ops.shape(labels))  # (B,)
        self.counts.assign_add(
            tf.math.confusion_matrix(  # refuses unknown labels inside a graph too
                labels, predicted, self.num_classes, sample_weight, dtype="float64"
            )
        )

    def result(self):
        return ops.convert_to_tensor(self.counts)

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@keras.saving.register_keras_serializable("roots_tf")
class Accuracy(ConfusionMatrix):
    """Accuracy (准确率), sum_c TP_c / sum_ij m[i, j].

    Args:
        num_classes: C.
        zero_division: value before any example was seen, 0.0 or 1.0.
        name: name of the metric.
        dtype: as `ConfusionMatrix`.

    Shape:
        As `ConfusionMatrix`; the result is a float64 scalar in [0, 1].
    """

    def __init__(self, num_classes, zero_division=0.0, name="accuracy", dtype=None):
        super().__init__(num_classes, name=name, dtype=dtype)
        check_zero_division(zero_division)
        self.zero_division = zero_division

    def result(self):
        return accuracy_score(super().result(), self.zero_division)

    def get_config(self):
        return {**super().get_config(), "zero_division": self.zero_division}


class AveragedScore(ConfusionMatrix):
    """What `Precision`, `Recall` and `F1` share: a value for each class, averaged.

    Args:
        num_classes: C.
        average: one of `AVERAGES`.
        zero_division: value of a quotient whose denominator is 0, 0.0 or 1.0.
        name: name of the metric.
        dtype: as `ConfusionMatrix`.

    Shape:
        As `ConfusionMatrix`; the result is a float64 scalar in [0, 1].

    Raises:
        ValueError: for another average or zero_division, or "binary" with C != 2.
    """

    score = None  # key of SCORES, set by the subclasses

    def __init__(
        self, num_classes, average="macro", zero_division=0.0, name=None, dtype=None
    ):
        super().__init__(num_classes, name=name or self.score, dtype=dtype)
        if average not in AVERAGES:
            raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
        if average == "binary" and num_classes != 2:
            raise ValueError(f"average 'binary' needs 2 classes, got {num_classes}")
        self.average = average
        check_zero_division(zero_division)
        self.zero_division = zero_division

    def result(self):
        matrix = super().result()
        return averaged_score(self.score, matrix, self.average, self.zero_division)

    def get_config(self):
        return {
            **super().get_config(),
            "average": self.average,
            "zero_division": self.zero_division,
        }


@keras.saving.register_keras_serializable("roots_tf")
class Precision(AveragedScore):
    """Precision (精确率), TP / (TP + FP); see `AveragedScore`."""

    score = "precision"


@keras.saving.register_keras_serializable("roots_tf")
class Recall(AveragedScore):
    """Recall (召回率), TP / (TP + FN); see `AveragedScore`. Erratum: E08."""

    score = "recall"


@keras.saving.register_keras_serializable("roots_tf")
class F1(AveragedScore):
    """F1 (F1值), 2 TP / (2 TP + FP + FN); see `AveragedScore`. Erratum: E08."""

    score = "f1"


def accuracy_score(matrix, zero_division):
    """Accuracy of a (C, C) float matrix: a scalar tensor."""
    return _divide(ops.trace(matrix), ops.sum(matrix), zero_division)


def class_scores(score, matrix, zero_division):
    """The `score` (a key of `SCORES`) of each class: a (C,) tensor."""
    return _divide(*SCORES[score](*_counts(matrix)), zero_division)  # (C,)


def averaged_score(score, matrix, average, zero_division):
    """The `score` averaged as `average` says: a scalar tensor."""
    if average == "micro":
        totals = map(ops.sum, _counts(matrix))
        return _divide(*SCORES[score](*totals), zero_division)
    values = class_scores(score, matrix, zero_division)  # (C,)
    if average == "binary":
        return values[1]
    if average == "macro":
        return ops.mean(values)
    actual = ops.sum(matrix, axis=1)  # (C,)
    return _divide(ops.sum(values * actual), ops.sum(actual), zero_division)


def _counts(matrix):
    """TP, TP + FP and TP + FN of each class."""
    return ops.diagonal(matrix), ops.sum(matrix, axis=0), ops.sum(matrix, axis=1)


def _divide(numerator, denominator, zero_division):
    is_zero = ops.equal(denominator, 0)
    quotient = numerator / ops.where(is_zero, ops.ones_like(denominator), denominator)
    return ops.where(is_zero, ops.full_like(quotient, zero_division), quotient)


def check_zero_division(value):
    """Raise ValueError unless the value is 0 or 1."""
    if value not in (0.0, 1.0):
        raise ValueError(f"zero_division must be 0.0 or 1.0, got {value!r}")
