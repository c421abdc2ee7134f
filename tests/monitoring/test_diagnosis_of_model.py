"""Checks of a model's answers: padding, and what loss and last layer make of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from roots_tf.monitoring import diagnosis_of_model as of_model
from roots_tf.monitoring.diagnosis_batches import Batch

rng = np.random.default_rng(0)


def batch(inputs):
    return Batch(inputs, tf.nest.flatten(inputs), None, None)


def padded_ids(count=16, width=9, shortest=4):
    """Token ids from 1 to 19, each text with some padding but the last."""
    ids = rng.integers(1, 20, size=(count, width)).astype(np.int32)
    lengths = rng.integers(shortest, width, count)
    lengths[-1] = width
    return np.where(np.arange(width) < lengths[:, None], ids, 0)


def averaging(masked, width=None, per_token=False):
    """The mean of the token vectors, with or without the padding's."""
    keras.utils.set_random_seed(1)
    ids = keras.Input((width,), dtype="int32")
    x = layers.Embedding(20, 4)(ids)
    real = ops.cast(ops.not_equal(ids, 0), "float32")[..., None]
    real = real if masked else ops.ones_like(real)
    mean = ops.sum(x * real, axis=1, keepdims=True) / ops.sum(real, 1, keepdims=True)
    outputs = layers.Dense(3)(x + mean if per_token else mean[:, 0])
    return keras.Model(ids, outputs)


@pytest.mark.parametrize("per_token", [False, True])
def test_cutting_padding_off_moves_the_outputs_of_a_model_without_a_mask(per_token):
    batches = [batch(padded_ids())]

    with_mask = of_model.padding_effect(averaging(True, None, per_token), batches)
    without = of_model.padding_effect(averaging(False, None, per_token), batches)

    assert with_mask < 1e-5
    assert without > 2 * of_model.PADDING_EFFECT


def test_the_effect_is_the_change_over_what_lies_between_the_texts():
    """f is the number of positions plus the first id: cut from 6 to 4, down by 2."""
    ids = np.zeros((8, 6), np.int32)
    ids[:, 0] = [1, 3, 5, 5, 5, 5, 5, 5]
    ids[:2, :4] = np.maximum(ids[:2, :4], 1)
    ids[2:, :] = np.maximum(ids[2:, :], 1)
    symbol = keras.Input((None,), dtype="int32")
    positions = ops.sum(ops.ones_like(symbol), axis=1, keepdims=True)
    model = keras.Model(symbol, ops.cast(positions + symbol[:, :1], "float32"))

    effect = of_model.padding_effect(model, [batch(ids)])

    # The shortest quarter, two texts, has 7 and 9: from their mean 1 each.
    assert effect == pytest.approx(2 / 1)


def test_the_narrowest_batch_with_enough_padding_is_asked():
    full = rng.integers(1, 20, size=(16, 5)).astype(np.int32)
    asked = []
    model = averaging(True)

    class Spy:
        inputs = model.inputs

        def __call__(self, ids, training):
            asked.append(np.shape(ids))
            return model(ids, training=training)

    batches = [batch(padded_ids(width=12)), batch(padded_ids(width=9)), batch(full)]

    of_model.padding_effect(Spy(), batches)

    assert asked[0] == (4, 9)
    assert asked[1][0] == 4 and asked[1][1] < 9


@pytest.mark.parametrize(
    "inputs",
    [
        rng.integers(1, 20, size=(16, 9)).astype(np.int32),  # no padding
        rng.normal(size=(16, 9)).astype(np.float32),  # no ids
        {"ids": padded_ids(), "more": np.ones((16, 9), np.int32)},  # cannot be cut
    ],
)
def test_without_padding_that_can_be_cut_nothing_is_said(inputs):
    assert of_model.padding_effect(None, [batch(inputs)]) is None


def test_a_model_for_texts_of_one_length_is_not_asked_for_shorter_ones():
    assert of_model.padding_effect(averaging(False, 9), [batch(padded_ids())]) is None


def test_a_mask_beside_the_ids_is_cut_with_them():
    ids = padded_ids()
    inner = averaging(True)

    class Masked(keras.Model):
        def call(self, inputs, training=None):
            tf.ensure_shape(inputs["mask"], inputs["ids"].shape)
            return inner(inputs["ids"])

    effect = of_model.padding_effect(Masked(), [batch({"ids": ids, "mask": ids > 0})])

    assert effect < 1e-5


def test_a_tenth_of_the_distance_between_texts_is_the_limit():
    assert of_model.no_mask(of_model.PADDING_EFFECT) is None
    finding = of_model.no_mask(0.25)
    assert finding.trouble == "no mask"
    assert "moves the outputs by 25% of" in finding.evidence


ONE_HOT = np.eye(3, dtype=np.float32)[[0, 2, 1, 1]]
CLASSES = np.array([0, 2, 1, 1], np.int32)
BINARY = np.array([0, 1, 1, 0], np.float32)


def item_cross_entropy(labels, outputs):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs)


