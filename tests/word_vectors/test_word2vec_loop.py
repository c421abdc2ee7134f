"""The readable loop: its step against the C code's update, and what it learns."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import expit

from roots_tf.word_vectors.context_windows import (
    END,
    extents,
    keep_probabilities,
    skip_gram_pairs,
)
from roots_tf.word_vectors.word2vec import Cbow, SkipGram
from roots_tf.word_vectors.word2vec_loop import decayed, examples, sgd_step, train
from roots_tf.word_vectors.word2vec_objectives import OBJECTIVES

V, D = 6, 4
RATE = 0.05
# 0 1 2 3 4 5 0 1 2 ...: the word before and the word after tell which one it is.
CYCLE = np.append(np.tile(np.arange(V), 60), END).astype(np.int32)
CYCLE_COUNTS = np.full(V, 60)

each_objective = pytest.mark.parametrize("objective", OBJECTIVES)
each_model = pytest.mark.parametrize("architecture", [SkipGram, Cbow])


def make(architecture, objective, dimension=D, **options):
    counts = CYCLE_COUNTS if objective == "hierarchical-softmax" else None
    return architecture(V, dimension, objective, counts, **options)


def randomise(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return [w.astype(np.float64) for w in model.get_weights()]


def c_update(syn0, syn1, inputs, rows, labels, alpha):
    """One update of word2vec.c, in place: all inputs predict rows with labels.

    `neu1 = mean of the inputs; for each row: f = sigmoid(neu1 . row);
    g = (label - f) alpha; neu1e += g row; row += g neu1`; then each input += neu1e.
    """
    neu1 = syn0[inputs].mean(axis=0)
    neu1e = np.zeros_like(neu1)
    for row, label in zip(rows, labels, strict=True):
        g = (label - expit(neu1 @ syn1[row])) * alpha
        neu1e += g * syn1[row]
        syn1[row] += g * neu1
    for word in inputs:
        syn0[word] += neu1e


def rows_and_labels(model, target, noise):
    """What the C code goes through for a target: words, or nodes of its path."""
    if model.objective == "negative-sampling":
        others = [word for word in noise if word != target]
        return [target, *others], [1] + [0] * len(others)
    steps = slice(0, model.tree.length[target])
    return model.tree.path[target, steps], 1 - model.tree.code[target, steps]


def one_step(model, inputs, target, noise):
    noise = np.array([noise], np.int32)
    if model.objective != "negative-sampling":
        noise = None
    batch = (np.array([inputs], np.int32), np.array([target], np.int32), noise)
    return sgd_step(model, batch, tf.constant(RATE))


@pytest.mark.parametrize("objective", OBJECTIVES[:2])
def test_a_step_of_one_pair_is_the_c_code_s_update(objective):
    model = make(SkipGram, objective)
    syn0, syn1 = randomise(model)

    # The third pair's noise is its own target, which is left out.
    for word, target, noise in [(2, 3, [0, 5]), (3, 2, [1, 4]), (2, 2, [2, 1])]:
        one_step(model, word, target, noise)
        c_update(syn0, syn1, [word], *rows_and_labels(model, target, noise), RATE)

    for found, expected in zip(model.get_weights(), [syn0, syn1], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVES[:2])
def test_an_undivided_cbow_step_is_the_c_code_s_update(objective):
    model = make(Cbow, objective, undivided=True)
    syn0, syn1 = randomise(model)

    one_step(model, [2, -1, 5, 2], 3, [0, 1])

    rows, labels = rows_and_labels(model, 3, [0, 1])
    c_update(syn0, syn1, [2, 5, 2], rows, labels, RATE)
    for found, expected in zip(model.get_weights(), [syn0, syn1], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


@each_model
@each_objective
def test_a_step_goes_down_the_sum_of_the_losses(architecture, objective):
    model = make(architecture, objective)
    before = randomise(model)
    words = np.array([4, 4, 1], np.int32)  # a word twice: both gradients count
    inputs = words if architecture is SkipGram else words[:, None] - [0, 1]
    noise = np.array([[0, 1]] * 3, np.int32) if objective == OBJECTIVES[0] else None
    targets = np.array([5, 5, 2], np.int32)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model.example_losses(inputs, targets, noise))
    variables = [variable.value for variable in model.trainable_variables]
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(total, variables)]

    losses = sgd_step(model, (inputs, targets, noise), tf.constant(RATE))

    assert np.sum(losses) == pytest.approx(float(total), rel=1e-5)
    for start, gradient, end in zip(
        before, gradients, model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(end, start - RATE * gradient, atol=1e-6)


@each_objective
def test_cbow_learns_every_word_of_a_cycle(objective):
    model = make(Cbow, objective, dimension=8)

    losses = train(
        model,
        CYCLE,
        CYCLE_COUNTS,
        window=1,
        threshold=0,
        epochs=12,
        batch_size=16,
        learning_rate=0.2,
    )

    words = np.arange(V)
    around = np.stack([words - 1, words + 1], axis=1) % V
    if objective == "hierarchical-softmax":
        scores = np.stack(
            [-model.example_losses(around, np.full(V, w)) for w in words], axis=1
        )
    else:
        scores = model(around).numpy() @ model.get_weights()[1].T  # (V, V)
    assert scores.argmax(axis=1).tolist() == words.tolist()  # 6 of 6
    assert losses[-20:].mean() < 0.1 < losses[0]


@each_objective
def test_skip_gram_learns_the_two_neighbours_of_each_word(objective):
    model = make(SkipGram, objective, dimension=8)
    options = {"window": 1, "threshold": 0, "batch_size": 16}

    train(model, CYCLE, CYCLE_COUNTS, epochs=12, learning_rate=0.2, **options)

    words = np.arange(V)
    if objective == "hierarchical-softmax":
        scores = np.stack(
            [-model.example_losses(words, np.full(V, w)) for w in words], axis=1
        )
    else:
        scores = model(words).numpy() @ model.get_weights()[1].T  # (V, V)
    best = np.sort(scores.argsort(axis=1)[:, -2:], axis=1)
    neighbours = np.sort(np.stack([words - 1, words + 1], axis=1) % V, axis=1)
    assert best.tolist() == neighbours.tolist()


@each_model
@each_objective
def test_training_repeats_with_its_seed(architecture, objective):
    one, again, other = (make(architecture, objective) for _ in range(3))
    options = {"threshold": 0.05, "epochs": 2, "batch_size": 16}

    losses, same_losses, other_losses = (
        train(model, CYCLE, CYCLE_COUNTS, seed=seed, **options)
        for model, seed in ((one, 1), (again, 1), (other, 2))
    )

    np.testing.assert_array_equal(losses, same_losses)
    for table, same in zip(one.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(table, same)
    assert losses[-1] != other_losses[-1]


def test_every_pair_of_an_epoch_is_a_step_s_example_once():
    model = make(SkipGram, "full-softmax")
    generator = np.random.default_rng(0)
    keep = keep_probabilities(CYCLE_COUNTS, 0)

    inputs, targets = examples(model, CYCLE, keep, 1, generator)
    losses = train(model, CYCLE, CYCLE_COUNTS, window=1, threshold=0, epochs=2)

    expected = skip_gram_pairs(CYCLE, *extents(CYCLE, np.ones(len(CYCLE), np.int32)))
    np.testing.assert_array_equal([inputs, targets], expected)
    assert len(losses) == 2 * -(-len(targets) // 64)
    assert losses[0] == pytest.approx(np.log(V), rel=1e-4)  # all vectors near 0


def test_examples_of_cbow_are_contexts_and_their_centres():
    model = make(Cbow, "full-softmax")
    ids = np.array([3, 1, END, 2, END, 5, 4, 0], np.int32)

    inputs, targets = examples(model, ids, np.ones(V), 1, np.random.default_rng(0))

    assert targets.tolist() == [3, 1, 5, 4, 0]
    assert inputs.tolist() == [[-1, 1], [3, -1], [-1, 4], [5, 0], [4, -1]]


def test_the_rate_falls_linearly_to_a_ten_thousandth():
    rates = [decayed(0.025, progress) for progress in (0, 0.25, 0.5, 0.99995, 1)]

    np.testing.assert_allclose(rates, [0.025, 0.01875, 0.0125, 2.5e-6, 2.5e-6])


@pytest.mark.parametrize(
    ("ids", "counts", "options", "message"),
    [
        ([], [1] * V, {}, "expected a sentence of two words or more, got none$"),
        ([1, END, 2, END], [1] * V, {"threshold": 0}, "two words or more, got none$"),
        ([0] * 9, [9, *[1] * 5], {"threshold": 1e-9}, "got none after subsampling"),
        ([0, 1], [1] * 5, {}, "expected counts of 6 words, got 5"),
        ([0, 6], [1] * V, {}, "expected ids from -1 to 5, got 0 to 6"),
        ([0, -2], [1] * V, {}, "expected ids from -1 to 5, got -2 to 0"),
        ([0, 1], [1] * 5 + [0], {}, "all above 0"),
        ([0, 1], [1] * V, {"window": 0}, "expected a window of 1 word or more, got 0"),
        ([0, 1], [1] * V, {"epochs": 0}, "batch size of 1 or more, got 5, 0 and 64"),
        ([0, 1], [1] * V, {"negatives": 0}, "of 1 or more, got 0, 5 and 64"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(ids, counts, options, message):
    model = make(SkipGram, "negative-sampling")

    with pytest.raises(ValueError, match=message):
        train(model, np.array(ids, np.int32), counts, **options)


def test_a_rate_that_makes_the_loss_infinite_is_an_error():
    model = make(SkipGram, "full-softmax")

    with pytest.raises(
        FloatingPointError, match="the loss became .* at step .*: lower"
    ):
        train(model, CYCLE, CYCLE_COUNTS, threshold=0, learning_rate=1e30)
