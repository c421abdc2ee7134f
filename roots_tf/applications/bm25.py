"""BM25: which texts have a question's words, often, and few others do?

    score(q, d) = sum_{t in q} idf(t) tf (k1 + 1) / (tf + k1 (1 - b + b |d| / mean |d|))
    idf(t)      = ln(1 + (N - n_t + 0.5) / (n_t + 0.5))

with tf, how often text d has term t; |d|, its number of terms; n_t, how many of the N
texts have t. A term that stands ten times says little more than one that stands twice
(k1), and a long text has every term more often (b). It is the baseline of retrieval
(检索) since 1994, and learned models do not always beat it.

Article: §6 (3. 问答系统). Erratum: E17.
Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and
    Beyond", §3.1 (the weight of a term without relevance information), §3.4 (the
    formula). Two departures, both as in Lucene: the 1 within the logarithm keeps the
    weight of a term that most texts have from being negative; k1 + 1 changes no order.
"""

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from roots_tf.text.search_terms import search_terms

# Trotman, Jia, Crane 2012, "Towards an efficient and effective search engine"; better
# than the usual 1.2 and 0.75 on this project's validation questions too.
K1, B = 0.9, 0.4


class Bm25:
    """The weight of each term in each text, ready to be summed.

    Args:
        terms: V terms.
        weights: (V, N) float32, the summands of the formula.

    Attributes:
        terms, weights: as given.
        num_documents: N.
    """

    def __init__(self, terms: Sequence[str], weights: csr_array):
        self.terms, self.weights = tuple(terms), weights
        self.num_documents = weights.shape[1]
        self._rows = {term: row for row, term in enumerate(self.terms)}

    @classmethod
    def index(cls, texts: Sequence[str], k1: float = K1, b: float = B) -> "Bm25":
        """Counts the terms of N texts.

        Args:
            texts: to be found.
            k1: how slowly a term that is repeated stops counting, 0 or more.
            b: how much the length matters, 0 to 1.

        Raises:
            ValueError: no text, k1 or b out of range, or a text is not Unicode.
        """
        if not len(texts) or k1 < 0 or not 0 <= b <= 1:
            raise ValueError(
                "expected texts, k1 of 0 or more and b of 0 to 1, got "
                f"{len(texts)}, {k1} and {b}"
            )
        rows: dict[str, int] = {}
        found, ends, lengths = [], [0], []
        for text in texts:
            counts = Counter(search_terms(text))
            row_of = [rows.setdefault(term, len(rows)) for term in counts]
            found.append(np.array([row_of, list(counts.values())], np.int32))
            ends.append(ends[-1] + len(counts))
            lengths.append(counts.total())
        term, tf = np.concatenate(found, axis=1)  # 2 x (entries,)
        lengths = np.array(lengths) / max(np.mean(lengths), 1e-12)  # (N,)
        n_t = np.bincount(term, minlength=len(rows))  # (V,)
        idf = np.log(1 + (len(texts) - n_t + 0.5) / (n_t + 0.5))
        norm = k1 * (1 - b + b * np.repeat(lengths, np.diff(ends)))
        values = idf[term] * tf * (k1 + 1) / (tf + norm)
        by_text = csr_array(
            (values.astype(np.float32), term, ends), shape=(len(texts), len(rows))
        )
        return cls(list(rows), by_text.T.tocsr())

    def scores(self, questions: Sequence[str]) -> np.ndarray:
        """Gives the scores (Q, N) float32 of all texts for each question.

        A question without a known term has zeros. What is asked for twice counts twice.

        Raises:
            ValueError: a question is not Unicode.
        """
        scores = np.zeros((len(questions), self.num_documents), np.float32)
        for line, question in zip(scores, questions, strict=True):
            for term, times in Counter(search_terms(question)).items():
                if (row := self._rows.get(term)) is not None:
                    entries = slice(*self.weights.indptr[row : row + 2])
                    line[self.weights.indices[entries]] += (
                        times * self.weights.data[entries]
                    )
        return scores

    def arrays(self) -> dict[str, np.ndarray]:
        """Gives all of it as arrays, for a file; see ``from_arrays``."""
        return {
            "terms": np.frombuffer(json.dumps(self.terms).encode(), np.uint8),
            "data": self.weights.data,
            "indices": self.weights.indices,
            "indptr": self.weights.indptr,
            "num_documents": np.array(self.num_documents),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Bm25":
        """Makes it from what ``arrays`` gave.

        Raises:
            ValueError: these are other arrays.
        """
        try:
            terms = json.loads(arrays["terms"].tobytes())
            parts = [arrays[name] for name in ("data", "indices", "indptr")]
            shape = (len(terms), int(arrays["num_documents"]))
            weights = csr_array(tuple(parts), shape=shape)
            weights.check_format()
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"expected the arrays of a BM25 index: {error!r}"
            ) from None
        return cls(terms, weights)


def searched_text(name: str, text: str) -> str:
    """Gives what is read of a document: its name is a part of it."""
    return f"{name}\n{text}"


def best_rows(scores: np.ndarray, k: int) -> np.ndarray:
    """Gives the places of the k largest of scores (N,), the largest first."""
    if k < len(scores):
        # All that reach the k-th largest: of equal ones the first are to stay.
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        rows = np.flatnonzero(scores >= least)
    else:
        rows = np.arange(len(scores))
    return rows[np.argsort(-scores[rows], kind="stable")][:k]
