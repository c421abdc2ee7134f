# %% [markdown]
# # §2.5 大规模语言模型的架构: self-attention from a plain mean
#
# §2.5 tells of encoders and decoders and never says what is in them: attention, the one
# idea of the Transformer. We build it up from a mean of vectors, step by step, each
# formula in NumPy beside the layer of this project: weights, queries and keys, the
# scale, heads, masks, and positions, without which it would not know one word order
# from another. Which architectures are made of it: `02_core_concepts` (E14).

# %% [markdown] zh
# # §2.5 大规模语言模型的架构：从简单平均到自注意力
#
# §2.5 讲到编码器和解码器，却从未说里面有什么：注意力，也就是 Transformer 的那一个核心
# 思想。我们从向量的平均出发，一步一步把它搭起来，每个公式都用 NumPy 写出，与本项目的层
# 并列：权重、查询与键、缩放、多头、掩码，以及位置；没有位置，它就分不清一种词序与另一种
# 词序。哪些架构由它构成：`02_core_concepts`（E14）。

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from roots_tf.datasets.classification import load_classification
from roots_tf.monitoring.label_fonts import font_families
from roots_tf.text.text_to_ids import TextSettings, tokenize
from roots_tf.transformer import attention_masks as masks
from roots_tf.transformer.attention import MultiHeadAttention, attention_weights
from roots_tf.transformer.position_embedding import sinusoidal_positions

keras.utils.set_random_seed(0)
random = np.random.default_rng(0)


def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% [markdown]
# ## Step by step (自注意力)
#
# Let $x_1 \dots x_T$ be the vectors of a text.
#
# 1. The mean, $\frac1T \sum_s x_s$: every token gets the same.
# 2. A weighted mean (加权平均) in which what is alike weighs more: $y_t = \sum_s
#    a_{ts} x_s$, $a_t = \mathrm{softmax}_s(x_t \cdot x_s)$. A token gets itself and
#    its equals.
# 3. What is looked for need not be what is alike, nor be what is given. Three matrices
#    make a query (查询) $q_t = x_t W^Q$, a key (键) $k_s = x_s W^K$ and a value (值)
#    $v_s = x_s W^V$, each $d_k$ wide.
# 4. The scores (分数) $q_t \cdot k_s$ are divided by $\sqrt{d_k}$; why, see below.
# 5. A decoder masks (掩码) what is to come.
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\big(Q K^\top / \sqrt{d_k}\big)\, V$$
#
# (Vaswani et al. 2017, 1706.03762, eq. 1.) The weights $a_{ts}$ for one Chinese and one
# English review, a character and a word a token, with random vectors and matrices:

# %% [markdown] zh
# ## 自注意力：一步一步
#
# 设 $x_1 \dots x_T$ 为一段文本的各个向量。
#
# 1. 平均，$\frac1T \sum_s x_s$：每个词元得到的都一样。
# 2. 加权平均，相似的权重更大：$y_t = \sum_s a_{ts} x_s$，$a_t = \mathrm{softmax}_s(x_t
# \cdot x_s)$。一个词元得到的是它自己和与它相同的词元。
# 3. 要找的不一定就是相似的，也不一定就是要给出的。三个矩阵分别产生查询
# （query）$q_t = x_t W^Q$、键（key）$k_s = x_s W^K$ 和值（value）$v_s = x_s W^V$，宽度
# 都是 $d_k$。
# 4. 分数 $q_t \cdot k_s$ 除以 $\sqrt{d_k}$；原因见下文。
# 5. 解码器用掩码遮住后面的内容。
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\big(Q K^\top / \sqrt{d_k}\big)\, V$$
#
# （Vaswani 等 2017，1706.03762，式 1。）下面是一条中文评论和一条英文评论的权重
# $a_{ts}$，中文以一个字、英文以一个词为一个词元，向量和矩阵都是随机的：


