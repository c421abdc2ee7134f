# %% [markdown]
# # §6 (4), §6.4 文本生成: text generation and summaries, and how both are measured
#
# A language model goes on with texts in six ways, and we count what each does to
# repetition and variety, beside what people wrote. Then summaries (摘要): what ROUGE
# counts, two baselines that learn nothing, and the model that has to beat them.
# This notebook is of §9.3 too.
#
# ## What the article says
#
# §6 (4): a language model can write articles, summaries and more. It says neither
# how a text comes out of probabilities nor how good the text is. Both matter: the same
# model writes circles or nonsense, depending on how tokens are chosen.

# %% [markdown] zh
# # §6 (4)、§6.4 文本生成：续写与摘要，以及两者怎样衡量
#
# 语言模型用六种方式续写文本，我们统计每种方式带来多少重复、多少变化，与人写的文本并列。
# 然后是摘要：ROUGE 数的是什么，两个什么也不学的基线，以及必须胜过它们的模型。
# 本笔记本也属于 §9.3。
#
# ## 文章怎么说
#
# §6 (4)：语言模型能生成文章、摘要等文本。它既没有说文本怎样从概率中产生，也没有说文本有
# 多好。两者都重要：同一个模型，词元的选法不同，写出来的可能是原地打转，也可能是胡言乱
# 语。

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.lead_summary import lead_sentences, lead_words, sentences_of
from roots_tf.applications.sampling_comparison import (
    OWN_TEXT,
    RULES,
    compare_sampling,
)
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.applications.textrank import similarities, textrank, textrank_summary
from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.datasets.poems import keeps_form
from roots_tf.datasets.summaries import load_summaries
from roots_tf.evaluation.generation_metrics import distinct, repetition
from roots_tf.evaluation.summary_metrics import rouge_scores, rouge_units
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.random_windows import RandomWindows

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")

# %% [markdown]
# ## The formulas
#
# Of a text the share of n-grams that stood in it before (Welleck et al. 2020,
# 1908.04319, §6.1), and of all texts together the share of different ones (Li et al.
# 2016, 1510.03055):
#
# $$\mathrm{rep}_n = 1 - \frac{|\text{different n-grams}|}{|\text{n-grams}|} \qquad
# \mathrm{distinct}_n = \frac{|\text{different n-grams of all}|}{|\text{n-grams}|}$$

# %% [markdown] zh
# ## 公式
#
# 对一个文本，取其中先前已出现过的 n-gram 所占的比例（Welleck 等
# 2020，1908.04319，§6.1）；对全部文本合在一起，取互不相同的 n-gram 所占的比例（Li 等
# 2016，1510.03055）：
#
# $$\mathrm{rep}_n = 1 - \frac{|\text{different n-grams}|}{|\text{n-grams}|} \qquad
# \mathrm{distinct}_n = \frac{|\text{different n-grams of all}|}{|\text{n-grams}|}$$

# %%
text = "to be or not to be".split()
assert repetition(text, 2) == 1 / 5  # "to be" stands twice among five pairs
assert distinct(["aba", "abc"], 2) == 3 / 4  # ab ba ab bc
assert repetition("床前明月光，疑是地上霜", 1) == 0  # no character twice

# %% [markdown]
# ## A model to write with
#
# A small GPT on docstrings and Chinese reviews, 240 steps: enough to see the
# differences. `python -m roots_tf.train.gpt` prints the same table of a better model.

# %% [markdown] zh
# ## 用来写作的模型
#
# 一个小 GPT，在文档字符串和中文评论上训练 240 步：足以看出差
# 别。`python -m roots_tf.train.gpt` 会为更好的模型打印同样的表。

# %%
documents = load_plain_text("docstrings").documents()
english = "\n".join(text for text, _ in zip(documents, range(1000), strict=False))
reviews = load_classification("reviews_zh")
tokenizer = BytePairTokenizer.learn(
    [english[:400_000] + "\n".join(3 * reviews.train.texts)], vocab_size=1_000
)
train, held_out = (
    tokenizer.encode([part])[0].numpy()
    for part in (
        english[:400_000] + "\n".join(3 * reviews.train.texts),
        english[400_000:430_000],
    )
)
model = Gpt(GptConfig.tiny(tokenizer.vocab_size, hidden_size=64, num_layers=2))
model.build()
batches = RandomWindows(train, 64, batch_size=12, batches=120)
rate = WarmupSchedule(3e-3, "cosine", warmup_steps=24, total_steps=240)
adam = keras.optimizers.AdamW(rate, weight_decay=0.1, beta_2=0.99)
loop = TrainingLoop(model, adam, cross_entropy, batches, clip_norm=1.0)
loop.run(epochs=1)

