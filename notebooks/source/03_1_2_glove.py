# %% [markdown]
# # §3.1.2, §4.1.2 GloVe: counts of pairs, and a fit to their logarithms
#
# We see that the article counts the wrong thing (E03 in ERRATA.md) and minimises a
# formula without data or minimum (E04), put GloVe's own counts and loss in their place,
# check the gradient in three ways, and see the update and the loop at work. Vectors of
# real text, and a plain matrix factorisation beside them, are in
# `03_1_2_glove_vectors`.
# This notebook is of §7.3.1 too.
#
# ## What the article says
#
# §3.1.2, GloVe (Global Vectors) from global statistics (全局统计信息): 1. count how
# often each word is seen (计算词频); 2. define a loss (损失函数), such as that of
# negative sampling (负采样), which measures the similarity of word vectors (词向量); 3.
# minimise it by gradient descent (梯度下降). §4.1.2 gives the loss:
#
# $$\mathrm{Loss} = \frac{1}{N} \sum_{i=1}^N \log(\mathrm{sim}(w_i, w_j) + \epsilon)$$

# %% [markdown] zh
# # §3.1.2、§4.1.2 GloVe：词对的计数，以及对其对数的拟合
#
# 我们会看到文章数错了东西（ERRATA.md 中的 E03），又去最小化一个既没有数据也没有最小值的
# 公式（E04）；我们换上 GloVe 自己的计数与损失，用三种方法检验梯度，并观察更新与循环的工
# 作。真实文本的词向量，以及与之并列的普通矩阵分解，在 `03_1_2_glove_vectors` 中。
# 本笔记本也属于 §7.3.1。
#
# ## 文章怎么说
#
# §3.1.2，GloVe（Global Vectors），基于全局统计信息：1. 计算词频，即每个单词出现多少
# 次；2. 定义损失函数，如负采样的损失函数，用于衡量词向量的相似度；3. 用梯度下降使它最
# 小。§4.1.2 给出损失：
#
# $$\mathrm{Loss} = \frac{1}{N} \sum_{i=1}^N \log(\mathrm{sim}(w_i, w_j) + \epsilon)$$

# %%
import inspect
import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.errata import e03_glove_steps as e03
from roots_tf.errata import e04_glove_loss as e04
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors import glove
from roots_tf.word_vectors import glove_by_hand as by_hand
from roots_tf.word_vectors.cooccurrence import LEAST_MEMORY, count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_loop import GloveTrainer

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
scratch = tempfile.TemporaryDirectory()

# %% [markdown]
# ## Words are not pairs of words (E03)
#
# GloVe counts how often two words are seen *together*: $X_{ij}$, the co-occurrence
# (共现), in which a pair $d$ words apart counts $1/d$. Two texts of the same four
# words, each twice, window 2: to who counts words they are the same text.

# %% [markdown] zh
# ## 词不是词对（E03）
#
# GloVe 数的是两个词**一起**出现多少次：$X_{ij}$，即共现（co-occurrence），其中相隔 $d$
# 个词的一对计为 $1/d$。两段文本由同样的四个词组成，每个词出现两次，窗口为 2：对只数单词
# 的人来说，它们是同一段文本。

# %%
rows = {}
for text in (e03.FIRST, e03.SECOND):
    counts = e03.cooccurrence(text)  # (V, V)
    learned = e03.train(counts)
    scores = [e03.score(learned, 0, column) for column in (1, 2)]
    seen = " ".join(f"{word}:{n}" for word, n in e03.word_counts(text).items())
    rows[text] = [seen, *counts[0, 1:3], e03.cost(counts, e03.FIXED), *scores]
    assert np.allclose(np.exp(scores), counts[0, 1:3])
one, other = rows.values()
assert (
    one[0] == other[0] and one[1:3] == other[2:0:-1] and abs(one[3] - other[3]) > 0.01
)
names = ["words seen", "X of a, b", "of a, c", "J", "score of a, b", "of a, c "]
pd.DataFrame(rows, names).T

