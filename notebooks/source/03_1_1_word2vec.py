# %% [markdown]
# # §3.1.1, §4.1.1 Word2Vec: the loss, its gradients, and a loop of one page
#
# We see that the article's formula cannot learn (E01 in ERRATA.md), put the right one
# in its place and two cheaper ones beside it, check the gradients in three ways, and
# train on real text until the words arrange themselves.
# This notebook is of §2.3 and §7.3.1 too.
#
# ## What the article says
#
# §3.1.1: map words to ids; build a multi-layer network (多层的神经网络), CBOW
# (连续词袋) or skip-gram; predict the target word from its context (上下文) and
# backpropagate. §4.1.1: Embedding Layer → Hidden Layer → Output Layer, and for CBOW,
# with the centre word's vector $w$ (中心词的词向量) and the vectors $h_i$ of $N$
# context words,
#
# $$\mathrm{Loss} = \frac{1}{N} \sum_{i=1}^N \mathrm{softmax}(-w^T h_i)$$

# %% [markdown] zh
# # §3.1.1、§4.1.1 Word2Vec：损失、梯度，以及一页长的训练循环
#
# 我们会看到文章的公式学不到任何东西（ERRATA.md 中的 E01），换上正确的公式，旁边再放两个
# 更省的，用三种方法检验梯度，并在真实文本上训练，直到单词自己排好位置。
# 本笔记本也属于 §2.3、§7.3.1。
#
# ## 文章怎么说
#
# §3.1.1：把单词映射为索引；构建一个多层的神经网络，CBOW（连续词袋）或 skip-gram；由上
# 下文预测目标单词，并反向传播。§4.1.1：Embedding Layer → Hidden Layer → Output
# Layer；对于 CBOW，中心词的词向量为 $w$，$N$ 个上下文词的词向量为 $h_i$，有
#
# $$\mathrm{Loss} = \frac{1}{N} \sum_{i=1}^N \mathrm{softmax}(-w^T h_i)$$

# %%
import inspect
import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import expit, softmax

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.errata import e01_cbow_loss as e01
from roots_tf.monitoring.label_fonts import font_families
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors import word2vec_loop
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.word2vec import Cbow, SkipGram
from roots_tf.word_vectors.word2vec_objectives import OBJECTIVES
from roots_tf.word_vectors.word_vector_table import WordVectors

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()

# %% [markdown]
# ## The printed loss cannot learn (E01)
#
# A softmax of one number is 1, whatever the number: to the letter the loss is 1 and its
# gradient 0 (reading A). Perhaps a softmax over the vocabulary was meant (B), across
# the context words (C), or a sigmoid (D)? Of four words, word 2 stands between 0 and 1:

# %% [markdown] zh
# ## 印出的损失无法学习（E01）
#
# 单独一个数的 softmax 是 1，不论这个数是多少：照字面，损失就是 1，梯度就是 0（读法
# A）。也许本意是对词汇表做 softmax（B），对各个上下文词做 softmax（C），或者是
# sigmoid（D）？四个词，词 2 位于词 0 与词 1 之间：

# %%
v, u, centre = e01.INPUT_VECTORS, e01.OUTPUT_VECTORS, e01.CENTRE  # (V, D), (V, D)
readings = {
    "right": e01.right_loss,
    "A, to the letter": e01.scalar_softmax,
    "B, over the vocabulary": e01.vocabulary_softmax,
    "C, across the context": e01.context_softmax,
    "D, sigmoid": e01.sigmoid_alone,
}
rows = {}
for name, loss in readings.items():
    value, of_u, _ = loss(u, v[e01.CONTEXT], centre)
    rows[name] = value, *of_u[centre]
assert round(rows["right"][0], 6) == 1.115215 and rows["A, to the letter"] == (1, 0, 0)
pd.DataFrame(rows, ["value", "dLoss/dw, first", "second"]).T.round(4)

# %% [markdown]
# A and C are constant. B fades just where the model is most wrong: move the centre
# word's output vector away from its context, to $(-s, -s)$, and only the right loss
# pulls it back with all its force. D fades too, and wants all scores up: six equal
# vectors satisfy it and tell no word from another. In training, a cycle of six words,
# each predicted from its two neighbours, from a start with vectors of size 6:

# %% [markdown] zh
# A 和 C 是常数。B 恰恰在模型错得最厉害的地方消失：把中心词的输出向量移离它的上下文，移
# 到 $(-s, -s)$，只有正确的损失会用全力把它拉回来。D 也会消失，而且想让所有分数都升高：
# 六个相等的向量就能满足它，却分不清任何两个词。再看训练：六个词排成一圈，每个词由它的两
# 个邻居预测，从大小为 6 的向量开始：

# %%
distances = np.linspace(0, 20, 81)
moved = np.repeat(u[None], len(distances), axis=0)  # (81, V, D)
moved[:, centre] = -distances[:, None]
pulls = {
    name: [np.linalg.norm(loss(x, v[e01.CONTEXT], centre)[1][centre]) for x in moved]
    for name, loss in readings.items()
}
assert pulls["right"][-1] > 0.7 > 1e-8 > pulls["B, over the vocabulary"][-1]
axes = pd.DataFrame(pulls, distances).plot(figsize=(6, 3), logy=True, ylim=(1e-9, 2))
axes.set(xlabel="$s$", ylabel="norm of the gradient")
plt.show()
for name, words in {"right": 6, "B, over the vocabulary": 0}.items():
    learned, loss = e01.learned(*e01.train_on_cycle(readings[name], deviation=6))
    assert learned == words
    print(f"{name}: {learned} words of 6, mean loss {loss:.4f} nats")

# %% [markdown]
# ## Three layers, two tables, nothing else (E02)
#
# The right loss has the mean *inside*, one softmax over the vocabulary, and a
# logarithm:
#
# $$h = \frac{1}{N} \sum_i v_{c_i} \qquad p(k \mid h) = \frac{\exp(u_k^T h)}{\sum_j
# \exp(u_j^T h)} \qquad L = -\log p(w \mid h)$$
#
# (Mikolov et al. 2013a, 1301.3781, §3; 2013b, 1310.4546, eq. 2; Rong 2014, 1411.2738.)
# Each word has two vectors, $v$ as input and $u$ as output. The "hidden layer" has no
# weights and no non-linearity: it is a mean for CBOW and a look-up for skip-gram,
# which goes the other way, from the centre word to each word of the context.

# %% [markdown] zh
# ## 三层，两张表，此外什么也没有（E02）
#
# 正确的损失把平均放在**里面**，对词汇表只做一次 softmax，并取对数：
#
# $$h = \frac{1}{N} \sum_i v_{c_i} \qquad p(k \mid h) = \frac{\exp(u_k^T h)}{\sum_j
# \exp(u_j^T h)} \qquad L = -\log p(w \mid h)$$
#
# （Mikolov 等 2013a，1301.3781，§3；2013b，1310.4546，式 2；Rong 2014，1411.2738。）每
# 个词有两个向量，作输入的 $v$ 和作输出的 $u$。所谓“隐藏层”既没有权重，也没有非线性：
# 对 CBOW 是取平均，对 skip-gram 是查表；skip-gram 的方向相反，从中心词到上下文中的每个
# 词。

# %%
cbow, skip_gram = (model(4, 2, "full-softmax") for model in (Cbow, SkipGram))
for model in (cbow, skip_gram):
    model.set_weights([v, u])  # all there is
contexts, targets = np.array([e01.CONTEXT]), np.array([centre])  # (1, N), (1,)
assert np.allclose(cbow(contexts), v[e01.CONTEXT].mean(axis=0))
assert np.allclose(skip_gram(targets), v[centre])
assert np.allclose(cbow.example_losses(contexts, targets), rows["right"][0])

