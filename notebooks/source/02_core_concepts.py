# %% [markdown]
# # §2 核心概念与联系: what a large language model is made of
#
# Which architectures are there, what do they learn, and what depends on what? We put
# right what §2.5 says of BERT and GPT (E14 in ERRATA.md), see why no vector of fixed
# length is between, give one sentence to each architecture, and measure in the models
# what §2 leaves out. How attention works is in `02_5_self_attention`.
#
# ## What the article says (§2.1–§2.5)
#
# * 2.1 大规模语言模型概述: a large language model (大规模语言模型) learns language from
#   masses of data (海量数据). By which tasks, it does not say: see below.
# * 2.2 深度学习与神经网络: layers of connected nodes: `03_2_1_backpropagation`.
# * 2.3 自然语言处理与词向量: words become vectors (词向量): `03_1_1_word2vec`.
# * 2.4 大规模语言模型的核心算法: word vectors, backpropagation, SGD, Adam:
#   `03_2_2_optimizers`, and E15 below.
# * 2.5 大规模语言模型的架构: an encoder (编码器) makes a vector of fixed length of the
#   text, a decoder (解码器) makes text of that; BERT and GPT both are so.

# %% [markdown] zh
# # §2 核心概念与联系：大规模语言模型由什么构成
#
# 有哪些架构，它们学什么，谁依赖于谁？我们改正 §2.5 关于 BERT 和 GPT 的说法（ERRATA.md
# 中的 E14），看看为什么编码器与解码器之间没有固定长度的向量，把同一个句子交给每种架构，
# 并在模型中测量 §2 没有讲的东西。注意力如何工作，见 `02_5_self_attention`。
#
# ## 文章怎么说（§2.1–§2.5）
#
# * 2.1 大规模语言模型概述：大规模语言模型从海量数据中学习语言。靠哪些任务来学，文章没有
# 说：见下文。
# * 2.2 深度学习与神经网络：相互连接的节点组成的多层网络：`03_2_1_backpropagation`。
# * 2.3 自然语言处理与词向量：单词变成词向量：`03_1_1_word2vec`。
# * 2.4 大规模语言模型的核心算法：词向量、反向传播、SGD、Adam：`03_2_2_optimizers`，以及
# 下文的 E15。
# * 2.5 大规模语言模型的架构：编码器把文本变成固定长度的向量，解码器由它生成文本；BERT
# 和 GPT 都是如此。

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.classification import load_classification
from roots_tf.errata import e14_three_architectures as e14
from roots_tf.errata import e15_word_vectors_and_llms as e15
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import TextClassifier
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.t5 import T5, T5Config
from roots_tf.monitoring.attention_maps import attention_image
from roots_tf.text.characters import CharacterTokenizer
from roots_tf.text.span_corruption import corrupt_spans
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.token_masking import mask_tokens
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.transformer.position_embedding import sinusoidal_positions

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
random = np.random.default_rng(0)
chinese = load_classification("reviews_zh")

# %% [markdown]
# §2.4 counts Word2Vec and GloVe as a step of training a language model. They are none
# (E15): the table of token vectors starts at random and learns with all the rest. It is
# the smaller part:

# %% [markdown] zh
# §2.4 把 Word2Vec 和 GloVe 算作训练语言模型的一步。其实不是（E15）：词元向量的表从随机
# 值开始，与其余一切一起学习。它只是较小的一部分：

# %%
shares = e15.token_table_shares()
assert all(share < 0.35 for _, share in shares.values())
pd.DataFrame(shares, ["token vectors", "share of all parameters"]).T.round(3)

# %% [markdown]
# ## One vector for a whole text? (§2.5, E14)
#
# The vector of fixed length (固定长度的向量) is what *recurrent* encoder-decoders had
# (Sutskever, Vinyals, Le 2014, 1409.3215, §2). It has the same room however long the
# text is. Write tokens of 1,000 kinds one over another into 64 numbers, each vector
# shifted by its place and added up, and read them back. Beside it attention (注意力):
# the vectors are kept, and each place asks for its own.

