# %% [markdown]
# # §8.1 模型规模与性能提升: what more parameters and more text are worth, and cost
#
# Seven small GPTs tell how the loss falls with size and text; a law through six of
# them predicts the seventh, which is larger. Then what a training costs, counted:
# parameters, operations, memory; and what 125 million and 1.5 billion parameters take
# on GPUs.
#
# ## What the article says
#
# §8 (1): models grow, and with better algorithms and more computing power they perform
# better. It gives no number. §9.1 says that they learn the structure and the meaning of
# language from masses of data. Both can be measured, on a laptop too.

# %% [markdown] zh
# # §8.1 模型规模与性能提升：更多参数与更多文本值多少、要花多少
#
# 七个小 GPT 告诉我们损失怎样随规模和文本量下降；由其中六个得出的规律，预测更大的第七
# 个。然后数出一次训练的代价：参数、运算、内存；以及 125M 和 1.5B 参数在 GPU 上需要什
# 么。
#
# ## 文章怎么说
#
# §8 (1)：随着计算资源和算法的改进，大规模语言模型的性能将继续提升。它没有给出数字。§9.1
# 说，大规模语言模型能通过海量数据学到语言的内在结构和语义信息。两者都可以测量，用笔记本
# 电脑也行。

# %%
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.train.scaling_law_parts import FamilyRun, config_of, fit_rows, train_run
from roots_tf.trends.scaling_law import ScalingLaw
from roots_tf.trends.training_cost import (
    exact_training_flops,
    forward_flops,
    layer_parameters,
    training_flops,
    training_memory,
)
from roots_tf.trends.training_plan import GPUS, Assumptions, plan_training

tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")

# %% [markdown]
# ## The law (规模定律)
#
# Loss as a sum of three parts (Hoffmann et al. 2022, 2203.15556, eq. 2): the entropy
# of text, which no model can predict; what a model of $N$ parameters lacks; what $D$
# tokens do not teach.
#
# $$L(N, D) = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}$$
#
# The paper's own numbers, from 400 models of up to 16 billion parameters:

# %% [markdown] zh
# ## 规模定律
#
# 损失是三部分之和（Hoffmann 等 2022，2203.15556，式 2）：文本的熵，任何模型都预测不
# 了；$N$ 个参数的模型所欠缺的；$D$ 个词元没有教会的。
#
# $$L(N, D) = E + \frac{A}{N^\alpha} + \frac{B}{D^\beta}$$
#
# 论文自己的数值，来自 400 个模型，最大的有 16B 参数：

# %%
published = ScalingLaw(1.69, 406.4, 0.34, 410.7, 0.28)
gopher = published.loss(280e9, 300e9)
chinchilla = published.loss(70e9, 1.4e12)
assert chinchilla < gopher  # a quarter of the size, five times the text
print(f"Gopher {gopher:.3f}, Chinchilla {chinchilla:.3f} nats a token")

# %% [markdown]
# For a budget of $C = 6ND$ operations there is one best size. Most models of their time
# were far too large for their text.

# %% [markdown] zh
# 预算为 $C = 6ND$ 次运算时，有一个最好的规模。当时的大多数模型，相对于其文本都大得太
# 多。

# %%
budgets = np.geomspace(1e18, 1e25, 30)
best = np.array([published.best_sizes(budget) for budget in budgets])
sizes = np.geomspace(1e7, 1e12, 200)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for budget in (1e19, 1e21, 1e23):
    left.plot(sizes, published.loss(sizes, budget / 6 / sizes), label=f"{budget:.0e}")
    n, d = published.best_sizes(budget)
    left.plot(n, published.loss(n, d), "k*")
left.set(xscale="log", xlabel="parameters", ylabel="loss", ylim=(1.8, 4))
left.legend(title="FLOP", fontsize=8)
right.loglog(budgets, best[:, 0], label="parameters")
right.loglog(budgets, best[:, 1], label="tokens")
right.set(xlabel="FLOP", title="best sizes")
right.legend(fontsize=8)
plt.show()
assert (np.diff(best[:, 0]) > 0).all() and (np.diff(best[:, 1]) > 0).all()