# %% [markdown]
# ## Three objectives, and their gradients in three ways
#
# The sum over the vocabulary costs $V$ products a word. Two cheaper objectives made
# Word2Vec fast: negative sampling (负采样; 1310.4546, eq. 4) looks at the word and $K$
# noise words, hierarchical softmax (层次softmax; eq. 3) at the nodes on the word's path
# in a Huffman tree. (Both are drawn in `03_1_1_text_to_examples`.)
#
# $$L_\mathrm{NS} = -\log \sigma(u_w^T h) - \sum_k \log \sigma(-u_{n_k}^T h) \qquad
# L_\mathrm{HS} = -\sum_j \log \sigma(\pm v_{n_j}^T h)$$
#
# All three have gradients of one form. Each row $r_j$ that is looked at has an error
# $e_j$, what was predicted for it less what was wanted: $\partial L / \partial r_j =
# e_j h$ and $\partial L / \partial h = \sum_j e_j r_j$.

# %% [markdown] zh
# ## 三种目标，以及用三种方法求它们的梯度
#
# 对词汇表求和，每个词要算 $V$ 个内积。两种更省的目标使 Word2Vec 快了起来：负采样
# （1310.4546，式 4）只看这个词和 $K$ 个噪声词，层次 softmax（式 3）只看哈夫曼树中这个词
# 的路径上的节点。（两者都画在 `03_1_1_text_to_examples` 中。）
#
# $$L_\mathrm{NS} = -\log \sigma(u_w^T h) - \sum_k \log \sigma(-u_{n_k}^T h) \qquad
# L_\mathrm{HS} = -\sum_j \log \sigma(\pm v_{n_j}^T h)$$
#
# 三者的梯度形式相同。被看到的每一行 $r_j$ 都有一个误差 $e_j$，即对它的预测减去所要的
# 值：$\partial L / \partial r_j = e_j h$，$\partial L / \partial h = \sum_j e_j r_j$。

# %%
noise, counts, tree_of = np.array([[0, 3]]), [4, 3, 2, 1], "hierarchical-softmax"


def rows_and_errors(model, table, h):
    if model.objective == "full-softmax":
        return np.arange(4), softmax(table @ h) - (np.arange(4) == centre)
    rows, wanted = np.array([centre, *noise[0]]), [1, 0, 0]
    if model.tree:
        path = slice(model.tree.length[centre])
        rows, wanted = model.tree.path[centre, path], 1 - model.tree.code[centre, path]
    return rows, expit(table[rows] @ h) - wanted


def by_hand(model):
    table, h = model.get_weights()[1], v[e01.CONTEXT].mean(axis=0)
    rows, errors = rows_and_errors(model, table, h)
    of_v, of_table = np.zeros_like(v), np.zeros_like(table)
    np.add.at(of_table, rows, errors[:, None] * h)
    of_v[e01.CONTEXT] = errors @ table[rows] / len(e01.CONTEXT)
    return np.concatenate([of_v, of_table])


def loss_of(model):
    drawn = noise if model.objective == "negative-sampling" else None
    return model.example_losses(contexts, targets, drawn)[0]


def by_tape(model):
    with tf.GradientTape() as tape:
        loss = loss_of(model)
    gradients = tape.gradient(loss, [variable.value for variable in model.variables])
    return np.concatenate([tf.convert_to_tensor(g) for g in gradients])


def by_differences(model, step=1e-5):
    tables, gradients = model.get_weights(), []
    for table in tables:
        for place in np.ndindex(*table.shape):
            start = table[place]
            for sign in (1, -1):
                table[place] = start + sign * step
                model.set_weights(tables)
                gradients.append(sign * float(loss_of(model)) / (2 * step))
            table[place] = start
    model.set_weights(tables)
    return np.reshape(gradients, (-1, 2, 2)).sum(axis=-1)


comparison = {}
for objective in OBJECTIVES:
    given = counts if objective == tree_of else None
    model = Cbow(4, 2, objective, given, dtype="float64")
    model.set_weights([v, u[: len(model.get_weights()[1])]])
    others = by_tape(model), by_differences(model)
    off = [np.abs(by_hand(model) - other).max() for other in others]
    assert off[0] < 1e-14 and off[1] < 1e-9
    comparison[objective] = [f"{loss_of(model):.6f}", *(f"{x:.0e}" for x in off)]
pd.DataFrame(comparison, ["loss", "by hand - tape", "by hand - differences"]).T

# %% [markdown]
# ## The loop
#
# All of the training (`word2vec_loop.py`). A step goes down the *sum* of the gradients
# of a small batch, with a rate that falls linearly; word2vec.c takes one example at a
# time.

