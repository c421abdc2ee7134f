"""What goes into BERT: three tables added, normalised."""

import numpy as np
import pytest

from roots_tf.transformer.input_embedding import InputEmbedding
from tests.transformer import in_numpy

IDS = np.array([[3, 1, 4, 0], [1, 5, 0, 0]])
SEGMENTS = np.array([[0, 0, 1, 0], [1, 1, 0, 0]])


@pytest.fixture
def layer():
    layer = InputEmbedding(7, max_positions=5, num_segments=2, width=6)
    layer.build(IDS.shape)
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def test_a_tokens_vector_is_the_norm_of_the_sum_of_three(layer):
    vectors = layer(IDS, SEGMENTS)

    tokens, segments, positions = (
        table.get_weights()[0].astype(np.float64)
        for table in (
            layer.token_embedding,
            layer.segment_embedding,
            layer.position_embedding,
        )
    )
    expected = in_numpy.norm(
        layer.norm, tokens[IDS] + segments[SEGMENTS] + positions[:4]
    )
    np.testing.assert_allclose(vectors, expected, rtol=1e-5, atol=1e-5)


def test_without_segments_all_tokens_are_of_the_first(layer):
    np.testing.assert_array_equal(layer(IDS), layer(IDS, np.zeros_like(IDS)))


def test_the_same_token_at_two_places_has_two_vectors(layer):
    vectors = np.asarray(layer(np.array([[2, 2]])))

    assert np.abs(vectors[0, 0] - vectors[0, 1]).max() > 0.1


def test_features_are_dropped_in_training_alone():
    layer = InputEmbedding(7, 5, 2, 100, dropout=0.5)

    trained = np.asarray(layer(IDS, training=True))

    assert 0.3 < (trained == 0).mean() < 0.7
    assert (np.asarray(layer(IDS)) != 0).all()


def test_a_text_longer_than_the_positions_is_refused(layer):
    with pytest.raises(ValueError, match="at most 5 positions, got 6"):
        layer(np.ones((1, 6), np.int32))
