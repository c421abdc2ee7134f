# %% [markdown]
# # §5.2 源代码详细实现和代码解读: the article's "BERT"
#
# The article's project (项目实战) is one function, compiled and fitted in ten lines.
# Here they run. We find out why they cannot classify a text, mend them step by step,
# and measure on real text what the repairs are worth. Three things are wrong: the model
# is no BERT (E11 in ERRATA.md), labels for texts do not fit it (E12), and it reads
# padding as words (E13).
# This notebook is of §5.3.2 too.
#
# ## What the article says (§5.2, §5.3.1 模型结构)
#
# ```python
# def build_bert_model(vocab_size, embedding_dim, hidden_size, output_size):
#     inputs = tf.keras.layers.Input(shape=(None,), dtype=tf.int32)
#     embeddings = Embedding(vocab_size, embedding_dim)(inputs)
#     lstm = Bidirectional(LSTM(hidden_size, return_sequences=True))(embeddings)
#     outputs = Dense(output_size, activation='softmax')(lstm)
#     model = Model(inputs=inputs, outputs=outputs)
#     return model
#
# model = build_bert_model(vocab_size=10000, embedding_dim=128, hidden_size=128,
#                          output_size=2)
# model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
# model.fit(x_train, y_train, epochs=5, batch_size=32, validation_data=(x_val, y_val))
# ```
#
# Three layers: an embedding (嵌入层) looks up a vector for each word, a bidirectional
# LSTM (双向LSTM层) reads the vectors from both ends, a dense layer (输出层) gives
# probabilities.

# %% [markdown] zh
# # §5.2 源代码详细实现和代码解读：文章的“BERT”
#
# 文章的项目实战是一个函数，连同编译和拟合共十行。这里让它们运行起来。我们弄清它们为什么
# 不能给文本分类，一步一步把它们修好，并在真实文本上测量这些修改值多少。有三处是错的：模
# 型不是 BERT（ERRATA.md 中的 E11），文本的标签与它不合（E12），它把填充当作词来读
# （E13）。
# 本笔记本也属于 §5.3.2。
#
# ## 文章怎么说（§5.2、§5.3.1 模型结构）
#
# ```python
# def build_bert_model(vocab_size, embedding_dim, hidden_size, output_size):
#     inputs = tf.keras.layers.Input(shape=(None,), dtype=tf.int32)
#     embeddings = Embedding(vocab_size, embedding_dim)(inputs)
#     lstm = Bidirectional(LSTM(hidden_size, return_sequences=True))(embeddings)
#     outputs = Dense(output_size, activation='softmax')(lstm)
#     model = Model(inputs=inputs, outputs=outputs)
#     return model
#
# model = build_bert_model(vocab_size=10000, embedding_dim=128, hidden_size=128,
#                          output_size=2)
# model.compile(optimizer='adam', loss='categorical_crossentropy', metrics=['accuracy'])
# model.fit(x_train, y_train, epochs=5, batch_size=32, validation_data=(x_val, y_val))
# ```
#
# 三层：嵌入层为每个词查出一个向量，双向 LSTM 层从两端读这些向量，输出层给出概率。

# %%
from functools import partial
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import docstring_classification
from roots_tf.errata import e11_bilstm_is_no_bert as e11
from roots_tf.errata import e12_label_shapes as e12
from roots_tf.evaluation.baselines import bag_of_words_baseline, majority_baseline
from roots_tf.evaluation.classification_report import confusion_matrix
from roots_tf.monitoring.figures import confusion_matrix_image
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent import bilstm_classifier as bilstm
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")  # no warnings that many models are being compiled

model = bilstm.build_bert_model(10_000, 128, 128, 2)
for layer in model.layers:
    print(f"{layer.name:15}{layer.output.shape!s:20}{layer.count_params():>10,}")
assert model.count_params() == 1_543_682

# %% [markdown]
# Where do the numbers come from? With $V$ = `vocab_size` (词汇表大小), $E$ =
# `embedding_dim` (嵌入维度), $H$ = `hidden_size` (隐藏层大小) and $O$ = `output_size`
# (输出层大小):
#
# $$\underbrace{V E}_{1{,}280{,}000} + \underbrace{2 \cdot 4 H (E + H + 1)}_{263{,}168}
# + \underbrace{(2 H + 1)\, O}_{514} = 1{,}543{,}682$$
#
# The 4 is the LSTM's: three gates and a candidate, each with a weight for every input
# and every state, and a bias (Hochreiter & Schmidhuber 1997; $f$: Gers et al. 2000).
# The 2 is for the two directions, which give $2H = 256$ features a token.
#
# $$i, f, o = \sigma(W x_t + U h_{t-1} + b) \qquad
# \tilde c = \tanh(W x_t + U h_{t-1} + b)$$
#
# $$c_t = f \odot c_{t-1} + i \odot \tilde c \qquad h_t = o \odot \tanh c_t$$
#
# ## Which labels does it take? (E12)
#
# The article's last line stops at once: nothing defines `x_train`. Suppose that we have
# 32 texts of $T = 20$ tokens and two classes. In what shape will `fit` take the labels?
# Each row below is a fresh model, compiled and fitted as printed.

