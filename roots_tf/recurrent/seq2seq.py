"""The LSTM encoder-decoder: by one vector of fixed length, or with attention.

    x_s, y_t = sqrt(width) E[...]            a vector for each token
    h_s = BiLSTM(x)_s                        the source's tokens, read from both ends
    c = tanh(V [h_last forwards; h_first backwards] + b)      its fixed-length vector
    d_t = LSTM([y_t; c], d_(t-1))            the target's tokens so far
    a_t(s) = softmax_s(d_t^T W_a h_s / sqrt(D))     attention: over the real tokens
    context_t = sum_s a_t(s) h_s
    f_t = tanh(W_c [context_t; d_t] + b)     W_c d_t where there is no attention
    logits_t = E f_t                         about token t + 1 of the target

Without attention all that the decoder knows of the source is c, however long that is:
the "fixed-length vector" of the article, which describes this model and no Transformer.
With it, it also looks at each token anew at every step, and the weights a_t can be
drawn. Nothing else differs, so that comparing the two measures attention.

The decoder begins at zeros, since it reads c at its first step as at any other.

Article: §2.5 (固定长度的向量), §6 (2. 机器翻译). Erratum: E14.
Source: Cho et al. 2014 (1406.1078), §2.2: c is read at every step; with the LSTM of
    Sutskever et al. 2014 (1409.3215) in place of the GRU. Attention: Luong et al. 2015
    (1508.04025), §3.1, eq. (5), (7), (8), "general", without the input feeding of §3.3,
    so that all steps of a target in training are one matrix product; divided by sqrt(D)
    as in Vaswani et al. 2017, eq. (1): else a weight soon is 1, its gradient 0, and the
    decoder looks at one token, the full stop say, whatever it writes. One table E for
    source, target and output: Press & Wolf 2017 (1608.05859), scaled as in Vaswani et
    al. (1706.03762), §3.4: of the size that the output needs, inputs learn slowly.
"""

import dataclasses

import keras
from keras import ops

from roots_tf.recurrent.bidirectional_lstm import (
    BidirectionalLstm,
    reading_order,
    run_lstm,
)
from roots_tf.recurrent.sequence_pooling import SequencePooling
from roots_tf.transformer.attention import attention_weights


@dataclasses.dataclass(frozen=True)
class Seq2SeqConfig:
    """Sizes of an LSTM encoder-decoder.

    Attributes:
        vocab_size: number of token ids that source and target share, V.
        embedding_dim: width of the token vectors, E.
        hidden_size: width of the decoder, D, and of each direction of the encoder.
        attention: whether the decoder looks at the source's tokens.
        dropout: probability of dropping a feature of the token vectors and of f_t.
        padding_id: token id of the padding of a source.

    Raises:
        ValueError: a size is below 1, or the dropout is out of range.
    """

    vocab_size: int = 8_000
    embedding_dim: int = 256
    hidden_size: int = 256
    attention: bool = True
    dropout: float = 0.2
    padding_id: int = 0

    def __post_init__(self):
        for name in ("vocab_size", "embedding_dim", "hidden_size"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"expected {name} of 1 or more, got {getattr(self, name)}"
                )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected dropout from 0 to below 1, got {self.dropout}")

    @property
    def parameter_count(self) -> int:
        """``V E``, three LSTMs, c, and ``W_a`` and ``W_c``."""
        e, d = self.embedding_dim, self.hidden_size
        encoder = 2 * 4 * d * (e + d + 1)
        decoder = 4 * d * ((e + d) + d + 1)
        seen = 3 * d if self.attention else d
        attention = 2 * d * d if self.attention else 0
        fixed, output = (2 * d + 1) * d, (seen + 1) * e
        return self.vocab_size * e + encoder + fixed + decoder + attention + output


