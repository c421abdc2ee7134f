"""T5: an encoder-decoder that reads every task as text and answers in text.

Pre-norm blocks without biases; RMS norm; no vectors for positions but a bias on the
attention scores for each distance, one table for all blocks of the encoder and one for
all of the decoder; scores without the factor 1 / sqrt(K). The two published versions:

    1.0    ReLU; logits = x D^(-1/2) W_e^T, with the token embeddings W_e
    1.1    gated GELU (tanh form); logits = x W_o, with a matrix of its own

Article: §2.5, §7.3.2. Errata: E14, E20 (the article gives T5 another paper's number).
Source: Raffel et al. 2020 (1910.10683), §2.1; v1.1: its gate is eq. 6 of Shazeer 2020
    (2002.05202), the rest stands in the authors' repository (google-research/
    text-to-text-transfer-transformer, ``released_checkpoints.md``), as do, in
    mesh_tensorflow, the factor of the tied head and the initial weights.
"""

import dataclasses

import keras
from keras import ops

from roots_tf.models.t5_config import PADDING_ID, START_ID, T5Config
from roots_tf.transformer import key_value_cache
from roots_tf.transformer.attention_masks import (
    causal_attention_mask,
    padding_attention_mask,
)
from roots_tf.transformer.decoder_block import DecoderBlock
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.layer_norm import layer_norm
from roots_tf.transformer.relative_position_bias import RelativePositionBias


