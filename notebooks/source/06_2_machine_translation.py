# %% [markdown]
# # §6.2 机器翻译: machine translation, end to end
#
# Chinese into English by an LSTM encoder-decoder, first as §2.5 describes it, by a
# vector of fixed length, then with attention; where the second looks while it writes;
# greedy search beside beam search; the scores of the field beside a translator that
# only copies; and all of it as one file that takes raw text.
# This notebook is of §9.3 too.
#
# ## What the article says, and what is wrong
#
# A text of one language becomes the same text in another (机器翻译); and, in §2.5, an
# encoder makes a vector of fixed length (固定长度的向量), which the decoder turns into
# text, in models such as BERT and GPT. They work otherwise (E14 in ERRATA.md): it is
# the LSTM pair of 2014, and attention was made to do away with that one vector.
#
# With $x_s$ and $y_t$ the vectors of source and target pieces, from one table $E$, and
# $h_1 \dots h_S$ the states of a bidirectional LSTM over $x$:
#
# $$c = \tanh(V [\overrightarrow h_S; \overleftarrow h_1] + b) \qquad
# d_t = \mathrm{LSTM}([y_t; c], d_{t-1})$$
#
# $$a_t = \mathrm{softmax}_s(d_t^\top W_a h_s / \sqrt D) \qquad
# f_t = \tanh(W_c [\textstyle\sum_s a_{ts} h_s; d_t] + b) \qquad
# P(y_{t+1} \mid y_{\le t}, x) = \mathrm{softmax}(E f_t)$$
#
# Without attention (注意力) $f_t$ has $d_t$ alone, and so all that the decoder knows of
# $x$ is $c$. (Cho et al. 2014, 1406.1078, §2.2, with the LSTM of Sutskever et al. 2014,
# 1409.3215; Luong et al. 2015, 1508.04025, §3.1, eq. 5, 7, 8, its scores divided by
# $\sqrt D$ as in Vaswani et al. 2017, eq. 1. Undivided they grow, a weight becomes 1,
# its gradient 0, and the decoder looks at the full stop whatever it writes.)

# %% [markdown] zh
# # §6.2 机器翻译：完整流程
#
# 用 LSTM 编码器—解码器把中文译成英文：先照 §2.5 的描述，经由一个固定长度的向量，再加上
# 注意力；看后者书写时在看哪里；贪心搜索与束搜索并列；本领域通用的分数，旁边是一个只会照
# 抄的翻译器；最后把这一切存成一个接受原始文本的文件。
# 本笔记本也属于 §9.3。
#
# ## 文章怎么说，错在哪里
#
# 一种语言的文本变成另一种语言的同一文本（机器翻译）；§2.5 又说：“编码器用于将输入文本编
# 码为固定长度的向量，解码器则用于将编码后的向量解码为输出文本。BERT、GPT 等模型均采用这
# 种架构。”它们并不采用（ERRATA.md 的 E14）：这是 2014 年的那对 LSTM，而注意力正是为了取
# 消那个唯一的向量才提出的。
#
# 设 $x_s$ 与 $y_t$ 为源语言与目标语言子词的向量，取自同一张表 $E$，$h_1 \dots h_S$ 为双
# 向 LSTM 在 $x$ 上的状态：
#
# $$c = \tanh(V [\overrightarrow h_S; \overleftarrow h_1] + b) \qquad
# d_t = \mathrm{LSTM}([y_t; c], d_{t-1})$$
#
# $$a_t = \mathrm{softmax}_s(d_t^\top W_a h_s / \sqrt D) \qquad
# f_t = \tanh(W_c [\textstyle\sum_s a_{ts} h_s; d_t] + b) \qquad
# P(y_{t+1} \mid y_{\le t}, x) = \mathrm{softmax}(E f_t)$$
#
# 没有注意力时，$f_t$ 里只有 $d_t$，因此解码器对 $x$ 的全部了解就是 $c$。（Cho 等
# 2014，1406.1078，§2.2，其中的单元换成 Sutskever 等 2014（1409.3215）的 LSTM；Luong 等
# 2015，1508.04025，§3.1，式 5、7、8，其分数如 Vaswani 等 2017 的式 1 那样除以
# $\sqrt D$。不除的话，分数会变大，一个权重变成 1，它的梯度变成 0，解码器无论写什么都只
# 看着句号。）

