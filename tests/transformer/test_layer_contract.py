"""What holds for every layer: configuration, saving, symbolic use, half precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.transformer.decoder_block import DecoderBlock
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.feed_forward import FeedForward
from roots_tf.transformer.input_embedding import InputEmbedding
from roots_tf.transformer.position_embedding import (
    LearnedPositionEmbedding,
    SinusoidalPositionEmbedding,
)
from roots_tf.transformer.relative_position_bias import RelativePositionBias

D, H, F = 6, 2, 7
RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4, D)).astype(np.float32)
IDS = RNG.integers(0, 9, (3, 4)).astype(np.int32)
SHAPES = dict(  # every argument another value than its default
    head_width=4,
    activation="gelu_tanh",
    gated=True,
    norm_first=True,
    norm="rms",
    epsilon=1e-3,
    use_bias=False,
    scale=1.0,
    dropout=0.1,
    attention_dropout=0.2,
    inner_dropout=0.3,
    kernel_initializer=keras.initializers.RandomNormal(stddev=0.5),
    query_initializer=keras.initializers.RandomNormal(stddev=0.4),
    output_initializer=keras.initializers.RandomNormal(stddev=0.3),
    seed=5,
)
ATTENTION = {
    name: SHAPES[name]
    for name in (
        *("head_width", "use_bias", "scale", "dropout", "kernel_initializer"),
        *("query_initializer", "output_initializer", "seed"),
    )
}
FEED_FORWARD = {
    name: SHAPES[name]
    for name in (
        *("activation", "gated", "dropout", "use_bias", "kernel_initializer"),
        *("output_initializer", "seed"),
    )
}
LAYERS = {
    "MultiHeadAttention": (lambda **k: MultiHeadAttention(D, H, **ATTENTION, **k), X),
    "EncoderBlock": (lambda **k: EncoderBlock(D, H, F, **SHAPES, **k), X),
    "DecoderBlock": (
        lambda **k: DecoderBlock(D, H, F, cross_attention=False, **SHAPES, **k),
        X,
    ),
    "FeedForward": (lambda **k: FeedForward(D, F, **FEED_FORWARD, **k), X),
    "InputEmbedding": (
        lambda **k: InputEmbedding(9, 8, 3, D, 1e-3, 0.1, "he_normal", 5, **k),
        IDS,
    ),
    "Learned": (lambda **k: LearnedPositionEmbedding(8, D, "he_normal", **k), X),
    "Sinusoidal": (lambda **k: SinusoidalPositionEmbedding(8, D, **k), X),
}


@pytest.fixture(params=LAYERS)
def make(request):
    return LAYERS[request.param]


def test_a_layer_made_from_its_configuration_is_the_same(make):
    build, x = make
    layer = build()
    expected = layer(x)

    configuration = layer.get_config()
    copy = type(layer).from_config(configuration)
    copy(x)
    copy.set_weights(layer.get_weights())

    assert copy.get_config() == configuration
    np.testing.assert_array_equal(copy(x), expected)


def test_the_configuration_has_every_argument(make):
    layer = make[0]()

    classes = [type(layer), *type(layer).__mro__]
    wanted = {
        name
        for one in classes
        if one.__module__.startswith("roots_tf")
        for name in one.__init__.__code__.co_varnames[
            : one.__init__.__code__.co_argcount
        ]
    } | set(type(layer).__init__.__kwdefaults__ or {})

    assert wanted - {"self"} <= set(layer.get_config())


def test_a_model_with_it_is_saved_loaded_and_equal_symbolic_and_eager(make, tmp_path):
    build, x = make
    layer = build()
    inputs = keras.Input((None, *x.shape[2:]), dtype=str(x.dtype))
    model = keras.Model(inputs, layer(inputs))

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert model.output_shape[-1] == D
    np.testing.assert_allclose(model(x), layer(x), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(loaded(x), model(x))
    np.testing.assert_allclose(tf.function(model)(x), model(x), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_is_near_and_trains_with_finite_gradients(make, policy):
    build, x = make
    layer, half = build(), build(dtype=policy)
    expected = layer(x)
    half(x)
    half.set_weights(layer.get_weights())

    with tf.GradientTape() as tape:
        output = half(x, training=False)
        loss = tf.reduce_sum(tf.cast(output, tf.float32) ** 2)

    assert output.dtype == policy.removeprefix("mixed_")
    assert all(weight.dtype == "float32" for weight in half.trainable_weights)
    # bfloat16 keeps 8 bits, 2^-8 is 0.004, and here a dozen operations follow.
    np.testing.assert_allclose(np.float32(output), expected, rtol=0.1, atol=0.1)
    gradients = tape.gradient(loss, [w.value for w in half.trainable_weights])
    for gradient in gradients:
        assert np.isfinite(tf.convert_to_tensor(gradient)).all()


def test_the_relative_bias_made_from_its_configuration_is_the_same():
    layer = RelativePositionBias(3, False, 8, 20, "he_normal")
    positions = np.arange(5)
    expected = layer(positions, positions)

    copy = RelativePositionBias.from_config(layer.get_config())
    copy(positions, positions)
    copy.set_weights(layer.get_weights())

    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(copy(positions, positions), expected)
