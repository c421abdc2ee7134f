"""From a stream of word ids to what Word2Vec learns from: words and their contexts.

Article: §3.1.1 step 3 (上下文), §4.1.1, without window or subsampling. Erratum: E02.
Source: Mikolov et al. 2013a (1301.3781) §3.2 (windows of random width), 2013b
(1310.4546) §2.3 (subsampling of frequent words); word2vec.c.

A stream is an int32 array of word ids; END = -1 stands after each sentence.
"""

import numpy as np

from roots_tf.word_vectors.encoded_corpus import END

RULES = ("paper", "c")


def keep_probabilities(
    counts: np.ndarray, threshold: float = 1e-3, rule: str = "c"
) -> np.ndarray:
    """Gives the probability of keeping one occurrence of each word.

    With f the word's share of all occurrences and t the threshold:

    * "paper": it is dropped with probability `1 - sqrt(t / f)` (1310.4546, eq. 5), and
      so kept with `sqrt(t / f)`, at most 1;
    * "c", of word2vec.c and gensim: kept with `(sqrt(f / t) + 1) t / f`, which is
      `sqrt(t / f) + t / f`, at most 1. Words up to f = 2.6 t are kept.

    Args:
        counts: (V,) how often each word was seen, above 0.
        threshold: t, 1e-5 in the paper, 1e-3 in the programs; 0 keeps every word.
        rule: one of `RULES`.

    Returns:
        (V,) float64.

    Raises:
        ValueError: an unknown rule, a threshold below 0, or a count not above 0.
    """
    if rule not in RULES:
        raise ValueError(f"expected a rule of {RULES}, got {rule!r}")
    if not threshold >= 0:
        raise ValueError(f"expected a threshold of 0 or more, got {threshold}")
    counts = np.asarray(counts, np.float64)
    if not np.all(counts > 0):
        raise ValueError(f"expected counts of words, all above 0, got {counts}")
    if threshold == 0:
        return np.ones(len(counts))
    ratio = threshold * counts.sum() / counts  # t / f
    return np.minimum(1, np.sqrt(ratio) + (ratio if rule == "c" else 0))


def subsample(
    ids: np.ndarray, keep: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Drops occurrences at random; the words around them move together.

    Args:
        ids: (n,) stream; every END stays.
        keep: (V,) from `keep_probabilities`.
        generator: gives n numbers, whatever is dropped.

    Returns:
        The stream of what is left.
    """
    keep = np.append(keep, 1.0)  # END = -1 looks up the last one
    return ids[generator.random(len(ids)) < keep[ids]]


def drawn_windows(n: int, window: int, generator: np.random.Generator) -> np.ndarray:
    """Draws a window for each of n positions: (n,) int32, uniform on 1 to `window`.

    A word at distance d is in the window with probability `(window - d + 1) / window`:
    near words count for more.

    Raises:
        ValueError: a window below 1.
    """
    _check_window(window)
    return generator.integers(1, window + 1, n, dtype=np.int32)


def extents(ids: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gives how many neighbours each position has on its left and right.

    Args:
        ids: (n,) stream; its ends are ends of sentences too.
        windows: (n,) how far each position's window reaches.

    Returns:
        `left`, `right`: both (n,) int32; as far as the window, but not beyond the
        sentence. Both are 0 for END.
    """
    positions = np.arange(len(ids), dtype=np.int32)
    ends = ids == END
    last_end = np.maximum.accumulate(np.where(ends, positions, np.int32(-1)))
    next_end = np.where(ends, positions, np.int32(len(ids)))
    next_end = np.minimum.accumulate(next_end[::-1])[::-1]
    return (
        np.clip(positions - last_end - 1, 0, windows),
        np.clip(next_end - positions - 1, 0, windows),
    )


def skip_gram_pairs(
    ids: np.ndarray, left: np.ndarray, right: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gives each word with each of its neighbours, in the order of the text.

    Args:
        ids: (n,) stream.
        left: (n,) from `extents`.
        right: the same.

    Returns:
        `centres`, `contexts`: both (P,) int32, P = sum(left + right).
    """
    neighbours = left + right
    positions = np.repeat(np.arange(len(ids)), neighbours)  # (P,)
    first = np.cumsum(neighbours) - neighbours  # the number of each word's first pair
    nth = np.arange(len(positions)) - np.repeat(first, neighbours)  # 0, 1, ... a word
    past_centre = nth >= left[positions]
    others = positions - left[positions] + nth + past_centre
    return ids[positions], ids[others]


def cbow_contexts(
    ids: np.ndarray, left: np.ndarray, right: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gives each word that has neighbours, with all of them.

    Args:
        ids: (n,) stream.
        left: (n,) from `extents`.
        right: the same.
        window: W, at least the largest of both.

    Returns:
        `centres` (N,) int32; `contexts` (N, 2 W) int32, the words at distances -W to
        -1 and 1 to W, -1 where there is none; `mask` (N, 2 W) bool, True = a word.

    Raises:
        ValueError: a window below 1.
    """
    _check_window(window)
    centres = np.flatnonzero(left + right)[:, None]  # (N, 1)
    distances = np.delete(np.arange(-window, window + 1), window)  # (2 W,)
    mask = (distances >= -left[centres]) & (distances <= right[centres])  # (N, 2 W)
    contexts = ids[np.where(mask, centres + distances, centres)]  # (N, 2 W)
    contexts[~mask] = -1
    return ids[centres[:, 0]], contexts, mask


def _check_window(window):
    if window < 1:
        raise ValueError(f"expected a window of 1 word or more, got {window}")
