# %% [markdown]
# # §3.2.1 反向传播算法: backpropagation
#
# How does a network find out which of its weights to blame for an error? We write the
# algorithm in NumPy, check it against a method that knows no calculus, see TensorFlow
# get the same digits, and let it learn from real text. §4.2.1 gives the mathematics,
# with the wrong sign (E05 in ERRATA.md) and with a sum in place of a mean (E06).
# This notebook is of §2.2 too.
#
# ## What the article says (§3.2.1)
#
# Four steps: forward propagation (前向传播) computes the output; the error (计算误差)
# is its distance from the label; backpropagation (反向传播) carries the error back to
# the input and so finds the gradient (梯度) of every parameter; an update (参数更新)
# moves the parameters against their gradients.

# %% [markdown] zh
# # §3.2.1 反向传播算法（backpropagation）
#
# 网络怎样知道一个误差该归咎于哪些权重？我们用 NumPy 写出这个算法，用一种不懂微积分的方
# 法检验它，看 TensorFlow 得出同样的数字，再让它从真实文本中学习。§4.2.1 给出其中的数
# 学，却用错了符号（ERRATA.md 中的 E05），并且以总和代替了平均（E06）。
# 本笔记本也属于 §2.2。
#
# ## 文章怎么说（§3.2.1）
#
# 四步：前向传播算出输出；计算误差，即输出与标签之间的距离；反向传播把误差传回输入层，由
# 此求出每个参数的梯度；参数更新使参数逆着各自的梯度移动。

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

# %% [markdown] zh
# ## 错在哪里：符号（E05）
#
# 对 $\mathrm{Loss} = \frac12 \sum_i (\hat y_i - y_i)^2$，§4.2.1 印的是 $\sum_i (y_i -
# \hat y_i)\, \partial \hat y_i / \partial w$。平方的导数是 $(\hat y_i - y_i)$：印出的梯
# 度正好与正确的反向。按文章的更新 $w \leftarrow w - \alpha\, \partial \mathrm{Loss} /
# \partial w$，它会往上爬。两个样本，$\hat y = w x$，$x = (1, 2)$，$y = (2, 4)$，从
# $w = 0$ 开始：

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
# for a softmax with cross-entropy, which §5 trains with, it is $(p - y) / B$, where
# $a^L$ are the logits. On paper, two linear units that feed two, one example, $x = 2$,
# targets $(13, 7)$:

# %% [markdown] zh
# ## 公式
#
# §4.2.1 没有讲的，是**隐藏**层的梯度从何而来。设第 $l = 1 \dots L$ 层对一批样本（每行
# 一个）计算
#
# $$z^l = a^{l-1} W^l + b^l, \qquad a^l = \varphi(z^l), \qquad a^0 = x.$$
#
# 称 $\delta^l = \partial\mathrm{Loss} / \partial z^l$ 为第 $l$ 层的误差。链式法则由后一
# 层的误差得出它，再由它得出梯度（Rumelhart、Hinton、Williams 1986，式 4–7；那里样本写
# 成列）：
#
# $$\delta^L = \frac{\partial \mathrm{Loss}}{\partial a^L} \odot \varphi'(z^L), \qquad
# \delta^l = \big(\delta^{l+1} (W^{l+1})^\top\big) \odot \varphi'(z^l)$$
#
# $$\frac{\partial \mathrm{Loss}}{\partial W^l} = (a^{l-1})^\top \delta^l, \qquad
# \frac{\partial \mathrm{Loss}}{\partial b^l} = \sum_{\mathrm{rows}} \delta^l$$
#
# 对均方误差，$\partial\mathrm{Loss}/\partial a^L = (\hat y - y) / B$；对 softmax 加交叉
# 熵（§5 用它训练），则是 $(p - y) / B$，这里 $a^L$ 指 logits。在纸上算一例：两个线性单
# 元接到另外两个，一个样本，$x = 2$，目标为 $(13, 7)$：

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

# %% [markdown] zh
# ## 真实文本
#
# 英文评论，正面或负面，表示为词袋：每个高频词一个数，不管次序。

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

# %% [markdown] zh
# ## 算得对吗？问损失本身
#
# 把一个权重移动 $\pm h$，看损失怎样变化。每个权重要做两次前向传播，所以不能用来训练，但
# 它与这个算法没有一个公式相同：
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + h e_i) - f(x - h e_i)}{2h}$$
#
# （Nocedal & Wright 2006，式 8.7。）`gradient_check` 报告误差最大的坐标。我们还交给它两
# 个错误的梯度：符号照印出的，以及漏掉 $\varphi'$ 的。


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