@pytest.mark.parametrize(
    ("loss", "labels", "shape", "expected"),
    [
        (item_cross_entropy, CLASSES, (4, 3), "logits"),
        (item_cross_entropy, np.tile(CLASSES[:, None], (1, 9)), (4, 9, 3), "logits"),
        (
            keras.losses.SparseCategoricalCrossentropy(),
            CLASSES,
            (4, 3),
            "probabilities",
        ),
        (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            CLASSES,
            (4, 3),
            "logits",
        ),
        (keras.losses.CategoricalCrossentropy(), ONE_HOT, (4, 3), "probabilities"),
        (
            keras.losses.CategoricalCrossentropy(from_logits=True),
            ONE_HOT,
            (4, 3),
            "logits",
        ),
        (keras.losses.BinaryCrossentropy(), BINARY[:, None], (4, 1), "probabilities"),
        (
            keras.losses.BinaryCrossentropy(from_logits=True),
            BINARY[:, None],
            (4, 1),
            "logits",
        ),
        (keras.losses.MeanSquaredError(), ONE_HOT, (4, 3), ""),
        (item_cross_entropy, CLASSES + 1, (4, 3), ""),  # labels beyond the outputs
        (item_cross_entropy, CLASSES - 1, (4, 3), ""),
        (item_cross_entropy, CLASSES, (7, 3), ""),  # one label for two outputs
    ],
)
def test_what_a_loss_expects_is_found_by_giving_it_both(loss, labels, shape, expected):
    assert of_model.loss_expects(loss, labels, np.zeros(shape)) == expected


def test_one_label_a_text_with_an_output_a_token_is_understood():
    """The loss of the printed model (E12)."""

    def repeated(labels, probabilities):
        chosen = tf.gather(probabilities, labels, axis=-1, batch_dims=1)
        return -tf.math.log(chosen)

    kind = of_model.loss_expects(repeated, CLASSES, np.zeros((4, 9, 3)))

    assert kind == "probabilities"


def test_of_a_large_vocabulary_a_few_tokens_are_tried():
    seen = []

    def loss(labels, outputs):
        seen.append((labels.shape, outputs.shape))
        return item_cross_entropy(labels, outputs)

    labels = np.zeros((8, 128), np.int32)
    outputs = np.broadcast_to(np.float32(0), (8, 128, 30_000))

    assert of_model.loss_expects(loss, labels, outputs) == "logits"
    assert seen[0] == ((8, 8), (8, 8, 30_000))


LOGITS = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -3.0]])
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
SIGMOIDS = np.array([[0.7, 0.9, 0.4], [0.1, 0.1, 0.8]])


@pytest.mark.parametrize(
    ("outputs", "expected", "activation", "evidence"),
    [
        (LOGITS, "logits", "linear", ""),
        (PROBABILITIES, "probabilities", "softmax", ""),
        (PROBABILITIES[..., :1], "probabilities", "sigmoid", ""),
        (SIGMOIDS, "logits", "", ""),  # logits may be that small
        (LOGITS, "", "linear", ""),
        (PROBABILITIES, "logits", "softmax", "are probabilities that add up to 1"),
        (PROBABILITIES, "logits", "", "are probabilities that add up to 1"),
        (SIGMOIDS, "logits", "sigmoid", "the last activation is sigmoid"),
        (np.maximum(LOGITS, 0), "logits", "relu", "the last activation is relu"),
        (LOGITS, "probabilities", "linear", "the outputs go from -3 to 2"),
        (SIGMOIDS, "probabilities", "sigmoid", "with sums of 1 to 2"),
        (LOGITS[..., :1], "probabilities", "linear", "the outputs go from 0.1 to 2"),
        (np.ones((4, 1)), "probabilities", "softmax", "softmax over one output"),
        (np.ones((4, 1)), "logits", "softmax", "softmax over one output"),
    ],
)
def test_outputs_of_another_kind_than_the_loss_expects_are_told(
    outputs, expected, activation, evidence
):
    finding = of_model.mismatched(outputs, expected, activation)

    if evidence:
        assert finding.trouble == "loss and activation mismatched"
        assert evidence in finding.evidence
    else:
        assert finding is None


def test_the_last_activation_is_that_of_the_layer_which_makes_the_output():
    hidden = [keras.Input((3,)), layers.Dense(4, activation="relu")]
    linear = keras.Sequential([*hidden, layers.Dense(2)])
    softmax = keras.Sequential([*hidden, layers.Dense(2), layers.Activation("softmax")])

    class Hidden(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(2)
            self.first = layers.Dense(2, activation="tanh")

    assert of_model.last_activation(linear) == "linear"
    assert of_model.last_activation(softmax) == "softmax"
    assert of_model.last_activation(Hidden()) == ""


@pytest.mark.parametrize(
    ("half", "expected"), [(0.0, [True, True]), (0.5, [False, True])]
)
def test_a_single_output_says_class_1_over_its_half(half, expected):
    identity = keras.Sequential([keras.Input((1,)), layers.Activation("linear")])
    x = np.array([[0.3], [0.7]], np.float32)

    right = of_model.answered_right(identity, x, label=1, half=half)

    np.testing.assert_array_equal(right, expected)
    wrong = of_model.answered_right(identity, x, label=0, half=half)
    np.testing.assert_array_equal(wrong, np.logical_not(expected))


def test_of_several_outputs_the_largest_answers():
    identity = keras.Sequential([keras.Input((3,)), layers.Activation("linear")])

    right = of_model.answered_right(identity, LOGITS, label=1, half=0.0)

    np.testing.assert_array_equal(right, [False, True])


def test_asking_does_not_move_the_random_generators_on():
    model = keras.Sequential([keras.Input((3,)), layers.Dropout(0.5, seed=1)])
    before = [variable.numpy() for variable in model.variables]

    of_model.outputs_of(model, LOGITS)

    assert before
    for variable, expected in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, expected)


def test_one_logit_a_token_may_be_anything_at_padding():
    """Spans have such outputs: their start and end logits (B, T)."""

    class Logits(keras.Model):
        def call(self, inputs, training=False):
            return ops.where(
                inputs > 0, ops.sin(ops.cast(inputs, "float32")), 1e3 * inputs.shape[1]
            )

    ids = padded_ids()

    assert of_model.padding_effect(Logits(), [batch(ids)]) == pytest.approx(0)
