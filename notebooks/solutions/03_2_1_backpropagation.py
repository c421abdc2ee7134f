# %% [markdown]
# # §3.2.1 Backpropagation: answers
#
# ## 1. Softmax and cross-entropy
#
# With $p_j = e^{z_j} / \sum_k e^{z_k}$ the loss is $-\log p_y = \log \sum_k e^{z_k} -
# z_y$. Its derivative by $z_j$ is $e^{z_j} / \sum_k e^{z_k} - [j = y] = p_j - [j = y]$.

# %%
import matplotlib.pyplot as plt
import numpy as np

from roots_tf import exercises
from roots_tf.optimization.gradient_check import gradient_check
from roots_tf.optimization.mlp_by_hand import Mlp, cross_entropy


def by_logits(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[labels]) / len(labels)


assert exercises.check("03_2_1_backpropagation.1", by_logits)
rng = np.random.default_rng(0)
logits, labels = rng.normal(0, 2, (6, 4)), rng.integers(0, 4, 6)
ours = by_logits(logits, labels)
assert np.allclose(cross_entropy(logits, labels)[1], ours)
worst = gradient_check(lambda z: cross_entropy(z, labels)[0], logits, ours)
assert worst.relative_error < 1e-8
print(worst)

# %% [markdown]
# ## 2. The step of a finite difference
#
# Too large, and the curve bends within it: the error falls with $h^2$. Too small, and
# the two values of $f$ share most of their digits: their difference keeps the rounding
# error $\varepsilon |f|$, which division by $2h$ makes larger. They meet near
# $h = \varepsilon^{1/3} = 6 \cdot 10^{-6}$.

# %%
steps = np.logspace(-1, -12, 100)
errors = abs((np.exp(1 + steps) - np.exp(1 - steps)) / (2 * steps) - np.e) / np.e
best = steps[errors.argmin()]
assert 1e-7 < best < 1e-4
assert exercises.check("03_2_1_backpropagation.2", best)
assert errors[0] > 1e-4 and errors[-1] > 1e-6
plt.figure(figsize=(6, 3))
plt.loglog(steps, errors, ".")
plt.axvline(np.finfo(float).eps ** (1 / 3), color="gray", linestyle=":")
plt.xlabel("h")
plt.ylabel("relative error of the derivative of exp at 1")
plt.show()

# %% [markdown]
# ## 3. All weights 0
#
# The hidden units are 0, so $\partial\mathrm{Loss}/\partial W^2 = (a^1)^\top \delta^2$
# is 0; and $\delta^1 = \delta^2 (W^2)^\top$ is 0, so that $W^1$ gets none either. Only
# the last bias moves: the network learns how frequent the classes are, and no more.
# (Equal weights that are not 0 would move, but all hidden units alike.)

# %%
x, labels = rng.normal(size=(30, 5)), rng.integers(0, 2, 30)
mlp = Mlp((5, 8, 2))
parameters = [np.zeros_like(p) for p in mlp.initial_parameters(seed=0)]
for _ in range(200):
    loss, parameters = mlp.sgd_step(parameters, x, labels, 0.5)
W1, b1, W2, b2 = parameters
assert not W1.any() and not b1.any() and not W2.any() and b2.any()
moved = [bool(parameter.any()) for parameter in parameters]
assert exercises.check("03_2_1_backpropagation.3", moved)
share = labels.mean()
entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
assert np.isclose(loss, entropy)
print(f"loss {loss:.4f}, entropy of the labels {entropy:.4f}")

# %% [markdown]
# ## 4. Linear layers, however many
#
# $x W^1 W^2 W^3$ is $x W$ with $W = W^1 W^2 W^3$, and each bias goes through the layers
# above it. No line divides the corners of XOR.


# %%
def one_map(W1, b1, W2, b2, W3, b3):
    return W1 @ W2 @ W3, b1 @ W2 @ W3 + b2 @ W3 + b3


assert exercises.check("03_2_1_backpropagation.4", one_map)
x, labels = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
right = {}
for activation in ("identity", "tanh"):
    mlp = Mlp((2, 8, 8, 2), activation)
    parameters = mlp.initial_parameters(seed=0)
    for _ in range(1000):
        _, parameters = mlp.sgd_step(parameters, x, labels, 0.5)
    right[activation] = int((mlp.outputs(parameters, x).argmax(1) == labels).sum())
assert right["identity"] < 4 == right["tanh"]
print(right)