# %% [markdown] zh
# 这些数从何而来？设 $V$ = `vocab_size`（词汇表大小），$E$ = `embedding_dim`（嵌入维
# 度），$H$ = `hidden_size`（隐藏层大小），$O$ = `output_size`（输出层大小）：
#
# $$\underbrace{V E}_{1{,}280{,}000} + \underbrace{2 \cdot 4 H (E + H + 1)}_{263{,}168}
# + \underbrace{(2 H + 1)\, O}_{514} = 1{,}543{,}682$$
#
# 4 来自 LSTM：三个门和一个候选值，各对每个输入、每个状态有一个权重，另有一个偏置
# （Hochreiter & Schmidhuber 1997；$f$：Gers 等 2000）。2 来自两个方向，它们为每个词元给
# 出 $2H = 256$ 个特征。
#
# $$i, f, o = \sigma(W x_t + U h_{t-1} + b) \qquad
# \tilde c = \tanh(W x_t + U h_{t-1} + b)$$
#
# $$c_t = f \odot c_{t-1} + i \odot \tilde c \qquad h_t = o \odot \tanh c_t$$
#
# ## 它接受怎样的标签？（E12）
#
# 文章的最后一行立刻就停下：没有任何地方定义 `x_train`。假设我们有 32 段文本，每段
# $T = 20$ 个词元，分两类。`fit` 接受什么形状的标签？下面每一行都是一个全新的模型，照印
# 出的编译和拟合。

# %%
outcomes = e12.shape_outcomes(bilstm.build_bert_model)
assert outcomes == e12.PRINTED_MODEL
pd.DataFrame(outcomes).round(3).astype(object).fillna("")

# %% [markdown]
# Labels for *texts* never fit, not even where a broadcast might have saved them by luck
# ($T = 32$, $T = 2$, $T = 1$). Labels for *tokens* do: `return_sequences=True` keeps
# the state at every token, so the output is $(B, T, 2)$. Without it, texts can be
# labelled, one-hot or by number, with the same result:

# %% [markdown] zh
# 给**文本**的标签从来不合，连广播机制本来可能侥幸救场的地方也不合
# （$T = 32$、$T = 2$、$T = 1$）。给**词元**的标签则合：`return_sequences=True` 保留每个
# 词元处的状态，所以输出是 $(B, T, 2)$。去掉它，就能给文本加标签，独热编码或用类别编号都
# 行，结果相同：

# %%
one_hot, number = e12.shape_outcomes(e12.build_fixed_model, e12.FIXED_MODEL)
assert (one_hot.outcome, number.outcome) == ("runs", "runs")
assert np.isclose(one_hot.mean_loss, number.mean_loss)

# %% [markdown]
# ## Real text (§5.3.3 模型训练: 数据预处理)
#
# Which library does a docstring come from? The texts are those of the libraries
# installed here, with every identifier masked, so that there is only language to go by.
# A vocabulary of the training texts turns words into numbers; 0 is kept for padding.

# %% [markdown] zh
# ## 真实文本（§5.3.3 模型训练：数据预处理）
#
# 一段文档字符串出自哪个库？文本取自这里安装的各个库，每个标识符都已遮盖，于是只有语言可
# 以依据。训练文本的词汇表把词变成数；0 留给填充。

# %%
data = docstring_classification(max_per_class=400)
train, test, classes = data.train, data.test, len(data.label_names)
settings = TextSettings(max_length=100)
tokens = tokenize(train.texts, settings)
vocabulary = Vocabulary.build(tokens, max_size=10_000)
train_ids = encode(tokens, vocabulary, settings)
test_ids = encode(tokenize(test.texts, settings), vocabulary, settings)
print(f"{len(train):,} texts of {classes} libraries to learn from, {len(test)} to test")
print(data.label_names[train.labels[0]], "|", *tokens[0][:14], "|", *train_ids[0][:14])

# %% [markdown]
# ## Why repeated labels run, and what they measure
#
# One way to keep the printed model: repeat a text's label for each of its tokens, and
# pad all texts to 100. It trains, and reports an accuracy (准确率). But of what?

