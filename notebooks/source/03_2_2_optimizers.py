# %% [markdown]
# # §3.2.2 优化算法: optimisers
#
# The gradient says which way is down. How far to go, and whether to trust one batch's
# gradient, is the optimiser's business. We write SGD, momentum, Nesterov and Adam as
# they stand in their papers, see them walk over a surface, take the same steps as
# Keras, and look at what the article's Adam leaves out (E07 in ERRATA.md).
# This notebook is of §2.4 too.
#
# ## What the article says (§3.2.2, §4.2.2)
#
# SGD (随机梯度下降) takes random subsets of the data, is simple and slow; Adam joins
# the strengths of SGD and RMSProp and is fast. With the learning rate (学习率)
# $\alpha$ SGD steps $w \leftarrow w - \alpha\, \partial\mathrm{Loss}/\partial w$,
# and Adam
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
# v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
# w \leftarrow w - \alpha \frac{m}{\sqrt v + \epsilon} \qquad \text{(as printed)}$$

# %% [markdown] zh
# # §3.2.2 优化算法：各种优化器
#
# 梯度指出哪边是下坡。走多远，要不要相信一批样本的梯度，是优化器的事。我们照论文写出
# SGD、动量、Nesterov 和 Adam，看它们在曲面上行走，与 Keras 走出同样的步，并看看文章的
# Adam 漏掉了什么（ERRATA.md 中的 E07）。
# 本笔记本也属于 §2.4。
#
# ## 文章怎么说（§3.2.2、§4.2.2）
#
# SGD（随机梯度下降）取数据的随机子集，简单而慢；Adam 结合 SGD 与 RMSProp 的优点，收敛
# 快。设学习率为 $\alpha$，SGD 的一步是 $w \leftarrow w - \alpha\,
# \partial\mathrm{Loss}/\partial w$，Adam 的一步是
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
# v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
# w \leftarrow w - \alpha \frac{m}{\sqrt v + \epsilon} \qquad \text{(as printed)}$$

# %%
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.docstrings import docstring_classification
from roots_tf.errata import e07_adam_bias as e07
from roots_tf.optimization.adam import Adam, AdamW, adam
from roots_tf.optimization.learning_rate import SHAPES, WarmupSchedule
from roots_tf.optimization.learning_rate_range import learning_rate_range
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.sgd import Sgd, momentum, nesterov, sgd
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.bag_of_words import read_bags

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# ## What is wrong: Adam without its corrections (E07)
#
# $m$ and $v$ start at 0, and a mean that starts at 0 is too small for a while: $m$ for
# some 10 steps, $v$ for some 1000. Algorithm 1 of the paper (Kingma & Ba 2015) makes up
# for it:
#
# $$\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t},
# \qquad w_t = w_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$$
#
# Without it, and with a gradient that stays the same, step $t$ is
# $(1 - \beta_1^t) / \sqrt{1 - \beta_2^t}$ times too large: 3.16 times at the first
# step, most at the twelfth. (The article also calls $\beta_2$ a momentum; and the paper
# says that it joins AdaGrad and RMSProp.)

# %% [markdown] zh
# ## 错在哪里：没有修正的 Adam（E07）
#
# $m$ 和 $v$ 从 0 开始，而从 0 开始的平均在一段时间里会太小：$m$ 约 10 步，$v$ 约 1000
# 步。论文（Kingma & Ba 2015）的算法 1 对此作了补偿：
#
# $$\hat m_t = \frac{m_t}{1 - \beta_1^t}, \qquad \hat v_t = \frac{v_t}{1 - \beta_2^t},
# \qquad w_t = w_{t-1} - \alpha \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon}$$
#
# 没有修正，而梯度又始终不变时，第 $t$ 步会大到应有的
# $(1 - \beta_1^t) / \sqrt{1 - \beta_2^t}$ 倍：第一步是 3.16 倍，第十二步最大。（文章还
# 把 $\beta_2$ 称为动量；而论文说的是它结合了 AdaGrad 与 RMSProp。）