# %% [markdown]
# $X$ tells them apart. So does the right loss $J$ (below) of one and the same vectors,
# and after training the scores are the logarithms of the counts.
#
# ## The printed loss has no data and no minimum (E04)
#
# No $X$ is in it. Its derivative by the similarity, $1 / (\mathrm{sim} + \epsilon)$, is
# positive: to minimise it is to make words less similar, whether they are seen together
# or not. It falls without end as the cosine (余弦) goes to 0, and is no number below.

# %% [markdown] zh
# $X$ 能把它们区分开。对同一组向量，正确的损失 $J$（见下文）也能；训练之后，分数就是计数
# 的对数。
#
# ## 印出的损失没有数据，也没有最小值（E04）
#
# 其中没有 $X$。它对相似度的导数 $1 / (\mathrm{sim} + \epsilon)$ 是正的：使它变小，就是
# 使词更不相似，不论它们是否一起出现。余弦趋于 0 时它一路下降，没有尽头；余弦再小，它就
# 不是数了。

# %%
walk = e04.descend(0.9)  # cosine of two words before each step of gradient descent
assert np.all(np.diff(walk) < 0) and np.isnan(e04.printed_term(walk[-1]))
assert np.isnan([e04.printed_term(c) for c in e04.four_random_words()]).sum() == 4
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3), layout="tight")
cosines = np.linspace(0, 1, 1_001)
left.plot(cosines, [e04.printed_term(c) for c in cosines], lw=1)
left.plot(walk[:-1], [e04.printed_term(c) for c in walk[:-1]], "o", label="descent")
left.axvspan(-0.2, 0, color="grey", alpha=0.4, label="not a number")
left.set(xlabel="cosine of two words", ylabel="printed loss", xlim=(-0.2, 1))
left.legend()
for text in (e03.FIRST, e03.SECOND):
    counts = e03.cooccurrence(text)
    costs = [e03.cost(counts, e03.train(counts, epochs=n)) for n in range(0, 61, 5)]
    assert costs[-1] < 1e-3 * costs[0]
    right.semilogy(range(0, 61, 5), costs, label=text)
right.set(xlabel="epoch of AdaGrad", ylabel="right loss J")
right.legend()
plt.show()

# %% [markdown]
# ## The formula
#
# $$J = \sum_{X_{ij} > 0} f(X_{ij}) \left( w_i^T \tilde w_j + b_i + \tilde b_j - \log
# X_{ij} \right)^2 \qquad f(x) = \min\left(1, (x / x_{\max})^{3/4}\right)$$
#
# (Pennington, Socher, Manning 2014, D14-1162, eq. 8 and 9.) A weighted least squares
# fit (加权最小二乘) to the logarithms. Each word has a vector $w$ as a row and $\tilde
# w$ as a column, with a bias (偏置) each. Cells of 0 weigh $f(0) = 0$, so that there
# are no negative samples; rare pairs are noise and weigh little; from $x_{\max}$ on
# all weigh the same, or "of the" would drown the rest.

# %% [markdown] zh
# ## 公式
#
# $$J = \sum_{X_{ij} > 0} f(X_{ij}) \left( w_i^T \tilde w_j + b_i + \tilde b_j - \log
# X_{ij} \right)^2 \qquad f(x) = \min\left(1, (x / x_{\max})^{3/4}\right)$$
#
# （Pennington、Socher、Manning 2014，D14-1162，式 8 和 9。）这是对计数的对数的加权最小
# 二乘拟合。每个词有一个向量 $w$ 作为行，一个向量 $\tilde w$ 作为列，各带一个偏置。为 0
# 的元素权重是 $f(0) = 0$，所以没有负样本；稀有的词对是噪声，权重很小；从 $x_{\max}$ 起
# 权重都相同，否则 “of the” 会淹没其余的一切。

