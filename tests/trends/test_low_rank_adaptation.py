"""Low-rank adaptation: its equation, what is trained, merging, the file, gradients."""

import keras
import numpy as np
import pytest
import safetensors.numpy
import tensorflow as tf

from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.t5 import T5
from roots_tf.models.t5_config import T5Config
from roots_tf.transformer.attention import MultiHeadAttention
from roots_tf.trends.low_rank_adaptation import MATRICES, LowRankAdapted

CONFIG = GptConfig(
    23, max_positions=16, hidden_size=12, num_layers=2, num_heads=3, dropout=0.0
)
TOKEN_IDS = np.random.default_rng(1).integers(0, 23, (3, 9)).astype(np.int32)
PAIR = {"source_ids": TOKEN_IDS + 1, "target_ids": TOKEN_IDS[:, :5] + 1}


def gpt(seed=0, dropout=0.0):
    keras.utils.set_random_seed(seed)
    model = Gpt(GptConfig(23, 16, 12, 2, 3, dropout), name="gpt")
    model.build()
    return model


def adapted_at_random(frozen, **settings):
    """An adapted model in which neither A nor B is 0 any more."""
    model = LowRankAdapted(frozen, **settings)
    model.build()
    draw = np.random.default_rng(2)
    for weight in [*model.down, *model.up]:
        weight.assign(draw.normal(0, 0.5, weight.shape))
    return model


MODELS = {
    "gpt": (gpt, TOKEN_IDS),
    "bert": (lambda: Bert(BertConfig(30, 12, 2, 3, 24, 16)), {"token_ids": TOKEN_IDS}),
    "encoder-decoder": (lambda: EncoderDecoder(EncoderDecoderConfig.tiny(30)), PAIR),
    "t5": (lambda: T5(T5Config.tiny(30)), PAIR),
}


@pytest.fixture(params=MODELS)
def any_model(request):
    """A model of each architecture, and what it reads."""
    make, inputs = MODELS[request.param]
    model = make()
    if not model.built:
        model.build()
    return model, inputs


def test_at_the_start_the_output_is_that_of_the_frozen_model(any_model):
    frozen, inputs = any_model
    before = tf.nest.flatten(frozen(inputs))

    model = LowRankAdapted(frozen)
    model.build()

    for output, expected in zip(tf.nest.flatten(model(inputs)), before, strict=True):
        assert np.array_equal(output, expected)


def test_merged_weights_give_what_the_adapted_model_gives(any_model):
    frozen, inputs = any_model
    plain = tf.nest.flatten(frozen(inputs))[0]
    model = adapted_at_random(frozen, matrices=["query", "embedding"])
    expected = tf.nest.flatten(model(inputs))

    merged = tf.nest.flatten(model.merge()(inputs))

    assert np.abs(expected[0] - plain).max() > 1e-3
    for output, other in zip(merged, expected, strict=True):
        assert np.array_equal(output, other)
    # The adapter is used up: it does not count twice.
    assert np.array_equal(tf.nest.flatten(model(inputs))[0], merged[0])
    assert frozen.trainable_variables


def test_the_output_is_the_papers_equation():
    attention = MultiHeadAttention(12, 3)
    attention.build((None, None, 12))
    model = adapted_at_random(
        attention, rank=2, alpha=6.0, matrices=["query", "key", "value", "output"]
    )
    x = np.random.default_rng(0).normal(size=(2, 5, 12)).astype(np.float32)

    output = model(x)

    def adapted(x, name):
        """h = W_0 x + (alpha / r) B A x: Hu et al. 2021, §4.1, eq. 3."""
        layer = getattr(attention, f"{name}_projection")
        place = [*model.adapted_weights()].index(name)
        a, b = np.asarray(model.down[place]).T, np.asarray(model.up[place]).T
        kernel, bias = layer.get_weights()
        return x @ kernel + 6 / 2 * (x @ a.T) @ b.T + bias

    q, k, v = (
        adapted(x, name).reshape(2, 5, 3, 4).swapaxes(1, 2)
        for name in ("query", "key", "value")
    )
    scores = q @ k.swapaxes(2, 3) / np.sqrt(4)
    weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    heads = (weights @ v).swapaxes(1, 2).reshape(2, 5, 12)
    np.testing.assert_allclose(output, adapted(heads, "output"), rtol=1e-4, atol=1e-5)


def test_the_output_is_that_of_keras_own_low_rank_layers():
    attention = MultiHeadAttention(12, 3)
    attention.build((None, None, 12))
    model = adapted_at_random(attention, rank=2, alpha=6.0, matrices=["query"])
    x = np.random.default_rng(0).normal(size=(4, 12)).astype(np.float32)
    dense = keras.layers.Dense(12)
    dense.build((None, 12))
    dense.set_weights(attention.query_projection.get_weights())
    dense.enable_lora(2, lora_alpha=6.0)
    dense.lora_kernel_a.assign(model.down[0])
    dense.lora_kernel_b.assign(model.up[0])

    ((_, kernel),) = model.adapted_values()

    expected = np.asarray(dense(x)) - np.asarray(dense.bias)
    np.testing.assert_allclose(x @ np.asarray(kernel), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize("matrices", [("query", "value"), tuple(MATRICES)])
def test_the_number_of_trained_parameters_is_the_closed_form(rank, matrices):
    frozen = gpt()
    count = frozen.count_params()

    model = LowRankAdapted(frozen, rank, matrices=matrices)
    model.build()

    # D = 12, F = 48, V = 23: r (in + out) each, in two blocks; the table is there once.
    sizes = {"inner": 2 * (12 + 48), "outer": 2 * (48 + 12), "embedding": 23 + 12}
    expected = rank * sum(sizes.get(name, 2 * 24) for name in matrices)
    trained = sum(np.prod(weight.shape) for weight in model.trainable_variables)
    assert model.adapter_parameters == trained == expected
    assert model.count_params() == count + expected


def test_a_step_changes_the_adapter_and_nothing_else():
    frozen = gpt()
    model = LowRankAdapted(frozen)
    model.build()
    before = [weight.numpy() for weight in frozen.weights]
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(model.trainable_variables)

    for _ in range(2):  # B is 0 in the first, so that A has no gradient
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model(TOKEN_IDS, training=True) ** 2)
        weights = [weight.value for weight in model.trainable_variables]
        optimizer.apply(tape.gradient(loss, weights), model.trainable_variables)

    for weight, old in zip(frozen.weights, before, strict=True):
        assert np.array_equal(weight, old)
    assert all(np.any(up) for up in model.up)