# %%
import tempfile
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.machine_translation import Translator
from roots_tf.datasets.parallel import divide_pairs, load_parallel
from roots_tf.decoding.beam_search import beam_search
from roots_tf.evaluation.nearest_translation import nearest_translations
from roots_tf.evaluation.translation_metrics import (
    translation_scores,
    translation_signature,
)
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy, smoothed_cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent.seq2seq import Seq2Seq, Seq2SeqConfig
from roots_tf.text.pair_batches import PairBatches
from roots_tf.text.sentencepiece import SentencePieceTokenizer
from roots_tf.train.machine_translation_samples import alignment_image

tf.get_logger().setLevel("ERROR")
tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)

# %% [markdown]
# ## Sentence pairs (句对)
#
# Everyday sentences written for this project, and their translations. A sentence can
# have several translations; pairs that share one, on either side, stay in one part, or
# the test would ask for what was learned:

# %% [markdown] zh
# ## 句对
#
# 为本项目写的日常句子及其译文。一个句子可以有好几种译文；在任何一侧有共同句子的句对都留
# 在同一部分，否则测试考的就是学过的东西：

# %%
data = load_parallel("parallel_zh_en", source="zh", target="en")
print({part: len(getattr(data, part)) for part in ("train", "validation", "test")})
for pair in data.train[:4]:
    print(*pair, sep=" | ")
for side in range(2):
    parts = [
        {p[side] for p in part} for part in (data.train, data.validation, data.test)
    ]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
shared = [("好的", "OK"), ("好的", "fine"), ("行", "fine"), ("再见", "bye")]
divided, _ = divide_pairs({"all": shared}, by=1)
print(divided)
homes = {
    zh: {part for part, ps in divided.items() if (zh, en) in ps} for zh, en in shared
}
assert homes["好的"] == homes["行"] and len(homes["好的"]) == 1

# %% [markdown]
# ## Pieces (子词)
#
# One vocabulary for both languages: a name or number is the same piece on both sides,
# and one matrix $E$ serves source, target and output. It is learned on the training
# pairs alone. Chinese needs no spaces to be cut.

# %% [markdown] zh
# ## 子词
#
# 两种语言共用一个词表：人名或数字在两侧是同一个子词，同一个矩阵 $E$ 用于源端、目标端和
# 输出。词表只从训练句对中学习。中文不需要空格也能切分。

# %%
texts = [text for pair in data.train for text in pair]
tokenizer = SentencePieceTokenizer.learn(texts, vocab_size=1_600, num_sentinels=0)
for text in data.validation[1]:
    ids = tokenizer.encode([text])[0].numpy()
    print([tokenizer.decode([id]) for id in ids])
    assert len(ids) < len(text)

# %% [markdown]
# ## The two models, and what the decoder may know
#
# The same but for attention. Two sources of different length: the state that decoding
# starts from has one vector a sentence, and only with attention also one a token.

# %% [markdown] zh
# ## 两个模型，以及解码器能知道什么
#
# 除注意力外完全相同。取两个长度不同的源句：解码开始时的状态里，每个句子有一个向量，只有
# 带注意力时，每个词元还各有一个。

