# %% [markdown]
# # §8.2 多模态融合: pictures and texts in one space
#
# Two encoders, one for pictures and one for captions, learn to give a picture and its
# caption the same vector. Then texts find pictures and pictures find texts, also of
# combinations that were never seen together: a red circle, after red things and
# circles.
#
# ## What the article says
#
# §8.2 names as a trend that language models take in pictures, sound and other
# modalities (模态) beside text. It gives no method. We take the one that most systems
# with pictures build on, contrastive learning (对比学习), and train it from nothing.
#
# ## The formula
#
# With vectors of length 1, $u_i$ of picture $i$ and $v_j$ of caption $j$, and a
# temperature (温度) that is learned, $s_{ij} = e^t\, u_i \cdot v_j$ (Radford et al.
# 2021, 2103.00020, §2.3 and figure 3):
#
# $$L = -\frac{1}{2B} \sum_i \left[ \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} + \log
# \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \right]$$
#
# Each picture of a batch has to be told which of the $B$ captions is its own, and each
# caption which picture.

# %% [markdown] zh
# # §8.2 多模态融合：同一空间中的图片与文本
#
# 两个编码器，一个编码图片，一个编码说明文字，学着让图片与它的说明得到同一个向量。然后以
# 文本找图片、以图片找文本，也找从未同时见过的组合：见过红色的东西和圆形之后，找红色圆
# 形。
#
# ## 文章怎么说
#
# §8.2 列出的一个趋势，是语言模型在文本之外融合图像、声音等其他模态。它没有给出方法。我
# 们采用多数含图片的系统所依据的方法，即对比学习，并从零开始训练。
#
# ## 公式
#
# 设图片 $i$ 的向量 $u_i$ 与说明 $j$ 的向量 $v_j$ 长度都是 1，温度是学出来
# 的，$s_{ij} = e^t\, u_i \cdot v_j$（Radford 等 2021，2103.00020，§2.3 与图 3）：
#
# $$L = -\frac{1}{2B} \sum_i \left[ \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} + \log
# \frac{e^{s_{ii}}}{\sum_j e^{s_{ji}}} \right]$$
#
# 一批中的每张图片都要认出 $B$ 条说明中哪一条属于自己，每条说明也要认出哪张图片属于自
# 己。

# %%
import csv
import tempfile
from pathlib import Path
from textwrap import wrap
from types import SimpleNamespace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.captioned_pictures import read_folder
from roots_tf.monitoring.retrieval_figures import found_image, similarity_image
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.image_text_contrastive import ImageTextOptions
from roots_tf.train.image_text_contrastive_parts import (
    PairedBatches,
    caption_ids,
    make_model,
    read_pictures,
    vectors,
)
from roots_tf.trends.coloured_shapes import captions_of, draw_pictures, scenes
from roots_tf.trends.image_text_contrastive import contrastive_loss, recall_at_1

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")
scores = np.array([[3.0, 1.0], [0.0, 2.0]], np.float32)
by_hand = [
    (np.log(1 + np.exp(1 - 3)) + np.log(1 + np.exp(0 - 3))) / 2,  # picture 1
    (np.log(1 + np.exp(0 - 2)) + np.log(1 + np.exp(1 - 2))) / 2,
]
assert np.allclose(contrastive_loss(tf.range(2), scores), by_hand)
# Who knows nothing of B pairs has log B.
assert np.allclose(contrastive_loss(tf.range(5), tf.zeros((5, 5))), np.log(5))

# %% [markdown]
# ## Pictures that need no download
#
# 8 colours, 5 shapes, 1 to 3 of them, 5 places: 600 scenes, each with three ways to say
# it in English and in Chinese. Of the 40 pairs of colour and shape 8 are held out
# (留出): no training picture shows them.

# %% [markdown] zh
# ## 不需要下载的图片
#
# 8 种颜色，5 种形状，1 到 3 个，5 个位置：600 个场景，每个各有三种英文和三种中文说法。
# 颜色与形状的 40 种组合中有 8 种留出：没有一张训练图片出现过它们。

# %%
seen, unseen = scenes()
assert (len(seen), len(unseen)) == (480, 120)
assert not {scene[:2] for scene in seen} & {scene[:2] for scene in unseen}
assert {scene.colour for scene in seen} == {scene.colour for scene in unseen}
print(captions_of(unseen[0], "en"), captions_of(unseen[0], "zh"), sep="\n")
examples, captions = draw_pictures([*seen[7::61], *unseen[2::16]], 1, "en", seed=0)
figure, axes = plt.subplots(2, 8, figsize=(11, 4), layout="constrained")
for axis, picture, caption in zip(axes.ravel(), examples, captions, strict=True):
    axis.imshow(picture)
    axis.set_xticks([], [])
    axis.set_yticks([], [])
    axis.set_title("\n".join(wrap(caption, 20)), fontsize=7)
