"""Retrieval by word vectors (词向量): a text is the mean of its words' vectors.

    m(x) = sum_t tf(t, x) idf(t) v_t,   idf(t) = ln(1 + (N - n_t + 0.5) / (n_t + 0.5))
    score(q, d) = cos(m(q), m(d))

A rare word says more than a frequent one, so each counts by its idf. Word order and
context are lost, but "glue" may be near "join".

Article: §2.3 (词向量), §6 (3. 问答系统). Erratum: E17.
Source: Arora, Liang, Ma 2017, "A simple but tough-to-beat baseline for sentence
    embeddings", §3 (weighted means; its weights are a / (a + p(t)), ours BM25's).
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from roots_tf.text.search_terms import search_terms


class MeanVectors:
    """The means of N texts.

    Args:
        texts: to be found.
        words: V terms, as ``search_terms`` gives them.
        vectors: (V, D) float32 of these.

    Raises:
        ValueError: no text, other numbers of words and vectors, or a text is not
            Unicode.
    """

    def __init__(self, texts: Sequence[str], words: Sequence[str], vectors: np.ndarray):
        if not len(texts) or len(words) != len(vectors):
            raise ValueError(
                f"expected texts and a vector for each of {len(words)} words, got "
                f"{len(texts)} and {len(vectors)}"
            )
        self._rows = {word: row for row, word in enumerate(words)}
        self._vectors = np.asarray(vectors, np.float32)
        counts = self._counts(texts)  # (N, V)
        n_t = np.bincount(counts.indices, minlength=len(words))
        self._idf = np.log(1 + (len(texts) - n_t + 0.5) / (n_t + 0.5))
        self._means = self._mean(counts)  # (N, D)

    def scores(self, questions: Sequence[str]) -> np.ndarray:
        """Gives the cosines (Q, N) float32; 0 where a text has no known word.

        Raises:
            ValueError: a question is not Unicode.
        """
        return self._mean(self._counts(questions)) @ self._means.T

    def _mean(self, counts):
        sums = counts @ (self._idf[:, None] * self._vectors).astype(np.float32)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        return (sums / np.maximum(lengths, 1e-12)).astype(np.float32)

    def _counts(self, texts):
        rows, values, ends = [], [], [0]
        for text in texts:
            known = (self._rows.get(term) for term in search_terms(text))
            counts = Counter(row for row in known if row is not None)
            rows += counts.keys()
            values += counts.values()
            ends.append(len(rows))
        shape = (len(texts), len(self._rows))
        return csr_array((np.float32(values), np.int32(rows), ends), shape=shape)
