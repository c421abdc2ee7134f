# %% [markdown]
# # §3.1.1 Word2Vec, step 1: from text to examples
#
# Step 1 of the article is one sentence: the text becomes a vocabulary (词汇表), words
# become integers (整数索引). Between that and step 3, which predicts words from their
# context (上下文), stand four things that the article does not name (E02 in ERRATA.md)
# and without which Word2Vec is neither fast nor good: windows of random width,
# subsampling of frequent words, noise words, and the Huffman tree. Here they are on
# real text; the model and its loss are in `03_1_1_word2vec`.
#
# ## Words to ids
#
# One library's docstrings, a paragraph a sentence. The text becomes a stream of ids
# with -1 after each sentence; words seen less than ten times are left out.

# %% [markdown] zh
# # §3.1.1 Word2Vec，第 1 步：从文本到样本
#
# 文章的第 1 步只有一句话：把文本变成词汇表，把单词变成整数索引。从这里到第 3 步，即由上
# 下文预测单词，中间还有四样东西，文章没有提到（ERRATA.md 中的 E02），而没有它
# 们，Word2Vec 既不快也不好：宽度随机的窗口、高频词的下采样、噪声词，以及哈夫曼树。这里
# 用真实文本来看它们；模型及其损失在 `03_1_1_word2vec` 中。
#
# ## 从单词到索引
#
# 一个库的文档字符串，一段算作一句。文本变成一串索引，每句之后是 -1；出现不到十次的词略
# 去。

# %%
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors import context_windows
from roots_tf.word_vectors.encoded_corpus import END, EncodedCorpus
from roots_tf.word_vectors.huffman_tree import HuffmanTree
from roots_tf.word_vectors.noise_sampling import NoiseTable, noise_probabilities

texts = [d.text for d in docstring_corpus() if d.library == "matplotlib"]
paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n")]
with tempfile.TemporaryDirectory() as folder:
    sentences = tokenize_lines(paragraphs)
    corpus = EncodedCorpus.build(sentences, f"{folder}/corpus", min_count=10)
    ids = corpus.read(0, corpus.length)
counts, words = corpus.counts, corpus.words
share = counts / counts.sum()
assert (ids != END).sum() == counts.sum() == corpus.num_tokens > 100_000
print(f"{corpus.num_tokens:,} words of {len(words):,} kinds; the most frequent:")
pd.DataFrame({"count": counts, "share": share}, words).head(8).round(4)

# %% [markdown]
# ## Windows (窗口)
#
# A word's context is what lies within its window, inside its sentence. The width is
# drawn for each word, from 1 to $W$, so that near words count for more: a word at
# distance $d$ is in the window with probability $(W - d + 1) / W$ (Mikolov et al.
# 2013a, 1301.3781, §3.2). Skip-gram makes a pair of each word with each of its
# neighbours, CBOW (连续词袋) one example of a word and all of them.

# %% [markdown] zh
# ## 窗口
#
# 一个词的上下文，是位于它的窗口之内、又在同一句之内的词。窗口的宽度对每个词随机抽取，从
# 1 到 $W$，于是近的词分量更重：距离为 $d$ 的词落在窗口内的概率是
# $(W - d + 1) / W$（Mikolov 等 2013a，1301.3781，§3.2）。Skip-gram 让一个词与它的每个
# 邻居各成一对，CBOW（连续词袋）则用一个词和它的全部邻居做成一个样本。

# %%
generator = np.random.default_rng(0)
part = ids[: np.flatnonzero(ids == END)[3] + 1]  # four sentences
windows = context_windows.drawn_windows(len(part), 5, generator)
left, right = context_windows.extents(part, windows)  # (n,) both
centres, contexts = context_windows.skip_gram_pairs(part, left, right)  # (P,) both
targets, around, mask = context_windows.cbow_contexts(part, left, right, window=5)
assert len(centres) == (left + right).sum() and END not in [*centres, *contexts]
assert np.array_equal(mask, around != END) and mask.sum() == len(centres)
print("text:", *(words[id] if id != END else "|" for id in part))
for a, b in np.stack([centres, contexts]).T[:4]:
    print(f"skip-gram: {words[a]} → {words[b]}")
