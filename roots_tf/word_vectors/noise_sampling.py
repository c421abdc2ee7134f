"""Noise words (负样本) for negative sampling, the rare ones more often than in text.

Article: §3.1.1, §4.1.1, which have no negative sampling. Erratum: E02.
Source: Mikolov et al. 2013b (1310.4546) §2.2; the table: word2vec.c,
`InitUnigramTable`.
"""

import numpy as np


def noise_probabilities(counts: np.ndarray, power: float = 0.75) -> np.ndarray:
    """Gives the noise distribution `P_n(w) = c_w^power / sum_v c_v^power`.

    Args:
        counts: (V,) how often each word was seen, above 0.
        power: 0.75 in the paper; 1 for the words' own frequencies, 0 for all alike.

    Returns:
        (V,) float64, sums to 1.

    Raises:
        ValueError: there is no word, or a count is not above 0.

    Example:
        >>> noise_probabilities([50, 20, 15, 10, 5]).round(3).tolist()
        [0.419, 0.211, 0.17, 0.125, 0.075]
    """
    counts = np.asarray(counts, np.float64)
    if counts.ndim != 1 or not len(counts) or not np.all(counts > 0):
        raise ValueError(f"expected the counts of words, all above 0, got {counts}")
    weights = counts**power
    return weights / weights.sum()


class NoiseTable:
    """Noise words, shuffled once and then read off in slices, round and round.

    Word w stands in the table `max(1, round(size * P_n(w)))` times: half an entry
    beside its due at most, except that a word too rare for half an entry has a whole
    one, so that none is left out. The table's length is the sum of these, within V
    entries of `size`.

    Reading a slice costs next to nothing. The price: draws of one round are without
    replacement, and each round has the same order.

    Args:
        counts: (V,) how often each word was seen, above 0.
        size: entries, about; 4 bytes each.
        power: see `noise_probabilities`.
        seed: of the shuffling.

    Attributes:
        table: (about `size`,) int32, read-only.
        position: of the next entry to be read; a reader that is told the position
            of another goes on where that one stopped.

    Raises:
        ValueError: as for `noise_probabilities`, or `size` is below the number of
            words.
    """

    def __init__(
        self,
        counts: np.ndarray,
        size: int = 4_000_000,
        power: float = 0.75,
        seed: int = 0,
    ):
        probabilities = noise_probabilities(counts, power)
        if size < len(probabilities):
            raise ValueError(
                f"expected a table of at least {len(probabilities)} entries, one a "
                f"word, got {size}"
            )
        entries = np.maximum(1, np.rint(size * probabilities)).astype(np.int64)
        self.table = np.repeat(np.arange(len(entries), dtype=np.int32), entries)
        np.random.default_rng(seed).shuffle(self.table)
        self.table.flags.writeable = False
        self.position = 0

    def draw(self, n: int) -> np.ndarray:
        """Reads the next n noise words: (n,) int32, not to be written to."""
        start, size = self.position, len(self.table)
        self.position = (start + n) % size
        if start + n <= size:
            return self.table[start : start + n]
        return np.take(self.table, np.arange(start, start + n), mode="wrap")
