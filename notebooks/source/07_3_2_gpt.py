# %% [markdown]
# # §7.3.2 最新研究成果: GPT, which writes a text token by token
#
# A GPT small enough for a laptop learns from real text, English and Chinese, and
# writes: by the most probable token, by chance in four ways, by beam search. We look at
# the probabilities behind each choice, and at what a cache of keys and values saves.
#
# ## What the article says
#
# §7.3.2 names GPT-3, a giant pretrained language model (巨型预训练语言模型; Brown et
# al. 2020, 2005.14165), and §2.5 calls GPT an encoder-decoder. It is a decoder alone
# (E14 in ERRATA.md), and giant in its numbers alone: GPT-2 and the one below are one
# code, and GPT-3 changes little more than that.

# %% [markdown] zh
# # §7.3.2 最新研究成果：GPT，逐词元写出文本
#
# 一个小到笔记本电脑就能运行的 GPT，从真实的中英文文本中学习，然后写作：取最可能的词元，
# 以四种方式随机抽取，用束搜索。我们看每次选择背后的概率，以及键值缓存省下了什么。
#
# ## 文章怎么说
#
# §7.3.2 列出 GPT-3，即“巨型预训练语言模型”（Brown 等 2020，2005.14165），§2.5 称 GPT 为
# 编码器—解码器。它只有解码器（ERRATA.md 的 E14），“巨型”也只在于它的数字：GPT-2 与下面
# 这个模型是同一份代码，而 GPT-3 除数字外也几乎没有别的改动。

# %%
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.decoding import sampling
from roots_tf.decoding.autoregressive import stream
from roots_tf.decoding.beam_search import beam_search
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.monitoring.label_fonts import font_families
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.random_windows import RandomWindows, windows_in_order

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")

# %% [markdown]
# ## The formula
#
# A language model (语言模型) splits the probability of a text into that of each next
# token, given those before it (自回归, autoregressive), and learns by its logarithm
# (Radford et al. 2018, eq. 1):
#
# $$P(x_1 \dots x_T) = \prod_t P(x_t \mid x_{<t}) \qquad \mathrm{loss} = -\tfrac1T
# \sum_t \log P(x_t \mid x_{<t})$$
#
# GPT-2's model of it, eq. 2 with the norms where Radford et al. 2019 (§2.3) put them:
#
# $$h_0 = E_{x} + P, \qquad h_l = \mathrm{DecoderBlock}_l(h_{l-1}), \qquad
# \mathrm{logits} = \mathrm{LayerNorm}(h_L)\, E^\top$$
#
# A block is causal self-attention (`02_5_self_attention`), then two dense layers with
# GELU between, $D \to 4D \to D$. The table $E$ of the $V$ tokens serves twice. With $P$
# positions and $L$ blocks that makes $V D + P D + L (12 D^2 + 13 D) + 2 D$ numbers.
#
# ## Real text
#
# Docstrings of the libraries that are installed here, and the Chinese reviews three
# times over, for they are few. Byte-level BPE (字节对编码) makes tokens of both:
# nothing is unknown to it.

# %% [markdown] zh
# ## 公式
#
# 语言模型把文本的概率拆成每个下一词元在给定前文时的概率（自回归，autoregressive），并以
# 其对数来学习（Radford 等 2018，式 1）：
#
# $$P(x_1 \dots x_T) = \prod_t P(x_t \mid x_{<t}) \qquad \mathrm{loss} = -\tfrac1T
# \sum_t \log P(x_t \mid x_{<t})$$
#
# GPT-2 所用的模型是式 2，归一化则放在 Radford 等 2019（§2.3）所放的位置：
#
# $$h_0 = E_{x} + P, \qquad h_l = \mathrm{DecoderBlock}_l(h_{l-1}), \qquad
# \mathrm{logits} = \mathrm{LayerNorm}(h_L)\, E^\top$$
#
# 一个块是因果自注意力（`02_5_self_attention`），接着是两个全连接层，中间为
# GELU，$D \to 4D \to D$。$V$ 个词元的表 $E$ 用了两次。有 $P$ 个位置和 $L$ 个块时，共有
# $V D + P D + L (12 D^2 + 13 D) + 2 D$ 个数。
#
# ## 真实文本
#
# 这里已安装的各库的文档字符串，以及重复三遍的中文评论，因为评论很少。字节级 BPE（字节对
# 编码）把两者都切成词元：对它来说没有未知的内容。

