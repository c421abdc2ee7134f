"""Every weight has a start of its own."""

import keras
import numpy as np
import pytest

from roots_tf.transformer.initializers import fresh_initializer


@pytest.mark.parametrize(
    "initializer",
    ["glorot_uniform", keras.initializers.RandomNormal(stddev=0.5)],
    ids=["name", "object"],
)
def test_two_weights_start_out_different(initializer):
    one, other = (np.asarray(fresh_initializer(initializer)((4, 5))) for _ in range(2))

    assert np.abs(one - other).max() > 0.01


def test_the_kind_and_its_arguments_are_kept():
    fresh = fresh_initializer(keras.initializers.TruncatedNormal(stddev=0.02))

    assert isinstance(fresh, keras.initializers.TruncatedNormal)
    assert fresh.stddev == 0.02


def test_an_initializer_with_a_seed_is_refused():
    with pytest.raises(ValueError, match="without a seed, .* got seed 3"):
        fresh_initializer(keras.initializers.RandomNormal(seed=3))


def test_one_random_seed_gives_the_same_weights_again():
    starts = []
    for _ in range(2):
        keras.utils.set_random_seed(7)
        starts.append(np.asarray(fresh_initializer("glorot_uniform")((3, 3))))

    np.testing.assert_array_equal(*starts)
