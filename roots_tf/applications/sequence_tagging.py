"""Sequence tagging (序列标注): a label for each token, such as parts of entity names.

Article: §5.2 (what its printed model is for: erratum E12), §2.3.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import load_model_folder, save_model_folder
from roots_tf.evaluation.entity_metrics import decode_spans
from roots_tf.recurrent import bilstm_tagger  # noqa: F401 (registers its layers)
from roots_tf.text.batching import in_order
from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import segment
from roots_tf.text.vocabulary import Vocabulary

UNITS = ("words", "characters")


class SequenceTagger:
    """A tagging model with all that it needs to read a sentence.

    Args:
        model: maps token ids (B, T) int32 to logits (B, T, C).
        vocabulary: the tokens of the ids; case is kept, since names have capitals.
        tag_names: C names, "O" first, then BIO tags.
        units: what running text is cut into, as the training sentences were: "words",
            or "characters", which holds for digits and Latin letters as well.

    Raises:
        ValueError: ``units`` is neither of the two.
    """

    def __init__(
        self,
        model: keras.Model,
        vocabulary: Vocabulary,
        tag_names: Sequence[str],
        units: str,
    ):
        if units not in UNITS:
            raise ValueError(f"expected units of {UNITS}, got {units!r}")
        self.model, self.vocabulary = model, vocabulary
        self.tag_names, self.units = tuple(tag_names), units

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[np.ndarray]:
        """Gives one id a token, all of them, whatever the token holds."""
        return [
            self.vocabulary.encode(
                normalize(token, fold_case=False) for token in sentence
            )
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
        """Gives the entities of running texts: ``entities_of``."""
        return entities_of(texts, self.units, self.predict)

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def _best(self, token_ids):
        return tf.argmax(self.model(token_ids, training=False), axis=-1)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": "tagging",
            "tag_names": list(self.tag_names),
            "units": self.units,
        }
        save_model_folder(folder, self.model, self.vocabulary, configuration)

    @classmethod
    def load(cls, folder: str | Path) -> "SequenceTagger":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, vocabulary, configuration = load_model_folder(
            folder, "tagging", "tag_names"
        )
        try:
            return cls(
                model, vocabulary, configuration["tag_names"], configuration["units"]
            )
        except (KeyError, ValueError) as error:
            raise ValueError(f"{folder}: configuration.json: {error!r}") from None


def entities_of(
    texts: Sequence[str],
    units: str,
    predict: Callable[[Sequence[Sequence[str]]], list[list[str]]],
) -> list[list[tuple[str, str]]]:
    """Gives the entities of running texts, each as (type, its normalised text).

    Args:
        texts: N texts.
        units: what they are cut into, one of `UNITS`.
        predict: gives the tags of sentences of tokens.

    Raises:
        ValueError: a text is not Unicode.
    """
    texts = [normalize(text, fold_case=False) for text in texts]
    if units == "characters":
        sentences = [list(text.replace(" ", "")) for text in texts]
    else:
        sentences = segment(texts)
    found = []
    for text, tokens, tags in zip(texts, sentences, predict(sentences), strict=True):
        places = _places(text, tokens)
        found.append(
            [
                (kind, text[places[start][0] : places[end - 1][1]])
                for kind, start, end in decode_spans(tags)
            ]
        )
    return found


def _places(text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Gives where each token begins and ends in the text."""
    places, end = [], 0
    for token in tokens:
        start = text.index(token, end)
        end = start + len(token)
        places.append((start, end))
    return places
