"""GPT-2 as a Keras model: saving, precision, dropout, initial weights, refusals."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig

V = 23
CONFIG = GptConfig(V, max_positions=16, hidden_size=12, num_layers=2, num_heads=3)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = Gpt(CONFIG)
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 4)
    return model


@pytest.fixture(scope="module")
def token_ids():
    return np.random.default_rng(1).integers(0, V, (3, 9)).astype(np.int32)


def test_a_saved_model_gives_the_same_logits(model, token_ids, tmp_path):
    model.save(tmp_path / "gpt.keras")

    loaded = keras.saving.load_model(tmp_path / "gpt.keras")

    assert loaded.config == model.config
    assert np.array_equal(loaded(token_ids), model(token_ids))


def test_its_configuration_builds_it_again(model):
    again = Gpt.from_config(model.get_config())

    assert again.get_config() == model.get_config()


def test_symbolic_and_eager_calls_agree(model, token_ids):
    inputs = keras.Input((None,), dtype="int32")
    functional = keras.Model(inputs, model(inputs))

    assert functional.output_shape == (None, None, V)
    np.testing.assert_allclose(
        functional.predict(token_ids, verbose=0), model(token_ids), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_keeps_weights_and_logits_in_single_precision(
    model, token_ids, policy
):
    half = Gpt(GptConfig(**{**vars(CONFIG)}), dtype=policy)
    half.build((None, None))
    half.set_weights(model.get_weights())

    logits = half(token_ids)
    last, _ = half.next_logits(tf.constant(token_ids), half.empty_cache(3, 9))

    assert {weight.dtype for weight in half.trainable_weights} == {"float32"}
    assert logits.dtype == last.dtype == tf.float32
    # bfloat16 has 8 bits: 0.4 % a rounding, of logits up to 10.
    np.testing.assert_allclose(logits, model(token_ids), atol=0.5)
    np.testing.assert_allclose(last, logits[:, -1], atol=0.2)


def test_dropout_is_drawn_from_the_seed_in_training_alone(token_ids):
    def outputs(seed):
        keras.utils.set_random_seed(0)
        model = Gpt(CONFIG, seed=seed)
        return [np.asarray(model(token_ids, training=t)) for t in (True, False)]

    first, again, other = outputs(1), outputs(1), outputs(2)

    assert np.array_equal(first, again)
    assert not np.array_equal(first[0], other[0])
    assert np.array_equal(first[1], other[1])


def test_initial_weights_have_gpt2s_standard_deviations():
    keras.utils.set_random_seed(0)
    model = Gpt(GptConfig(200, 64, 64, num_layers=8, num_heads=2))
    model.build((None, None))
    block = model.blocks[3]

    def deviation(layer):
        return float(np.std(layer.get_weights()[0]))

    assert deviation(model.token_embedding) == pytest.approx(0.02, rel=0.05)
    assert deviation(model.position_embedding) == pytest.approx(0.01, rel=0.05)
    assert deviation(block.feed_forward.inner_projection) == pytest.approx(
        0.02, rel=0.05
    )
    for layer in (block.feed_forward, block.self_attention):
        assert deviation(layer.output_projection) == pytest.approx(0.005, rel=0.05)


@pytest.mark.parametrize(
    "sizes, message",
    [
        ({"vocab_size": 0}, "vocab_size of 1 or more, got 0"),
        ({"num_layers": 0}, "num_layers of 1 or more, got 0"),
        ({"hidden_size": 10}, "a hidden_size that is a multiple of num_heads, got 10"),
        ({"dropout": 1.0}, "dropout from 0 to below 1, got 1.0"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(ValueError, match=f"expected {message}"):
        GptConfig(**{**vars(CONFIG), **sizes})


def test_more_tokens_than_the_context_has_are_refused(model):
    with pytest.raises(ValueError, match="at most 16 positions, got 17"):
        model(np.zeros((1, 17), np.int32))
    with pytest.raises(ValueError, match=r"1 to 16 tokens \(the model's context\)"):
        model.empty_cache(1, 17)
