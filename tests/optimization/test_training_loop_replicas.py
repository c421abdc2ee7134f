"""The loop under a strategy: two replicas on two logical processors."""

import json
import subprocess
import sys

import numpy as np

TWO_DEVICES = """
import sys, json
import numpy as np, tensorflow as tf, keras
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from roots_tf.optimization.losses import accuracy, cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop

rng = np.random.default_rng(0)
ids = rng.integers(1, 20, size=(27, 4)).astype("int32")  # 27: shares are unequal
labels = (ids.sum(axis=1) > 40).astype("int32")

class Losses:
    def __init__(self): self.values = []
    def on_step(self, record):
        self.values.append([record.loss, record.gradient_norm])

def train(strategy, accumulate):
    keras.utils.set_random_seed(3)
    with strategy.scope():
        model = keras.Sequential([
            keras.Input((4,), dtype="int32"), keras.layers.Embedding(20, 6),
            keras.layers.Flatten(), keras.layers.Dense(2)])
        optimizer = keras.optimizers.Adam(0.01)
    losses = Losses()
    loop = TrainingLoop(
        model, optimizer, cross_entropy,
        lambda epoch: tf.data.Dataset.from_tensor_slices((ids, labels)).batch(5),
        hooks=[losses], log_every=1, clip_norm=0.2, strategy=strategy,
        accumulate=accumulate,
        checkpoint_dir=f"{sys.argv[1]}/{type(strategy).__name__}-{accumulate}")
    loop.run(1)
    return losses.values, [w.tolist() for w in model.get_weights()]

mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert mirrored.num_replicas_in_sync == 2
one = tf.distribute.get_strategy()
print(json.dumps([[train(one, k), train(mirrored, k)] for k in (1, 4)]))
"""


def test_two_replicas_make_the_same_steps_as_one(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr[-3000:]
    for (losses, weights), (losses_2, weights_2) in json.loads(result.stdout):
        # Sums in another order: float32 rounding only. Adam divides by the root of
        # small second moments, which magnifies it.
        np.testing.assert_allclose(losses_2, losses, rtol=1e-4)
        for ours, expected in zip(weights_2, weights, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=1e-4)