axes[0, 0].set_ylabel("seen")
axes[1, 0].set_ylabel("held out")
plt.show()

# %% [markdown]
# ## The model
#
# For pictures three convolutions, whose last 4 x 4 places are all kept: their mean
# would forget where a thing stands. For captions this project's BERT, two blocks. The
# options are those of `python -m roots_tf.train.image_text_contrastive`, with fewer
# pictures.

# %% [markdown] zh
# ## 模型
#
# 图片用三个卷积，最后的 4 x 4 个位置全部保留：取均值会忘掉东西在哪里。说明用本项目的
# BERT，两个块。选项就是 `python -m roots_tf.train.image_text_contrastive` 的选项，只是
# 图片更少。

# %%
options = ImageTextOptions(pictures=6, language="zh", seed=0)
data = read_pictures(options)
model, tokenizer = make_model(options, data)
batches = PairedBatches(data.train, tokenizer, options)
ids = caption_ids(tokenizer, ["左边有两个红色正方形"], options.caption_length)
u = model.pictures(examples[:4])
v = model.texts({"token_ids": ids})
print(
    "pictures", examples[:4].shape, "->", u.shape, "caption", ids.shape, "->", v.shape
)
assert np.allclose(np.linalg.norm(u, axis=1), 1, atol=1e-5)
assert np.isclose(np.exp(model.log_scale), 1 / 0.07)  # how it begins

# %% [markdown]
# ## Training
#
# 96 pairs a batch. The loss of chance is $\log 96 = 4.56$.

# %% [markdown] zh
# ## 训练
#
# 每批 96 对。随机猜测的损失是 $\log 96 = 4.56$。

# %%
epochs = 8
rate = WarmupSchedule(0.003, "cosine", 24, epochs * len(batches))
adam = keras.optimizers.AdamW(rate, weight_decay=0.01)
curve = []
keep = SimpleNamespace(on_epoch_end=lambda record: curve.append(record.train["loss"]))
loop = TrainingLoop(model, adam, contrastive_loss, batches, clip_norm=1.0, hooks=[keep])
loop.run(epochs=4)

# %%
loop.run(epochs=epochs)
print([f"{loss:.2f}" for loss in curve], f"scale {np.exp(model.log_scale):.1f}")
assert curve[-1] < 1 < curve[0] and np.exp(model.log_scale) <= 100

# %% [markdown]
# ## Does it find the right one among 100?
#
# Galleries of 100 scenes, seen and held-out ones mixed: for a red circle the captions
# of red squares and of blue circles are among the wrong answers. recall@1 is the share
# of questions whose best answer is the right one; by chance it is 0.01.

# %% [markdown] zh
# ## 它能在 100 个中找对吗？
#
# 每个图库有 100 个场景，见过的与留出的混在一起：找红色圆形时，错误的答案里有红色正方形
# 和蓝色圆形的说明。recall@1 是最佳答案恰为正确答案的问题所占的比例；凭运气是 0.01。

# %%
pictures, texts = vectors(model, tokenizer, data.test, options.caption_length)
rows, hits = recall_at_1(pictures, texts, data.shown)
table = pd.DataFrame(
    {
        name: hits[:, members[rows]].mean(axis=1)
        for name, members in data.groups.items()
    },
    index=["image → text", "text → image"],
)
assert (table["seen"] > 0.6).all() and (table["unseen"] > 0.4).all()
table.round(3)

# %% [markdown]
# What was never seen together is found nearly as well: the model did not learn scenes
# by heart, but what red is and what a circle is. The script, with more pictures and
# epochs, prints the same table.
#
# ## Two pictures of it
#
# Cosines of 16 pictures and captions, then what is found for captions, right ones in
# green. The script draws both for TensorBoard after each epoch.

# %% [markdown] zh
# 从未同时见过的，几乎同样找得到：模型没有把场景背下来，而是学会了什么是红色，什么是圆
# 形。脚本用更多图片、更多轮，打印同样的表。
#
# ## 画成两张图
#
# 16 对图片与说明的余弦相似度，然后是按说明找到的图片，正确的标成绿色。脚本在每一轮之后
# 为 TensorBoard 画出这两张图。

# %%
draw = np.random.default_rng(1)
chosen = np.concatenate(
    [draw.permutation(np.flatnonzero(group))[:8] for group in data.groups.values()]
)
names = [data.test.captions[row] for row in chosen]
cosines = pictures[chosen] @ texts[chosen].T
plt.figure(figsize=(8, 7))
plt.imshow(
    similarity_image(cosines, data.test.pictures[chosen], names, "8 seen, 8 held out")
)
plt.axis("off")
plt.show()
best = cosines.argmax(axis=1) == range(16)
assert best.mean() > 0.7

