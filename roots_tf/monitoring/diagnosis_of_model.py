"""What a model's answers to a few training texts tell.

Article: §7.2.2. Errata: E12 (loss and outputs), E13 (the missing mask).

The model is asked in inference mode, so that no random generator moves on: a watched
run makes the same steps as one that is not.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from roots_tf.monitoring import diagnosis_findings as troubles
from roots_tf.monitoring.diagnosis_batches import Batch
from roots_tf.monitoring.diagnosis_findings import Finding

# Examples, tokens of each and classes that are enough: a whole vocabulary is big.
FEW, _FEW_TOKENS, _FEW_CLASSES = 8, 8, 64
# Of what lies between two texts' outputs. With a mask it is 1e-7, or a few hundredths
# where bfloat16 rounds; without one 0.3 and more.
PADDING_EFFECT = 0.1


def no_mask(effect: float) -> Finding | None:
    """Outputs that change when padding is cut off, see `padding_effect`."""
    if not effect > PADDING_EFFECT:
        return None
    evidence = (
        "cutting off padding that is in the training batches moves the outputs by "
        f"{effect:.0%} of what lies between two texts"
    )
    return Finding(troubles.NO_MASK, evidence)


def padding_effect(model: keras.Model, batches: Sequence[Batch]) -> float | None:
    """How far the outputs move when padding is cut off a batch.

        sqrt(mean |f(cut x) - f(x)|^2 / mean |f(x) - mean f|^2)

    over the shortest quarter of the texts, and for an output a token over their tokens.

    Args:
        model: which takes token ids (B, T), 0 for padding on the right; further inputs
            (B, T), zero at padding too, are cut with them.
        batches: among which the narrowest with enough padding is taken.

    Returns:
        None if no batch has padding, or the inputs are no token ids of any length.
    """
    batch = _padded_batch(batches)
    if batch is None or not _takes_any_length(model):
        return None
    ids = batch.token_ids
    rows, width = _shortest_quarter(ids)

    def cut(tensor):
        return tensor[rows, :width] if tensor.shape == ids.shape else tensor[rows]

    whole = outputs_of(model, _map(lambda tensor: tensor[rows], batch))
    short = outputs_of(model, _map(cut, batch))
    if (*whole.shape[1:], *short.shape[1:]) == (ids.shape[1], width):
        whole, short = whole[..., None], short[..., None]  # one output a token
    if whole.ndim == 3:  # (B, T, C): at padding the outputs need mean nothing
        real = ids[rows, :width] != 0
        if whole.shape[1] != ids.shape[1]:
            return None
        whole, short = whole[:, :width][real], short[real]
    whole, short = whole[..., :_FEW_CLASSES], short[..., :_FEW_CLASSES]
    spread = np.mean((whole - whole.mean(axis=0)) ** 2)
    return float(np.sqrt(np.mean((short - whole) ** 2) / spread)) if spread else None


# Sums of probabilities: float32 is within 1e-6, bfloat16 has 8 bits.
_ROUNDING = 0.02
# Activations whose values cannot be logits, which go from -inf to inf.
_NO_LOGITS = ("softmax", "sigmoid", "hard_sigmoid", "tanh", "softsign", "relu", "relu6")


def mismatched(outputs: np.ndarray, expected: str, activation: str) -> Finding | None:
    """Outputs of another kind than the loss expects.

    Args:
        outputs: (..., C) of a few examples.
        expected: "logits", "probabilities", or "" where that is not known.
        activation: name of the last layer's, or "" where it is not known.
    """
    low, high, sums = outputs.min(), outputs.max(), outputs.sum(axis=-1)
    one, inside = outputs.shape[-1] == 1, low >= 0 and high <= 1
    add_up = inside and np.abs(sums - 1).max() < _ROUNDING
    if one and add_up and (activation == "softmax" or np.all(outputs == 1)):
        seen = "a softmax over one output is always 1"
    elif expected == "logits" and not one and add_up:
        seen = "the loss expects logits, and the outputs are probabilities that add up"
        seen += " to 1"
    elif expected == "logits" and activation in _NO_LOGITS:
        seen = f"the loss expects logits, and the last activation is {activation}"
    elif expected == "probabilities" and not (inside and (one or add_up)):
        seen = (
            f"the loss expects probabilities, and the outputs go from {low:.3g} to "
            f"{high:.3g}"
        )
        seen += "" if one else f", with sums of {sums.min():.3g} to {sums.max():.3g}"
    else:
        return None
    return Finding(troubles.MISMATCHED, seen)


def loss_expects(loss: Callable, labels: np.ndarray, outputs: np.ndarray) -> str:
    """Finds out what a cross-entropy takes by giving it both.

    For made-up probabilities p it must give the mean of ``-log p[label]``, be it from p
    itself or from logits that have p as their softmax, ``log p``; with one output, from
    p or from ``log(p / (1 - p))``.

    Args:
        loss: ``loss(labels, outputs)``, of each item or a mean.
        labels: of the examples, classes.
        outputs: of the examples (..., C); only the shape is used.

    Returns:
        "logits", "probabilities", or "" for neither: another loss or other labels.
    """
    few = (slice(None), slice(_FEW_TOKENS)) if outputs.ndim == 3 else (slice(None),)
    labels, shape = labels[few[: labels.ndim]], outputs[few].shape
    p = np.random.default_rng(0).uniform(0.1, 0.9, shape)
    if shape[-1] == 1 and labels.size == p.size:
        logits = np.log(p / (1 - p))
        chosen = np.where(np.reshape(labels, shape) > 0.5, p, 1 - p)
    elif labels.shape == shape[: labels.ndim] and 0 <= labels.min():
        p /= p.sum(axis=-1, keepdims=True)
        logits = np.log(p)
        if labels.max() >= shape[-1]:
            return ""
        chosen = _chosen(p, labels)
    else:
        return ""
    expected = -np.log(chosen).mean()
    for kind, values in (("logits", logits), ("probabilities", p)):
        value = np.mean(loss(tf.constant(labels), tf.constant(values, tf.float32)))
        if abs(value - expected) < 1e-3:
            return kind
    return ""


def outputs_of(model: keras.Model, inputs) -> np.ndarray:
    """The model's first output in inference mode, float32."""
    output = tf.nest.flatten(model(inputs, training=False))[0]
    return np.asarray(keras.ops.convert_to_numpy(output), np.float32)