# %% [markdown] zh
# ## 重复的标签为什么能运行，测量的又是什么
#
# 保留印出的模型有一种办法：对文本的每个词元重复文本的标签，并把所有文本填充到 100。它能
# 训练，也报告一个准确率。但那是什么的准确率？

# %%
padded = partial(keras.utils.pad_sequences, maxlen=100, padding="post")
one_hot = [np.eye(classes)[part.labels][:, None] for part in (train, test)]  # (N, 1, C)
targets, test_targets = (np.repeat(labels, 100, axis=1) for labels in one_hot)
sizes = {"vocab_size": len(vocabulary), "embedding_dim": 128, "hidden_size": 128}
printed = bilstm.build_bert_model(**sizes, output_size=classes)
adam = keras.optimizers.Adam(0.003)  # three times the usual step: the texts are few
printed.compile(optimizer=adam, loss=e12.CATEGORICAL, metrics=["accuracy"])
printed.fit(padded(train_ids), targets, epochs=3, batch_size=32, verbose=0)
_, reported = printed.evaluate(padded(test_ids), test_targets, verbose=0)

by_token = printed.predict(padded(test_ids), verbose=0)  # (N, 100, C)
right = by_token.argmax(axis=-1) == test.labels[:, None]  # (N, 100)
is_word = padded(test_ids) > 0
of_texts = np.mean(by_token.mean(axis=1).argmax(axis=-1) == test.labels)
of_words, of_padding = right[is_word].mean(), right[~is_word].mean()
assert np.isclose(reported, right.mean(), atol=1e-4) and reported != of_texts
assert np.mean(~is_word) > 0.3  # of all tokens are padding
print(f"reported {reported:.3f}: words {of_words:.3f}, padding {of_padding:.3f}")
print(f"texts, by the mean of their tokens: {of_texts:.3f}")

# %% [markdown]
# Of tokens, padding included. Such a report can hide anything. Let text A be right at
# 20 of 20 tokens and text B at 9 of 20: it says .725, but of the two texts one is
# right, .5. Below, twelve test texts, a row each: left of the red line are words, right
# of it padding, which outvotes the words of a short text.

# %% [markdown] zh
# 是词元的，填充也算在内。这样的报告什么都能掩盖。设文本 A 在 20 个词元中的 20 个上正
# 确，文本 B 在 20 个中的 9 个上正确：报告说 .725，而两段文本中只有一段正确，即 .5。下面
# 是十二段测试文本，每段一行：红线左边是词，右边是填充，它的票数压过了短文本的词。

# %%
assert e12.repeated_label_accuracies([20, 9], tokens=20) == (0.725, 0.5)
by_length = np.argsort(is_word.sum(axis=1), kind="stable")
rows = by_length[np.linspace(0, len(test) - 1, 12).astype(int)]
of_right_class = by_token[np.arange(len(test)), :, test.labels][rows]  # (12, 100)
figure, axes = plt.subplots(figsize=(8, 3), layout="tight")
image = axes.imshow(of_right_class, aspect="auto", vmin=0, vmax=1, cmap="Blues")
ends, edges = is_word.sum(axis=1)[rows] - 0.5, np.arange(13) - 0.5
axes.stairs(ends, edges, orientation="horizontal", baseline=None, color="crimson")
axes.set(xlabel="position", ylabel="text", yticks=[])
figure.colorbar(image, label="probability of the right class")
plt.show()

# %% [markdown]
# ## Padding is read as words (E13)
#
# Nothing tells the model that 0 is no word: `mask_zero=True` is missing. So a text's
# label depends on how far it is padded: on the longest text of its batch.

# %% [markdown] zh
# ## 填充被当作词来读（E13）
#
# 没有什么告诉模型 0 不是词：缺少 `mask_zero=True`。于是一段文本的标签取决于它被填充到多
# 长，也就是取决于它所在的批中最长的文本。


# %%
def labels_at(model, width):
    outputs = model.predict(padded(test_ids, maxlen=width), verbose=0)
    outputs = outputs if outputs.ndim == 2 else outputs.mean(axis=1)  # (N, C)
    return outputs.argmax(axis=-1)


def share_relabelled(model):
    labels = {width: labels_at(model, width) for width in (100, 200, 300, 400)}
    return {width: np.mean(labels[width] != labels[100]) for width in labels}


relabelled = {"as printed": share_relabelled(printed)}
assert relabelled["as printed"][400] > 0.02

