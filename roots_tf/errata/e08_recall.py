"""E08: §3.3.1 gives recall the definition of precision.

Article: §3.3.1, §4.3.1. Plain Python, so that every number can be redone on paper.
"""

from collections.abc import Sequence

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# The worked example: 40 of 100 are positive, 10 are predicted positive.
TP, FP, FN, TN = 8, 2, 32, 58
# Rows true, columns predicted.
MATRIX = ((90, 0, 0), (5, 3, 2), (4, 1, 5))


def binary_scores(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """Gives the four scores as §4.3.1 defines them.

    Args:
        tp, fp, fn, tn: true and false positives, false and true negatives; at least one
            predicted and one actual positive.

    Example:
        >>> binary_scores(8, 2, 32, 58)
        {'accuracy': 0.66, 'precision': 0.8, 'recall': 0.2, 'f1': 0.32}
    """
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    accuracy = (tp + tn) / (tp + fp + fn + tn)
    return _named(accuracy, precision, recall)


def printed_scores(tp: int, fp: int, fn: int, tn: int) -> dict[str, float]:
    """Gives the four scores with recall as worded in §3.3.1; as `binary_scores`."""
    accuracy, precision = (tp + tn) / (tp + fp + fn + tn), tp / (tp + fp)
    return _named(accuracy, precision, recall=tp / (tp + fp))


def averaged_scores(matrix: Sequence[Sequence[int]]) -> dict[str, float]:
    """Gives what a confusion matrix of several classes can be summed up to.

    Args:
        matrix: (C, C) counts, rows true, columns predicted, no empty row or column.

    Returns:
        accuracy, micro F1, macro precision, macro recall, "macro f1" (the mean of the
        classes' F1) and "f1 of the macro averages" (of precision and recall).
    """
    classes = range(len(matrix))
    hits = [matrix[c][c] for c in classes]
    actual = [sum(row) for row in matrix]
    predicted = [sum(column) for column in zip(*matrix, strict=True)]
    precisions = [hits[c] / predicted[c] for c in classes]
    recalls = [hits[c] / actual[c] for c in classes]
    precision, recall = _mean(precisions), _mean(recalls)
    return {
        "accuracy": sum(hits) / sum(actual),
        "micro f1": _f1(sum(hits) / sum(predicted), sum(hits) / sum(actual)),
        "macro precision": precision,
        "macro recall": recall,
        "macro f1": _mean(list(map(_f1, precisions, recalls))),
        "f1 of the macro averages": _f1(precision, recall),
    }


def comparison() -> Comparison:
    """Scores the worked example with both definitions of recall."""
    right = binary_scores(TP, FP, FN, TN)
    return Comparison(
        "value",
        "score",
        list(right),
        {
            "printed": list(printed_scores(TP, FP, FN, TN).values()),
            "right": list(right.values()),
        },
    )


def _named(accuracy, precision, recall):
    f1 = round(_f1(precision, recall), 12)  # without what floats add in the last digit
    return {"accuracy": accuracy, "precision": precision, "recall": recall, "f1": f1}


def _f1(precision, recall):
    return 2 * precision * recall / (precision + recall)


def _mean(values):
    return sum(values) / len(values)


def _row(name, scores):
    return f"| {name} | " + " | ".join(f"{score:g}" for score in scores.values()) + " |"


_AVERAGES = averaged_scores(MATRIX)
_NUMBERS = f"""\
TP = {TP}, FP = {FP}, FN = {FN}, TN = {TN}:

| recall as in | accuracy | precision | recall | F1 |
| --- | --- | --- | --- | --- |
{_row("§4.3.1, right", binary_scores(TP, FP, FN, TN))}
{_row("§3.3.1", printed_scores(TP, FP, FN, TN))}

With the wording of §3.3.1 recall is precision again, and so is F1: nobody would see
that {FN} of {TP + FN} positives are missed.

Three classes, confusion matrix {[list(row) for row in MATRIX]}: accuracy and micro F1
{_AVERAGES["accuracy"]:.4f}, macro precision {_AVERAGES["macro precision"]:.4f}, macro
recall {_AVERAGES["macro recall"]:.4f}. Two numbers go by the name of macro F1: the mean
of the classes' F1, {_AVERAGES["macro f1"]:.4f}, which is the usual one, and the F1 of
macro precision and macro recall, {_AVERAGES["f1 of the macro averages"]:.4f}.
"""

ENTRY = Erratum(
    id="E08",
    grade="A",
    sections=("3.3.1", "4.3.1"),
    title="Recall is given the definition of precision.",
    printed="""
    §3.3.1 says of precision (精确率) and of recall (召回率), word for word: of the
    samples that the model predicts as positive, the share that is actually positive.
    §4.3.1 has the right formula, so that the article contradicts itself. Besides (grade
    C): nothing is said of denominators that are 0, or of more than two classes.
    """,
    right="""
    Recall is TP / (TP + FN): of the samples that are actually positive, the share that
    is predicted as positive. A score whose denominator is 0 is undefined, and a program
    has to say what it puts there. Of several classes each has its own precision, recall
    and F1; a report names the average: micro, macro or weighted.
    """,
    source="""
    Manning, Raghavan, Schütze 2008, "Introduction to Information Retrieval", §8.3, eq.
    8.1–8.5. The two macro F1: Opitz, Burst 2019 (1911.03347).
    """,
    numbers=_NUMBERS,
)