for row, target in zip(around[:4], targets, strict=False):
    print("CBOW:", *(words[id] if id != END else "·" for id in row), "→", words[target])

# %% [markdown]
# ## Subsampling frequent words
#
# "the" is in every window and says nothing. So frequent words are dropped at random
# before windows are drawn, and their neighbours move together. With $f$ a word's share
# of the text and a threshold $t$, the paper keeps an occurrence with probability
# $\sqrt{t/f}$ (Mikolov et al. 2013b, 1310.4546, eq. 5), its program with $\sqrt{t/f} +
# t/f$; both at most 1.

# %% [markdown] zh
# ## 高频词的下采样（subsampling）
#
# “the” 出现在每个窗口里，却什么也没有说。所以在抽取窗口之前，先随机丢掉一些高频词，它
# 们的邻居就彼此靠拢。设 $f$ 是一个词在文本中所占的份额，$t$ 是阈值，论文保留一次出现的
# 概率是 $\sqrt{t/f}$（Mikolov 等 2013b，1310.4546，式 5），论文的程序则是
# $\sqrt{t/f} + t/f$；两者都至多为 1。

# %%
keep = {
    f"{rule}, t = {t:g}": context_windows.keep_probabilities(counts, t, rule)
    for t in (1e-3, 1e-4)
    for rule in context_windows.RULES
}
assert all(np.all(np.diff(kept) >= 0) for kept in keep.values())
assert np.all(keep["c, t = 0.001"] >= keep["paper, t = 0.001"])
axes = pd.DataFrame(keep, index=share).plot(logx=True, figsize=(6, 3))
axes.set(xlabel="share of the text", ylabel="probability of being kept")
for word in ("the", "axes", "color"):
    axes.axvline(share[words.index(word)], color="grey", lw=0.5)
    axes.text(share[words.index(word)], 0.02, word, rotation=90)
plt.show()
kept = context_windows.subsample(ids, keep["c, t = 0.001"], generator)
left_over = (kept != END).sum() / corpus.num_tokens
assert np.isclose(left_over, share @ keep["c, t = 0.001"], atol=0.01)
print(f"left of the text: {left_over:.0%}:")
print(*(words[id] if id != END else "|" for id in kept[: len(part)]))

# %% [markdown]
# ## Noise words (负样本)
#
# Negative sampling tells a word from noise words drawn with $P_n(w) \propto c_w^{3/4}$
# (1310.4546, §2.2): rare words more often than in the text. They come from a table in
# which each word stands in proportion, shuffled once and read off in slices.

# %% [markdown] zh
# ## 噪声词（负样本）
#
# 负采样把一个词与若干噪声词区分开来，噪声词按 $P_n(w) \propto c_w^{3/4}$ 抽取
# （1310.4546，§2.2）：稀有词比在文本中出现得更多。它们取自一张表，每个词在表中按比例占
# 位；表只打乱一次，然后一段一段地读出。

# %%
noise_share = noise_probabilities(counts)
table = NoiseTable(counts, size=1_000_000)
drawn = np.bincount(table.draw(500_000), minlength=len(words)) / 500_000
assert np.isclose(noise_share.sum(), 1)
assert noise_share[0] < share[0] and noise_share[-1] > share[-1]
assert np.abs(drawn - noise_share).max() < 0.002
shares = {"in the text": share, "as noise": noise_share, "500,000 drawn": drawn}
axes = pd.DataFrame(shares).plot(loglog=True, figsize=(6, 3), style=["-", "-", ","])
axes.set(xlabel="word, by rank", ylabel="share")
plt.show()