# %%
asked = chosen[[0, 1, 2, 8, 9, 10]]
found = np.argsort(-texts[asked] @ pictures.T, axis=1)[:, :6]
shown = np.array([str(scene) for scene in data.shown])
right = shown[found] == shown[asked][:, None]
plt.figure(figsize=(7, 5.5))
plt.imshow(
    found_image(
        [data.test.captions[n] for n in asked], data.test.pictures[found], right
    )
)
plt.axis("off")
plt.show()

# %% [markdown]
# ## A sentence that nobody wrote
#
# A caption need not be one of the templates', as long as its words are known.

# %% [markdown] zh
# ## 一句没有人写过的话
#
# 说明不必出自模板，只要其中的词是已知的。

# %%
ids = caption_ids(tokenizer, ["红色圆形"], options.caption_length)
query = np.asarray(model.texts({"token_ids": ids}))[0]
top = np.argsort(-pictures @ query)[:20]
red_circles = [data.shown[n][:2] == ("red", "circle") for n in top]
print(f"{np.mean(red_circles):.0%} of the 20 nearest pictures are red circles")
assert np.mean(red_circles) > 0.1  # of all pictures 1 in 40 is

# %% [markdown]
# ## Your own pictures
#
# A folder with a table `captions.csv` (file, caption), or with a text beside each
# picture: `python -m roots_tf.train.image_text_contrastive --data FOLDER --side 64`.
# It is divided by the captions, so that those of the test were never read.

# %% [markdown] zh
# ## 你自己的图片
#
# 一个文件夹，其中有表格 `captions.csv`（file、caption 两列），或每张图片旁有一个文本文
# 件：`python -m roots_tf.train.image_text_contrastive --data FOLDER --side 64`。划分依
# 据说明进行，因此测试的说明从来没有读过。

# %%
with tempfile.TemporaryDirectory() as folder:
    some, captions = draw_pictures(seen[:80], 1, "en", seed=1)
    for number, picture in enumerate(some):
        png = tf.io.encode_png(picture).numpy()
        Path(folder, f"{number}.png").write_bytes(png)
    with open(Path(folder, "captions.csv"), "w", encoding="utf-8", newline="") as file:
        lines = [(f"{n}.png", caption) for n, caption in enumerate(captions)]
        csv.writer(file).writerows([("file", "caption"), *lines])
    parts, _ = read_folder(folder, side=64)
print({name: part.pictures.shape for name, part in parts.items()})
assert sum(map(len, parts.values())) == 80
assert not set(parts["train"].captions) & set(parts["test"].captions)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/08_2_image_and_text.py`)
#
# `exercises.check("08_2_image_and_text.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. A batch of $B$ pairs has two pairs with the same caption. What is the smallest loss
#    that a perfect model can reach, if the double is counted as a wrong answer? (The
#    mean over the batch, a function of $B$.) Compute it for $B = 2$, and see what this
#    project's model does about it.
# 2. How large can the loss of one pair be when $e^t \le 100$? Why does the paper clip?
#    (A function of $B$.)
# 3. Replace all 16 places of the last convolution by their mean. Which property in the
#    captions can the model not learn any more: `"colour"`, `"shape"`, `"count"` or
#    `"place"`? Reason with two pictures. (One of the four.)
# 4. If the galleries held held-out scenes alone, colour and shape would not both be
#    needed. How many of the four properties would suffice? What follows for the
#    measure? (A number.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/08_2_image_and_text.py`）
#
# `roots_tf` 的 `exercises.check("08_2_image_and_text.1", answer)` 评判答案或给出提示；
# 括号里说明 `answer` 是什么。
#
# 1. 一批 $B$ 对中有两对的说明相同。如果把重复的那个算作错误答案，完美的模型能达到的最小
#    损失是多少？（整批的平均，以 $B$ 为参数的函数。）对 $B = 2$ 算出来，再看本项目的模
#    型怎样处理它。
# 2. 当 $e^t \le 100$ 时，一对的损失最大能有多大？论文为什么要截断？（以 $B$ 为参数的函
#    数。）
# 3. 把最后一个卷积的全部 16 个位置换成它们的均值。模型再也学不会说明中的哪个属
#    性：`"colour"`（颜色）、`"shape"`（形状）、`"count"`（个数）还是 `"place"`（位
#    置）？用两张图片推理。（四者之一。）
# 4. 如果图库里只有留出的场景，颜色和形状就不必都用上。四个属性中有几个就够了？对这个指
#    标意味着什么？（一个数。）
