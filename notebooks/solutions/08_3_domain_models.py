# %% [markdown]
# # §8.3 领域特定模型: answers
#
# ## 1. LoRA in GPT-3
#
# $96 \cdot 2 \cdot 4 \cdot (12288 + 12288) = 18.9$ million, 0.01 % of 175 billion.

# %%
import keras
import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.trends.low_rank_adaptation import LowRankAdapted

trained = 96 * 2 * 4 * (12_288 + 12_288)
assert trained == 18_874_368
assert exercises.check("08_3_domain_models.1", trained)
assert 8_000 < 175e9 / trained < 10_000
print(f"{trained:,}, 1 of {175e9 / trained:,.0f}")

# %% [markdown]
# ## 2. Both zero: nothing moves
#
# With $G$ the gradient of $W + s A B$: $\partial A = s\, G B^T$ and $\partial B = s\,
# A^T G$. If both are zero, so are both gradients, in every step. With $A$ random only
# $\partial A$ is zero, in the first step.


# %%
def gradients(model, ids):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(ids) ** 2)
    found = tape.gradient(loss, [w.value for w in model.trainable_variables])
    return [float(tf.norm(gradient)) for gradient in found]


def by_A_and_B(G, A, B, s):
    return s * G @ B.T, s * A.T @ G


assert exercises.check("08_3_domain_models.2", by_A_and_B)
keras.utils.set_random_seed(0)
base = Gpt(GptConfig(23, 16, 12, 1, 3, 0.0), name="gpt")
base.build()
model = LowRankAdapted(base)
model.build()
ids = np.arange(9, dtype=np.int32)[None]
names = [weight.name for weight in model.trainable_variables]
norms = dict(zip(names, gradients(model, ids), strict=True))
assert all((norm == 0) == name.endswith("_A") for name, norm in norms.items())
for down in model.down:
    down.assign(np.zeros(down.shape))
assert not any(gradients(model, ids))
print(norms)

# %% [markdown]
# ## 3. alpha against the learning rate
#
# The first step moves $B$ by $-\eta\, s\, A^T G$ under SGD, and what counts is $s A
# \Delta B = -\eta s^2 A A^T G$: twice alpha and half the rate make it twice as large.
# Adam's first step is $\eta$ for every element, whatever the size of the gradient: $s A
# \Delta B$ is then proportional to $\eta s$, and stays the same.


# %%
def first_change(make_optimizer, alpha, rate):
    keras.utils.set_random_seed(0)
    fresh = Gpt(GptConfig(23, 16, 12, 1, 3, 0.0), name="gpt")
    fresh.build()
    model = LowRankAdapted(fresh, alpha=alpha)
    model.build()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(ids) ** 2)
    gradients = tape.gradient(loss, [w.value for w in model.trainable_variables])
    make_optimizer(rate).apply(gradients, model.trainable_variables)
    (weight, value), *_ = model.adapted_values()
    return np.asarray(value) - np.asarray(weight)


sgd, adam = (
    keras.optimizers.SGD,
    lambda rate: keras.optimizers.Adam(rate, epsilon=1e-12),
)
ratio = first_change(sgd, 16.0, 0.5) / first_change(sgd, 8.0, 1.0)
assert np.allclose(ratio, 2, rtol=1e-2)
same = first_change(adam, 16.0, 0.005), first_change(adam, 8.0, 0.01)
assert np.allclose(*same, rtol=1e-2, atol=1e-5)
factors = [np.median(ratio), np.median(same[0] / same[1])]
assert exercises.check("08_3_domain_models.3", factors)
print(f"SGD: {np.median(ratio):.3f} times the change; Adam: the same")

# %% [markdown]
# ## 4. Two adapters
#
# Merging adds, and sums do not depend on the order. (Whether the sum is a good model is
# another question: neither was trained beside the other.)

# %%
draw, adapters = np.random.default_rng(0), []
start = base.get_weights()
for _ in range(2):
    model = LowRankAdapted(base)
    model.build()
    adapters.append([draw.normal(size=w.shape) for w in model.down + model.up])
results = []
for order in ((0, 1), (1, 0)):
    base.trainable = True
    base.set_weights(start)
    for number in order:
        model = LowRankAdapted(base)
        model.build()
        for weight, values in zip(model.down + model.up, adapters[number], strict=True):
            weight.assign(values)
        model.merge()
    results.append(np.asarray(base(ids)))
assert np.allclose(*results, atol=1e-4)
assert exercises.check("08_3_domain_models.4", False)
