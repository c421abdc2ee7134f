"""GloVe in NumPy: the paper's formulas, the program's departures, one by one."""

import math
import operator
from dataclasses import replace

import numpy as np
import pytest

from roots_tf.word_vectors.glove_by_hand import (
    PAPER,
    REFERENCE_CODE,
    GloveParameters,
    cost,
    glove_step_by_hand,
    start_sums,
    weight,
)

V, D = 4, 3
OPTIONS = {"x_max": 10.0, "alpha": 0.75}
RULES = {
    "paper": PAPER,
    "reference code": REFERENCE_CODE,
    "without clipping": replace(REFERENCE_CODE, clip=np.inf),
    "sums from 0": replace(REFERENCE_CODE, start=0.0, current_first=True),
    "one rate": replace(REFERENCE_CODE, bias_rate=None),
    "gradient of J": replace(REFERENCE_CODE, factor=2.0),
}


def random_parameters(seed=0, scale=1.0):
    generator = np.random.default_rng(seed)
    shapes = ((V, D), (V, D), V, V)
    return GloveParameters(*(scale * generator.normal(size=s) for s in shapes))


def copied(parameters):
    return GloveParameters(*(array.copy() for array in vars(parameters).values()))


def flat(parameters):
    return np.concatenate([array.ravel() for array in vars(parameters).values()])


def step_on_lists(table, sums, i, j, x, rate, x_max, alpha, clip):
    """What glove.c does to one cell, number by number; a row's last one is its bias."""
    word, context = table[i], table[j]
    error = sum(map(operator.mul, word[:-1], context[:-1])) - math.log(x)
    error += word[-1] + context[-1]
    pull = error * (1 if x > x_max else (x / x_max) ** alpha)
    moves = []
    for row, other in ((i, context), (j, word)):
        gradients = [rate * max(-clip, min(clip, pull * n)) for n in other[:-1]]
        gradients.append(pull)  # a bias: neither clipped nor with a rate of its own
        moves.append(
            [g / math.sqrt(s) for g, s in zip(gradients, sums[row], strict=True)]
        )
        sums[row] = [s + g * g for g, s in zip(gradients, sums[row], strict=True)]
    for row, move in zip((i, j), moves, strict=True):
        table[row] = [n - m for n, m in zip(table[row], move, strict=True)]
    return pull * error / 2


def test_f_is_that_of_equation_9():
    x = np.array([0, 1e-9, 1, 50, 99.999, 100, 1000, np.inf])

    expected = [(value / 100) ** 0.75 if value < 100 else 1.0 for value in x]

    np.testing.assert_allclose(weight(x), expected, rtol=1e-15)
    # E4's numbers: 100^-0.75 = 1 / 31.62..., 0.5^0.75.
    assert round(float(weight(1)), 6) == 0.031623
    assert round(float(weight(50)), 6) == 0.594604
    assert weight(10.0, x_max=10) == weight(7.0, x_max=5) == 1


def test_the_cost_is_that_of_equation_8():
    parameters, generator = random_parameters(), np.random.default_rng(1)
    x = generator.uniform(0, 30, (V, V)) * (generator.random((V, V)) < 0.6)

    expected = 0.0
    for i, j in np.argwhere(x > 0):
        f = min(1, (x[i, j] / 10) ** 0.75)
        product = sum(
            parameters.words[i, d] * parameters.contexts[j, d] for d in (0, 1, 2)
        )
        biases = parameters.word_biases[i] + parameters.context_biases[j]
        expected += f * (product + biases - np.log(x[i, j])) ** 2

    rows, columns = np.nonzero(x)
    value = cost(parameters, rows, columns, x[rows, columns], **OPTIONS)
    assert value == pytest.approx(expected, rel=1e-12)


def test_the_cost_is_zero_if_and_only_if_all_cells_fit():
    parameters = random_parameters()
    rows, columns = np.nonzero(np.ones((V, V)))
    logs = parameters.error(rows, columns, 1)

    assert cost(parameters, rows, columns, np.exp(logs)) < 1e-25
    for cell in range(V * V):
        logs_but_one = logs.copy()
        logs_but_one[cell] += 0.01
        assert cost(parameters, rows, columns, np.exp(logs_but_one)) > 1e-7


def test_the_worked_example_of_one_cell():
    # Erratum E04's: w . w~ = .15 - .08.
    parameters = GloveParameters(
        np.array([[0.5, -0.2]]),
        np.array([[0.3, 0.4]]),
        np.array([0.1]),
        np.array([0.2]),
    )

    error = 0.07 + 0.3 - np.log(10)

    assert parameters.error(0, 0, 10) == pytest.approx(error, rel=1e-12)
    assert round(error, 6) == -1.932585
    value = cost(parameters, np.array([0]), np.array([0]), np.array([10.0]))
    assert round(value, 6) == round(0.1**0.75 * error**2, 6) == 0.664167


@pytest.mark.parametrize("count", [0.2, 3.0, 500.0])
def test_the_gradient_is_that_of_finite_differences(count):
    parameters, rule = random_parameters(), replace(PAPER, start=1e12)
    cell = (np.array([1]), np.array([2]), np.array([count]))

    # With such a start the step is rate * gradient / 1e6, and hardly moves anything.
    moved = copied(parameters)
    glove_step_by_hand(
        moved, start_sums(moved, rule), 1, 2, count, rule, 1.0, **OPTIONS
    )
    gradient = (flat(parameters) - flat(moved)) * 1e6

    step = 1e-6
    places = [
        (array, index)
        for array in vars(parameters).values()
        for index in np.ndindex(*array.shape)
    ]
    for by_hand, (array, index) in zip(gradient, places, strict=True):
        start, values = array[index], []
        for sign in (1, -1):
            array[index] = start + sign * step
            values.append(cost(parameters, *cell, **OPTIONS))
        array[index] = start
        difference = (values[0] - values[1]) / (2 * step)
        # J is of the order of 10, so that its rounding / step is 1e-9; the parameters'
        # own rounding times 1e6 is 1e-10.
        assert by_hand == pytest.approx(difference, abs=1e-7)


