"""Question answering (问答系统) by retrieval: which of many texts answers the question?

    cos(q, d)   = e(q) . e(d)                       vectors of ``sentence_encoder``
    score(q, d) = w (1 + cos(q, d)) / (1 + max_d cos(q, d))
                  + (1 - w) bm25(q, d) / max_d bm25(q, d)

The texts' vectors are made once, the question's when it is asked. The vectors know that
"glue together" may be "concatenate"; BM25 knows names that no vector does. The weight w
is chosen on validation questions; 1 is vectors alone, 0 is BM25 alone.

Article: §6 (3. 问答系统), §9.3. Erratum: E17.
Source: Reimers and Gurevych 2019 (1908.10084); Karpukhin et al. 2020 (2004.04906), §3;
    the sum: Bruch, Gai, Ingber 2022 (2210.11934), §4 (convex combination; each score is
    taken from its least possible value to its greatest found).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import tensorflow as tf

from roots_tf.applications.bm25 import Bm25, best_rows, searched_text
from roots_tf.applications.encoder_folder import load_encoder
from roots_tf.applications.model_folder import CONFIGURATION, write_model_folder
from roots_tf.applications.saved_model import write_saved_model
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.models.sentence_encoder import SentenceEncoder

TASK = "retrieval"
DOCUMENTS, INDEX = "documents.json", "index.npz"
_AT_ONCE = 64  # questions scored together: so many rows of N scores are in memory


class Found(NamedTuple):
    """A document that was found: its number, name, text and score."""

    number: int
    name: str
    text: str
    score: float


class QuestionAnswerer:
    """A sentence encoder with all texts that it can answer from.

    Args:
        embedder: of questions and texts.
        documents: N pairs of a name and a text.
        vectors: (N, D) float32 of length 1, of the texts; None to make them.
        bm25: index of the same texts; None to make it.
        weight: w, 0 to 1.

    Raises:
        ValueError: these do not fit together.
    """

    def __init__(
        self,
        embedder: SentenceEmbedder,
        documents: Sequence[tuple[str, str]],
        vectors: np.ndarray | None = None,
        bm25: Bm25 | None = None,
        weight: float = 1.0,
    ):
        if not len(documents) or not 0 <= weight <= 1:
            raise ValueError(
                "expected documents and a weight of 0 to 1, got "
                f"{len(documents)} and {weight}"
            )
        self.embedder, self.weight = embedder, weight
        self.documents = [(name, text) for name, text in documents]
        texts = [searched_text(*document) for document in self.documents]
        self.vectors = embedder.embed(texts) if vectors is None else vectors
        self.bm25 = Bm25.index(texts) if bm25 is None else bm25
        shape = (len(texts), embedder.width)
        if self.vectors.shape != shape or self.bm25.num_documents != len(texts):
            raise ValueError(
                f"expected vectors of shape {shape} and as many texts in the index, "
                f"got {self.vectors.shape} and {self.bm25.num_documents}"
            )

    def scores(
        self, questions: Sequence[str], weight: float | None = None
    ) -> np.ndarray:
        """Gives the scores (Q, N) float32 of all documents, from 0 to 1.

        With a weight of 1 they rank as the cosine does. A question without a known term
        is ranked by its vector alone.

        Args:
            questions: some; all their scores are in memory.
            weight: w; the application's own if None.

        Raises:
            ValueError: as ``SentenceEmbedder.encode``.
        """
        weight = self.weight if weight is None else weight
        return mixed(
            self.embedder.embed(questions) @ self.vectors.T,
            self.bm25.scores(questions),
            weight,
        )

    def search(self, questions: Sequence[str], k: int = 5) -> Iterator[list[Found]]:
        """Gives the k best documents for each question, the best first.

        Of equal scores the document of the lower number is first.

        Raises:
            ValueError: as ``SentenceEmbedder.encode``, or k is below 1.
        """
        if k < 1:
            raise ValueError(f"expected k of 1 or more, got {k}")
        for start in range(0, len(questions), _AT_ONCE):
            for scores in self.scores(questions[start : start + _AT_ONCE]):
                yield [
                    Found(row, *self.documents[row], float(scores[row]))
                    for row in best_rows(scores, k)
                ]

    def export(self, folder: str | Path, k: int = 5) -> None:
        """Writes a TensorFlow SavedModel; see ``saved_model``.

        It takes ``texts``, questions (Q,) string, and gives of the best documents the
        ``numbers`` (Q, k) int32, the ``names`` (Q, k) string and the ``cosines`` (Q, k)
        float32: what ``scores`` ranks with a weight of 1.

        Args:
            folder: where to.
            k: documents a question, at most N.

        Raises:
            ValueError: there is something else than a SavedModel, or k is out of range.
        """
        if not 1 <= k <= len(self.documents):
            raise ValueError(f"expected k of 1 to {len(self.documents)}, got {k}")
        embedder, vectors = self.embedder, tf.Variable(self.vectors)
        names = tf.constant([name for name, _ in self.documents])  # (N,)

        def search(questions):
            asked = embedder.vectors(embedder.token_ids(questions))  # (Q, D)
            cosines = tf.matmul(asked, vectors, transpose_b=True)  # (Q, N)
            best = tf.math.top_k(cosines, k)
            found = tf.gather(names, best.indices)
            return {"numbers": best.indices, "names": found, "cosines": best.values}

        write_saved_model(folder, search, embedder.model, [vectors])

    def save(self, folder: str | Path) -> None:
        """Writes the model folder, which ``python -m roots_tf.ask`` reads."""
        configuration = {
            "task": TASK,
            "max_length": self.embedder.max_length,
            "weight": self.weight,
        }

        def save_index(new: Path) -> None:
            self.embedder.tokenizer.save(new)
            text = json.dumps(self.documents, ensure_ascii=False)
            (new / DOCUMENTS).write_text(text, encoding="utf-8")
            np.savez(new / INDEX, vectors=self.vectors, **self.bm25.arrays())

        write_model_folder(folder, self.embedder.model, configuration, save_index)

    @classmethod
    def load(cls, folder: str | Path) -> "QuestionAnswerer":
        """Reads a model folder.

        Raises:
            ValueError: it is not one that ``save`` wrote.
        """
        folder = Path(folder)
        model, tokenizer, configuration = load_encoder(folder, TASK, SentenceEncoder)
        try:
            documents = json.loads((folder / DOCUMENTS).read_text(encoding="utf-8"))
            with np.load(folder / INDEX) as file:
                arrays = dict(file)
            return cls(
                SentenceEmbedder(model, tokenizer, configuration["max_length"]),
                documents,
                arrays.pop("vectors"),
                Bm25.from_arrays(arrays),
                configuration["weight"],
            )
        except (OSError, BadZipFile) as error:
            raise ValueError(f"{folder}: cannot be read: {error}") from None
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{folder}: {CONFIGURATION}, {DOCUMENTS} or {INDEX}: {error}"
            ) from None


def mixed(cosines: np.ndarray, bm25: np.ndarray, weight: float) -> np.ndarray:
    """Gives the score of the module's formula.

    Args:
        cosines, bm25: (Q, N) float.
        weight: w, 0 to 1.

    Example:
        >>> mixed(np.array([[0.0, 1.0]]), np.array([[4.0, 2.0]]), 0.5)
        array([[0.75, 0.75]])
    """
    by_words = bm25 / np.maximum(bm25.max(axis=1, keepdims=True), 1e-9)
    by_vectors = (1 + cosines) / np.maximum(
        1 + cosines.max(axis=1, keepdims=True), 1e-9
    )
    return weight * by_vectors + (1 - weight) * by_words
