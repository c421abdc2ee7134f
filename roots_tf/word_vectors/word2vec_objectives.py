"""Three ways to make Word2Vec's hidden vector predict a word: the objectives.

Article: §4.1.1 (损失函数). Erratum: E01, whose printed loss is none of these.

Shapes: B examples, V words, D dimension, K noise words, L the longest Huffman path.
`h` (B, D) float is the hidden vector of each example: the centre word's for skip-gram,
the mean of the context words' for CBOW; `targets` (B,) int32 is the word to be
predicted from it. Each function gives the loss of each example (B,), in nats.
"""

from keras import ops

OBJECTIVES = ("negative-sampling", "hierarchical-softmax", "full-softmax")


def full_softmax(h, targets, output_vectors):
    """Gives `-log p(t | h)` over the whole vocabulary, which costs V D a word.

    `p(k | h) = exp(u_k . h) / sum_j exp(u_j . h)`, with the gradients
    `dL/du_k = (p_k - [k = t]) h` and `dL/dh = sum_k (p_k - [k = t]) u_k`.

    Source: 1310.4546, eq. 2; for CBOW: Rong 2014 (1411.2738), §1.2.

    Args:
        h: (B, D).
        targets: (B,) int32.
        output_vectors: u, (V, D).
    """
    scores = ops.matmul(h, ops.transpose(output_vectors))  # (B, V)
    of_target = ops.take_along_axis(scores, targets[:, None], axis=1)  # (B, 1)
    return ops.logsumexp(scores, axis=1) - of_target[:, 0]


def negative_sampling(h, targets, output_vectors, noise):
    """Gives the loss of telling the target from K noise words.

    `-log sigmoid(u_t . h) - sum_k log sigmoid(-u_{n_k} . h)`, with `dL/du = g h` and
    `dL/dh = sum g u`, where `g = sigmoid(u . h) - [u is the target's]`. A noise word
    that is the target itself is left out, as in word2vec.c.

    Source: 1310.4546, eq. 4.

    Args:
        h: (B, D).
        targets: (B,) int32.
        output_vectors: u, (V, D).
        noise: n, (B, K) int32.
    """
    words = ops.concatenate([targets[:, None], noise], axis=1)  # (B, 1 + K)
    scores = _scores(h, output_vectors, words)  # (B, 1 + K)
    of_noise = ops.where(noise == targets[:, None], 0.0, ops.softplus(scores[:, 1:]))
    return ops.softplus(-scores[:, 0]) + ops.sum(of_noise, axis=1)


def hierarchical_softmax(h, targets, node_vectors, path, code, length):
    """Gives `-log p(t | h)`, a product of L binary choices on the way to the word.

    `p(w | h) = prod_j sigmoid(s_j v_{n_j} . h)` over the inner nodes n_j of the word's
    path, with `s_j = +1` where its code is 0 and `-1` where it is 1. Over all words
    this sums to 1. With `g_j = sigmoid(v_{n_j} . h) - (1 - code_j)`:
    `dL/dv_{n_j} = g_j h`, `dL/dh = sum_j g_j v_{n_j}`.

    Source: 1310.4546, eq. 3; the signs: word2vec.c.

    Args:
        h: (B, D).
        targets: (B,) int32.
        node_vectors: v, (V - 1, D).
        path: (V, L) int32, as in `huffman_tree.HuffmanTree`.
        code: (V, L) 0 or 1, the same.
        length: (V,) int32, the same.
    """
    nodes = ops.take(path, targets, axis=0)  # (B, L)
    scores = _scores(h, node_vectors, nodes)  # (B, L)
    signs = 1 - 2 * ops.cast(ops.take(code, targets, axis=0), scores.dtype)
    on_path = ops.arange(nodes.shape[1]) < ops.take(length, targets)[:, None]
    return ops.sum(ops.where(on_path, ops.softplus(-signs * scores), 0.0), axis=1)


def _scores(h, vectors, rows):
    """Products of each h (B, D) with its own rows (B, R) of a table: (B, R)."""
    return ops.einsum("bd,brd->br", h, ops.take(vectors, rows, axis=0))
