# %% [markdown]
# # §9.2 问题2：如何训练大规模语言模型？: from texts to a model, in five steps
#
# The article's five steps as one command, on your own folder of texts; and what
# becomes of a model if stop words are removed, as its first step wants it.
#
# ## What the article says (§9.2)
#
# Clean and segment the text and remove stop words (去停用词); make word vectors; build
# a model; train it, with an optimiser; evaluate it on validation data, and tune it.
#
# Two things are otherwise. Stop words stay in what a language model reads (E16), and
# word vectors made beforehand are no step of training a large one: it learns its own
# (E15). For a small classifier of few texts they do help. And what is chosen on the
# validation texts is measured on others: the test texts, once.

# %% [markdown] zh
# # §9.2 问题2：如何训练大规模语言模型？：从文本到模型的五个步骤
#
# 把文章的五个步骤变成一条命令，用在你自己的一文件夹文本上；再看看，如果照它的第一步去掉
# 停用词，模型会怎样。
#
# ## 文章怎么说（§9.2）
#
# 清洗文本、分词、去停用词；生成词向量；构建模型；用优化算法训练；用验证数据评估并调优。
#
# 有两处不是这样。语言模型读的文本里，停用词要留着（E16）；预先做好的词向量，也不是训练
# 大模型的一步：它自己学（E15）。对于文本很少的小分类器，词向量确实有帮助。另外，在验证
# 文本上选出来的东西，要在别的文本上测量：测试文本，只测一次。

# %%
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import roots_tf
from roots_tf.datasets.classification import load_classification
from roots_tf.errata.e16_stop_words import naive_bayes_answers
from roots_tf.text.bigrams import BigramModel
from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import segment
from roots_tf.text.stop_words import NEGATIONS, STOP_WORDS, remove_stop_words
from roots_tf.text.vocabulary import Vocabulary

PROJECT = Path(roots_tf.__file__).parents[1]

folder = Path(tempfile.mkdtemp()) / "pipeline"
flags = "--data reviews_zh --epochs 6 --vector-epochs 5 --trials 2 --seed 7".split()
words = [sys.executable, "-m", "roots_tf.train.pipeline", *flags]
ran = subprocess.run(
    [*words, "--folder", folder], cwd=PROJECT, capture_output=True, text=True
)
assert ran.returncode == 0, ran.stderr
for line in ran.stdout.replace(str(folder), "FOLDER").splitlines():
    if line.startswith(("1 ", "2 ", "3 ", "4 ", "$ ", "this model", "bag", "majority")):
        print(line[:110])

# %% [markdown]
# Every step is a script of its own, and its command stands there: run any of them again
# with other options. What it left in the folder:

# %% [markdown] zh
# 每一步都是一个独立的脚本，它的命令就印在那里：任何一步都可以换别的选项再跑。它在文件夹
# 里留下的东西：

# %%
parts = ["texts.txt", "word2vec/vectors/vectors.txt", "tune/models/trials.csv"]
parts += ["classifier/model/model", "classifier/model/run.json"]
assert all((folder / part).exists() for part in parts)
print(*parts, sep="\n")
pd.read_csv(folder / parts[2]).set_index("trial").T

# %% [markdown]
# `python -m roots_tf.train.pipeline --data FOLDER` reads your own texts: a CSV file
# with the columns text and label, or a folder with a folder of .txt files for each
# label. Killed, it goes on with `--resume`.
#
# ## Stop words (停用词): what goes if they go
#
# How much of a text is stop words, and which of them turn its meaning around?

# %% [markdown] zh
# `python -m roots_tf.train.pipeline --data FOLDER` 读你自己的文本：一个有 text 和 label
# 两列的 CSV 文件，或者一个文件夹，里面每个标签一个子文件夹，装着 .txt 文件。中断之后加
# `--resume` 继续。
#
# ## 停用词：去掉它们，丢的是什么
#
# 一份文本里有多少是停用词？其中哪些会把意思反过来？

# %%
reviews = {
    "zh": load_classification("reviews_zh"),
    "en": load_classification("reviews_en"),
}


def tokens_of(part):
    return segment([normalize(text) for text in part.texts])


tokens = {
    language: (tokens_of(data.train), tokens_of(data.test))
    for language, data in reviews.items()
}
rows = {}
for language, (train, _) in tokens.items():
    every = [token.lower() for text in train for token in text]
    rows[language] = {
        "words": len(every),
        "stop words": np.mean([token in STOP_WORDS[language] for token in every]),
        "texts with a negation": np.mean(
            [any(t.lower() in NEGATIONS[language] for t in text) for text in train]
        ),
    }
table = pd.DataFrame(rows).T
assert (table["stop words"] > 0.2).all()
table.round(3)

# %% [markdown]
# ## For what counts words it depends
#
# Naive Bayes (朴素贝叶斯) over the words of a review, as `errata/e16_stop_words.py` has
# it: with all words, without stop words but with the negations, and without both. On
# test texts that have a negation, too.

# %% [markdown] zh
# ## 对于数词的方法，要看情况
#
# 对评论的词做朴素贝叶斯，如 `errata/e16_stop_words.py`：保留全部词；去掉停用词但留下否
# 定词；两者都去掉。也单看含有否定词的测试文本。

