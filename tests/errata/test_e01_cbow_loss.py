"""E01: the readings of the printed loss, and the right one, on the worked example."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp

from roots_tf.errata.e01_cbow_loss import (
    CENTRE,
    CONTEXT,
    ENTRY,
    INPUT_VECTORS,
    LEARNED,
    OUTPUT_VECTORS,
    STRANGERS,
    context_softmax,
    learned,
    right_loss,
    scalar_softmax,
    sigmoid_alone,
    strangers_score,
    train_on_cycle,
    vocabulary_softmax,
)
from roots_tf.word_vectors.word2vec import Cbow

LOSSES = (
    *(right_loss, scalar_softmax, vocabulary_softmax, context_softmax),
    sigmoid_alone,
)
H = INPUT_VECTORS[CONTEXT]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)


def random_vectors(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(scale=3, size=(7, 4)), rng.normal(scale=3, size=(5, 4))


def test_the_worked_example_by_hand():
    value, of_u, _ = right_loss(OUTPUT_VECTORS, H, CENTRE)

    scores = [0.5, 0.0, 0.55, -0.1]  # (.5, .5) times each output vector
    total = sum(math.exp(score) for score in scores)
    p = math.exp(0.55) / total
    assert value == pytest.approx(-math.log(p), rel=1e-12)
    np.testing.assert_allclose(of_u[CENTRE], [(p - 1) * 0.5] * 2, rtol=1e-12)
    assert (round(p, 6), round(value, 6)) == (0.327845, 1.115215)
    assert round((p - 1) * 0.5, 6) == -0.336078
    assert "| right | 1.115215 | (-0.336078, -0.336078) |" in ENTRY.numbers


def test_the_right_loss_is_scipy_s_and_finite_for_large_scores():
    u, h = random_vectors(0)

    value, _, _ = right_loss(1e3 * u, h, 3)

    scores = 1e3 * u @ h.mean(axis=0)
    assert value == pytest.approx(logsumexp(scores) - scores[3], rel=1e-12)


@each_loss
def test_gradients_are_the_central_differences(loss):
    u, h = OUTPUT_VECTORS.copy(), H.astype(float)
    _, of_u, of_h = loss(u, h, CENTRE)

    step = 1e-5
    for array, gradient in ((u, of_u), (h, of_h)):
        for place in np.ndindex(*array.shape):
            start, values = array[place], []
            for sign in (1, -1):
                array[place] = start + sign * step
                values.append(loss(u, h, CENTRE)[0])
            array[place] = start
            # Off by step^2 (1e-10) and rounding / step (1e-11).
            difference = (values[0] - values[1]) / (2 * step)
            assert gradient[place] == pytest.approx(difference, abs=1e-9)


def test_the_right_loss_is_that_of_the_model_and_its_tape():
    model = Cbow(4, 2, "full-softmax", dtype="float64")
    model.set_weights([INPUT_VECTORS, OUTPUT_VECTORS])
    with tf.GradientTape() as tape:
        loss = model.example_losses(np.array([CONTEXT]), np.array([CENTRE]))
    of_v, of_u = tape.gradient(loss, [w.value for w in model.trainable_variables])

    value, expected_u, expected_h = right_loss(OUTPUT_VECTORS, H, CENTRE)

    assert float(loss[0]) == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(of_u, expected_u, rtol=1e-12)
    rows = tf.convert_to_tensor(of_v).numpy()[CONTEXT]
    np.testing.assert_allclose(rows, expected_h, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_readings_a_and_c_are_constant_whatever_the_vectors(seed):
    u, h = random_vectors(seed)

    assert scalar_softmax(u, h, 2)[0] == 1.0
    assert context_softmax(u, h, 2)[0] == pytest.approx(1 / 5, rel=1e-12)


def test_reading_b_stops_learning_where_it_is_most_wrong():
    value, of_u, _ = vocabulary_softmax(OUTPUT_VECTORS, H, CENTRE)
    far = OUTPUT_VECTORS.copy()
    far[CENTRE] = -20

    loss, right_of_u, _ = right_loss(far, H, CENTRE)
    _, b_of_u, _ = vocabulary_softmax(far, H, CENTRE)

    assert value == pytest.approx(0.174094, abs=5e-7)
    np.testing.assert_allclose(of_u[CENTRE], [-0.0963, -0.0400], atol=5e-5)
    assert math.exp(-loss) == pytest.approx(5.8e-10, rel=0.01)
    assert np.linalg.norm(right_of_u[CENTRE]) == pytest.approx(0.5**0.5, rel=1e-6)
    assert np.linalg.norm(b_of_u[CENTRE]) == pytest.approx(5.0e-9, rel=0.01)
    for number in ("5.8e-10", "0.7071", "5.0e-09"):
        assert number in ENTRY.numbers


@pytest.mark.parametrize(
    "case", LEARNED, ids=lambda case: f"{case[1].__name__}-{case[0]}"
)
def test_the_right_loss_learns_the_cycle_and_reading_b_does_not(case):
    deviation, loss = case

    right, mean = learned(*train_on_cycle(loss, deviation))

    # 1,800 steps may add up their roundings in another order: hence a per cent.
    assert right == LEARNED[case][0]
    assert mean == pytest.approx(LEARNED[case][1], rel=0.01, abs=5e-5)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("deviation", [0.1, 6.0])
def test_what_was_learned_does_not_hang_on_the_seed(seed, deviation):
    good, bad = (
        learned(*train_on_cycle(loss, deviation, seed=seed))
        for loss in (right_loss, vocabulary_softmax)
    )

    assert good[0] == 6 and good[1] < 0.01
    assert bad[0] < 6 and bad[1] > 0.5


def test_reading_d_raises_the_scores_of_words_that_never_meet():
    start = strangers_score(*train_on_cycle(sigmoid_alone, 0.1, passes=0))
    end = strangers_score(*train_on_cycle(sigmoid_alone, 0.1, passes=2_000))

    assert (round(start, 2), round(end, 2)) == STRANGERS


def test_reading_d_is_at_its_best_where_all_words_are_alike():
    equal = np.full((6, 2), 10.0)

    value, of_u, _ = sigmoid_alone(equal, equal[:2], 0)
    loss, _, _ = right_loss(equal, equal[:2], 0)

    assert 0 < value < 1e-80 and np.abs(of_u).max() < 1e-80
    assert loss == pytest.approx(math.log(6), rel=1e-12)
