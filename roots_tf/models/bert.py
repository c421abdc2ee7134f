"""BERT: a stack of encoder blocks, in which every token sees the whole text.

    h_0 = LayerNorm(E_token + E_segment + E_position)
    h_l = EncoderBlock_l(h_(l-1))              post-norm, exact GELU
    pooled = tanh(h_n[0] W + b)                of the first token, [CLS]

What is trained on top of it: ``bert_pretraining.py``, ``encoder_heads.py``.

Article: §1.4.3, §2.5, §5.2, §7.3.1. Errata: E11 (the article's BERT is an LSTM), E14
(BERT is no encoder-decoder).
Source: Devlin et al. 2018 (1810.04805), §3 and appendix A.2; pooler and initial
    weights: the authors' code (google-research/bert, ``modeling.py``).
"""

import dataclasses

import keras
from keras import ops

from roots_tf.models.sizes import check_sizes
from roots_tf.transformer.attention_masks import padding_attention_mask
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.initializers import fresh_initializer
from roots_tf.transformer.input_embedding import InputEmbedding


@dataclasses.dataclass(frozen=True)
class BertConfig:
    """Sizes of a BERT. The defaults are BERT-base's, uncased English.

    Attributes:
        vocab_size: number of token ids, V; BERT-base, Chinese, has 21,128.
        hidden_size: D.
        num_layers: blocks.
        num_heads: H, a divisor of D.
        intermediate_size: F, inner width of the feed-forward networks.
        max_positions: most tokens of a sequence.
        num_segments: kinds of segments.
        dropout: probability of dropping a feature of the embeddings or of a sublayer's
            output.
        attention_dropout: probability of dropping an attention weight.
        activation: of the feed-forward networks, one of ``feed_forward.ACTIVATIONS``.
        epsilon: of the norms.
        initializer_range: standard deviation of the initial weights (a normal
            distribution, cut off at two of them).
        padding_id: token id of the padding, [PAD].

    Raises:
        ValueError: a size is below 1, H does not divide D, or a value is out of range.
    """

    vocab_size: int = 30_522
    hidden_size: int = 768
    num_layers: int = 12
    num_heads: int = 12
    intermediate_size: int = 3_072
    max_positions: int = 512
    num_segments: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    activation: str = "gelu"
    epsilon: float = 1e-12
    initializer_range: float = 0.02
    padding_id: int = 0

    def __post_init__(self):
        check_sizes(self)

    @property
    def parameter_count(self) -> int:
        """Encoder and pooler: ``(V + P + S + 2) D + L (4 D^2 + 2 D F + 9 D + F) + D^2 +
        D``, with P positions, S segments and L layers; 109,482,240 for BERT-base.
        """
        d, f = self.hidden_size, self.intermediate_size
        tables = (self.vocab_size + self.max_positions + self.num_segments + 2) * d
        block = 4 * d * d + 2 * d * f + 9 * d + f
        return tables + self.num_layers * block + d * d + d

    @classmethod
    def tiny(cls, vocab_size: int, **sizes) -> "BertConfig":
        """BERT-tiny (1908.08962, §4): 2 layers, 128 wide."""
        tiny = dict(hidden_size=128, num_layers=2, num_heads=2, intermediate_size=512)
        return cls(vocab_size, **{**tiny, **sizes})

    @classmethod
    def base(cls, vocab_size: int = 30_522) -> "BertConfig":
        return cls(vocab_size)

    @classmethod
    def large(cls, vocab_size: int = 30_522) -> "BertConfig":
        sizes = dict(hidden_size=1_024, num_layers=24, num_heads=16)
        return cls(vocab_size, intermediate_size=4_096, **sizes)


@keras.saving.register_keras_serializable(package="roots_tf")
class Bert(keras.Model):
    """Turns a text into one vector for each token, and one for the whole.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)

    Shape:
        A dictionary of ``token_ids`` (B, T) int32 and, if wanted, ``segment_ids``
        (B, T) int32, all 0 if missing, and ``padding_mask`` (B, T) boolean, True = real
        token, which if missing is True where the id is not ``config.padding_id`` ->
        the tokens' vectors (B, T, D) and the text's (B, D). At padding the vectors mean
        nothing. Keras' implicit masks are not read.
    """

    def __init__(self, config: BertConfig, seed: int = 0, **kwargs):
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
            config.hidden_size,
            epsilon=config.epsilon,
            dropout=config.dropout,
            initializer=initializer,
            seed=self.seed,
            dtype=policy,
            name="embedding",
        )
        self.embedding.build((None, None))
        self.blocks = [
            EncoderBlock(
                config.hidden_size,
                config.num_heads,
                config.intermediate_size,
                activation=config.activation,
                epsilon=config.epsilon,
                dropout=config.dropout,
                attention_dropout=config.attention_dropout,
                kernel_initializer=initializer,
                seed=self.seed + 10 * number,
                dtype=policy,
                name=f"block_{number}",
            )
            for number in range(1, config.num_layers + 1)
        ]
        self.pooler = keras.layers.Dense(
            config.hidden_size,
            activation="tanh",
            kernel_initializer=fresh_initializer(initializer),
            dtype=policy,
            name="pooler",
        )
        for layer in [*self.blocks, self.pooler]:
            layer.build((None, None, config.hidden_size))

    def call(self, inputs, training=None):
        x = self.states(inputs, training)[-1]
        return x, self.pooler(x[:, 0])  # (B, T, D), (B, D)

    def states(self, inputs, training=None) -> list:
        """Gives the vectors (B, T, D) that go into the first block, then those that
        come out of each block."""
        mask = padding_attention_mask(padding_mask(inputs, self.config.padding_id))
        x = self.embedding(
            inputs["token_ids"], inputs.get("segment_ids"), training=training
        )
        states = [x]
        for block in self.blocks:
            states.append(block(states[-1], attention_mask=mask, training=training))
        return states

    def attention_weights(self, inputs) -> list:
        """Gives the attention weights (B, H, T, T) of each block, for pictures."""
        mask = padding_attention_mask(padding_mask(inputs, self.config.padding_id))
        x = self.embedding(inputs["token_ids"], inputs.get("segment_ids"))
        weights = []
        for block in self.blocks:
            x, of_block = block(x, attention_mask=mask, return_weights=True)
            weights.append(of_block)
        return weights

    @property
    def token_table(self):
        """The token embeddings (V, D), with which the pretraining head is tied."""
        return self.embedding.token_embedding.embeddings

    def get_config(self):
        return {
            **super().get_config(),
            "config": dataclasses.asdict(self.config),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": BertConfig(**config["config"])})


def padding_mask(inputs: dict, padding_id: int):
    """Gives the padding mask (B, T) of a batch: its own, or by the ids.

    Args:
        inputs: ``token_ids`` (B, T) int32 and perhaps ``padding_mask``.
        padding_id: of [PAD].
    """
    mask = inputs.get("padding_mask")
    return ops.not_equal(inputs["token_ids"], padding_id) if mask is None else mask