# %% [markdown] zh
# ## 整段文本一个向量？（§2.5，E14）
#
# 固定长度的向量是**循环**编码器—解码器所用的（Sutskever、Vinyals、Le
# 2014，1409.3215，§2）。文本再长，它的空间也一样大。把取自 1,000 种的词元一个叠一个地
# 写进 64 个数里，每个向量按所在位置移位后相加，然后再读回来。与之并列的是注意力：各个向
# 量都保留，每个位置只要自己的那一个。


# %%
def softmax(scores):
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def shares_read_back(length):
    tokens = random.integers(1000, size=length)
    kept, places = table[tokens], range(length)  # (T, 64)
    one_vector = sum(np.roll(kept[t], t) for t in places)  # (64,)
    from_one = np.stack([np.roll(one_vector, -t) for t in places])  # (T, 64)
    keys = sinusoidal_positions(length, 64)
    from_all = softmax(8 * keys @ keys.T) @ kept  # (T, 64)
    return [((x @ table.T).argmax(1) == tokens).mean() for x in (from_one, from_all)]


table, lengths = random.normal(size=(1000, 64)), [1, 2, 4, 8, 16, 32, 64]
found = [np.mean([shares_read_back(n) for _ in range(20)], axis=0) for n in lengths]
found = pd.DataFrame(found, lengths, ["one vector of 64", "attention to all vectors"])
assert found.loc[1].min() == 1 and found.loc[64].iloc[0] < 0.2
assert found["attention to all vectors"].min() > 0.99
axes = found.plot(marker="o", figsize=(6, 2.6), logx=True, xticks=lengths)
axes.set(xlabel="tokens", ylabel="share read back", xticklabels=lengths)
plt.show()

# %% [markdown]
# An LSTM learns a better way to write than this, but its state is as long as before,
# and translations by it get worse as sentences get longer (Cho et al. 2014, 1409.1259).
# Attention was made to be rid of that (Bahdanau, Cho, Bengio 2015, 1409.0473, §1). A
# Transformer has no such vector anywhere: its encoder gives one vector *a token*.

# %% [markdown] zh
# LSTM 学到的写法比这更好，但它的状态还是那么长，句子越长，用它做的翻译就越差（Cho 等
# 2014，1409.1259）。注意力正是为了摆脱这一点而提出的（Bahdanau、Cho、Bengio
# 2015，1409.0473，§1）。Transformer 里没有任何地方有这样的向量：它的编码器为**每个词
# 元**给出一个向量。

# %%
assert e14.output_shapes((5, 9)) == [(5, 16), (9, 16)]
for length in (5, 9):
    print(length, "tokens ->", e14.encoder(np.ones((length, 16))).shape)

# %% [markdown]
# ## Three architectures, three tasks (三种架构)
#
# * An encoder, BERT: a token sees all tokens; learns by gaps (自编码, autoencoding):
#   $\sum_{t\,\in\,\mathrm{gaps}} \log P(x_t \mid \tilde x)$, where $\tilde x$ has gaps.
# * A decoder, GPT: a token sees itself and those before it; learns by the next token
#   (自回归, autoregressive): $\sum_t \log P(x_t \mid x_{<t})$.
# * An encoder-decoder, the Transformer of 2017 and T5: the target sees all of the
#   source and its own past; text to text (序列到序列): $\sum_t \log P(y_t \mid
#   y_{<t}, x)$.
#
# (Devlin et al. 2018, 1810.04805, §3.1; Radford et al. 2018, eq. 1; Raffel et al. 2020,
# 1910.10683, §2.1 and §3.1.4.) One sentence as each of them gets it, a character a
# token; □ is a gap, ①②③ stand for spans:

# %% [markdown] zh
# ## 三种架构，三种任务
#
# * 编码器，BERT：一个词元看得到所有词元；靠填空来学习（自编
# 码，autoencoding）：$\sum_{t\,\in\,\mathrm{gaps}} \log P(x_t \mid \tilde x)$，其中
# $\tilde x$ 带有空缺。
# * 解码器，GPT：一个词元看得到自己和前面的词元；靠下一个词元来学习（自回
# 归，autoregressive）：$\sum_t \log P(x_t \mid x_{<t})$。
# * 编码器—解码器，2017 年的 Transformer 和 T5：目标看得到整个源文本和目标自己的过去；
# 从文本到文本（序列到序列）：$\sum_t \log P(y_t \mid y_{<t}, x)$。
#
# （Devlin 等 2018，1810.04805，§3.1；Radford 等 2018，式 1；Raffel 等
# 2020，1910.10683，§2.1 与 §3.1.4。）同一个句子，各种架构看到的样子如下，一个字为一个
# 词元；□ 是空缺，①②③ 代表片段：

# %%
sentence = chinese.train.texts[1]
tokenizer = CharacterTokenizer.learn([sentence + "□①②③"])
ids = tokenizer.encode([sentence])[0]  # (T,)
gap, *sentinels = tokenizer.encode(["□①②③"])[0].numpy()
words = tf.range(len(ids))[None]  # each character a word
gaps = mask_tokens(ids[None], words, [0, 3], gap, ids)
is_gap = np.isin(np.arange(len(ids)), gaps.masked_positions)
spans = corrupt_spans(ids, [0, 0], tf.constant(sentinels))
rows = {
    "encoder": [gaps.token_ids[0].numpy(), np.where(is_gap, ids, gap)],
    "decoder": [ids[:-1].numpy(), ids[1:].numpy()],
    "encoder-decoder": [spans.inputs.numpy(), spans.targets.numpy()],
}
assert not np.any(is_gap & (gaps.token_ids[0].numpy() != ids) & (ids == gap))
assert len(spans.inputs) + len(spans.targets) == len(ids) + 2 * (len(sentinels) - 1) - 1
texts = {name: map(tokenizer.decode, pair) for name, pair in rows.items()}
pd.DataFrame(texts, ["reads", "is asked for"]).T

# %% [markdown]
# ## What depends on what (E14)
#
# Change one token and see which outputs notice: the sensitivity matrix. Above one layer
# of attention in NumPy, below the models. White is a change of 0.0 exactly; over the
# red line are tokens of the source, under it those of the target.

# %% [markdown] zh
# ## 谁依赖于谁（E14）
#
# 改变一个词元，看哪些输出会察觉：这就是敏感度矩阵。上面是 NumPy 写的一层注意力，下面是
# 各个模型。白色表示变化恰好是 0.0；红线以上是源文本的词元，以下是目标的词元。


# %%
def of_bert(ids):
    return bert({"token_ids": ids[None]})[0][0]


def of_t5(both):
    source, target = np.split(both[None], 2, axis=1)
    return t5({"source_ids": source, "target_ids": target})[0]


sizes = {"hidden_size": 32, "num_layers": 1, "num_heads": 2}
bert, gpt = Bert(BertConfig.tiny(20, **sizes)), Gpt(GptConfig.tiny(20, **sizes))
t5 = T5(T5Config.tiny(20, **sizes))
for model in (bert, gpt, t5):
    model.build()
some, others = np.arange(1, 7), np.arange(11, 17)
one, other = np.append(some, others), np.append(others, some)
matrices = e14.matrices() | {
    "Bert": e14.sensitivity(of_bert, some, others),
    "Gpt": e14.sensitivity(lambda ids: gpt(ids[None])[0], some, others),
    "T5": e14.sensitivity(of_t5, one, other),
}
figure, axes = plt.subplots(2, 3, figsize=(7, 7), layout="constrained")
for axis, (name, matrix) in zip(axes.flat, matrices.items(), strict=True):
    shown = np.where(matrix > 0, matrix / matrix.max(), np.nan)
    axis.imshow(shown, cmap="viridis_r", vmin=0, vmax=1)
    axis.set(title=name, xlabel="notices at", ylabel="changed token")
    if len(matrix) > 6:
        axis.axhline(5.5, color="crimson", lw=3)
