"""The Keras model of GloVe and its readable loop."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.sparse import coo_array, csr_array

from roots_tf.word_vectors.glove import Glove, gradient_step, train
from roots_tf.word_vectors.glove_by_hand import (
    REFERENCE_CODE,
    GloveParameters,
    cost,
    glove_step_by_hand,
    start_sums,
    weight,
)

V, D = 6, 3
# What Keras' AdaGrad can do: one rate for all, the new square counted first, no clip.
KERAS_RULE = replace(REFERENCE_CODE, clip=np.inf, current_first=True, bias_rate=None)


def a_matrix(seed=0):
    generator = np.random.default_rng(seed)
    x = generator.uniform(0, 30, (V, V)) * (generator.random((V, V)) < 0.6)
    return csr_array(x)


def cells_of(matrix, x_max=10.0):
    cells = matrix.tocoo()
    rows, columns = (place.astype(np.int32) for place in cells.coords)
    weights = weight(cells.data, x_max).astype("float32")
    return rows, columns, np.log(cells.data).astype("float32"), weights


def randomised(seed=0):
    model, generator = Glove(V, D), np.random.default_rng(seed)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    return model


def test_the_output_is_product_plus_biases():
    model, (rows, columns, *_) = randomised(), cells_of(a_matrix())

    output = model((rows, columns))

    w, c, b, d = (np.asarray(x, np.float64) for x in model.get_weights())
    expected = [w[i] @ c[j] + b[i] + d[j] for i, j in zip(rows, columns, strict=True)]
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


def test_the_cost_is_that_of_numpy():
    model, matrix = randomised(), a_matrix()
    cells = matrix.tocoo()

    value = model.cost(*cells_of(matrix))

    expected = cost(model.parameters(), *cells.coords, cells.data, x_max=10.0)
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_the_tapes_gradient_is_that_of_finite_differences():
    model, cells = randomised(), a_matrix().tocoo()
    with tf.GradientTape() as tape:
        value = model.cost(*cells_of(a_matrix()))
    gradients = tape.gradient(value, [w.value for w in model.trainable_variables])

    parameters = GloveParameters(*(w.astype(np.float64) for w in model.get_weights()))

    def value_of():
        return cost(parameters, *cells.coords, cells.data, x_max=10.0)

    step = 1e-5
    for array, gradient in zip(vars(parameters).values(), gradients, strict=True):
        gradient = tf.convert_to_tensor(gradient).numpy()
        for place in np.ndindex(*array.shape):
            start, values = array[place], []
            for sign in (1, -1):
                array[place] = start + sign * step
                values.append(value_of())
            array[place] = start
            difference = (values[0] - values[1]) / (2 * step)
            # The tape is in float32, of sums of some ten terms as large as 100.
            assert gradient[place] == pytest.approx(difference, rel=1e-4, abs=1e-4)


def test_one_cell_a_batch_is_the_step_by_hand():
    model, matrix, epochs = Glove(V, D, seed=4), a_matrix(), 5
    cells = matrix.tocoo()
    parameters = GloveParameters(*(w.astype(np.float64) for w in model.get_weights()))
    sums, generator = start_sums(parameters, KERAS_RULE), np.random.default_rng(9)

    costs = train(model, matrix, epochs, batch_size=1, x_max=10.0, seed=9)

    expected = []
    for _ in range(epochs):
        shares = [
            glove_step_by_hand(
                parameters, sums, *cell, KERAS_RULE, learning_rate=0.05, x_max=10.0
            )
            for n in generator.permutation(cells.nnz)
            for cell in [(cells.row[n], cells.col[n], cells.data[n])]
        ]
        expected.append(np.mean(shares))
    # A hundred steps in float32 against float64.
    np.testing.assert_allclose(costs, expected, rtol=1e-4)
    for ours, by_hand in zip(
        vars(model.parameters()).values(), vars(parameters).values(), strict=True
    ):
        np.testing.assert_allclose(ours, by_hand, rtol=1e-3, atol=1e-4)


def test_a_repeated_cell_of_a_batch_adds_up():
    once, twice = randomised(), randomised()
    rows, columns, logs, weights = (x[:1] for x in cells_of(a_matrix()))

    def stepped(model, *cells):
        sgd = keras.optimizers.SGD(0.01)
        sgd.build(model.trainable_variables)
        gradient_step(model, sgd, cells)
        return np.concatenate([w.ravel() for w in model.get_weights()])

    start = np.concatenate([w.ravel() for w in once.get_weights()])
    one = stepped(once, rows, columns, logs, weights) - start
    two = stepped(twice, *(np.repeat(x, 2) for x in (rows, columns, logs, weights)))

    np.testing.assert_allclose(two - start, 2 * one, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_size", [2, 64])
def test_three_dimensions_fit_a_tiny_corpus_exactly(batch_size):
    # "a b a b c d c d" with a window of 2 (erratum E03).
    x = csr_array(
        np.array([[1, 3, 0.5, 0], [3, 1, 1, 0.5], [0.5, 1, 1, 3], [0, 0.5, 3, 1]])
    )
    model = Glove(4, 3, seed=0)

    costs = train(model, x, 300, batch_size, learning_rate=1.0, x_max=1.0)

    assert costs[0] > 0.1 and costs[-1] < 1e-5


def test_a_model_survives_its_config_and_its_file(tmp_path):
    model, places = randomised(), cells_of(a_matrix())[:2]

    model.save(tmp_path / "glove.keras")
    loaded = keras.saving.load_model(tmp_path / "glove.keras")
    rebuilt = Glove.from_config(model.get_config())

    np.testing.assert_array_equal(loaded(places), model(places))
    assert rebuilt.get_config() == model.get_config()


def test_a_seed_gives_a_start():
    assert np.array_equal(*(Glove(V, D, seed=1).get_weights()[0] for _ in range(2)))
    assert np.abs(Glove(V, D).get_weights()[0]).max() <= 0.5 / D


@pytest.mark.parametrize("sizes", [(0, 3), (3, 0)])
def test_a_model_without_words_or_dimension_is_refused(sizes):
    with pytest.raises(ValueError, match="expected a word and a dimension or more"):
        Glove(*sizes)


@pytest.mark.parametrize(
    "counts, options, message",
    [
        (csr_array((5, 5)), {}, r"shape \(6, 6\), got \(5, 5\)"),
        (csr_array((V, V)), {}, "cells above 0"),
        (coo_array(([-1.0], ([0], [1])), (V, V)), {}, "cells above 0, got"),
        (a_matrix(), {"epochs": 0}, "1 or more, got 0 and 64"),
        (a_matrix(), {"batch_size": 0}, "1 or more, got 25 and 0"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(counts, options, message):
    with pytest.raises(ValueError, match=message):
        train(Glove(V, D), counts, **options)
