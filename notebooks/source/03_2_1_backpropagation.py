# %% [markdown]
# # §3.2.1 反向传播算法: backpropagation
#
# How does a network find out which of its weights to blame for an error? We write the
# algorithm in NumPy, check it against a method that knows no calculus, see TensorFlow
# get the same digits, and let it learn from real text. §4.2.1 gives the mathematics,
# with the wrong sign (E05 in ERRATA.md) and with a sum in place of a mean (E06).
#
# ## What the article says (§3.2.1)
#
# Four steps: forward propagation (前向传播) computes the output; the error (计算误差)
# is its distance from the label; backpropagation (反向传播) carries the error back to
# the input and so finds the gradient (梯度) of every parameter; an update (参数更新)
# moves the parameters against their gradients.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import docstring_classification
from roots_tf.errata import e05_gradient_sign as e05
from roots_tf.errata import e06_sum_and_names as e06
from roots_tf.evaluation.baselines import bag_of_words_baseline
from roots_tf.optimization.gradient_check import gradient_check
from roots_tf.optimization.mlp_by_hand import Mlp
from roots_tf.train.bag_of_words import read_bags

# %% [markdown]
# ## What is wrong: the sign (E05)
#
# For $\mathrm{Loss} = \frac12 \sum_i (\hat y_i - y_i)^2$ §4.2.1 prints
# $\sum_i (y_i - \hat y_i)\, \partial \hat y_i / \partial w$. The derivative of a square
# is $(\hat y_i - y_i)$: the printed gradient is the right one turned round. With the
# article's update $w \leftarrow w - \alpha\, \partial \mathrm{Loss} / \partial w$ it
# climbs. Two examples, $\hat y = w x$, $x = (1, 2)$, $y = (2, 4)$, from $w = 0$:

# %%
losses = {
    "right": e05.losses_of_steps(e05.right_gradient),
    "as printed": e05.losses_of_steps(e05.printed_gradient),
}
assert np.allclose(losses["right"], [10, 5.625, 3.164, 1.780], atol=1e-3)
assert np.allclose(losses["as printed"], [10, 15.625, 24.414, 38.147], atol=1e-3)
options = {"marker": "o", "figsize": (6, 3), "xlabel": "step", "ylabel": "loss"}
pd.DataFrame(losses).plot(**options, xticks=range(4))
plt.show()

# %% [markdown]
# ## The formula
#
# What §4.2.1 leaves out is how the gradient of a *hidden* layer comes about. Let layer
# $l = 1 \dots L$ compute, for a batch with one example a row,
#
# $$z^l = a^{l-1} W^l + b^l, \qquad a^l = \varphi(z^l), \qquad a^0 = x.$$
#
# Call $\delta^l = \partial\mathrm{Loss} / \partial z^l$ the error of layer $l$. The
# chain rule gives it from the layer above, and the gradients from it (Rumelhart,
# Hinton, Williams 1986, eq. 4–7; there as columns):
#
# $$\delta^L = \frac{\partial \mathrm{Loss}}{\partial a^L} \odot \varphi'(z^L), \qquad
# \delta^l = \big(\delta^{l+1} (W^{l+1})^\top\big) \odot \varphi'(z^l)$$
#
# $$\frac{\partial \mathrm{Loss}}{\partial W^l} = (a^{l-1})^\top \delta^l, \qquad
# \frac{\partial \mathrm{Loss}}{\partial b^l} = \sum_{\mathrm{rows}} \delta^l$$
#
# For the mean squared error $\partial\mathrm{Loss}/\partial a^L = (\hat y - y) / B$;
# for a softmax with cross-entropy, which §5 trains with, it is $(p - y) / B$. On paper,
# two linear units that feed two, one example, $x = 2$, targets $(13, 7)$:

# %%
paper = Mlp((1, 2, 2), activation="identity", loss="squared_error")
W1, W2 = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [3.0, 2.0]])
parameters = [W1, np.zeros(2), W2, np.zeros(2)]
loss, gradients = paper.gradients(parameters, np.array([[2.0]]), np.array([[13, 7]]))
# a1 = (2, 4), output (14, 6), delta2 = (1, -1), delta1 = (1 + 1, 3 - 2) = (2, 1)
assert paper.outputs(parameters, np.array([[2.0]])).tolist() == [[14, 6]]
assert gradients[2].tolist() == [[2, -2], [4, -4]]  # a1 times delta2
assert gradients[0].tolist() == [[4, 2]]  # x times delta1
print("loss", loss, "| dW1", gradients[0].tolist(), "| dW2", gradients[2].tolist())

