"""The two norms are their formulas, with the epsilon asked for."""

import numpy as np
import pytest

from roots_tf.transformer.layer_norm import layer_norm
from tests.transformer import in_numpy

# Rows of ordinary size, and rows so small that epsilon decides.
X = np.random.default_rng(0).normal(size=(2, 3, 8)) * [[[1.0]], [[1e-3]]]


@pytest.mark.parametrize("epsilon", [1e-12, 1e-5, 1e-1])
@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_a_norm_is_its_formula(norm, epsilon):
    layer = layer_norm(norm, epsilon, dtype="float64")
    layer.build(X.shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=8) for _ in layer.weights])

    normed = layer(X)

    np.testing.assert_allclose(normed, in_numpy.norm(layer, X), rtol=1e-9)


def test_t5s_norm_has_a_gain_and_no_bias():
    layer, rms = layer_norm("layer", 1e-6), layer_norm("rms", 1e-6)

    layer.build(X.shape), rms.build(X.shape)

    assert len(layer.weights) == 2
    assert len(rms.weights) == 1


def test_an_unknown_norm_is_refused():
    with pytest.raises(ValueError, match="expected a norm of .* got 'batch'"):
        layer_norm("batch", 1e-6)
