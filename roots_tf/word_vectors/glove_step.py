"""One tile of GloVe's cells as matrix products: the step of the fast loop.

Article: §3.1.2 step 3 (优化词向量), §4.1.2. Errata: E03, E04.
Source: Pennington, Socher, Manning 2014 (D14-1162), eq. 8; glove.c.

A word's row is `[w_i, b_i, 1]`, a context's `[w~_j, 1, b~_j]`, so that their product is
`w_i . w~_j + b_i + b~_j`. With the rows L (R, K) and M (U, K) of a tile, K = D + 2, its
weights F and logarithms Y (R, U), both 0 where there is no cell:

    E = L M^T - Y      G = F * E      J = sum of F E^2 = sum of G E
    dL = G M           dM = G^T L                         gradients of J / 2
    sL = G^2 M^2       sM = (G^2)^T L^2                   (^2: of each element)

sL is exactly the sum of the squares of the cells' own gradients, which is what AdaGrad
sums up, and not the square of their sum. With the sums so far S the step is

    L <- L - dL / (sqrt(S + sL) + H)

H damps it: the second derivative of J / 2 by b_i is the row's sum of F, that by w_i has
the trace sum_j F_ij |w~_j|^2, of which the share `damping` is taken for what lies along
the step. One cell at a time, the second gradient would already feel the first step.
"""

import numpy as np
import tensorflow as tf

from roots_tf.word_vectors.glove_by_hand import GloveParameters
from roots_tf.word_vectors.glove_tiles import PackedTiles
from roots_tf.word_vectors.large_table import TableRows, make_table, slices