# %%
loop.run(epochs=2)  # goes on where it was
assert loop.step == 240
generator = TextGenerator(model, tokenizer)

# %% [markdown]
# ## Six ways to go on with the same beginnings
#
# 48 beginnings of 16 tokens, from docstrings that the model has not seen, each gone on
# with by 48 tokens. "the text itself" is what the authors wrote. Perplexity (困惑度) is
# the model's own: how surprising it finds each text.

# %% [markdown] zh
# ## 同样的开头，六种续写方式
#
# 48 个开头，每个 16 个词元，取自模型没有见过的文档字符串，各续写 48 个词元。“the text
# itself”一行是作者写的原文。困惑度由模型自己给出：每个文本让它有多意外。

# %%
starts = np.linspace(0, len(held_out) - 64, 48).astype(int)
windows = np.stack([held_out[start : start + 64] for start in starts])  # (48, 64)
rules = [*RULES.items()]
found = compare_sampling(generator, windows, 16, dict(rules[:3]), seed=1)

# %%
del found[OWN_TEXT]  # comes again, as the last row
found |= compare_sampling(generator, windows, 16, dict(rules[3:]), seed=1)
table = pd.DataFrame(found.values(), index=found)
greedy, drawn = found["greedy"], found["temperature 1"]
own = found[OWN_TEXT]
# The most probable tokens make texts that no author writes: all the same.
assert greedy.perplexity < drawn.perplexity and greedy.perplexity < own.perplexity
assert greedy.repetition > 2 * own.repetition
assert greedy.distinct_2 < drawn.distinct_2
assert found["greedy, penalty 1.2"].repetition < greedy.repetition
distance = {name: abs(row.distinct_2 - own.distinct_2) for name, row in found.items()}
assert distance["temperature 0.7"] < distance["temperature 1"] < distance["greedy"]
assert drawn.distinct_2 > own.distinct_2
table.round(3)

# %%
figure, axis = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for name, row in found.items():
    marker = "*" if name == OWN_TEXT else "o"
    axis.plot(row.repetition, row.distinct_2, marker, markersize=9, label=name)
axis.set(xlabel="repeated 4-grams in a text", ylabel="distinct-2 of all texts")
axis.legend(fontsize=8)
plt.show()

# %% [markdown]
# The star is what people wrote. Greedy (贪心) lies far from it: it goes round in
# circles, and a penalty alone does not lead it out. Drawing from all tokens is *more*
# varied than people are: a small model gives unlikely tokens too much probability, and
# one of them is enough to spoil a sentence. What cuts them off, temperature 0.7 here,
# comes nearest.

# %% [markdown] zh
# 星号是人写的文本。贪心离它很远：它原地打转，单靠惩罚也走不出来。从全部词元中抽取，变
# 化*多于*人写的：小模型给不大可能的词元的概率太高，而只要有一个这样的词元，就足以毁掉一
# 个句子。把它们截去的做法，在这里是温度 0.7，离得最近。

# %%
prompt = "Returns the"
for name in ("greedy", "temperature 1", "temperature 0.7"):
    (written,) = generator.generate([prompt], 40, RULES[name], seed=2)
    print(f"{name}: {' '.join(written.split())}\n")

# %% [markdown]
# ## A form that can be checked: Tang poems (唐诗)
#
# Whether a text is good only people can say; whether it keeps a form a program can. A
# regular poem has verses of five (五言) or seven characters (七言), an even number of
# them. `python -m roots_tf.train.gpt --data tang_poems --tokenizer characters
# --vocab-size 6000 --context 80` learns from lines that begin with the mark of their
# form (`ROOTS_TF_DATA` names the folder of the poems), and prints how many of its poems
# keep it, beside how many of the published ones do.