# %%
x = np.linspace(0, 200, 401)
f = by_hand.weight(x)
assert f[0] == 0 and f[100] == 0.5**0.75 and np.all(f[x >= 100] == 1)
axes = pd.Series(f, x).plot(figsize=(4, 2))
axes.set(xlabel="$X_{ij}$", ylabel="$f(X_{ij})$")
plt.show()


# %% [markdown]
# ## Counting (共现矩阵)
#
# `count_cooccurrences` reads a text of any length in pieces, keeps what fits in memory,
# writes the rest to disk and merges it. Beside it a count by brute force, two loops
# over the places of the text: on the two texts above, and on the first 3,000 words of
# one library's docstrings, with as little memory as it takes.

# %% [markdown] zh
# ## 计数（共现矩阵）
#
# `count_cooccurrences` 分块读取任意长度的文本，内存放得下的就留着，其余写到磁盘再合并。
# 与之并列的是蛮力计数，用两重循环遍历文本的各个位置：先是上面的两段文本，再是一个库的文
# 档字符串的前 3,000 个词，用尽可能少的内存。


# %%
def count(sentences, name, window=10, memory_bytes=1 << 29, **options):
    corpus = EncodedCorpus.build(sentences, f"{scratch.name}/{name}", **options)
    folder = f"{scratch.name}/{name}-counts"
    return corpus.words, count_cooccurrences(
        corpus, folder, window, memory_bytes=memory_bytes
    )


texts = [d.text for d in docstring_corpus() if d.library == "matplotlib"]
paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n")]
sentences = list(tokenize_lines(paragraphs))
start = [word for sentence in sentences for word in sentence][:3_000]
for text, window in ((e03.FIRST.split(), 2), (e03.SECOND.split(), 2), (start, 10)):
    words, counts = count([text], "toy", window, LEAST_MEMORY, min_count=1)
    brute_force = e03.cooccurrence(" ".join(text), window)  # rows by the alphabet
    places = [sorted(words).index(word) for word in words]
    assert np.allclose(counts.full().toarray(), brute_force[places][:, places])
    print(f"{len(text):,} words of {len(words)} kinds: {counts.nnz:,} cells, all equal")

# %% [markdown]
# ## The gradient in three ways
#
# With the errors $E_{ij}$ in the brackets of $J$, and $G_{ij} = 2 f(X_{ij}) E_{ij}$:
# $\partial J / \partial w_i = \sum_j G_{ij} \tilde w_j$, $\partial J / \partial \tilde
# w_j = \sum_i G_{ij} w_i$, $\partial J / \partial b_i = \sum_j G_{ij}$, $\partial J /
# \partial \tilde b_j = \sum_i G_{ij}$. Beside this by hand: GradientTape through the
# Keras model `Glove`, and central differences of $J$ in NumPy.

# %% [markdown] zh
# ## 用三种方法求梯度
#
# 设 $E_{ij}$ 是 $J$ 的括号中的误差，$G_{ij} = 2 f(X_{ij}) E_{ij}$，则 $\partial J /
# \partial w_i = \sum_j G_{ij} \tilde w_j$，$\partial J / \partial \tilde w_j = \sum_i
# G_{ij} w_i$，$\partial J / \partial b_i = \sum_j G_{ij}$，$\partial J / \partial
# \tilde b_j = \sum_i G_{ij}$。这是手算的；与之并列的是：GradientTape 经过 Keras 模型
# `Glove` 求得的，以及在 NumPy 中对 $J$ 做的中心差分。

# %%
counts = e03.cooccurrence(e03.FIRST)
cells = np.nonzero(counts)  # rows and columns, (B,) both
model = glove.Glove(4, 2, dtype="float64")
model.set_weights(e03.FIXED)