# %% [markdown]
# ## The fix: mask, pool, logits
#
# With the mask $m_t = 1$ for words and 0 for padding, one vector stands for the text,
# and each class has a logit:
#
# $$s = \Big[\frac{\sum_t m_t h_t}{\sum_t m_t};\ \max_{t:\,m_t = 1} h_t\Big] \qquad
# z = A s + b \qquad \mathrm{loss} = -\log \mathrm{softmax}(z)_y$$
#
# Softmax moves into the loss, which is exact there even when a probability rounds to 0.
# For training, `BucketedBatches` puts texts of like length together, so that less is
# padded; `TrainingLoop` is the loop of this project's scripts. `compile` and `fit`
# would do as well: see the Chinese example.

# %% [markdown] zh
# ## 修正：掩码、池化、logits
#
# 设掩码 $m_t = 1$ 表示词，0 表示填充，则一个向量代表整段文本，每一类有一个 logit：
#
# $$s = \Big[\frac{\sum_t m_t h_t}{\sum_t m_t};\ \max_{t:\,m_t = 1} h_t\Big] \qquad
# z = A s + b \qquad \mathrm{loss} = -\log \mathrm{softmax}(z)_y$$
#
# Softmax 移到损失里面，在那里即使概率舍入为 0，它也是精确的。训练时，`BucketedBatches`
# 把长度相近的文本放在一起，填充就少一些；`TrainingLoop` 是本项目脚本所用的循环。用
# `compile` 和 `fit` 也可以：见中文的例子。

# %%
config = bilstm.BiLstmConfig(**sizes, num_classes=classes, pooling="mean+max")
classifier = bilstm.build_bilstm_classifier(config)
for layer in classifier.layers:
    print(f"{layer.name:20} {layer.output.shape}")
assert cross_entropy([1], [[200.0, 0.0]]) == 200  # where softmax would be 0
batches = BucketedBatches(train_ids, train.labels, batch_size=32)
assert np.mean([ids.shape[1] for ids, _ in batches(epoch=1)]) < 100
adam, epochs = keras.optimizers.Adam(0.003), []
hook = SimpleNamespace(on_epoch_end=epochs.append)
TrainingLoop(classifier, adam, cross_entropy, batches, hooks=[hook]).run(epochs=3)
assert epochs[0].train["loss"] > epochs[1].train["loss"] > epochs[2].train["loss"]

relabelled["with the mask"] = share_relabelled(classifier)
assert max(relabelled["with the mask"].values()) == 0
options = {"xlabel": "padded to", "ylabel": "share of texts relabelled"}
pd.DataFrame(relabelled).plot(marker="o", figsize=(6, 3), **options)
plt.show()

# %% [markdown]
# ## What the repairs are worth
#
# Two yardsticks: the most frequent class, and a bag of words (TF-IDF and a logistic
# regression), which knows no order and reads the whole text. In the confusion matrix
# (混淆矩阵), a row is a true class.

# %% [markdown] zh
# ## 这些修改值多少
#
# 两把尺子：最常见的类，以及词袋（TF-IDF 加逻辑回归），它不知道次序，但读整段文本。混淆
# 矩阵的一行是一个真实的类。

# %%
predictions = labels_at(classifier, 100)
matrix = confusion_matrix(test.labels, predictions, classes)
accuracies = {
    "majority class": majority_baseline(train.labels, test.labels).accuracy,
    "as printed": of_texts,
    "mask, pooling, logits": matrix.trace() / len(test),
    "bag of words": bag_of_words_baseline(train, test, data.language).accuracy,
}
assert accuracies["majority class"] < of_texts < matrix.trace() / len(test)
picture = confusion_matrix_image(matrix, data.label_names)
plt.figure(figsize=(6, 6)).add_axes((0, 0, 1, 1)).imshow(picture)
plt.axis("off")
plt.show()
pd.Series(accuracies, name="test accuracy").to_frame().round(3)

# %% [markdown]
# The repairs pay, and still a bag of words is hard to beat: three thousand texts are
# few to learn word vectors from. `python -m roots_tf.train.classifier` takes four times
# as many.
#
# ## 中文: the same in Chinese
#
# Chinese has no spaces: jieba cuts words (分词). This time with `compile` and `fit`.

# %% [markdown] zh
# 修改有成效，但词袋仍然很难胜过：用三千段文本学习词向量，太少
# 了。`python -m roots_tf.train.classifier` 用的是它的四倍。
#
# ## 中文：同样的做法
#
# 中文没有空格：由 jieba 分词。这次用 `compile` 和 `fit`。

