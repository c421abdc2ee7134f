"""Vectors of texts: a sentence encoder with all that it needs to read them.

Article: §5.2, §6 (3. 问答系统).
Source: Reimers and Gurevych 2019 (1908.10084), §3.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_folder import check_encoder
from roots_tf.models.sentence_encoder import SentenceEncoder
from roots_tf.text.batching import in_order
from roots_tf.text.packing import pack
from roots_tf.text.wordpiece import WordPieceTokenizer

_CHARACTERS = 32  # a token: what is beyond so many each is cut before it is read


class SentenceEmbedder:
    """Turns texts into vectors of length 1.

    Args:
        model: built.
        tokenizer: of the model's ids; its padding must be id 0.
        max_length: a longer text is cut after these tokens, [CLS] and [SEP] included.

    Attributes:
        model, tokenizer, max_length: as given.
        width: D, of the vectors.

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self, model: SentenceEncoder, tokenizer: WordPieceTokenizer, max_length: int
    ):
        check_encoder(model.encoder, tokenizer, max_length, 3)
        self.model, self.tokenizer, self.max_length = model, tokenizer, max_length
        self.width = model.encoder.config.hidden_size

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Gives ids of each text, [CLS] ... [SEP] (T,) int32.

        Raises:
            ValueError: a text is not Unicode.
        """
        ids = []
        for start in range(0, len(texts), 1024):
            part = [
                text[: _CHARACTERS * self.max_length]
                for text in texts[start : start + 1024]
            ]
            token_ids = self.token_ids(part).numpy()
            lengths = (token_ids != self.tokenizer.pad_id).sum(axis=1)
            rows = zip(token_ids, lengths, strict=True)
            ids += [row[:length] for row, length in rows]
        return ids

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Gives the vectors (N, D) float32 of texts.

        Raises:
            ValueError: as ``encode``.
        """
        return self.embed_ids(self.encode(texts))

    def embed_ids(
        self, sequences: Sequence[np.ndarray], batch_size: int = 64
    ) -> np.ndarray:
        """Gives the vectors (N, D) float32 of id arrays (T,) from ``encode``."""
        vectors = np.zeros((len(sequences), self.width), np.float32)
        for rows, token_ids in in_order(sequences, batch_size):
            vectors[rows] = self.vectors(tf.constant(token_ids))
        return vectors

    def token_ids(self, texts) -> tf.Tensor:
        """Gives packed ids (B, T) int32 of texts, in a graph of a string tensor."""
        ids = self.tokenizer.encode(texts)
        special_ids, pad_id = self.tokenizer.special_ids, self.tokenizer.pad_id
        return pack(ids, None, special_ids, pad_id, self.max_length).token_ids

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def vectors(self, token_ids) -> tf.Tensor:
        """Gives the vectors (B, D) float32 of packed ids (B, T) int32."""
        return self.model({"token_ids": token_ids}, training=False)