# %%
def steps_of(tokens, D=64, K=16):
    kinds = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    vectors = random.normal(0, D**-0.25, (len(kinds), D))
    x = vectors[[kinds[token] for token in tokens]]  # (T, D)
    q, k, v = x @ random.normal(0, D**-0.25, (3, D, K))  # (T, K) each
    scores, T = q @ k.T / np.sqrt(K), len(tokens)  # (T, T)
    a = {"1. mean": np.full((T, T), 1 / T), "2. alike": softmax(x @ x.T)}
    a["4. queries, keys, scaled"] = softmax(scores)
    a["5. causal"] = softmax(np.where(np.tri(T, dtype=bool), scores, -np.inf))
    return x, (q, k, v), a


chinese = load_classification("reviews_zh").test.texts[5]
english = load_classification("reviews_en").test.texts[10]
texts = list(chinese), tokenize([english], TextSettings())[0]
plt.rc("font", family=font_families(chinese + english) or ["DejaVu Sans"])
figure, rows = plt.subplots(2, 4, figsize=(13, 7), layout="constrained")
for tokens, axes in zip(texts, rows, strict=True):
    x, (q, k, v), steps = steps_of(tokens)
    for axis, (name, a) in zip(axes, steps.items(), strict=True):
        assert np.allclose(a.sum(axis=1), 1)
        axis.imshow(a, vmin=0, vmax=0.5)
        axis.set_xticks(range(len(tokens)), tokens, rotation=90, fontsize=8)
        axis.set_yticks(range(len(tokens)), tokens, fontsize=8)
        axis.set_title(name)
plt.show()

# %% [markdown]
# The layer's function computes the same, for $B$ texts and $H$ heads at once:

# %% [markdown] zh
# 本项目这一层的函数算出同样的结果，一次处理 $B$ 段文本、$H$ 个头：

# %%
T = len(q)
past = np.tri(T, dtype=bool)
for mask, name in ((None, "4. queries, keys, scaled"), (past[None, None], "5. causal")):
    ours = attention_weights(q[None, None], k[None, None], mask)  # (1, 1, T, T)
    assert np.allclose(ours[0, 0], steps[name], atol=1e-6)
    theirs = keras.ops.dot_product_attention(
        *(x[None, :, None] for x in (q, k, v)), mask=mask
    )  # (1, T, 1, K): Keras has heads behind the time
    assert np.allclose(theirs[0, :, 0], steps[name] @ v, atol=1e-5)

# %% [markdown]
# ## Why $\sqrt{d_k}$
#
# If the components of $q$ and $k$ are independent with mean 0 and variance 1, then $q
# \cdot k = \sum_i q_i k_i$ has variance $d_k$ (§3.2.1, footnote 4 of the paper). Large
# scores drive the softmax to one key, and there its slope $\partial a_i / \partial s_j
# = a_i (\delta_{ij} - a_j)$ is almost 0: nothing is learned. Divided by $\sqrt{d_k}$
# the scores have variance 1, whatever the width. 2,000 queries, 32 keys each:

# %% [markdown] zh
# ## 为什么是 $\sqrt{d_k}$
#
# 若 $q$ 与 $k$ 的各分量相互独立，均值为 0，方差为 1，则 $q \cdot k = \sum_i q_i k_i$ 的
# 方差为 $d_k$（论文 §3.2.1，脚注 4）。分数一大，softmax 就集中到一个键上，而在那里它的
# 斜率 $\partial a_i / \partial s_j = a_i (\delta_{ij} - a_j)$ 几乎为 0：什么也学不到。
# 除以 $\sqrt{d_k}$ 之后，无论宽度是多少，分数的方差都是 1。下面取 2,000 个查询，每个查
# 询 32 个键：

# %%
widths, found = [4, 16, 64, 256, 1024], []
for width in widths:
    queries = random.normal(size=(2000, width)).astype("float32")
    keys = random.normal(size=(2000, 32, width)).astype("float32")
    scores = np.einsum("nk,nsk->ns", queries, keys)  # (2000, 32)
    both = softmax(scores), softmax(scores / np.sqrt(width))
    slopes = [np.mean(1 - (a**2).sum(axis=1)) for a in both]  # sum of da_i / ds_i
    found.append([scores.var(), *(a.max(axis=1).mean() for a in both), *slopes])