# %%
E = D = 192
models = {
    name: Seq2Seq(Seq2SeqConfig(tokenizer.vocab_size, E, D, name == "attention", 0.3))
    for name in ("fixed vector", "attention")
}
for name, model in models.items():
    model.build()
    assert model.count_params() == model.config.parameter_count
    for source in ([[5, 6, 1]], [[5, 6, 7, 8, 9, 1]]):
        memory = model.start(np.int32(source), max_length=20)["memory"]
        shapes = {key: tuple(part.shape) for key, part in memory.items()}
        print(f"{name:13}{model.count_params():9,}", shapes)
        assert shapes["fixed"] == (1, D)
        assert ("states" in shapes) == (name == "attention")

# %% [markdown]
# ## Training (训练)
#
# The decoder reads the right translation, moved on by one place, and is asked for the
# next piece at each place at once (teacher forcing). Labels are smoothed: a tenth of
# the probability is spread over all pieces (Vaswani et al. 2017, §5.4).

# %% [markdown] zh
# ## 训练
#
# 解码器读入正确的译文，后移一位，并在所有位置上同时预测下一个子词（teacher forcing，教
# 师强制）。标签做了平滑：十分之一的概率分摊给所有子词（Vaswani 等 2017，§5.4）。

# %%
translators = {
    name: Translator(model, tokenizer, "zh", "en") for name, model in models.items()
}
encoded, held_out = (
    [translators["attention"].encode(side) for side in zip(*pairs, strict=True)]
    for pairs in (data.train, data.validation)
)
batches = PairBatches(*encoded, batch_size=16, seed=1)
held_out = list(PairBatches(*held_out, batch_size=64)(1))
(inputs, labels, weights), *_ = batches(1)
print({name: ids.shape for name, ids in inputs.items()}, "->", labels.shape)
assert np.array_equal(inputs["target_ids"][:, 1:], labels[:, :-1])
EPOCHS = 12


def nats_held_out(model):
    nats = sum(np.sum(cross_entropy(y, model(x)) * w) for x, y, w in held_out)
    return {"loss": float(nats / sum(np.sum(w) for *_, w in held_out))}


def train(name, epochs=EPOCHS):
    model, curve = models[name], []
    rate = WarmupSchedule(0.003, "linear", len(batches), epochs * len(batches))
    more = {
        "validate": lambda epoch, step: nats_held_out(model),
        "hooks": [SimpleNamespace(on_epoch_end=curve.append)],
        "clip_norm": 1.0,
    }
    optimizer, loss = keras.optimizers.Adam(rate), smoothed_cross_entropy(0.1)
    TrainingLoop(model, optimizer, loss, batches, **more).run(epochs)
    return [record.validation["loss"] for record in curve]


curves = {"fixed vector": train("fixed vector")}

# %%
curves["attention"] = train("attention")
axes = pd.DataFrame(curves, range(1, EPOCHS + 1)).plot(figsize=(5, 2.6))
axes.set(xlabel="epoch", ylabel="nats a piece, held out")
plt.show()
assert min(curves["attention"]) < min(curves["fixed vector"])

# %% [markdown]
# ## Where it looks: alignment (对齐)
#
# Each row is a piece that is written, each column a piece of the source, the colour
# $a_{ts}$. Nobody told the model which word is which; it shows where the word orders
# of the two languages part (Bahdanau et al. 2015, 1409.0473, figure 3).

# %% [markdown] zh
# ## 它在看哪里：对齐
#
# 每一行是写出的一个子词，每一列是源句的一个子词，颜色是 $a_{ts}$。没有人告诉模型哪个词
# 对应哪个词；图中可以看出两种语言的语序在哪里分开（Bahdanau 等 2015，1409.0473，图
# 3）。

# %%
translator = translators["attention"]
shown = [data.train[3].source, data.validation[1].source]
figure, axes = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")
for axis, text in zip(axes, shown, strict=True):
    weights = translator.align(text).weights
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    axis.imshow(alignment_image(translator, text))
    axis.axis("off")
plt.show()
for text in shown:
    print(text, "->", translator.translate([text], num_beams=1)[0])

