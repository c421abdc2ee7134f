"""T5's buckets, distance by distance, and the bias that they look up."""

import math

import numpy as np
import pytest

from roots_tf.transformer.relative_position_bias import (
    RelativePositionBias,
    relative_position_buckets,
)

DISTANCES = np.arange(-700, 701)


def bucket(distance: int, bidirectional: bool, buckets: int, furthest: int) -> int:
    """The authors' rule in words, one distance at a time, in double precision."""
    if bidirectional:
        buckets //= 2
        first = buckets if distance > 0 else 0
        distance = abs(distance)
    else:
        first, distance = 0, max(0, -distance)
    exact = buckets // 2
    if distance < exact:
        return first + distance
    share = math.log(distance / exact) / math.log(furthest / exact)
    # 1e-9: 16 / 8 is exactly a quarter of the way to 128 / 8, which rounding may miss.
    return first + min(buckets - 1, exact + int(share * (buckets - exact) + 1e-9))


@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (8, 20), (64, 300)])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_every_distance_has_the_bucket_of_the_rule(bidirectional, buckets, furthest):
    found = relative_position_buckets(DISTANCES, bidirectional, buckets, furthest)

    expected = [bucket(int(d), bidirectional, buckets, furthest) for d in DISTANCES]
    assert np.asarray(found).tolist() == expected


@pytest.mark.parity
@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (8, 20), (64, 300)])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_buckets_are_those_of_transformers(bidirectional, buckets, furthest):
    torch = pytest.importorskip("torch", reason="the peer that is compared with")
    t5 = pytest.importorskip("transformers.models.t5.modeling_t5", reason="the peer")

    found = relative_position_buckets(DISTANCES, bidirectional, buckets, furthest)

    expected = t5.T5Attention._relative_position_bucket(
        torch.tensor(DISTANCES), bidirectional, buckets, furthest
    )
    np.testing.assert_array_equal(found, expected.numpy())


def test_in_a_decoder_what_comes_after_counts_as_distance_zero():
    found = np.asarray(relative_position_buckets(DISTANCES, bidirectional=False))

    assert not found[DISTANCES >= 0].any()
    assert found[DISTANCES == -1] == 1


def test_the_bias_of_a_pair_is_looked_up_by_its_distance():
    layer = RelativePositionBias(num_heads=3, bidirectional=True)
    queries, keys = np.array([4, 5]), np.arange(7)

    bias = np.asarray(layer(queries, keys))

    table = layer.get_weights()[0]
    assert bias.shape == (1, 3, 2, 7)
    for t, s in np.ndindex(2, 7):
        row = bucket(int(keys[s] - queries[t]), True, 32, 128)
        np.testing.assert_array_equal(bias[0, :, t, s], table[row])
