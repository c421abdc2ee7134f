"""A picture and its caption, one vector each, close together (对比学习).

    u_i = e_I(picture_i),  v_j = e_T(caption_j)       of length 1
    s_ij = exp(t) u_i . v_j                           t is learned, exp(t) <= 100
    L = (1/2B) sum_i [-log softmax_j(s_ij)[i] - log softmax_j(s_ji)[i]]

In a batch of B pairs each picture has to be told which of the B captions is its own,
and each caption which picture. What is learned finds pictures by words, and words for
pictures, without having been given classes.

Article: §8.2 (多模态融合).
Source: Radford et al. 2021 (2103.00020), §2.3 (the loss), figure 3 (both ways), §2.5
    (the temperature begins at 0.07, its inverse is clipped at 100); the loss: van den
    Oord et al. 2018 (1807.03748), eq. 4. Differently from there, a caption that is the
    same text as the right one is no wrong answer, and is left out of the sum.
"""

import math
from collections.abc import Hashable, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from roots_tf.evaluation.retrieval_metrics import first_right_ranks
from roots_tf.models.sentence_encoder import SentenceEncoder

LARGEST_SCALE = 100.0  # of exp(t)
_FIRST_SCALE = 1 / 0.07
_LEFT_OUT = -1e9  # its exponential is 0


@keras.saving.register_keras_serializable(package="roots_tf")
class PictureEncoder(keras.Model):
    """Gives each picture a vector of length 1: three convolutions, then all places.

    Args:
        side: height and width of the pictures in pixels, a multiple of 8.
        hidden_size: D, width of the vector.
        filters: of the first convolution; the second and third have 2 and 3 times as
            many.

    Shape:
        (B, side, side, 3) uint8 or float of 0 to 255 -> (B, D) float32.

    Raises:
        ValueError: the side is no multiple of 8.
    """

    def __init__(
        self, side: int = 32, hidden_size: int = 64, filters: int = 24, **kwargs
    ):
        super().__init__(**kwargs)
        if side < 8 or side % 8:
            raise ValueError(f"expected a side that is a multiple of 8, got {side}")
        self.side = side
        self.hidden_size = hidden_size
        self.filters = filters
        self.supports_masking = False

    def build(self, input_shape=None):
        self.convolutions, self.norms = [], []
        side, channels = self.side, 3
        for number in (1, 2, 3):
            convolution = keras.layers.Conv2D(
                number * self.filters,
                3,
                strides=2,
                padding="same",
                kernel_initializer="he_normal",
                dtype=self.dtype_policy,
                name=f"convolution_{number}",
            )
            convolution.build((None, side, side, channels))
            side, channels = side // 2, number * self.filters
            norm = keras.layers.LayerNormalization(
                epsilon=1e-5, dtype=self.dtype_policy, name=f"norm_{number}"
            )
            norm.build((None, side, side, channels))
            self.convolutions.append(convolution)
            self.norms.append(norm)
        self.projection = keras.layers.Dense(
            self.hidden_size, dtype=self.dtype_policy, name="projection"
        )
        # The mean over all places would forget where something stands.
        self.projection.build((None, side * side * channels))

    def call(self, pictures):
        x = ops.cast(pictures, self.compute_dtype) / 127.5 - 1.0
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = ops.relu(norm(convolution(x)))  # (B, side / 2, side / 2, channels)
        x = ops.reshape(x, (-1, math.prod(x.shape[1:])))
        x = ops.cast(self.projection(x), "float32")  # (B, D)
        squares = ops.sum(ops.square(x), axis=1, keepdims=True)
        return x * ops.rsqrt(ops.maximum(squares, 1e-12))

    def get_config(self):
        return {
            **super().get_config(),
            "side": self.side,
            "hidden_size": self.hidden_size,
            "filters": self.filters,
        }


