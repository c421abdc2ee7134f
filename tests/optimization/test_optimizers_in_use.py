"""The optimizers by hand in fit, files, the compiled loop, half precision, replicas."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.adam import Adam, AdamW
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.sgd import Sgd
from roots_tf.optimization.training_loop import TrainingLoop

RNG = np.random.default_rng(0)
IDS = RNG.integers(1, 20, (40, 4)).astype("int32")
LABELS = (IDS.sum(axis=1) > 40).astype("int32")
# Ours, and Keras' own.
PAIRS = {
    "sgd": (lambda: Sgd(0.1), lambda: keras.optimizers.SGD(0.1)),
    "nesterov": (
        lambda: Sgd(0.1, 0.9, nesterov=True),
        lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    ),
    "adam": (
        lambda: Adam(0.01, epsilon=1e-7, epsilon_hat=True),
        lambda: keras.optimizers.Adam(0.01),
    ),
    "adamw": (
        lambda: AdamW(0.01, epsilon=1e-7, epsilon_hat=True),
        lambda: keras.optimizers.AdamW(0.01),
    ),
}
each_pair = pytest.mark.parametrize(("ours", "keras_own"), PAIRS.values(), ids=PAIRS)


def text_model():
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(20, 6),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )


def fitted(optimizer, epochs=3, model=None):
    if model is None:
        model = text_model()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer, loss)
    model.fit(IDS, LABELS, batch_size=5, epochs=epochs, shuffle=False, verbose=0)
    return model


def batches(epoch):
    return tf.data.Dataset.from_tensor_slices((IDS, LABELS)).batch(5)


def assert_same_weights(model, expected):
    for w, wanted in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(w, wanted, atol=1e-5)


@each_pair
def test_the_training_loop_ends_where_kerass_own_optimizer_ends(ours, keras_own):
    model, expected = text_model(), text_model()

    TrainingLoop(model, ours(), cross_entropy, batches).run(3)

    TrainingLoop(expected, keras_own(), cross_entropy, batches).run(3)
    assert_same_weights(model, expected)


@pytest.mark.parametrize("name", ["nesterov", "adamw"])
def test_fit_ends_where_the_training_loop_ends(name):
    ours, _ = PAIRS[name]
    model = fitted(ours())

    expected = text_model()
    TrainingLoop(expected, ours(), cross_entropy, batches).run(3)
    assert_same_weights(model, expected)


@pytest.mark.parametrize("name", ["nesterov", "adamw"])
def test_a_saved_model_trains_on_as_if_never_saved(name, tmp_path):
    ours, _ = PAIRS[name]
    straight = fitted(ours(), epochs=4)

    fitted(ours(), epochs=2).save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    fitted(None, epochs=2, model=loaded)

    assert_same_weights(loaded, straight)


@pytest.mark.parametrize("name", ["nesterov", "adamw"])
def test_a_scaled_loss_in_half_precision_makes_the_same_steps(name):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        optimizer = keras.optimizers.LossScaleOptimizer(PAIRS[name][0]())
        half = text_model()
        TrainingLoop(half, optimizer, cross_entropy, batches).run(1)
    finally:
        keras.config.set_dtype_policy(policy)

    whole = text_model()
    TrainingLoop(whole, PAIRS[name][0](), cross_entropy, batches).run(1)
    for w, expected in zip(half.get_weights(), whole.get_weights(), strict=True):
        # float16 keeps 11 bits, and Adam's first steps are signs of gradients.
        np.testing.assert_allclose(w, expected, atol=0.02)
        assert w.dtype == np.float32


def test_accumulated_gradients_step_as_one_large_batch():
    model = text_model()
    small = Adam(0.01, gradient_accumulation_steps=2)
    TrainingLoop(model, small, cross_entropy, batches).run(2)

    large = text_model()

    def double(epoch):
        return tf.data.Dataset.from_tensor_slices((IDS, LABELS)).batch(10)

    TrainingLoop(large, Adam(0.01), cross_entropy, double).run(2)
    assert_same_weights(model, large)


TWO_DEVICES = """
import json
import numpy as np, tensorflow as tf, keras
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from roots_tf.optimization.adam import AdamW
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.sgd import Sgd
from roots_tf.optimization.training_loop import TrainingLoop

rng = np.random.default_rng(0)
ids = rng.integers(1, 20, size=(27, 4)).astype("int32")
labels = (ids.sum(axis=1) > 40).astype("int32")

def train(strategy, make):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = keras.Sequential([
            keras.Input((4,), dtype="int32"), keras.layers.Embedding(20, 6),
            keras.layers.Flatten(), keras.layers.Dense(2)])
        optimizer = make()
    data = tf.data.Dataset.from_tensor_slices((ids, labels)).batch(9)
    TrainingLoop(model, optimizer, cross_entropy, lambda epoch: data,
                 strategy=strategy).run(2)
    return [w.tolist() for w in model.get_weights()]

makers = [lambda: Sgd(0.1, 0.9), lambda: AdamW(0.01)]
strategies = [tf.distribute.get_strategy(),
              tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])]
print(json.dumps([[train(s, make) for s in strategies] for make in makers]))
"""


@pytest.mark.slow
def test_two_replicas_make_the_same_steps_as_one():
    result = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr[-3000:]
    for one, two in json.loads(result.stdout):
        for w, expected in zip(two, one, strict=True):
            # Sums in another order, magnified by Adam's division by small roots.
            np.testing.assert_allclose(w, expected, rtol=1e-3, atol=1e-4)
