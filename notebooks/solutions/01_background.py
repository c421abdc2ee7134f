# %% [markdown]
# # Answers to the exercises of 01_background
#
# 1. Every token has the surprise $\log 8$, so has the mean: the perplexity is 8.

# %%
import numpy as np

from roots_tf import exercises
from roots_tf.evaluation.perplexity import perplexity

answer = perplexity(4 * np.log(8), tokens=4)
assert exercises.check("01_background.1", answer)

# %% [markdown]
# 2. `np.add.at` adds once for each pair, also where a pair comes up twice.


# %%
def count_pairs(ids, vocab_size):
    counts = np.zeros((vocab_size, vocab_size), int)
    np.add.at(counts, (ids[:-1], ids[1:]), 1)
    return counts


assert exercises.check("01_background.2", count_pairs)

# %% [markdown]
# 3. Three of ten were counted; five more are shared out by the frequency of b.

# %%
assert exercises.check("01_background.3", (3 + 5 * 0.1) / (10 + 5))

# %% [markdown]
# 4. A's perplexity is of a character, B's of a word, which has several: nobody can
#    tell. Bits a character compare.

# %%
assert exercises.check("01_background.4", "cannot tell")