# %%
data = load_classification("reviews_zh")
tokens, test_tokens = (tokenize(x.texts, settings) for x in (data.train, data.test))
vocabulary = Vocabulary.build(tokens)
chinese = bilstm.build_bilstm_classifier(bilstm.BiLstmConfig(len(vocabulary)))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
chinese.compile(optimizer=keras.optimizers.Adam(0.003), loss=loss, metrics=["accuracy"])
ids = (encode(part, vocabulary, settings) for part in (tokens, test_tokens))
x, x_test = (padded(part, maxlen=None) for part in ids)  # to the longest
history = chinese.fit(x, data.train.labels, epochs=5, batch_size=32, verbose=0).history
_, accuracy = chinese.evaluate(x_test, data.test.labels, verbose=0)
assert history["accuracy"][-1] > 0.9 > accuracy > 0.5
unknown = vocabulary.unknown_rate(test_tokens)
words = bag_of_words_baseline(data.train, data.test, data.language).accuracy
assert unknown > 0.15
print(" / ".join(test_tokens[0]))
print(f"unknown words {unknown:.0%}; accuracy {accuracy:.3f}, bag {words:.3f}")

# %% [markdown]
# It knows its 600 reviews by heart, and little Chinese: many test words it has never
# seen. Language has to come from elsewhere, and that is what BERT is about.
#
# ## What BERT really is (E11)
#
# | | the printed model | BERT-base (Devlin et al. 2018, §3) |
# | --- | --- | --- |
# | a token's vector | word | piece of a word + position + segment |
# | reads by | an LSTM from each end | 12 blocks of self-attention, all tokens at once |
# | learns first | nothing | hidden words and next sentences, on 3.3 billion words |
# | then | labels for tokens | the task, from the vector of `[CLS]` |

# %% [markdown] zh
# 它把那 600 条评论背了下来，中文却没学到多少：许多测试词它从未见过。语言必须从别处来，
# 这正是 BERT 要做的事。
#
# ## BERT 究竟是什么（E11）
#
# | | 印出的模型 | BERT-base（Devlin 等 2018，§3） |
# | --- | --- | --- |
# | 词元的向量 | 词 | 子词 + 位置 + 片段 |
# | 怎样阅读 | 两端各一个 LSTM | 12 个自注意力块，同时读所有词元 |
# | 先学什么 | 无 | 被遮盖的词和下一句，在 3.3B 个词上 |
# | 然后 | 词元的标签 | 具体任务，用 `[CLS]` 的向量 |

# %%
counts = {"§5.2 as printed": sum(e11.printed_model_parameters().values())}
counts |= {"BERT-base": e11.bert_parameters(), "GPT-2 small": e11.gpt2_parameters()}
assert list(counts.values()) == [1_543_682, 109_482_240, 124_439_808]
pd.Series(counts, name="parameters").map("{:,}".format).to_frame()

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/05_2_article_bert.py`)
#
# `exercises.check("05_2_article_bert.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. Write the LSTM's formulas in NumPy. Do you get what Keras gets? (A function of $x$
#    $(T, E)$ and of Keras' `get_weights()`, three arrays, that gives the last state.)
# 2. Make Keras report the printed model's accuracy for words alone: `evaluate` takes a
#    `sample_weight` of shape $(B, T)$. (The same accuracy, a function of predictions
#    $(B, T)$, labels $(B)$ and token ids $(B, T)$.)
# 3. Pool three vectors by hand, of which the third is padding. What does a mean without
#    the mask give? (A function of vectors $(B, T, D)$ and mask that gives mean and
#    maximum side by side.)
# 4. Train the Chinese model on characters. What becomes of the unknown tokens? Which
#    `manner` in `data/reviews_zh/test.csv` is hardest: irony, negation, ...? (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/05_2_article_bert.py`）
#
# `roots_tf` 的 `exercises.check("05_2_article_bert.1", answer)` 评判答案或给出提示；括
# 号里说明 `answer` 是什么。
#
# 1. 用 NumPy 写出 LSTM 的公式。得到的与 Keras 一样吗？（以 $x$ $(T, E)$ 和 Keras 的
#    `get_weights()` 的三个数组为参数的函数，给出最后的状态。）
# 2. 让 Keras 报告印出的模型只在词上的准确率：`evaluate` 接受形状为 $(B, T)$ 的
#    `sample_weight`。（同一个准确率，以预测 $(B, T)$、标签 $(B)$ 和词元编号 $(B, T)$ 为
#    参数的函数。）
# 3. 手工池化三个向量，其中第三个是填充。不用掩码的平均会给出什么？（以向量 $(B, T, D)$
#    和掩码为参数的函数，给出并列的均值和最大值。）
# 4. 用字训练中文模型。未知词元会怎样？`data/reviews_zh/test.csv` 中哪一种 `manner` 最
#    难：反语、否定……？（开放题。）
