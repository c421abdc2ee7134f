"""The smallest language model: how probable is a token after the one before it?

    p(b | a) = (n_ab + k p(b)) / (n_a + k)          p(b) = (n_b + 1) / (N + V)

n_ab counts how often b follows a in the training text, n_a how often anything does.
What was never seen after a has a probability too: k counts' worth is shared out as the
tokens are frequent by themselves (k = 0: the shares as counted).

Article: §1.4.1 (大规模语言模型: a model that understands and writes language; of how it
does that §1 says nothing), §2.1.
Source: Jelinek and Mercer 1980 (a bigram mixed with a unigram); with a prior of k
    counts: MacKay and Peto 1995, "A hierarchical Dirichlet language model", eq. 12.
"""

import numpy as np


class BigramModel:
    """Counts of pairs, and the probabilities that follow from them.

    Args:
        token_ids: (N,) int, the training text, 2 tokens or more.
        vocab_size: V; ids are below it.
        k: how many counts the frequency of a token alone is worth, 0 or more.

    Attributes:
        counts: n_ab, (V, V) int64.
        unigram: p(b), (V,) float64.

    Raises:
        ValueError: the text is too short, an id is not below V, or k is below 0.

    Example:
        >>> model = BigramModel(np.array([0, 1, 0, 1, 0, 2]), vocab_size=3, k=0)
        >>> model.probabilities()[0].round(2)
        array([0.  , 0.67, 0.33])
    """

    def __init__(self, token_ids: np.ndarray, vocab_size: int, k: float = 10.0):
        token_ids = np.asarray(token_ids)
        if token_ids.ndim != 1 or len(token_ids) < 2:
            raise ValueError(f"expected 2 tokens or more, got {token_ids.shape}")
        if not 0 <= token_ids.min() <= token_ids.max() < vocab_size:
            raise ValueError(
                f"expected ids from 0 to {vocab_size - 1}, "
                f"got {token_ids.min()} to {token_ids.max()}"
            )
        if k < 0:
            raise ValueError(f"expected k of 0 or more, got {k}")
        self.k = k
        self.counts = np.zeros((vocab_size, vocab_size), np.int64)
        np.add.at(self.counts, (token_ids[:-1], token_ids[1:]), 1)
        seen = np.bincount(token_ids, minlength=vocab_size)
        self.unigram = (seen + 1) / (len(token_ids) + vocab_size)

    def probabilities(self) -> np.ndarray:
        """Gives p(b | a), (V, V), row a; after what nothing followed it is p(b)."""
        after = self.counts.sum(axis=1, keepdims=True)  # n_a
        counted = self.counts + self.k * self.unigram
        total = after + self.k
        return np.where(total > 0, counted / np.maximum(total, 1e-12), self.unigram)

    def surprise(self, token_ids: np.ndarray) -> np.ndarray:
        """Gives ``-log p`` of each token but the first, (N - 1,) nats.

        Infinite where k is 0 and a pair was never seen.
        """
        before, after = np.asarray(token_ids)[:-1], np.asarray(token_ids)[1:]
        with np.errstate(divide="ignore"):
            return -np.log(self.probabilities()[before, after])

    def write(self, first: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """Draws a text, token by token, each from the row of the one before it.

        Args:
            first: the id it begins with.
            length: tokens to give, ``first`` among them.
            rng: what draws.

        Returns:
            (length,) int64.
        """
        edges, ids = self.probabilities().cumsum(axis=1), [first]
        while len(ids) < length:
            row = edges[ids[-1]]
            ids.append(int(np.searchsorted(row, rng.random() * row[-1], side="right")))
        return np.array(ids[:length])