def test_gradients_are_those_of_finite_differences():
    model = adapted_at_random(gpt())

    def loss():
        return tf.reduce_mean(tf.cast(model(TOKEN_IDS), tf.float64) ** 2)

    for weight in (model.down[1], model.up[2]):
        with tf.GradientTape() as tape:
            value = loss()
        gradient = tape.gradient(value, weight.value).numpy()
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        start, sides = weight.numpy(), []
        for sign in (1, -1):
            moved = start.copy()
            moved[place] += sign * 1e-2
            weight.assign(moved)
            sides.append(float(loss()))
        weight.assign(start)
        # float32 forward passes, a step of 0.01: three digits are left.
        assert (sides[0] - sides[1]) / 2e-2 == pytest.approx(gradient[place], rel=1e-2)


def test_the_adapter_alone_is_a_small_file_that_adapts_another_copy(tmp_path):
    model = adapted_at_random(gpt(), rank=2, matrices=["query", "outer"])
    path = tmp_path / "adapter.safetensors"

    model.save_adapter(path)
    other = LowRankAdapted.load_adapter(gpt(), path)

    assert np.array_equal(other(TOKEN_IDS), model(TOKEN_IDS))
    assert (other.rank, other.matrices) == (2, ("query", "outer"))
    assert [file.name for file in tmp_path.iterdir()] == ["adapter.safetensors"]
    tensors = safetensors.numpy.load_file(path)
    assert tensors["block_1/feed_forward/output.lora_A"].shape == (2, 48)  # (r, in)
    assert tensors["block_1/feed_forward/output.lora_B"].shape == (12, 2)  # (out, r)
    assert sum(tensor.size for tensor in tensors.values()) == model.adapter_parameters


def test_an_adapter_of_another_model_or_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "adapter.safetensors"
    adapted_at_random(gpt()).save_adapter(path)
    wider = Gpt(GptConfig(23, 16, 24, 2, 3, 0.0))
    wider.build()

    with pytest.raises(ValueError, match="expected an adapter of this model's 4"):
        LowRankAdapted.load_adapter(wider, path)
    with pytest.raises(ValueError, match="nowhere: cannot be read"):
        LowRankAdapted.load_adapter(wider, tmp_path / "nowhere")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="cannot be read"):
        LowRankAdapted.load_adapter(wider, path)


def test_it_is_saved_and_loaded_as_a_whole(tmp_path):
    model = adapted_at_random(gpt(), rank=3, alpha=5.0)

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")

    assert np.array_equal(loaded(TOKEN_IDS), model(TOKEN_IDS))
    assert (loaded.rank, loaded.alpha) == (3, 5.0)
    assert len(loaded.trainable_variables) == len(model.trainable_variables)


def test_dropout_goes_on_from_call_to_call_and_in_a_graph():
    model = LowRankAdapted(gpt(dropout=0.5))
    model.build()
    call = tf.function(lambda ids: model(ids, training=True))

    first, second = call(TOKEN_IDS), call(TOKEN_IDS)

    assert np.abs(first - second).max() > 1e-3


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({"rank": 0}, "expected a rank and an alpha over 0, got 0"),
        ({"alpha": 0}, "expected a rank and an alpha over 0"),
        ({"matrices": ["querry"]}, "expected matrices of query, .*got querry"),
        ({"matrices": []}, "got none"),
    ],
)
def test_bad_settings_are_refused(settings, expected):
    with pytest.raises(ValueError, match=expected):
        LowRankAdapted(gpt(), **settings)


def test_a_model_without_attention_is_refused():
    with pytest.raises(ValueError, match="got Dense without any"):
        LowRankAdapted(keras.layers.Dense(3)).build((None, 2))


def test_a_layer_that_is_named_is_trained_as_it_is():
    encoder = Bert(BertConfig(30, 12, 2, 3, 24, 16))
    classifier = TextClassifier(encoder, num_classes=4, dropout=0.0, name="classifier")
    model = LowRankAdapted(classifier, rank=2, also=["head", "pooler"])
    model.build()

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model({"token_ids": TOKEN_IDS + 1}) ** 2)
    gradients = tape.gradient(loss, [w.value for w in model.trainable_variables])

    layers = [classifier.head, encoder.pooler]
    whole = {id(weight) for layer in layers for weight in layer.weights}
    sums = {id(weight) for weight in [*model.down, *model.up]}
    assert {id(weight) for weight in model.trainable_variables} == whole | sums
    assert all(gradient is not None for gradient in gradients)
    assert LowRankAdapted.from_config(model.get_config()).also == ("head", "pooler")


def test_a_layer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="a layer named pooler, got none"):
        LowRankAdapted(gpt(), also=["pooler"]).build()
