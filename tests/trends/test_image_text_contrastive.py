"""The image-text model: its loss in NumPy, gradients, temperature, recall, files."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.trends.image_text_contrastive import (
    AtMost,
    ImageTextModel,
    PictureEncoder,
    contrastive_loss,
    recall_at_1,
)
from tests.models.by_heart import learn

BERT = BertConfig(20, 16, 1, 2, 32, 8, dropout=0.0, attention_dropout=0.0)
DRAW = np.random.default_rng(0)
INPUTS = {
    "pictures": DRAW.integers(0, 256, (5, 16, 16, 3)).astype(np.uint8),
    "token_ids": DRAW.integers(1, 20, (5, 6)).astype(np.int32),
}


def new_model():
    keras.utils.set_random_seed(0)
    return ImageTextModel(PictureEncoder(16, 16, 4), SentenceEncoder(Bert(BERT)))


@pytest.fixture(scope="module")
def model():
    model = new_model()
    model.build()
    return model


def loss_in_numpy(scores):
    """Radford et al. 2021, figure 3: the mean of the losses along both axes."""
    rows = np.diag(log_softmax(scores, axis=1))
    columns = np.diag(log_softmax(scores, axis=0))
    return -(rows + columns) / 2


def test_the_loss_is_that_of_clip():
    scores = DRAW.normal(0, 3, (6, 6)).astype(np.float32)

    loss = contrastive_loss(tf.range(6), tf.constant(scores))

    np.testing.assert_allclose(loss, loss_in_numpy(scores), rtol=1e-5)


def test_a_model_that_knows_nothing_has_the_loss_log_b():
    loss = contrastive_loss(tf.range(7), tf.zeros((7, 7)))

    np.testing.assert_allclose(loss, np.log(7), rtol=1e-6)


def test_scores_are_cosines_times_the_inverse_temperature(model):
    pictures = np.asarray(model.pictures(INPUTS["pictures"]))
    texts = np.asarray(model.texts({"token_ids": INPUTS["token_ids"]}))

    scores = model(INPUTS)

    for vectors in (pictures, texts):
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    expected = pictures @ texts.T / 0.07  # the paper's initial temperature
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)


def test_the_same_caption_of_another_picture_is_no_wrong_answer(model):
    ids = INPUTS["token_ids"].copy()
    ids[3] = ids[1]

    scores = np.asarray(model({**INPUTS, "token_ids": ids}))

    left_out = scores < -1e6
    assert {(1, 3), (3, 1)} == {(int(r), int(c)) for r, c in np.argwhere(left_out)}


@pytest.mark.parametrize("name", ["log_scale", "projection/kernel", "convolution_2/"])
def test_gradients_are_those_of_finite_differences(model, name):
    (weight, *_) = [w for w in model.trainable_variables if name in w.path + "/"]

    def loss():
        return tf.reduce_mean(contrastive_loss(tf.range(5), model(INPUTS)))

    with tf.GradientTape() as tape:
        value = loss()
    gradient = tape.gradient(value, weight.value).numpy()
    place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    start, sides = weight.numpy(), []
    for sign in (1, -1):
        moved = np.array(start)
        moved[place] += sign * 3e-3
        weight.assign(moved)
        sides.append(float(loss()))
    weight.assign(start)

    # float32, and a kink of a ReLU may lie within the step.
    assert (sides[0] - sides[1]) / 6e-3 == pytest.approx(gradient[place], rel=0.02)


def test_the_scale_is_clipped_at_100_after_an_update():
    model = new_model()
    model.build()
    model.log_scale.assign(np.log(99.0))
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build([model.log_scale])

    optimizer.apply([tf.constant(-5.0)], [model.log_scale])

    assert np.exp(model.log_scale) == pytest.approx(100, rel=1e-5)
    assert float(AtMost(2.0)(1.5)) == 1.5


def test_padding_of_captions_changes_nothing(model):
    padded = np.pad(INPUTS["token_ids"], [(0, 0), (0, 2)])

    scores = model({**INPUTS, "token_ids": padded})

    np.testing.assert_allclose(scores, model(INPUTS), rtol=1e-4, atol=1e-4)


def test_it_learns_five_pairs_by_heart():
    model = new_model()

    learn(model, INPUTS, tf.range(5), contrastive_loss, 40, learning_rate=0.003)

    scores = np.asarray(model(INPUTS))
    assert (scores.argmax(axis=1) == range(5)).all()
    assert (scores.argmax(axis=0) == range(5)).all()


def test_it_is_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(tmp_path / "model.keras")

    np.testing.assert_array_equal(loaded(INPUTS), model(INPUTS))
    assert isinstance(loaded.log_scale.constraint, AtMost)


def test_recall_of_random_vectors_is_that_of_chance_and_of_equal_ones_is_one():
    vectors = DRAW.normal(size=(400, 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    others = DRAW.permutation(vectors)

    rows, same = recall_at_1(vectors, vectors, range(400))
    _, chance = recall_at_1(vectors, others, range(400), draws=100)

    assert same.all() and rows.shape == (3000,) and same.shape == (2, 3000)
    # 10,000 draws of probability 1/100: three standard deviations are 0.003, and
    # queries repeat.
    assert chance.mean() == pytest.approx(0.01, abs=0.006)


def test_pairs_that_show_the_same_never_compete():
    vectors = np.eye(4)[[0, 0, 1, 1, 2, 3]]

    rows, hits = recall_at_1(vectors, vectors, ["a", "a", "b", "b", "c", "d"], 4)

    assert hits.all()
    for gallery in rows.reshape(-1, 4):
        assert len({"aabbcd"[row] for row in gallery}) == 4


def test_a_side_that_cannot_be_halved_three_times_is_refused():
    with pytest.raises(ValueError, match="multiple of 8, got 20"):
        PictureEncoder(20)
