# %% [markdown]
# # §7.3.2 最新研究成果, GPT: answers
#
# ## 1. GPT-2 small
#
# A block: four projections of attention $4 (D^2 + D)$, two dense layers $8 D^2 + 5 D$,
# two norms $4 D$: $12 D^2 + 13 D$ in all. A head of its own would have $V D$ more,
# 31 % of the model.

# %%
from itertools import product

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.decoding import sampling
from roots_tf.decoding.autoregressive import stream
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig

keras.utils.set_random_seed(0)
V, P, D, L = 50_257, 1_024, 768, 12
block = 4 * (D**2 + D) + (4 * D**2 + 4 * D) + (4 * D**2 + D) + 2 * 2 * D
count = V * D + P * D + L * block + 2 * D
assert block == 12 * D**2 + 13 * D
assert count == GptConfig.small().parameter_count == 124_439_808
assert exercises.check("07_3_2_gpt.1", [count, V * D])
print(f"{count:,}; {V * D:,} more, {V * D / count:.0%}")

# %% [markdown]
# ## 2. What is left of five tokens
#
# $k = 2$ leaves a and b. The nucleus is the *fewest* tokens that reach $p$: a and b
# have .7 together, which is enough for $p = .7$ and not for $p = .71$. Temperature 1/2
# squares the probabilities.

# %%
p = np.array([0.4, 0.3, 0.15, 0.1, 0.05], np.float32)
logits = np.log(p)[None]


def left(logits):
    return np.asarray(tf.nn.softmax(logits))[0].round(3)


rows = [
    left(sampling.keep_top_k(logits, 2)),
    # Just below .7: the sum of .4 and .3 in float32 may be either side of it.
    left(sampling.keep_top_p(logits, 0.699)),
    left(sampling.keep_top_p(logits, 0.71)),
    left(sampling.with_temperature(logits, 0.5)),
]
assert exercises.check("07_3_2_gpt.2", rows)
assert np.allclose(rows[0], [4 / 7, 3 / 7, 0, 0, 0], atol=1e-3)
assert [(row > 0).sum() for row in rows] == [2, 2, 3, 5]
assert np.allclose(rows[3], p**2 / (p**2).sum(), atol=1e-3)
print(left(sampling.with_temperature(logits, 0.5)))

# %% [markdown]
# ## 3. Entropy and temperature
#
# It rises with the temperature, from 0 (the most probable token alone) to $\ln V$ (all
# alike).


# %%
def entropy(probabilities, temperature):
    z = sampling.with_temperature(np.log(probabilities), temperature)
    q = tf.nn.softmax(z)
    return -float(tf.reduce_sum(tf.math.xlogy(q, q)))


assert exercises.check("07_3_2_gpt.3", entropy)
temperatures = np.geomspace(0.02, 50, 60)
entropies = [entropy(p, temperature) for temperature in temperatures]
assert np.all(np.diff(entropies) > -1e-6)
assert entropies[0] < 1e-3 and abs(entropies[-1] - np.log(5)) < 1e-3
plt.figure(figsize=(5, 2.5))
plt.semilogx(temperatures, entropies)
plt.gca().set(xlabel="temperature", ylabel="entropy, nats")
plt.show()

# %% [markdown]
# ## 4. One beam, and as many as there are texts
#
# One open end is greedy decoding. With all $V^n$ texts open nothing is lost: the search
# is exhaustive. Here a model of four tokens with random weights, made larger so that
# its probabilities differ.

# %%
model = Gpt(GptConfig.tiny(4, hidden_size=16, num_layers=1, num_heads=1))
model.build()
model.set_weights([8 * weight for weight in model.get_weights()])
start, length = np.array([[1]], np.int32), 3


def beams(count):
    cache = model.empty_cache(1, 8)
    found = beam_search(model.next_logits, cache, start, length, count, alpha=0.0)
    return found.token_ids[0].numpy().tolist(), found.scores[0].numpy()


texts = np.array(list(product(range(4), repeat=length)), np.int32)  # (64, 3)
read = np.concatenate([np.repeat(start, 64, axis=0), texts], axis=1)
of_tokens = tf.nn.log_softmax(model(read[:, :-1]))  # (64, 3, V)
scores = tf.reduce_sum(tf.gather(of_tokens, texts, batch_dims=2), axis=1).numpy()
greedy = stream(
    model.next_logits, model.empty_cache(1, 8), start[0], length, SamplingRule(0)
)
assert beams(1)[0][0] == list(greedy)
found, log_p = beams(64)
assert found[0] == texts[scores.argmax()].tolist()
assert np.allclose(log_p, np.sort(scores)[::-1], atol=1e-4)
print(found[0], f"P = {np.exp(log_p[0]):.3f}")

# %% [markdown]
# ## 5. Round in circles
#
# The penalty makes tokens that stand in the text less probable, and circles get longer.
# The paper divides the logit by it (Keskar et al. 2019, 1909.05858, §4.1): a negative
# one would come *nearer* to 0, and its token become more probable. So negative logits
# are multiplied.

# %%
model = Gpt(GptConfig.tiny(50, hidden_size=32, num_layers=2, num_heads=2))
model.build()
model.set_weights([8 * weight for weight in model.get_weights()])
kinds = {}
for penalty in (1.0, 1.3):
    rule = SamplingRule(temperature=0, repetition_penalty=penalty)
    text = list(stream(model.next_logits, model.empty_cache(1, 64), [1], 40, rule))
    kinds[penalty] = len(set(text))
assert kinds[1.3] > kinds[1.0]
z, seen = np.array([[2.0, -2.0, 1.0]], np.float32), np.array([[True, True, False]])
penalised = np.asarray(sampling.penalize_repetition(z, seen, 1.3))[0]
assert penalised[0] < 2 and penalised[1] < -2 and penalised[2] == 1 and -2 / 1.3 > -2
assert exercises.check(
    "07_3_2_gpt.5",
    lambda z, seen, size: sampling.penalize_repetition(z[None], seen[None], size)[0],
)
print(f"kinds of tokens in 40: {kinds}")
