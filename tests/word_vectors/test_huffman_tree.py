"""The Huffman tree against the one that a heap builds, and against its theory."""

import heapq

import numpy as np
import pytest

from roots_tf.word_vectors.huffman_tree import HuffmanTree

COUNTS = {
    "the erratum's": [50, 20, 15, 10, 5],
    "two": [3, 7],
    "all alike": [4] * 11,
    "powers of two": [2**power for power in range(12)],
    "Fibonacci": [1, 1, 2, 3, 5, 8, 13, 21, 34, 55],
    "Zipf's law": (10_000 / np.arange(1, 2_001)).astype(int).tolist(),
    "random": np.random.default_rng(0).integers(1, 40, 777).tolist(),
}
each_counts = pytest.mark.parametrize("counts", COUNTS.values(), ids=COUNTS)


def cost_of_a_heap(counts) -> int:
    """Total length of the paths, weighted by count, of any tree that a heap builds.

    It is the sum of the weights of the inner nodes.
    """
    heap, cost = list(counts), 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, joined)
        cost += joined
    return cost


def real_part(tree: HuffmanTree, word: int) -> list[tuple[int, int]]:
    """The word's path: inner nodes and ways, without the padding."""
    steps = zip(tree.path[word], tree.code[word], strict=True)
    return [(int(node), int(way)) for node, way in steps][: tree.length[word]]


def test_counts_of_the_erratum_have_paths_of_1_2_3_4_4():
    tree = HuffmanTree([50, 20, 15, 10, 5])

    assert tree.length.tolist() == [1, 2, 3, 4, 4]


def test_a_tree_drawn_by_hand():
    # 1 and 2 make node 0 (3), that and 4 make node 1 (7), 5 and 6 node 2 (11), and
    # nodes 1 and 2 the root, 3 (18).
    tree = HuffmanTree([6, 1, 4, 2, 5])

    assert real_part(tree, 0) == [(3, 1), (2, 1)]
    assert real_part(tree, 1) == [(3, 0), (1, 0), (0, 0)]
    assert real_part(tree, 2) == [(3, 0), (1, 1)]
    assert real_part(tree, 3) == [(3, 0), (1, 0), (0, 1)]
    assert real_part(tree, 4) == [(3, 1), (2, 0)]


@each_counts
def test_no_tree_is_cheaper(counts):
    tree = HuffmanTree(counts)

    assert np.dot(counts, tree.length) == cost_of_a_heap(counts)


@each_counts
def test_the_mean_length_lies_within_a_bit_of_the_entropy(counts):
    shares = np.divide(counts, np.sum(counts))

    mean_length = shares @ HuffmanTree(counts).length

    # Huffman 1952: at least the entropy, less than one bit above it. Where both are
    # equal the sum is off by some rounding errors: hence 1e-9.
    entropy = -np.sum(shares * np.log2(shares))
    assert entropy - 1e-9 <= mean_length < entropy + 1


@each_counts
def test_paths_make_one_binary_tree(counts):
    tree = HuffmanTree(counts)
    words = len(counts)

    below = {}  # (inner node, way) -> what lies there: ("word" | "node", id)
    for word in range(words):
        steps = real_part(tree, word)
        assert steps[0][0] == words - 2  # the root
        following = [("node", node) for node, _ in steps[1:]] + [("word", word)]
        for step, child in zip(steps, following, strict=True):
            assert below.setdefault(step, child) == child
    assert len(below) == 2 * (words - 1)
    assert len(set(below.values())) == len(below)
    assert np.sum(0.5**tree.length) == pytest.approx(1, rel=1e-12)  # Kraft


@each_counts
def test_padding_is_zero_and_the_types_are_small(counts):
    tree = HuffmanTree(counts)

    padding = np.arange(tree.path.shape[1]) >= tree.length[:, None]
    assert not tree.path[padding].any() and not tree.code[padding].any()
    assert tree.path.shape == tree.code.shape == (len(counts), tree.length.max())
    types = (tree.path.dtype, tree.code.dtype, tree.length.dtype)
    assert types == (np.int32, np.int8, np.int32)


def test_the_more_frequent_word_never_has_the_longer_path():
    counts = np.array(COUNTS["random"])
    length = HuffmanTree(counts).length

    for count in range(1, 39):
        assert length[counts > count].max() <= length[counts == count].min()


def test_one_list_of_counts_gives_one_tree():
    counts = COUNTS["all alike"]

    one, other = HuffmanTree(counts), HuffmanTree(np.array(counts, np.int64))

    np.testing.assert_array_equal(one.path, other.path)
    np.testing.assert_array_equal(one.code, other.code)


@pytest.mark.parametrize("counts", [[], [5], [5, 0], [[1, 2], [3, 4]]])
def test_what_makes_no_tree_is_refused(counts):
    with pytest.raises(ValueError, match="expected the counts of two words or more"):
        HuffmanTree(counts)


@pytest.mark.parity
@each_counts
def test_gensims_tree_costs_the_same(counts):
    from gensim.models import Word2Vec

    model = Word2Vec(hs=1, negative=0, vector_size=1, min_count=1)
    model.build_vocab_from_freq({str(w): int(c) for w, c in enumerate(counts)})

    tree = HuffmanTree(counts)

    codes = [model.wv.get_vecattr(str(w), "code") for w in range(len(counts))]
    lengths = [len(code) for code in codes]
    # Lengths may differ where weights tie; their total does not.
    assert np.dot(counts, tree.length) == np.dot(counts, lengths)
