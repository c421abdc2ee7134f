"""Sequence tagging (序列标注): a label for each token, such as parts of entity names.

Article: §5.2 (what its printed model is for: erratum E12), §2.3.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import load_model_folder, save_model_folder
from roots_tf.evaluation.entity_metrics import decode_spans
from roots_tf.text.batching import in_order
from roots_tf.text.normalization import normalize
from roots_tf.text.text_to_ids import TextSettings, tokenize
from roots_tf.text.vocabulary import Vocabulary


class SequenceTagger:
    """A tagging model with all that it needs to read a sentence.

    Args:
        model: maps token ids (B, T) int32 to logits (B, T, C).
        vocabulary: the tokens of the ids.
        settings: how a text is cut; tokens given as such are only normalised.
        tag_names: C names, "O" first, then BIO tags.
    """

    def __init__(
        self,
        model: keras.Model,
        vocabulary: Vocabulary,
        settings: TextSettings,
        tag_names: Sequence[str],
    ):
        self.model, self.vocabulary, self.settings = model, vocabulary, settings
        self.tag_names = tuple(tag_names)

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Gives one id a token, all of them, whatever the token holds."""
        fold_case = self.settings.fold_case
        return [
            self.vocabulary.encode(normalize(token, fold_case) for token in sentence)
            for sentence in sentences
        ]

    def predict(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """Gives the tags of sentences that are cut into tokens already."""
        return self.predict_ids(self.encode(sentences))

    def predict_ids(
        self, sequences: Sequence[np.ndarray], batch_size: int = 64
    ) -> list[list[str]]:
        """Gives one tag for each id of each array (T,)."""
        tags = [[] for _ in sequences]
        for rows, token_ids in in_order(sequences, batch_size):
            best = self._best(tf.constant(token_ids)).numpy()  # (B, T)
            for row, line in zip(rows, best, strict=True):
                length = len(sequences[row])
                tags[row] = [self.tag_names[tag] for tag in line[:length]]
        return tags

    def entities(self, texts: Sequence[str]) -> list[list[tuple[str, str]]]:
        """Gives the entities of running texts, each as (type, its tokens)."""
        settings = TextSettings(
            han=self.settings.han, fold_case=False, max_length=self.settings.max_length
        )
        sentences = tokenize(texts, settings)
        return [
            [
                (kind, _join(sentence[start:end]))
                for kind, start, end in decode_spans(tags)
            ]
            for sentence, tags in zip(sentences, self.predict(sentences), strict=True)
        ]

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def _best(self, token_ids):
        return tf.argmax(self.model(token_ids, training=False), axis=-1)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict`` reads."""
        configuration = {
            "task": "tagging",
            "tag_names": list(self.tag_names),
            "text": self.settings.to_dict(),
        }
        save_model_folder(folder, self.model, self.vocabulary, configuration)

    @classmethod
    def load(cls, folder: str | Path) -> "SequenceTagger":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, vocabulary, configuration = load_model_folder(folder)
        try:
            settings = TextSettings(**configuration["text"])
            tag_names = configuration["tag_names"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder}: configuration.json: {error}") from None
        if model.output_shape[-1] != len(tag_names):
            raise ValueError(
                f"{folder}: expected {model.output_shape[-1]} tag names, which the "
                f"model has, got {len(tag_names)}"
            )
        return cls(model, vocabulary, settings, tag_names)


def _join(tokens: Sequence[str]) -> str:
    glue = "" if all(len(token) == 1 for token in tokens) else " "
    return glue.join(tokens)
