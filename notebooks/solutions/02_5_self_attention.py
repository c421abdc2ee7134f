# %% [markdown]
# # §2.5 大规模语言模型的架构, self-attention: answers
#
# ## 1. The variance of a product
#
# $\mathrm{E}[q_i k_i] = \mathrm{E}[q_i] \mathrm{E}[k_i] = 0$, so $\mathrm{Var}(q_i k_i)
# = \mathrm{E}[q_i^2] \mathrm{E}[k_i^2] = \sigma^4$, and the terms of the sum are
# uncorrelated: $\mathrm{Var}(q \cdot k) = d_k \sigma^4$. One divides by $\sigma^2
# \sqrt{d_k}$.

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np

from roots_tf import exercises
from roots_tf.transformer import attention_masks as masks
from roots_tf.transformer.attention import MultiHeadAttention, attention_weights
from roots_tf.transformer.position_embedding import sinusoidal_positions

keras.utils.set_random_seed(0)
random = np.random.default_rng(0)
for sigma in (0.5, 1, 3):
    q, k = random.normal(0, sigma, (2, 100_000, 64))
    variance = np.var((q * k).sum(axis=1) / (sigma**2 * np.sqrt(64)))
    assert np.isclose(variance, 1, atol=0.03)
assert exercises.check("02_5_self_attention.1", lambda d_k, s: s**2 * np.sqrt(d_k))

# %% [markdown]
# ## 2. Multiplications
#
# Four projections: $4 T D^2$. Scores and weighted means: $T^2 d_k$ each, a head, $2 T^2
# D$ in all. The second is larger from $T = 2 D$ on: 1,536 tokens for BERT-base, which
# reads 512 at most. What grows with the square of the length is the smaller part for
# short texts.


# %%
def multiplications(T, D):
    return 4 * T * D**2, 2 * T**2 * D


assert exercises.check("02_5_self_attention.2", multiplications)
T, D = np.arange(1, 4001), 768
projections, attention = multiplications(T, D)
assert T[np.argmax(attention >= projections)] == 2 * D
plt.figure(figsize=(5, 2.5))
plt.plot(T, projections / 1e9, label="projections")
plt.plot(T, attention / 1e9, label="attention")
plt.gca().set(xlabel="T", ylabel="billions")
plt.legend()
plt.show()

# %% [markdown]
# ## 3. One row in common
#
# The last: it may see everything in both cases. The first row of a causal text is 1 for
# itself, whatever it says.

# %%
q, k = random.normal(size=(2, 1, 1, 6, 16)).astype("float32")
free, causal = (
    np.asarray(attention_weights(q, k, mask))[0, 0]
    for mask in (None, masks.causal_attention_mask(6))
)
same = np.isclose(free, causal, atol=1e-6).all(axis=1)
assert same.tolist() == [False] * 5 + [True]
assert causal[0].tolist() == [1, 0, 0, 0, 0, 0]
assert exercises.check("02_5_self_attention.3", np.flatnonzero(same))

# %% [markdown]
# ## 4. Shuffled under a causal mask
#
# No: a token's vector depends on *which* tokens come before it, and so the mask lets
# something of the order in. (It does not depend on the order of those before it.)

# %%
layer = MultiHeadAttention(64, 4)
layer.build((None, 6, 64))
x = random.normal(size=(1, 6, 64)).astype("float32")
order = np.array([2, 0, 1, 5, 4, 3])
mask = masks.causal_attention_mask(6)
straight, shuffled = (
    np.asarray(layer(text, attention_mask=mask))[0] for text in (x, x[:, order])
)
assert np.abs(shuffled - straight[order]).max() > 0.01
# The first three are the same three words: what sees all of them sees the same.
assert np.allclose(
    np.asarray(layer(x[:, [2]], x[:, :3])), layer(x[:, [2]], x[:, [2, 0, 1]]), atol=1e-5
)
assert exercises.check("02_5_self_attention.4", [False, True])

# %% [markdown]
# ## 5. The token before
#
# $W^Q$ turns every hand back by one place, so that $q_t = \mathrm{PE}(t - 1)$, and
# $W^K$ is a multiple of the identity: the product is largest where the key is at $t -
# 1$. The larger the multiple, the sharper.


# %%
def projections_back(T, D):
    rates = 10_000.0 ** (-np.arange(0, D, 2) / D)
    W_q = np.zeros((D, D))
    for i, rate in enumerate(rates):  # rows: sine, cosine of x; columns: those of q
        c, s = np.cos(rate), np.sin(rate)
        W_q[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, s], [-s, c]]
    return W_q, 40 * np.eye(D)


assert exercises.check("02_5_self_attention.5", projections_back)
table = sinusoidal_positions(20, 64)
q, k = (np.float32(table @ matrix) for matrix in projections_back(20, 64))
assert np.allclose(q[1:], table[:-1], atol=1e-5)
weights = np.asarray(attention_weights(q[None, None], k[None, None]))[0, 0]
assert weights[1:].argmax(axis=1).tolist() == list(range(19))
assert weights[1:].max(axis=1).min() > 0.9
plt.figure(figsize=(3, 3))
plt.imshow(weights)
plt.gca().set(xlabel="key", ylabel="query")
plt.show()