# %% [markdown] zh
# ## 一种可以检查的格式：唐诗
#
# 文本好不好，只有人能说；合不合格式，程序就能判断。格律诗每句五字（五言）或七字（七
# 言），句数为偶数。`python -m roots_tf.train.gpt --data tang_poems --tokenizer
# characters --vocab-size 6000 --context 80` 从诗中学习，每首一行，以格式标记开头
# （`ROOTS_TF_DATA` 指明诗歌所在的文件夹），并打印它写的诗有多少合乎格式，旁边是已出版的
# 诗有多少合乎格式。

# %%
poem = "五言：床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。"  # Li Bai
assert keeps_form(poem)
assert not keeps_form(poem.replace("五言", "七言"))
assert not keeps_form(poem.replace("明月光", "明月"))
assert not keeps_form(poem[:-6])  # three verses

# %% [markdown]
# ## Summaries: real ones, that authors wrote
#
# PEP 257 asks for a docstring that opens with a summary line, and describes after it.
# The description is the text, the line its summary: no download, thousands of pairs.
# Modules stay together, and what has the text or summary of another part is dropped.

# %% [markdown] zh
# ## 摘要：作者自己写的真实摘要
#
# PEP 257 要求文档字符串以一行概要开头，随后是描述。描述就是正文，这一行就是它的摘要：不
# 用下载，就有数千对。同一模块的留在一起；正文或摘要在其他部分已经有的，就去掉。

# %%
data = load_summaries("docstrings")
sizes = {part: len(getattr(data, part)) for part in ("train", "validation", "test")}
seen = {row.summary.lower() for row in data.train}
assert not seen & {row.summary.lower() for row in data.test}
print(sizes)
for row in data.test[:3]:
    print(f"\n{row.text[:200]}\n    -> {row.summary}")

# %% [markdown]
# ## ROUGE
#
# How much of a summary stands in the right one (Lin 2004): n-grams, or the longest
# common subsequence (最长公共子序列), precision and recall in one F1. English words are
# cut to their stems; in Chinese a unit is a character.

# %% [markdown] zh
# ## ROUGE
#
# 摘要有多少内容出现在正确的摘要里（Lin 2004）：n-gram，或最长公共子序列，精确率与召回率
# 合成一个 F1。英文词先取词干；中文以字为单位。

# %%
scores = rouge_scores(
    ["police kill the gunman", "the gunman kill police"],
    ["police killed the gunman"] * 2,
    "en",
)
assert scores["rougeL"].tolist() == [1.0, 0.5]  # the paper's example, with stems
assert scores["rouge1"].tolist() == [1.0, 1.0]  # single words have no order
assert rouge_units("用BERT写诗", "zh") == ["用", "bert", "写", "诗"]

# %% [markdown]
# ## Two baselines that learn nothing
#
# *Lead*: the beginning, for who writes well says the main thing first. *TextRank*
# (Mihalcea and Tarau 2004): the sentence that has most in common with the others, by
# PageRank on the graph of shared words:
#
# $$\mathrm{WS}(V_i) = (1 - d) + d \sum_{j \ne i} \frac{w_{ji}}{\sum_{k \ne j} w_{jk}}
# \mathrm{WS}(V_j) \qquad w_{ij} = \frac{|S_i \cap S_j|}{\log|S_i| + \log|S_j|}$$

# %% [markdown] zh
# ## 两个什么也不学的基线
#
# *Lead*：取开头，因为会写的人先说要点。*TextRank*（Mihalcea 与 Tarau 2004）：取与其他句
# 子共同点最多的句子，由共有词的图上的 PageRank 得出：
#
# $$\mathrm{WS}(V_i) = (1 - d) + d \sum_{j \ne i} \frac{w_{ji}}{\sum_{k \ne j} w_{jk}}
# \mathrm{WS}(V_j) \qquad w_{ij} = \frac{|S_i \cap S_j|}{\log|S_i| + \log|S_j|}$$

# %%
row = max(data.test, key=lambda row: min(12, len(sentences_of(row.text, "en"))))
sentences = sentences_of(row.text, "en")[:12]
weights = similarities([set(rouge_units(one, "en")) for one in sentences])
ranks = textrank(weights)
shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
again = 0.15 + 0.85 * shares.T @ ranks
assert np.allclose(ranks, again, atol=1e-6)  # putting it in changes it no more
figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="constrained")
picture = axes[0].imshow(weights, cmap="Blues")
axes[0].set(title="what sentences share", xlabel="sentence", ylabel="sentence")
figure.colorbar(picture, ax=axes[0])
axes[1].barh(range(len(ranks)), ranks)
axes[1].invert_yaxis()
axes[1].set(title="TextRank", xlabel="WS")
plt.show()
print("best:", sentences[int(ranks.argmax())], "\nright:", row.summary)