# %%
documents = load_plain_text("docstrings").documents()
english = "\n".join(text for text, _ in zip(documents, range(1000), strict=False))
reviews = load_classification("reviews_zh")
text = english[:400_000] + "\n".join(3 * reviews.train.texts)
tokenizer = BytePairTokenizer.learn([text], vocab_size=2_000)
ids = {
    "train": tokenizer.encode([text])[0].numpy(),
    "docstrings": tokenizer.encode([english[400_000:440_000]])[0].numpy(),
    "reviews_zh": tokenizer.encode(["\n".join(reviews.test.texts)])[0].numpy(),
}
print({part: f"{len(tokens):,} tokens" for part, tokens in ids.items()})
for sample in ("the shape of the array", reviews.test.texts[0]):
    pieces = [tokenizer.decode([token]) for token in tokenizer.encode([sample])[0]]
    print("|".join(pieces))

# %% [markdown]
# (A � is a byte of a character: rare characters take two or three tokens.)
#
# ## It learns
#
# nanoGPT's sizes for a laptop, 400 steps of 12 windows of 64 tokens, through the loop
# of this project's scripts. `python -m roots_tf.train.gpt` takes more text and more
# steps, logs to TensorBoard and can be killed and resumed.

# %% [markdown] zh
# （� 是一个字符中的一个字节：罕见的字符要占两三个词元。）
#
# ## 它在学习
#
# 采用 nanoGPT 为笔记本电脑定的大小，共 400 步，每步 12 个窗口，每个窗口 64 个词元，用的
# 是本项目各脚本的训练循环。`python -m roots_tf.train.gpt` 用更多文本、走更多步，把过程
# 记录到 TensorBoard，可以终止后再继续。

# %%
config = GptConfig.tiny(tokenizer.vocab_size)
model = Gpt(config)
model.build()
assert model.count_params() == config.parameter_count
batches = RandomWindows(ids["train"], config.max_positions, batch_size=12, batches=200)
token_ids, targets = next(iter(batches(epoch=1)))
assert np.array_equal(token_ids[:, 1:], targets[:, :-1])
print(f"{config.parameter_count:,} parameters; {token_ids.shape} -> logits", end=" ")
print(model(token_ids).shape)
rate = WarmupSchedule(2e-3, "cosine", warmup_steps=40, total_steps=400)
curve = []
hook = SimpleNamespace(on_step=lambda record: curve.append((record.step, record.loss)))
adam = keras.optimizers.AdamW(rate, weight_decay=0.1, beta_2=0.99)
loop = TrainingLoop(model, adam, cross_entropy, batches, hooks=[hook], clip_norm=1.0)
loop.run(epochs=1)

# %%
loop.run(epochs=2)  # goes on where it was
assert loop.step == 400


# %%
def nats_a_token(part):
    total = count = 0.0
    for token_ids, targets, weights in windows_in_order(ids[part], 64, 32):
        total += np.sum(weights * cross_entropy(targets, model(token_ids)))
        count += np.sum(weights)
    return total / count


frequency = np.bincount(ids["train"], minlength=config.vocab_size) + 1
unigram = -np.log(frequency / frequency.sum())
held_out = {part: nats_a_token(part) for part in ("docstrings", "reviews_zh")}
for part, nats in held_out.items():
    by_frequency = unigram[ids[part][1:]].mean()
    assert nats < by_frequency - 0.5
    print(
        f"{part}, not seen: perplexity {np.exp(nats):.0f}; "
        f"by frequency alone {np.exp(by_frequency):.0f}"
    )
steps, losses = np.transpose(curve)
plt.figure(figsize=(6, 2.6))
plt.plot(steps, losses, label="training")
plt.axhline(np.log(config.vocab_size), ls=":", color="gray", label="$\\ln V$")
plt.axhline(unigram[ids["train"]].mean(), ls="--", color="gray", label="by frequency")
plt.gca().set(xlabel="step", ylabel="nats a token")
plt.legend()
plt.show()
assert abs(losses[0] - np.log(config.vocab_size)) < 0.2

# %% [markdown]
# ## Which token next? (采样)
#
# The model gives probabilities, not a text. What they are after two prompts, and what
# is left of them by temperature (温度; $\mathrm{softmax}(z / \tau)$), top-k (the $k$
# most probable; Fan et al. 2018, 1805.04833) and top-p (核采样; the fewest that reach
# $p$ together; Holtzman et al. 2020, 1904.09751, eq. 2):

# %% [markdown] zh
# ## 下一个词元取哪个？（采样）
#
# 模型给出的是概率，不是文本。下面是两个提示之后的概率，以及经过温度
# （$\mathrm{softmax}(z / \tau)$）、top-k（最可能的 $k$ 个；Fan 等 2018，1805.04833）和
# top-p（核采样；合起来达到 $p$ 的最少几个；Holtzman 等 2020，1904.09751，式 2）之后还剩
# 下什么：