# %%
t = np.arange(1, 5001)
ratio = e07.step_size_ratio(t)
assert np.isclose(ratio[0], np.sqrt(10)) and round(ratio.max(), 4) == 6.5685
assert t[ratio.argmax()] == 12
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="tight")
left.semilogx(t, ratio)
left.plot(12, ratio.max(), "o", color="crimson")
left.annotate("t = 12", (14, ratio.max()))
left.set(xlabel="step t", ylabel="printed step / right step")
for form in ("printed", "algorithm 1"):
    path = e07.adam_path(form, e07.bowl_gradient, [1.0], 60, rate=0.1)
    right.plot(path, label=f"{form}: beyond by {e07.overshoot(path):.3f}")
right.axhline(0, color="gray", linewidth=0.5)
right.set(xlabel="step t", ylabel="w", title="$f(w) = w^2 / 2$, learning rate 0.1")
right.legend()
plt.show()

# %% [markdown]
# ## The rules
#
# Each is a few lines that read as the paper does, and work on NumPy arrays and tensors
# alike.
#
# | | what is kept | step | source |
# | --- | --- | --- | --- |
# | `sgd` | nothing | $-\alpha g$ | Robbins & Monro 1951 |
# | `momentum` (动量) | $u \leftarrow \beta u - \alpha g$ | $u$ | Polyak 1964 |
# | `nesterov` | the same | $\beta u - \alpha g$ | Sutskever et al. 2013, eq. 3–4 |
# | `adam` | $m$, $v$ | as above | Kingma & Ba 2015, Algorithm 1 |
#
# A long valley, $f(x, y) = (x^2 + 30 y^2) / 2$: steep across, flat along. The learning
# rate must suit the steep side, $\alpha < 2/30$, and then SGD crawls along the flat
# one. Momentum adds up the small pushes that agree; Nesterov's look ahead damps the
# swing; Adam gives each coordinate a scale of its own.

# %% [markdown] zh
# ## 各条规则
#
# 每条规则只有几行，读起来与论文一样，对 NumPy 数组和张量同样适用。
#
# | | 保留什么 | 一步 | 出处 |
# | --- | --- | --- | --- |
# | `sgd` | 无 | $-\alpha g$ | Robbins & Monro 1951 |
# | `momentum`（动量） | $u \leftarrow \beta u - \alpha g$ | $u$ | Polyak 1964 |
# | `nesterov` | 同上 | $\beta u - \alpha g$ | Sutskever 等 2013，式 3–4 |
# | `adam` | $m$、$v$ | 如上 | Kingma & Ba 2015，算法 1 |
#
# 一条狭长的山谷，$f(x, y) = (x^2 + 30 y^2) / 2$：横向陡，纵向平。学习率必须适合陡的一
# 边，$\alpha < 2/30$，于是 SGD 沿着平的一边爬行。动量把方向一致的小推力累加起
# 来；Nesterov 的前瞻减弱了摆动；Adam 给每个坐标自己的尺度。

# %%
curvature, start, steps = np.array([1.0, 30.0]), np.array([-9.0, 2.0]), 60


def walk(rule, *state, **options):
    w, path = start, [start]
    for t in range(1, steps + 1):
        if rule is adam:
            options["t"] = t
        result = rule(w, *state, curvature * w, **options)
        w, *state = [result] if rule is sgd else result
        path.append(w)
    return np.array(path)


zero = np.zeros(2)
paths = {
    "SGD": walk(sgd, learning_rate=0.03),
    "momentum": walk(momentum, zero, learning_rate=0.03, decay=0.8),
    "Nesterov": walk(nesterov, zero, learning_rate=0.03, decay=0.8),
    "Adam": walk(adam, zero, zero, learning_rate=0.5),
}
x, y = np.meshgrid(np.linspace(-10, 3, 100), np.linspace(-3, 3, 100))
figure, axes = plt.subplots(2, 2, figsize=(10, 5), layout="tight", sharex=True)
for (name, path), axis in zip(paths.items(), axes.flat, strict=True):
    axis.contour(x, y, (x**2 + 30 * y**2) / 2, np.geomspace(0.1, 150, 12), cmap="Greys")
    axis.plot(*path.T, "o-", markersize=3)
    axis.set_title(f"{name}: |w| = {np.linalg.norm(path[-1]):.1e} after {steps} steps")