# %% [markdown]
# ## A family of our own
#
# Two widths by three numbers of tokens, and a run that is larger in both: docstrings,
# each token read once, each run with a learning-rate schedule that ends with it (a loss
# read in the middle of a longer run is too high, and bends the law).

# %% [markdown] zh
# ## 我们自己的一族模型
#
# 两种宽度乘以三种词元数，再加一次两方面都更大的运行：文档字符串，每个词元只读一次，每次
# 运行的学习率调度都与它同时结束（在更长的运行中途读出的损失偏高，会使规律走样）。

# %%
lines = (line for line in load_plain_text("docstrings"))
text = "\n".join(line for line, _ in zip(lines, range(30_000), strict=False))
end = int(0.985 * len(text))
tokenizer = BytePairTokenizer.learn([text[:1_000_000]], vocab_size=500)
train, validation = (
    tokenizer.encode([part])[0].numpy() for part in (text[:end], text[end:])
)
data = SimpleNamespace(
    tokenizer=tokenizer,
    train=train,
    validation=validation,
    validation_characters=len(text) - end,
    validation_bytes=len(text[end:].encode()),
)
options = SimpleNamespace(
    seed=7, context=64, batch_size=16, num_layers=2, learning_rate=0.005
)
monitor = SimpleNamespace(scalars=lambda *arguments: None)
print(f"{len(train):,} tokens, {len(validation):,} for validation")

# %%
family = [FamilyRun(w, t) for w in (16, 32) for t in (65_536, 131_072, 262_144)]
rows = [train_run(run, data, options, monitor) for run in family]

# %%
rows.append(train_run(FamilyRun(48, 524_288, held_out=True), data, options, monitor))
table = pd.DataFrame(rows).drop(columns=["key", "seconds"])
losses = table.loss[:6].to_numpy().reshape(2, 3)
assert (np.diff(losses, axis=1) < 0).all()  # more text is better, at each size
assert table.loss[6] < losses.min()
table.round(3)

# %% [markdown]
# ## The fit, and what it predicts
#
# Huber's loss of the differences of logarithms, L-BFGS from many starts (appendix
# D.3): the seventh run is not in it. A guess without a law, that the larger run does
# as well as the best so far, is the baseline.

# %% [markdown] zh
# ## 拟合及其预测
#
# 对数之差的 Huber 损失，从许多起点出发的 L-BFGS（附录 D.3）：第七次运行不在其中。基线是
# 不用规律的猜测：更大的运行与此前最好的一次一样好。

# %%
law, measures = fit_rows(rows)
assert abs(measures["error"]) < 0.1  # of runs as short as these
assert abs(measures["error"]) < abs(measures["error_of_best_so_far"])
pd.Series(measures).round(4)

# %%
figure, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
tokens = np.geomspace(50_000, 700_000, 50)
for width, runs in table.groupby("width"):
    size = runs.parameters.iloc[0]
    (line,) = axis.plot(tokens, law.loss(size, tokens), label=f"{size:,} parameters")
    style = "*" if width == 48 else "o"
    axis.plot(runs.tokens, runs.loss, style, color=line.get_color(), markersize=9)
axis.set(xscale="log", xlabel="tokens", ylabel="loss, nats a token")
axis.legend(fontsize=8, title="star: held out")
plt.show()

# %% [markdown]
# `python -m roots_tf.train.scaling_law` does the same with 12 runs of up to 2 million
# tokens and predicts one of 3 million, in some 10 minutes; each finished run is kept,
# and `--resume` goes on with the next.
#
# ## Parameters and operations, counted
#
# The layers have $12 L D^2$ parameters (Kaplan et al. 2020, 2001.08361, table 1), and
# a training takes about $6 N$ operations a token: 2 forward, 4 backward. Exact is the
# sum over the matrix products; the scores of attention, which grow with the context,
# are not in the rule of thumb.

# %% [markdown] zh
# `python -m roots_tf.train.scaling_law` 用 12 次运行（至多 2M 词元）做同样的事，并预测
# 一次 3M 词元的运行，约需 10 分钟；完成的运行都会保留，`--resume` 从下一次继续。
#
# ## 数出参数与运算
#
# 各层共有 $12 L D^2$ 个参数（Kaplan 等 2020，2001.08361，表 1），训练时每个词元约需
# $6 N$ 次运算：前向 2，反向 4。精确的数是各矩阵乘积之和；注意力的分数随上下文增长，不在
# 这条经验法则里。

