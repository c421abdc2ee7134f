"""How much of a text's class can be read off the mean of its word vectors.

Article: §2.3 (词向量), §3.3.1, §4.3.1 (准确率).

A measure of word vectors that any set of labelled texts gives. With n_t known words of
a text t and their vectors v, its features are

    x_t = (1 / n_t) sum_i v_{t,i}          0 without a known word

and a linear classifier, ridge regression on the classes as +1 and -1, is fitted to the
training texts. Each feature is first brought to mean 0 and deviation 1, so that the
length of the vectors does not matter; how they lie to one another does.
"""

from collections.abc import Sequence

import numpy as np


class MeanVectorProbe:
    """Counts the words of the texts once, for many tables of the same words.

    Args:
        tokens: the training texts.
        labels: their classes, (N,) int.
        held_out_tokens, held_out_labels: the texts to be scored, M.
        words: of the tables, V.
    """

    def __init__(
        self,
        tokens: Sequence[Sequence[str]],
        labels: np.ndarray,
        held_out_tokens: Sequence[Sequence[str]],
        held_out_labels: np.ndarray,
        words: Sequence[str],
    ):
        row_of = {word: row for row, word in enumerate(words)}
        self._shares = _word_shares(tokens, row_of)  # (N, V)
        self._held_out_shares = _word_shares(held_out_tokens, row_of)  # (M, V)
        self._labels, self._held_out_labels = labels, held_out_labels

    def accuracy(self, vectors: np.ndarray) -> float:
        """Gives the share of the held-out texts whose class is found, 0 to 1.

        Args:
            vectors: (V, D) float.

        Raises:
            FloatingPointError: a vector is not finite.
        """
        from sklearn.linear_model import RidgeClassifier

        if not np.isfinite(vectors).all():
            raise FloatingPointError("expected finite word vectors, got others")
        features = self._shares @ vectors  # (N, D)
        held_out = self._held_out_shares @ vectors  # (M, D)
        mean, deviation = features.mean(axis=0), features.std(axis=0)
        deviation[deviation == 0] = 1
        classifier = RidgeClassifier(alpha=1.0)
        classifier.fit((features - mean) / deviation, self._labels)
        found = classifier.predict((held_out - mean) / deviation)
        return float((found == self._held_out_labels).mean())


def _word_shares(tokens, row_of):
    """Gives what part of the known words of each text a word is, sparse (N, V)."""
    from scipy.sparse import csr_array

    known = [[row_of[word] for word in text if word in row_of] for text in tokens]
    lengths = np.array([len(rows) for rows in known])
    ends = np.concatenate([[0], lengths.cumsum()])
    columns = np.concatenate([np.array(rows, np.int64) for rows in known])
    shares = np.repeat(1 / np.maximum(lengths, 1), lengths)
    return csr_array((shares, columns, ends), shape=(len(known), len(row_of)))
