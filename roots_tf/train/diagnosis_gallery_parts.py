"""Twelve sick runs, one for each trouble, and the same twelve cured.

As far as can be, a pair differs in nothing but the mistake: the cured run shows that it
is the mistake that is named, and not the kind of model.

Article: §3.2.1, §7.2.2. Errata: E12, E13.
"""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.optimization.losses import cross_entropy
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.text.batching import BucketedBatches, in_order
from roots_tf.train.diagnosis_gallery_texts import Texts

_BATCH_SIZE = 32


@dataclass
class Specimen:
    """What a run needs; fields as for ``TrainingLoop``.

    Attributes:
        validation: (inputs, labels) of the validation texts.
    """

    model: keras.Model
    batches: Callable[[int], tf.data.Dataset]
    validation: tuple[np.ndarray, np.ndarray]
    optimizer: keras.optimizers.Optimizer | None = None
    loss: Callable = cross_entropy
    epochs: int = 3

    def __post_init__(self):
        self.optimizer = self.optimizer or keras.optimizers.Adam(0.003)


def rate_too_high(texts: Texts, seed: int, sick: bool) -> Specimen:
    """Adam at 1, where 0.003 is right."""
    specimen = _of_bags(_network(texts), texts, seed)
    specimen.optimizer = keras.optimizers.Adam(1.0 if sick else 0.003)
    return specimen


def rate_too_low(texts: Texts, seed: int, sick: bool) -> Specimen:
    """Adam at a millionth."""
    specimen = _of_bags(_network(texts), texts, seed)
    specimen.optimizer = keras.optimizers.Adam(1e-6 if sick else 0.003)
    return specimen


def exploding_gradient(texts: Texts, seed: int, sick: bool) -> Specimen:
    """A recurrence without bounds whose weights stretch, or one that does neither."""
    recurrence = layers.SimpleRNN(
        32,
        activation=None if sick else "tanh",
        recurrent_initializer=keras.initializers.Orthogonal(2.0 if sick else 1.0),
    )
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(texts.vocab_size, 16, mask_zero=True),
            recurrence,
            layers.Dense(texts.num_classes),
        ]
    )
    return _of_tokens(model, texts, seed)


def vanishing_gradient(texts: Texts, seed: int, sick: bool) -> Specimen:
    """Eight layers of sigmoids, or of ReLUs with the weights of He et al."""
    kind = (
        {"activation": "sigmoid"}
        if sick
        else {"activation": "relu", "kernel_initializer": "he_normal"}
    )
    hidden = [layers.Dense(32, **kind) for _ in range(8)]
    specimen = _of_bags(_network(texts, hidden), texts, seed)
    specimen.optimizer = keras.optimizers.Adam(0.001)
    return specimen


def dead_units(texts: Texts, seed: int, sick: bool) -> Specimen:
    """ReLUs whose biases start so low that no text reaches them."""
    bias = keras.initializers.Constant(-2.0 if sick else 0.0)
    hidden = [layers.Dense(32, activation="relu", bias_initializer=bias)]
    return _of_bags(_network(texts, hidden), texts, seed)


def no_mask(texts: Texts, seed: int, sick: bool) -> Specimen:
    """The section-5 model that reads padding as words (E13)."""
    config = BiLstmConfig(
        vocab_size=texts.vocab_size,
        num_classes=texts.num_classes,
        embedding_dim=16,
        hidden_size=16,
        mask_padding=not sick,
    )
    return _of_tokens(build_bilstm_classifier(config, seed=seed), texts, seed)


def labels_leaked(texts: Texts, seed: int, sick: bool) -> Specimen:
    """Training texts that begin with a token for their class."""
    sequences = texts.ids["train"]
    if sick:
        marks = texts.vocab_size + texts.labels["train"]
        pairs = zip(marks, sequences, strict=True)
        sequences = [np.append(np.int32(mark), ids) for mark, ids in pairs]
    model = _averaging(texts.vocab_size + texts.num_classes, texts.num_classes)
    return _of_tokens(model, texts, seed, sequences)


def unshuffled(texts: Texts, seed: int, sick: bool) -> Specimen:
    """Training texts sorted by class."""
    order = np.argsort(texts.labels["train"], kind="stable") if sick else None
    return _of_bags(_network(texts), texts, seed, order=order)


def mismatched(texts: Texts, seed: int, sick: bool) -> Specimen:
    """A softmax before a loss that applies its own."""
    activation = "softmax" if sick else None
    return _of_bags(_network(texts, activation=activation), texts, seed)


def overfitting(texts: Texts, seed: int, sick: bool) -> Specimen:
    """A wide network for many epochs on 100 texts, or on all for two with dropout."""
    hidden = [layers.Dense(128, activation="relu")]
    rows = np.arange(len(texts.labels["train"]))
    if sick:
        rows = np.random.default_rng(seed).permutation(rows)[:100]
    else:
        hidden += [layers.Dropout(0.5, seed=seed)]
    specimen = _of_bags(_network(texts, hidden), texts, seed, rows=rows)
    specimen.epochs = 30 if sick else 3
    return specimen


