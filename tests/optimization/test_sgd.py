"""SGD, momentum, Nesterov: against Keras and the papers' formulas."""

import keras
import numpy as np
import pytest

from roots_tf.optimization.sgd import Sgd, momentum, nesterov, sgd

SHAPES = ((4, 3), (3,), (2, 5, 2))
KINDS = [(0.0, False), (0.9, False), (0.9, True)]


def steps_of(optimizer, steps=200):
    """Applies the same random gradients, of mixed scales, to the same three tensors."""
    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(size=shape)) for shape in SHAPES]
    for _ in range(steps):
        gradients = [rng.normal(0, 10.0 ** rng.integers(-6, 1), s) for s in SHAPES]
        optimizer.apply([g.astype(np.float32) for g in gradients], variables)
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.mark.parametrize(("decay", "ahead"), KINDS)
def test_two_hundred_steps_end_where_kerass_end(decay, ahead):
    ours = steps_of(Sgd(0.01, decay, ahead))

    theirs = steps_of(keras.optimizers.SGD(0.01, momentum=decay, nesterov=ahead))
    for w, expected in zip(ours, theirs, strict=True):
        assert np.abs(w - expected).max() < 1e-6


def test_momentum_on_a_constant_gradient_gathers_a_geometric_sum():
    w = velocity = 0.0

    for t in range(1, 20):
        w, velocity = momentum(w, velocity, 1.0, 0.1, 0.9)

        assert velocity == pytest.approx(-0.1 * (1 - 0.9**t) / (1 - 0.9))


def test_nesterov_is_sutskevers_rule_seen_from_the_place_ahead():
    def gradient(w):
        return np.array([1.0, 25.0]) * w

    w = ahead = np.array([1.0, 1.0])
    v = velocity = np.zeros(2)
    for _ in range(30):
        v = 0.8 * v - 0.02 * gradient(w + 0.8 * v)
        w = w + v

        ahead, velocity = nesterov(ahead, velocity, gradient(ahead), 0.02, 0.8)

        np.testing.assert_allclose(velocity, v, rtol=1e-12)
        np.testing.assert_allclose(ahead, w + 0.8 * v, rtol=1e-12)


def test_on_a_long_valley_momentum_outruns_sgd_and_nesterov_swings_less():
    curvature = np.array([1.0, 100.0])
    left, swing = {}, {}
    for name in ("sgd", "momentum", "nesterov"):
        w, velocity, path = np.array([1.0, 1.0]), np.zeros(2), []
        for _ in range(200):
            if name == "sgd":
                w = sgd(w, curvature * w, 0.005)
            else:
                rule = momentum if name == "momentum" else nesterov
                w, velocity = rule(w, velocity, curvature * w, 0.005, 0.9)
            path.append(w[1])
        left[name], swing[name] = np.abs(w).max(), -min(path)

    assert left["momentum"] < left["sgd"] / 100
    assert left["nesterov"] < left["sgd"] / 100
    assert swing["nesterov"] < swing["momentum"] / 2


@pytest.mark.parametrize(("decay", "ahead"), KINDS)
def test_it_is_made_again_from_its_configuration(decay, ahead):
    optimizer = Sgd(0.2, decay, ahead, clipnorm=3.0)

    copy = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))

    assert type(copy) is Sgd
    assert copy.get_config() == optimizer.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"momentum": 1.0}, "momentum from 0 to below 1, got 1.0"),
        ({"momentum": -0.1}, "momentum from 0 to below 1"),
        ({"nesterov": True}, "a momentum over 0 with nesterov"),
    ],
)
def test_an_argument_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Sgd(**arguments)
