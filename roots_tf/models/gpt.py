"""GPT-2: a decoder alone, which predicts each token from those before it.

    h_0 = W_e[token] + W_p[position]
    h_l = DecoderBlock_l(h_(l-1))          pre-norm, causal, GELU (tanh form)
    logits = LayerNorm(h_n) W_e^T          the token embeddings once more

Article: §2.5, §7.3.2, §9.1; named in §1.4.1, §1.4.3, §2.1. Erratum: E14 (GPT is no
encoder-decoder).
Source: Radford et al. 2018 (GPT), §3.1, eq. 2; Radford et al. 2019 (GPT-2), §2.3 and
    table 2, whose numbers of parameters are too small, as the authors' repository says
    (openai/gpt-2); from its ``model.py`` are the standard deviations of the initial
    weights.
"""

import dataclasses

import keras
from keras import ops

from roots_tf.transformer import key_value_cache
from roots_tf.transformer.attention_masks import (
    causal_attention_mask,
    combine_attention_masks,
    padding_attention_mask,
)
from roots_tf.transformer.decoder_block import DecoderBlock
from roots_tf.transformer.layer_norm import layer_norm
from roots_tf.transformer.position_embedding import LearnedPositionEmbedding
from roots_tf.transformer.recomputation import recomputed


@dataclasses.dataclass(frozen=True)
class GptConfig:
    """Sizes of a GPT. The defaults are GPT-2 small's.

    Attributes:
        vocab_size: number of token ids, V.
        max_positions: tokens of the context, the most that a text may have.
        hidden_size: D; the feed-forward network is 4 D wide inside.
        num_layers: blocks.
        num_heads: H, a divisor of D.
        dropout: probability of dropping a feature of the embeddings or of a sublayer's
            output, or an attention weight.

    Raises:
        ValueError: a size is below 1, H does not divide D, or no such dropout.
    """

    vocab_size: int = 50_257
    max_positions: int = 1_024
    hidden_size: int = 768
    num_layers: int = 12
    num_heads: int = 12
    dropout: float = 0.1

    def __post_init__(self):
        for field in dataclasses.fields(self)[:5]:
            if getattr(self, field.name) < 1:
                raise ValueError(
                    f"expected {field.name} of 1 or more, "
                    f"got {getattr(self, field.name)}"
                )
        if self.hidden_size % self.num_heads:
            raise ValueError(
                "expected a hidden_size that is a multiple of num_heads, "
                f"got {self.hidden_size} and {self.num_heads}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected dropout from 0 to below 1, got {self.dropout}")

    @property
    def parameter_count(self) -> int:
        """``V D + P D + L (12 D^2 + 13 D) + 2 D``, with P positions and L layers."""
        d = self.hidden_size
        embeddings = (self.vocab_size + self.max_positions) * d
        return embeddings + self.num_layers * (12 * d * d + 13 * d) + 2 * d

    @classmethod
    def tiny(cls, vocab_size: int, **sizes) -> "GptConfig":
        """Small enough for a laptop: 4 layers, 128 wide, 64 tokens, no dropout."""
        tiny = dict(max_positions=64, hidden_size=128, num_layers=4, num_heads=4)
        return cls(vocab_size, **{**tiny, "dropout": 0.0, **sizes})

    @classmethod
    def small(cls) -> "GptConfig":
        return cls()

    @classmethod
    def medium(cls) -> "GptConfig":
        return cls(hidden_size=1_024, num_layers=24, num_heads=16)

    @classmethod
    def large(cls) -> "GptConfig":
        return cls(hidden_size=1_280, num_layers=36, num_heads=20)

    @classmethod
    def xl(cls) -> "GptConfig":
        return cls(hidden_size=1_600, num_layers=48, num_heads=25)