# %%
rules = {
    "as it is": lambda z: z,
    "temperature 0.5": lambda z: sampling.with_temperature(z, 0.5),
    "top-k, k = 5": lambda z: sampling.keep_top_k(z, 5),
    "top-p, p = 0.5": lambda z: sampling.keep_top_p(z, 0.5),
}
prompts = ["Returns the", "房间"]
figure, rows = plt.subplots(2, 4, figsize=(12, 5), layout="constrained")
for prompt, axes in zip(prompts, rows, strict=True):
    logits = model(tokenizer.encode([prompt])[0].numpy()[None])[:, -1]  # (1, V)
    plain = np.asarray(tf.nn.softmax(logits))[0]
    first = plain.argsort()[::-1][:12]
    names = [tokenizer.decode([token]).replace("\n", "⏎") for token in first]
    for axis, (name, rule) in zip(axes, rules.items(), strict=True):
        p = np.asarray(tf.nn.softmax(rule(logits)))[0]
        assert np.isclose(p.sum(), 1, atol=1e-5) and p.argmax() == plain.argmax()
        axis.bar(range(12), p[first])
        family = font_families(names) or ["DejaVu Sans"]
        axis.set_xticks(range(12), names, rotation=90, family=family, parse_math=False)
        axis.set_title(
            f"{prompt} …: {name}", family=font_families([prompt]), fontsize=9
        )
        if name.startswith("top-k"):
            assert (p > 0).sum() == 5
        if name.startswith("top-p"):
            kept = plain[p > 0]
            assert kept.sum() >= 0.5 > kept.sum() - kept.min()
plt.show()

# %% [markdown]
# ## Side by side
#
# Greedy (贪心) takes the most probable token each time. Beam search (束搜索) keeps the
# 4 best open ends, and as a rule finds a text that is more probable as a whole. Beside
# each text its $\log P$ given the prompt.

# %% [markdown] zh
# ## 并排比较
#
# 贪心每次取最可能的词元。束搜索保留 4 个最好的未完文本，通常能找到整体上概率更大的文
# 本。每段文本旁边是它在给定提示下的 $\log P$。

# %%
length, step = 24, tf.function(model.next_logits, reduce_retracing=True)


def log_probability(token_ids, prompt_length):
    token_ids = np.array(token_ids, np.int32)
    logits = tf.nn.log_softmax(model(token_ids[None, :-1])[0])  # (T - 1, V)
    chosen = tf.gather(logits, token_ids[1:], batch_dims=1)
    return float(tf.reduce_sum(chosen[prompt_length - 1 :]))


def continuations(prompt):
    start = tokenizer.encode([prompt]).numpy()  # (1, L)
    for name, rule in choices.items():
        cache = model.empty_cache(1, config.max_positions)
        yield name, [*start[0], *stream(step, cache, start[0], length, rule, seed=1)]
    cache = model.empty_cache(1, config.max_positions)
    beams = beam_search(step, cache, start, length, num_beams=4, alpha=0.0)
    yield "beam search, 4", [*start[0], *beams.token_ids[0, 0].numpy()]


choices = {
    "greedy": SamplingRule(temperature=0),
    "temperature 1": SamplingRule(),
    "temperature 0.5": SamplingRule(temperature=0.5),
    "top-k, k = 5": SamplingRule(top_k=5),
    "top-p, p = 0.5": SamplingRule(top_p=0.5),
}
table = []
for prompt in prompts:
    start = len(tokenizer.encode([prompt])[0])
    for name, tokens in continuations(prompt):
        row = prompt, name, tokenizer.decode(tokens), log_probability(tokens, start)
        table.append(row)
table = pd.DataFrame(table, columns=["prompt", "by", "text", "log P"])
found = table.pivot(index="prompt", columns="by", values="log P")
assert (found["beam search, 4"] >= found["temperature 1"]).all()
pd.set_option("display.max_colwidth", None)
table.set_index(["prompt", "by"]).round(1)

# %% [markdown]
# Greedy and beam search repeat themselves, chance at temperature 1 talks nonsense, and
# what people use lies between.
#
# ## The cache of keys and values (键值缓存)
#
# Written naively, token $n + 1$ takes a pass over all $n$ before it. But a causal model
# never changes what it made of them: their keys and values can be kept, and each step
# reads one token. The tokens are the same:

# %% [markdown] zh
# 贪心和束搜索自我重复，温度 1 的抽样胡言乱语，人们实际采用的介于两者之间。
#
# ## 键值缓存
#
# 照最直接的写法，词元 $n + 1$ 需要对它前面全部 $n$ 个词元计算一遍。但因果模型从不改变已
# 由它们算出的结果：它们的键和值可以保留，每一步只读一个词元。得到的词元相同：

# %%
start, length = list(tokenizer.encode(prompts[:1])[0].numpy()), 32
without, cached = list(start), list(start)
while len(without) < length:
    logits = model(np.array([without], np.int32))  # (1, n, V)
    without.append(int(tf.argmax(logits[0, -1])))
