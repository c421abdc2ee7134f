"""Word2Vec: skip-gram and CBOW (连续词袋), two tables of vectors and nothing else.

Article: §3.1.1 step 2, §4.1.1 (Embedding Layer -> Hidden Layer -> Output Layer),
§2.4, §7.3.1. Errata: E01, E02: the hidden layer is a look-up or a mean, without weights
and without a non-linearity.
Source: Mikolov et al. 2013a (1301.3781) §3, 2013b (1310.4546) §2; word2vec.c.
"""

from collections.abc import Sequence

import keras
from keras import ops

from roots_tf.word_vectors import word2vec_objectives
from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.word2vec_objectives import OBJECTIVES


class Word2Vec(keras.Model):
    """What the two architectures have in common: the tables and the objective.

    As in word2vec.c, input vectors start uniform within ±1/(2 D), output and node
    vectors at 0.

    Args:
        vocab_size: V, two words or more.
        embedding_dim: D.
        objective: one of `OBJECTIVES`.
        counts: (V,) how often each word was seen, from which hierarchical softmax
            makes its tree; the other objectives take none.
        seed: of the start.

    Attributes:
        input_vectors: (V, D); the word vectors, once trained.
        output_vectors: (V, D), for negative sampling and full softmax.
        node_vectors: (V - 1, D), for hierarchical softmax, in place of those.
        tree: its `HuffmanTree`, or None.

    Raises:
        ValueError: an unknown objective, fewer than two words, a dimension below 1,
            or counts that the objective lacks, does not take, or not V of them.
    """

    def __init__(
        self,
        vocab_size: int,
        embedding_dim: int,
        objective: str = "negative-sampling",
        counts: Sequence[int] | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if objective not in OBJECTIVES:
            raise ValueError(
                f"expected an objective of {OBJECTIVES}, got {objective!r}"
            )
        if vocab_size < 2 or embedding_dim < 1:
            raise ValueError(
                "expected two words or more and a dimension of 1 or more, got "
                f"{vocab_size} words and dimension {embedding_dim}"
            )
        expected = vocab_size if objective == "hierarchical-softmax" else 0
        counts = [] if counts is None else [int(count) for count in counts]
        if len(counts) != expected:
            raise ValueError(
                f"expected {expected} counts of words for {objective}, "
                f"got {len(counts)}"
            )
        self.vocab_size, self.embedding_dim = vocab_size, embedding_dim
        self.objective, self.counts, self.seed = objective, counts or None, seed
        self.tree = HuffmanTree(counts) if counts else None
        limit = 0.5 / embedding_dim
        self.input_vectors = self.add_weight(
            shape=(vocab_size, embedding_dim),
            initializer=keras.initializers.RandomUniform(-limit, limit, seed),
            name="input_vectors",
        )
        name, rows = ("node", vocab_size - 1) if counts else ("output", vocab_size)
        table = self.add_weight(
            shape=(rows, embedding_dim), initializer="zeros", name=f"{name}_vectors"
        )
        setattr(self, f"{name}_vectors", table)
        self.built = True

    def example_losses(self, inputs, targets, noise=None):
        """Gives the loss of each example, (B,), in nats.

        Args:
            inputs: as `call` takes them.
            targets: (B,) int32, the words to be predicted.
            noise: (B, K) int32, noise words, for negative sampling alone.

        Raises:
            ValueError: noise is missing, or is there and not wanted.
        """
        samples = self.objective == "negative-sampling"
        if samples != (noise is not None):
            raise ValueError(
                f"{self.objective}: expected {'some' if samples else 'no'} noise words"
            )
        h = ops.cast(self(inputs), self.variable_dtype)  # (B, D)
        if self.objective == "full-softmax":
            return word2vec_objectives.full_softmax(h, targets, self.output_vectors)
        if self.objective == "negative-sampling":
            return word2vec_objectives.negative_sampling(
                h, targets, self.output_vectors, noise
            )
        tree = self.tree
        return word2vec_objectives.hierarchical_softmax(
            h, targets, self.node_vectors, tree.path, tree.code, tree.length
        )

    def get_config(self):
        return {
            **super().get_config(),
            "vocab_size": self.vocab_size,
            "embedding_dim": self.embedding_dim,
            "objective": self.objective,
            "counts": self.counts,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="roots_tf")
class SkipGram(Word2Vec):
    """Predicts each context word from the centre word: `h = v_centre`.

    word2vec.c and gensim look up the context word and predict the centre word. Both
    words of a pair have each other as context, so that over a text this differs in
    whose window is drawn, and in nothing else.

    Arguments, attributes and errors: see `Word2Vec`. Supports no masking.

    Shape:
        centre words ``(B,)`` int32 -> h ``(B, D)``.
    """

    def call(self, inputs):
        return ops.take(self.input_vectors, inputs, axis=0)


@keras.saving.register_keras_serializable(package="roots_tf")
class Cbow(Word2Vec):
    """Predicts the centre word from its context: `h = (1/N) sum_i v_{c_i}`.

    The gradient of each v_{c_i} is a share of h's, `(1/N) dL/dh`. word2vec.c and gensim
    add the whole of `dL/dh` to each instead: N times the step that the loss asks for.

    Args:
        undivided: give each context word the whole gradient of h, as they do.

    Further arguments, attributes and errors: see `Word2Vec`. Masks padding itself.

    Shape:
        context words ``(B, 2 W)`` int32, -1 for none -> h ``(B, D)``; 0 without any.
    """

    def __init__(self, *args, undivided: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.undivided = undivided

    def call(self, inputs):
        mask = inputs >= 0  # (B, 2 W)
        vectors = ops.take(self.input_vectors, ops.maximum(inputs, 0), axis=0)
        total = ops.sum(ops.where(mask[..., None], vectors, 0), axis=1)  # (B, D)
        count = ops.sum(ops.cast(mask, total.dtype), axis=1, keepdims=True)  # (B, 1)
        mean = total / ops.maximum(count, 1)
        if self.undivided:  # the mean's value, the sum's gradient
            return total + ops.stop_gradient(mean - total)
        return mean

    def get_config(self):
        return {**super().get_config(), "undivided": self.undivided}