# %% [markdown] zh
# ## TensorFlow 做的也一样
#
# `tf.GradientTape` 记下前向传播的运算，然后对它们做同样的递推。用双精度时，两者只在最后
# 几位上不同：

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

# %% [markdown] zh
# ## 误差在回传途中会怎样
#
# 每一层都把 $\delta$ 乘以 $W^\top$，再乘以 $\varphi'$。十层下来，误差可能消失（梯度消
# 失），也可能爆炸（梯度爆炸）：取决于初始权重的尺度，以及激活函数。

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

# %% [markdown] zh
# Glorot 的初始化（W 在 $\pm\sqrt{6 / (\mathrm{in} + \mathrm{out})}$ 之间均匀分布）是为
# tanh 设计的：误差的大小得以保持。ReLU 在每一层大约拦下一半。GELU 在 0 处的斜率是 1/2，
# 所以它对误差的作用与把权重减半一样。
#
# ## 求和还是取平均？（E06）
#
# §4.2.1 对样本求和。于是梯度随样本数增大，学习率就必须随之缩小。用 $\hat y = w x$ 拟合
# $y = 3x$，走 50 步，$\alpha = 0.005$：

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

# %% [markdown] zh
# ## 它能学习
#
# 一段文档字符串出自哪个库？一条中文评论是称赞还是批评？每步用大约 32 个样本的一批，学习
# 率为 0.1；与之并列的是以词为特征的逻辑回归。


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
# `exercises.check("03_2_1_backpropagation.1", answer)` of `roots_tf` judges an answer
# or gives a hint; brackets say what `answer` is.
#
# 1. Derive $\partial\mathrm{Loss}/\partial z = p - y$ for softmax and cross-entropy,
#    and check it with `gradient_check` on the function of the logits alone. (A function
#    of logits $(B, C)$ and labels $(B)$; the loss is the mean over the batch.)
# 2. Take $h$ from $10^{-1}$ to $10^{-12}$ in a finite difference of $e^x$ at 1. Where
#    is the error least, and why does it grow on both sides? (An $h$ of the right size.)
# 3. Start with all weights 0. What do the gradients of the two layers look like, and
#    can such a network learn? (Which of $W^1$, $b^1$, $W^2$, $b^2$ move: True or False,
#    four of them.)
# 4. A network of `identity` layers, however deep, is one linear map. Show it on XOR. (A
#    function of $W^1$, $b^1$, $W^2$, $b^2$, $W^3$, $b^3$ that gives $W$ and $b$.)

# %% [markdown] zh
# 训练文本很快就背下来了，能推广到别处的没有那么多：反向传播找到的是使**训练**损失下降的
# 东西，仅此而已。`python -m roots_tf.train.mlp_by_hand` 在更多文本上训练同一个网络，并
# 画到 TensorBoard 中。
#
# ## 练习（答案：`notebooks/solutions/03_2_1_backpropagation.py`）
#
# `roots_tf` 的 `exercises.check("03_2_1_backpropagation.1", answer)` 评判答案或给出提
# 示；括号里说明 `answer` 是什么。
#
# 1. 对 softmax 和交叉熵推导 $\partial\mathrm{Loss}/\partial z = p - y$，并对只以 logits
#    为自变量的函数用 `gradient_check` 检验。（以 logits $(B, C)$ 和标签 $(B)$ 为参数的
#    函数；损失对整批取平均。）
# 2. 在 $e^x$ 于 1 处的有限差分中让 $h$ 从 $10^{-1}$ 取到 $10^{-12}$。误差在哪里最小，为
#    什么往两边都会增大？（大小合适的一个 $h$。）
# 3. 所有权重都从 0 开始。两层的梯度是什么样的，这样的网络能学习吗？
#    （$W^1$、$b^1$、$W^2$、$b^2$ 中哪些会动：四个 True 或 False。）
# 4. 由 `identity` 层组成的网络，无论多深，都只是一个线性映射。用 XOR 说明这一点。（以
#    $W^1$、$b^1$、$W^2$、$b^2$、$W^3$、$b^3$ 为参数的函数，给出 $W$ 和 $b$。）