class TileStep:
    """The table of parameters, the sums of squares, and the compiled step.

    Args:
        start: the parameters at the start.
        learning_rate: of the vectors; the biases' is 1, as in glove.c. As there, rates
            matter for the first steps alone: `rate g / sqrt(1 + sum (rate g)^2)` is
            `g / sqrt(1 / rate^2 + sum g^2)`, so that they only tell where sums start.
        damping: of the vectors, as a share of the trace, and of the biases.
        traceable: let a profiler see the operations, which is slower.

    Attributes:
        table: (2 V, K), words first, then contexts.
        sums: of squared gradients, (2 V, K); infinity at the ones, which stay.
    """

    def __init__(
        self,
        start: GloveParameters,
        learning_rate: float,
        damping: tuple[float, float],
        traceable: bool = False,
    ):
        self.num_words, self.dimension = start.words.shape
        shape = 2 * self.num_words, self.dimension + 2
        # The matrix products are made for processors.
        with tf.device("CPU"):
            self.table = make_table(*shape, _rows_of(start))
            self.sums = make_table(*shape, self._first_sums(learning_rate))
        of_vectors = np.repeat([1.0, 0.0], [self.dimension, 2])  # (K,)
        self._of_vectors = of_vectors[:, None].astype(np.float32)
        # Small operations: handing each to TensorFlow's pool would cost more than they.
        # The executor on one thread shows none of them to a profiler.
        self._executor = "" if traceable else "SINGLE_THREADED_EXECUTOR"
        self._damping = np.stack(
            [damping[0] * of_vectors, damping[1] * (1 - of_vectors)]
        ).astype(np.float32)
        kinds = {"shapes": (None, 3), "starts": (None, 2)}
        kinds |= dict.fromkeys(("columns", "places"), (None,))
        signature = [tf.TensorSpec(shape, tf.int32) for shape in kinds.values()]
        signature += [tf.TensorSpec([None], tf.float32)] * 2
        self._compiled = tf.function(
            self._train, input_signature=signature, autograph=False
        )

    def train(self, tiles: PackedTiles) -> float:
        """Trains tiles one after the other; gives the sum of their J / 2.

        Each is evaluated before its step. May be called from several threads at once.
        """
        executor = tf.experimental.function_executor_type(self._executor)
        with tf.device("CPU"), executor:
            return float(self._compiled(*vars(tiles).values())) / 2

    def parameters(self) -> GloveParameters:
        """Gives what was learned, float32."""
        words, contexts = np.split(self.table.numpy(), 2)
        width = self.dimension
        return GloveParameters(
            words[:, :width], contexts[:, :width], words[:, -2], contexts[:, -1]
        )

    def vectors(self, with_contexts: bool = True) -> np.ndarray:
        """Gives `GloveParameters.vectors` (V, D) float32 without a copy of the rest."""
        vectors = np.empty((self.num_words, self.dimension), np.float32)
        table = TableRows(self.table)
        for rows in slices(self.num_words):
            vectors[rows] = table[rows][:, : self.dimension]
            if with_contexts:
                contexts = slice(
                    rows.start + self.num_words, rows.stop + self.num_words
                )
                vectors[rows] += table[contexts][:, : self.dimension]
        return vectors

    def _first_sums(self, learning_rate):
        sums = np.full(self.dimension + 2, learning_rate**-2)
        sums[self.dimension :] = 1
        for one in (-1, -2):  # where words, and contexts, have their ones
            row = np.where(np.arange(len(sums)) == len(sums) + one, np.inf, sums)
            for rows in slices(self.num_words):
                yield np.tile(row, (rows.stop - rows.start, 1))

    def _train(self, shapes, starts, columns, places, log_counts, weights):
        def body(n, cost):
            of_columns, of_cells = (
                slice(starts[n, place], starts[n + 1, place]) for place in range(2)
            )
            cells = places[of_cells], log_counts[of_cells], weights[of_cells]
            return n + 1, cost + self._train_tile(
                *tf.unstack(shapes[n]), columns[of_columns], *cells
            )

        count = tf.shape(shapes)[0]
        start = tf.constant(0), tf.constant(0.0)
        loop = tf.while_loop(lambda n, _: n < count, body, start, parallel_iterations=1)
        return loop[1]

    def _train_tile(self, first, num_rows, sides, columns, places, log_counts, weights):
        """Trains one `Tile`, S sides at once; gives its J before the step."""
        size = num_rows * tf.size(columns)
        shape = tf.stack([num_rows, tf.size(columns)])
        # unsorted_segment_sum puts each number in its place, as scatter_nd, but faster.
        f = tf.reshape(tf.math.unsorted_segment_sum(weights, places, size), shape)
        y = tf.reshape(tf.math.unsorted_segment_sum(log_counts, places, size), shape)
        # The first side has the rows as words, the second as contexts.
        offsets = tf.constant([[0], [self.num_words]])
        left_ids = first + tf.range(num_rows) + offsets[:sides]  # (S, R)
        right_ids = columns + offsets[::-1][:sides]  # (S, U)
        left, right = tf.gather(self.table, left_ids), tf.gather(self.table, right_ids)
        error = tf.matmul(left, right, transpose_b=True) - y  # (S, R, U)
        g = f * error
        g_square, left_square, right_square = g * g, left * left, right * right
        steps = (
            self._step(left_ids, f, g, g_square, right, right_square, False),
            self._step(right_ids, f, g, g_square, left, left_square, True),
        )
        with tf.control_dependencies([step for _, step in steps]):
            for ids, step in steps:
                # Read again, lest another thread's step since then be undone; no word
                # is twice among the ids.
                now = tf.gather(self.table, ids)
                self.table.scatter_update(tf.IndexedSlices(now - step, ids))
        return tf.reduce_sum(g * error)

    def _step(self, ids, f, g, g_square, others, others_square, transposed):
        """Adds up the squares of one side, and gives its ids (N,) and steps (N, K)."""
        gradient = tf.matmul(g, others, transpose_a=transposed)  # (S, ., K)
        squares = tf.matmul(g_square, others_square, transpose_a=transposed)
        ids = tf.reshape(ids, [-1])
        sums = tf.gather(self.sums, ids) + tf.reshape(squares, [-1, gradient.shape[-1]])
        self.sums.scatter_update(tf.IndexedSlices(sums, ids))
        lengths = tf.matmul(others_square, self._of_vectors)  # |w|^2, (S, ., 1)
        traces = tf.concat([lengths, tf.ones_like(lengths)], axis=-1)
        traces = tf.matmul(f, traces, transpose_a=transposed)  # (S, ., 2)
        damping = tf.matmul(traces, self._damping)  # (S, ., K)
        flat = tf.shape(sums)
        step = tf.reshape(gradient, flat) / (tf.sqrt(sums) + tf.reshape(damping, flat))
        return ids, step


def _rows_of(start):
    """Gives the rows of the table, as the module says, some at a time."""
    for rows in slices(len(start.words)):
        ones = np.ones((rows.stop - rows.start, 1))
        yield np.hstack([start.words[rows], start.word_biases[rows, None], ones])
    for rows in slices(len(start.words)):
        ones = np.ones((rows.stop - rows.start, 1))
        yield np.hstack([start.contexts[rows], ones, start.context_biases[rows, None]])