@keras.saving.register_keras_serializable(package="roots_tf")
class Gpt(keras.Model):
    """Predicts the next token at every position.

    A later token never changes an earlier position's logits. So padding on the right
    needs no mask; ``padding_mask`` is for padding anywhere else.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)
        recompute: whether training computes each block a second time for the gradients,
            instead of keeping what is inside it.

    Raises:
        ValueError: recomputation with dropout, which would drop other features.

    Shape:
        token ids (B, T) int32 -> logits (B, T, V) float32, T up to ``max_positions``;
        those at position t are about token t + 1. Keras' implicit masks are not read.
    """

    def __init__(
        self, config: GptConfig, seed: int = 0, recompute: bool = False, **kwargs
    ):
        super().__init__(**kwargs)
        if recompute and config.dropout:
            raise ValueError(
                f"expected no dropout with recomputation, got {config.dropout}"
            )
        self.config = config
        self.seed = seed
        self.recompute = recompute
        self.supports_masking = False

    def build(self, input_shape=None):
        config, policy = self.config, self.dtype_policy
        normal = keras.initializers.RandomNormal(stddev=0.02)
        # A residual stream of 2 L sums stays of one size if each summand is smaller.
        output = keras.initializers.RandomNormal(
            stddev=0.02 / (2 * config.num_layers) ** 0.5
        )
        self.token_embedding = keras.layers.Embedding(
            config.vocab_size,
            config.hidden_size,
            embeddings_initializer=normal,
            dtype=policy,
            name="token_embedding",
        )
        self.token_embedding.build((None, None))
        self.position_embedding = LearnedPositionEmbedding(
            config.max_positions,
            config.hidden_size,
            initializer=keras.initializers.RandomNormal(stddev=0.01),
            dtype=policy,
            name="position_embedding",
        )
        self.position_embedding.build((None, None))
        self.embedding_dropout = keras.layers.Dropout(
            config.dropout, seed=self.seed, dtype=policy
        )
        self.blocks = [
            DecoderBlock(
                config.hidden_size,
                config.num_heads,
                4 * config.hidden_size,
                activation="gelu_tanh",
                norm_first=True,
                epsilon=1e-5,
                dropout=config.dropout,
                attention_dropout=config.dropout,
                kernel_initializer=normal,
                output_initializer=output,
                cross_attention=False,
                seed=self.seed + 10 * number,
                dtype=policy,
                name=f"block_{number}",
            )
            for number in range(1, config.num_layers + 1)
        ]
        self.final_norm = layer_norm("layer", 1e-5, dtype=policy, name="final_norm")
        for layer in [*self.blocks, self.final_norm]:
            layer.build((None, None, config.hidden_size))
        self.built = True

    def call(self, token_ids, padding_mask=None, training=None):
        """Gives the logits (B, T, V) float32.

        Args:
            token_ids: (B, T) int32.
            padding_mask: (B, T) boolean, True = real token; None if all are, or if the
                padding is on the right.
            training: whether anything is dropped.
        """
        return self.logits(self.features(token_ids, padding_mask, training))

    def features(self, token_ids, padding_mask=None, training=None):
        """Gives what the last block makes of each token, normalised: (B, T, D)."""
        mask = causal_attention_mask(ops.shape(token_ids)[1])  # (1, 1, T, T)
        if padding_mask is not None:
            mask = combine_attention_masks(mask, padding_attention_mask(padding_mask))
        x = self._embed(token_ids, None, training)  # (B, T, D)
        for block in self.blocks:
            if self.recompute and training:
                x = recomputed(block, x, attention_mask=mask, training=True)
            else:
                x = block(x, attention_mask=mask, training=training)
        return self.final_norm(x)

    def attention_weights(self, token_ids) -> list:
        """Gives the attention weights (B, H, T, T) of each block, for pictures."""
        mask = causal_attention_mask(ops.shape(token_ids)[1])
        x, weights = self._embed(token_ids), []
        for block in self.blocks:
            x, of_block = block(x, attention_mask=mask, return_weights=True)
            weights.append(of_block)
        return weights

    def logits(self, features):
        """Compares features (..., D) with every token's embedding: (..., V) float32."""
        table = ops.cast(self.token_embedding.embeddings, features.dtype)
        logits = ops.matmul(features, ops.transpose(table))  # (..., D) -> (..., V)
        return ops.cast(logits, "float32")

    def empty_cache(self, batch_size, max_length: int) -> tuple:
        """Makes the state of ``next_logits`` before the first token.

        Args:
            batch_size: B, a number or an integer scalar.
            max_length: most tokens that will be read, the prompt included.

        Raises:
            ValueError: that is more than the context has.
        """
        config = self.config
        if not 1 <= max_length <= config.max_positions:
            raise ValueError(
                f"expected 1 to {config.max_positions} tokens (the model's context), "
                f"got {max_length}"
            )
        width = config.hidden_size // config.num_heads
        return tuple(
            key_value_cache.empty_cache(
                batch_size, config.num_heads, max_length, width, self.compute_dtype
            )
            for _ in self.blocks
        )

    def next_logits(self, token_ids, cache: tuple) -> tuple:
        """Reads the next tokens of each text; computes nothing twice.

        Args:
            token_ids: (B, n) int32, the tokens after those in the cache.
            cache: from ``empty_cache``, or as returned for the tokens before.

        Returns:
            The logits (B, V) float32 of the token after them, and the new cache.
        """
        count, done = ops.shape(token_ids)[1], cache[0].length
        mask = causal_attention_mask(count, cache[0].keys.shape[2], offset=done)
        x = self._embed(token_ids, done + ops.arange(count, dtype="int32"))  # (B, n, D)
        caches = []
        for block, of_block in zip(self.blocks, cache, strict=True):
            x, new = block(x, attention_mask=mask, cache=of_block)
            caches.append(new)
        last = self.final_norm(x[:, -1])  # (B, n, D) -> (B, D)
        return self.logits(last), tuple(caches)

    def _embed(self, token_ids, positions=None, training=None):
        x = self.token_embedding(token_ids)  # (B, T) -> (B, T, D)
        x = x + self.position_embedding(token_ids, positions)
        return self.embedding_dropout(x, training=training)

    def get_config(self):
        return {
            **super().get_config(),
            "config": dataclasses.asdict(self.config),
            "seed": self.seed,
            "recompute": self.recompute,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": GptConfig(**config["config"])})