# %%
some = data.test[:300]
right = [row.summary for row in some]
words = round(np.mean([len(rouge_units(row.summary, "en")) for row in data.train]))
methods = {
    "lead, 1 sentence": lambda text: lead_sentences(text, 1, "en"),
    f"lead, {words} words": lambda text: lead_words(text, words),
    "TextRank, 1 sentence": lambda text: textrank_summary(text, 1, "en"),
    "the same line always": lambda text: "Return the value of the given object.",
}
rows = {
    name: {
        metric: 100 * score.mean()
        for metric, score in rouge_scores(
            [method(row.text) for row in some], right, "en"
        ).items()
    }
    for name, method in methods.items()
}
rouge = pd.DataFrame(rows).T
assert (rouge.loc["lead, 1 sentence"] > rouge.loc["the same line always"]).all()
assert rouge.loc["the same line always", "rougeL"] > 10
rouge.round(1)

# %% [markdown]
# One line, always the same, has three quarters of lead's ROUGE-L: "return", "the" and
# "of" stand in many a summary. So read ROUGE beside such numbers, never alone.
#
# These are the scores that a trained model has to beat, and it is hard: one that is
# trained from nothing on a few thousand texts writes fluent lines about the wrong
# thing, for it has yet to learn what lead does by construction, to copy.
# `python -m roots_tf.train.summarization` trains such a T5, and scores it once on the
# whole test part beside these baselines, with an interval for the difference; with
# `--pretrained` it starts from a T5 that has read more.
#
# ## Exercises (answers: `notebooks/solutions/06_4_text_generation.py`)
#
# `exercises.check("06_4_text_generation.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. distinct-2 of one text of 20 tokens is 1. What can it be at most for 1,000 such
#    texts over a vocabulary of 30 tokens? What does that mean for comparisons? (A
#    number.)
# 2. A summary that is the whole text has a recall of 1. What keeps its ROUGE low? Show
#    it. (ROUGE-1 as a function of the numbers of words of reference and text, where the
#    text has each word of the reference, which are all different, once.)
# 3. Three sentences of two words, of which the second shares a word with both others
#    and these share none with each other. Which is best by TextRank? Solve it by hand.
#    (Three numbers.)
# 4. Raise the repetition penalty from 1 to 3 in a greedy search. What becomes of the
#    repeated 4-grams, and of the perplexity? (Open.)

# %% [markdown] zh
# 永远写同一行，也有 lead 四分之三的 ROUGE-L：“return”“the”“of”在许多摘要里都有。所以读
# ROUGE 要与这样的数字对照，绝不能单看。
#
# 这些就是训练出来的模型必须胜过的分数，而这很难：从零开始、只用几千条文本训练的模型，写
# 得通顺，说的却不是那回事，因为 lead 天生就会的照抄，它还得
# 学。`python -m roots_tf.train.summarization` 训练这样一个 T5，在整个测试部分上评分一
# 次，与这些基线并列，并给出差别的区间；加 `--pretrained` 则从读过更多文本的 T5 开始。
#
# ## 练习（答案：`notebooks/solutions/06_4_text_generation.py`）
#
# `roots_tf` 的 `exercises.check("06_4_text_generation.1", answer)` 评判答案或给出提示；
# 括号里说明 `answer` 是什么。
#
# 1. 一个 20 个词元的文本，distinct-2 为 1。若有 1,000 个这样的文本，词表为 30 个词元，
#    它最多能是多少？这对比较意味着什么？（一个数。）
# 2. 摘要就是全文时，召回率为 1。是什么使它的 ROUGE 不高？请演示。（ROUGE-1，以参考摘要
#    和全文的词数为参数的函数；设参考摘要的词各不相同，每个在全文中出现一次。）
# 3. 三个句子，各有两个词，第二句与另外两句各有一个共同的词，而那两句之间没有。按
#    TextRank 哪一句最好？手工求解。（三个数。）
# 4. 在贪心搜索中把重复惩罚从 1 提高到 3。重复的 4-gram 会怎样？困惑度呢？（开放题。）
