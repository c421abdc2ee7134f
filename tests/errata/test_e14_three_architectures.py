"""E14: what depends on what, in the formula and in the project's models."""

import numpy as np
import pytest

from roots_tf.errata.e14_three_architectures import (
    CHANGED,
    ENTRY,
    LENGTH,
    WIDTH,
    attention,
    decoder,
    encoder,
    example,
    matrices,
    output_shapes,
    picture,
    sensitivity,
)
from roots_tf.models.albert import Albert, AlbertConfig
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_decoder import EncoderDecoder, EncoderDecoderConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.t5 import T5, T5Config
from roots_tf.transformer.attention import scaled_dot_product_attention

ALL = np.ones((LENGTH, LENGTH), bool)
NOT_LATER = np.triu(ALL)  # changed token s, position t: t notices if s <= t
V, SIZES = 30, dict(hidden_size=16, num_heads=2, intermediate_size=32)
FIRST, OTHER = np.arange(1, 7, dtype=np.int32), np.arange(11, 17, dtype=np.int32)


def built(model):
    model.build()
    return model


def outputs_of(model):
    """The vectors or logits (T, ...) that a model gives for the ids of one text."""

    def outputs(ids):
        inputs = ids[None]
        if isinstance(model, Gpt):
            return np.asarray(model(inputs))[0]
        return np.asarray(model({"token_ids": inputs})[0])[0]

    return outputs


@pytest.mark.parametrize(
    ("model", "notices"),
    [
        (lambda: Bert(BertConfig.tiny(V, **SIZES)), ALL),
        (lambda: Albert(AlbertConfig.tiny(V, embedding_size=8, **SIZES)), ALL),
        (lambda: Gpt(GptConfig.tiny(V, hidden_size=16, num_layers=2)), NOT_LATER),
    ],
    ids=["BERT", "ALBERT", "GPT"],
)
def test_bert_is_an_encoder_and_gpt_a_decoder(model, notices):
    matrix = sensitivity(outputs_of(built(model())), FIRST, OTHER)

    np.testing.assert_array_equal(matrix > 0, notices)


@pytest.mark.parametrize(
    "model",
    [
        lambda: EncoderDecoder(EncoderDecoderConfig.tiny(V, **SIZES)),
        lambda: T5(T5Config.tiny(V, hidden_size=16, head_width=8)),
    ],
    ids=["2017", "T5"],
)
def test_in_an_encoder_decoder_the_target_sees_the_source_and_its_own_past(model):
    model = built(model())

    def outputs(both):
        source, target = np.split(both[None], 2, axis=1)
        return np.asarray(model({"source_ids": source, "target_ids": target}))[0]

    matrix = sensitivity(
        outputs, np.concatenate([FIRST, OTHER]), np.concatenate([OTHER, FIRST])
    )

    of_source, of_target = np.split(matrix > 0, 2)
    np.testing.assert_array_equal(of_source, ALL)
    np.testing.assert_array_equal(of_target, NOT_LATER)


def test_the_three_matrices_have_the_patterns_that_name_them():
    found = {name: matrix > 0 for name, matrix in matrices().items()}

    np.testing.assert_array_equal(found["encoder"], ALL)
    np.testing.assert_array_equal(found["decoder"], NOT_LATER)
    np.testing.assert_array_equal(
        found["encoder-decoder"], np.concatenate([ALL, NOT_LATER])
    )


def test_what_comes_before_a_changed_token_changes_by_nothing_at_all_in_a_decoder():
    change = matrices()["decoder"][CHANGED]

    assert (change[:CHANGED] == 0.0).all()
    assert (change[CHANGED:] > 0.1).all()


@pytest.mark.parametrize("causal", [True, False])
def test_the_attention_measured_is_the_projects(causal):
    queries, keys = example()
    random = np.random.default_rng(0)  # as `attention` draws its projections
    projections = random.normal(0, WIDTH**-0.5, (3, WIDTH, WIDTH))
    heads = (
        (x @ w)[None, None]
        for x, w in zip((queries, keys, keys), projections, strict=True)
    )
    mask = np.tri(LENGTH, dtype=bool)[None, None] if causal else None

    output, _ = scaled_dot_product_attention(*heads, mask)

    expected = queries + np.asarray(output)[0, 0]
    np.testing.assert_allclose(attention(queries, keys, causal), expected, rtol=1e-9)


def test_an_encoder_gives_one_vector_a_token_whatever_the_length():
    assert output_shapes((5, 9)) == [(5, WIDTH), (9, WIDTH)]


def test_without_positions_the_encoder_is_blind_to_the_order_and_the_decoder_is_not():
    x, _ = example()
    order = np.array([3, 0, 5, 1, 4, 2])

    np.testing.assert_allclose(encoder(x[order]), encoder(x)[order], rtol=1e-9)
    assert np.abs(decoder(x[order]) - decoder(x)[order]).max() > 0.1


def test_the_entry_shows_what_the_functions_measure():
    for name, matrix in matrices().items():
        if name != "encoder-decoder":
            row = ", ".join(f"{change:.2f}" for change in matrix[CHANGED])
            assert row in ENTRY.numbers
    for line in picture(NOT_LATER):
        assert f"`{line}`" in ENTRY.numbers
    assert "(5, 16) and (9, 16)" in ENTRY.numbers
