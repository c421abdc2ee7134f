"""T5, both versions: size, equations, cache, what it sees, and that it learns."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.t5 import T5, shift_right
from roots_tf.models.t5_config import END_ID, START_ID, VERSIONS, T5Config
from tests.models.by_heart import learn, nats

V = 19
SIZES = dict(hidden_size=10, head_width=3, intermediate_size=14, num_layers=2)
SIZES |= dict(num_heads=2, num_buckets=8, max_distance=10)
# Sources of 13, 4 and 1 tokens: more distances than buckets of one distance.
SOURCES = np.random.default_rng(1).integers(2, V, (3, 13)).astype(np.int32)
SOURCES[1, 4:] = SOURCES[2, 1:] = 0
TARGETS = np.random.default_rng(2).integers(2, V, (3, 7)).astype(np.int32)
TEXTS = {"source_ids": SOURCES, "target_ids": np.asarray(shift_right(TARGETS))}


def build(version, **options):
    keras.utils.set_random_seed(0)
    model = T5(T5Config(version, V, **SIZES), **options)
    model.build()
    return model


@pytest.fixture(scope="module", params=VERSIONS)
def model(request):
    """A model whose norms are random too, so that a dropped one would show."""
    model = build(request.param)
    generator = np.random.default_rng(0)
    for weight in model.trainable_weights:
        if len(weight.shape) == 1:
            weight.assign(generator.normal(1, 0.4, weight.shape))
    return model


def t5_in_numpy(model, source, target):
    """Logits (T, V) of one pair of texts, as §2.1 of the paper tells it."""
    config = model.config
    table = model.token_embedding.get_weights()[0].astype(np.float64)

    def norm(x, layer):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * layer.scale.numpy()

    def kernel(layer):
        return layer.get_weights()[0].astype(np.float64)

    def bucket(distance, bidirectional):
        buckets, first = config.num_buckets, 0
        if bidirectional:
            buckets //= 2
            first = buckets if distance > 0 else 0
        elif distance > 0:
            return 0
        distance, exact = abs(distance), buckets // 2
        if distance < exact:
            return first + distance
        share = math.log(distance / exact) / math.log(config.max_distance / exact)
        return first + min(buckets - 1, exact + int(share * (buckets - exact)))

    def bias(layer, length, bidirectional):
        weights = layer.get_weights()[0]
        return np.array(
            [
                [weights[bucket(s - t, bidirectional)] for s in range(length)]
                for t in range(length)
            ]
        ).transpose(2, 0, 1)  # (H, T, T)

    def attention(x, y, layer, scores):
        q, k, v = (
            (part @ kernel(projection))
            .reshape(len(part), config.num_heads, -1)
            .swapaxes(0, 1)
            for part, projection in (
                (x, layer.query_projection),
                (y, layer.key_projection),
                (y, layer.value_projection),
            )
        )
        weights = np.exp(q @ k.swapaxes(1, 2) + scores)  # no 1 / sqrt(K)
        heads = weights / weights.sum(-1, keepdims=True) @ v
        joined = heads.swapaxes(0, 1).reshape(len(x), -1)
        return joined @ kernel(layer.output_projection)

    def feed_forward(x, layer):
        inner = x @ kernel(layer.inner_projection)
        if config.version == "1.0":
            inner = np.maximum(inner, 0)
        else:
            cube = np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)
            inner = (
                0.5 * inner * (1 + np.tanh(cube)) * (x @ kernel(layer.gate_projection))
            )
        return inner @ kernel(layer.output_projection)

    x = table[source]
    scores = bias(model.encoder_bias, len(x), True)
    for block in model.encoder_blocks:
        y = norm(x, block.self_attention_norm)
        x = x + attention(y, y, block.self_attention, scores)
        x = x + feed_forward(norm(x, block.feed_forward_norm), block.feed_forward)
    memory = norm(x, model.encoder_norm)

    x = table[target]
    scores = bias(model.decoder_bias, len(x), False)
    scores[:, np.triu(np.ones((len(x), len(x)), bool), 1)] = -np.inf
    for block in model.decoder_blocks:
        y = norm(x, block.self_attention_norm)
        x = x + attention(y, y, block.self_attention, scores)
        y = norm(x, block.memory_attention_norm)
        x = x + attention(y, memory, block.memory_attention, 0)
        x = x + feed_forward(norm(x, block.feed_forward_norm), block.feed_forward)
    x = norm(x, model.decoder_norm)
    if config.version == "1.0":
        return x * config.hidden_size**-0.5 @ table.T
    return x @ kernel(model.head)


@pytest.mark.parametrize(
    "size, version, count",
    [
        # Sums of the tensors' sizes in the published files of t5-small, t5-base,
        # t5-v1_1-small and t5-v1_1-base.
        ("small", "1.0", 60_506_624),
        ("base", "1.0", 222_903_552),
        ("small", "1.1", 76_961_152),
        ("base", "1.1", 247_577_856),
    ],
)
def test_the_published_sizes_have_their_number_of_parameters(size, version, count):
    assert getattr(T5Config, size)(version).parameter_count == count


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("seed", range(2))
def test_the_number_of_parameters_is_the_closed_form(version, seed):
    sizes = (int(n) for n in np.random.default_rng(seed).integers(1, 7, 6))
    v, d, k, f, layers, h = sizes
    config = T5Config(version, v, d, k, f, layers, h, num_buckets=4)
    model = T5(config)
    model.build()

    attention = 4 * d * h * k
    feed_forward = (2 if version == "1.0" else 3) * d * f
    encoder = layers * (attention + feed_forward + 2 * d) + 4 * h + d
    decoder = layers * (2 * attention + feed_forward + 3 * d) + 4 * h + d
    expected = (1 if version == "1.0" else 2) * v * d + encoder + decoder
    assert model.count_params() == config.parameter_count == expected


def test_the_logits_are_the_papers_equations_and_padding_does_not_count(model):
    logits = np.asarray(model(TEXTS))

    for row, length in enumerate([13, 4, 1]):
        target = TEXTS["target_ids"][row]
        expected = t5_in_numpy(model, SOURCES[row, :length], target)
        np.testing.assert_allclose(logits[row], expected, rtol=1e-4, atol=1e-5)


def test_more_padding_changes_nothing(model):
    longer = {
        "source_ids": np.pad(SOURCES, [(0, 0), (0, 5)]),
        "target_ids": np.pad(TEXTS["target_ids"], [(0, 0), (0, 3)]),
    }

    logits = np.asarray(model(longer))[:, :7]

    np.testing.assert_allclose(logits, model(TEXTS), rtol=1e-5, atol=1e-5)


def test_a_mask_of_the_source_counts_instead_of_the_padding_id(model):
    mask = SOURCES != 0
    changed = {**TEXTS, "source_ids": np.where(mask, SOURCES, 5)}

    logits = model({**changed, "source_padding_mask": mask})

    np.testing.assert_allclose(logits, model(TEXTS), rtol=1e-5, atol=1e-5)


def test_the_decoder_never_sees_the_future_and_always_the_source(model):
    logits = np.asarray(model(TEXTS))
    changed = TEXTS["target_ids"].copy()
    changed[:, 4] = (changed[:, 4] + 1) % V
    source = SOURCES.copy()
    source[:, 0] = 2 + source[:, 0] % (V - 2)

    later = np.asarray(model({**TEXTS, "target_ids": changed}))
    other = np.asarray(model({**TEXTS, "source_ids": source}))

    assert np.array_equal(later[:, :4], logits[:, :4])
    assert np.abs(later[:, 4:] - logits[:, 4:]).max(axis=(1, 2)).min() > 1e-3
    assert np.abs(other - logits).max(axis=2).min() > 1e-6


@pytest.mark.parametrize("sizes", [(1,) * 7, (3, 1, 3)])
def test_reading_with_the_cache_gives_the_logits_of_reading_at_once(model, sizes):
    logits, done = np.asarray(model(TEXTS)), 0
    state = model.start(SOURCES, max_length=9)
    for size in sizes:
        here = TEXTS["target_ids"][:, done : done + size]

        last, state = model.next_logits(tf.constant(here), state)

        done += size
        np.testing.assert_allclose(last, logits[:, done - 1], rtol=1e-5, atol=1e-5)


def test_greedy_and_one_beam_write_what_reading_all_again_would(model):
    prefix, given = align_prompts([[START_ID]] * 3, 6)
    expected = np.zeros((3, 7), np.int32)
    for position in range(6):
        inputs = {"source_ids": SOURCES, "target_ids": expected}
        best = np.asarray(model(inputs))[:, position].argmax(-1)
        expected[:, position + 1] = best

    @tf.function
    def loop():
        state = model.start(tf.constant(SOURCES), 7)
        rule = SamplingRule(temperature=0)
        decoded = decode(model.next_logits, state, prefix, given, rule)
        return decoded.token_ids, beam_search(model.next_logits, state, prefix, 6, 1)

    token_ids, beams = loop()

    assert np.array_equal(token_ids, expected)
    assert np.array_equal(beams.token_ids[:, 0], expected[:, 1:])


def test_attention_weights_are_given_for_pictures(model):
    weights = model.attention_weights(TEXTS)

    shapes = {name: [w.shape for w in blocks] for name, blocks in weights.items()}
    assert shapes == {
        "encoder": [(3, 2, 13, 13)] * 2,
        "decoder": [(3, 2, 7, 7)] * 2,
        "cross": [(3, 2, 7, 13)] * 2,
    }
    cross = np.asarray(weights["cross"][0])
    np.testing.assert_allclose(cross.sum(-1), 1, rtol=1e-5)
    padding = np.broadcast_to((SOURCES == 0)[:, None, None], cross.shape)
    assert not cross[padding].any()
    assert not np.triu(np.asarray(weights["decoder"][0]), 1).any()


def test_it_overfits_eight_examples():
    keras.utils.set_random_seed(0)
    generator = np.random.default_rng(0)
    sources, targets = generator.integers(2, V, (2, 8, 6)).astype(np.int32)
    targets[:, -1] = END_ID
    texts = {"source_ids": sources, "target_ids": np.asarray(shift_right(targets))}
    sizes = dict(hidden_size=32, head_width=8, intermediate_size=32, num_heads=2)
    model = T5(T5Config("1.1", V, num_layers=1, dropout=0.0, **sizes))

    learn(model, texts, targets, nats, steps=120, learning_rate=0.01)

    assert (np.asarray(model(texts)).argmax(-1) == targets).all()


def test_targets_are_shifted_to_the_right_behind_the_start_token():
    assert np.asarray(shift_right(np.array([[7, 8, END_ID, 0]]))).tolist() == [
        [START_ID, 7, 8, END_ID]
    ]