def last_activation(model: keras.Model) -> str:
    """Name of the activation that makes the output; "" where the model hides it."""
    if len(getattr(model, "outputs", None) or ()) != 1:  # a subclass of Model
        return ""
    activation = getattr(model.layers[-1], "activation", None)
    return getattr(activation, "__name__", "")


def answered_right(model: keras.Model, inputs, label: int, half: float) -> np.ndarray:
    """Whether examples of one class are answered right, (B,) boolean.

    Args:
        model: with an output (B, C), or (B, 1) which says class 1 where it is over
            ``half``.
        inputs: as the model takes them.
        label: their class.
        half: 0 for logits, 0.5 for probabilities.
    """
    outputs = outputs_of(model, inputs)
    if outputs.shape[-1] == 1:
        return (outputs[:, 0] > half) == bool(label)
    return outputs.argmax(axis=-1) == label


def _map(function, batch: Batch):
    return tf.nest.map_structure(function, batch.structure)


def _chosen(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The probability of each item's label; one label may serve all of a text."""
    if labels.shape == p.shape:  # one-hot
        return (p * labels).sum(axis=-1)
    index = labels.astype(int).reshape(labels.shape + (1,) * (p.ndim - labels.ndim))
    index = np.broadcast_to(index, (*p.shape[:-1], 1))
    return np.take_along_axis(p, index, axis=-1)[..., 0]


def _takes_any_length(model: keras.Model) -> bool:
    symbols = getattr(model, "inputs", None) or ()  # a subclass of Model has none
    return all(len(s.shape) != 2 or s.shape[1] is None for s in symbols)


def _shortest_quarter(ids: np.ndarray) -> tuple[np.ndarray, int]:
    """The rows of a quarter of the texts, two to eight, and their longest length."""
    real = ids != 0
    last = ids.shape[1] - real[:, ::-1].argmax(axis=1)  # place of the last token, + 1
    lengths = np.where(real.any(axis=1), last, 1)
    rows = np.argsort(lengths, kind="stable")[: min(max(2, len(ids) // 4), FEW)]
    return rows, int(lengths[rows].max(initial=0))


def _padded_batch(batches: Sequence[Batch]) -> Batch | None:
    padded = []
    for batch in batches:
        ids = batch.token_ids
        if ids is None:
            return None
        rows, width = _shortest_quarter(ids)
        beside = [x[rows, width:] for x in batch.inputs if x.shape == ids.shape]
        if len(rows) >= 2 and width < ids.shape[1] and not np.any(beside):
            padded.append(batch)
    return min(padded, key=lambda batch: batch.token_ids.shape[1], default=None)
