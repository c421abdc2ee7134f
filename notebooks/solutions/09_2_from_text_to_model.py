# %% [markdown]
# # Answers to the exercises of 09_2_from_text_to_model
#
# 1. The negations stand in the list of stop words too: they are asked for first.

# %%
import numpy as np

from roots_tf import exercises
from roots_tf.evaluation.perplexity import perplexity


def without_stop_words(tokens, stop_words, negations):
    return [t for t in tokens if t in negations or t not in stop_words]


assert exercises.check("09_2_from_text_to_model.1", without_stop_words)

# %% [markdown]
# 2. What is reported is the score of the test texts; word vectors that have read them
# know which of their words go together.

# %%
assert exercises.check("09_2_from_text_to_model.2", "test")

# %% [markdown]
# 3. The mean surprise is what adds up, not the probability.

# %%
nats = np.log(1e6) + 3 * np.log(100)
assert exercises.check("09_2_from_text_to_model.3", perplexity(nats, tokens=4))

# %% [markdown]
# 4. `--folder` of either run ends with the report of the last step: the difference to
# the bag of words with its 95 % interval. Two runs of your own compare with
# `python -m roots_tf.runs compare A B`.
