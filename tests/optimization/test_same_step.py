"""What saves memory or time makes the plain step, within stated bounds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_step import TrainingStep

SIZES = dict(max_positions=16, hidden_size=32, num_layers=1, num_heads=2)
STEPS, TEXTS = 4, 8
TOKEN_IDS = np.random.default_rng(0).integers(1, 50, (STEPS, TEXTS, 17)).astype("int32")


def trained(policy="float32", parts=1, jit_compile=False, recompute=False):
    """Gives the losses of the steps, and the weights that come out, in one array."""
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_dtype_policy(policy)
    try:
        model = Gpt(GptConfig.tiny(50, **SIZES), recompute=recompute)
        model.build()
        optimizer = keras.optimizers.SGD(0.1)
        if policy == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        step = TrainingStep(
            *(model, optimizer, {"loss": cross_entropy}, 1.0),
            strategy=tf.distribute.get_strategy(),
            accumulates=parts > 1,
            jit_compile=jit_compile,
        )
        losses = []
        for texts in TOKEN_IDS:
            before = step.totals.numpy()
            *first, last = [
                (tf.constant(part[:, :-1]), tf.constant(part[:, 1:]))
                for part in np.split(texts, parts)
            ]
            for part in first:
                step.add(part)
            step(last, with_changes=False)
            losses.append(step.means(step.totals.numpy() - before)["loss"])
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    flat = [np.ravel(keras.ops.convert_to_numpy(w)) for w in model.weights]
    return np.array(losses), np.concatenate(flat)


@pytest.fixture(scope="module")
def plain():
    return trained()


@pytest.mark.parametrize(
    ("how", "bound"),
    [
        # The same sums in another order.
        ({"parts": 4}, 1e-6),
        ({"recompute": True}, 1e-6),
        ({"jit_compile": True}, 1e-6),
        ({"parts": 2, "recompute": True, "jit_compile": True}, 1e-6),
        # A bfloat16 has 8 bits of precision, a float16 11: each number is off by up to
        # 2**-9 or 2**-12 of itself, of which the update of the weights is a small part.
        ({"policy": "mixed_bfloat16"}, 2**-9),
        ({"policy": "mixed_float16"}, 2**-12),
    ],
)
def test_losses_and_weights_are_the_plain_ones_within_a_bound(plain, how, bound):
    losses, weights = trained(**how)

    np.testing.assert_allclose(losses, plain[0], rtol=bound)
    distance = np.linalg.norm(weights - plain[1]) / np.linalg.norm(plain[1])
    assert distance <= bound
    assert plain[0][-1] < plain[0][0]
