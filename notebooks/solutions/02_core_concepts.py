# %% [markdown]
# # §2 核心概念与联系: answers
#
# ## 1. Room in a vector
#
# Read back, a token's own vector $e$ gives $e \cdot e \approx D$; the $n - 1$ others
# add noise of variance $(n - 1) D$. The right one of 1,000 wins while $\sqrt{D / (n -
# 1)}$ is above the largest of 1,000 normal numbers, about 3.2: up to some $n = 1 + D /
# 10$. The room grows with $D$, not with the text.

# %%
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf import exercises
from roots_tf.datasets.classification import load_classification
from roots_tf.errata import e14_three_architectures as e14
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.transformer.attention import attention_weights
from roots_tf.transformer.attention_masks import causal_attention_mask

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
random = np.random.default_rng(0)


def read_back(table, written, n):
    return [(table @ np.roll(written, -t)).argmax() for t in range(n)]


def share_read_back(length, width):
    table = random.normal(size=(1000, width))
    tokens = random.integers(1000, size=length)
    written = sum(np.roll(table[token], t) for t, token in enumerate(tokens))
    return np.mean(read_back(table, written, length) == tokens)


assert exercises.check("02_core_concepts.1", read_back)
rows = {
    width: [
        np.mean([share_read_back(n, width) for _ in range(10)]) for n in (4, 16, 64)
    ]
    for width in (64, 256)
}
assert rows[64][0] > 0.6 and rows[64][1] < 0.5 < rows[256][1] and rows[256][2] < 0.5
pd.DataFrame(rows, ["4 tokens", "16", "64"]).T

# %% [markdown]
# ## 2. Depth
#
# No number of causal layers lets anything see the future: a position depends on those
# before it, and they on those before them. Looking back one place at a time, two layers
# reach two places back, and three three: a stack sees as far as its reach times its
# depth.


# %%
def stack(x, depth, reach=6):
    for _ in range(depth):
        distance = np.subtract.outer(np.arange(6), np.arange(6))
        mask = (distance >= 0) & (distance <= reach)
        heads = np.float32(x)[None, None]
        weights = np.asarray(attention_weights(heads, heads, mask[None, None]))
        x = (x + weights[0, 0] @ x) / 2
    return x


def notices(depth, reach):
    return e14.sensitivity(lambda x: stack(x, depth, reach), some, others) > 0


some, others = e14.example()
for depth in (1, 2, 3):
    far, near = notices(depth, reach=6), notices(depth, reach=1)
    distance = np.subtract.outer(np.arange(6), np.arange(6)).T
    assert np.array_equal(far, distance >= 0)
    assert np.array_equal(near, (distance >= 0) & (distance <= depth))
assert exercises.check("02_core_concepts.2", notices)
print("\n".join(e14.picture(near)))

# %% [markdown]
# ## 3. A prefix language model
#
# The mask of a decoder, or that the key is in the prompt (Raffel et al. 2020,
# 1910.10683, figure 4): the prompt is read as an encoder reads, the answer is written
# as a decoder writes, by one and the same stack.

# %%
in_prompt = np.arange(6) < 3
prefix = np.asarray(causal_attention_mask(6)) | in_prompt  # (1, 1, T, S)


def prefix_model(x):
    heads = np.float32(x)[None, None]
    return x + np.asarray(attention_weights(heads, heads, prefix))[0, 0] @ x


noticed = e14.sensitivity(prefix_model, some, others) > 0
assert np.array_equal(noticed, np.triu(np.ones((6, 6), bool)) | in_prompt[:, None])
assert exercises.check("02_core_concepts.3", noticed)
print("\n".join(e14.picture(noticed)))

# %% [markdown]
# ## 4. Weights are no reasons
#
# For each word the change of the logits without it, and its weight. Above chance the
# two agree, and far from always: a word acts through what is taken from it (its value),
# and through other tokens as well (Jain, Wallace 2019, 1902.10186).

# %%
data, settings = load_classification("reviews_en"), TextSettings(max_length=48)
texts, tests = (
    [["[CLS]", *text][:48] for text in tokenize(part.texts, settings)]
    for part in (data.train, data.test)
)
vocabulary = Vocabulary.build(texts)


def ids_of(texts):
    ids = encode(texts, vocabulary, settings)
    return {"token_ids": keras.utils.pad_sequences(ids, 48, padding="post")}


sizes = {"hidden_size": 32, "num_layers": 1, "attention_dropout": 0.0}
config = BertConfig.tiny(len(vocabulary), max_positions=48, **sizes)
model = TextClassifier(Bert(config), 2)
model.build()
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.003), loss)
model.fit(ids_of(texts), data.train.labels, epochs=8, batch_size=32, verbose=0)

weights = np.asarray(model.encoder.attention_weights(ids_of(tests))[0])
agree, chance = [], []
for text, of_text in zip(tests[:40], weights.mean(axis=1)[:, 0], strict=False):
    without = [text[:t] + text[t + 1 :] for t in range(1, len(text))]
    logits = np.asarray(model(ids_of([text, *without])))  # (T, 2)
    change = np.abs(logits[1:] - logits[0]).max(axis=1)
    agree.append(of_text[1 : len(text)].argmax() == change.argmax())
    chance.append(1 / len(without))
assert np.mean(chance) < np.mean(agree) < 0.9
print(
    f"the same word in {np.mean(agree):.0%} of texts; by chance {np.mean(chance):.0%}"
)