@keras.saving.register_keras_serializable(package="roots_tf")
class T5(keras.Model):
    """Predicts the next token of the target text from the source text.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)

    Shape:
        A dictionary of ``source_ids`` (B, S) int32, ``target_ids`` (B, T) int32, which
        begin with ``START_ID`` (see ``shift_right``), and, if wanted,
        ``source_padding_mask`` (B, S) boolean, True = real token, which if missing is
        True where the id is not ``PADDING_ID`` -> logits (B, T, V) float32; those at
        position t are about token t + 1 of the target. Padding of the target on the
        right needs no mask. Keras' implicit masks are not read.
    """

    def __init__(self, config: T5Config, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        config, policy = self.config, self.dtype_policy
        self.token_embedding = keras.layers.Embedding(
            config.vocab_size,
            config.hidden_size,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
            dtype=policy,
            name="token_embedding",
        )
        self.token_embedding.build((None, None))
        self.encoder_bias = self._position_bias("encoder_bias", bidirectional=True)
        self.decoder_bias = self._position_bias("decoder_bias", bidirectional=False)
        self.encoder_blocks = self._blocks(EncoderBlock, "encoder_block", 10)
        decoder = 10 * (config.num_layers + 1)
        self.decoder_blocks = self._blocks(DecoderBlock, "decoder_block", decoder)
        self.encoder_norm, self.decoder_norm = (
            layer_norm("rms", 1e-6, dtype=policy, name=name)
            for name in ("encoder_norm", "decoder_norm")
        )
        for norm in (self.encoder_norm, self.decoder_norm):
            norm.build((None, None, config.hidden_size))
        self.dropouts = [
            keras.layers.Dropout(config.dropout, seed=self.seed + i, dtype=policy)
            for i in range(4)
        ]
        if config.version == "1.1":
            self.head = keras.layers.Dense(
                config.vocab_size,
                use_bias=False,
                # So that the logits start out as those of the tied head do.
                kernel_initializer=keras.initializers.RandomNormal(
                    stddev=config.hidden_size**-0.5
                ),
                dtype=policy,
                name="head",
            )
            self.head.build((None, None, config.hidden_size))
        self.built = True

    def call(self, inputs, training=None):
        return self.logits(self._read(inputs, training)[0])  # (B, T, D) -> (B, T, V)

    def attention_weights(self, inputs) -> dict[str, list]:
        """Gives the attention weights of each block, for pictures.

        Returns:
            By name, of each block: ``encoder`` (B, H, S, S), ``decoder`` (B, H, T, T)
            and ``cross`` (B, H, T, S).
        """
        return self._read(inputs)[1]

    def encode(self, source_ids, attention_mask, training=None):
        """Gives the encoder's output (B, S, D).

        Args:
            source_ids: (B, S) int32.
            attention_mask: boolean, broadcasts to (B, H, S, S).
            training: whether anything is dropped.
        """
        return self._encode(source_ids, attention_mask, training)[0]

    def logits(self, features):
        """Gives the logits (..., V) float32 of the decoder's output (..., D)."""
        if self.config.version == "1.1":
            return ops.cast(self.head(features), "float32")
        features = features * self.config.hidden_size**-0.5
        table = ops.cast(self.token_embedding.embeddings, features.dtype)
        return ops.cast(ops.matmul(features, ops.transpose(table)), "float32")

    def start(self, source_ids, max_length: int, source_padding_mask=None) -> dict:
        """Reads the source, and makes the state of ``next_logits``.

        Args:
            source_ids: (B, S) int32.
            max_length: most target tokens that will be read, ``START_ID`` included.
            source_padding_mask: (B, S) boolean, as for the model itself.

        Returns:
            Tensors with B rows first, and scalars.
        """
        config = self.config
        mask = self._memory_mask(source_ids, source_padding_mask)
        memory = self.encode(source_ids, mask)
        sizes = (config.num_heads, max_length, config.head_width, self.compute_dtype)
        empty = key_value_cache.empty_cache(ops.shape(source_ids)[0], *sizes)
        return {
            "memory_mask": mask,
            "memory": [block.project_memory(memory) for block in self.decoder_blocks],
            "caches": [empty for _ in self.decoder_blocks],
        }

    def next_logits(self, token_ids, state: dict) -> tuple:
        """Reads the next target tokens of each row; computes nothing twice.

        Args:
            token_ids: (B, n) int32, the first of all being ``START_ID``.
            state: from ``start``, or as returned for the tokens before.

        Returns:
            The logits (B, V) float32 of the token after them, and the new state.
        """
        first = state["caches"][0]
        count, done, room = ops.shape(token_ids)[1], first.length, first.keys.shape[2]
        positions = done + ops.arange(count, dtype="int32")
        bias = self.decoder_bias(positions, ops.arange(room, dtype="int32"))
        x, caches = self.token_embedding(token_ids), []  # (B, n, D)
        for block, memory, cache in zip(
            self.decoder_blocks, state["memory"], state["caches"], strict=True
        ):
            x, cache = block(
                x,
                attention_mask=causal_attention_mask(count, room, offset=done),
                memory=memory,
                memory_attention_mask=state["memory_mask"],
                position_bias=bias,  # (1, H, n, T_max)
                cache=cache,
            )
            caches.append(cache)
        last = self.decoder_norm(x[:, -1])  # (B, n, D) -> (B, D)
        return self.logits(last), {**state, "caches": caches}

    def _read(self, inputs, training=None) -> tuple:
        """Gives the decoder's output (B, T, D), and all attention weights by name."""
        source_ids, target_ids = inputs["source_ids"], inputs["target_ids"]
        mask = self._memory_mask(source_ids, inputs.get("source_padding_mask"))
        memory, encoder = self._encode(source_ids, mask, training)  # (B, S, D)
        length = ops.shape(target_ids)[1]
        positions = ops.arange(length, dtype="int32")
        x = self.dropouts[2](self.token_embedding(target_ids), training=training)
        weights = {"encoder": encoder, "decoder": [], "cross": []}
        for block in self.decoder_blocks:
            x, of_self, of_memory = block(
                x,
                attention_mask=causal_attention_mask(length),
                memory=memory,
                memory_attention_mask=mask,
                position_bias=self.decoder_bias(positions, positions),
                return_weights=True,
                training=training,
            )
            weights["decoder"].append(of_self)
            weights["cross"].append(of_memory)
        return self.dropouts[3](self.decoder_norm(x), training=training), weights

    def _encode(self, source_ids, attention_mask, training=None) -> tuple:
        positions = ops.arange(ops.shape(source_ids)[1], dtype="int32")
        bias, weights = self.encoder_bias(positions, positions), []  # (1, H, S, S)
        x = self.dropouts[0](self.token_embedding(source_ids), training=training)
        for block in self.encoder_blocks:
            x, of_block = block(
                x,
                attention_mask=attention_mask,
                position_bias=bias,
                return_weights=True,
                training=training,
            )
            weights.append(of_block)
        return self.dropouts[1](self.encoder_norm(x), training=training), weights

    def _memory_mask(self, source_ids, source_padding_mask):
        if source_padding_mask is None:
            source_padding_mask = ops.not_equal(source_ids, PADDING_ID)
        return padding_attention_mask(source_padding_mask)  # (B, 1, 1, S)

    def _position_bias(self, name: str, bidirectional: bool) -> RelativePositionBias:
        config = self.config
        bias = RelativePositionBias(
            config.num_heads,
            bidirectional,
            config.num_buckets,
            config.max_distance,
            keras.initializers.RandomNormal(stddev=config.hidden_size**-0.5),
            dtype=self.dtype_policy,
            name=name,
        )
        bias.build(None)
        return bias

    def _blocks(self, kind, name: str, seed: int) -> list:
        config = self.config
        blocks = [
            kind(
                config.hidden_size,
                config.num_heads,
                config.intermediate_size,
                config.head_width,
                activation="relu" if config.version == "1.0" else "gelu_tanh",
                gated=config.version == "1.1",
                norm_first=True,
                norm="rms",
                use_bias=False,
                scale=1.0,
                dropout=config.dropout,
                attention_dropout=config.dropout,
                inner_dropout=config.dropout,
                # Standard deviation 1 / sqrt(width of the input), so that the scores,
                # which are not divided by sqrt(K), start at one size: queries are it.
                kernel_initializer=keras.initializers.VarianceScaling(
                    1.0, "fan_in", "untruncated_normal"
                ),
                query_initializer=keras.initializers.RandomNormal(
                    stddev=(config.hidden_size * config.head_width) ** -0.5
                ),
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
        return cls(**{**config, "config": T5Config(**config["config"])})


def shift_right(target_ids):
    """Gives what the decoder reads for what it has to write.

    Args:
        target_ids: (B, T) int32, texts that end with ``END_ID``, then padding.

    Returns:
        (B, T) int32: ``START_ID``, then all tokens but the last.
    """
    return ops.pad(target_ids[:, :-1], [[0, 0], [1, 0]], constant_values=START_ID)