# %% [markdown]
# ## Greedy search and beam search (贪心搜索, 束搜索)
#
# Greedy search takes the likeliest piece at each step, and cannot take it back. Beam
# search keeps $K$ open ends. Scored by $\log P(y \mid x)$ of what they find (no length
# penalty here), beams win on some sentences and lose on next to none:

# %% [markdown] zh
# ## 贪心搜索与束搜索
#
# 贪心搜索每一步都取概率最大的子词，而且不能反悔。束搜索保留 $K$ 个未写完的译文。以各自
# 所得译文的 $\log P(y \mid x)$ 计分（这里没有长度惩罚），束搜索在一部分句子上更好，更差
# 的几乎没有：

# %%
sources = [pair.source for pair in data.validation]
ids = tf.ragged.constant([list(x) for x in translator.encode(sources)]).to_tensor()


@tf.function(autograph=False)
def search(source_ids, num_beams):
    model, stop = translator.model, (tokenizer.end_id,)
    state = model.start(source_ids, max_length=41)
    start = tf.zeros([len(sources), 1], tf.int32)
    return beam_search(model.next_logits, state, start, 40, num_beams, stop, alpha=0.0)


found = {beams: search(ids, beams).scores[:, 0].numpy() for beams in (1, 4)}
gain = found[4] - found[1]
print("mean log P:", {beams: round(float(s.mean()), 2) for beams, s in found.items()})
print(
    f"beams find a likelier text for {np.mean(gain > 1e-3):.0%} of the sentences, "
    f"a less likely one for {np.mean(gain < -1e-3):.0%}"
)
assert gain.mean() > 0 and np.mean(gain < -1e-3) < 0.1

# %% [markdown]
# ## Scores (BLEU, chrF) beside a yardstick
#
# BLEU counts n-grams of words that a reference has, chrF n-grams of characters. How the
# text is cut changes BLEU by points: use one implementation, and state how (Post 2018,
# 1804.08771). The yardstick is a translation memory (翻译记忆): the translation of the
# nearest training sentence. Here on the validation sentences:

# %% [markdown] zh
# ## 分数（BLEU、chrF）与一把标尺
#
# BLEU 数的是参考译文中也有的词 n-gram，chrF 数的是字符 n-gram。文本怎样切分，会让 BLEU
# 差上几分：请只用一种实现，并说明是怎么切的（Post 2018，1804.08771）。标尺是翻译记忆：
# 取最相近的训练句的译文。这里用的是验证句：

# %%
references = [[pair.target] for pair in data.validation]
answers = {
    "fixed vector": translators["fixed vector"].translate(sources),
    "attention, greedy": translator.translate(sources, num_beams=1),
    "attention, 4 beams": translator.translate(sources),
    "nearest sentence": nearest_translations(*zip(*data.train, strict=True), sources),
}
table = {
    name: translation_scores(one, references, "en") for name, one in answers.items()
}
print(translation_signature("en"))
attention = table["attention, greedy"]
assert attention["chrf"] > table["nearest sentence"]["chrf"]
assert attention["chrf"] > table["fixed vector"]["chrf"]
pd.DataFrame(table).T.round(1)

# %% [markdown]
# A likelier text need not be a better one: in BLEU and chrF the gain of beams is small.
# And a thousand pairs and a minute are little: the memory, which writes whole right
# sentences with the wrong content, is no mean rival. For more pairs: `python -m
# roots_tf.train.machine_translation --data tatoeba` (twenty thousand, `ROOTS_TF_DATA`),
# with `--model lstm`, `attention` or `transformer`. Chinese as the
# *target* has no spaces, so BLEU needs characters, or one wrong character makes the
# whole sentence wrong:

# %% [markdown] zh
# 概率更大的译文不一定更好：按 BLEU 和 chrF 看，束搜索的收益很小。而一千个句对、一分钟的
# 训练太少了：翻译记忆写出的是完整、正确、只是内容不对的句子，这个对手不容小看。更多句
# 对：`python -m roots_tf.train.machine_translation --data tatoeba`（两万
# 对，`ROOTS_TF_DATA`），配 `--model lstm`、`attention` 或 `transformer`。中文作
# 为*目标*语言时没有空格，所以 BLEU 要按字计算，否则错一个字就等于整句都错：