@keras.saving.register_keras_serializable(package="roots_tf")
class Seq2Seq(keras.Model):
    """Predicts the next token of the target text from the source text.

    It is called, started and stepped as ``models.encoder_decoder.EncoderDecoder`` is.

    Args:
        config: its sizes.
        seed: of the dropout. (Initial weights: ``keras.utils.set_random_seed``.)

    Shape:
        A dictionary of ``source_ids`` (B, S) int32, padding on the right,
        ``target_ids`` (B, T) int32, which begin with a start token, and, if wanted,
        ``source_padding_mask`` (B, S) boolean, True = real token, which if missing is
        True where the id is not ``config.padding_id`` -> logits (B, T, V) float32;
        those at position t are about token t + 1 of the target. Padding of the target
        on the right needs no mask. Keras' implicit masks are not read.
    """

    def __init__(self, config: Seq2SeqConfig, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.config = config
        self.seed = seed
        self.supports_masking = False

    def build(self, input_shape=None):
        config, policy = self.config, self.dtype_policy
        e, d = config.embedding_dim, config.hidden_size
        self.token_embedding = keras.layers.Embedding(
            config.vocab_size,
            e,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=e**-0.5),
            dtype=policy,
            name="token_embedding",
        )
        self.token_embedding.build((None, None))
        self.source_dropout, self.target_dropout, self.output_dropout = (
            keras.layers.Dropout(config.dropout, seed=self.seed + i, dtype=policy)
            for i in range(3)
        )
        self.encoder = BidirectionalLstm(d, dtype=policy, name="encoder")
        self.encoder.build((None, None, e))
        self.last_states = SequencePooling("last", dtype=policy, name="last_states")
        self.last_states.build((None, None, 2 * d))
        self.fixed_vector = self._dense(2 * d, d, "fixed_vector", activation="tanh")
        self.decoder = keras.layers.LSTM(
            d, return_sequences=True, dtype=policy, name="decoder"
        )
        self.decoder.build((None, None, e + d))
        seen = d
        if config.attention:
            self.keys = self._dense(2 * d, d, "attention_keys", use_bias=False)
            seen += 2 * d
        self.output_layer = self._dense(seen, e, "output", activation="tanh")

    def call(self, inputs, training=None):
        return self.features(inputs, training=training)[0]

    def features(self, inputs, training=None) -> tuple:
        """Gives the logits (B, T, V), and the attention weights (B, T, S) or None."""
        memory = self._encode(
            inputs["source_ids"], inputs.get("source_padding_mask"), training
        )
        y = self._decoder_input(inputs["target_ids"], memory["fixed"], training)
        states = run_lstm(self.decoder, y, reading_order(y))  # (B, T, D)
        return self._output(states, memory, training)

    def attention_weights(self, inputs) -> dict[str, list]:
        """Gives ``{"cross": [(B, 1, T, S)]}``, for pictures.

        Raises:
            ValueError: it has no attention.
        """
        if not self.config.attention:
            raise ValueError("expected a model with attention, got one without")
        return {"cross": [self.features(inputs)[1][:, None]]}

    def start(self, source_ids, max_length: int, source_padding_mask=None) -> dict:
        """Reads the source, and makes the state of ``next_logits``.

        Args:
            source_ids: (B, S) int32.
            max_length: not needed: the state is of one size however long the target is.
            source_padding_mask: (B, S) boolean, as for the model itself.

        Returns:
            Tensors with B rows first.
        """
        memory = self._encode(source_ids, source_padding_mask)
        zeros = ops.zeros_like(memory["fixed"])  # (B, D)
        return {"memory": memory, "hidden": zeros, "cell": zeros}

    def next_logits(self, token_ids, state: dict) -> tuple:
        """Reads the next target tokens of each row.

        Args:
            token_ids: (B, n) int32, the first of all being the start token; n is known
                when the function is traced.
            state: from ``start``, or as returned for the tokens before.

        Returns:
            The logits (B, V) float32 of the token after them, and the new state.
        """
        memory, hidden, cell = state["memory"], state["hidden"], state["cell"]
        y = self._decoder_input(token_ids, memory["fixed"])  # (B, n, E + D)
        for place in range(token_ids.shape[1]):
            hidden, (_, cell) = self.decoder.cell(y[:, place], [hidden, cell])
        logits, _ = self._output(hidden[:, None], memory)  # (B, 1, V)
        return logits[:, 0], {"memory": memory, "hidden": hidden, "cell": cell}

    def _encode(self, source_ids, mask, training=None) -> dict:
        if mask is None:
            mask = ops.not_equal(source_ids, self.config.padding_id)
        x = self.source_dropout(self._embed(source_ids), training=training)
        states = self.encoder(x, mask=mask)  # (B, S, 2 D)
        fixed = self.fixed_vector(self.last_states(states, mask=mask))  # (B, D)
        memory = {"fixed": fixed}
        if self.config.attention:
            memory |= {"states": states, "keys": self.keys(states), "mask": mask}
        return memory

    def _embed(self, token_ids):
        return self.token_embedding(token_ids) * self.config.embedding_dim**0.5

    def _decoder_input(self, target_ids, fixed, training=None):
        y = self.target_dropout(self._embed(target_ids), training=training)
        shape = (*ops.shape(target_ids), self.config.hidden_size)
        fixed = ops.broadcast_to(fixed[:, None], shape)  # (B, T, D)
        return ops.concatenate([y, fixed], axis=-1)  # (B, T, E + D)

    def _output(self, states, memory, training=None) -> tuple:
        weights = None
        if self.config.attention:
            weights = attention_weights(
                states[:, None],  # (B, 1, T, D)
                memory["keys"][:, None],  # (B, 1, S, D)
                memory["mask"][:, None, None],  # (B, 1, 1, S)
            )[:, 0]  # (B, T, S)
            context = ops.matmul(weights, memory["states"])  # (B, T, 2 D)
            states = ops.concatenate([context, states], axis=-1)  # (B, T, 3 D)
        features = self.output_dropout(self.output_layer(states), training=training)
        table = ops.cast(self.token_embedding.embeddings, features.dtype)
        logits = ops.matmul(features, ops.transpose(table))  # (B, T, E) -> (B, T, V)
        return ops.cast(logits, "float32"), weights

    def _dense(self, width: int, units: int, name: str, **arguments):
        layer = keras.layers.Dense(
            units, dtype=self.dtype_policy, name=name, **arguments
        )
        layer.build((None, width))
        return layer

    def get_config(self):
        return {
            **super().get_config(),
            "config": dataclasses.asdict(self.config),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "config": Seq2SeqConfig(**config["config"])})