plt.show()
everything, not_before = np.ones((6, 6), bool), np.triu(np.ones((6, 6), bool))
patterns = [everything, not_before, np.vstack([everything, not_before])]
for (name, matrix), pattern in zip(matrices.items(), 2 * patterns, strict=True):
    assert np.array_equal(matrix > 0, pattern), name

# %% [markdown]
# One line of each pattern says it all: BERT's first token changes when the last one
# does, and so BERT cannot be asked for the next token, which it has seen. GPT's first
# tokens never change, whatever comes: it can write, and keep what it has computed
# (`07_3_gpt_t5_albert`).
#
# ## What attention looks at (注意力权重)
#
# Attention gives a token a weighted mean of the vectors that it sees; the weights sum
# to 1. For each language a BERT of one block and two heads learns from six hundred
# reviews which praise and which blame: its answer rests on what `[CLS]`, before the
# text, takes from the words.

# %% [markdown] zh
# 每种图案看一行就全明白了：BERT 的第一个词元会因最后一个词元改变而改变，所以不能向 BERT
# 要下一个词元，它早已看到了。GPT 前面的词元无论后面来什么都不变：所以它能往下写，并保留
# 已经算好的东西（`07_3_gpt_t5_albert`）。
#
# ## 注意力看向哪里（注意力权重）
#
# 注意力给一个词元的，是它看得到的各个向量的加权平均；权重之和为 1。只有一个块、两个头的
# BERT 从六百条评论（中文和英文）中学习哪些是称赞、哪些是批评：它的回答依据的是文本前面
# 的 `[CLS]` 从各个词那里取得的东西。


# %%
def read(texts, settings, vocabulary=None):
    tokens = [["[CLS]", *text][:48] for text in tokenize(texts, settings)]
    vocabulary = vocabulary or Vocabulary.build(tokens)
    ids = encode(tokens, vocabulary, settings)
    ids = keras.utils.pad_sequences(ids, settings.max_length, padding="post")
    return tokens, {"token_ids": ids}, vocabulary


def trained(inputs, labels, vocabulary, settings):
    sizes = {"hidden_size": 32, "num_layers": 1, "attention_dropout": 0.0}
    sizes |= {"max_positions": settings.max_length, "intermediate_size": 64}
    model = TextClassifier(Bert(BertConfig.tiny(len(vocabulary), **sizes)), 2)
    model.build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
    model.fit(inputs, labels, epochs=8, batch_size=32, verbose=0)
    return model


# %%
settings, looks = TextSettings(max_length=48), {}
for data in (chinese, load_classification("reviews_en")):
    _, inputs, vocabulary = read(data.train.texts, settings)
    model = trained(inputs, data.train.labels, vocabulary, settings)
    tokens, test, _ = read(data.test.texts, settings, vocabulary)
    accuracy = model.evaluate(test, data.test.labels, verbose=0)[1]
    weights = np.asarray(model.encoder.attention_weights(test)[0])  # (B, 2, T, T)
    assert accuracy > 0.6 and np.allclose(weights.sum(axis=-1), 1, atol=1e-5)
    assert weights.transpose(0, 3, 1, 2)[test["token_ids"] == 0].max() == 0  # padding
    looks[data.name] = tokens, weights
    print(f"{data.name}: test accuracy {accuracy:.3f}")

# %%
for name, row in (("reviews_zh", 2), ("reviews_en", 5)):
    tokens, weights = looks[name]
    T = len(tokens[row])
    shown, most = weights[row, :, :T, :T], weights[row].max()
    title = f"{name}: the brightest square is a weight of {most:.2f}"
    picture = attention_image(shown / most, tokens[row], title=title)
    plt.figure(figsize=(8, 4.6)).add_axes((0, 0, 1, 1)).imshow(picture)
    plt.axis("off")
    plt.show()

