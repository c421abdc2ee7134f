"""The Transformer of 2017: its size, its equations, its cache, and that it learns."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.decoding.autoregressive import align_prompts, decode
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.transformer.position_embedding import sinusoidal_positions
from tests.models.by_heart import learn, nats
from tests.models.test_bert import with_random_weights
from tests.transformer import in_numpy

V, D, S, T = 17, 12, 6, 5
CONFIG = EncoderDecoderConfig(
    V,
    hidden_size=D,
    num_layers=2,
    num_heads=3,
    intermediate_size=20,
    max_positions=12,
)
GREEDY = SamplingRule(temperature=0)
RNG = np.random.default_rng(0)
REAL = np.arange(S) < np.array([[6], [4], [2]])
SOURCE = (RNG.integers(1, V, (3, S)) * REAL).astype(np.int32)
TARGET = RNG.integers(1, V, (3, T)).astype(np.int32)
INPUTS = {"source_ids": SOURCE, "target_ids": TARGET}


@pytest.fixture(scope="module")
def model():
    return with_random_weights(EncoderDecoder(CONFIG))


def test_the_parameters_are_those_of_the_closed_form_and_near_the_papers():
    model = EncoderDecoder(CONFIG)
    model.build()

    base, big = (
        config.parameter_count / 1e6
        for config in (EncoderDecoderConfig.base(), EncoderDecoderConfig.big())
    )

    assert model.count_params() == CONFIG.parameter_count
    # Vaswani et al. 2017, table 3: 65 and 213 million, for a vocabulary that the paper
    # gives as "about 37000".
    assert abs(base - 65) < 3
    assert abs(big - 213) < 3


def test_the_logits_are_the_papers_equations(model):
    table = model.token_embedding.get_weights()[0].astype(np.float64)
    positions = sinusoidal_positions(12, D)
    x = np.sqrt(D) * table[SOURCE] + positions[:S]
    y = np.sqrt(D) * table[TARGET] + positions[:T]
    source_mask = REAL[:, None, None, :]
    for block in model.encoder_blocks:
        x = in_numpy.encoder_block(block, x, source_mask)
    for block in model.decoder_blocks:
        y = in_numpy.decoder_block(block, y, x, np.tri(T, dtype=bool), source_mask)

    logits = model(INPUTS)

    np.testing.assert_allclose(logits, y @ table.T, rtol=1e-4, atol=1e-5)


def test_no_position_depends_on_a_later_one(model):
    changed = TARGET.copy()
    changed[:, 3] = changed[:, 3] % (V - 1) + 1

    before, after = (
        np.asarray(model({**INPUTS, "target_ids": ids})) for ids in (TARGET, changed)
    )

    np.testing.assert_array_equal(after[:, :3], before[:, :3])
    assert (np.abs(after - before)[:, 3:].max(axis=-1) > 0).all()


def test_padding_of_the_source_changes_nothing(model):
    longer = np.pad(SOURCE, [(0, 0), (0, 4)])
    other = np.where(REAL, SOURCE, 9).astype(np.int32)

    logits = model(INPUTS)

    by_ids = model({**INPUTS, "source_ids": longer})
    by_mask = model({**INPUTS, "source_ids": other, "source_padding_mask": REAL})
    # The order of summation may differ between the two lengths.
    np.testing.assert_allclose(by_ids, logits, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_mask, logits, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("parts", [[1, 1, 1, 1, 1], [3, 2]])
def test_step_by_step_with_a_cache_gives_the_same_logits(model, parts):
    state, done = model.start(SOURCE, max_length=8), 0
    expected = np.asarray(model(INPUTS))

    for count in parts:
        logits, state = model.next_logits(TARGET[:, done : done + count], state)
        done += count

        np.testing.assert_allclose(logits, expected[:, done - 1], rtol=1e-4, atol=1e-5)


def test_greedy_decoding_in_the_graph_is_the_same_as_without_a_cache():
    keras.utils.set_random_seed(0)
    model = EncoderDecoder(dataclasses.replace(CONFIG, num_layers=1))
    model.build()
    start, given = align_prompts([[1, 2]] * 3, length=5)

    @tf.function
    def run(source):
        state = model.start(source, max_length=7)
        return decode(model.next_logits, state, start, given, GREEDY)

    decoded = run(SOURCE).token_ids

    ids = start
    for _ in range(5):
        logits = np.asarray(model({**INPUTS, "target_ids": ids}))[:, -1]
        best = np.argmax(logits, axis=-1).astype(np.int32)
        ids = np.concatenate([ids, best[:, None]], axis=1)
    np.testing.assert_array_equal(decoded, ids)
    assert len(np.unique(ids)) > 3


def test_attention_weights_are_given_for_pictures(model):
    weights = model.attention_weights(INPUTS)

    shapes = {name: [w.shape for w in blocks] for name, blocks in weights.items()}
    assert shapes == {
        "encoder": [(3, 3, S, S)] * 2,
        "decoder": [(3, 3, T, T)] * 2,
        "cross": [(3, 3, T, S)] * 2,
    }
    cross = np.asarray(weights["cross"][0])
    assert not cross[np.broadcast_to(~REAL[:, None, None], cross.shape)].any()
    assert not np.triu(np.asarray(weights["decoder"][0]), 1).any()


def test_eight_pairs_are_learned_by_heart_and_written_out():
    keras.utils.set_random_seed(0)
    sizes = dict(hidden_size=32, intermediate_size=64, num_layers=1, dropout=0.0)
    model = EncoderDecoder(EncoderDecoderConfig.tiny(16, **sizes))
    source = np.random.default_rng(0).integers(3, 16, (8, 5)).astype(np.int32)
    target = np.pad(source[:, ::-1], [(0, 0), (1, 0)], constant_values=1)  # backwards
    inputs = {"source_ids": source, "target_ids": target[:, :-1]}

    learn(model, inputs, target[:, 1:], nats, steps=200)

    state = model.start(source, max_length=6)
    start, given = align_prompts([[1]] * 8, length=5)
    written = decode(model.next_logits, state, start, given, GREEDY)
    np.testing.assert_array_equal(written.token_ids, target)


def test_what_cannot_be_is_refused(model):
    with pytest.raises(ValueError, match="vocab_size of 1 or more, got 0"):
        dataclasses.replace(CONFIG, vocab_size=0)
    with pytest.raises(ValueError, match="even hidden_size, got 9"):
        dataclasses.replace(CONFIG, hidden_size=9)
    with pytest.raises(ValueError, match="expected 1 to 12 tokens, got 13"):
        model.start(SOURCE, max_length=13)