# %% [markdown] zh
# ## 训练循环
#
# 训练的全部内容（`word2vec_loop.py`）。每一步沿一小批样本的梯度之**和**下降，学习率线性
# 减小；word2vec.c 则一次只取一个样本。

# %%
for function in (word2vec_loop.sgd_step, word2vec_loop.examples, word2vec_loop.train):
    source = inspect.getsource(getattr(function, "python_function", function))
    print(source.split('"""')[0].rstrip() + source.split('"""')[2])

# %% [markdown]
# Skip-gram on 12,000 ids of real text, each point the mean of an epoch: full and
# hierarchical softmax answer one question and come to much the same loss; negative
# sampling answers an easier one, and starts at $(1 + K) \log 2$.

# %% [markdown] zh
# 在 12,000 个索引的真实文本上训练 skip-gram，每个点是一轮的平均：完整 softmax 与层次
# softmax 回答同一个问题，最后的损失也差不多；负采样回答的问题较容易，从
# $(1 + K) \log 2$ 开始。


# %%
def encode(texts, min_count):
    with tempfile.TemporaryDirectory() as folder:
        sentences = tokenize_lines(texts)
        corpus = EncodedCorpus.build(sentences, f"{folder}/corpus", min_count)
        return corpus.read(0, corpus.length), corpus.counts, corpus.words


texts = [d.text for d in docstring_corpus() if d.library == "matplotlib"]
paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n")]
ids, counts, words = encode(paragraphs, min_count=10)

