"""Classification of texts (文本分类) or pairs of texts with an encoder such as BERT.

Article: §5.2, §6 (1. 文本分类), §9.3. Erratum: E11: this is what the article's model is
called after.
Source: Devlin et al. 2018 (1810.04805), figure 4, a and b.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_folder import (
    check_encoder,
    check_names,
    load_encoder,
)
from roots_tf.applications.model_folder import CONFIGURATION, write_model_folder
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.text.batching import in_order
from roots_tf.text.packing import pack, segments_of
from roots_tf.text.wordpiece import SEP, WordPieceTokenizer

TASK = "encoder classification"


class EncoderTextClassifier:
    """A fine-tuned encoder with all that it needs to read a text.

    Args:
        model: built, with C classes.
        tokenizer: of the model's ids; its padding must be id 0.
        label_names: C names.
        max_length: a longer text is cut after these tokens, [CLS] and [SEP] included.
        pairs: each text is two, ``first TAB second``: [CLS] first [SEP] second [SEP].

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        model: TextClassifier,
        tokenizer: WordPieceTokenizer,
        label_names: Sequence[str],
        max_length: int,
        pairs: bool = False,
    ):
        check_encoder(model.encoder, tokenizer, max_length, 4 if pairs else 3)
        check_names(model, label_names)
        self.model, self.tokenizer = model, tokenizer
        self.label_names, self.max_length = tuple(label_names), max_length
        self.pairs = pairs

    def encode(self, texts: Sequence[str]) -> tuple[list[np.ndarray], int]:
        """Gives ids of each text, [CLS] ... [SEP] (T,) int32, and how many are cut.

        Raises:
            ValueError: a text is not Unicode, or no pair where pairs are read.
        """
        ids, cut = [], 0
        columns = _split(texts) if self.pairs else [texts]
        for start in range(0, len(texts), 1024):
            first, *second = (
                self.tokenizer.encode(column[start : start + 1024])
                for column in columns
            )
            packed = pack(
                first,
                second[0] if second else None,
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
            ValueError: as ``encode``.
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
        inputs = encoder_inputs(token_ids, self.tokenizer)
        logits = self.model(inputs, training=False)  # (B, C)
        return tf.nn.softmax(tf.cast(logits, tf.float32))

    def in_graph(self, texts: tf.Tensor) -> tf.Tensor:
        """Gives the probabilities (B, C) float32 of texts (B,) string within a graph.

        Raises:
            tf.errors.InvalidArgumentError: a text is no pair where pairs are read.
        """
        first, second = texts, None
        if self.pairs:
            first, second = pairs_in_graph(texts)
            second = self.tokenizer.encode(second)
        packed = pack(
            self.tokenizer.encode(first),
            second,
            self.tokenizer.special_ids,
            self.tokenizer.pad_id,
            self.max_length,
        )
        return self._probabilities(packed.token_ids)

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel; see ``saved_model``.

        It takes ``texts`` (B,) string and gives ``probabilities`` (B, C) float32 and
        ``label_names`` (C,) string.
        """

        def answer(texts):
            names = tf.constant(self.label_names)
            return {"probabilities": self.in_graph(texts), "label_names": names}

        write_saved_model(folder, answer, self.model)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": TASK,
            "label_names": list(self.label_names),
            "max_length": self.max_length,
            "pairs": self.pairs,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "EncoderTextClassifier":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, tokenizer, configuration = load_encoder(folder, TASK, TextClassifier)
        try:
            return cls(
                model,
                tokenizer,
                configuration["label_names"],
                configuration["max_length"],
                configuration.get("pairs", False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: {CONFIGURATION}: {error}") from None


def encoder_inputs(
    token_ids: tf.Tensor, tokenizer: WordPieceTokenizer
) -> dict[str, tf.Tensor]:
    """Gives what an encoder reads for packed ids (B, T): these, and their segments."""
    sep_id = tokenizer.special_ids[SEP]
    segment_ids = segments_of(token_ids, sep_id, tokenizer.pad_id)
    return {"token_ids": token_ids, "segment_ids": segment_ids}


def pairs_in_graph(texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits texts (B,) string, each two with a tab between, into two times (B,).

    Raises:
        tf.errors.InvalidArgumentError: a text is no pair.
    """
    parts = tf.strings.split(texts, "\t")  # (B, 2)
    two = tf.debugging.assert_equal(
        parts.row_lengths(),
        tf.constant(2, tf.int64),
        "expected two texts with a tab between them",
    )
    with tf.control_dependencies([two] if two is not None else []):
        columns = tf.reshape(parts.flat_values, (-1, 2))
    return columns[:, 0], columns[:, 1]


def _split(texts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Gives the first texts of pairs, and the second ones."""
    for text in texts:
        if text.count("\t") != 1:
            raise ValueError(
                "expected two texts with a tab between them, got "
                f"{text.count(chr(9)) + 1} in {text[:40]!r}"
            )
    pairs = [text.split("\t") for text in texts]
    return tuple(zip(*pairs, strict=True)) if pairs else ((), ())
