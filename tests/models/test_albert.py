"""ALBERT: its size whatever its depth, and that it is a BERT of equal blocks."""

import dataclasses

import numpy as np
import pytest

from roots_tf.models.albert import Albert, AlbertConfig
from roots_tf.models.bert import Bert, BertConfig
from tests.models.test_bert import INPUTS, REAL, T, V, more_padding, with_random_weights
from tests.transformer import in_numpy

D = 12
CONFIG = AlbertConfig(
    V,
    embedding_size=5,
    hidden_size=D,
    num_layers=3,
    num_heads=3,
    intermediate_size=20,
    max_positions=9,
)


@pytest.fixture(scope="module")
def model():
    return with_random_weights(Albert(CONFIG))


@pytest.mark.parametrize("seed", range(3))
def test_the_number_of_parameters_is_the_closed_form_at_any_depth(seed):
    v, e, k, f, p, s, heads = map(int, np.random.default_rng(seed).integers(1, 6, 7))
    counts = set()

    for layers in (1, 4):
        config = AlbertConfig(
            v,
            embedding_size=e,
            hidden_size=k * heads,
            num_layers=layers,
            num_heads=heads,
            intermediate_size=f,
            max_positions=p,
            num_segments=s,
        )
        model = Albert(config)
        model.build()
        counts |= {model.count_params(), config.parameter_count}

    assert len(counts) == 1


def test_albert_has_fewer_parameters_than_bert_of_its_width():
    """Tables E wide, and one block for L: the difference in closed form."""
    albert = AlbertConfig.base()
    bert = BertConfig.base(albert.vocab_size)
    d, e, f, layers = 768, 128, 3_072, 12

    tables = (albert.vocab_size + 512 + 2 + 2) * (d - e)
    blocks = (layers - 1) * (4 * d * d + 2 * d * f + 9 * d + f)
    widening = (e + 1) * d

    difference = bert.parameter_count - albert.parameter_count
    assert difference == tables + blocks - widening
    # "ALBERT-base ... 12M, BERT-base 108M" (1909.11942, table 1), in millions.
    assert round(albert.parameter_count / 1e6) == 12


@pytest.mark.parity
@pytest.mark.parametrize("size", ["base", "large", "xlarge", "xxlarge"])
def test_the_published_sizes_have_the_parameters_of_transformers(size):
    torch = pytest.importorskip("torch", reason="the peer that is compared with")
    transformers = pytest.importorskip("transformers", reason="the peer")
    config = getattr(AlbertConfig, size)()
    with torch.device("meta"):  # shapes alone
        theirs = transformers.AlbertModel(
            transformers.AlbertConfig(
                hidden_size=config.hidden_size,
                num_attention_heads=config.num_heads,
                num_hidden_layers=config.num_layers,
                intermediate_size=config.intermediate_size,
            )
        )

    assert config.parameter_count == sum(p.numel() for p in theirs.parameters())


def test_it_is_a_bert_whose_blocks_are_all_the_same():
    sizes = dict(hidden_size=D, num_layers=3, num_heads=3, intermediate_size=20)
    sizes |= dict(max_positions=9, activation="gelu")
    albert = with_random_weights(Albert(AlbertConfig(V, embedding_size=D, **sizes)))
    albert.widening.set_weights([np.eye(D), np.zeros(D)])
    bert = Bert(BertConfig(V, **sizes))
    bert.build()
    bert.embedding.set_weights(albert.embedding.get_weights())
    bert.pooler.set_weights(albert.pooler.get_weights())
    for block in bert.blocks:
        block.set_weights(albert.block.get_weights())

    states, pooled = albert(INPUTS)

    expected, expected_pooled = bert(INPUTS)
    np.testing.assert_allclose(states, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(pooled, expected_pooled, rtol=1e-5, atol=1e-5)


def test_the_outputs_are_the_papers_equations(model):
    x = np.asarray(
        model.embedding(INPUTS["token_ids"], INPUTS["segment_ids"]), np.float64
    )
    x = in_numpy.dense(x, model.widening)
    for _ in range(3):
        x = in_numpy.encoder_block(model.block, x, REAL[:, None, None, :])
    expected_pooled = np.tanh(in_numpy.dense(x[:, 0], model.pooler))

    states, pooled = model(INPUTS)

    np.testing.assert_allclose(states, x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(pooled, expected_pooled, rtol=1e-5, atol=1e-5)


def test_padding_never_changes_a_real_token(model):
    states, pooled = model(INPUTS)

    longer, longer_pooled = model(more_padding(INPUTS, 3))

    # The order of summation may differ between the two lengths.
    np.testing.assert_allclose(
        np.asarray(longer)[:, :T][REAL], np.asarray(states)[REAL], atol=1e-5
    )
    np.testing.assert_allclose(longer_pooled, pooled, atol=1e-5)


def test_states_and_attention_weights_are_given_for_every_pass(model):
    states, weights = model.states(INPUTS), model.attention_weights(INPUTS)

    assert [s.shape for s in states] == [(3, T, D)] * 4
    assert [w.shape for w in weights] == [(3, 3, T, T)] * 3
    np.testing.assert_array_equal(states[-1], model(INPUTS)[0])


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="embedding_size of 1 or more, got 0"):
        dataclasses.replace(CONFIG, embedding_size=0)
    with pytest.raises(ValueError, match="multiple of num_heads, got 12 and 5"):
        dataclasses.replace(CONFIG, num_heads=5)