def gradient_by_hand(w, contexts, b, context_biases):
    parameters = w, contexts, b, context_biases
    g = 2 * e03.weight(counts) * e03.errors(counts, parameters)  # (V, V)
    return g @ contexts, g.T @ w, g.sum(axis=1), g.sum(axis=0)


def gradient_by_tape():
    weights, logs = by_hand.weight(counts[cells]), np.log(counts[cells])
    with tf.GradientTape() as tape:
        cost = model.cost(*cells, logs, weights)
    found = tape.gradient(cost, [variable.value for variable in model.variables])
    return [tf.convert_to_tensor(one).numpy() for one in found]


def gradient_by_differences(tables, step=1e-5):
    gradients = [np.zeros_like(table) for table in tables]
    for table, gradient in zip(tables, gradients, strict=True):
        for place in np.ndindex(*table.shape):
            start = table[place]
            for sign in (1, -1):
                table[place] = start + sign * step
                gradient[place] += sign * e03.cost(counts, tables) / (2 * step)
            table[place] = start
    return gradients


ours = gradient_by_hand(*e03.FIXED)
others = gradient_by_tape(), gradient_by_differences([t.copy() for t in e03.FIXED])
off = [
    [np.abs(a - b).max() for a, b in zip(ours, other, strict=True)] for other in others
]
assert np.max(off[0]) < 1e-14 and np.max(off[1]) < 1e-9
pd.DataFrame(off, ["by hand - tape", "by hand - differences"], ["w", "w~", "b", "b~"])

# %% [markdown]
# ## The update
#
# Cell by cell in random order, each number with a rate of its own, as AdaGrad has it
# (Duchi, Hazan, Singer 2011): $\theta \leftarrow \theta - \eta g / \sqrt{\sum g^2}$,
# the sum over all gradients so far. The paper's first step is $\eta$ for every number.
# The authors' program takes the gradient of $J / 2$, clips it, starts the sums at 1,
# adds $(\eta g)^2$ to them after the step, and lets biases go at a rate of 1:
# they fit most of the one cell that is trained here.

# %% [markdown] zh
# ## 更新
#
# 按随机的次序逐个元素地进行，每个数有自己的学习率，这就是 AdaGrad（Duchi、Hazan、Singer
# 2011）：$\theta \leftarrow \theta - \eta g / \sqrt{\sum g^2}$，对迄今的全部梯度求和。
# 按论文，每个数的第一步都是 $\eta$。作者的程序取 $J / 2$ 的梯度，裁剪它，让和从 1 开
# 始，走完一步才累加 $(\eta g)^2$，又让偏置用 1 的学习率：这里训练的单个
# 元素，大半由偏置拟合。

# %%
start = [np.array([value]) for value in e04.CELL[:4]]  # w, w~, b, b~
rules = {"paper": by_hand.PAPER, "program": by_hand.REFERENCE_CODE}
curves, moves = {}, {}
for name, rule in rules.items():
    parameters = by_hand.GloveParameters(*(table.copy() for table in start))
    sums, curves[name] = by_hand.start_sums(parameters, rule), []
    for step in range(100):
        share = by_hand.glove_step_by_hand(parameters, sums, 0, 0, e04.CELL[4], rule)
        curves[name].append(share)
        if step == 0:
            tables = zip(vars(parameters).values(), start, strict=True)
            moves[name] = np.concatenate([(a - b).ravel() for a, b in tables])
    assert curves[name][-1] < 1e-3 * curves[name][0]
assert np.isclose(curves["paper"][0], e04.one_cell()[1])
assert np.allclose(np.abs(moves["paper"]), 0.05) and moves["program"][4:].min() > 0.3
axes = pd.DataFrame(curves).plot(figsize=(5, 2.4), logy=True, ylim=(1e-6, 1))
axes.set(xlabel="step", ylabel="$f$ error$^2$")
plt.show()
settings = pd.DataFrame({name: vars(rule) for name, rule in rules.items()})
first = pd.DataFrame(moves, ["w", "w", "w~", "w~", "b", "b~"]).round(4)
pd.concat([settings, first], keys=["rule", "first step"])

