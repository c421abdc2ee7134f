"""What the training batches tell before a step is made.

Article: §7.2.2.

The labels are classes, one an example; with a label a token only a plain copy of the
labels is looked for.
"""

from collections.abc import Sequence

import numpy as np

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.monitoring.diagnosis_batches import Batch, class_counts
from roots_tf.monitoring.diagnosis_findings import Finding

# The F1 of "the class is c where the feature is there". Natural words reach about 0.6
# on the project's own texts; a copied label reaches 1.
LEAK_F1 = 0.95
_LEAST_EXAMPLES = 20  # of a class, so that no word fits it by chance


def labels_leaked(batches: Sequence[Batch]) -> Finding | None:
    """One token, or one column, that alone gives a class away.

    For token ids a feature is "the text has this token", for numbers "the column is
    over its mean". With a label a token: inputs that are the labels.
    """
    counts = class_counts(batches)
    if counts is None:
        return _labels_copied(batches)
    classes = np.concatenate([batch.classes for batch in batches])
    for place in range(len(batches[0].inputs)):
        arrays = [batch.inputs[place] for batch in batches]
        if arrays[0].ndim != 2 or arrays[0].dtype.kind not in "iuf":
            continue
        is_tokens = arrays[0].dtype.kind != "f"
        count = _token_counts if is_tokens else _column_counts
        present = count(arrays, classes, len(counts))  # (features, C)
        f1 = 2 * present / np.maximum(present.sum(axis=1, keepdims=True) + counts, 1)
        f1[:, counts < _LEAST_EXAMPLES] = 0
        feature, label = np.unravel_index(f1.argmax(), f1.shape)
        if f1[feature, label] >= LEAK_F1:
            there = present[feature]
            others = there.sum() - there[label]
            name = f"token {feature}" if is_tokens else f"a high column {feature}"
            evidence = (
                f"{name} is in {there[label]:.0f} of {counts[label]} examples of "
                f"class {label} and in {others:.0f} of {len(classes) - counts[label]} "
                "others"
            )
            return Finding(troubles.LABELS_LEAKED, evidence)
    return None


# The intraclass correlation of labels within blocks of consecutive examples: 0 when
# shuffled, 1 when sorted (Kish 1965, "Survey sampling", §5.4: the design effect of
# clusters of n is 1 + (n - 1) rho). Batches of like length, whose labels are somewhat
# alike, have 0.02 on the docstrings.
SORTED_CORRELATION = 0.3
_BLOCK = 32  # examples, whatever the size of the batches


def unshuffled(batches: Sequence[Batch]) -> Finding | None:
    """Consecutive examples whose labels are far more alike than chance has it."""
    if class_counts(batches) is None:
        return None
    classes = np.concatenate([batch.classes for batch in batches])
    blocks = classes[: len(classes) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    if len(blocks) < 5:
        return None
    if blocks.min() == blocks.max():
        evidence = f"the first {blocks.size} labels are all class {blocks[0, 0]}"
        return Finding(troubles.UNSHUFFLED, evidence)
    correlation = intraclass_correlation(blocks)
    if correlation <= SORTED_CORRELATION:
        return None
    alone = np.mean(blocks.min(axis=1) == blocks.max(axis=1))
    evidence = (
        f"{alone:.0%} of the blocks of {_BLOCK} consecutive examples have one class "
        f"alone, and the labels in a block are correlated by {correlation:.2f}"
    )
    return Finding(troubles.UNSHUFFLED, evidence)


def intraclass_correlation(blocks: np.ndarray) -> float:
    """``rho = (chi2 / degrees of freedom - 1) / (n - 1)`` of blocks against classes.

    Args:
        blocks: (R, n) classes, two or more different ones.
    """
    table = np.stack([np.bincount(row, minlength=blocks.max() + 1) for row in blocks])
    table = table[:, table.any(axis=0)]  # (R, C)
    rows, size = blocks.shape
    expected = size * table.sum(axis=0) / blocks.size  # (C,)
    chi2 = ((table - expected) ** 2 / expected).sum()
    freedom = (rows - 1) * (table.shape[1] - 1)
    return float((chi2 / freedom - 1) / (size - 1))


# How many times as frequent as the rare class the most frequent one is.
IMBALANCED = 4
# Of the rare class's training examples answered right, and of the frequent class's.
RARE_RECALL, FREQUENT_RECALL = 0.1, 0.5


def rare_class(counts: np.ndarray) -> int | None:
    """Gives the rarest class if it is rare, `IMBALANCED`; 5 examples are needed."""
    counts = np.where(counts >= 5, counts, counts.max())
    rarest = int(counts.argmin())
    return rarest if counts[rarest] * IMBALANCED <= counts.max() else None


def imbalance_ignored(
    counts: np.ndarray, rare_right: np.ndarray, frequent_right: np.ndarray
) -> Finding | None:
    """The model knows the frequent class and never the rare one, in training texts.

    Accuracy hides it: it is as high as the frequent class is frequent.

    Args:
        counts: (C,) labels by class.
        rare_right, frequent_right: boolean, whether examples of the rarest and of the
            most frequent class are answered right.
    """
    rare, frequent = rare_class(counts), int(counts.argmax())
    if rare is None or not len(rare_right) or not len(frequent_right):
        return None
    if rare_right.mean() > RARE_RECALL or frequent_right.mean() < FREQUENT_RECALL:
        return None
    evidence = (
        f"class {rare} is {counts[rare] / counts.sum():.1%} of the labels and "
        f"{rare_right.sum()} of {len(rare_right)} of its training examples are "
        f"answered right, but {frequent_right.sum()} of {len(frequent_right)} of "
        f"class {frequent}"
    )
    return Finding(troubles.IMBALANCE, evidence)


def _labels_copied(batches: Sequence[Batch]) -> Finding | None:
    if any(batch.labels is None for batch in batches):
        return None
    for place in range(len(batches[0].inputs)):
        same = total = 0
        for batch in batches:
            values, labels = batch.inputs[place], batch.labels
            if values.shape == labels.shape:
                counted = labels > 0 if batch.weights is None else batch.weights > 0
                same += np.sum((values == labels) & counted)
                total += counted.sum()
        if total >= _LEAST_EXAMPLES and same >= LEAK_F1 * total:
            evidence = f"{same} of {total} labels stand at their place in the inputs"
            return Finding(troubles.LABELS_LEAKED, evidence)
    return None


def _token_counts(arrays, classes, num_classes) -> np.ndarray:
    """Counts the texts of each class that have a token, (V, C); 0 is padding."""
    counts = np.zeros((max(ids.max() for ids in arrays) + 1, num_classes))
    rows = (row for ids in arrays for row in ids)
    for row, label in zip(rows, classes, strict=True):
        counts[np.unique(row), label] += 1
    counts[0] = 0
    return counts


def _column_counts(arrays, classes, num_classes) -> np.ndarray:
    """Counts the examples of each class in which a column is over its mean, (F, C)."""
    x = np.concatenate(arrays)
    return (x > x.mean(axis=0)).T.astype(np.float64) @ np.eye(num_classes)[classes]