# %% [markdown]
# ## Real text
#
# English reviews, positive or negative, as bags of words (词袋): a number for each
# frequent word, no order.

# %%
data = load_classification("reviews_en")
vocabulary, bags = read_bags(data, vocab_size=1000)
x, labels = bags["train"].astype(np.float64), data.train.labels
mlp = Mlp((x.shape[1], 16, 2), "tanh")
parameters = mlp.initial_parameters(seed=0)
names = ["W1", "b1", "W2", "b2"]
loss, gradients = mlp.gradients(parameters, x[:32], labels[:32])
assert [g.shape for g in gradients] == [p.shape for p in parameters]
print(data.train.texts[0], "->", data.label_names[labels[0]])
for name, gradient in zip(names, gradients, strict=True):
    print(f"{name}  {gradient.shape!s:12} norm {np.linalg.norm(gradient):.4f}")

# %% [markdown]
# ## Is it right? Ask the loss itself
#
# Move one weight by $\pm h$ and look how the loss changes. It takes two forward passes
# a weight, so it is no way to train, but it shares no formula with the algorithm:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# (Nocedal & Wright 2006, eq. 8.7.) `gradient_check` reports the worst coordinate. We
# also hand it two wrong gradients: the printed sign, and one without $\varphi'$.


# %%
def loss_at(*parameters):
    return mlp.mean_loss(parameters, x[:32], labels[:32])


linear = Mlp(mlp.sizes, "identity").gradients(parameters, x[:32], labels[:32])[1]
candidates = {
    "by hand": gradients,
    "printed sign": [-gradient for gradient in gradients],
    "as if tanh were linear": linear,
}
worst = {}
for name, candidate in candidates.items():
    options = {"names": names, "samples": 50}
    worst[name] = gradient_check(loss_at, parameters, candidate, **options)
    print(f"{name}: {worst[name]}")
assert worst["by hand"].relative_error < 1e-7
assert np.isclose(worst["printed sign"].relative_error, 2)
assert worst["as if tanh were linear"].relative_error > 1e-3

# %% [markdown]
# ## TensorFlow does the same
#
# `tf.GradientTape` notes the operations of the forward pass, and then runs the same
# recursion over them. In double precision the two differ in the last digits:

# %%
weights = [tf.Variable(parameter) for parameter in parameters]
with tf.GradientTape() as tape:
    logits = tf.tanh(x[:32] @ weights[0] + weights[1]) @ weights[2] + weights[3]
    of_rows = tf.nn.sparse_softmax_cross_entropy_with_logits(labels[:32], logits)
    of_tape = tf.reduce_mean(of_rows)
for ours, theirs in zip(gradients, tape.gradient(of_tape, weights), strict=True):
    assert np.allclose(ours, theirs, rtol=1e-10, atol=1e-15)
assert np.isclose(loss, of_tape, rtol=1e-14)
print(f"loss by hand {loss:.15f}, by TensorFlow {of_tape.numpy():.15f}")

# %% [markdown]
# ## What happens to the error on its way back
#
# Each layer multiplies $\delta$ by $W^\top$ and by $\varphi'$. Ten layers deep that can
# make it vanish (梯度消失) or explode (梯度爆炸): the scale of the first weights
# decides, and the activation.

# %%
depth, norms = 10, {}
scales = {"tanh": 1, "tanh, weights / 2": 0.5, "tanh, weights x 4": 4}
scales |= {"relu": 1, "gelu": 1}
for name, scale in scales.items():
    deep = Mlp((x.shape[1], *[32] * depth, 2), name.partition(",")[0])
    start = [scale * parameter for parameter in deep.initial_parameters(seed=0)]
    of_biases = deep.gradients(start, x[:64], labels[:64])[1][1::2]
    norms[name] = [np.linalg.norm(gradient) for gradient in of_biases]
