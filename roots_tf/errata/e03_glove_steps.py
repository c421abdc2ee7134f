"""E03: GloVe counts pairs of words, not words, and draws no noise words.

Article: §3.1.2. The functions below count, weigh, and train as the paper does, cell by
cell, independently of `roots_tf.word_vectors`.
"""

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# Two texts of the same words, each equally often.
FIRST, SECOND = "a b a b c d c d", "a c a c b d b d"
WINDOW = 2

# What GloVe learns: w (V, D), w~ (V, D), b (V,), b~ (V,).
Parameters = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# Some parameters of four words, made up, with which the cost of a text is computed.
FIXED = (
    np.array([[0.5, -0.2], [0.3, 0.4], [-0.1, 0.6], [0.2, 0.1]]),
    np.array([[0.1, 0.3], [0.4, -0.3], [0.2, 0.2], [-0.5, 0.1]]),
    np.array([0.1, 0.2, 0.0, -0.1]),
    np.array([0.2, -0.1, 0.1, 0.0]),
)


def word_counts(text: str) -> dict[str, int]:
    """Gives how often each word is there: all that the article counts."""
    words = text.split()
    return {word: words.count(word) for word in sorted(set(words))}


def cooccurrence(text: str, window: int = WINDOW) -> np.ndarray:
    """Gives X (V, V), the words in the order of the alphabet.

    Each pair of places at most `window` words apart adds 1 / distance.

    Example:
        >>> cooccurrence("a b b")
        array([[0. , 1.5],
               [1.5, 2. ]])
    """
    words = text.split()
    row = {word: place for place, word in enumerate(sorted(set(words)))}
    counts = np.zeros((len(row), len(row)))
    for p, word in enumerate(words):
        for q in range(max(0, p - window), min(len(words), p + window + 1)):
            if p != q:
                counts[row[word], row[words[q]]] += 1 / abs(p - q)
    return counts


def weight(counts: np.ndarray) -> np.ndarray:
    """Gives `f(x) = min(1, (x / 100)^(3/4))`, which is 0 for 0."""
    return np.minimum(1, (np.asarray(counts) / 100) ** 0.75)


def cost(counts: np.ndarray, parameters: Parameters) -> float:
    """Gives J, the sum over X_ij > 0 of `f(X_ij) error_ij^2`.

    Args:
        counts: X (V, V).
        parameters: of V words.
    """
    return float(np.sum(weight(counts) * errors(counts, parameters) ** 2))


def errors(counts: np.ndarray, parameters: Parameters) -> np.ndarray:
    """Gives `w_i . w~_j + b_i + b~_j - log X_ij`, and 0 where X_ij is 0: (V, V)."""
    w, contexts, b, context_biases = parameters
    met = counts > 0
    scores = w @ contexts.T + b[:, None] + context_biases
    return np.where(met, scores - np.log(np.where(met, counts, 1)), 0)


def train(
    counts: np.ndarray,
    dimension: int = 3,
    epochs: int = 300,
    rate: float = 0.2,
    seed: int = 0,
) -> Parameters:
    """Minimises J by AdaGrad, one non-zero cell after the other in random order.

    Args:
        counts: X (V, V).
        dimension: D.
        epochs: times through the cells.
        rate: learning rate; the paper's is 0.05, for billions of cells.
        seed: of the start, uniform within ±1/(2 D), and of the order.
    """
    generator, size = np.random.default_rng(seed), len(counts)
    shapes = ((size, dimension), (size, dimension), size, size)
    tables = [generator.uniform(-0.5, 0.5, shape) / dimension for shape in shapes]
    sums = [np.zeros_like(table) for table in tables]  # of the squares of gradients
    w, contexts, b, context_biases = tables
    cells, f = np.argwhere(counts > 0), weight(counts)
    for _ in range(epochs):
        for i, j in generator.permutation(cells):
            error = w[i] @ contexts[j] + b[i] + context_biases[j]
            pull = 2 * f[i, j] * (error - np.log(counts[i, j]))
            gradients = pull * contexts[j], pull * w[i], pull, pull
            for table, total, place, gradient in zip(
                tables, sums, (i, j, i, j), gradients, strict=True
            ):
                total[place] += gradient**2
                # A gradient of 0 makes no step, not 0 / 0.
                table[place] -= rate * gradient / np.sqrt(total[place] + 1e-300)
    return w, contexts, b, context_biases


def score(parameters: Parameters, i: int, j: int) -> float:
    """Gives `w_i . w~_j + b_i + b~_j`, which is to be log X_ij."""
    w, contexts, b, context_biases = parameters
    return float(w[i] @ contexts[j] + b[i] + context_biases[j])


def comparison() -> Comparison:
    """Counts what the article counts of two texts, words, and what GloVe does."""
    texts = {"text 1": FIRST, "text 2": SECOND}
    pairs = [(name, word) for word in "bc" for name in texts]
    return Comparison(
        "count: printed of a word, right of it beside a",
        "cell",
        [f"{name}, {word}" for name, word in pairs],
        {
            "printed": [word_counts(texts[name])[word] for name, word in pairs],
            "right": [
                float(cooccurrence(texts[name])[0, "abcd".index(word)])
                for name, word in pairs
            ],
        },
    )


def _row(text):
    counts = cooccurrence(text)
    seen, trained = word_counts(text).values(), train(counts)
    scores = " | ".join(f"{score(trained, 0, column):.3f}" for column in (1, 2))
    return (
        f"| `{text}` | {', '.join(map(str, seen))} | {counts[0, 1]} | {counts[0, 2]} "
        f"| {cost(counts, FIXED):.6f} | {scores} |"
    )


_CELLS = cooccurrence(FIRST)
_NUMBERS = f"""\
Two texts, a window of {WINDOW}. How often each word is seen cannot tell them apart. X
can: the cost J of the same parameters (`FIXED`) differs, and after training the scores
`w_i . w~_j + b_i + b~_j` are the logarithms of 3 and 0.5:

| text | a, b, c, d seen | X_ab | X_ac | J | score of a, b | of a, c |
| --- | --- | --- | --- | --- | --- | --- |
{_row(FIRST)}
{_row(SECOND)}

{np.count_nonzero(_CELLS)} of the {_CELLS.size} cells of the first X are not 0. The
other two, a beside d, weigh f(0) = {weight(0):.0f} and are never looked at; negative
sampling would draw just such pairs.
"""

ENTRY = Erratum(
    id="E03",
    grade="A",
    sections=("3.1.2",),
    title="GloVe does not learn from how often words are seen.",
    printed="""
    Count how often each word is seen (统计每个单词在文本中的出现频率); define a loss
    such as that of negative sampling (如负采样损失函数), which measures the similarity
    of word vectors; minimise it by gradient descent.
    """,
    right="""
    Count how often each *pair* of words is seen together: X_ij, where a pair d words
    apart, within the window, counts 1/d. The loss is a weighted least squares fit of
    `w_i . w~_j + b_i + b~_j` to log X_ij, over the cells that are not 0: there are no
    negative samples. AdaGrad minimises it, cell by cell in random order; w + w~ are
    then the words' vectors.
    """,
    source="""
    Pennington, Socher, Manning 2014, "GloVe: Global Vectors for Word Representation"
    (D14-1162), §3, eq. 8 and 9; counting, AdaGrad and w + w~: §4.2.
    """,
    numbers=_NUMBERS,
)
