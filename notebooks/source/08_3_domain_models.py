# %% [markdown]
# # §8.3 领域特定模型: a model for one domain, with few new parameters
#
# A language model that was pretrained on general text goes on with the texts of one
# domain: all of its parameters, or small matrices beside them (LoRA). We measure what
# either learns of the domain, and what it forgets of the rest.
#
# ## What the article says
#
# §8.3 expects more models for one domain (领域特定模型), such as medicine or finance,
# and leaves open how they come about. Nobody pretrains each of them from nothing: one
# goes on with pretraining (继续预训练). Two questions follow. How much does it take?
# And what becomes of what the model knew (灾难性遗忘, catastrophic forgetting)?
#
# ## The formulas
#
# Low-rank adaptation (低秩适配, Hu et al. 2021, 2106.09685, §4.1, eq. 3) freezes each
# matrix $W$ and learns two thin ones:
#
# $$y = x \left( W + \frac{\alpha}{r} A B \right), \qquad A: d_{in} \times r, \quad B: r
# \times d_{out}, \quad B_0 = 0$$
#
# With $H$ the mean surprise of a token of held-out text, the logarithm of the
# perplexity (困惑度):
#
# $$\mathrm{gain} = H_{new}^{before} - H_{new}^{after} \qquad
# \mathrm{forgotten} = H_{old}^{after} - H_{old}^{before}$$

# %% [markdown] zh
# # §8.3 领域特定模型：一个领域的模型，只用少量新参数
#
# 一个在通用文本上预训练过的语言模型，接着学习某一领域的文本：用它的全部参数，或用旁边的
# 小矩阵（LoRA）。我们测量两者各学到这个领域的多少，又忘掉原有领域的多少。
#
# ## 文章怎么说
#
# §8.3 预期会有更多针对特定领域（如医疗、金融）的模型，却没有说它们怎样得来。没有人把每
# 一个都从零预训练：通常是继续预训练。随之有两个问题。需要付出多少？模型原来知道的又会怎
# 样（灾难性遗忘，catastrophic forgetting）？
#
# ## 公式
#
# 低秩适配（Hu 等 2021，2106.09685，§4.1，式 3）冻结每个矩阵 $W$，学习两个窄矩阵：
#
# $$y = x \left( W + \frac{\alpha}{r} A B \right), \qquad A: d_{in} \times r, \quad B: r
# \times d_{out}, \quad B_0 = 0$$
#
# 设 $H$ 为留出文本中每个词元的平均意外程度，即困惑度的对数：
#
# $$\mathrm{gain} = H_{new}^{before} - H_{new}^{after} \qquad
# \mathrm{forgotten} = H_{old}^{after} - H_{old}^{before}$$

# %%
import json
import tempfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

import roots_tf
from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.random_windows import RandomWindows
from roots_tf.trends.domain_adaptation import (
    Adaptation,
    Surprise,
    adaptation_table,
    surprise,
)
from roots_tf.trends.low_rank_adaptation import LowRankAdapted

PROJECT = Path(roots_tf.__file__).parents[1]
keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")

# %% [markdown]
# ## Any model with attention
#
# Before the first step nothing has changed, since $B$ is zero. How many parameters are
# trained follows from the shapes: $r\,(d_{in} + d_{out})$ for each matrix.

# %% [markdown] zh
# ## 任何带注意力的模型
#
# 第一步之前什么也没有变，因为 $B$ 是零。训练多少参数由形状决定：每个矩阵
# $r\,(d_{in} + d_{out})$ 个。

# %%
bert = Bert(BertConfig.tiny(100))
bert.build()
inputs = {"token_ids": np.arange(1, 11, dtype=np.int32)[None]}
before = bert(inputs)[0]
adapted = LowRankAdapted(bert, rank=4, alpha=8, matrices=["query", "value"])
adapted.build()
assert np.array_equal(adapted(inputs)[0], before)
assert adapted.adapter_parameters == 2 * 2 * 4 * (128 + 128)  # layers, matrices
assert len(adapted.trainable_variables) == 2 * 2 * 2
for name, weight in adapted.adapted_weights().items():
    print(name, tuple(weight.shape))

# %% [markdown]
# ## Two domains of real text
#
# The old domain: docstrings of scientific libraries. The new one: pytest's, which the
# base never reads. The tokens are learned from the old domain, as they would be for a
# model that comes ready.

# %% [markdown] zh
# ## 真实文本的两个领域
#
# 旧领域：科学计算库的文档字符串。新领域：pytest 的文档字符串，基座模型从未读过。词元从
# 旧领域学得，与拿到一个现成模型时一样。

# %%
texts = {"new": [], "old": []}
for document in docstring_corpus():
    if document.library in ("numpy", "scipy", "pandas", "pytest"):
        kind = "new" if document.library == "pytest" else "old"
        texts[kind].append(document.text)