# %%
small, xl = GptConfig.small(), GptConfig.xl()
config = config_of(FamilyRun(48, 1), options, tokenizer.vocab_size)
keras.utils.set_random_seed(0)
model = Gpt(config)
model.build()
assert config.parameter_count == model.count_params()
assert layer_parameters(xl) == 12 * 48 * 1600**2
parts = {
    name: pd.Series(forward_flops(one, one.max_positions)) / 1e9
    for name, one in (("125M", small), ("1.5B", xl))
}
pd.DataFrame(parts).round(1).rename_axis("GFLOP a forward pass")

# %%
shares = {}
for name, one in (("125M", small), ("1.5B", xl)):
    rule = training_flops(layer_parameters(one) + one.vocab_size * one.hidden_size, 1)
    shares[name] = rule / exact_training_flops(one, 1)
assert 0.85 < shares["125M"] < shares["1.5B"] < 1  # wider: scores matter less
pd.Series(shares, name="6 N D of the exact count").round(3)

# %% [markdown]
# ## Past this machine
#
# The same counts, over a GPU's speed, tell hours; hours tell money. What cannot be
# counted is assumed and can be changed: 40 % of the peak, round prices.
# `python -m roots_tf.train.plan` prints it.

# %% [markdown] zh
# ## 这台机器之外
#
# 同样的计数除以 GPU 的速度，得到小时；小时换算成费用。数不出来的就作假设，假设可以更
# 改：峰值的 40 %，取整的价格。`python -m roots_tf.train.plan` 会打印出来。

# %%
plans = {}
for size, one in (("125M", small), ("1.5B", xl)):
    for name, gpu in GPUS.items():
        plan = plan_training(one, 0, gpu, Assumptions(utilization=0.4, gpus=8))
        plans[size, f"8 x {name}"] = vars(plan)
assert not plans["1.5B", "8 x T4"]["fits"] and plans["125M", "8 x T4"]["fits"]
columns = ["fits", "batch_size", "recompute", "memory", "hours", "dollars"]
pd.DataFrame(plans).T[columns].infer_objects().round(1)

# %%
memory = {
    name: pd.Series(training_memory(xl, 4, recompute=again)) / 2**30
    for name, again in (("kept", False), ("recomputed", True))
}
assert memory["recomputed"]["activations"] < memory["kept"]["activations"] / 5
pd.DataFrame(memory).round(1).rename_axis("GiB, 1.5B, 4 texts")

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/08_1_scale.py`)
#
# `exercises.check("08_1_scale.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. By the published law, how much loss does a model of 70 billion parameters gain from
#    ten times Chinchilla's text? How much from any text at all? (Two numbers.)
# 2. With $\alpha = \beta$, how do the best parameters and tokens grow with the budget?
#    Show it for one such law. (Two factors, for four times the budget.)
# 3. Multiply the losses of one run of an exact family by 1.3. What does the fit do with
#    Huber's loss, and why? (Open.)
# 4. From which context on do the scores and the mixing of GPT-2 small take more
#    operations than everything else in its layers? (A number of tokens.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/08_1_scale.py`）
#
# `roots_tf` 的 `exercises.check("08_1_scale.1", answer)` 评判答案或给出提示；括号里说明
# `answer` 是什么。
#
# 1. 按已发表的规律，70B 参数的模型若用十倍于 Chinchilla 的文本，损失能降低多少？文本再
#    多，最多能降低多少？（两个数。）
# 2. 当 $\alpha = \beta$ 时，最好的参数量和词元数怎样随预算增长？用一条这样的规律演示。
#    （预算为四倍时的两个倍数。）
# 3. 取一族精确符合规律的运行，把其中一次的损失乘以 1.3。用 Huber 损失的拟合会怎样？为什
#    么？（开放题。）
# 4. 上下文从多长起，GPT-2 small 的注意力分数与加权求和所需的运算，比其各层中其余的全部
#    还多？（词元数。）
