"""What BERT learns from unlabelled text: to fill gaps, and whether two texts follow.

    masked token:   logits = LayerNorm(gelu(h_t W + b)) E_token^T + c     at the gaps
    next sentence:  logits = pooled W + b

    loss = mean over the gaps of -log p(token)  +  mean over the pairs of -log p(label)

Article: §5.2, §7.3.1 (the article mentions no such training). Erratum: E11.
Source: Devlin et al. 2018 (1810.04805), §3.1, tasks 1 and 2, appendix A.2; the form of
    the first head: the authors' code (google-research/bert, ``run_pretraining.py``).
"""

import keras
from keras import ops

from roots_tf.transformer.feed_forward import ACTIVATIONS
from roots_tf.transformer.initializers import fresh_initializer
from roots_tf.transformer.layer_norm import layer_norm

# Labels of a pair: the second text follows the first, or is from anywhere.
NEXT, RANDOM = 0, 1


@keras.saving.register_keras_serializable(package="roots_tf")
class MaskedTokenHead(keras.layers.Layer):
    """Compares a transformed vector with every token's embedding.

    The table is the encoder's own: it is not a weight of this layer.

    Args:
        vocab_size: V.
        width: of the token embeddings; D in BERT, less in ALBERT.
        activation: one of ``ACTIVATIONS``.
        epsilon: of the norm.
        initializer: of the projection, without a seed.

    Shape:
        vectors (B, M, D) and table (V, width) -> logits (B, M, V) float32.
    """

    def __init__(
        self,
        vocab_size: int,
        width: int,
        activation: str = "gelu",
        epsilon: float = 1e-12,
        initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.width = width
        self.activation = activation
        self.epsilon = epsilon
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = False

    def build(self, input_shape):
        policy = self.dtype_policy
        self.projection = keras.layers.Dense(
            self.width,
            kernel_initializer=fresh_initializer(self.initializer),
            dtype=policy,
            name="projection",
        )
        self.projection.build(input_shape)
        self.norm = layer_norm("layer", self.epsilon, dtype=policy, name="norm")
        self.norm.build((None, None, self.width))
        self.bias = self.add_weight(
            shape=(self.vocab_size,), initializer="zeros", name="bias"
        )

    def call(self, x, table):
        x = ACTIVATIONS[self.activation](self.projection(x))  # (B, M, width)
        x = self.norm(x)
        logits = ops.matmul(x, ops.transpose(ops.cast(table, x.dtype)))  # (B, M, V)
        return ops.cast(logits, "float32") + ops.cast(self.bias, "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "width": self.width,
            "activation": self.activation,
            "epsilon": self.epsilon,
            "initializer": keras.initializers.serialize(self.initializer),
        }


@keras.saving.register_keras_serializable(package="roots_tf")
class EncoderPretraining(keras.Model):
    """An encoder with the two heads that it is pretrained with.

    For a ``Bert`` the pairs are about the next sentence, for an ``Albert`` about the
    order of two sentences (``albert.py``); the network is the same.

    Args:
        encoder: a ``Bert`` or an ``Albert``.

    Shape:
        What the encoder reads, and ``masked_positions`` (B, M) int32, where the gaps
        are -> ``{"masked_logits": (B, M, V), "pair_logits": (B, 2)}`` float32. A text
        with fewer than M gaps is filled up with any positions; the loss has weights.
    """

    def __init__(self, encoder: keras.Model, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.supports_masking = False

    def build(self, input_shape=None):
        if not self.encoder.built:
            self.encoder.build()
        self.encoder.pooler.trainable = True  # a head for tokens may have frozen it
        config = self.encoder.config
        initializer = keras.initializers.TruncatedNormal(
            stddev=config.initializer_range
        )
        self.masked_token_head = MaskedTokenHead(
            config.vocab_size,
            self.encoder.token_table.shape[1],
            config.activation,
            config.epsilon,
            initializer,
            dtype=self.dtype_policy,
            name="masked_token_head",
        )
        self.masked_token_head.build((None, None, config.hidden_size))
        self.pair_head = keras.layers.Dense(
            2,
            kernel_initializer=fresh_initializer(initializer),
            dtype="float32",
            name="pair_head",
        )
        self.pair_head.build((None, config.hidden_size))

    def call(self, inputs, training=None):
        states, pooled = self.encoder(inputs, training=training)
        at_gaps = _gather(states, inputs["masked_positions"])  # -> (B, M, D)
        return {
            "masked_logits": self.masked_token_head(at_gaps, self.encoder.token_table),
            "pair_logits": self.pair_head(pooled),
        }

    def get_config(self):
        encoder = keras.saving.serialize_keras_object(self.encoder)
        return {**super().get_config(), "encoder": encoder}

    @classmethod
    def from_config(cls, config):
        encoder = keras.saving.deserialize_keras_object(config["encoder"])
        return cls(**{**config, "encoder": encoder})


def pretraining_loss(labels: dict, outputs: dict):
    """Gives one loss for each pair, in nats; their mean is the loss of the batch.

    Args:
        labels: those of ``masked_token_loss``, and ``pair_label`` (B,) int32, 0 or 1.
        outputs: of ``EncoderPretraining``.

    Returns:
        (B,) float32.
    """
    of_pairs = _nats(labels["pair_label"], outputs["pair_logits"])  # (B,)
    return masked_token_loss(labels, outputs) + of_pairs


def masked_token_loss(labels: dict, outputs: dict):
    """Gives the first task's part of the loss, to train on gaps alone.

    The mean goes over the gaps of the whole batch: a text's part is its sum over its
    own gaps, by the mean number of gaps a text.

    Args:
        labels: ``masked_ids`` (B, M) int32, the tokens that were there;
            ``masked_weights`` (B, M) float32, 1 for a gap and 0 for filling.
        outputs: of ``EncoderPretraining``.

    Returns:
        (B,) float32.
    """
    weights = ops.cast(labels["masked_weights"], "float32")  # (B, M)
    of_gaps = _nats(labels["masked_ids"], outputs["masked_logits"])  # (B, M)
    gaps_per_text = ops.mean(ops.sum(weights, axis=1))
    return ops.sum(weights * of_gaps, axis=1) / ops.maximum(gaps_per_text, 1e-6)


def _gather(states, positions):
    """Takes the states (B, T, D) at positions (B, M): row b T + t of all rows."""
    batch, length, width = ops.shape(states)
    rows = positions + length * ops.arange(batch, dtype=positions.dtype)[:, None]
    return ops.take(ops.reshape(states, (-1, width)), rows, axis=0)  # (B, M, D)


def _nats(labels, logits):
    return keras.losses.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    )
