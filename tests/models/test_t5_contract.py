"""T5 as a Keras model: saving, precision, initial weights, refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import VERSIONS, T5Config

V = 19
SIZES = dict(hidden_size=10, head_width=3, intermediate_size=14, num_layers=2)
SIZES |= dict(num_heads=2, num_buckets=8, max_distance=10)
SOURCES, TARGETS = np.random.default_rng(1).integers(2, V, (2, 3, 7)).astype(np.int32)
TEXTS = {"source_ids": SOURCES, "target_ids": TARGETS}


def build(version, **options):
    keras.utils.set_random_seed(0)
    model = T5(T5Config(version, V, **SIZES), **options)
    model.build()
    return model


@pytest.fixture(scope="module", params=VERSIONS)
def model(request):
    return build(request.param)


def test_a_saved_model_gives_the_same_logits(model, tmp_path):
    model.save(tmp_path / "t5.keras")

    loaded = keras.saving.load_model(tmp_path / "t5.keras")

    assert loaded.get_config() == model.get_config()
    assert np.array_equal(loaded(TEXTS), model(TEXTS))


def test_symbolic_and_eager_calls_agree(model):
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name)
        for name in ("source_ids", "target_ids")
    }
    functional = keras.Model(inputs, model(inputs))

    assert functional.output_shape == (None, None, V)
    np.testing.assert_allclose(functional(TEXTS), model(TEXTS), rtol=1e-5, atol=1e-5)


def test_mixed_precision_keeps_weights_and_logits_in_single_precision(model):
    half = build(model.config.version, dtype="mixed_bfloat16")
    half.set_weights(model.get_weights())

    logits = half(TEXTS)

    assert {weight.dtype for weight in half.trainable_weights} == {"float32"}
    assert logits.dtype == tf.float32
    # bfloat16 has 8 bits: 0.4 % a rounding, of logits up to 5.
    np.testing.assert_allclose(logits, model(TEXTS), atol=0.3)


@pytest.mark.parametrize("version", VERSIONS)
def test_it_starts_out_with_logits_of_unit_size(version):
    sizes = dict(hidden_size=64, head_width=16, intermediate_size=128, num_heads=4)
    keras.utils.set_random_seed(0)
    model = T5(T5Config(version, V, num_layers=2, **sizes))

    logits = np.asarray(model(TEXTS))

    assert 0.5 < logits.std() < 2


@pytest.mark.parametrize(
    "sizes, message",
    [
        ({"version": "2.0"}, r"a version of \('1.0', '1.1'\), got '2.0'"),
        ({"num_heads": 0}, "num_heads of 1 or more, got 0"),
        ({"dropout": -0.1}, "dropout from 0 to below 1, got -0.1"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        T5Config(**sizes)
