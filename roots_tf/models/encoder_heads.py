"""What is put on an encoder for a task, and trained together with it (微调).

    a text, or two (its segments tell which):  logits = Dropout(pooled) W + b
    a label for each token:                    logits = Dropout(h_t) W + b
    a span that answers a question:            start_t = h_t . s,  end_t = h_t . e

Article: §5.2, §6 (1. 文本分类, 3. 问答系统). Errata: E11, E12, E17.
Source: Devlin et al. 2018 (1810.04805), §3.2, §4.1 (classes), §4.2 (spans), §5.3
    (tokens), figure 4; the dropout before the head: the authors' code.
"""

import keras
from keras import ops


class EncoderWithHead(keras.Model):
    """An encoder, a dropout, and one projection; what it reads is for the subclasses.

    Where the pooled vector is not read, the encoder's pooler is not trained: it stays
    in the encoder as it is.

    Args:
        encoder: a ``Bert`` or an ``Albert``.
        num_classes: C, logits to give.
        dropout: probability of dropping a feature before the projection.
        seed: of that dropout.

    Shape:
        What the encoder reads -> see the subclasses; logits are float32.

    Raises:
        ValueError: C is below 1.
    """

    reads_pooled = False

    def __init__(
        self,
        encoder: keras.Model,
        num_classes: int,
        dropout: float = 0.1,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_classes < 1:
            raise ValueError(f"expected num_classes of 1 or more, got {num_classes}")
        self.encoder = encoder
        self.num_classes = num_classes
        self.dropout = dropout
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.encoder.built:
            self.encoder.build()
        self.encoder.pooler.trainable = self.reads_pooled
        config = self.encoder.config
        self.feature_dropout = keras.layers.Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )
        self.head = keras.layers.Dense(
            self.num_classes,
            kernel_initializer=keras.initializers.TruncatedNormal(
                stddev=config.initializer_range
            ),
            dtype="float32",
            name="head",
        )
        self.head.build((None, config.hidden_size))

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": keras.saving.serialize_keras_object(self.encoder),
            "num_classes": self.num_classes,
            "dropout": self.dropout,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})


@keras.saving.register_keras_serializable(package="roots_tf")
class TextClassifier(EncoderWithHead):
    """One label for a text or a pair of texts: logits (B, C)."""

    reads_pooled = True

    def call(self, inputs, training=None):
        _, pooled = self.encoder(inputs, training=training)  # (B, D)
        return self.head(self.feature_dropout(pooled, training=training))  # (B, C)


@keras.saving.register_keras_serializable(package="roots_tf")
class TokenClassifier(EncoderWithHead):
    """One label for each token: logits (B, T, C); those at padding mean nothing."""

    def call(self, inputs, training=None):
        states, _ = self.encoder(inputs, training=training)  # (B, T, D)
        return self.head(self.feature_dropout(states, training=training))  # (B, T, C)


@keras.saving.register_keras_serializable(package="roots_tf")
class SpanClassifier(EncoderWithHead):
    """Where the answer starts and where it ends: two logits for each token.

    Shape:
        What the encoder reads -> ``{"start_logits": (B, T), "end_logits": (B, T)}``;
        those at padding mean nothing, so leave them out of the softmax.
    """

    def __init__(self, encoder, dropout: float = 0.0, seed: int = 0, **kwargs):
        super().__init__(encoder, 2, dropout, seed, **kwargs)

    def call(self, inputs, training=None):
        states, _ = self.encoder(inputs, training=training)  # (B, T, D)
        logits = self.head(self.feature_dropout(states, training=training))  # (B, T, 2)
        start_logits, end_logits = ops.unstack(logits, axis=-1)  # 2 x (B, T)
        return {"start_logits": start_logits, "end_logits": end_logits}

    def get_config(self):
        config = super().get_config()
        del config["num_classes"]
        return config
