"""Sequence tagging (序列标注) with an encoder: a label a word, not a word piece.

    [CLS]  New  York  ##ers  [SEP]
            B     I     -            the first piece of a word speaks for it

Article: §5.2 (errata E11, E12), §9.3.
Source: Devlin et al. 2018 (1810.04805), §5.3 and figure 4d.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from roots_tf.applications.encoder_classification import encoder_inputs
from roots_tf.applications.encoder_folder import (
    check_encoder,
    check_names,
    load_encoder,
)
from roots_tf.applications.model_folder import CONFIGURATION, write_model_folder
from roots_tf.applications.sequence_tagging import UNITS, entities_of
from roots_tf.models.encoder_heads import TokenClassifier
from roots_tf.text.batching import TAG_PADDING, in_order
from roots_tf.text.wordpiece import CLS, SEP, WordPieceTokenizer

TASK = "encoder tagging"


class EncoderTagger:
    """A fine-tuned encoder with all that it needs to read a sentence.

    Args:
        model: built, with C tags.
        tokenizer: of the model's ids; its padding must be id 0.
        tag_names: C names, "O" first, then BIO tags.
        units: what running text is cut into, as the training sentences were: "words",
            or "characters".
        max_length: a longer sentence is cut after these pieces, [CLS] and [SEP]
            included; what is cut off is "O".

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        model: TokenClassifier,
        tokenizer: WordPieceTokenizer,
        tag_names: Sequence[str],
        units: str,
        max_length: int,
    ):
        check_encoder(model.encoder, tokenizer, max_length, 3)
        check_names(model, tag_names)
        if units not in UNITS:
            raise ValueError(f"expected units of {UNITS}, got {units!r}")
        self.model, self.tokenizer = model, tokenizer
        self.tag_names, self.units = tuple(tag_names), units
        self.max_length = max_length

    def encode(
        self, sentences: Sequence[Sequence[str]]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Cuts sentences of words into pieces.

        Returns:
            Ids of each sentence, [CLS] ... [SEP] (T,) int32; and for each of its words
            the place (W,) of its first piece, or 0, [CLS], if it has none: it was cut
            off, or holds nothing but invisible characters.

        Raises:
            ValueError: a word is not Unicode.
        """
        words = [word for sentence in sentences for word in sentence]
        pieces = self.tokenizer.encode(words)
        lengths = pieces.row_lengths().numpy()
        flat, ids_of = pieces.flat_values.numpy(), self.tokenizer.special_ids
        ids, places = [], []
        word = piece = 0
        for sentence in sentences:
            counts = lengths[word : word + len(sentence)]
            ends = np.cumsum(counts)
            total = int(counts.sum())
            room = min(total, self.max_length - 2)
            kept = flat[piece : piece + room]
            ids.append(np.int32([ids_of[CLS], *kept, ids_of[SEP]]))
            first = ends - counts  # within the sentence's pieces
            there = (counts > 0) & (first < room)
            places.append(np.where(there, first + 1, 0))
            word, piece = word + len(sentence), piece + total
        return ids, places

    def labels(
        self, tags: Sequence[Sequence[str]], ids, places: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Gives the tags' numbers for pieces (T,) int32, -1 where there is none.

        Args:
            tags: a tag for each word of each sentence.
            ids, places: of the same sentences, from ``encode``.
        """
        number = {name: index for index, name in enumerate(self.tag_names)}
        labels = []
        for its_tags, its_ids, its_places in zip(tags, ids, places, strict=True):
            row = np.full(len(its_ids), TAG_PADDING, np.int32)
            row[its_places] = [number[tag] for tag in its_tags]
            row[0] = TAG_PADDING  # where the words without a piece went
            labels.append(row)
        return labels

    def predict(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Gives the tags of sentences that are cut into words already.

        Raises:
            ValueError: a word is not Unicode.
        """
        return self.predict_ids(*self.encode(sentences))

    def predict_ids(
        self,
        sequences: Sequence[np.ndarray],
        places: Sequence[np.ndarray],
        batch_size: int = 64,
    ) -> list[list[str]]:
        """Gives a tag for each word of what ``encode`` gave."""
        tags = [[] for _ in sequences]
        for rows, token_ids in in_order(sequences, batch_size):
            best = self._best(tf.constant(token_ids)).numpy()  # (B, T)
            for row, line in zip(rows, best, strict=True):
                chosen = np.where(places[row] > 0, line[places[row]], 0)  # "O" is 0
                tags[row] = [self.tag_names[tag] for tag in chosen]
        return tags

    def entities(self, texts: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Gives the entities of running texts: ``sequence_tagging.entities_of``."""
        return entities_of(texts, self.units, self.predict)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def _best(self, token_ids):
        inputs = encoder_inputs(token_ids, self.tokenizer)
        return tf.argmax(self.model(inputs, training=False), axis=-1)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": TASK,
            "tag_names": list(self.tag_names),
            "units": self.units,
            "max_length": self.max_length,
        }
        write_model_folder(folder, self.model, configuration, self.tokenizer.save)

    @classmethod
    def load(cls, folder: str | Path) -> "EncoderTagger":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, tokenizer, configuration = load_encoder(folder, TASK, TokenClassifier)
        try:
            return cls(
                model,
                tokenizer,
                configuration["tag_names"],
                configuration["units"],
                configuration["max_length"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: {CONFIGURATION}: {error}") from None