draw = np.random.default_rng(0)
old, new = (
    "\n".join(draw.permutation(texts[kind]))[:length]
    for kind, length in (("old", 500_000), ("new", 150_000))
)
tokenizer = BytePairTokenizer.learn([old[:450_000]], vocab_size=1_000)
tokens = {
    name: tokenizer.encode([text])[0].numpy()
    for name, text in {
        "old": old[:450_000],
        "old_test": old[450_000:480_000],
        "new": new[:120_000],
        "new_test": new[120_000:],
    }.items()
}
print({name: len(ids) for name, ids in tokens.items()})

# %% [markdown]
# ## The base

# %% [markdown] zh
# ## 基座模型


# %%
def train(model, ids, rate, epochs, batches, decay=0.1, after=None):
    windows = RandomWindows(ids, 64, batch_size=12, batches=batches)
    steps = epochs * batches
    schedule = WarmupSchedule(rate, "cosine", steps // 10, steps)
    adam = keras.optimizers.AdamW(schedule, weight_decay=decay, beta_2=0.99)
    TrainingLoop(
        model, adam, cross_entropy, windows, clip_norm=1.0, validate=after
    ).run(epochs)


config = GptConfig.tiny(tokenizer.vocab_size, hidden_size=64, num_layers=2)
base = Gpt(config, name="gpt")
base.build()
train(base, tokens["old"], 3e-3, epochs=1, batches=300)


def measured(model):
    return Surprise(*(surprise(model, tokens[f"{n}_test"], 64) for n in ("new", "old")))


start = measured(base)
assert start.new > start.old + 0.1  # the new domain is another one
print(f"perplexity: new {np.exp(start.new):.1f}, old {np.exp(start.old):.1f}")

# %% [markdown]
# ## Two ways to go on
#
# The same texts, the same number of steps, a learning rate that suits each.

# %% [markdown] zh
# ## 继续训练的两种方式
#
# 同样的文本，同样的步数，学习率各取合适的。

# %%
weights = base.get_weights()
curves = {"full": [start], "LoRA": [start]}
train(
    base,
    tokens["new"],
    2e-3,
    epochs=4,
    batches=30,
    after=lambda epoch, step: curves["full"].append(measured(base)) or {},
)
full = Adaptation(base.count_params(), base.count_params(), start, curves["full"][-1])

# %%
base.set_weights(weights)
every = ["query", "key", "value", "output", "inner", "outer"]
adapted = LowRankAdapted(base, rank=4, alpha=4, matrices=every)
adapted.build()
assert measured(adapted) == start
train(
    adapted,
    tokens["new"],
    5e-3,
    epochs=4,
    batches=30,
    decay=0.0,
    after=lambda epoch, step: curves["LoRA"].append(measured(adapted)) or {},
)
low_rank = Adaptation(
    adapted.adapter_parameters, base.count_params(), start, curves["LoRA"][-1]
)

# %%
table = adaptation_table({"full fine-tuning": full, "LoRA, rank 4": low_rank})
print(
    table, f"\n\nLoRA has {low_rank.share_of(full):.0%} of the gain of full fine-tuning"
)
assert low_rank.trained < 0.15 * full.trained
assert full.gain > low_rank.gain > 0.1
assert 0 < low_rank.forgotten < full.forgotten
assert low_rank.share_of(full) < 0.6

# %% [markdown]
# LoRA learns less and forgets less, as Biderman et al. 2024 (2405.09673) found of large
# models: here it has far less than the whole gain. The domain has more to learn than a
# change of rank 4 can hold in matrices that are 64 wide, and the embeddings, of which
# much of a small model consists, do not learn at all.

# %% [markdown] zh
# LoRA 学得少，忘得也少，与 Biderman 等 2024（2405.09673）在大模型上的发现一致：在这里，
# 它远远达不到全部的收益。这个领域要学的东西，多于宽 64 的矩阵中秩为 4 的增量所能容纳
# 的；而小模型有很大一部分是嵌入，嵌入完全没有参加学习。

# %%
figure, axis = plt.subplots(figsize=(5.5, 3.8), layout="constrained")
for name, points in curves.items():
    x, y = np.exp(np.array(points)).T
    axis.plot(y, x, "o-", label=name)
axis.plot(np.exp(start.old), np.exp(start.new), "k*", markersize=14, label="base")
axis.set(xlabel="perplexity of the old domain", ylabel="perplexity of the new domain")
axis.legend()
plt.show()

# %% [markdown]
# Each point is an epoch: down is learned, to the right is forgotten.
#
# ## Merged, and alone in a file
#
# $W + \frac{\alpha}{r} A B$ is a matrix like $W$: merged, the model runs as fast as
# before. And a domain is a small file beside one large base.

# %% [markdown] zh
# 每个点是一轮：往下是学到，往右是忘掉。
#
# ## 合并，或单独存成一个文件
#
# $W + \frac{\alpha}{r} A B$ 是与 $W$ 一样的矩阵：合并之后，模型运行得和先前一样快。而一
# 个领域就是一个小文件，放在一个大的基座模型旁边。

# %%
prompt = tokenizer.encode(["Return the fixture"]).to_tensor().numpy()
expected = adapted(prompt)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "adapter.safetensors")
    adapted.save_adapter(path)
    size = path.stat().st_size
    base.set_weights(weights)
    again = LowRankAdapted.load_adapter(base, path)