# %% [markdown]
# A row is a token that asks, a column one that is looked at. The same numbers over all
# test texts: what `[CLS]` takes from a word, times the length of the text, so that 1 is
# an even share; words seen five times or more.

# %% [markdown] zh
# 一行是一个发问的词元，一列是一个被看的词元。下面是对全部测试文本统计的同样的
# 数：`[CLS]` 从一个词取得多少，乘以文本的长度，于是 1 就是平均的份额；只列至少出现五次
# 的词。

# %%
shares, columns = {}, {}
for name, (tokens, weights) in looks.items():
    of_cls = weights[:, :, 0].mean(axis=1)  # (B, T)
    pairs = []
    for text, row in zip(tokens, of_cls, strict=True):
        pairs += zip(text, len(text) * row, strict=False)  # without the padding
    table = pd.DataFrame(pairs, columns=["word", "share"]).groupby("word")["share"]
    shares[name] = table.mean()[table.size() >= 5].drop("[CLS]").sort_values()
    ends = shares[name].iloc[[*range(6), *range(-6, 0)]]
    columns[name] = [f"{word} {share:.2f}" for word, share in ends.items()]
assert shares["reviews_en"][[",", ".", "the"]].max() < 1
assert shares["reviews_zh"][[",", "。", "的", "了"]].max() < 1
pd.DataFrame(columns)

# %% [markdown]
# Function words, commas and full stops get far less than their share. What gets most is
# not so easy to read: six hundred texts are few, and another seed looks at other words.
# Do not take weights for reasons (exercise 4).
#
# ## Exercises (answers: `notebooks/solutions/02_core_concepts.py`)
#
# `exercises.check("02_core_concepts.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. Of $n$ random tokens of 1,000 kinds, written one over another into a vector of 64
#    numbers as above, how many can be read back? What if it has 256 numbers? (A
#    function of the table, the vector and $n$ that gives the ids read back.)
# 2. Stack two causal layers, and three. Which positions notice a token's change now?
#    And if a token may look back no further than so many places, its reach? (A function
#    of depth and reach that gives booleans $(6, 6)$: the changed token by the
#    position.)
# 3. T5's encoder may be given the prompt as the source, or GPT prompt and answer as one
#    text. Draw GPT's sensitivity matrix if the first three of six tokens, the prompt,
#    may see each other whole: a prefix language model. (Booleans $(6, 6)$.)
# 4. Take a word out of a review and see how the logits change. Does the word with the
#    largest weight change them most? (Open.)

# %% [markdown] zh
# 虚词、逗号和句号得到的远少于平均份额。得到最多的是什么，就不那么容易解读了：六百条文本
# 太少，换一个种子，看的就是别的词。不要把权重当作理由（练习 4）。
#
# ## 练习（答案：`notebooks/solutions/02_core_concepts.py`）
#
# `roots_tf` 的 `exercises.check("02_core_concepts.1", answer)` 评判答案或给出提示；括号
# 里说明 `answer` 是什么。
#
# 1. 取自 1,000 种的 $n$ 个随机词元，像上面那样一个叠一个地写进 64 个数的向量，能读回多
#    少个？如果向量有 256 个数呢？（以表、向量和 $n$ 为参数的函数，给出读回的编号。）
# 2. 叠两层因果注意力，再叠三层。现在哪些位置会察觉一个词元的改变？如果一个词元最多只能
#    往回看若干个位置（它的视距）呢？（以层数和视距为参数的函数，给出布尔矩阵 $(6, 6)$：
#    行是被改变的词元，列是位置。）
# 3. 可以把提示（prompt）作为源文本交给 T5 的编码器，也可以把提示和回答作为一段文本交给
#    GPT。设六个词元中的前三个是提示，彼此完全看得见，即前缀语言模型（prefix language
#    model），画出这时 GPT 的敏感度矩阵。（布尔矩阵 $(6, 6)$。）
# 4. 从一条评论中去掉一个词，看 logits 怎样变化。权重最大的词引起的变化也最大吗？（开放
#    题。）
