"""Adam and AdamW: against Keras, Algorithm 1 in double precision, and known values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from roots_tf.optimization.adam import Adam, AdamW, adam, adamw

SHAPES = ((4, 3), (3,), (2, 5, 2))


def gradients_of(step):
    rng = np.random.default_rng(step)
    return [
        rng.normal(0, 10.0 ** rng.integers(-6, 1), s).astype(np.float32) for s in SHAPES
    ]


def start():
    rng = np.random.default_rng(99)
    return [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]


def steps_of(optimizer, steps=200):
    """Applies the same random gradients, of mixed scales, to the same three tensors."""
    variables = [keras.Variable(w) for w in start()]
    for step in range(steps):
        optimizer.apply(gradients_of(step), variables)
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def algorithm_1(steps=200, rate=0.001, epsilon=1e-8):
    """As the paper prints it, in double precision."""
    theta = [w.astype(float) for w in start()]
    m, v = ([np.zeros(s) for s in SHAPES] for _ in range(2))
    for t in range(1, steps + 1):
        for i, g in enumerate(gradients_of(t - 1)):
            m[i] = 0.9 * m[i] + (1 - 0.9) * g
            v[i] = 0.999 * v[i] + (1 - 0.999) * g.astype(float) ** 2
            m_hat, v_hat = m[i] / (1 - 0.9**t), v[i] / (1 - 0.999**t)
            theta[i] -= rate * m_hat / (np.sqrt(v_hat) + epsilon)
    return theta


def largest_difference(ours, expected):
    return max(np.abs(a - b).max() for a, b in zip(ours, expected, strict=True))


def test_two_hundred_steps_are_algorithm_1():
    assert largest_difference(steps_of(Adam(0.001)), algorithm_1()) < 1e-6


def test_with_epsilon_hat_two_hundred_steps_are_kerass():
    ours = steps_of(Adam(0.001, epsilon=1e-7, epsilon_hat=True))

    assert largest_difference(ours, steps_of(keras.optimizers.Adam(0.001))) < 1e-6


def test_with_epsilon_hat_two_hundred_steps_of_adamw_are_kerass():
    ours = steps_of(AdamW(0.01, 0.1, epsilon=1e-7, epsilon_hat=True))

    theirs = steps_of(keras.optimizers.AdamW(0.01, weight_decay=0.1))
    # Weights of size 1 over 200 steps: a unit in the last place is 1.2e-7.
    assert largest_difference(ours, theirs) < 1e-6


def test_the_two_epsilons_differ_where_gradients_are_tiny_e07():
    # Keras adds 1e-7 to sqrt(v) before the correction, which divides sqrt(v) by
    # sqrt(1 - .999^t): at t = 1 that makes 32 times as much of it.
    tiny, paths = np.float32(1e-6), {}
    for hat in (False, True):
        variable = keras.Variable(np.float32([0]))
        optimizer = Adam(0.001, epsilon=1e-7, epsilon_hat=hat)
        optimizer.apply([np.array([tiny])], [variable])
        paths[hat] = -float(variable[0])

    assert paths[False] == pytest.approx(0.001 / (1 + 1e-7 / 1e-6), rel=1e-4)
    one_step = 0.001 / (1 + 1e-7 / np.sqrt(0.001) / 1e-6)
    assert paths[True] == pytest.approx(one_step, rel=1e-4)


def test_the_function_and_the_optimizer_make_the_same_steps():
    w, zeros = start(), [np.zeros(s, np.float32) for s in SHAPES]
    m, v = list(zeros), list(zeros)
    for t in range(1, 51):
        for i, g in enumerate(gradients_of(t - 1)):
            w[i], m[i], v[i] = adamw(w[i], m[i], v[i], g, t, 0.001, 0.1)

    assert largest_difference(w, steps_of(AdamW(0.001, 0.1), 50)) < 1e-6


def test_the_first_step_has_the_size_of_the_learning_rate_whatever_the_gradient():
    for gradient in (1e-3, 1.0, 1e6):
        w, _, _ = adam(0.0, 0.0, 0.0, gradient, t=1, learning_rate=0.1)

        assert w == pytest.approx(-0.1, rel=1e-4)


def test_adamw_shrinks_every_weight_alike_a_penalty_in_the_loss_does_not():
    w, gradient = np.array([1.0, 1.0]), np.array([10.0, 0.1])
    state = np.zeros(2), np.zeros(2)

    plain, *_ = adam(w, *state, gradient, 1, 0.01)
    decoupled, *_ = adamw(w, *state, gradient, 1, 0.01, weight_decay=0.1)
    penalty, *_ = adam(w, *state, gradient + 0.1 * w, 1, 0.01)

    np.testing.assert_allclose(plain - decoupled, [0.001, 0.001], rtol=1e-9)
    # The first step of Adam is the sign of the gradient: the penalty is lost in it.
    np.testing.assert_allclose(penalty, plain, atol=1e-8)


@pytest.mark.parametrize(
    "optimizer",
    [
        Adam(0.2, 0.8, 0.99, 1e-6, epsilon_hat=True, global_clipnorm=2.0),
        AdamW(0.1, 0.3),
    ],
)
def test_it_is_made_again_from_its_configuration(optimizer):
    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))

    assert type(copy) is type(optimizer)
    assert copy.get_config() == optimizer.get_config()


def test_a_word_met_twice_in_a_batch_has_one_gradient_for_keras_it_has_two_squares():
    # Rows 1 and 1 of an embedding, gradient 1 each: 2 in all, which Keras' Adam too
    # puts into m, but into v it puts 1^2 + 1^2 and not 2^2. Step: 2 / sqrt(2).
    slices = tf.IndexedSlices(np.float32([[1], [1]]), np.array([1, 1]), (3, 1))
    step = {}
    for kind in (Adam, keras.optimizers.Adam):
        table = keras.Variable(np.zeros((3, 1), np.float32))
        kind(0.001).apply([slices], [table])
        step[kind] = -keras.ops.convert_to_numpy(table)[:, 0]

    np.testing.assert_allclose(step[Adam], [0, 0.001, 0], rtol=1e-4)
    expected = [0, 0.001 * np.sqrt(2), 0]
    np.testing.assert_allclose(step[keras.optimizers.Adam], expected, rtol=1e-4)


def test_biases_can_be_left_out_of_the_decay():
    kernel, bias = (keras.Variable(np.float32([1.0]), name=n) for n in ("w", "bias"))
    optimizer = AdamW(0.1, 0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])

    optimizer.apply([np.float32([0]), np.float32([0])], [kernel, bias])

    np.testing.assert_allclose(kernel, [0.95], rtol=1e-6)
    np.testing.assert_allclose(bias, [1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta_1": 1.0}, "beta_1 from 0 to below 1, got 1.0"),
        ({"beta_2": -0.5}, "beta_2 from 0 to below 1, got -0.5"),
        ({"epsilon": -1e-8}, "epsilon of 0 or more"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Adam(**arguments)