# %% [markdown]
# ## The loop
#
# The model and the step of the readable training (`glove.py`). Keras' AdaGrad has no
# rate inside its sums; with a rate of 1 and sums that start at $1 / \eta^2$ it makes
# the program's step, but for the clipping and the biases' own rate.

# %% [markdown] zh
# ## 训练循环
#
# 可读版训练的模型与步骤（`glove.py`）。Keras 的 AdaGrad 的和里没有学习率；学习率取 1，
# 和从 $1 / \eta^2$ 开始，它走的就是那个程序的步，只差裁剪和偏置自己的学习率。

# %%
for function in (glove.Glove.call, glove.Glove.cost, glove.gradient_step):
    print(inspect.getsource(function))

# %% [markdown]
# The fast loop (`glove_loop.py`) takes a few rows of $X$ at once and all of their
# columns as one small dense matrix; both on the 300 most frequent words of these
# docstrings:

# %% [markdown] zh
# 快速的循环（`glove_loop.py`）一次取 $X$ 的几行，连同它们的所有列，作为一个小的稠密矩
# 阵；两种循环都用于这些文档字符串中最高频的 300 个词：

# %%
words, small = count(sentences, "small", max_vocab=300)
model = glove.Glove(300, 20)
readable = glove.train(model, small.full(), epochs=8, batch_size=256, x_max=10.0)
trainer = GloveTrainer(small, 20, x_max=10.0, threads=1)
fast = [2 * trainer.epoch()["cost"] for _ in range(8)]  # of J, not of J / 2
assert readable[-1] < 0.5 * readable[0] and abs(fast[-1] / readable[-1] - 1) < 0.2
curves = pd.DataFrame({"readable": readable, "fast": fast}, range(1, 9))
axes = curves.plot(figsize=(5, 2.4), ylim=(0, None))
axes.set(xlabel="epoch", ylabel="J / cells")
plt.show()

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/03_1_2_glove.py`)
#
# `exercises.check("03_1_2_glove.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. Put a minus before the printed loss, and take its mean over the pairs that are seen
#    together. Now descent makes those more similar. What does it end in? (The least
#    cosine of two of the four words.)
# 2. A text is repeated $k$ times: every count is $k$ times as large. Which parameters
#    must change, and how, for $J$ to stay the same, and what of $x_{\max}$? (A function
#    of $b$, $\tilde b$, $x_{\max}$ and $k$ that gives the first three anew.)
# 3. Derive the gradient of one cell's share of $J$ by $w_i$. (A function of $w_i$,
#    $\tilde w_j$, $b_i$, $\tilde b_j$ and $X_{ij}$, with the paper's $x_{\max}$ and
#    $\alpha$.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/03_1_2_glove.py`）
#
# `roots_tf` 的 `exercises.check("03_1_2_glove.1", answer)` 评判答案或给出提示；括号里说
# 明 `answer` 是什么。
#
# 1. 在印出的损失前加一个负号，并对一起出现的词对取平均。现在下降使这些词对更相似。它最
#    后会怎样？（四个词中任意两个的余弦的最小值。）
# 2. 把一段文本重复 $k$ 遍：每个计数都变为 $k$ 倍。要使 $J$ 不变，哪些参数必须改变，怎样
#    改变，$x_{\max}$ 又如何？（以 $b$、$\tilde b$、$x_{\max}$ 和 $k$ 为参数的函数，给出
#    新的前三者。）
# 3. 推导 $J$ 中一个元素的那一份对 $w_i$ 的梯度。（以
#    $w_i$、$\tilde w_j$、$b_i$、$\tilde b_j$ 和 $X_{ij}$ 为参数的函数，$x_{\max}$ 和
#    $\alpha$ 取论文的值。）