plt.show()
left_over = {name: np.linalg.norm(path[-1]) for name, path in paths.items()}
assert max(left_over["momentum"], left_over["Nesterov"]) < left_over["SGD"] / 100
assert paths["Nesterov"][:, 1].min() > paths["momentum"][:, 1].min()

# %% [markdown]
# ## They are Keras' own, up to one epsilon
#
# `Sgd`, `Adam` and `AdamW` make Keras optimizers of the rules. 200 steps of random
# gradients of all sizes, on three tensors. Keras' Adam adds $\epsilon$ to $\sqrt{v_t}$
# *before* the correction ("epsilon hat", the note that ends the paper's §2), and has
# $10^{-7}$: at the first step that is as much as $10^{-7} / \sqrt{1 - \beta_2}$, 32
# times as much, after it. Where gradients are tiny, it shows:

# %% [markdown] zh
# ## 它们与 Keras 自带的相同，只差一个 epsilon
#
# `Sgd`、`Adam` 和 `AdamW` 把这些规则做成 Keras 优化器。在三个张量上走 200 步，随机梯度
# 大小各异。Keras 的 Adam 在修正**之前**就把 $\epsilon$ 加到 $\sqrt{v_t}$ 上（“epsilon
# hat”，论文 §2 末尾的注），取值为 $10^{-7}$：在第一步，这相当于在修正之后加
# $10^{-7} / \sqrt{1 - \beta_2}$，是 32 倍。梯度极小时就看得出来：


# %%
def end_of(optimizer, scale=1.0):
    rng = np.random.default_rng(0)
    shapes = ((4, 3), (3,), (2, 5, 2))
    variables = [keras.Variable(np.zeros(shape, "float32")) for shape in shapes]
    for _ in range(200):
        gradients = [scale * rng.normal(size=s).astype("float32") for s in shapes]
        optimizer.apply(gradients, variables)
    return np.concatenate([keras.ops.convert_to_numpy(v).ravel() for v in variables])


own = keras.optimizers
hat = {"epsilon": 1e-7, "epsilon_hat": True}
pairs = {
    "SGD": (Sgd(0.01), own.SGD(0.01), 1),
    "momentum": (Sgd(0.01, 0.9), own.SGD(0.01, 0.9), 1),
    "Nesterov": (Sgd(0.01, 0.9, True), own.SGD(0.01, 0.9, True), 1),
    "Adam, epsilon hat": (Adam(0.001, **hat), own.Adam(0.001), 1),
    "AdamW, epsilon hat": (AdamW(0.001, **hat), own.AdamW(0.001), 1),
    "Adam, Algorithm 1": (Adam(0.001, epsilon=1e-7), own.Adam(0.001), 1),
    "the same, gradients 1e-6": (Adam(0.001, epsilon=1e-7), own.Adam(0.001), 1e-6),
}
differences = {
    name: np.abs(end_of(ours, scale) - end_of(theirs, scale)).max()
    for name, (ours, theirs, scale) in pairs.items()
}
*same, tiny = differences.values()
assert max(same) < 1e-6 and tiny > 1e-4
pd.Series(differences, name="largest difference").map("{:.0e}".format).to_frame()

# %% [markdown]
# A second difference shows with word vectors. A word that is twice in a batch has two
# gradients, which add up to one. In `fit`, Keras gets them apart (`IndexedSlices`) and
# squares each: $1^2 + 1^2$ where Algorithm 1 has $2^2$. $v$ is too small, the step too
# large. The loop of this project's scripts adds up first.

# %% [markdown] zh
# 第二个差别出现在词向量上。一个词在一批中出现两次，就有两个梯度，它们加成一个。在 `fit`
# 中，Keras 拿到的是分开的（`IndexedSlices`），并把每个各自平方：$1^2 + 1^2$，而算法 1
# 是 $2^2$。$v$ 太小，步子太大。本项目脚本的循环则先相加。

# %%
apart = tf.IndexedSlices(np.float32([[1], [1]]), np.array([1, 1]), (3, 1))
first_steps = {}
for name, kind in {"Keras' Adam": own.Adam, "Adam by hand": Adam}.items():
    for form, gradient in {
        "apart": apart,
        "summed": tf.convert_to_tensor(apart),
    }.items():
        table = keras.Variable(np.zeros((3, 1), "float32"))
        kind(0.001).apply([gradient], [table])
        first_steps[name, form] = -float(table[1, 0])
