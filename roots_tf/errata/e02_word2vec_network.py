"""E02: Word2Vec has no hidden layer, and four parts that the article does not mention.

Article: §3.1.1, §4.1.1. The functions below show two of them, built with a heap and in
closed form, independently of `roots_tf.word_vectors`.
"""

import heapq

import numpy as np

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

COUNTS = (50, 20, 15, 10, 5)


def huffman_codes(counts=COUNTS) -> list[tuple[tuple[int, int], ...]]:
    """Gives each word's way down the Huffman tree: (inner node, 0 or 1), root first.

    Example:
        >>> [len(code) for code in huffman_codes((50, 20, 15, 10, 5))]
        [1, 2, 3, 4, 4]
    """
    heap = [(count, word, (word,)) for word, count in enumerate(counts)]
    heapq.heapify(heap)
    codes = [()] * len(counts)
    for node in range(len(counts) - 1):
        total, below = 0, ()
        for way in (0, 1):
            count, _, words = heapq.heappop(heap)
            total, below = total + count, below + words
            for word in words:
                codes[word] = ((node, way), *codes[word])
        heapq.heappush(heap, (total, len(counts) + node, below))
    return codes


def word_probabilities(scores: np.ndarray, counts=COUNTS) -> np.ndarray:
    """Gives each word's probability, a product of choices: (V,), which sums to 1.

    Args:
        scores: (V - 1,), the score of each inner node; way 0 is taken with probability
            sigmoid(score).
        counts: (V,).
    """
    left = 1 / (1 + np.exp(-np.asarray(scores)))
    return np.array(
        [
            np.prod([left[node] if way == 0 else 1 - left[node] for node, way in code])
            for code in huffman_codes(counts)
        ]
    )


def noise_shares(counts=COUNTS, power: float = 0.75) -> np.ndarray:
    """Gives the share of each word among the noise words: `c^power / sum c^power`."""
    weights = np.asarray(counts, np.float64) ** power
    return weights / weights.sum()


def comparison() -> Comparison:
    """Counts the scores computed for a word: of the whole output layer, of a path."""
    return Comparison(
        "scores computed to learn a word",
        "times seen",
        list(map(str, COUNTS)),
        {
            "printed": [len(COUNTS)] * len(COUNTS),
            "right": [len(code) for code in huffman_codes()],
        },
    )


def _listed(shares):
    return ", ".join(f"{share:.3f}" for share in shares)


_LENGTHS = ", ".join(str(len(code)) for code in huffman_codes())
_SUM = word_probabilities([0.3, -1.2, 0.7, 2.0]).sum()

ENTRY = Erratum(
    id="E02",
    grade="C",
    sections=("3.1.1", "4.1.1"),
    title="Word2Vec is no multi-layer network.",
    printed="""
    A multi-layer network (一个多层的神经网络) of an embedding, a hidden and an output
    layer; both CBOW and skip-gram predict the target word from its context
    (通过输入单词的上下文来预测目标单词).
    """,
    right="""
    Between the two tables of vectors there is neither a weight nor a non-linearity: to
    leave out the hidden layer is the paper's point. The "hidden" vector is a mean for
    CBOW and a look-up for skip-gram. CBOW predicts the centre word from its context,
    skip-gram the context from the centre word. What makes it work is not mentioned:
    windows of random width, subsampling of frequent words, and negative sampling or
    hierarchical softmax in place of a sum over the vocabulary.
    """,
    source="""
    Mikolov et al. 2013a (1301.3781), §3; 2013b, "Distributed Representations of Words
    and Phrases and their Compositionality" (1310.4546), eq. 1-5.
    """,
    numbers=f"""
    Five words seen {", ".join(map(str, COUNTS))} times. Their paths in the Huffman tree
    have {_LENGTHS} choices, and their probabilities sum to {_SUM:.1f}, whatever the
    vectors. As noise words they are drawn with probabilities {_listed(noise_shares())},
    and not with their own shares of {_listed(noise_shares(power=1))}.
    """,
)