# %%
curves, options = {}, {"batch_size": 128, "learning_rate": 0.1, "epochs": 5}
for objective in OBJECTIVES:
    given = counts if objective == tree_of else None
    model = SkipGram(len(words), 50, objective, given)
    losses = word2vec_loop.train(model, ids[:12_000], counts, **options)
    curves[objective] = pd.Series(losses).rolling(len(losses) // 5).mean().dropna()
ends = {name: curve.iloc[-1] for name, curve in curves.items()}
assert ends["negative-sampling"] < 6 * np.log(2)
assert abs(ends["full-softmax"] - ends[tree_of]) < 0.5
axes = pd.DataFrame(curves).plot(figsize=(6, 3), ylim=(0, None))
axes.set(xlabel="step of 128 pairs", ylabel="loss, nats a pair")
plt.show()

# %% [markdown]
# Now all of that text with negative sampling, and the words with the largest cosine:

# %% [markdown] zh
# 现在用负采样训练这些文本的全部，并列出余弦最大的词：

# %%
model = SkipGram(len(words), 50)
word2vec_loop.train(model, ids, counts, batch_size=512, learning_rate=0.05)
english = WordVectors(words, model.input_vectors.numpy(), counts)
near = {x: [y for y, _ in english.nearest(x, 5)] for x in ("blue", "left", "mouse")}
assert {"red", "green"} & set(near["blue"]) and "right" in near["left"]
pd.DataFrame(near).T

# %% [markdown]
# ## A map of real words, 英文和中文
#
# Fifty dimensions on paper: the two directions in which the chosen words differ most
# (principal components). Words and colours are our choice, made to show what there is.
# The Chinese text, cut into words by jieba (分词), is the project's own reviews: 8,000
# words are few, so the whole review is the window, and near are words of one subject.

# %% [markdown] zh
# ## 真实单词的地图：英文和中文
#
# 把五十维画到纸上：取所选单词差异最大的两个方向（主成分）。单词和颜色由我们挑选，为的是
# 展示其中有什么。中文文本是本项目自己的评论，由 jieba 分词：8,000 个词很少，所以窗口就
# 是整条评论，相近的是同一话题的词。

# %%
data = load_classification("reviews_zh")
texts = [x for part in (data.train, data.validation, data.test) for x in part.texts]
ids, counts, words = encode(texts, min_count=4)
model = SkipGram(len(words), 50)
word2vec_loop.train(model, ids, counts, window=30, epochs=20, learning_rate=0.1)
chinese = WordVectors(words, model.input_vectors.numpy(), counts)


# %%
def draw_map(axes, vectors, groups):
    chosen = [(word, f"C{n}") for n, group in enumerate(groups) for word in group]
    unit = vectors.unit_vectors[[vectors.words.index(word) for word, _ in chosen]]
    _, _, directions = np.linalg.svd(unit - unit.mean(axis=0), full_matrices=False)
    points = unit @ directions[:2].T
    axes.scatter(*points.T, s=0)
    for point, (word, colour) in zip(points, chosen, strict=True):
        axes.text(*point, word, color=colour, ha="center")
    axes.set(xticks=[], yticks=[])
    nearest = np.argmax(unit @ unit.T - 2 * np.eye(len(unit)), axis=1)
    return np.mean([chosen[a][1] == chosen[b][1] for a, b in enumerate(nearest)])


groups = (
    "red green blue black white, left right top bottom upper lower, int float str bool "
    "tuple, mouse key click press button, draw plot create remove add",
    "银行 转账 理财 经理 大堂, 乘务员 车厢 座位 票价, 老师 学生 作业 讲得, "
    "房东 押金 租 中介 合同, 前台 房间 酒店 早餐, 展厅 讲解 逛 文物, 洗衣机 冰箱",
)
with plt.rc_context({"font.family": font_families("".join(groups)) or "DejaVu Sans"}):
    figure, both = plt.subplots(2, figsize=(7, 9), layout="tight")
    for axes, vectors, names in zip(both, (english, chinese), groups, strict=True):
        own = draw_map(axes, vectors, [group.split() for group in names.split(",")])
        assert own > 0.4  # by chance less than 0.2
        print(f"words of which the nearest has the same colour: {own:.0%}")
    plt.show()

# %% [markdown]
# A large language model does not start from such vectors (E15): it learns its own. They
# are good for little data, as the first layer of a small classifier.
#
# ## Exercises (answers: `notebooks/solutions/03_1_1_word2vec.py`)
#
# `exercises.check("03_1_1_word2vec.1", answer)` of `roots_tf` judges an answer or gives
# a hint; brackets say what `answer` is.
#
# 1. Write the gradient of CBOW's loss by the vector of one of $N$ context words. (A
#    function of theirs, $(N, D)$, and of the outputs' vectors, that of the word itself
#    first.)
# 2. word2vec.c does not divide by $N$: `Cbow(undivided=True)`. How much faster? (Open.)
# 3. Put a `Dense(50, activation='tanh')` between `Embedding` and `Dense(V)`. What does
#    it cost, what does it bring? (Its parameters.)
# 4. Trained to the end, negative sampling makes $u_c^T v_w$ a shifted pointwise mutual
#    information (点互信息), $\log (p(c \mid w) / P_n(c)) - \log K$: Levy and Goldberg
#    (2014). Check it on six words. (A function of how often $c$ stood beside $w$, of
#    $P_n$ and of $K$.)

# %% [markdown] zh
# 大规模语言模型并不从这样的向量开始（E15）：它学习自己的向量。数据少时它们有用，可作小
# 分类器的第一层。
#
# ## 练习（答案：`notebooks/solutions/03_1_1_word2vec.py`）
#
# `roots_tf` 的 `exercises.check("03_1_1_word2vec.1", answer)` 评判答案或给出提示；括号
# 里说明 `answer` 是什么。
#
# 1. 写出 CBOW 的损失对 $N$ 个上下文词之一的向量的梯度。（以它们的向量 $(N, D)$ 和输出向
#    量为参数的函数，后者第一个是该词自己的。）
# 2. word2vec.c 不除以 $N$：`Cbow(undivided=True)`。快多少？（开放题。）
# 3. 在 `Embedding` 和 `Dense(V)` 之间放一个 `Dense(50, activation='tanh')`。它的代价是
#    什么，又带来了什么？（它的参数个数。）
# 4. 训练到底，负采样使 $u_c^T v_w$ 成为平移了的点互信息（pointwise mutual
#    information），$\log (p(c \mid w) / P_n(c)) - \log K$：见 Levy 与
#    Goldberg（2014）。请在六个词上检验。（以 $c$ 出现在 $w$ 旁边的次数、$P_n$ 和 $K$ 为
#    参数的函数。）