assert np.isclose(first_steps["Keras' Adam", "apart"], 0.001 * np.sqrt(2), rtol=1e-3)
assert np.allclose([*first_steps.values()][1:], 0.001, rtol=1e-3)
pd.Series(first_steps, name="first step").unstack().round(5)

# %% [markdown]
# ## Which learning rate? (Smith 2017)
#
# On real text: which library does a docstring come from? The network of notebook
# 03_2_1, 1000 words, 16 tanh units. Let the rate grow step by step, and look where the
# loss falls and where it breaks out. A tenth of the rate at which it is least is a good
# start.

# %% [markdown] zh
# ## 用哪个学习率？（Smith 2017）
#
# 用真实文本：一段文档字符串出自哪个库？网络是笔记本 03_2_1 的，1000 个词，16 个 tanh 单
# 元。让学习率一步一步增大，看损失在哪里下降，在哪里失控。损失最小处的学习率的十分之一，
# 是个好的起点。

# %%
data = docstring_classification(max_per_class=400)
_, bags = read_bags(data, vocab_size=1000)


def network():
    keras.utils.set_random_seed(0)
    hidden = keras.layers.Dense(16, activation="tanh")
    layers = [keras.Input((1000,)), hidden, keras.layers.Dense(len(data.label_names))]
    return keras.Sequential(layers)


def batches(part=data.train, x=bags["train"]):
    rows = tf.data.Dataset.from_tensor_slices((x, part.labels))
    return rows.shuffle(len(part), seed=0).batch(32)


assert bags["train"].shape[1] == 1000
kinds = {
    "SGD": lambda rate: Sgd(rate),
    "momentum": lambda rate: Sgd(rate, 0.9),
    "Nesterov": lambda rate: Sgd(rate, 0.9, nesterov=True),
    "Adam": lambda rate: Adam(rate),
    "AdamW": lambda rate: AdamW(rate),
}
rates = {}
plt.figure(figsize=(7, 3))
for name, kind in kinds.items():
    options = {"lowest": 1e-3, "highest": 10.0, "steps": 200}
    test = learning_rate_range(
        network(), kind(0.1), cross_entropy, batches().repeat(), **options
    )
    plt.semilogx(test.rates, test.smoothed, label=f"{name}: {test.suggestion:.1g}")
    rates[name] = test.suggestion
plt.gca().set(xlabel="learning rate", ylabel="loss, nats", ylim=(0, 5))
plt.legend(title="suggested")
plt.show()
assert rates["Adam"] < rates["momentum"] < rates["SGD"]

# %% [markdown]
# ## The same task under each
#
# Three epochs of about a hundred steps, each at its suggested rate.

# %% [markdown] zh
# ## 同一任务，每种各做一遍
#
# 三轮，每轮约一百步，各用前面为它建议的学习率。

# %%
curves, accuracies = {}, {}
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for name, kind in kinds.items():
    model, losses = network(), []
    model.compile(kind(rates[name]), loss, metrics=["accuracy"])
    for x, labels in batches().repeat(3):
        losses.append(model.train_on_batch(x, labels, return_dict=True)["loss"])
        model.reset_metrics()
    curves[name] = losses
    accuracies[name] = model.evaluate(bags["test"], data.test.labels, verbose=0)[1]
at_end = {name: np.mean(losses[-20:]) for name, losses in curves.items()}
assert all(at_end[name] < 0.75 * curves[name][0] for name in curves)
assert max(at_end["Adam"], at_end["AdamW"]) < 0.75 * at_end["SGD"]
assert min(accuracies.values()) > 2 / len(data.label_names)
table = pd.DataFrame(curves).rolling(20).mean()
table.plot(figsize=(7, 3.5), logy=True, xlabel="step", ylabel="loss, mean of 20 steps")
plt.show()
pd.Series(accuracies, name="test accuracy").round(3).to_frame()