names = ["variance", "largest", "largest, scaled", "slope", "slope, scaled"]
found = pd.DataFrame(found, widths, names)
assert np.allclose(found["variance"] / widths, 1, atol=0.05)
assert found["largest"].iloc[-1] > 0.9 and found["slope"].iloc[-1] < 0.1
assert np.ptp(found["slope, scaled"]) < 0.03
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
axes[0].loglog(widths, found["variance"], "o", label="measured")
axes[0].plot(widths, widths, ":", color="gray", label="$d_k$")
axes[0].set(title="variance of $q \\cdot k$", xlabel="$d_k$")
axes[0].legend()
titles = {"largest": "largest of 32 weights", "slope": "slope of the softmax"}
for axis, (name, title) in zip(axes[1:], titles.items(), strict=True):
    pair = found[[name, f"{name}, scaled"]].set_axis(["as it is", "scaled"], axis=1)
    pair.plot(ax=axis, logx=True, marker="o", title=title, ylim=(0, 1.05))
    axis.set_xlabel("$d_k$")
plt.show()

# %% [markdown]
# ## Several heads (多头注意力)
#
# $H$ attentions side by side, each $d_k = D / H$ wide, with matrices of its own. What
# they give is put side by side and mixed (§3.2.2 of the paper):
#
# $$\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1 \dots
# \mathrm{head}_H)\, W^O, \qquad \mathrm{head}_i = \mathrm{Attention}(Q W_i^Q, K W_i^K,
# V W_i^V)$$
#
# By hand, by the layer of this project and by Keras' own, with the same weights:

# %% [markdown] zh
# ## 多头注意力（multi-head attention）
#
# $H$ 个注意力并列，每个宽 $d_k = D / H$，各有自己的矩阵。它们的输出并排拼接，再混合起来
# （论文 §3.2.2）：
#
# $$\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1 \dots
# \mathrm{head}_H)\, W^O, \qquad \mathrm{head}_i = \mathrm{Attention}(Q W_i^Q, K W_i^K,
# V W_i^V)$$
#
# 分别用手写的算法、本项目的层和 Keras 自带的层计算，权重相同：


# %%
def by_hand(x, mask, H=4):
    parts = []
    for name in ("query", "key", "value"):
        kernel, bias = getattr(layer, f"{name}_projection").get_weights()
        parts.append((x @ kernel + bias).reshape(len(x), H, -1).transpose(1, 0, 2))
    q, k, v = parts  # (H, T, K)
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])  # (H, T, T)
    heads = softmax(np.where(mask, scores, -1e9)) @ v  # (H, T, K)
    kernel, bias = layer.output_projection.get_weights()
    return heads.transpose(1, 0, 2).reshape(len(x), -1) @ kernel + bias  # (T, D)


layer = MultiHeadAttention(hidden_size=64, num_heads=4)
layer.build((None, T, 64))
theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=16)
theirs.build((None, T, 64), (None, T, 64))
pairs = zip(layer.get_weights(), theirs.weights, strict=True)
theirs.set_weights([weight.reshape(target.shape) for weight, target in pairs])
batch = x[None].astype("float32")  # (1, T, D)
for mask in (np.ones((T, T), bool), past):
    ours = layer(batch, attention_mask=mask[None, None])
    assert np.allclose(by_hand(x, mask), ours[0], atol=1e-5)
    assert np.allclose(theirs(batch, batch, attention_mask=mask[None]), ours, atol=1e-5)
_, weights = layer(batch, return_weights=True)
print(f"x {batch.shape} -> weights {tuple(weights.shape)}, output {tuple(ours.shape)}")

# %% [markdown]
# ## Masks (掩码)
#
# A mask is True where a query (row) may attend to a key (column). The causal mask
# (因果掩码) keeps a decoder from the future, the padding mask (填充掩码) everybody from
# the filling of a short text; masks are combined by *and*.