logits, cache = model.next_logits(np.array([start], np.int32), model.empty_cache(1, 64))
while len(cached) < length:
    cached.append(int(tf.argmax(logits[0])))
    logits, cache = model.next_logits(np.array([cached[-1:]], np.int32), cache)
assert cached == without and int(cache[0].length) == length

# %% [markdown]
# The work for the next token after $n$: a pass over all of them costs some $n\, (24 L
# D^2 + 2 V D) + 4 L D n^2$ operations, one over the last of them, with the cache, $24 L
# D^2 + 2 V D + 4 L D N$ with room for $N$. Dots are TensorFlow's own count of the two
# graphs. (Seconds are for a benchmark: `python -m benchmarks.transformer`.)

# %% [markdown] zh
# 已有 $n$ 个词元时，求下一个词元的计算量：对全部词元计算一遍约为
# $n\, (24 L D^2 + 2 V D) + 4 L D n^2$ 次运算；有缓存时只计算其中最后一个，为
# $24 L D^2 + 2 V D + 4 L D N$，缓存的容量为 $N$。圆点是 TensorFlow 自己对两张计算图的计
# 数。（秒数归基准测试：`python -m benchmarks.transformer`。）


# %%
def operations(function, n):
    signature = [tf.TensorSpec((1, n), tf.int32)]
    graph = tf.function(function).get_concrete_function(*signature).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops


def with_cache(token_ids):
    return model.next_logits(token_ids, model.empty_cache(1, 64))[0]


D, V, L, n = config.hidden_size, config.vocab_size, config.num_layers, np.arange(1, 65)
one_pass = n * (24 * L * D**2 + 2 * V * D) + 4 * L * D * n**2
one_step = np.full(64, 24 * L * D**2 + 2 * V * D + 4 * L * D * 64)
counted = {count: operations(model, count) for count in (4, 16, 64)}
of_step = operations(with_cache, 1)
assert all(abs(counted[count] / one_pass[count - 1] - 1) < 0.1 for count in counted)
assert abs(of_step / one_step[0] - 1) < 0.1
figure, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")
pair = {"without a cache": one_pass, "with a cache": one_step}
for name, work in pair.items():
    axes[0].plot(n, work / 1e6, label=name)
    axes[1].plot(n, work.cumsum() / 1e6, label=name)
axes[0].plot(list(counted), np.array(list(counted.values())) / 1e6, "o")
axes[0].plot(64, of_step / 1e6, "o")
axes[0].set(xlabel="tokens so far", ylabel="million operations", title="the next token")
axes[1].set(xlabel="tokens", title="the whole text")
axes[1].legend()
plt.show()
assert 20 < one_pass.sum() / one_step.sum() < 64  # about half as many as tokens

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/07_3_2_gpt.py`)
#
# `exercises.check("07_3_2_gpt.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. Count the parameters of GPT-2 small by hand: 50,257 tokens, 1,024 positions, 12
#    blocks, 768 wide. How many more would it have if $E$ did not serve twice? (Two
#    numbers.)
# 2. The five tokens a to e have the probabilities .4, .3, .15, .1, .05. What is left of
#    them by $k = 2$, by $p = 0.7$, by $p = 0.71$, by temperature 1/2? (Four rows.)
# 3. Draw the entropy of a distribution against the temperature. What are its limits?
#    (The entropy, a function of both.)
# 4. Give a beam search one beam, then as many as there are texts. What comes? (Open.)
# 5. Greedy texts go round in circles. What does a repetition penalty of 1.3 do to them,
#    and what would the paper's formula do to a token with a negative logit? (The right
#    one, of logits $(V)$, booleans $(V)$ for tokens seen, and its size.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/07_3_2_gpt.py`）
#
# `roots_tf` 的 `exercises.check("07_3_2_gpt.1", answer)` 评判答案或给出提示；括号里说明
# `answer` 是什么。
#
# 1. 手工数出 GPT-2 small 的参数：50,257 个词元，1,024 个位置，12 个块，宽 768。如果 $E$
#    不是用两次，会多出多少？（两个数。）
# 2. 五个词元 a 到 e 的概率为 .4、.3、.15、.1、.05。经过
#    $k = 2$、$p = 0.7$、$p = 0.71$、温度 1/2，各剩下什么？（四行。）
# 3. 画出一个分布的熵随温度的变化。它的极限是什么？（熵，以两者为参数的函数。）
# 4. 让束搜索只用一束，再用与全部文本一样多的束。得到的是什么？（开放题。）
# 5. 贪心得到的文本会原地打转。重复惩罚 1.3 对它们有什么作用？论文的公式对一个 logit 为
#    负的词元又会怎样？（正确的惩罚：以 logits $(V)$、表示已出现词元的布尔数组 $(V)$ 和
#    惩罚的大小为参数的函数。）