assert np.array_equal(again(prompt), expected)
merged = again.merge()
assert np.array_equal(merged(prompt), expected)
print(f"adapter {size:,} bytes, base {4 * base.count_params():,}")
assert size < 0.2 * 4 * base.count_params()

# %% [markdown]
# ## What the update looks like
#
# Rank 4 at most, whatever was learned: all other singular values (奇异值) are zero.

# %% [markdown] zh
# ## 更新量是什么样子
#
# 秩至多为 4，无论学到什么：其余的奇异值全是零。

# %%
change = np.asarray(merged.blocks[0].feed_forward.inner_projection.kernel)
place = [v.shape for v in base.weights].index((64, 256))
change = change - weights[place]
values = np.linalg.svd(change, compute_uv=False)
assert (values[:4] > 1e-3).all() and (values[4:] < 1e-4).all()
pd.Series(values[:8], name="singular values").round(4).to_frame().T

# %% [markdown]
# ## Where it is enough: a task, on a model that knows the language
#
# A published encoder of 22.7 million parameters (MiniLM) learns to tell praise from
# blame (SST-2): all of it, or sums of rank 4 with pooler and head
# (`train.bert_finetune --low-rank 4`). From the records, each scored once on the test
# texts; the gain is that on the commonest class, which is where a model begins that has
# not learned the task:

# %% [markdown] zh
# ## 什么时候够用：在一个已经懂语言的模型上学一个任务
#
# 一个公开的编码器，22.7 百万参数（MiniLM），学习分辨好评与差评（SST-2）：全部参数，或者
# 秩为 4 的增量加上池化层和输出层（`train.bert_finetune --low-rank 4`）。数字来自记录，
# 每个都只在测试文本上评过一次；收益是相对最常见的类别算的，那是还没学过这个任务的模型的
# 起点：

# %%
records = {}
for way, name in {"all": "sst2-minilm", "low rank": "sst2-minilm-low_rank"}.items():
    path = PROJECT / f"tensorboard_logs/recorded/{name}.json"
    records[way] = json.loads(path.read_text("utf-8"))["final_metrics"]
table = pd.DataFrame(records).loc[["accuracy", "majority_accuracy"]]
gain = table.loc["accuracy"] - table.loc["majority_accuracy"]
print(f"the share of the gain: {gain['low rank'] / gain['all']:.1%}")
assert gain["low rank"] > 0.9 * gain["all"]
table.round(4)

# %% [markdown]
# `python -m roots_tf.train.domain_adaptation` adapts a larger GPT in both ways, or
# one of `train.gpt` (`--base DIR`), to any texts (`--data`, `--old`), and logs both
# perplexities of either way to TensorBoard.
#
# ## Exercises (answers: `notebooks/solutions/08_3_domain_models.py`)
#
# `exercises.check("08_3_domain_models.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. GPT-3 has 96 layers of width 12,288. How many parameters does LoRA train with rank
#    4 on query and value, and which share of 175 billion is that? (Parameters. The
#    paper: 10,000 times fewer.)
# 2. Why may not A *and* B begin at zero? Show it with gradients. (A function of $G$,
#    the gradient of $W + s A B$, of $A$, $B$ and $s$ that gives the gradients by $A$
#    and by $B$.)
# 3. Doubling alpha and halving the learning rate: is that the same under SGD? Under
#    Adam? Look at the first step. (How many times as large it makes the change of
#    $s A B$: two numbers.)
# 4. Two adapters of one base are merged one after the other. Does the order matter?
#    (True or False.)

# %% [markdown] zh
# `python -m roots_tf.train.domain_adaptation` 用两种方式适配一个更大的 GPT，或用
# `train.gpt` 训练的一个（`--base DIR`），文本任选（`--data`、`--old`），并把两种方式各
# 自的两个困惑度记录到 TensorBoard。
#
# ## 练习（答案：`notebooks/solutions/08_3_domain_models.py`）
#
# `roots_tf` 的 `exercises.check("08_3_domain_models.1", answer)` 评判答案或给出提示；括
# 号里说明 `answer` 是什么。
#
# 1. GPT-3 有 96 层，宽 12,288。以秩 4 用于 query 和 value 时，LoRA 训练多少参数？占
#    175B 的多大比例？（参数个数。论文：减少到 10,000 分之一。）
# 2. 为什么 A *和* B 不能都从零开始？用梯度说明。（以 $W + s A B$ 的梯度 $G$ 以及
#    $A$、$B$、$s$ 为参数的函数，给出对 $A$ 和对 $B$ 的梯度。）
# 3. 把 alpha 加倍、学习率减半：在 SGD 下是一回事吗？在 Adam 下呢？看第一步。（它使
#    $s A B$ 的改变变为多少倍：两个数。）
# 4. 同一个基座模型的两个适配器先后合并。先后次序有影响吗？（True 或 False。）