# %% [markdown] zh
# ## 掩码
#
# 掩码为 True 之处，查询（行）可以注意到键（列）。因果掩码不让解码器看到未来，填充掩码不
# 让任何查询看到短文本后面的填充；几个掩码用**与**（and）组合。

# %%
real = np.array([[True] * 6, [True] * 4 + [False] * 2])  # (B, S)
padding = masks.padding_attention_mask(real)  # (B, 1, 1, S)
causal = masks.causal_attention_mask(6)  # (1, 1, T, S)
both = masks.combine_attention_masks(padding, causal)  # (B, 1, T, S)
shown = {"causal": causal[0, 0], "padding of text 2": padding[1, 0], "both": both[1, 0]}
figure, axes = plt.subplots(1, 3, figsize=(8, 2.6), layout="constrained")
for axis, (name, mask) in zip(axes, shown.items(), strict=True):
    axis.imshow(np.broadcast_to(mask, (6, 6)), cmap="Blues", vmin=0, vmax=1.5)
    axis.set(title=name, xlabel="key", ylabel="query")
plt.show()

# %% [markdown]
# So a text's vectors do not depend on what is filled up behind it, and a query that may
# attend to nothing gets zeros, not NaN:

# %% [markdown] zh
# 因此，一段文本的各个向量与它后面填充了什么无关；而一个什么都不能注意的查询得到的是零，
# 不是 NaN：

# %%
short = batch[:, :5]
filled = np.concatenate([short, random.normal(size=(1, 3, 64))], axis=1)
is_real = masks.padding_attention_mask(np.arange(8)[None] < 5)
assert np.allclose(
    layer(filled, attention_mask=is_real)[0, :5], layer(short)[0], atol=1e-5
)
nothing = attention_weights(q[None, None], k[None, None], np.zeros((1, 1, 1, T), bool))
assert np.all(np.asarray(nothing) == 0)

# %% [markdown]
# ## Positions (位置编码)
#
# A weighted mean does not know in what order its terms come. Shuffle the words, and
# each keeps its vector: without positions an encoder reads a bag of words.

# %% [markdown] zh
# ## 位置编码
#
# 加权平均不知道各项是按什么次序来的。把词打乱，每个词的向量不变：没有位置，编码器读到的
# 只是一个词袋。

# %%
order = random.permutation(T)
shuffled = layer(batch[:, order])
assert np.allclose(shuffled[0], np.asarray(layer(batch))[0, order], atol=1e-5)
print(" ".join(np.array(texts[1])[order]))

# %% [markdown]
# So a vector for the position is added to the vector of the token. The paper's are
# sines and cosines (§3.5), $\omega_i = 10000^{-2i / D}$:
#
# $$\mathrm{PE}(p, 2i) = \sin(\omega_i p) \qquad \mathrm{PE}(p, 2i + 1) = \cos(\omega_i
# p)$$
#
# Each pair is the hand of a clock that turns at its own pace. To go $k$ places on is to
# turn every hand by $\omega_i k$, a rotation (旋转) that does not depend on $p$; and so
# the product of two positions, $\sum_i \cos(\omega_i k)$, depends on their distance
# alone.

# %% [markdown] zh
# 所以要在词元的向量上加一个表示位置的向量。论文用的是正弦和余弦
# （§3.5），$\omega_i = 10000^{-2i / D}$：
#
# $$\mathrm{PE}(p, 2i) = \sin(\omega_i p) \qquad \mathrm{PE}(p, 2i + 1) = \cos(\omega_i
# p)$$
#
# 每一对就像一根以自己的速度转动的钟表指针。前进 $k$ 个位置，就是把每根指针转过
# $\omega_i k$，这个旋转与 $p$ 无关；因此两个位置的内积 $\sum_i \cos(\omega_i k)$ 只取决
# 于它们的距离。

# %%
table = sinusoidal_positions(100, 64)  # (P, D)
rates = 10_000.0 ** (-np.arange(0, 64, 2) / 64)  # (D / 2,)


