# %% [markdown]
# # §5.3 From the article's BiLSTM to BERT: answers
#
# ## 1. The parameters of *depth*
#
# Words $V D$ and positions $64 D$; a block has four projections of attention, two of
# the feed-forward network, two norms; then $2 D$ pooled features to nine classes.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

from roots_tf import exercises
from roots_tf.datasets.classification import TextExamples, load_classification
from roots_tf.evaluation.baselines import bag_of_words_baseline
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.transformer.encoder_block import EncoderBlock

V, D, F = 7_000, 128, 512
attention, feed_forward, norms = 4 * (D * D + D), 2 * D * F + F + D, 2 * 2 * D
block = EncoderBlock(D, 2, F)
block.build((None, None, D))
assert block.count_params() == attention + feed_forward + norms == 198_272
total = V * D + 64 * D + 2 * block.count_params() + (2 * D * 9 + 9)
assert exercises.check("05_3_real_bert.1", total)
print(f"{total:,} of which {V * D / total:.0%} are word vectors")

# %% [markdown]
# ## 2. Nobody looks at padding
#
# A score of minus infinity is a weight of 0, and the others add up to 1 as they should.
# Weights set to 0 after the softmax would add up to less. A whole encoder then gives a
# text the same logits with padding as without.


# %%
def attention_weights(scores, mask):
    scores = np.where(mask, scores, -np.inf)  # for each row the same columns
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


assert exercises.check("05_3_real_bert.2", attention_weights)
keras.utils.set_random_seed(0)
model = TextClassifier(Bert(BertConfig.tiny(50, hidden_size=32, num_heads=2)), 3)
model.build()
alone = np.array([[2, 7, 9, 11, 3]], np.int32)
padded = np.pad(alone, [[0, 0], [0, 6]])  # 0 is [PAD]
neighbour = np.array([[2, *range(10, 19), 3]], np.int32)
together = model({"token_ids": np.concatenate([padded, neighbour])})
difference = np.abs(model({"token_ids": alone}) - together[:1]).max()
assert difference < 1e-5
print(f"largest difference of a logit: {difference:.1e}")

# %% [markdown]
# ## 3. How many of 1,000 tokens
#
# 150 are asked for: 8 of 10 are hidden, one is replaced, one is left.

# %%
asked = 0.15 * 1_000
assert exercises.check("05_3_real_bert.3", [0.8 * asked, 0.1 * asked, 0.1 * asked])

# %% [markdown]
# ## 4. A gap that can be seen
#
# It learns to copy: the loss falls to almost nothing, and nothing has been learned of
# language. On random texts, of which nothing can be known, a model that sees the token
# is right every time; one that sees `[MASK]` guesses.

# %%
V, T, MASK = 20, 8, 4
random = np.random.default_rng(0)
texts = random.integers(5, V, (512, T)).astype(np.int32)
hidden = texts.copy()
hidden[:, 3] = MASK
known, new = slice(0, 256), slice(256, None)


def share_right(seen):
    keras.utils.set_random_seed(0)
    sizes = {"hidden_size": 32, "num_layers": 1, "num_heads": 2}
    token_ids = keras.Input((T,), dtype="int32")
    states, _ = Bert(BertConfig.tiny(V, **sizes))({"token_ids": token_ids})
    guesser = keras.Model(token_ids, keras.layers.Dense(V)(states[:, 3]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    guesser.compile(keras.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    guesser.fit(seen[known], texts[known, 3], epochs=8, verbose=0)
    return guesser.evaluate(seen[new], texts[new, 3], verbose=0)[1]


copied, guessed = share_right(texts), share_right(hidden)
assert copied > 0.95 and guessed < 0.2
print(f"right when it sees the token {copied:.2f}, when it does not {guessed:.2f}")

# %% [markdown]
# This is why BERT shows the token itself in one gap of ten only, and why the loss of
# such a gap alone says nothing.
#
# ## 5. How many labels?
#
# A quick way to guess: the bag of words (词袋) on the same task. From each doubling it
# gains about as much; a line through the points, over the logarithm of the number of
# texts, tells how many labels a given accuracy needs. For the random network, run
# `train.bert_finetune --random-weights --examples N` with several N; it needs more.

# %%
data, found = load_classification("docstrings"), {}
for count in (500, 1_000, 2_000, 4_000):
    part = TextExamples(data.train.texts[:count], data.train.labels[:count])
    found[count] = bag_of_words_baseline(part, data.validation, data.language).accuracy
slope, start = np.polyfit(np.log2(list(found)), list(found.values()), 1)
assert 0.01 < slope < 0.15
plt.figure(figsize=(5, 2.6))
plt.semilogx(list(found), list(found.values()), "o-", base=2)
plt.xlabel("labelled texts")
plt.ylabel("validation accuracy")
plt.tight_layout()
plt.show()
print(f"{slope:.3f} more with each doubling")