# %% [markdown]
# Adam is ahead. A rare word has a gradient in few batches, so that its weights have
# small means of squares, and Adam gives them longer steps; SGD has one step size for
# frequent and rare words alike. AdamW's decay is too small to be seen in so few steps.
# `python -m roots_tf.train.optimizers` does the same on any data set, one TensorBoard
# run each.
#
# ## A rate that changes
#
# Large steps first, small ones at the end; and a warm-up (预热) before, while Adam's
# $v$ still rests on few gradients. The formulas are in
# `roots_tf/optimization/learning_rate.py`. The training scripts take one by
# `--schedule cosine --warmup 0.1`, and TensorBoard shows the rate as it was applied.

# %% [markdown] zh
# Adam 领先。稀有词只在少数批中有梯度，所以其权重的平方均值小，Adam 就给它们较长的
# 步；SGD 对高频词和稀有词只有同一个步长。AdamW 的衰减太小，这么少的步看不出
# 来。`python -m roots_tf.train.optimizers` 在任意数据集上做同样的事，每种优化器一次
# TensorBoard 运行。
#
# ## 变化的学习率
#
# 先迈大步，最后迈小步；在此之前还有预热（warm-up），那时 Adam 的 $v$ 还只建立在少数梯度
# 上。公式在 `roots_tf/optimization/learning_rate.py` 中。训练脚本用
# `--schedule cosine --warmup 0.1` 选用其一，TensorBoard 显示实际所用的学习率。

# %%
steps = np.arange(100)
for shape in SHAPES:
    schedule = WarmupSchedule(0.01, shape, warmup_steps=10, total_steps=100)
    line = [float(schedule(step)) for step in steps]
    assert np.isclose(max(line), 0.01) and line[:10] == sorted(line[:10])
    plt.plot(steps, line, label=shape)
plt.gcf().set_size_inches(7, 3)
plt.gca().set(xlabel="step", ylabel="learning rate")
plt.legend()
plt.show()
applied = []
hook = SimpleNamespace(on_step=lambda record: applied.append(record.learning_rate))
parts = network(), Adam(schedule), cross_entropy, lambda epoch: batches()
TrainingLoop(*parts, hooks=[hook], log_every=1).run(epochs=1)
assert np.allclose(applied, [float(schedule(step)) for step in range(len(applied))])

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/03_2_2_optimizers.py`)
#
# `exercises.check("03_2_2_optimizers.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. With a gradient of 1 that stays the same, how fast does momentum get? Which
#    learning rate gives it SGD's speed? (A function of $\alpha$ and $\beta$ that gives
#    both.)
# 2. At which step is the printed Adam's error largest if $\beta_2 = 0.99$? Which
#    $\beta_2$ makes the first step right? (Two numbers, for $\beta_1 = 0.9$.)
# 3. A penalty $\frac\lambda2 |w|^2$ in the loss and AdamW's decay both shrink the
#    weights. Show that under Adam only the second shrinks them alike. (A step of AdamW,
#    a function of $w$, $m$, $v$, $g$, $t$, the learning rate and the decay that gives
#    $w$.)
# 4. How far are the gradients of batches of 1, 4, 16 and 64 texts from that of all?
#    (Four numbers, multiples of the first.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/03_2_2_optimizers.py`）
#
# `roots_tf` 的 `exercises.check("03_2_2_optimizers.1", answer)` 评判答案或给出提示；括
# 号里说明 `answer` 是什么。
#
# 1. 梯度始终为 1 时，动量能达到多快？怎样的学习率使它与 SGD 一样快？（以 $\alpha$ 和
#    $\beta$ 为参数的函数，给出这两个数。）
# 2. 若 $\beta_2 = 0.99$，印出的 Adam 在哪一步误差最大？怎样的 $\beta_2$ 使第一步正确？
#    （两个数，取 $\beta_1 = 0.9$。）
# 3. 损失中的惩罚项 $\frac\lambda2 |w|^2$ 和 AdamW 的衰减都使权重缩小。证明在 Adam 之
#    下，只有后者使各个权重同等地缩小。（AdamW 的一步：以 $w$、$m$、$v$、$g$、$t$、学习
#    率和衰减为参数的函数，给出 $w$。）
# 4. 由 1、4、16 和 64 段文本组成的批，其梯度与全部文本的梯度相差多远？（四个数，为第一
#    个的倍数。）
