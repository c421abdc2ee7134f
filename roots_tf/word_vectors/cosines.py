"""Cosines of word vectors, and the two ways to answer an analogy with them.

Article: §2.3 (词向量).

Source: Mikolov, Yih and Zweig 2013 (NAACL, N13-1090), section 4, for 3CosAdd; Levy and
Goldberg 2014 (CoNLL, W14-1618), equation 4 and footnote 7, for 3CosMul.
"""

import numpy as np

ANALOGY_METHODS = ("3CosAdd", "3CosMul")

_EPSILON = 0.001


def lengths_of(vectors: np.ndarray) -> np.ndarray:
    """Gives the lengths (N,) float64 of vectors (N, D), 1 for one of zeros."""
    # In float64, for the squares of very long and very short vectors.
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    lengths[lengths == 0] = 1
    return lengths


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Cuts vectors (N, D) float32 to length 1; one of zeros stays as it is."""
    unit, lengths = np.empty_like(vectors), lengths_of(vectors)
    return np.divide(vectors, lengths[:, None], out=unit, casting="same_kind")


def analogy_scores(
    unit_vectors: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    method: str = "3CosAdd",
) -> np.ndarray:
    """Scores every word x as the answer to "a is to b as c is to x".

        3CosAdd(x) = cos(x, b - a + c)
        3CosMul(x) = s(x, b) s(x, c) / (s(x, a) + 0.001),   s(x, y) = (cos(x, y) + 1)/2

    For vectors of length 1, 3CosAdd ranks as cos(x, b) - cos(x, a) + cos(x, c) does.

    Args:
        unit_vectors: (V, D) float32 of length 1.
        a, b, c: (B, D) float32 of length 1: B questions.
        method: one of `ANALOGY_METHODS`.

    Returns:
        Scores (B, V) float32.

    Raises:
        ValueError: an unknown method.
    """
    if method == "3CosAdd":
        return unit_length(b - a + c) @ unit_vectors.T  # (B, V)
    if method == "3CosMul":
        to_a, to_b, to_c = (x / 2 @ unit_vectors.T + 0.5 for x in (a, b, c))  # (B, V)
        return to_b * to_c / (to_a + _EPSILON)
    raise ValueError(f"expected one of {', '.join(ANALOGY_METHODS)}, got {method!r}")
