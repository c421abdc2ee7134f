"""The Transformer of 2017: an encoder reads one text, a decoder writes another.

    x_0 = sqrt(D) E[source] + PE(position)    x_l = EncoderBlock_l(x_(l-1))
    y_0 = sqrt(D) E[target] + PE(position)    y_l = DecoderBlock_l(y_(l-1), x_n)
    logits = y_n E^T

Post-norm, ReLU, sines and cosines for the positions, and one matrix E for source,
target and output. The encoder gives one vector for each token of the source, not one of
fixed length for the whole.

Article: §2.5, §6 (2. 机器翻译). Erratum: E14.
Source: Vaswani et al. 2017 (1706.03762), §3, figure 1, table 3; initial weights: the
    authors' code (tensor2tensor). The smoothing of the labels (§5.4) is the loss's.
"""

import dataclasses

import keras
from keras import ops

from roots_tf.models.sizes import check_sizes
from roots_tf.transformer import key_value_cache
from roots_tf.transformer.attention_masks import (
    causal_attention_mask,
    padding_attention_mask,
)
from roots_tf.transformer.decoder_block import DecoderBlock
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.position_embedding import SinusoidalPositionEmbedding


@dataclasses.dataclass(frozen=True)
class EncoderDecoderConfig:
    """Sizes of a Transformer. The defaults are the paper's base model.

    Attributes:
        vocab_size: number of token ids that source and target share, V.
        hidden_size: D, even.
        num_layers: blocks of the encoder, and as many of the decoder.
        num_heads: H, a divisor of D.
        intermediate_size: F, inner width of the feed-forward networks.
        max_positions: most tokens of a source or a target.
        dropout: probability of dropping a feature of the embeddings or of a sublayer's
            output.
        attention_dropout: probability of dropping an attention weight; the paper names
            none.
        epsilon: of the norms.
        padding_id: token id of the padding of a source.

    Raises:
        ValueError: a size is below 1, H does not divide D, or a value is out of range.
    """

    vocab_size: int = 37_000
    hidden_size: int = 512
    num_layers: int = 6
    num_heads: int = 8
    intermediate_size: int = 2_048
    max_positions: int = 512
    dropout: float = 0.1
    attention_dropout: float = 0.0
    epsilon: float = 1e-6
    padding_id: int = 0

    def __post_init__(self):
        check_sizes(self)
        if self.hidden_size % 2:
            raise ValueError(f"expected an even hidden_size, got {self.hidden_size}")

    @property
    def parameter_count(self) -> int:
        """``V D + L (12 D^2 + 4 D F + 24 D + 2 F)``: a block of the encoder has one
        attention and two norms, one of the decoder two and three.
        """
        d, f = self.hidden_size, self.intermediate_size
        attention, feed_forward, norm = 4 * (d * d + d), 2 * d * f + f + d, 2 * d
        layer = 3 * attention + 2 * feed_forward + 5 * norm
        return self.vocab_size * d + self.num_layers * layer

    @classmethod
    def tiny(cls, vocab_size: int, **sizes) -> "EncoderDecoderConfig":
        """Small enough for a laptop: 2 + 2 layers, 128 wide."""
        tiny = dict(hidden_size=128, num_layers=2, num_heads=4, intermediate_size=512)
        return cls(vocab_size, **{**tiny, **sizes})

    @classmethod
    def base(cls) -> "EncoderDecoderConfig":
        return cls()

    @classmethod
    def big(cls) -> "EncoderDecoderConfig":
        sizes = dict(hidden_size=1_024, num_heads=16, intermediate_size=4_096)
        return cls(dropout=0.3, **sizes)


