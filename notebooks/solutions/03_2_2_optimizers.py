# %% [markdown]
# # §3.2.2 Optimisers: answers
#
# ## 1. The speed of momentum
#
# $u_t = -\alpha g (1 + \beta + \dots + \beta^{t-1}) \to -\alpha g / (1 - \beta)$: with
# $\beta = 0.9$ ten times SGD's speed. A learning rate of $(1 - \beta) \alpha$ gives
# SGD's.

# %%
import matplotlib.pyplot as plt
import numpy as np

from roots_tf import exercises
from roots_tf.datasets.classification import load_classification
from roots_tf.optimization.adam import adam, adamw
from roots_tf.optimization.mlp_by_hand import Mlp
from roots_tf.optimization.sgd import momentum
from roots_tf.train.bag_of_words import read_bags


def speed_and_rate(alpha, beta):
    return alpha / (1 - beta), alpha * (1 - beta)


assert exercises.check("03_2_2_optimizers.1", speed_and_rate)
w = u = 0.0
for _ in range(200):
    w, u = momentum(w, u, 1.0, learning_rate=0.01, decay=0.9)
assert np.isclose(u, -0.01 / (1 - 0.9))
print(f"speed {-u:.4f} a step, SGD 0.01")

# %% [markdown]
# ## 2. Other betas
#
# With $\beta_2 = 0.99$ the error is smaller and over sooner. The first step is
# $(1 - \beta_1) / \sqrt{1 - \beta_2}$ times the learning rate: right if
# $1 - \beta_2 = (1 - \beta_1)^2$, which for $\beta_1 = 0.9$ is the same 0.99. But the
# next steps are not.

# %%
t = np.arange(1, 2001)
plt.figure(figsize=(6, 3))
for beta_2 in (0.99, 0.999):
    ratio = (1 - 0.9**t) / np.sqrt(1 - beta_2**t)
    most = t[ratio.argmax()]
    plt.semilogx(t, ratio, label=f"{beta_2}: {ratio.max():.2f} at step {most}")
    if beta_2 == 0.99:
        assert np.isclose(ratio[0], 1) and most == 13 and 2 < ratio.max() < 2.2
        assert exercises.check("03_2_2_optimizers.2", [most, 1 - (1 - 0.9) ** 2])
plt.legend(title="$\\beta_2$")
plt.xlabel("step")
plt.ylabel("printed step / right step")
plt.show()

# %% [markdown]
# ## 3. Penalty and decay
#
# Two weights of 1, one with gradients of size 10, one of 0.1, of random sign. Adam
# divides the penalty by $\sqrt{\hat v}$ as it does the rest of the gradient, so that
# the weight with the large gradients hardly shrinks.


# %%
def step_of_adamw(w, m, v, g, t, learning_rate, decay):
    w_after_adam, _, _ = adam(w, m, v, g, t, learning_rate)
    return w_after_adam - learning_rate * decay * w


assert exercises.check("03_2_2_optimizers.3", step_of_adamw)
rng = np.random.default_rng(0)
gradients = rng.choice([-1.0, 1.0], (1000, 2)) * [10.0, 0.1]
runs = {}
for name in ("none", "penalty", "decay"):
    w, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    for t, g in enumerate(gradients, start=1):
        rule = adamw if name == "decay" else adam
        options = {"weight_decay": 0.1} if name == "decay" else {}
        g = g + 0.1 * w if name == "penalty" else g
        w, m, v = rule(w, m, v, g, t, 0.001, **options)
    runs[name] = w
shrunk = {name: runs["none"] - runs[name] for name in ("penalty", "decay")}
assert shrunk["penalty"][1] > 10 * shrunk["penalty"][0]
assert np.isclose(*shrunk["decay"], rtol=0.2)
print({name: by.round(4).tolist() for name, by in shrunk.items()})

# %% [markdown]
# ## 4. The noise of a batch
#
# The mean over $B$ texts drawn at random is right on average and off by
# $\sigma / \sqrt B$: four times the texts, half the noise.

# %%
data = load_classification("reviews_zh")
_, bags = read_bags(data, vocab_size=500)
x, labels = bags["train"].astype(float), data.train.labels
mlp = Mlp((x.shape[1], 16, 2))
parameters = mlp.initial_parameters(seed=0)


def gradient_of(rows):
    gradients = mlp.gradients(parameters, x[rows], labels[rows])[1]
    return np.concatenate([gradient.ravel() for gradient in gradients])


whole, off = gradient_of(slice(None)), {}
for size in (1, 4, 16, 64):
    draws = [gradient_of(rng.integers(0, len(x), size)) for _ in range(200)]
    off[size] = np.sqrt(np.mean([((draw - whole) ** 2).sum() for draw in draws]))
    assert np.isclose(off[size], off[1] / np.sqrt(size), rtol=0.15)
shares = {size: round(distance / off[1], 3) for size, distance in off.items()}
assert exercises.check("03_2_2_optimizers.4", list(shares.values()))
print(shares)
