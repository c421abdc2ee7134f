"""What goes into BERT: the sum of a token's, its segment's and its position's vector.

    x = Dropout(LayerNorm(E_token[id] + E_segment[segment] + E_position[t]))

Article: §2.5, §5.2. Erratum: E11 (the printed model has the first of them alone).
Source: Devlin et al. 2018 (1810.04805), §3, "Input/Output Representations", figure 2;
    norm and dropout: the authors' code (google-research/bert, ``modeling.py``).
"""

import keras
from keras import ops

from roots_tf.transformer.initializers import fresh_initializer
from roots_tf.transformer.layer_norm import layer_norm
from roots_tf.transformer.position_embedding import LearnedPositionEmbedding


@keras.saving.register_keras_serializable(package="roots_tf")
class InputEmbedding(keras.layers.Layer):
    """Turns token ids and segments into vectors.

    Keras' implicit masks are not made: give the attention its mask.

    Args:
        vocab_size: V.
        max_positions: most tokens of a sequence.
        num_segments: kinds of segments; BERT has two, first and second text.
        width: of the vectors.
        epsilon: of the norm.
        dropout: probability of dropping a feature.
        initializer: of the three tables, without a seed.
        seed: of the dropout.

    Shape:
        token ids (B, T) int32, segments (B, T) int32 -> (B, T, width).
    """

    def __init__(
        self,
        vocab_size: int,
        max_positions: int,
        num_segments: int,
        width: int,
        epsilon: float = 1e-12,
        dropout: float = 0.0,
        initializer="uniform",
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.max_positions = max_positions
        self.num_segments = num_segments
        self.width = width
        self.epsilon = epsilon
        self.dropout = dropout
        self.initializer = keras.initializers.get(initializer)
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape):
        self.token_embedding = self._table("token_embedding", self.vocab_size)
        self.segment_embedding = self._table("segment_embedding", self.num_segments)
        self.position_embedding = LearnedPositionEmbedding(
            self.max_positions,
            self.width,
            initializer=self.initializer,
            dtype=self.dtype_policy,
            name="position_embedding",
        )
        self.position_embedding.build((None, None))
        self.norm = layer_norm(
            "layer", self.epsilon, dtype=self.dtype_policy, name="norm"
        )
        self.norm.build((None, None, self.width))
        self.feature_dropout = keras.layers.Dropout(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )

    def call(self, token_ids, segment_ids=None, training=None):
        """Gives (B, T, width).

        Args:
            token_ids: (B, T) int32.
            segment_ids: (B, T) int32; None if there is one segment.
            training: whether anything is dropped.
        """
        if segment_ids is None:
            segment_ids = ops.zeros_like(token_ids)
        x = self.token_embedding(token_ids)  # (B, T) -> (B, T, width)
        x = x + self.segment_embedding(segment_ids)
        x = x + self.position_embedding(token_ids)  # (T, width), for every text
        return self.feature_dropout(self.norm(x), training=training)

    def _table(self, name: str, rows: int) -> keras.layers.Embedding:
        table = keras.layers.Embedding(
            rows,
            self.width,
            embeddings_initializer=fresh_initializer(self.initializer),
            dtype=self.dtype_policy,
            name=name,
        )
        table.build((None, None))
        return table

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "max_positions": self.max_positions,
            "num_segments": self.num_segments,
            "width": self.width,
            "epsilon": self.epsilon,
            "dropout": self.dropout,
            "initializer": keras.initializers.serialize(self.initializer),
            "seed": self.seed,
        }