# %% [markdown]
# ## The Huffman tree: frequent words have short paths
#
# Hierarchical softmax makes of the vocabulary a binary tree, and of a word's
# probability a product of choices on the way to it (1310.4546, §2.1). Where the two
# rarest nodes are joined again and again (Huffman 1952), the mean path is as short as
# can be: at least the entropy, $-\sum_w f_w \log_2 f_w$, and less than one choice more.
# The twelve most frequent words:

# %% [markdown] zh
# ## 哈夫曼树：高频词的路径短
#
# 层次 softmax 把词汇表变成一棵二叉树，把一个词的概率变成通往它的路上各次选择的概率之积
# （1310.4546，§2.1）。若一再把最稀有的两个节点合并（Huffman 1952），平均路径就短到极
# 限：至少是熵 $-\sum_w f_w \log_2 f_w$，比熵多出的不到一次选择。最高频的十二个词如下：


# %%
def places(codes):
    """Leaves side by side, parents above the middle of their children."""
    place = {code: x for x, code in enumerate(sorted(codes))}
    for length in range(max(map(len, codes)), 0, -1):
        for code in [c for c in place if len(c) == length and c[-1] == "0"]:
            place[code[:-1]] = (place[code] + place[code[:-1] + "1"]) / 2
    return place


tree = HuffmanTree(counts[:12])
codes = ["".join(map(str, tree.code[word, : tree.length[word]])) for word in range(12)]
place = places(codes)
figure, axes = plt.subplots(figsize=(8, 3.5), layout="tight")
for code in filter(None, place):
    x, y = [place[code], place[code[:-1]]], [-len(code), 1 - len(code)]
    axes.plot(x, y, "-", color="grey", lw=1, zorder=0)
    axes.text(np.mean(x), np.mean(y), code[-1], fontsize=8, color="crimson")
for word, code in enumerate(codes):
    label = f"{words[word]}\n{counts[word]}"
    axes.text(place[code], -len(code) - 0.1, label, ha="center", va="top", fontsize=8)
axes.set(ylim=(-max(map(len, codes)) - 1, 0.2))
axes.axis("off")
plt.show()
mean_length = share @ HuffmanTree(counts).length
entropy = -share @ np.log2(share)
assert entropy <= mean_length < entropy + 1 < np.log2(len(words))
print(
    f"all {len(words):,} words: {mean_length:.2f} choices; entropy {entropy:.2f} bits"
)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/03_1_1_text_to_examples.py`)
#
# `exercises.check("03_1_1_text_to_examples.1", answer)` of `roots_tf` judges an answer
# or gives a hint; brackets say what `answer` is.
#
# 1. Count how often two words at distance $d$ make a pair when windows are drawn from 1
#    to 5, as a share of the pairs of places that far apart. Is it the formula? (Five
#    numbers, for $d$ from 1 on.)
# 2. From which share of the text on does the program's rule drop a word? Solve
#    $\sqrt{t/f} + t/f = 1$, and find the first such word. ($f/t$, a number.)
# 3. Build the tree with Python's `heapq`. Is the mean path the same? Are the paths? (A
#    function of the counts that gives the mean path, in choices a word.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/03_1_1_text_to_examples.py`）
#
# `roots_tf` 的 `exercises.check("03_1_1_text_to_examples.1", answer)` 评判答案或给出提
# 示；括号里说明 `answer` 是什么。
#
# 1. 窗口从 1 到 5 抽取时，数一数距离为 $d$ 的两个词有多少次配成一对，算出它在这样远的位
#    置对中所占的份额。与公式相符吗？（五个数，$d$ 从 1 起。）
# 2. 从文本中多大的份额起，程序的规则会丢掉一个词？解 $\sqrt{t/f} + t/f = 1$，并找出第一
#    个这样的词。（$f/t$，一个数。）
# 3. 用 Python 的 `heapq` 建这棵树。平均路径一样吗？各条路径呢？（以各词的计数为参数的函
#    数，给出平均路径，即每个词要作几次选择。）