# %%
pair = ["我昨天在北京看见他了。"], [["我昨天在北京见到他了。"]]
for language in ("zh", "en"):
    print(translation_signature(language)[:40], translation_scores(*pair, language))
assert translation_scores(*pair, "zh")["bleu"] > translation_scores(*pair, "en")["bleu"]

# %% [markdown]
# ## One file that takes text (SavedModel)
#
# Pieces, encoder, the loop of greedy search, and back to text, as one graph: it needs
# TensorFlow and tensorflow-text, not this project. The saved folder of the project,
# for `python -m roots_tf.predict DIR "…"`, is `translator.save`.

# %% [markdown] zh
# ## 一个接受文本的文件（SavedModel）
#
# 切成子词、编码器、贪心搜索的循环、还原成文本，都在一张计算图里：它需要 TensorFlow 和
# tensorflow-text，不需要本项目。供 `python -m roots_tf.predict DIR "…"` 使用的本项目自
# 己的文件夹，用 `translator.save` 保存。

# %%
with tempfile.TemporaryDirectory() as scratch:
    translator.export(Path(scratch) / "translator")
    loaded = tf.saved_model.load(f"{scratch}/translator")
answer = loaded.signatures["serving_default"](texts=tf.constant(sources[:20]))
exported = [text.decode() for text in answer["translations"].numpy()]
assert exported == translator.translate(sources[:20], num_beams=1)
Counter(map(len, exported)).most_common(3)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/06_2_machine_translation.py`)
#
# `exercises.check("06_2_machine_translation.1", answer)` of `roots_tf` judges an answer
# or gives a hint; brackets say what `answer` is.
#
# 1. Compute BLEU of "the cat sat on a mat" against "the cat sat on the mat" by hand. (A
#    number from 0 to 100.)
# 2. Count the parameters of both models with $E = D = 256$ and 8,000 pieces. What does
#    attention cost? (Its parameters.)
# 3. An encoder with attention, but with one state for the whole source instead of one a
#    token: what is $a_t$, and what is left of attention? (A number.)
# 4. With length penalty 0 beam search prefers short texts. From which strength $\alpha$
#    on does a text of 8 tokens with $\log P = -6.0$ win over one of 5 with $-5.0$? (A
#    number.)
# 5. Divide a hundred pairs of which many share a sentence by hash of each *pair*. How
#    many test sentences has the model seen in training? And with `divide_pairs`? (A
#    function of the pairs of either part that counts them.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/06_2_machine_translation.py`）
#
# `roots_tf` 的 `exercises.check("06_2_machine_translation.1", answer)` 评判答案或给出提
# 示；括号里说明 `answer` 是什么。
#
# 1. 手工计算“the cat sat on a mat”对“the cat sat on the mat”的 BLEU。（0 到 100 之
#    间的一个数。）
# 2. 在 $E = D = 256$、8,000 个子词时，数出两个模型的参数。注意力的代价是多少？（它的参
#    数个数。）
# 3. 带注意力，但编码器不是每个词元给一个状态，而是整个源句只给一个：$a_t$ 是什么？注意
#    力还剩下什么？（一个数。）
# 4. 长度惩罚为 0 时，束搜索偏爱短文本。惩罚强度 $\alpha$ 从多大起，8 个词
#    元、$\log P = -6.0$ 的文本会胜过 5 个词元、$-5.0$ 的文本？（一个数。）
# 5. 一百个句对，其中许多有共同的句子，按每个*句对*的散列值划分。有多少测试句是模型在训
#    练中见过的？改用 `divide_pairs` 呢？（以训练和测试两部分的句对为参数的函数，给出这
#    个数。）
