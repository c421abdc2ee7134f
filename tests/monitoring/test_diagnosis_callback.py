"""The diagnosis as a callback of ``model.fit``."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from roots_tf.monitoring.diagnosis_callback import DiagnosisCallback

pytestmark = pytest.mark.filterwarnings("ignore:.*from_logits", "ignore:.*shuffle=True")
SPARSE = keras.losses.SparseCategoricalCrossentropy


def batches():
    x = np.random.default_rng(0).normal(size=(160, 8)).astype(np.float32)
    labels = (x[:, 0] + x[:, 1] > 0).astype(np.int32)
    dataset = tf.data.Dataset.from_tensor_slices((x, labels))
    return dataset.shuffle(160, seed=1).batch(16)


def model(rate=0.01, activation=None, from_logits=True):
    keras.utils.set_random_seed(2)
    network = keras.Sequential(
        [
            keras.Input((8,)),
            layers.Dense(6, "relu", name="hidden"),
            layers.Dense(2, activation, name="last"),
        ]
    )
    loss = SPARSE(from_logits=from_logits)
    network.compile(keras.optimizers.Adam(rate), loss, run_eagerly=True)
    return network


def fit(network, data=None, epochs=2, **options):
    data = data or batches()
    callback = DiagnosisCallback(data, log_every=2, **options)
    network.fit(
        data, validation_data=data, epochs=epochs, verbose=0, callbacks=[callback]
    )
    return [finding.trouble for finding in callback.findings], callback


def test_a_healthy_fit_is_silent():
    assert fit(model())[0] == []
    assert fit(model(activation="softmax", from_logits=False))[0] == []


@pytest.mark.parametrize(
    ("arguments", "trouble"),
    [
        ({"rate": 5.0}, "learning rate too high"),
        ({"rate": 1e-7}, "learning rate too low"),
        ({"activation": "softmax"}, "loss and activation mismatched"),
        ({"from_logits": False}, "loss and activation mismatched"),
    ],
)
def test_what_goes_wrong_is_named(arguments, trouble):
    assert fit(model(**arguments))[0] == [trouble]


def test_the_text_is_in_tensorboard(tmp_path):
    _, callback = fit(model(activation="softmax"), log_dir=tmp_path)

    (event,) = EventAccumulator(str(tmp_path / "train")).Reload().Tensors("diagnosis")

    text = tf.make_ndarray(event.tensor_proto).item().decode()
    assert text == callback.findings[0].line


def test_fit_is_shown_as_the_loop_would_show_it():
    """Losses of single steps, not fit's running means; the update of one step."""
    seen = []
    x = np.eye(4, dtype=np.float32)
    data = tf.data.Dataset.from_tensor_slices((x, np.array([0, 1, 0, 1]))).batch(1)
    network = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="last")])
    network.compile(
        keras.optimizers.SGD(0.5), SPARSE(from_logits=True), run_eagerly=True
    )
    kernel = network.layers[0].kernel
    start = kernel.numpy()
    callback = DiagnosisCallback(data, log_every=1)
    callback.set_model(network)
    begin = callback.on_train_begin

    def on_train_begin(logs=None):
        begin(logs)
        callback._diagnosis.on_step = seen.append

    callback.on_train_begin = on_train_begin

    network.fit(data, epochs=1, verbose=0, callbacks=[callback])

    # By hand: each step changes the row of its example and the bias.
    weights, bias, losses, ratios = start.copy(), np.zeros(2), [], []
    for row, label in zip(x, [0, 1, 0, 1], strict=True):
        logits = row @ weights + bias
        p = np.exp(logits) / np.exp(logits).sum()
        losses.append(-np.log(p[label]))
        change = -0.5 * np.outer(row, p - np.eye(2)[label])
        weights, bias = weights + change, bias - 0.5 * (p - np.eye(2)[label])
        ratios.append(np.linalg.norm(change) / np.linalg.norm(weights))
    assert [record.step for record in seen] == [1, 2, 3, 4]
    # Differences of running means in float32.
    np.testing.assert_allclose([r.loss for r in seen], losses, rtol=1e-4)
    shown = [record.update_ratios[kernel.path] for record in seen]
    np.testing.assert_allclose(shown, ratios, rtol=1e-4)
    assert seen[0].learning_rate == 0.5
    first = np.exp(start[0]) / np.exp(start[0]).sum() - np.eye(2)[0]
    expected = np.sqrt(2 * (first**2).sum())  # of the row and of the bias
    assert seen[0].gradient_norm == pytest.approx(expected, rel=1e-4)


def test_it_expects_a_step_or_more_between_looks():
    with pytest.raises(ValueError, match="expected log_every of 1 or more, got 0"):
        DiagnosisCallback(batches(), log_every=0)
