"""Text classification (文本分类) with an encoder such as BERT.

Article: §5.2, §6 (1. 文本分类), §9.3. Erratum: E11: this is what the article's model is
called after.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import (
    CONFIGURATION,
    MODEL,
    load_model,
    read_configuration,
    write_model_folder,
)
from roots_tf.models import albert  # noqa: F401 (registers it)
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.text.batching import in_order
from roots_tf.text.packing import pack
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.wordpiece import WordPieceTokenizer

TASK = "encoder classification"


class EncoderTextClassifier:
    """A fine-tuned encoder with all that it needs to read a text.

    Args:
        model: built, with C classes.
        tokenizer: of the model's ids; its padding must be id 0.
        label_names: C names.
        max_length: a longer text is cut after these tokens, [CLS] and [SEP] included.

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        model: TextClassifier,
        tokenizer: WordPieceTokenizer,
        label_names: Sequence[str],
        max_length: int,
    ):
        config = model.encoder.config
        if tokenizer.vocab_size != config.vocab_size:
            raise ValueError(
                f"expected a tokenizer of {config.vocab_size} tokens, which the model "
                f"has, got {tokenizer.vocab_size}"
            )
        if tokenizer.pad_id or config.padding_id:
            raise ValueError(
                "expected padding of id 0 in tokenizer and model, "
                f"got {tokenizer.pad_id} and {config.padding_id}"
            )
        if len(label_names) != model.num_classes:
            raise ValueError(
                f"expected {model.num_classes} names, which the model has classes, "
                f"got {len(label_names)}"
            )
        if not 3 <= max_length <= config.max_positions:
            raise ValueError(
                f"expected a length of 3 to {config.max_positions} tokens, which the "
                f"model has positions for, got {max_length}"
            )
        self.model, self.tokenizer = model, tokenizer
        self.label_names, self.max_length = tuple(label_names), max_length

    def encode(self, texts: Sequence[str]) -> tuple[list[np.ndarray], int]:
        """Gives ids of each text, [CLS] ... [SEP] (T,) int32, and how many are cut.

        Raises:
            ValueError: a text is not Unicode.
        """
        ids, cut = [], 0
        for start in range(0, len(texts), 1024):
            packed = pack(
                self.tokenizer.encode(texts[start : start + 1024]),
                None,
                self.tokenizer.special_ids,
                self.tokenizer.pad_id,
                self.max_length,
            )
            lengths = packed.padding_mask.numpy().sum(axis=1)
            rows = zip(packed.token_ids.numpy(), lengths, strict=True)
            ids += [row[:length] for row, length in rows]
            cut += int(np.count_nonzero(packed.tokens_cut))
        return ids, cut

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Gives the probabilities (N, C) float32 of texts.

        Raises:
            ValueError: a text is not Unicode.
        """
        return self.predict_ids(self.encode(texts)[0])

    def predict_ids(
        self, sequences: Sequence[np.ndarray], batch_size: int = 64
    ) -> np.ndarray:
        """Gives the probabilities (N, C) float32 of id arrays (T,) from ``encode``."""
        probabilities = np.zeros((len(sequences), len(self.label_names)), np.float32)
        for rows, token_ids in in_order(sequences, batch_size):
            probabilities[rows] = self._probabilities(tf.constant(token_ids))
        return probabilities

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def _probabilities(self, token_ids):
        logits = self.model({"token_ids": token_ids}, training=False)  # (B, C)
        return tf.nn.softmax(tf.cast(logits, tf.float32))

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict`` reads."""
        configuration = {
            "task": TASK,
            "label_names": list(self.label_names),
            "max_length": self.max_length,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "EncoderTextClassifier":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        folder = Path(folder)
        configuration = read_configuration(folder)
        if configuration["task"] != TASK:
            raise ValueError(
                f"{folder}: expected a model for {TASK}, got one for "
                f"{configuration['task']!r}"
            )
        if not (folder / MODEL).is_file():
            raise ValueError(f"{folder}: expected a file {MODEL}, got none")
        model: keras.Model = load_model(folder / MODEL)
        if not isinstance(model, TextClassifier):
            raise ValueError(
                f"{folder / MODEL}: expected a TextClassifier, "
                f"got {type(model).__name__}"
            )
        try:
            return cls(
                model,
                load_tokenizer(folder),
                configuration["label_names"],
                configuration["max_length"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: {CONFIGURATION}: {error}") from None
