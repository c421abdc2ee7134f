"""Text classification (文本分类): a text in, a probability for each class out.

Article: §6 (1. 文本分类), §9.3.
"""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.applications.model_folder import load_model_folder, save_model_folder
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.recurrent import bilstm_classifier  # noqa: F401 (registers its layers)
from roots_tf.text.batching import in_order
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.text.words_in_graph import WordsInGraph

OUTPUTS = ("logits", "token_probabilities")


class TextClassifier:
    """A classification model with all that it needs to read a text.

    Args:
        model: maps token ids (B, T) int32 to ``outputs``.
        vocabulary: the tokens of the ids.
        settings: how texts are cut.
        label_names: C names.
        outputs: "logits" (B, C), or "token_probabilities" (B, T, C) as the article's
            printed model gives them, which are averaged over all T positions.
    """

    def __init__(
        self,
        model: keras.Model,
        vocabulary: Vocabulary,
        settings: TextSettings,
        label_names: Sequence[str],
        outputs: str = "logits",
    ):
        if outputs not in OUTPUTS:
            raise ValueError(f"expected outputs of {OUTPUTS}, got {outputs!r}")
        self.model, self.vocabulary, self.settings = model, vocabulary, settings
        self.label_names, self.outputs = tuple(label_names), outputs

    def predict(self, texts: Sequence[str]) -> np.ndarray:
        """Gives the probabilities (N, C) float32 of texts.

        Raises:
            ValueError: a text is not Unicode.
        """
        tokens = tokenize(texts, self.settings)
        return self.predict_ids(encode(tokens, self.vocabulary, self.settings))

    def predict_ids(
        self, sequences: Sequence[np.ndarray], batch_size: int = 64
    ) -> np.ndarray:
        """Gives the probabilities (N, C) float32 of id arrays (T,)."""
        probabilities = np.zeros((len(sequences), len(self.label_names)), np.float32)
        for rows, token_ids in in_order(sequences, batch_size):
            probabilities[rows] = self._probabilities(tf.constant(token_ids))
        return probabilities

    @tf.function(
        input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
    )
    def _probabilities(self, token_ids):
        outputs = self.model(token_ids, training=False)
        if self.outputs == "token_probabilities":
            return tf.reduce_mean(outputs, axis=1)  # (B, T, C) -> (B, C)
        return tf.nn.softmax(tf.cast(outputs, tf.float32))

    def export(self, folder: str | Path) -> None:
        """Writes a TensorFlow SavedModel; see ``saved_model``.

        It takes ``texts`` (B,) string and gives ``probabilities`` (B, C) float32 and
        ``label_names`` (C,) string.

        Raises:
            ValueError: Chinese text is cut into jieba's words.
        """
        words = WordsInGraph(self.vocabulary, self.settings)

        def answer(texts):
            probabilities = self._probabilities(words.encode(texts))
            names = tf.constant(self.label_names)
            return {"probabilities": probabilities, "label_names": names}

        write_saved_model(folder, answer, self.model, words.resources)

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.predict DIR`` reads."""
        configuration = {
            "task": "classification",
            "label_names": list(self.label_names),
            "outputs": self.outputs,
            "text": self.settings.to_dict(),
        }
        save_model_folder(folder, self.model, self.vocabulary, configuration)

    @classmethod
    def load(cls, folder: str | Path) -> "TextClassifier":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        model, vocabulary, configuration = load_model_folder(
            folder, "classification", "label_names"
        )
        try:
            return cls(
                model,
                vocabulary,
                TextSettings(**configuration["text"]),
                configuration["label_names"],
                configuration["outputs"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{folder}: configuration.json: {error!r}") from None
