"""The article's section-5 model: as printed, and as it has to be to classify texts.

Article: §5.2, §5.3, §6.1. Errata: E11 (it is no BERT), E12 (it cannot train as a
classifier), E13 (it reads padding as words).
"""

from dataclasses import dataclass

import keras
import numpy as np

from roots_tf.recurrent.bidirectional_lstm import BidirectionalLstm
from roots_tf.recurrent.sequence_pooling import POOLINGS, SequencePooling


def build_bert_model(vocab_size, embedding_dim, hidden_size, output_size):
    """Builds the model exactly as §5.2 prints it, under the name that it has there.

    Embedding, bidirectional LSTM, and a softmax *at every token*. With V, E, H and O
    for the four arguments it has ``V E + 2 (4 H (E + H + 1)) + (2 H + 1) O``
    parameters: 1,543,682 for the article's 10000, 128, 128, 2.

    Args:
        vocab_size: number of token ids, V.
        embedding_dim: width of the word vectors, E.
        hidden_size: width of one LSTM direction, H; the two together are 2 H wide.
        output_size: number of classes, O.

    Shape:
        token ids ``(B, T)`` int32 -> probabilities ``(B, T, O)`` float32.
    """
    inputs = keras.layers.Input(shape=(None,), dtype="int32")
    embeddings = keras.layers.Embedding(vocab_size, embedding_dim)(inputs)
    lstm = keras.layers.Bidirectional(
        keras.layers.LSTM(hidden_size, return_sequences=True)
    )(embeddings)
    outputs = keras.layers.Dense(output_size, activation="softmax")(lstm)
    model = keras.Model(inputs=inputs, outputs=outputs)
    return model


@dataclass(frozen=True)
class BiLstmConfig:
    """Sizes of a bidirectional LSTM over word vectors.

    Attributes:
        vocab_size: number of token ids, V; id 0 is padding.
        num_classes: number of classes, C.
        embedding_dim: width of the word vectors, E.
        hidden_size: width of one LSTM direction, H.
        pooling: from tokens to text, one of ``POOLINGS`` (the tagger has none).
        dropout: probability of dropping a feature of the word vectors and of the
            pooled text.
        mask_padding: False reads padding as a word, as the article's code does (E13).
        train_embeddings: False keeps pretrained word vectors as they are.
    """

    vocab_size: int = 10_000
    num_classes: int = 2
    embedding_dim: int = 128
    hidden_size: int = 128
    pooling: str = "mean+max"
    dropout: float = 0.3
    mask_padding: bool = True
    train_embeddings: bool = True

    def __post_init__(self):
        sizes = {
            "vocab_size": self.vocab_size,
            "num_classes": self.num_classes,
            "embedding_dim": self.embedding_dim,
            "hidden_size": self.hidden_size,
        }
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"expected {name} of 1 or more, got {size}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"expected dropout from 0 to below 1, got {self.dropout}")
        if self.pooling not in POOLINGS:
            raise ValueError(
                f"expected a pooling of {', '.join(POOLINGS)}, got {self.pooling!r}"
            )


def build_bilstm_classifier(
    config: BiLstmConfig, embeddings: np.ndarray | None = None, seed: int = 0
) -> keras.Model:
    """Builds the section-5 model made right: mask, pooling, dropout, logits.

    Args:
        config: its sizes.
        embeddings: pretrained word vectors (V, E), or None to start at random.
        seed: of the dropout masks.

    Shape:
        token ids ``(B, T)`` int32, 0 for padding on the right -> logits ``(B, C)``
        float32. More padding on the right leaves the logits as they are.

    Raises:
        ValueError: the embeddings are not (V, E).
    """
    inputs, features = token_features(config, embeddings, seed)
    pooled = SequencePooling(config.pooling, name="pooling")(features)
    pooled = keras.layers.Dropout(config.dropout, seed=seed + 1)(pooled)
    logits = keras.layers.Dense(config.num_classes, dtype="float32", name="logits")(
        pooled
    )
    return keras.Model(inputs, logits, name="bilstm_classifier")


def token_features(
    config: BiLstmConfig, embeddings: np.ndarray | None, seed: int
) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Builds the part that classifier and tagger share.

    Returns:
        The symbolic input ``(B, T)`` int32 and the features ``(B, T, 2 H)``, which
        carry the mask of the real tokens.

    Raises:
        ValueError: the embeddings are not (V, E).
    """
    shape = (config.vocab_size, config.embedding_dim)
    if embeddings is not None and embeddings.shape != shape:
        raise ValueError(
            f"expected word vectors of shape {shape} (vocabulary, embedding_dim), "
            f"got {embeddings.shape}"
        )
    inputs = keras.Input(shape=(None,), dtype="int32", name="token_ids")
    embedding = keras.layers.Embedding(
        *shape,
        mask_zero=config.mask_padding,
        trainable=config.train_embeddings,
        name="embedding",
    )
    x = embedding(inputs)  # (B, T) -> (B, T, E)
    if embeddings is not None:
        embedding.set_weights([embeddings])
    # One mask for all time steps: a dropped feature is dropped for the whole text.
    x = keras.layers.SpatialDropout1D(config.dropout, seed=seed)(x)
    x = BidirectionalLstm(config.hidden_size, name="bilstm")(x)  # -> (B, T, 2 H)
    return inputs, x