table = pd.DataFrame(norms, index=range(1, depth + 2))
table.plot(logy=True, marker="o", figsize=(7, 3.5), xlabel="layer $l$", ylabel="norm")
plt.title("the error summed over the batch, by layer")
plt.legend(bbox_to_anchor=(1, 1))
plt.show()
assert table.loc[1, "tanh, weights / 2"] < table.loc[11, "tanh, weights / 2"] / 100
assert table.loc[1, "tanh, weights x 4"] > table.loc[11, "tanh, weights x 4"] * 100
assert 0.1 < table.loc[1, "tanh"] / table.loc[11, "tanh"] < 10
assert table.loc[1, "gelu"] < table.loc[1, "relu"] < table.loc[1, "tanh"]

# %% [markdown]
# Glorot's start (W uniform within $\pm\sqrt{6 / (\mathrm{in} + \mathrm{out})}$) is made
# for tanh: the error keeps its size. ReLU stops about half of it at each layer. GELU
# has the slope 1/2 at 0, so that it does to the error what halved weights do.
#
# ## Sum or mean? (E06)
#
# §4.2.1 sums over the examples. Then the gradient grows with their number, and so must
# the learning rate shrink. $\hat y = w x$ fitted to $y = 3x$, 50 steps of
# $\alpha = 0.005$:

# %%
fits = {
    reduction: {n: e06.fitted_weight(n, reduction) for n in e06.SIZES}
    for reduction in ("sum", "mean")
}
assert round(fits["sum"][10], 2) == 2.27 and abs(fits["sum"][100] - 3) < 1e-9
assert fits["sum"][1000] < -1e29
assert abs(fits["mean"][1000] - fits["mean"][100]) < 0.02
pd.DataFrame(fits).rename_axis("examples").map("{:.3g}".format)

# %% [markdown]
# ## It learns
#
# Which library does a docstring come from, and does a Chinese review praise or blame?
# Steps on batches of about 32 with learning rate 0.1; beside it a logistic regression
# on the words.


# %%
def accuracies(mlp, parameters, data, bags):
    rows = {}
    for part in ("train", "test"):
        predicted = mlp.outputs(parameters, bags[part]).argmax(axis=1)
        rows[part] = np.mean(predicted == getattr(data, part).labels)
    return rows


def train(data, epochs, rate=0.1):
    _, bags = read_bags(data, vocab_size=1000)
    mlp = Mlp((bags["train"].shape[1], 16, len(data.label_names)), "tanh")
    parameters, rng = mlp.initial_parameters(0, np.float32), np.random.default_rng(0)
    x, labels, curve = bags["train"], data.train.labels, []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for batch in np.array_split(order, len(x) // 32):
            _, parameters = mlp.sgd_step(parameters, x[batch], labels[batch], rate)
        curve.append(accuracies(mlp, parameters, data, bags))
    return pd.DataFrame(curve, index=range(1, epochs + 1))


# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="tight", sharey=True)
sets = (docstring_classification(max_per_class=400), load_classification("reviews_zh"))
for data, axis in zip(sets, axes, strict=True):
    curve, majority = train(data, epochs=20), 1 / len(data.label_names)
    baseline = bag_of_words_baseline(data.train, data.test, data.language).accuracy
    curve.plot(ax=axis, title=data.name, xlabel="epoch", ylabel="accuracy")
    axis.axhline(baseline, color="gray", linestyle=":", label="logistic regression")
    axis.legend()
    assert curve["train"].iloc[-1] > 0.85 > curve["test"].iloc[-1] > majority + 0.05
    print(f"{data.name}: test {curve['test'].iloc[-1]:.3f}, baseline {baseline:.3f}")
plt.show()

# %% [markdown]
# The training texts are soon learned by heart, and less than that carries over:
# backpropagation finds what lowers the *training* loss, no more.
# `python -m roots_tf.train.mlp_by_hand` trains the same network on more text, and draws
# it in TensorBoard.
#
# ## Exercises (answers: `notebooks/solutions/03_2_1_backpropagation.py`)
#
# 1. Derive $\partial\mathrm{Loss}/\partial z = p - y$ for softmax and cross-entropy,
#    and check it with `gradient_check` on the function of the logits alone.
# 2. Take $h$ from $10^{-1}$ to $10^{-12}$ in a finite difference. Where is the error
#    least, and why does it grow on both sides?
# 3. Start with all weights 0. What do the gradients of the two layers look like, and
#    can such a network learn?
# 4. A network of `identity` layers, however deep, is one linear map. Show it on XOR.