def rotated(table, k):
    sines, cosines = table[:, ::2], table[:, 1::2]
    c, s = np.cos(rates * k), np.sin(rates * k)
    turned = np.stack([sines * c + cosines * s, cosines * c - sines * s], axis=-1)
    return turned.reshape(table.shape)


assert np.allclose(rotated(table[:90], 10), table[10:], atol=1e-5)
assert np.allclose((table[:90] * table[10:]).sum(axis=1), np.cos(10 * rates).sum())
products = table @ table.T  # (P, P)
assert products.argmax(axis=1).tolist() == list(range(100))
figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
axes[0].imshow(table.T, aspect="auto", cmap="RdBu")
axes[0].set(title="PE", xlabel="position $p$", ylabel="feature")
axes[1].plot(table[:, [0, 8, 16, 24]])
axes[1].set(title="features 0, 8, 16, 24", xlabel="position $p$")
axes[2].imshow(products, cmap="viridis")
axes[2].set(title="PE(p) · PE(p')", xlabel="$p'$", ylabel="$p$")
plt.show()

# %% [markdown]
# BERT and GPT learn a table instead (`LearnedPositionEmbedding`); T5 adds a number for
# each distance to the scores: `07_3_gpt_t5_albert`.
#
# ## Exercises (answers: `notebooks/solutions/02_5_self_attention.py`)
#
# `exercises.check("02_5_self_attention.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. Derive the variance $d_k$ of $q \cdot k$. By what would you divide if the
#    components had variance $\sigma^2$? (A function of $d_k$ and $\sigma$.)
# 2. How many multiplications do the projections cost for $T$ tokens, and how many does
#    attention? (A function of $T$ and $D$ that gives both.) From which $T$ on is
#    attention the larger part?
# 3. The weights of a decoder for an *unmasked* text of six tokens and for a causal one
#    differ at all rows but one. Which, counted from 0, and why? (A number.)
# 4. Shuffle the words of the text under a causal mask. Do all keep their vectors? Does
#    the last word, if only those before it are shuffled? (True or False, two of them.)
# 5. Which $W^Q$ and $W^K$ make each token attend to the one before it, whatever the
#    words? Take $x_t = \mathrm{PE}(t)$ and the rotation above. (A function of $T$ and
#    $D$ that gives both, $(D, D)$ each; more than half of each weight is to go there.)

# %% [markdown] zh
# BERT 和 GPT 则是学习一张表（`LearnedPositionEmbedding`）；T5 为每种距离在分数上加一个
# 数：`07_3_gpt_t5_albert`。
#
# ## 练习（答案：`notebooks/solutions/02_5_self_attention.py`）
#
# `roots_tf` 的 `exercises.check("02_5_self_attention.1", answer)` 评判答案或给出提示；
# 括号里说明 `answer` 是什么。
#
# 1. 推导 $q \cdot k$ 的方差 $d_k$。如果各分量的方差是 $\sigma^2$，应该除以什么？（以
#    $d_k$ 和 $\sigma$ 为参数的函数。）
# 2. 对 $T$ 个词元，各个投影要做多少次乘法，注意力要做多少次？（以 $T$ 和 $D$ 为参数的函
#    数，给出这两个数。）从多大的 $T$ 起，注意力占大头？
# 3. 对一段**不加掩码**的六个词元的文本和一段加因果掩码的文本，解码器的权重除一行外每一
#    行都不同。从 0 数起是哪一行，为什么？（一个数。）
# 4. 在因果掩码下打乱文本的词。所有的词向量都不变吗？如果只打乱最后一个词之前的词，最后
#    一个词的向量不变吗？（两个 True 或 False。）
# 5. 怎样的 $W^Q$ 和 $W^K$ 能使每个词元都注意它前面的那个词元，不论是什么词？取
#    $x_t = \mathrm{PE}(t)$，并利用上面的旋转。（以 $T$ 和 $D$ 为参数的函数，给出两个矩
#    阵，各为 $(D, D)$；每行权重应有一半以上落在那里。）
