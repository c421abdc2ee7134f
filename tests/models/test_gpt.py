"""GPT-2: its size, its equations, its cache, what it sees, and that it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig
from tests.models.by_heart import learn, nats

V = 23
CONFIG = GptConfig(V, max_positions=16, hidden_size=12, num_layers=2, num_heads=3)


@pytest.fixture(scope="module")
def model():
    """A model whose every weight is random, so that a dropped one would show."""
    keras.utils.set_random_seed(0)
    model = Gpt(CONFIG)
    model.build((None, None))
    generator = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(generator.normal(0, 0.4, weight.shape))
    return model


@pytest.fixture(scope="module")
def token_ids():
    return np.random.default_rng(1).integers(0, V, (3, 9)).astype(np.int32)


def gpt_in_numpy(model, ids):
    """Logits (T, V) of one text: Radford et al. 2018, eq. 2, with GPT-2's changes."""

    def norm(x, layer):
        gain, shift = layer.get_weights()
        scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(
            x.var(-1, keepdims=True) + 1e-5
        )
        return scaled * gain + shift

    def dense(x, layer):
        kernel, bias = layer.get_weights()
        return x @ kernel + bias

    def attention(x, layer):
        q, k, v = (
            dense(x, part).reshape(len(x), layer.num_heads, -1).swapaxes(0, 1)
            for part in (
                layer.query_projection,
                layer.key_projection,
                layer.value_projection,
            )
        )
        scores = q @ k.swapaxes(1, 2) / np.sqrt(q.shape[-1])
        scores[:, np.triu(np.ones((len(x), len(x)), bool), 1)] = -np.inf
        heads = np.exp(log_softmax(scores, axis=-1)) @ v
        joined = heads.swapaxes(0, 1).reshape(len(x), -1)
        return dense(joined, layer.output_projection)

    def gelu(x):
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))

    table = model.token_embedding.get_weights()[0].astype(np.float64)
    x = table[ids] + model.position_embedding.get_weights()[0][: len(ids)]
    for block in model.blocks:
        x = x + attention(norm(x, block.self_attention_norm), block.self_attention)
        feed_forward = block.feed_forward
        inner = gelu(
            dense(norm(x, block.feed_forward_norm), feed_forward.inner_projection)
        )
        x = x + dense(inner, feed_forward.output_projection)
    return norm(x, model.final_norm) @ table.T


def test_gpt2_small_has_the_published_number_of_parameters():
    assert GptConfig.small().parameter_count == 124_439_808


@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_parameters_is_the_closed_form(seed):
    v, p, k, layers, h = (int(n) for n in np.random.default_rng(seed).integers(1, 9, 5))
    config = GptConfig(v, p, hidden_size=k * h, num_layers=layers, num_heads=h)
    model = Gpt(config)
    model.build((None, None))

    d = k * h
    attention, feed_forward, norms = 4 * (d * d + d), 8 * d * d + 5 * d, 4 * d
    expected = (v + p) * d + layers * (attention + feed_forward + norms) + 2 * d
    assert model.count_params() == config.parameter_count == expected


def test_the_logits_are_the_papers_equations(model, token_ids):
    logits = model(token_ids)

    expected = [gpt_in_numpy(model, row) for row in token_ids]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)


def test_the_model_never_sees_the_future(model, token_ids):
    logits = np.asarray(model(token_ids))
    for position in range(9):
        changed = token_ids.copy()
        changed[:, position] = (changed[:, position] + 1) % V

        new = np.asarray(model(changed))

        assert np.array_equal(new[:, :position], logits[:, :position])
        assert np.abs(new[:, position:] - logits[:, position:]).max() > 1e-3


def test_no_gradient_flows_from_a_position_to_a_later_token(model, token_ids):
    embedded = model._embed(token_ids)
    with tf.GradientTape() as tape:
        tape.watch(embedded)
        x = embedded
        for block in model.blocks:
            mask = np.tril(np.ones((1, 1, 9, 9), bool))
            x = block(x, attention_mask=mask)
        at_four = tf.reduce_sum(model.final_norm(x)[:, 4] ** 2)

    gradient = np.abs(tape.gradient(at_four, embedded).numpy()).max(axis=(0, 2))

    assert (gradient[:5] > 0).all()
    assert not gradient[5:].any()


