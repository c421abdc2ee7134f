# %% [markdown]
# # §3.1.2, §4.1.2 GloVe: answers
#
# ## 1. A minus before the printed loss
#
# $-\log$ of a cosine is least where the cosine is 1. Every word is seen beside another,
# and so all of them end as one: the loss is 0, and no word can be told from another.
# Nothing says how *much* more often two words are seen together than others.

# %%
from itertools import combinations

import keras
import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.errata import e03_glove_steps as e03
from roots_tf.errata import e04_glove_loss as e04
from roots_tf.word_vectors import glove_by_hand as by_hand

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()

counts = e03.cooccurrence(e03.FIRST)
met = [pair for pair in combinations(range(4), 2) if counts[pair]]
first, second = np.transpose(met)
vectors = tf.Variable(np.abs(np.random.default_rng(0).normal(size=(4, 3))))
before = e04.printed_loss(vectors.numpy(), met)
for _ in range(500):
    with tf.GradientTape() as tape:
        unit = tf.math.l2_normalize(vectors, axis=1)
        a, b = tf.gather(unit, first), tf.gather(unit, second)
        loss = -tf.reduce_mean(tf.math.log(tf.reduce_sum(a * b, axis=1) + e04.EPSILON))
    vectors.assign_sub(0.5 * tf.convert_to_tensor(tape.gradient(loss, vectors)))
cosines = [
    e04.cosine(*vectors.numpy()[list(pair)]) for pair in combinations(range(4), 2)
]
assert np.min(cosines) > 0.9999 and len(met) == 5  # a and d, which never met, as well
assert exercises.check("03_1_2_glove.1", min(cosines))
print(
    f"printed loss {before:.3f} -> {-float(loss):.6f}; least cosine {min(cosines):.6f}"
)

# %% [markdown]
# ## 2. A text repeated
#
# $\log kX = \log X + \log k$: one of each cell's two biases takes the $\log k$. And
# $f(x) = \min(1, (x / x_{\max})^{3/4})$ stays the same if $x_{\max}$ grows as well. The
# vectors stay: how long the text is says nothing of the words.


# %%
def repeated(b, context_biases, x_max, k):
    return b + np.log(k), context_biases, k * x_max


assert exercises.check("03_1_2_glove.2", repeated)
w, contexts, b, context_biases = e03.FIXED
cells = np.nonzero(counts)
once = by_hand.GloveParameters(w, contexts, b, context_biases)
twice = by_hand.GloveParameters(w, contexts, b + np.log(2), context_biases)
j_once = by_hand.cost(once, *cells, counts[cells], x_max=100)
j_twice = by_hand.cost(twice, *cells, 2 * counts[cells], x_max=200)
assert np.isclose(j_once, j_twice, rtol=1e-12)
assert not np.isclose(j_once, by_hand.cost(once, *cells, 2 * counts[cells], x_max=200))
print(f"J = {j_once:.6f} = {j_twice:.6f}")

# %% [markdown]
# ## 3. The gradient of a cell
#
# $J_{ij} = f(x) e^2$ with $e = w_i^T \tilde w_j + b_i + \tilde b_j - \log x$, so that
# $\partial J_{ij} / \partial w_i = 2 f(x)\, e\, \tilde w_j$. The authors' program takes
# $J/2$ and has no factor 2.


# %%
def gradient(w, context, b, context_bias, count):
    error = w @ context + b + context_bias - np.log(count)
    return 2 * by_hand.weight(count) * error * context


assert exercises.check("03_1_2_glove.3", gradient)
