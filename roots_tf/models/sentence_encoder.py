"""One vector for a sentence, and how it is learned: each question beside its text.

    e(x)  = m / |m|,  m = the mean of BERT's vectors of the real tokens
    s_ij  = e(q_i) . e(d_j) / tau
    L     = -(1/B) sum_i log(exp s_ii / sum_j exp s_ij)          InfoNCE

Text d_i answers question q_i; the B - 1 other texts of the batch are the wrong answers
that it is told from (in-batch negatives, 批内负例); one that is the same text as d_i is
left out of the sum.

Article: §5.2, §6 (3. 问答系统). Errata: E11, E17.
Source: Reimers and Gurevych 2019 (1908.10084), §3 (the mean); van den Oord, Li, Vinyals
    2018 (1807.03748), eq. 4 (InfoNCE); Karpukhin et al. 2020 (2004.04906), §3.2 (one
    batch, in-batch negatives); unit length with tau: Chen et al. 2020 (2002.05709),
    eq. 1.
"""

import keras
from keras import ops

from roots_tf.models.bert import padding_mask

_LEFT_OUT = -1e9  # its exponential is 0


@keras.saving.register_keras_serializable(package="roots_tf")
class SentenceEncoder(keras.Model):
    """Gives each text a vector of length 1; the cosine of two is their product.

    The encoder's pooler is not read, and not trained.

    Args:
        encoder: a ``Bert`` or an ``Albert``.

    Shape:
        What the encoder reads -> (B, D) float32. Keras' implicit masks are not read. A
        text of padding alone has a vector that means nothing.
    """

    def __init__(self, encoder: keras.Model, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.encoder.built:
            self.encoder.build()
        self.encoder.pooler.trainable = False

    def call(self, inputs, training=None):
        states, _ = self.encoder(inputs, training=training)  # (B, T, D)
        states = ops.cast(states, "float32")
        real = padding_mask(inputs, self.encoder.config.padding_id)
        real = ops.cast(real, "float32")[:, :, None]  # (B, T, 1)
        total = ops.sum(states * real, axis=1)  # (B, D)
        mean = total / ops.maximum(ops.sum(real, axis=1), 1.0)
        # Not ops.normalize, whose gradient is NaN for a vector of zeros.
        squares = ops.sum(ops.square(mean), axis=1, keepdims=True)  # (B, 1)
        return mean * ops.rsqrt(ops.maximum(squares, 1e-12))

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
        }

    @classmethod
    def from_config(cls, config):
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})


@keras.saving.register_keras_serializable(package="roots_tf")
class PairScorer(keras.Model):
    """Scores every question of a batch with every text: the logits of InfoNCE.

    The label of row i is i, so that cross-entropy is the loss L.

    Args:
        encoder: reads both.
        temperature: tau, over 0; small ones look at the nearest wrong answers alone.

    Shape:
        A dictionary of ``token_ids`` (B, T) int32 of the questions and ``text_ids``
        (B, S) int32 of the texts -> s (B, B) float32. Supports no masking: padding is
        known by its id.

    Raises:
        ValueError: the temperature is not over 0.
    """

    def __init__(self, encoder: SentenceEncoder, temperature: float = 0.05, **kwargs):
        super().__init__(**kwargs)
        if temperature <= 0:
            raise ValueError(f"expected a temperature over 0, got {temperature}")
        self.encoder = encoder
        self.temperature = temperature
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.encoder.built:
            self.encoder.build()

    def call(self, inputs, training=None):
        questions, texts = (
            self.encoder({"token_ids": inputs[name]}, training=training)
            for name in ("token_ids", "text_ids")
        )  # 2 x (B, D)
        scores = ops.matmul(questions, ops.transpose(texts)) / self.temperature
        ids = inputs["text_ids"]
        same = ops.all(ops.equal(ids[:, None], ids[None]), axis=2)  # (B, B)
        number = ops.cumsum(ops.ones_like(ids[:, :1]), axis=0)  # (B, 1)
        another = ops.not_equal(number, ops.transpose(number))  # (B, B)
        return ops.where(ops.logical_and(same, another), _LEFT_OUT, scores)

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "temperature": self.temperature,
        }

    @classmethod
    def from_config(cls, config):
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})