def test_the_reference_rule_is_the_loop_of_the_program():
    parameters = random_parameters(scale=0.3)
    parameters.words[2] = [300, -500, 2]  # beyond the clipping
    sums = start_sums(parameters, REFERENCE_CODE)
    w = np.vstack(
        [
            np.c_[parameters.words, parameters.word_biases],
            np.c_[parameters.contexts, parameters.context_biases],
        ]
    ).tolist()
    their_sums = np.ones((2 * V, D + 1)).tolist()
    generator = np.random.default_rng(2)

    for _ in range(200):
        i, j = generator.integers(V, size=2)
        count = generator.choice([0.1, 1, 5, 50])
        share = glove_step_by_hand(
            parameters, sums, i, j, count, REFERENCE_CODE, 0.05, 10, 0.75
        )
        expected = step_on_lists(w, their_sums, i, V + j, count, 0.05, 10, 0.75, 100)
        # The program prints half of eq. 8.
        assert share / 2 == pytest.approx(expected, rel=1e-9)

    for ours, theirs in ((parameters, np.array(w)), (sums, np.array(their_sums))):
        of_words, of_contexts = np.split(theirs, 2)
        np.testing.assert_allclose(ours.words, of_words[:, :-1], rtol=1e-9)
        np.testing.assert_allclose(ours.word_biases, of_words[:, -1], rtol=1e-9)
        np.testing.assert_allclose(ours.contexts, of_contexts[:, :-1], rtol=1e-9)
        np.testing.assert_allclose(ours.context_biases, of_contexts[:, -1], rtol=1e-9)


def test_the_papers_first_step_is_the_rate_times_the_sign():
    parameters = random_parameters()
    before, sums = copied(parameters), start_sums(parameters, PAPER)

    glove_step_by_hand(parameters, sums, 0, 1, 3.0, PAPER, 0.05)

    np.testing.assert_allclose(np.abs(parameters.words[0] - before.words[0]), 0.05)
    np.testing.assert_allclose(parameters.words[1:], before.words[1:])


def test_the_programs_first_step_is_plain_gradient_descent():
    parameters = random_parameters()
    before, sums = copied(parameters), start_sums(parameters, REFERENCE_CODE)

    glove_step_by_hand(parameters, sums, 0, 1, 3.0, REFERENCE_CODE, 0.05)

    pull = 0.03**0.75 * before.error(0, 1, 3.0)
    moved = before.words[0] - parameters.words[0]
    np.testing.assert_allclose(moved, 0.05 * pull * before.contexts[1])
    assert before.word_biases[0] - parameters.word_biases[0] == pytest.approx(pull)


def test_clipping_holds_vectors_and_not_biases():
    parameters = random_parameters()
    parameters.contexts[1] = [1e4, -1e4, 1e-3]
    before, sums = copied(parameters), start_sums(parameters, REFERENCE_CODE)

    glove_step_by_hand(parameters, sums, 0, 1, 1e3, REFERENCE_CODE, 0.05)

    moved = before.words[0] - parameters.words[0]
    np.testing.assert_allclose(np.abs(moved[:2]), 0.05 * 100)
    bias_moved = before.word_biases[0] - parameters.word_biases[0]
    assert bias_moved == pytest.approx(before.error(0, 1, 1e3))
    assert abs(bias_moved) > 100


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_gradient_of_zero_makes_no_step(rule):
    zeros = GloveParameters(
        np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2), np.zeros(2)
    )

    share = glove_step_by_hand(zeros, start_sums(zeros, rule), 0, 1, 1.0, rule)

    assert share == 0 and not flat(zeros).any()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_fits_a_small_matrix(rule):
    x = np.array([[2.0, 1.5, 0.5], [1.5, 0, 1], [0.5, 1, 0]])
    cells = [(i, j, x[i, j]) for i, j in np.argwhere(x)]
    parameters = GloveParameters.draw(3, D, seed=1)
    sums = start_sums(parameters, rule)

    for _ in range(600):
        shares = [
            glove_step_by_hand(parameters, sums, *cell, rule, x_max=1.0)
            for cell in cells
        ]

    # The paper's steps shrink with every step so far: it comes there more slowly.
    assert np.mean(shares) < 1e-3


def test_a_start_is_that_of_the_program():
    start = GloveParameters.draw(500, 20, seed=0)

    for values in vars(start).values():
        assert np.abs(values).max() <= 0.5 / 20
        # Of a uniform distribution of this width; 500 values tell it to 5 per cent.
        assert values.std() == pytest.approx(1 / 20 / 12**0.5, rel=0.1)
    assert not np.array_equal(start.words, start.contexts)


def test_vectors_are_the_sum_or_those_of_the_words():
    parameters = random_parameters()

    both = parameters.vectors()

    np.testing.assert_array_equal(both, parameters.words + parameters.contexts)
    assert parameters.vectors(with_contexts=False) is parameters.words
