"""What was answered in a like case? A reply is judged by examples, without learning.

    x_v         ln(1 + n_v) idf_v,  then divided by |x|          n_v times token v in x
    idf_v       ln((1 + N) / (1 + N_v)) + 1                      in N_v of N examples
    s(c, r)     max_i (c . c_i) (r . r_i)                        over the K nearest c_i

Each example is a context c_i and the reply r_i that a person gave. A reply is good if
it is like one that was given in a context that is like this one. For replies that are
themselves examples this is the oldest dialogue system that learns from data: say what
was said in the nearest context (case-based, 基于实例).

Article: §6 (5. 对话系统).
Source: tf-idf: Salton and Buckley 1988, "Term-weighting approaches in automatic text
    retrieval", §2 to 3; the nearest context's reply: Jafarpour, Burges, Ritter 2010,
    "Filter, rank, and transfer the knowledge: learning to chat", §3.
"""

import numpy as np
import tensorflow as tf

NEAREST = 64  # K


class ExampleMemory:
    """Scores replies by examples; all of it runs in a graph.

    Args:
        contexts, replies: ids (N, None) int32 of each example's, ragged.
        vocab_size: V.

    Raises:
        ValueError: there are no examples, or not a reply for each context.
    """

    def __init__(
        self, contexts: tf.RaggedTensor, replies: tf.RaggedTensor, vocab_size: int
    ):
        count = int(contexts.nrows())
        if not count or int(replies.nrows()) != count:
            raise ValueError(
                f"expected a reply for each of one or more contexts, got {count} "
                f"contexts and {int(replies.nrows())} replies"
            )
        self.vocab_size = vocab_size
        both = tf.concat([contexts, replies], axis=1)
        having = np.zeros(vocab_size)
        for row in both.to_list():
            having[np.unique(np.array(row, int))] += 1  # N_v
        idf = np.log((1 + count) / (1 + having)) + 1
        self.idf = tf.constant(idf, tf.float32)
        self.contexts = self.sparse_vectors(contexts)  # (N, V)
        self.reply_ids = replies.to_tensor(-1)  # (N, R), -1 for nothing
        self.replies = self.sparse_vectors(replies)  # (N, V)

    def vectors(self, ids: tf.Tensor) -> tf.Tensor:
        """Gives x (B, V) float32 of length 1 of ids (B, T) int32, -1 for nothing.

        A text without a token has a vector of zeros.
        """
        counts = tf.math.bincount(
            ids + 1, minlength=self.vocab_size + 1, axis=-1, dtype=tf.float32
        )[:, 1:]  # (B, V)
        weights = tf.math.log1p(counts) * self.idf
        return tf.math.divide_no_nan(weights, tf.norm(weights, axis=1, keepdims=True))

    def scores(
        self, context_ids: tf.Tensor, replies: tf.SparseTensor | None = None
    ) -> tf.Tensor:
        """Scores replies to one context (T,) int32: (C,) float32, 0 to 1.

        Args:
            context_ids: of its tokens; -1 for nothing.
            replies: vectors (C, V) from ``sparse_vectors``; None for the N examples'.
        """
        replies = self.replies if replies is None else replies
        similarities, rows = self._nearest(context_ids)  # 2 x (K,)
        near = self.vectors(tf.gather(self.reply_ids, rows))  # (K, V)
        like = tf.sparse.sparse_dense_matmul(replies, near, adjoint_b=True)
        return tf.reduce_max(like * similarities, axis=1)  # (C, K) -> (C,)

    def sparse_vectors(self, rows: tf.RaggedTensor) -> tf.SparseTensor:
        """Gives x of many texts (B, None) int32 as one sparse (B, V)."""
        places, values = [], []
        for number, ids in enumerate(rows.to_list()):
            found, counts = np.unique(np.array(ids, np.int64), return_counts=True)
            weights = np.log1p(counts) * self.idf.numpy()[found]
            places += [(number, place) for place in found]
            values += list(weights / max(np.linalg.norm(weights), 1e-12))
        shape = (int(rows.nrows()), self.vocab_size)
        places = np.reshape(np.array(places, np.int64), (-1, 2))
        return tf.SparseTensor(places, tf.constant(values, tf.float32), shape)

    def _nearest(self, context_ids) -> tuple[tf.Tensor, tf.Tensor]:
        vector = self.vectors(context_ids[None])  # (1, V)
        like = tf.sparse.sparse_dense_matmul(self.contexts, vector, adjoint_b=True)
        count = min(NEAREST, self.contexts.shape[0])
        return tf.math.top_k(like[:, 0], count)
