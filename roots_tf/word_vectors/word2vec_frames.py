"""One chunk of Word2Vec training as batched matrix products.

A chunk of C words becomes C / L frames of L centres; with the W words on each side a
frame has R = L + 2 W places. Its rows are what predicts: for skip-gram the vectors of
the R places, for CBOW the L means of the places in each centre's window. Its targets
are what is predicted, M output vectors. With weights w (frame, row, target), 0 where
nothing is predicted, and labels y of 1 or 0 the loss and its gradients are

    J  = - sum w (y log s(z) + (1 - y) log(1 - s(z)))      z = rows targets^T
    dJ/dz = w (s(z) - y)    dJ/drows = dJ/dz targets    dJ/dtargets = (dJ/dz)^T rows

Article: §3.1.1, §4.1.1.
Source: Mikolov et al. 2013 (1310.4546), eq. 3 and 4; Ji et al. 2016 (1604.04661).
"""

import numpy as np
import tensorflow as tf

MOST_TIMES = 16


class Frames:
    """The compiled update of a table by chunks; subclasses say what is predicted.

    Args:
        table: variable (V + outputs, D), the input vectors first.
        vocab_size: V.
        architecture: "skip-gram" or "cbow".
        chunk: words a chunk, C.
        window: largest distance of a context word, W.
        frame: centres a frame, L, a divisor of C.
    """

    def __init__(self, table, vocab_size, architecture, chunk, window, frame):
        self.table, self.vocab_size = table, vocab_size
        self.cbow = architecture == "cbow"
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
            return self.gradients(around, middle[n], reach[n], noise[n], rate)

        def step(n):
            rows, gradient, _ = gradients(n)
            self.table.scatter_sub(tf.IndexedSlices(gradient, rows))
            return (n + 1,)

        last = tf.shape(middle)[0] - 1
        before_last = tf.while_loop(
            lambda n: n < last, step, (0,), parallel_iterations=1
        )
        with tf.control_dependencies(before_last):
            loss = gradients(last)[2]
        with tf.control_dependencies([loss]):
            step(last)
        return loss

    def gradients(self, ids, middle, reach, noise, rate=1.0):
        """Gives the gradient of one chunk.

        Args:
            ids (C + 2 W,), middle and reach (C,), noise (S C / L,): as for `train`.
            rate: what the gradient is multiplied by.

        Returns:
            The rows of the table that it moves, (N,) int32, some more than once; the
            gradient of the sum of the losses for each (N, D); the mean loss.
        """
        pairs = self.pairs(middle, reach)  # (C / L, R, L)
        centres = tf.reshape(ids[self.window :][: self.chunk], [-1, self.frame])
        target_ids, meaning = self._targets(centres, noise)  # (C / L, M)
        target_ids = tf.reshape(target_ids, [-1])
        # Where frames overlap, a word has a row in both.
        input_ids = tf.gather(ids, self.frame_places)  # (C R / L,)
        rows = tf.concat([input_ids, target_ids], axis=0)
        width = self.table.shape[1]
        inputs, targets = (
            tf.reshape(part, [self.frames, -1, width])  # (C / L, R or M, D)
            for part in tf.split(
                tf.gather(self.table, rows), [len(self.frame_places), -1]
            )
        )
        if self.cbow:
            contexts = tf.reduce_sum(pairs, axis=1)  # (C / L, L)
            share = pairs / tf.maximum(contexts, 1)[:, None]
            means = tf.matmul(share, inputs, transpose_a=True)  # (C / L, L, D)
            counted = tf.sign(contexts)  # a word without context is not predicted
            d_means, d_targets, loss = self._cbow(means, counted, targets, *meaning)
            # As in the reference code, each context word takes the whole gradient.
            d_inputs = tf.matmul(pairs, d_means)  # (C / L, R, D)
        else:
            counted = pairs
            found = self._skip_gram(inputs, pairs, targets, *meaning)
            d_inputs, d_targets, loss = found
        gradient = [tf.reshape(d, [-1, width]) for d in (d_inputs, d_targets)]
        of_words, of_targets = tf.split(
            self._of_bursts(tf.concat([ids, target_ids], axis=0)), [ids.shape[0], -1]
        )
        share = tf.concat([tf.gather(of_words, self.frame_places), of_targets], axis=0)
        gradient = tf.concat(gradient, axis=0) * (rate * share)[:, None]
        return rows, gradient, loss / tf.maximum(tf.reduce_sum(counted), 1)

    def pairs(self, middle, reach):
        """Tells which places pair with which centres, 1 or 0, (C / L, R, L)."""
        middle = tf.reshape(middle, [-1, 1, self.frame])
        reach = tf.reshape(reach, [-1, 1, self.frame])
        return tf.cast(tf.abs(self._distance - middle) <= reach, tf.float32)

    def _of_bursts(self, rows):
        """Gives the share that is taken of the gradients of rows (N,), (N,).

        In "decimal 2.1 decimal 3 decimal ..." a word stands a hundred times in a chunk;
        the sum of as many gradients, all from the same vectors, overshoots. A word that
        stands there n > `MOST_TIMES` times is moved by `MOST_TIMES` / n of it.
        """
        _, place, times = tf.unique_with_counts(rows)
        return tf.minimum(
            1.0, MOST_TIMES / tf.cast(tf.gather(times, place), tf.float32)
        )


class NoiseFrames(Frames):
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

    def _targets(self, centres, noise):
        noise = tf.reshape(noise, [self.frames, self.shared])
        return tf.concat([centres, noise], axis=1) + self.vocab_size, ()

    def _skip_gram(self, rows, pairs, targets):
        noise = self.noise_weight * tf.reduce_sum(pairs, axis=2, keepdims=True)
        weights = tf.concat([pairs, tf.repeat(noise, self.shared, axis=2)], axis=2)
        return logistic(rows, targets, weights, self._labels)

    def _cbow(self, means, predicts, targets):
        own, noise = tf.split(targets, [self.frame, self.shared], axis=1)
        weights = self.noise_weight * predicts[..., None]
        d_means, d_noise, noise_loss = logistic(means, noise, weights, 0.0)
        # A mean predicts one centre alone: products of rows, not a matrix product.
        scores = tf.reduce_sum(means * own, axis=-1)  # (C / L, L)
        d_scores = (predicts * (tf.sigmoid(scores) - 1))[..., None]
        d_targets = tf.concat([d_scores * means, d_noise], axis=1)
        loss = tf.reduce_sum(predicts * tf.nn.softplus(-scores)) + noise_loss
        return d_means + d_scores * own, d_targets, loss


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
