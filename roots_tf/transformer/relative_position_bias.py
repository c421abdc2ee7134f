"""T5's relative positions: a number for each distance, added to the attention scores.

Distances share 32 buckets: near ones have one each, far ones share, by logarithm, and
all beyond ``max_distance`` have the last. The bias is learned a head and a bucket.

Article: §2.5, §7.3.2 (T5). Erratum: E20 (its number).
Source: Raffel et al. 2020, T5 (1910.10683), §2.1; the buckets' formula is in the
    authors' code (mesh_tensorflow, ``_relative_position_bucket``).
"""

import math

import keras
from keras import ops

from roots_tf.transformer.initializers import fresh_initializer


def relative_position_buckets(
    distances, bidirectional: bool, num_buckets: int = 32, max_distance: int = 128
):
    """Assigns a bucket to each distance ``key position - query position``.

    With n buckets for a direction (a half of them each if bidirectional), distance d in
    tokens and e = n / 2:

        bucket(d) = d                                                      for d < e
        bucket(d) = min(n - 1, e + floor((n - e) ln(d / e) / ln(max / e))) otherwise

    Args:
        distances: int32 of any shape; negative for a key before the query.
        bidirectional: whether keys after the query have buckets of their own, the upper
            half; else all of them count as distance 0.
        num_buckets: buckets in all.
        max_distance: tokens, from where on all distances share the last bucket.

    Returns:
        int32 from 0 to ``num_buckets`` - 1, of the shape of the distances.

    Example:
        >>> from keras import ops
        >>> buckets = relative_position_buckets(ops.array([-200, -9, -1, 0, 1]), True)
        >>> ops.convert_to_numpy(buckets).tolist()
        [15, 8, 1, 0, 17]
    """
    first = 0
    if bidirectional:
        num_buckets //= 2
        first = ops.cast(distances > 0, "int32") * num_buckets
        distances = ops.abs(distances)
    else:
        distances = ops.maximum(-distances, 0)
    exact = num_buckets // 2
    ratio = ops.cast(ops.maximum(distances, exact), "float32") / exact
    share = ops.log(ratio) / math.log(max_distance / exact)
    far = exact + ops.cast(share * (num_buckets - exact), "int32")
    far = ops.minimum(far, num_buckets - 1)
    return first + ops.where(distances < exact, ops.cast(distances, "int32"), far)


@keras.saving.register_keras_serializable(package="roots_tf")
class RelativePositionBias(keras.layers.Layer):
    """Gives the bias of every pair of positions, for the scores of attention.

    Args:
        num_heads: H.
        bidirectional: True in an encoder, False in a decoder.
        num_buckets: 32 in T5.
        max_distance: tokens, 128 in T5.
        initializer: of the table, without a seed.

    Shape:
        query positions (T,) int32, key positions (S,) int32 -> (1, H, T, S).
    """

    def __init__(
        self,
        num_heads: int,
        bidirectional: bool,
        num_buckets: int = 32,
        max_distance: int = 128,
        initializer="uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.bidirectional = bidirectional
        self.num_buckets = num_buckets
        self.max_distance = max_distance
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = False

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.num_buckets, self.num_heads),
            initializer=fresh_initializer(self.initializer),
            name="embeddings",
        )

    def call(self, query_positions, key_positions):
        distances = key_positions[None, :] - query_positions[:, None]  # (T, S)
        buckets = relative_position_buckets(
            distances, self.bidirectional, self.num_buckets, self.max_distance
        )
        bias = ops.take(ops.convert_to_tensor(self.embeddings), buckets, axis=0)
        return ops.transpose(bias, (2, 0, 1))[None]  # (T, S, H) -> (1, H, T, S)

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "bidirectional": self.bidirectional,
            "num_buckets": self.num_buckets,
            "max_distance": self.max_distance,
            "initializer": keras.initializers.serialize(self.initializer),
        }