@keras.saving.register_keras_serializable(package="roots_tf")
class AtMost(keras.constraints.Constraint):
    """Keeps a weight from growing beyond a value, after each update.

    Args:
        largest: that value.
    """

    def __init__(self, largest: float):
        self.largest = largest

    def __call__(self, weight):
        return ops.minimum(weight, self.largest)

    def get_config(self):
        return {"largest": self.largest}


@keras.saving.register_keras_serializable(package="roots_tf")
class ImageTextModel(keras.Model):
    """Scores every picture of a batch with every caption.

    Args:
        pictures: encoder of the pictures.
        texts: encoder of the captions, with vectors of the same width.

    Shape:
        A dictionary of ``pictures`` (B, side, side, 3) uint8 and ``token_ids`` (B, T)
        int32 -> s (B, B) float32, a row for each picture. Supports no masking: padding
        is known by its id.
    """

    def __init__(self, pictures: PictureEncoder, texts: SentenceEncoder, **kwargs):
        super().__init__(**kwargs)
        self.pictures, self.texts = pictures, texts
        self.supports_masking = False

    def build(self, input_shape=None):
        for encoder in (self.pictures, self.texts):
            if not encoder.built:
                encoder.build(None)
        self.log_scale = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(math.log(_FIRST_SCALE)),
            constraint=AtMost(math.log(LARGEST_SCALE)),
            dtype="float32",
            name="log_scale",
        )

    def call(self, inputs, training=None):
        ids = inputs["token_ids"]
        pictures = self.pictures(inputs["pictures"], training=training)  # (B, D)
        texts = self.texts({"token_ids": ids}, training=training)  # (B, D)
        scores = ops.matmul(pictures, ops.transpose(texts)) * ops.exp(self.log_scale)
        same = ops.all(ops.equal(ids[:, None], ids[None]), axis=2)  # (B, B)
        own = ops.eye(ops.shape(ids)[0], dtype="bool")
        return ops.where(ops.logical_and(same, ops.logical_not(own)), _LEFT_OUT, scores)

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "pictures": serialize(self.pictures),
            "texts": serialize(self.texts),
        }

    @classmethod
    def from_config(cls, config):
        encoders = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("pictures", "texts")
        }
        return cls(**{**config, **encoders})


def contrastive_loss(labels: tf.Tensor, scores: tf.Tensor) -> tf.Tensor:
    """Gives of each pair the mean of its two cross-entropies, nats.

    Shape:
        labels (B,) int, the numbers 0 to B - 1, and scores (B, B) -> (B,) float32.
    """
    cross_entropy = tf.nn.sparse_softmax_cross_entropy_with_logits
    return (
        cross_entropy(labels, scores) + cross_entropy(labels, tf.transpose(scores))
    ) / 2


def recall_at_1(
    pictures: np.ndarray,
    texts: np.ndarray,
    shown: Sequence[Hashable],
    size: int = 100,
    draws: int = 30,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Finds among so many the caption of each picture, and the picture of each caption.

    Galleries of pairs that show different things are drawn at random, again and again;
    in each of them what scores highest is either the right one or not.

    Args:
        pictures, texts: vectors (N, D) of pictures and of their captions.
        shown: N times what a pair shows: two of the same never meet in a gallery.
        size: pairs of a gallery; fewer where there are not so many.
        draws: galleries.
        seed: of the draws.

    Returns:
        The pairs asked for, (M,) int, and whether the right one was found, (2, M)
        boolean: texts by pictures, pictures by texts.
    """
    generator = np.random.default_rng(seed)
    _, things = np.unique([str(thing) for thing in shown], return_inverse=True)
    asked, found = [], []
    for _ in range(draws):
        order = generator.permutation(len(things))
        _, first = np.unique(things[order], return_index=True)
        rows = order[np.sort(first)[:size]]
        scores = pictures[rows] @ texts[rows].T  # (size, size)
        right = [[number] for number in range(len(rows))]
        ranks = [first_right_ranks(table, right) for table in (scores, scores.T)]
        asked.append(rows)
        found.append(np.stack(ranks) == 1)
    return np.concatenate(asked), np.concatenate(found, axis=1)
