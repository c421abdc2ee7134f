"""Vectors of sentences, and the contrastive scores by which they are learned."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import PairScorer, SentenceEncoder
from roots_tf.optimization.losses import cross_entropy
from tests.models.test_bert import CONFIG, with_random_weights

IDS = np.array([[2, 5, 6, 3, 0, 0], [2, 7, 3, 0, 0, 0], [2, 5, 6, 7, 8, 3]], np.int32)
OTHERS = np.array([[2, 9, 3, 0], [2, 8, 8, 3], [2, 3, 0, 0]], np.int32)


@pytest.fixture(scope="module")
def encoder():
    model = SentenceEncoder(with_random_weights(Bert(CONFIG)))
    model.build()
    return model


def in_float64(encoder, ids):
    """The mean over real tokens, of length 1, redone in NumPy."""
    states = np.asarray(encoder.encoder({"token_ids": ids})[0], np.float64)
    vectors = [states[row, line > 0].mean(axis=0) for row, line in enumerate(ids)]
    return np.array([vector / np.linalg.norm(vector) for vector in vectors])


def test_a_vector_is_the_mean_of_the_real_tokens_with_length_one(encoder):
    vectors = encoder({"token_ids": IDS})

    np.testing.assert_allclose(vectors, in_float64(encoder, IDS), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_padding_does_not_leak(encoder):
    longer = np.pad(IDS, ((0, 0), (0, 3)))

    # The sums of more columns round differently.
    np.testing.assert_allclose(
        encoder({"token_ids": longer}), encoder({"token_ids": IDS}), atol=1e-5
    )


def test_scores_are_cosines_over_the_temperature_and_the_loss_is_infonce(encoder):
    scorer = PairScorer(encoder, temperature=0.1)

    logits = scorer({"token_ids": IDS, "text_ids": OTHERS})
    loss = cross_entropy(tf.range(3), logits)

    expected = in_float64(encoder, IDS) @ in_float64(encoder, OTHERS).T / 0.1
    # van den Oord et al. 2018, eq. 4.
    infonce = -np.log(np.exp(np.diag(expected)) / np.exp(expected).sum(axis=1))
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(loss, infonce, rtol=1e-3, atol=1e-3)  # cosines / 0.1


def test_a_text_that_is_there_twice_is_not_its_own_wrong_answer(encoder):
    texts = OTHERS[[0, 1, 0]]

    logits = np.asarray(PairScorer(encoder)({"token_ids": IDS, "text_ids": texts}))

    assert ((logits < -1e8) == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]).all()
    assert np.isfinite(cross_entropy(tf.range(3), logits)).all()


def test_eight_pairs_are_learned_by_heart():
    keras.utils.set_random_seed(0)
    sizes = dict(hidden_size=32, num_layers=1, intermediate_size=64)
    bert = Bert(BertConfig.tiny(24, **sizes, dropout=0.0, attention_dropout=0.0))
    scorer = PairScorer(SentenceEncoder(bert))
    scorer.build()
    rng = np.random.default_rng(0)
    inputs = {
        name: rng.integers(3, 24, (8, 5)).astype(np.int32)
        for name in ("token_ids", "text_ids")
    }
    optimizer = keras.optimizers.Adam(0.01)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(cross_entropy(tf.range(8), scorer(inputs)))
        variables = scorer.trainable_variables
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        optimizer.apply(gradients, variables)
        return loss

    for _ in range(60):
        loss = step()

    assert float(loss) < 0.05
    assert (np.argmax(scorer(inputs), axis=1) == np.arange(8)).all()


def test_the_pooler_is_not_trained_and_a_text_of_padding_has_a_finite_gradient(encoder):
    ids = np.zeros((2, 3), np.int32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder({"token_ids": ids}))
    variables = [variable.value for variable in encoder.trainable_variables]

    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]

    assert not any("pooler" in v.path for v in encoder.trainable_variables)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_a_temperature_of_zero_is_refused(encoder):
    with pytest.raises(ValueError, match="temperature over 0, got 0"):
        PairScorer(encoder, 0)
