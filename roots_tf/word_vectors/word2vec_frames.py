"""One chunk of Word2Vec training as batched matrix products.

A chunk of C words becomes C / L frames of L centres; with the W words on each side a
frame has R = L + 2 W places. Its rows are what predicts: for skip-gram the vectors of
the R places, for CBOW the L means of the places in each centre's window. Its targets
are what is predicted, M output vectors. With weights w (frame, row, target), 0 where
nothing is predicted, and labels y of 1 or 0 the loss and its gradients are

    J  = - sum w (y log s(z) + (1 - y) log(1 - s(z)))      z = rows targets^T
    dJ/dz = w (s(z) - y)    dJ/drows = dJ/dz targets    dJ/dtargets = (dJ/dz)^T rows

A word stands in several places of a chunk. Its gradients are sorted by word and summed
before the table is touched: one row is written for each word, not for each place.

Article: §3.1.1, §4.1.1.
Source: Mikolov et al. 2013 (1310.4546), eq. 3 and 4; Ji et al. 2016 (1604.04661).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

MOST_TIMES = 16


class Move(NamedTuple):
    """Gradients of rows of the table, of which some may be the same.

    Attributes:
        rows: (N,) int32.
        gradient: of the sum of the losses (N, D).
        share: tells which part of the sum over a row's places moves it, (U,) float32,
            from the different rows (U,) and how many places each has (U,).
    """

    rows: tf.Tensor
    gradient: tf.Tensor
    share: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Frames:
    """The compiled update of a table by chunks; subclasses say what is predicted.

    Args:
        table: variable (V + outputs, D), the input vectors first.
        vocab_size: V.
        chunk: words a chunk, C.
        window: largest distance of a context word, W.
        frame: centres a frame, L, a divisor of C.
    """

    def __init__(self, table, vocab_size, chunk, window, frame):
        self.table, self.vocab_size = table, vocab_size
        self.chunk, self.window, self.frame = chunk, window, frame
        self.frames = chunk // frame
        self.places = frame + 2 * window  # R
        # From each centre (column) to each place (row); a word is no pair of its own.
        distance = np.arange(self.places)[:, None] - window - np.arange(frame)[None]
        starts = np.arange(self.frames)[:, None] * frame
        self.frame_places = (starts + np.arange(self.places)).astype(np.int32).ravel()
        self._distance = tf.constant(np.where(distance == 0, 1e9, distance), tf.float32)
        self.train = tf.function(
            self._train,
            input_signature=[
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None, chunk], tf.float32),
                tf.TensorSpec([None, chunk], tf.float32),
                tf.TensorSpec([None, None], tf.int32),
                tf.TensorSpec([], tf.float32),
            ],
            autograph=False,
        )

    def _train(self, ids, middle, reach, noise, rate):
        """Trains N chunks, one after the other.

        Args:
            ids: words (N C + 2 W,) int32.
            middle, reach: windows (N, C) float32, see `word2vec_chunks.Chunks`.
            noise: noise words (N, S C / L) int32; (N, 0) if the objective has none.
            rate: learning rate.

        Returns:
            The last chunk's loss before its update, in nats a pair (CBOW: a word).
        """

        def gradients(n):
            around = ids[n * self.chunk : (n + 1) * self.chunk + 2 * self.window]
            around = tf.ensure_shape(around, [self.chunk + 2 * self.window])
            return self.gradients(around, middle[n], reach[n], noise[n])

        def step(n):
            for move in gradients(n)[0]:
                self._move(move, rate)
            return (n + 1,)

        last = tf.shape(middle)[0] - 1
        before_last = tf.while_loop(
            lambda n: n < last, step, (0,), parallel_iterations=1
        )
        with tf.control_dependencies(before_last):
            loss = gradients(last)[1]
        with tf.control_dependencies([loss]):
            step(last)
        return loss

    def _move(self, move, rate):
        order = tf.argsort(move.rows)
        rows, place, times = tf.unique_with_counts(tf.gather(move.rows, order))
        sums = tf.math.segment_sum(tf.gather(move.gradient, order), place)
        sums *= (rate * move.share(rows, times))[:, None]
        # Read again, lest another thread's move since then be undone.
        moved = tf.gather(self.table, rows) - sums
        self.table.scatter_update(tf.IndexedSlices(moved, rows))

    def gradients(self, ids, middle, reach, noise):
        """Gives the gradients of one chunk.

        Args:
            ids (C + 2 W,), middle and reach (C,), noise (S C / L,): as for `train`.

        Returns:
            The moves, and the mean loss.
        """
        pairs = self.pairs(middle, reach)  # (C / L, R, L)
        input_ids = tf.gather(ids, self.frame_places)  # (C R / L,)
        centres = ids[self.window :][: self.chunk]  # (C,)
        inputs = self.vectors(input_ids)  # (C / L, R, D)
        d_inputs, moves, loss = self._predict(inputs, pairs, centres, noise)
        return [self.move_inputs(input_ids, d_inputs), *moves], loss

    def pairs(self, middle, reach):
        """Tells which places pair with which centres, 1 or 0, (C / L, R, L)."""
        middle = tf.reshape(middle, [-1, 1, self.frame])
        reach = tf.reshape(reach, [-1, 1, self.frame])
        return tf.cast(tf.abs(self._distance - middle) <= reach, tf.float32)

    def vectors(self, rows):
        """Reads rows of the table, as many for each frame: (N,) -> (C / L, ., D)."""
        vectors = tf.gather(self.table, rows)
        return tf.reshape(vectors, [self.frames, -1, self.table.shape[1]])

    def move(self, rows, gradient, share=None) -> Move:
        """Gives a move of rows (N,); where no share is given, of words."""
        gradient = tf.reshape(gradient, [-1, self.table.shape[1]])
        return Move(rows, gradient, share or (lambda rows, times: of_bursts(times)))

    def move_inputs(self, input_ids, d_inputs) -> Move:
        """Gives the move of the words at the places of all frames."""
        # Where frames overlap, a word has a place in both.
        copies = self.places / self.frame
        return self.move(input_ids, d_inputs, lambda _, n: of_bursts(n, copies))


class SkipGramFrames(Frames):
    """Skip-gram: the words at a frame's places predict the targets of its centres."""

    def _predict(self, inputs, pairs, centres, noise):
        rows, labels, weights, share = self._targets(centres, noise, pairs)
        d_inputs, d_targets, loss = logistic(
            inputs, self.vectors(rows), weights, labels
        )
        loss /= tf.maximum(tf.reduce_sum(pairs), 1)
        return d_inputs, [self.move(rows, d_targets, share)], loss


