"""The trained table of word vectors (词向量): nearest words, analogies, hand-over.

Article: §1.4.2 (词向量), §2.3, §9.2 step 2 (词向量生成). Erratum: E15: helpful for
small models, not a step of training a large language model.

Out of vocabulary: a word that is not in the table has no vector, and none is made up
for it. Looking it up is an `UnknownWordError`; `evaluation` leaves it out and counts
it; only `embedding_matrix` draws a small random vector for it, which the model trains.
"""

import difflib
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from roots_tf.text.vocabulary import Vocabulary
from roots_tf.word_vectors.cosines import analogy_scores, lengths_of, unit_length

# Comparing spellings is slow: near matches are looked for among the first words alone.
_NEAR_AMONG = 30_000


class UnknownWordError(KeyError, ValueError):
    """A word that is not in the table; one line, with words of a near spelling."""

    def __str__(self):
        return self.args[0]


class WordVectors:
    """Words and their vectors, by habit the most frequent word first.

    The cosine of two words is the product of their vectors cut to length 1; with a
    vector of zeros, which has no direction, it is 0.

    Args:
        words: V words, each once.
        vectors: (V, D) float32, finite. Kept, not copied: do not change it afterwards.
        counts: how often each word was seen in the training text, where that is known.

    Attributes:
        words: tuple of V words.
        vectors: (V, D) float32, read-only.
        counts: tuple of V counts, or None.

    Raises:
        ValueError: sizes do not fit, a word is there twice, or a number is not finite.

    Example:
        >>> vectors = WordVectors(["sea", "lake", "tax"], [[3, 1], [2, 0], [0, 5]])
        >>> vectors.nearest("sea", 1)[0][0]
        'lake'
    """

    def __init__(
        self,
        words: Sequence[str],
        vectors: np.ndarray,
        counts: Sequence[int] | None = None,
    ):
        self.words = tuple(words)
        self.vectors = np.asarray(vectors, np.float32).view()
        self.vectors.flags.writeable = False
        self.counts = None if counts is None else tuple(int(count) for count in counts)
        self._rows = {word: row for row, word in enumerate(self.words)}
        self._check()

    def _check(self):
        shape = self.vectors.shape
        if len(shape) != 2 or shape[0] != len(self.words) or shape[1] == 0:
            raise ValueError(
                f"expected a vector for each of {len(self.words)} words, got an array "
                f"of shape {shape}"
            )
        if self.counts is not None and len(self.counts) != len(self.words):
            raise ValueError(
                f"expected a count for each of {len(self.words)} words, "
                f"got {len(self.counts)}"
            )
        if len(self._rows) != len(self.words):
            twice = next(w for row, w in enumerate(self.words) if self._rows[w] != row)
            raise ValueError(f"expected each word once, got {twice!r} twice")
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            finite = np.isfinite(self.vectors.sum(axis=1, dtype=np.float64))
        if not finite.all():
            word = self.words[int(np.argmin(finite))]
            raise ValueError(f"expected finite numbers, got others for {word!r}")

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def __getitem__(self, word: str) -> np.ndarray:
        """Gives the vector (D,) of a word.

        Raises:
            UnknownWordError: the table does not have the word.
        """
        return self.vectors[self._row(word)]

    @cached_property
    def unit_vectors(self) -> np.ndarray:
        """The vectors (V, D) float32 cut to length 1; one of zeros stays as it is."""
        return unit_length(self.vectors)

    def similarity(self, a: str, b: str) -> float:
        """Gives the cosine of two words, from -1 to 1.

        Raises:
            UnknownWordError: the table lacks one of them.
        """
        unit = self.unit_vectors
        return float(unit[self._row(a)] @ unit[self._row(b)])

    def nearest(self, query: str | np.ndarray, k: int = 10) -> list[tuple[str, float]]:
        """Gives the words whose vectors have the largest cosine with the query's.

        Args:
            query: a word, which is left out of the answer, or a vector (D,).
            k: how many words; all where the table has fewer.

        Returns:
            (word, cosine), the nearest first, equal ones in the order of the table.

        Raises:
            ValueError: an unknown word, a vector of another shape, or k below 1.
        """
        if isinstance(query, str):
            row = self._row(query)
            return self._best(self._cosines(self.vectors[row]), {row}, k)
        vector = np.asarray(query, np.float32)
        if vector.shape != self.vectors.shape[1:] or not np.isfinite(vector).all():
            raise ValueError(
                f"expected a word or {self.vectors.shape[1]} finite numbers, got an "
                f"array of shape {vector.shape}"
            )
        return self._best(self._cosines(vector), (), k)

    def analogy(
        self, a: str, b: str, c: str, k: int = 10, method: str = "3CosAdd"
    ) -> list[tuple[str, float]]:
        """Answers "a is to b as c is to which word?".

        Args:
            a, b, c: words, left out of the answer.
            k: how many words; all where the table has fewer.
            method: ``3CosAdd`` or ``3CosMul``, see `cosines.analogy_scores`.

        Returns:
            (word, score), the best first.

        Raises:
            ValueError: an unknown word or method, or k below 1.
        """
        rows = [self._row(word) for word in (a, b, c)]
        unit = self.unit_vectors
        scores = analogy_scores(unit, *unit[rows][:, None], method)[0]  # (V,)
        return self._best(scores, set(rows), k)

    def embedding_matrix(
        self, vocabulary: Vocabulary, seed: int = 0
    ) -> tuple[np.ndarray, int]:
        """Makes the embedding table of a model from the vectors.

        Args:
            vocabulary: whose V tokens want a vector.
            seed: of the vectors of tokens that are not in this table, padding among
                them: uniform within ±0.05.

        Returns:
            The table (V, D) float32, and how many of its rows are vectors of this one.
        """
        shape = (len(vocabulary), self.vectors.shape[1])
        table = np.random.default_rng(seed).uniform(-0.05, 0.05, shape)
        table = table.astype(np.float32)
        ids = [id for id, token in enumerate(vocabulary.tokens) if token in self]
        table[ids] = self.vectors[[self._rows[vocabulary.tokens[id]] for id in ids]]
        return table, len(ids)

    @cached_property
    def _lengths(self):
        return lengths_of(self.vectors)

    def _cosines(self, vector):
        """Gives the cosines (V,) with a vector (D,), and makes no second table."""
        return self.vectors @ unit_length(vector[None])[0] / self._lengths

    def _row(self, word):
        if word in self._rows:
            return self._rows[word]
        near = difflib.get_close_matches(word, self.words[:_NEAR_AMONG], n=3)
        hint = f" (near: {', '.join(map(repr, near))})" if near else ""
        raise UnknownWordError(
            f"expected one of the {len(self):,} words of the table, got {word!r}{hint}"
        )

    def _best(self, scores, left_out, k):
        if k < 1:
            raise ValueError(f"expected one word or more to be asked for, got {k}")
        order = np.argsort(-scores, kind="stable")[: k + len(left_out)].tolist()
        rows = [row for row in order if row not in left_out][:k]
        return [(self.words[row], float(scores[row])) for row in rows]
