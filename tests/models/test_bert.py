"""BERT: its size, its equations, what it reads, and what padding must not change."""

import dataclasses

import keras
import numpy as np
import pytest

from roots_tf.models.bert import Bert, BertConfig
from tests.transformer import in_numpy

V, D, T = 19, 12, 6
CONFIG = BertConfig(
    V,
    hidden_size=D,
    num_layers=2,
    num_heads=3,
    intermediate_size=20,
    max_positions=9,
)
RNG = np.random.default_rng(0)
# Three texts of 6, 4 and 2 tokens; 0 is padding.
REAL = np.arange(T) < np.array([[6], [4], [2]])
IDS = (RNG.integers(1, V, (3, T)) * REAL).astype(np.int32)
SEGMENTS = RNG.integers(0, 2, (3, T)).astype(np.int32)
INPUTS = {"token_ids": IDS, "segment_ids": SEGMENTS}


def with_random_weights(model, spread=0.4):
    """Every weight random, norms and biases too, so that a dropped one would show."""
    model.build()
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(np.random.default_rng(number).normal(0, spread, weight.shape))
    return model


@pytest.fixture(scope="module")
def model():
    return with_random_weights(Bert(CONFIG))


def more_padding(inputs: dict, count: int) -> dict:
    return {name: np.pad(x, [(0, 0), (0, count)]) for name, x in inputs.items()}


def test_bert_has_the_published_number_of_parameters():
    # google-research/bert: base and large, uncased; base, Chinese (21,128 tokens).
    assert BertConfig.base().parameter_count == 109_482_240
    assert BertConfig.large().parameter_count == 335_141_888
    assert BertConfig.base(vocab_size=21_128).parameter_count == 102_267_648


@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_parameters_is_the_closed_form(seed):
    v, k, f, p, s, layers, heads = np.random.default_rng(seed).integers(1, 6, 7)
    config = BertConfig(
        int(v),
        hidden_size=int(k * heads),
        num_layers=int(layers),
        num_heads=int(heads),
        intermediate_size=int(f),
        max_positions=int(p),
        num_segments=int(s),
    )
    model = Bert(config)

    model.build()

    assert model.count_params() == config.parameter_count


def test_the_outputs_are_the_papers_equations(model):
    embedding = model.embedding
    tokens, segments, positions = (
        table.get_weights()[0].astype(np.float64)
        for table in (
            embedding.token_embedding,
            embedding.segment_embedding,
            embedding.position_embedding,
        )
    )
    x = in_numpy.norm(embedding.norm, tokens[IDS] + segments[SEGMENTS] + positions[:T])
    for block in model.blocks:
        x = in_numpy.encoder_block(block, x, REAL[:, None, None, :])
    expected_pooled = np.tanh(in_numpy.dense(x[:, 0], model.pooler))

    states, pooled = model(INPUTS)

    np.testing.assert_allclose(states, x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(pooled, expected_pooled, rtol=1e-5, atol=1e-5)


def test_the_states_of_all_layers_end_with_the_output(model):
    states = model.states(INPUTS)

    assert [s.shape for s in states] == [(3, T, D)] * 3
    np.testing.assert_array_equal(states[-1], model(INPUTS)[0])
    np.testing.assert_array_equal(states[0], model.embedding(IDS, SEGMENTS))


def test_padding_never_changes_a_real_token(model):
    states, pooled = model(INPUTS)

    longer, longer_pooled = model(more_padding(INPUTS, 3))

    # The order of summation may differ between the two lengths.
    np.testing.assert_allclose(
        np.asarray(longer)[:, :T][REAL], np.asarray(states)[REAL], atol=1e-5
    )
    np.testing.assert_allclose(longer_pooled, pooled, atol=1e-5)


def test_a_padding_mask_that_is_given_counts_instead_of_the_ids(model):
    other = {**INPUTS, "token_ids": np.where(REAL, IDS, 5).astype(np.int32)}

    states, _ = model({**other, "padding_mask": REAL})

    np.testing.assert_allclose(
        np.asarray(states)[REAL], np.asarray(model(INPUTS)[0])[REAL], atol=1e-5
    )
    assert np.abs(model(other)[0] - states).max() > 0.01


def test_a_text_of_nothing_but_padding_gives_numbers(model):
    states, pooled = model({"token_ids": np.zeros((2, 4), np.int32)})

    assert np.isfinite(states).all()
    assert np.isfinite(pooled).all()


def test_segments_and_positions_make_a_difference(model):
    states = model(INPUTS)[0]
    shuffled = IDS[:1, ::-1]

    other_segments = model({**INPUTS, "segment_ids": 1 - SEGMENTS})[0]
    backwards = model({"token_ids": shuffled})[0]

    assert np.abs(other_segments - states).max() > 0.01
    forwards = np.asarray(model({"token_ids": IDS[:1]})[0])
    assert np.abs(forwards - np.asarray(backwards)[:, ::-1]).max() > 0.01


def test_without_positions_bert_is_blind_to_the_order():
    """Erratum E11: positions are what the article's embedding lacks."""
    model = with_random_weights(Bert(CONFIG))
    model.embedding.position_embedding.embeddings.assign(np.zeros((9, D)))

    forwards = np.asarray(model({"token_ids": IDS[:1]})[0])
    backwards = np.asarray(model({"token_ids": IDS[:1, ::-1]})[0])

    np.testing.assert_allclose(backwards[:, ::-1], forwards, atol=1e-5)


def test_attention_weights_are_given_for_pictures(model):
    weights = model.attention_weights(INPUTS)

    assert [w.shape for w in weights] == [(3, 3, T, T)] * 2
    for of_block in map(np.asarray, weights):
        np.testing.assert_allclose(of_block.sum(axis=-1), 1, rtol=1e-5)
        assert not of_block[np.broadcast_to(~REAL[:, None, None], of_block.shape)].any()


def test_weights_start_as_in_the_paper_and_all_of_them_different():
    keras.utils.set_random_seed(0)
    model = Bert(BertConfig.tiny(200))
    model.build()

    kernels = [w for w in model.trainable_weights if w.shape == (128, 128)]

    assert len(kernels) == 2 * 4 + 1
    # Cut off at two standard deviations, a normal distribution has 0.88 of its own:
    # Keras, as TensorFlow and the authors' code, does not make up for that.
    for kernel in map(np.asarray, kernels):
        assert abs(kernel.std() - 0.88 * 0.02) < 0.0005
        assert np.abs(kernel).max() < 0.04
    for one, other in zip(kernels, kernels[1:], strict=False):
        assert np.abs(np.asarray(one) - np.asarray(other)).max() > 0.02


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocab_size": 0}, "vocab_size of 1 or more, got 0"),
        ({"num_layers": -1}, "num_layers of 1 or more, got -1"),
        ({"padding_id": -1}, "padding_id of 0 or more, got -1"),
        ({"num_heads": 5}, "multiple of num_heads, got 12 and 5"),
        ({"dropout": 1.0}, "dropout from 0 to below 1, got 1.0"),
        ({"attention_dropout": -0.1}, "attention_dropout from 0 to below 1"),
        ({"activation": "swish"}, "activation of .* got 'swish'"),
    ],
)
def test_sizes_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **change)


def test_a_text_that_is_too_long_is_refused(model):
    with pytest.raises(ValueError, match="at most 9 positions, got 10"):
        model({"token_ids": np.ones((1, 10), np.int32)})
