"""ALBERT: BERT with one block used again and again, and a narrow table of tokens.

    h_0 = LayerNorm(E_token + E_segment + E_position) W + b        E wide -> D wide
    h_l = EncoderBlock(h_(l-1))                                    the same for every l

So the number of parameters does not grow with the depth, and the vocabulary costs
V E + E D instead of V D. It is pretrained with gaps, as BERT, and to tell two following
sentences in order from the same two swapped (``bert_pretraining.EncoderPretraining``).

Article: §7.3.2. Errata: E14, E21 (the article's number is another paper's).
Source: Lan et al. 2019 (1909.11942), §3.1, table 1.
"""

import dataclasses

import keras

from roots_tf.models.bert import padding_mask
from roots_tf.models.sizes import check_sizes
from roots_tf.transformer.attention_masks import padding_attention_mask
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.initializers import fresh_initializer
from roots_tf.transformer.input_embedding import InputEmbedding

# Labels of a pair of sentences in pretraining (sentence-order prediction, SOP).
IN_ORDER, SWAPPED = 0, 1


@dataclasses.dataclass(frozen=True)
class AlbertConfig:
    """Sizes of an ALBERT. The defaults are ALBERT-base's, version 2.

    Attributes:
        vocab_size: number of token ids, V.
        embedding_size: E, width of the table of tokens.
        hidden_size: D.
        num_layers: how often the block is applied.
        num_heads: H, a divisor of D.
        intermediate_size: F, inner width of the feed-forward network.
        max_positions: most tokens of a sequence.
        num_segments: kinds of segments.
        dropout: probability of dropping a feature of the embeddings or of a sublayer's
            output; version 2 has none.
        attention_dropout: probability of dropping an attention weight.
        activation: of the feed-forward network, one of ``feed_forward.ACTIVATIONS``.
        epsilon: of the norms.
        initializer_range: standard deviation of the initial weights (a normal
            distribution, cut off at two of them).
        padding_id: token id of the padding.

    Raises:
        ValueError: a size is below 1, H does not divide D, or a value is out of range.
    """

    vocab_size: int = 30_000
    embedding_size: int = 128
    hidden_size: int = 768
    num_layers: int = 12
    num_heads: int = 12
    intermediate_size: int = 3_072
    max_positions: int = 512
    num_segments: int = 2
    dropout: float = 0.0
    attention_dropout: float = 0.0
    activation: str = "gelu_tanh"
    epsilon: float = 1e-12
    initializer_range: float = 0.02
    padding_id: int = 0

    def __post_init__(self):
        check_sizes(self)

    @property
    def parameter_count(self) -> int:
        """Encoder and pooler: ``(V + P + S + 2) E + (E + 1) D + (4 D^2 + 2 D F + 9 D +
        F) + D^2 + D``, whatever the depth; 11,683,584 for ALBERT-base.
        """
        d, e, f = self.hidden_size, self.embedding_size, self.intermediate_size
        tables = (self.vocab_size + self.max_positions + self.num_segments + 2) * e
        block = 4 * d * d + 2 * d * f + 9 * d + f
        return tables + (e + 1) * d + block + d * d + d

    @classmethod
    def tiny(cls, vocab_size: int, **sizes) -> "AlbertConfig":
        """The sizes of ``BertConfig.tiny``, with a table 32 wide."""
        tiny = dict(hidden_size=128, num_layers=2, num_heads=2, intermediate_size=512)
        return cls(vocab_size, **{"embedding_size": 32, **tiny, **sizes})

    @classmethod
    def base(cls) -> "AlbertConfig":
        return cls()

    @classmethod
    def large(cls) -> "AlbertConfig":
        sizes = dict(hidden_size=1_024, num_layers=24, num_heads=16)
        return cls(intermediate_size=4_096, **sizes)

    @classmethod
    def xlarge(cls) -> "AlbertConfig":
        sizes = dict(hidden_size=2_048, num_layers=24, num_heads=16)
        return cls(intermediate_size=8_192, **sizes)

    @classmethod
    def xxlarge(cls) -> "AlbertConfig":
        return cls(hidden_size=4_096, num_heads=64, intermediate_size=16_384)


@keras.saving.register_keras_serializable(package="roots_tf")
class Albert(keras.Model):
    """Turns a text into one vector for each token, and one for the whole.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)

    Shape:
        As ``Bert``: a dictionary of ``token_ids`` (B, T) int32 and, if wanted,
        ``segment_ids`` (B, T) int32 and ``padding_mask`` (B, T) boolean, True = real
        token -> the tokens' vectors (B, T, D) and the text's (B, D).
    """

    def __init__(self, config: AlbertConfig, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        config, policy = self.config, self.dtype_policy
        initializer = keras.initializers.TruncatedNormal(
            stddev=config.initializer_range
        )
        self.embedding = InputEmbedding(
            config.vocab_size,
            config.max_positions,
            config.num_segments,
            config.embedding_size,
            epsilon=config.epsilon,
            dropout=config.dropout,
            initializer=initializer,
            seed=self.seed,
            dtype=policy,
            name="embedding",
        )
        self.embedding.build((None, None))
        self.widening = self._dense("widening", initializer)
        self.widening.build((None, None, config.embedding_size))
        self.block = EncoderBlock(
            config.hidden_size,
            config.num_heads,
            config.intermediate_size,
            activation=config.activation,
            epsilon=config.epsilon,
            dropout=config.dropout,
            attention_dropout=config.attention_dropout,
            kernel_initializer=initializer,
            seed=self.seed + 10,
            dtype=policy,
            name="block",
        )
        self.block.build((None, None, config.hidden_size))
        self.pooler = self._dense("pooler", initializer, activation="tanh")
        self.pooler.build((None, config.hidden_size))

    def call(self, inputs, training=None):
        x = self.states(inputs, training)[-1]
        return x, self.pooler(x[:, 0])  # (B, T, D), (B, D)

    def states(self, inputs, training=None) -> list:
        """Gives the vectors (B, T, D) that go into the block first, then those that
        come out of it each time."""
        mask = padding_attention_mask(padding_mask(inputs, self.config.padding_id))
        states = [self._embed(inputs, training)]
        for _ in range(self.config.num_layers):
            x = self.block(states[-1], attention_mask=mask, training=training)
            states.append(x)
        return states

    def attention_weights(self, inputs) -> list:
        """Gives the attention weights (B, H, T, T) of each pass, for pictures."""
        mask = padding_attention_mask(padding_mask(inputs, self.config.padding_id))
        x, weights = self._embed(inputs), []
        for _ in range(self.config.num_layers):
            x, of_pass = self.block(x, attention_mask=mask, return_weights=True)
            weights.append(of_pass)
        return weights

    @property
    def token_table(self):
        """The token embeddings (V, E), with which the pretraining head is tied."""
        return self.embedding.token_embedding.embeddings

    def _embed(self, inputs, training=None):
        x = self.embedding(
            inputs["token_ids"], inputs.get("segment_ids"), training=training
        )
        return self.widening(x)  # (B, T, E) -> (B, T, D)

    def _dense(self, name: str, initializer, activation=None):
        return keras.layers.Dense(
            self.config.hidden_size,
            activation=activation,
            kernel_initializer=fresh_initializer(initializer),
            dtype=self.dtype_policy,
            name=name,
        )

    def get_config(self):
        return {
            **super().get_config(),
            "config": dataclasses.asdict(self.config),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": AlbertConfig(**config["config"])})
