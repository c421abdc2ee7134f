# %% [markdown]
# # §3.1.1 Word2Vec, from text to examples: answers
#
# ## 1. How often a distance makes a pair
#
# A word at distance $d$ is in the window if that is drawn as $d$ or more: with
# probability $(W - d + 1) / W$. So five words away counts a fifth of next door.

# %%
import heapq

import numpy as np
import pandas as pd

from roots_tf import exercises
from roots_tf.word_vectors import context_windows
from roots_tf.word_vectors.huffman_tree import HuffmanTree

places = np.arange(100_000, dtype=np.int32)  # one sentence; the ids are the places
windows = context_windows.drawn_windows(len(places), 5, np.random.default_rng(0))
left, right = context_windows.extents(places, windows)
centres, contexts = context_windows.skip_gram_pairs(places, left, right)
distances, pairs = np.unique(np.abs(centres - contexts), return_counts=True)
counted = pairs / (2 * len(places))
assert distances.tolist() == [1, 2, 3, 4, 5]
assert np.allclose(counted, (5 - distances + 1) / 5, atol=0.01)
assert exercises.check("03_1_1_text_to_examples.1", counted)
pd.DataFrame({"counted": counted, "formula": (6 - distances) / 5}, distances).round(3)

# %% [markdown]
# ## 2. Where dropping begins
#
# With $x = \sqrt{t/f}$ the equation is $x^2 + x = 1$, so $x = (\sqrt 5 - 1) / 2$ and $f
# = t / x^2 = 2.618\, t$: the golden ratio squared. The paper's rule begins at $f = t$.

# %%
counts = np.arange(1, 2_001)
threshold = 400 / counts.sum()  # t is the share of a word that is seen 400 times
golden = (1 + 5**0.5) / 2
for rule, first in (("paper", 400), ("c", 400 * golden**2)):
    keep = context_windows.keep_probabilities(counts, threshold, rule)
    dropped = counts[keep < 1 - 1e-12].min()
    assert dropped == np.floor(first) + 1
    print(f"{rule}: words seen {dropped} times or more are dropped now and then")
assert exercises.check("03_1_1_text_to_examples.2", golden**2)

# %% [markdown]
# ## 3. The tree from a heap
#
# The cost of a tree, the sum of counts times lengths, is the sum of the counts of its
# inner nodes. Any order among equal counts gives the same cost, but not the same paths.


# %%
def cost_of_a_heap(counts):
    heap, cost = [int(count) for count in counts], 0
    heapq.heapify(heap)
    while len(heap) > 1:
        joined = heapq.heappop(heap) + heapq.heappop(heap)
        heapq.heappush(heap, joined)
        cost += joined
    return cost


def mean_path(counts):
    return cost_of_a_heap(counts) / sum(counts)


assert exercises.check("03_1_1_text_to_examples.3", mean_path)
for counts in ([50, 20, 15, 10, 5], np.random.default_rng(0).integers(1, 50, 1_000)):
    tree = HuffmanTree(counts)
    assert tree.length @ counts == cost_of_a_heap(counts)
    print(f"{len(counts)} words: {tree.length @ counts / np.sum(counts):.3f} choices")
# Two trees of one cost: 1, 1 and 2, 2 joined in pairs, or one after the other.
assert sum([1, 1, 2, 2]) * 2 == 1 * 3 + 1 * 3 + 2 * 2 + 2 * 1