def imbalance_ignored(texts: Texts, seed: int, sick: bool) -> Specimen:
    """One class with a twentieth of its texts, all alike or weighted to be heard."""
    rows, labels = {}, texts.labels
    for part in ("train", "validation"):
        rare = np.flatnonzero(labels[part] == 0)
        kept = np.random.default_rng(seed).permutation(rare)[: len(rare) // 20]
        rows[part] = np.concatenate([np.flatnonzero(labels[part] > 0), kept])
    counts = np.bincount(labels["train"][rows["train"]])
    weights = None if sick else (counts.max() / counts).astype(np.float32)
    specimen = _of_bags(
        _network(texts), texts, seed, rows=rows["train"], class_weights=weights
    )
    x, y = specimen.validation
    specimen.validation = x[rows["validation"]], y[rows["validation"]]
    specimen.optimizer = keras.optimizers.Adam(0.001)
    return specimen


def not_a_number(texts: Texts, seed: int, sick: bool) -> Specimen:
    """A mean over the tokens of each text, one of which has none."""
    sequences = list(texts.ids["train"])
    place = np.random.default_rng(seed).integers(len(sequences))
    sequences[place] = np.zeros(0, np.int32)
    least = 0.0 if sick else 1.0
    model = _averaging(texts.vocab_size, texts.num_classes, least)
    return _of_tokens(model, texts, seed, sequences)


# Trouble -> what makes it, and of which texts: the docstrings where length or number
# matters.
GALLERY: dict[str, tuple[Callable[[Texts, int, bool], Specimen], str]] = {
    troubles.RATE_TOO_HIGH: (rate_too_high, "docstrings"),
    troubles.RATE_TOO_LOW: (rate_too_low, "reviews"),
    troubles.EXPLODING: (exploding_gradient, "docstrings"),
    troubles.VANISHING: (vanishing_gradient, "docstrings"),
    troubles.DEAD_UNITS: (dead_units, "reviews"),
    troubles.NO_MASK: (no_mask, "docstrings"),
    troubles.LABELS_LEAKED: (labels_leaked, "reviews"),
    troubles.UNSHUFFLED: (unshuffled, "docstrings"),
    troubles.MISMATCHED: (mismatched, "reviews"),
    troubles.OVERFITTING: (overfitting, "reviews"),
    troubles.IMBALANCE: (imbalance_ignored, "docstrings"),
    troubles.NOT_FINITE: (not_a_number, "reviews"),
}


def _network(texts: Texts, hidden=None, activation=None) -> keras.Model:
    """Bags of words -> a hidden layer of 32 ReLUs, or those given -> classes."""
    hidden = hidden or [layers.Dense(32, activation="relu")]
    last = layers.Dense(texts.num_classes, activation=activation)
    return keras.Sequential([keras.Input((texts.num_words,)), *hidden, last])


def _averaging(vocab_size: int, num_classes: int, least: float = 1.0) -> keras.Model:
    """Token ids -> the mean of their vectors -> classes.

    Args:
        least: the least number that the sum of the vectors is divided by.
    """
    ids = keras.Input((None,), dtype="int32")
    vectors = layers.Embedding(vocab_size, 16)(ids)  # (B, T, D)
    real = ops.cast(ops.not_equal(ids, 0), "float32")[:, :, None]
    count = ops.maximum(ops.sum(real, axis=1), least)
    mean = ops.sum(vectors * real, axis=1) / count  # (B, D)
    hidden = layers.Dense(32, activation="relu")(mean)
    return keras.Model(ids, layers.Dense(num_classes)(hidden))


def _of_bags(
    model, texts: Texts, seed: int, order=None, rows=None, class_weights=None
) -> Specimen:
    """A specimen of bags of words, shuffled unless an order is given."""
    x, labels = texts.bags["train"], texts.labels["train"]
    rows = np.arange(len(labels)) if rows is None else rows

    def batches(epoch: int) -> tf.data.Dataset:
        shuffled = np.random.default_rng([seed, epoch]).permutation(rows)
        taken = shuffled if order is None else order
        arrays = [x[taken], labels[taken]]
        if class_weights is not None:
            arrays.append(class_weights[labels[taken]])
        return tf.data.Dataset.from_tensor_slices(tuple(arrays)).batch(_BATCH_SIZE)

    validation = texts.bags["validation"], texts.labels["validation"]
    return Specimen(model, batches, validation)


def _of_tokens(model, texts: Texts, seed: int, sequences=None) -> Specimen:
    """A specimen of padded token ids in batches of like length."""
    batches = BucketedBatches(
        texts.ids["train"] if sequences is None else sequences,
        texts.labels["train"],
        _BATCH_SIZE,
        seed,
        num_buckets=3,
    )
    sequences, labels = texts.ids["validation"], texts.labels["validation"]
    ((rows, ids),) = in_order(sequences, len(sequences))
    return Specimen(model, batches, (ids, labels[rows]))