# %%
WAYS = {
    "all words": lambda text, language: text,
    "but the negations": remove_stop_words,
    "all removed": lambda text, lang: remove_stop_words(text, lang, False),
}


def right_answers(language, way):
    data, (train, test) = reviews[language], tokens[language]
    kept = [[" ".join(way(text, language)) for text in part] for part in (train, test)]
    examples = list(zip(kept[0], data.train.labels.tolist(), strict=True))
    return naive_bayes_answers(examples, kept[1]) == data.test.labels


rows = {}
for language, (_, test) in tokens.items():
    negated = [any(t.lower() in NEGATIONS[language] for t in text) for text in test]
    for name, way in WAYS.items():
        right = right_answers(language, way)
        rows[language, name] = right.mean(), right[negated].mean(), sum(negated)
columns = ["accuracy", "of texts with a negation", "such texts"]
table = pd.DataFrame(rows, index=columns).T
table.round(3)

# %%
table["accuracy"].unstack().plot.barh(figsize=(7, 2.6), xlim=(0.5, 1))
plt.tight_layout()
plt.show()
zh, en = (table.loc[language, "accuracy"] for language in ("zh", "en"))
print(
    {
        name: round(float(part["all words"] - part["all removed"]), 3)
        for name, part in {"zh": zh, "en": en}.items()
    }
)

# %% [markdown]
# A single word carries little of a sentence's turn, so a method that counts single
# words loses little, or gains, without stop words; the differences here are a few texts
# of the test set, and another draw would shift them. That is the world the advice comes
# from.
#
# ## For a language model it does not
#
# A model that learned from text without stop words, on text that people write: what it
# never saw, it cannot say. Perplexity, of the same held-out reviews:

# %% [markdown] zh
# 单个词很少承载句子的转折，所以数单个词的方法去掉停用词后损失很小，甚至有所得；这里的差
# 别只是测试集里的几条文本，换一次抽样就会变。那条建议就来自这样的世界。
#
# ## 对于语言模型，就不是这样
#
# 一个从去掉停用词的文本学来的模型，去读人们写的文本：没见过的，它说不出来。同一批留出的
# 评论的困惑度：

# %%
found = {}
for language, (train, test) in tokens.items():
    lowered = [[token.lower() for token in text] for text in [*train, *test]]
    vocabulary = Vocabulary.build(lowered, max_size=2_000)
    real = np.concatenate([vocabulary.encode(text) for text in lowered[len(train) :]])
    for name, way in WAYS.items():
        kept = [way(text, language) for text in lowered[: len(train)]]
        ids = np.concatenate([vocabulary.encode(text) for text in kept])
        model = BigramModel(ids, len(vocabulary), k=20)
        found[language, name] = np.exp(model.surprise(real).mean())
perplexities = pd.Series(found).unstack()[list(WAYS)]
assert (perplexities["all removed"] > 2 * perplexities["all words"]).all()
perplexities.round(0)

# %% [markdown]
# And what they write. The second cannot say 的, 了 or 不, and never will:

# %% [markdown] zh
# 再看它们写出来的。第二个说不出“的”“了”“不”，永远也说不出来：

# %%
train = tokens["zh"][0]
vocabulary = Vocabulary.build(train, max_size=2_000)
for name in ("all words", "all removed"):
    kept = [WAYS[name](text, "zh") for text in train]
    ids = np.concatenate([vocabulary.encode(text) for text in kept])
    model = BigramModel(ids, len(vocabulary), k=0.1)
    written = model.write(int(ids[0]), 30, np.random.default_rng(3))
    print(f"{name}: {''.join(vocabulary.tokens[number] for number in written)}")

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/09_2_from_text_to_model.py`)
#
# `exercises.check("09_2_from_text_to_model.1", answer)` tells whether an answer is
# right, or gives a hint.
#
# 1. Write a function of a list of tokens, a set of stop words and a set of negations
#    that gives the tokens without the stop words, but with the negations.
# 2. The pipeline learns its word vectors from the training texts alone. Which part of
#    the data would know too much if it read all of them: "train", "validation" or
#    "test"? Name the one whose score could no longer be believed.
# 3. A quarter of a text's tokens are stop words, and a model without them gives each of
#    them the probability $10^{-6}$, each other token 1/100. What is its perplexity?
# 4. (Open.) Run the pipeline on texts of your own, once with `--drop-stop-words`. Does
#    the difference exceed its interval?

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/09_2_from_text_to_model.py`）
#
# `exercises.check("09_2_from_text_to_model.1", answer)` 告诉你答案对不对，不对就给一个
# 提示。
#
# 1. 写一个函数，参数是词元列表、停用词集合和否定词集合，给出去掉停用词、但留下否定词之
#    后的词元。
# 2. 流水线只从训练文本学词向量。如果它读了全部文本，数据的哪一部分就会泄露："train"、
#    "validation" 还是 "test"？说出分数不再可信的那一部分。
# 3. 一份文本四分之一的词元是停用词，一个不含停用词的模型给它们每个的概率是 $10^{-6}$，
#    给其他每个词元 1/100。它的困惑度是多少？
# 4. （开放题。）在你自己的文本上跑流水线，其中一次加 `--drop-stop-words`。差别超过它的
#    区间吗？