@keras.saving.register_keras_serializable(package="roots_tf")
class EncoderDecoder(keras.Model):
    """Predicts the next token of the target text from the source text.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)

    Shape:
        A dictionary of ``source_ids`` (B, S) int32, ``target_ids`` (B, T) int32, which
        begin with a start token, and, if wanted, ``source_padding_mask`` (B, S)
        boolean, True = real token, which if missing is True where the id is not
        ``config.padding_id`` -> logits (B, T, V) float32; those at position t are about
        token t + 1 of the target. Padding of the target on the right needs no mask.
        Keras' implicit masks are not read.
    """

    def __init__(self, config: EncoderDecoderConfig, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        config, policy = self.config, self.dtype_policy
        self.token_embedding = keras.layers.Embedding(
            config.vocab_size,
            config.hidden_size,
            embeddings_initializer=keras.initializers.RandomNormal(
                stddev=config.hidden_size**-0.5
            ),
            dtype=policy,
            name="token_embedding",
        )
        self.token_embedding.build((None, None))
        self.positions = SinusoidalPositionEmbedding(
            config.max_positions, config.hidden_size, dtype=policy, name="positions"
        )
        self.positions.build((None, None))
        self.source_dropout, self.target_dropout = (
            keras.layers.Dropout(config.dropout, seed=self.seed + i, dtype=policy)
            for i in range(2)
        )
        decoder = 10 * config.num_layers
        self.encoder_blocks = self._blocks(EncoderBlock, "encoder_block", 0)
        self.decoder_blocks = self._blocks(DecoderBlock, "decoder_block", decoder)

    def call(self, inputs, training=None):
        return self.logits(self.features(inputs, training=training)[0])

    def features(self, inputs, return_weights: bool = False, training=None):
        """Gives what the last block of the decoder makes of each target token.

        Args:
            inputs: as for the model itself.
            return_weights: whether to return the attention weights as well.
            training: whether anything is dropped.

        Returns:
            (B, T, D), and the attention weights by name, for each block: ``encoder``
            (B, H, S, S), ``decoder`` (B, H, T, T) and ``cross`` (B, H, T, S); no blocks
            if not asked for.
        """
        source_ids, target_ids = inputs["source_ids"], inputs["target_ids"]
        source_mask = self._source_mask(source_ids, inputs.get("source_padding_mask"))
        asked = {"return_weights": return_weights, "training": training}
        x = self.source_dropout(self._embed(source_ids), training=training)
        x, encoder = _through(
            self.encoder_blocks, x, attention_mask=source_mask, **asked
        )  # (B, S, D)
        y = self.target_dropout(self._embed(target_ids), training=training)
        y, decoder = _through(
            self.decoder_blocks,
            y,
            attention_mask=causal_attention_mask(ops.shape(target_ids)[1]),
            memory=x,
            memory_attention_mask=source_mask,
            **asked,
        )  # (B, T, D)
        return y, {
            "encoder": [weights for (weights,) in encoder],
            "decoder": [weights for weights, _ in decoder],
            "cross": [weights for _, weights in decoder],
        }

    def attention_weights(self, inputs) -> dict[str, list]:
        """Gives the attention weights of each block, for pictures; see ``features``."""
        return self.features(inputs, return_weights=True)[1]

    def logits(self, features):
        """Compares features (..., D) with every token's embedding: (..., V) float32."""
        table = ops.cast(self.token_embedding.embeddings, features.dtype)
        logits = ops.matmul(features, ops.transpose(table))  # (..., D) -> (..., V)
        return ops.cast(logits, "float32")

    def start(self, source_ids, max_length: int, source_padding_mask=None) -> dict:
        """Reads the source, and makes the state of ``next_logits``.

        Args:
            source_ids: (B, S) int32.
            max_length: most target tokens that will be read, the start included.
            source_padding_mask: (B, S) boolean, as for the model itself.

        Returns:
            Tensors with B rows first, and scalars.

        Raises:
            ValueError: ``max_length`` is more than ``max_positions``.
        """
        config = self.config
        if not 1 <= max_length <= config.max_positions:
            raise ValueError(
                f"expected 1 to {config.max_positions} tokens, got {max_length}"
            )
        mask = self._source_mask(source_ids, source_padding_mask)
        x = self._embed(source_ids)
        memory, _ = _through(self.encoder_blocks, x, attention_mask=mask)  # (B, S, D)
        width = config.hidden_size // config.num_heads
        sizes = (config.num_heads, max_length, width, self.compute_dtype)
        empty = key_value_cache.empty_cache(ops.shape(source_ids)[0], *sizes)
        return {
            "memory_mask": mask,
            "memory": [block.project_memory(memory) for block in self.decoder_blocks],
            "caches": [empty for _ in self.decoder_blocks],
        }

    def next_logits(self, token_ids, state: dict) -> tuple:
        """Reads the next target tokens of each row; computes nothing twice.

        Args:
            token_ids: (B, n) int32, the first of all being the start token.
            state: from ``start``, or as returned for the tokens before.

        Returns:
            The logits (B, V) float32 of the token after them, and the new state.
        """
        first = state["caches"][0]
        count, done, room = ops.shape(token_ids)[1], first.length, first.keys.shape[2]
        y = self._embed(token_ids, done + ops.arange(count, dtype="int32"))  # (B, n, D)
        caches = []
        for block, memory, cache in zip(
            self.decoder_blocks, state["memory"], state["caches"], strict=True
        ):
            y, cache = block(
                y,
                attention_mask=causal_attention_mask(count, room, offset=done),
                memory=memory,
                memory_attention_mask=state["memory_mask"],
                cache=cache,
            )
            caches.append(cache)
        return self.logits(y[:, -1]), {**state, "caches": caches}

    def _embed(self, token_ids, positions=None):
        x = self.token_embedding(token_ids) * self.config.hidden_size**0.5  # (B, T, D)
        return x + self.positions(token_ids, positions)

    def _source_mask(self, source_ids, source_padding_mask):
        if source_padding_mask is None:
            source_padding_mask = ops.not_equal(source_ids, self.config.padding_id)
        return padding_attention_mask(source_padding_mask)  # (B, 1, 1, S)

    def _blocks(self, kind, name: str, seed: int) -> list:
        config = self.config
        blocks = [
            kind(
                config.hidden_size,
                config.num_heads,
                config.intermediate_size,
                epsilon=config.epsilon,
                dropout=config.dropout,
                attention_dropout=config.attention_dropout,
                seed=self.seed + seed + 10 * number,
                dtype=self.dtype_policy,
                name=f"{name}_{number}",
            )
            for number in range(1, config.num_layers + 1)
        ]
        for block in blocks:
            block.build((None, None, config.hidden_size))
        return blocks

    def get_config(self):
        return {
            **super().get_config(),
            "config": dataclasses.asdict(self.config),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": EncoderDecoderConfig(**config["config"])})


def _through(blocks, x, **arguments) -> tuple:
    """Passes x through the blocks; gives what comes out, and each one's weights."""
    extras = []
    for block in blocks:
        x = block(x, **arguments)
        if arguments.get("return_weights"):
            x, *of_block = x
            extras.append(of_block)
    return x, extras