@pytest.mark.parametrize("padding", [0, 7])
def test_padding_on_the_right_changes_no_real_token_with_or_without_a_mask(
    model, token_ids, padding
):
    padded = np.pad(token_ids, [(0, 0), (0, 4)], constant_values=padding)
    mask = np.arange(13) < 9

    for padding_mask in (None, np.tile(mask, (3, 1))):
        logits = np.asarray(model(padded, padding_mask=padding_mask))[:, :9]
        np.testing.assert_allclose(logits, model(token_ids), rtol=1e-5, atol=1e-5)


def test_padding_in_the_text_is_not_read_with_a_mask(model, token_ids):
    mask = np.ones((3, 9), bool)
    mask[0, :3] = mask[1, 4] = False
    changed = np.where(mask, token_ids, (token_ids + 5) % V)

    logits, after = (
        np.asarray(model(ids, padding_mask=mask)) for ids in (token_ids, changed)
    )

    assert np.array_equal(logits[mask], after[mask])
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("sizes", [(9,), (1,) * 9, (4, 1, 1, 3)])
def test_reading_with_the_cache_gives_the_logits_of_reading_at_once(
    model, token_ids, sizes
):
    logits, cache, done = np.asarray(model(token_ids)), model.empty_cache(3, 11), 0
    for size in sizes:
        here = token_ids[:, done : done + size]

        last, cache = model.next_logits(tf.constant(here), cache)

        done += size
        np.testing.assert_allclose(last, logits[:, done - 1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "rule, jit_compile",
    [
        (SamplingRule(temperature=0), False),
        (SamplingRule(temperature=0), True),
        (SamplingRule(temperature=0.9, top_k=5), False),
    ],
)
def test_cached_decoding_gives_the_tokens_of_uncached_decoding(
    model, rule, jit_compile
):
    prefix, given = align_prompts([[3, 1], [4, 1, 5], [9]], length=12)

    def reads_all_again(token_ids, state):
        """The state is the text so far: (B, 16) ids and their number."""
        texts, length = state
        count = token_ids.shape[1]
        texts = tf.concat([texts[:, :length], token_ids, texts[:, length:-count]], 1)
        texts = tf.ensure_shape(texts, (3, 15))
        return model(texts)[:, length + count - 1], (texts, length + count)

    def run(next_logits, state, jit_compile):
        @tf.function(jit_compile=jit_compile)
        def loop():
            return decode(next_logits, state, prefix, given, rule, (11,), seed=4)

        token_ids, lengths = loop()
        rows = zip(token_ids.numpy(), lengths.numpy(), strict=True)
        return [row[:length].tolist() for row, length in rows]

    cached = run(model.next_logits, model.empty_cache(3, 15), jit_compile)

    texts = (tf.zeros([3, 15], tf.int32), tf.constant(0))
    assert cached == run(reads_all_again, texts, False)
    assert max(len(text) for text in cached) > 12


def test_attention_weights_are_causal_and_sum_to_one(model, token_ids):
    weights = np.asarray(model.attention_weights(token_ids))

    assert weights.shape == (2, 3, 3, 9, 9)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    assert not weights[..., np.triu(np.ones((9, 9), bool), 1)].any()


def test_it_overfits_eight_examples():
    keras.utils.set_random_seed(0)
    texts = np.random.default_rng(0).integers(0, 16, (8, 9)).astype(np.int32)
    texts[:, 0] = np.arange(8)  # which says what follows
    model = Gpt(GptConfig(16, 16, 32, num_layers=1, num_heads=2, dropout=0.0))

    learn(model, texts[:, :-1], texts[:, 1:], nats, steps=120, learning_rate=0.01)

    assert (np.asarray(model(texts[:, :-1])).argmax(axis=-1) == texts[:, 1:]).all()
