"""The Huffman tree of the words, along whose paths hierarchical softmax walks.

Article: §3.1.1, §4.1.1, which have no hierarchical softmax. Erratum: E02.
Source: Mikolov et al. 2013b (1310.4546) §2.1; Huffman 1952; the two queues:
word2vec.c, `CreateBinaryTree`.
"""

import numpy as np


class HuffmanTree:
    """A binary tree with the words as leaves, the frequent ones near the root.

    It is built by joining the two lightest nodes until one is left. Leaves sorted by
    count and inner nodes in the order of their making are two sorted queues, so that
    the two lightest are always found at their heads. Where a leaf and an inner node
    weigh the same the inner node is taken; leaves of one count are taken from the
    highest id down. So one list of counts gives one tree.

    Args:
        counts: (V,) how often each word was seen, above 0, in any order; V >= 2.

    Attributes:
        path: (V, L) int32, the inner nodes from the root to the word, padded with 0.
            Inner nodes are 0 to V - 2 in the order of their making; the root is V - 2.
        code: (V, L) int8, which way the path leaves each of them: 0 to the lighter
            child, 1 to the heavier one; padded with 0.
        length: (V,) int32, inner nodes on the path, 1 to L.

    Raises:
        ValueError: there are fewer than two words, or a count is not above 0.

    Example:
        >>> HuffmanTree([50, 20, 15, 10, 5]).length.tolist()
        [1, 2, 3, 4, 4]
    """

    def __init__(self, counts: np.ndarray):
        counts = np.asarray(counts)
        if counts.ndim != 1 or len(counts) < 2 or not np.all(counts > 0):
            raise ValueError(
                f"expected the counts of two words or more, all above 0, got {counts}"
            )
        parent, is_heavier = _join(counts)
        self.path, self.code, self.length = _paths(parent, is_heavier)


def _join(counts):
    """Gives for each node, leaves 0 to V - 1 first, its parent and which child it is.

    Both are (2 V - 1,); the root, node 2 V - 2, is its own parent.
    """
    words = len(counts)
    leaves = np.argsort(-counts, kind="stable").tolist()  # the lightest is the last
    weights = counts.tolist() + [0] * (words - 1)
    parent = np.full(2 * words - 1, 2 * words - 2)
    is_heavier = np.zeros(2 * words - 1, np.int8)
    oldest = words  # the inner node at the head of its queue
    for made in range(words, 2 * words - 1):
        for which in (0, 1):
            no_inner = oldest == made
            if no_inner or (leaves and weights[leaves[-1]] < weights[oldest]):
                child = leaves.pop()
            else:
                child, oldest = oldest, oldest + 1
            weights[made] += weights[child]
            parent[child], is_heavier[child] = made, which
    return parent, is_heavier


def _paths(parent, is_heavier):
    words = (len(parent) + 1) // 2
    root = len(parent) - 1
    depth = np.zeros(len(parent), np.int32)
    for node in range(root - 1, -1, -1):  # a parent is made after its children
        depth[node] = depth[parent[node]] + 1
    length = depth[:words]
    path = np.zeros((words, length.max()), np.int32)
    code = np.zeros((words, length.max()), np.int8)
    climbing, node = np.arange(words), np.arange(words)  # words, and how far they are
    while len(climbing):
        place = depth[node] - 1
        code[climbing, place] = is_heavier[node]
        node = parent[node]
        path[climbing, place] = node - words
        climbing, node = climbing[node != root], node[node != root]
    return path, code, length