class CbowFrames(Frames):
    """CBOW: the mean of the words in a centre's window predicts the centre."""

    def _predict(self, inputs, pairs, centres, noise):
        contexts = tf.reduce_sum(pairs, axis=1)  # (C / L, L)
        share = pairs / tf.maximum(contexts, 1)[:, None]
        means = tf.matmul(share, inputs, transpose_a=True)  # (C / L, L, D)
        predicts = tf.sign(contexts)  # a word without context is not predicted
        d_means, moves, loss = self._of_means(means, predicts, centres, noise)
        # As in the reference code, each context word takes the whole gradient.
        d_inputs = tf.matmul(pairs, d_means)  # (C / L, R, D)
        return d_inputs, moves, loss / tf.maximum(tf.reduce_sum(predicts), 1)


class NoiseSkipGramFrames(SkipGramFrames):
    """Negative sampling: a frame's targets are its L centres and its S noise words.

    Args:
        negatives: noise words a pair, K: each of the S counts K / S.
        shared: noise words a frame, S.
    """

    def __init__(self, *arguments, negatives, shared=32, frame=32):
        super().__init__(*arguments, frame=frame)
        self.shared, self.noise_weight = shared, negatives / shared
        self.noise_per_chunk = self.frames * shared
        self._labels = tf.constant([[[1.0] * frame + [0.0] * shared]])  # (1, 1, M)

    def _targets(self, centres, noise, pairs):
        per_frame = (tf.reshape(some, [self.frames, -1]) for some in (centres, noise))
        rows = tf.reshape(tf.concat([*per_frame], axis=1), [-1]) + self.vocab_size
        noise = self.noise_weight * tf.reduce_sum(pairs, axis=2, keepdims=True)
        weights = tf.concat([pairs, tf.repeat(noise, self.shared, axis=2)], axis=2)
        return rows, self._labels, weights, None


class NoiseCbowFrames(CbowFrames):
    """Negative sampling: each mean predicts its centre, and the frame's S noise words.

    Args:
        negatives, shared: as for `NoiseSkipGramFrames`.
    """

    def __init__(self, *arguments, negatives, shared=32, frame=32):
        super().__init__(*arguments, frame=frame)
        self.noise_weight = negatives / shared
        self.noise_per_chunk = self.frames * shared

    def _of_means(self, means, predicts, centres, noise):
        own_rows, noise_rows = centres + self.vocab_size, noise + self.vocab_size
        own = self.vectors(own_rows)
        weights = self.noise_weight * predicts[..., None]
        d_means, d_noise, noise_loss = logistic(
            means, self.vectors(noise_rows), weights, 0.0
        )
        # A mean predicts one centre alone: products of rows, not a matrix product.
        scores = tf.reduce_sum(means * own, axis=-1)  # (C / L, L)
        d_scores = (predicts * (tf.sigmoid(scores) - 1))[..., None]
        moves = [self.move(own_rows, d_scores * means), self.move(noise_rows, d_noise)]
        loss = tf.reduce_sum(predicts * tf.nn.softplus(-scores)) + noise_loss
        return d_means + d_scores * own, moves, loss


def of_bursts(times, copies=1.0):
    """Gives the share that is taken of the gradients of rows, (U,).

    In "decimal 2.1 decimal 3 decimal ..." a word stands a hundred times in a chunk; the
    sum of as many gradients, all from the same vectors, overshoots. A word that stands
    there n > `MOST_TIMES` times is moved by `MOST_TIMES` / n of it.

    Args:
        times: how many places each row has (U,) int32.
        copies: places that a word has each time that it stands there, on average.
    """
    return tf.minimum(1.0, MOST_TIMES * copies / tf.cast(times, tf.float32))


def logistic(rows, targets, weights, labels):
    """Gives the gradients of rows and targets, and the loss, as the module says."""
    scores = tf.matmul(rows, targets, transpose_b=True)
    d_scores = weights * (tf.sigmoid(scores) - labels)
    losses = tf.nn.softplus(scores) - labels * scores
    return (
        tf.matmul(d_scores, targets),
        tf.matmul(d_scores, rows, transpose_a=True),
        tf.reduce_sum(weights * losses),
    )
