"""One chunk of Word2Vec training by hierarchical softmax.

Skip-gram shares a word's path among all its context words, so that the nodes above a
frame's centres and the frame's rows make one matrix product, as `word2vec_frames` says.
CBOW has one row a centre, the mean of its context: a matrix product with the nodes of
other centres would be thrown away. Here most steps of all paths fall upon the few nodes
next to the root, so the tree is cut in two:

    top   the `TOP` nodes next to the root, and all means of the chunk: one product
          (C, D) (D, TOP), where a table tells for each word which nodes are on its
          path, and on which side it leaves them
    rest  what is left of each path, about half of it: as many rows of a list as there
          are steps, each the product of one mean and one node

Article: §3.1.1, §4.1.1.
Source: Mikolov et al. 2013 (1310.4546), eq. 3; Morin & Bengio 2005.
"""

import numpy as np
import tensorflow as tf

from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.word2vec_frames import CbowFrames, SkipGramFrames

MOST_PAIRS = 64
TOP = 63


class HierarchicalSkipGramFrames(SkipGramFrames):
    """A frame's targets are the nodes above its L centres.

    Args:
        tree: the words' paths, P nodes at most; a node's label is 1 - its code.
        kept: how often each word is trained (V,), to any scale.
    """

    def __init__(self, *arguments, tree: HuffmanTree, kept: np.ndarray, frame=4):
        super().__init__(*arguments, frame=frame)
        pairs = self.chunk * (self.window + 1)
        self._path = tf.constant(tree.path)
        self._label = tf.constant(1 - tree.code, tf.float32)
        self._valid = tf.constant(_on_path(tree), tf.float32)
        self._share = _share_of_nodes(node_damping(tree, kept, pairs), self.vocab_size)

    def _targets(self, centres, noise, pairs):
        rows, labels, valid = (
            tf.reshape(tf.gather(values, centres), [self.frames, 1, -1])  # (., 1, L P)
            for values in (self._path, self._label, self._valid)
        )
        rows = tf.reshape(rows, [-1]) + self.vocab_size
        weights = tf.repeat(pairs, self._path.shape[1], axis=2) * valid  # (., R, L P)
        return rows, labels, weights, self._share


class HierarchicalCbowFrames(CbowFrames):
    """The top of the tree by one matrix product, the rest step by step.

    A word's side of a node is 1 where the node's label is 1, -1 where it is 0 and 0
    where the node is not on its path: J = - sum |side| log s(side mean . node).

    Args:
        tree, kept: as for `HierarchicalSkipGramFrames`.
    """

    def __init__(self, *arguments, tree: HuffmanTree, kept: np.ndarray, frame=32):
        super().__init__(*arguments, frame=frame)
        nodes = self.vocab_size - 1
        first = max(0, nodes - TOP)  # nodes next to the root have the last numbers
        damping = node_damping(tree, kept, self.chunk)
        self._share = _share_of_nodes(damping, self.vocab_size)
        side = (1 - 2 * tree.code.astype(np.float32)) * _on_path(tree)  # (V, P)
        in_top = (side != 0) & (tree.path >= first)
        words, places = np.nonzero(in_top)
        top_side = np.zeros((self.vocab_size, nodes - first), np.int8)
        top_side[words, tree.path[words, places] - first] = side[words, places]
        # Words that leave the top at one place have the same sides there.
        sides, exit_of_word = np.unique(top_side, axis=0, return_inverse=True)
        self._exit_of_word = tf.constant(exit_of_word.reshape(-1), tf.int32)
        self._sides_of_exit = tf.constant(sides, tf.float32)
        self._top = self.vocab_size + tf.range(first, nodes)
        in_rest = (side != 0) & ~in_top
        steps = in_rest.sum(axis=1)
        self._steps = tf.constant(steps, tf.int32)  # of a word's path in the lists
        self._first_step = tf.constant(np.cumsum(steps) - steps, tf.int32)
        self._node = tf.constant(self.vocab_size + tree.path[in_rest], tf.int32)
        self._side = tf.constant(side[in_rest])

    def _of_means(self, means, predicts, centres, noise):
        means = tf.reshape(means, [self.chunk, -1])  # (C, D)
        predicts = tf.reshape(predicts, [-1])
        side = tf.gather(self._sides_of_exit, tf.gather(self._exit_of_word, centres))
        side *= predicts[:, None]  # (C, TOP)
        top = tf.gather(self.table, self._top)
        d_scores, loss = _of_sides(side, tf.matmul(means, top, transpose_b=True))
        d_means = tf.matmul(d_scores, top)
        d_top = tf.matmul(d_scores, means, transpose_a=True)

        first, steps = (
            tf.gather(values, centres) for values in (self._first_step, self._steps)
        )
        step = tf.ragged.range(first, first + steps).values  # (N,)
        owner = tf.repeat(tf.range(self.chunk), steps)  # whose step it is, (N,)
        node = tf.gather(self._node, step)
        side = tf.gather(self._side, step) * tf.gather(predicts, owner)  # (N,)
        nodes, mean = tf.gather(self.table, node), tf.gather(means, owner)  # (N, D)
        d_scores, rest_loss = _of_sides(side, tf.reduce_sum(mean * nodes, axis=1))
        of_rest = tf.math.segment_sum(d_scores[:, None] * nodes, owner)
        d_means += tf.pad(of_rest, [[0, self.chunk - tf.shape(of_rest)[0]], [0, 0]])
        moves = [
            self.move(self._top, d_top, self._share),
            self.move(node, d_scores[:, None] * mean, self._share),
        ]
        d_means = tf.reshape(d_means, [self.frames, self.frame, -1])
        return d_means, moves, loss + rest_loss


def node_damping(tree: HuffmanTree, kept: np.ndarray, pairs: int) -> np.ndarray:
    """Gives the share of a chunk's gradient by which each node is moved, (V - 1,).

    The root is a target of every pair of a chunk, and the sum of so many gradients,
    all computed from the same vectors, would throw it far beyond its aim. A node that
    is expected to be a target of n > `MOST_PAIRS` pairs is moved by `MOST_PAIRS` / n.

    Args:
        tree, kept: as for `HierarchicalSkipGramFrames`.
        pairs: of a chunk.
    """
    share = (kept / kept.sum())[:, None] * _on_path(tree)
    share = np.bincount(tree.path.ravel(), share.ravel())  # (V - 1,)
    return np.minimum(1, MOST_PAIRS / np.maximum(pairs * share, MOST_PAIRS)).astype(
        np.float32
    )


def _share_of_nodes(damping, vocab_size):
    """Gives a `Move.share`: however often a node is a target, its damping."""
    damping = tf.constant(damping)
    return lambda rows, times: tf.gather(damping, rows - vocab_size)


def _on_path(tree):
    return np.arange(tree.path.shape[1]) < tree.length[:, None]  # (V, P)


def _of_sides(side, scores):
    """Gives the derivative by the scores, and the loss, of - |side| log s(side z)."""
    d_scores = -side * tf.sigmoid(-side * scores)
    return d_scores, tf.reduce_sum(tf.abs(side) * tf.nn.softplus(-side * scores))
