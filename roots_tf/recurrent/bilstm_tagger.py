"""The section-5 model used for what it is: a label for every token.

Article: §5.2. Errata: E11, E12: one softmax a token is a tagger (Huang et al. 2015,
"Bidirectional LSTM-CRF Models for Sequence Tagging", §2.2, without the CRF).
"""

import keras
import numpy as np

from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, token_features


def build_bilstm_tagger(
    config: BiLstmConfig, embeddings: np.ndarray | None = None, seed: int = 0
) -> keras.Model:
    """Builds embedding, bidirectional LSTM and one set of logits a token.

    Args:
        config: its sizes; ``num_classes`` is the number of tags, ``pooling`` is unused.
        embeddings: pretrained word vectors (V, E), or None to start at random.
        seed: of the dropout masks.

    Shape:
        token ids ``(B, T)`` int32, 0 for padding on the right -> logits
        ``(B, T, C)`` float32; those at padding mean nothing.

    Raises:
        ValueError: the embeddings are not (V, E).
    """
    inputs, features = token_features(config, embeddings, seed)
    features = keras.layers.Dropout(config.dropout, seed=seed + 1)(features)
    logits = keras.layers.Dense(config.num_classes, dtype="float32", name="logits")(
        features
    )
    return keras.Model(inputs, logits, name="bilstm_tagger")
