# %% [markdown]
# # §7.2.2 调试和性能分析工具: TensorBoard, or how to read a run
#
# A real run, and every tab of TensorBoard that tells something of it; ten sick runs and
# their diagnosis (诊断); a slow input pipeline, found by the profiler (性能分析) and
# mended. Nothing here needs a browser: what the tabs draw is read from the same files.
#
# ## What the article says
#
# §7.2.2 names TensorBoard, PyTorch Profiler and NVIDIA Nsight, and no more. §5.1 and
# §7.2.3 list "TensorBoard (for TensorFlow)": it is a package of its own by now, and
# PyTorch writes for it as well (E22).
#
# ## A run
#
# Every script of this project writes for it. The section-5 model on reviews, from the
# command line, as you would:

# %% [markdown] zh
# # §7.2.2 调试和性能分析工具：TensorBoard，或怎样读懂一次运行
#
# 一次真实的运行，以及 TensorBoard 中凡能说明它的每一页；十次有病的运行及其诊断；一条缓
# 慢的输入流水线，由性能分析器找出，再加以修复。这里什么都不需要浏览器：各页所画的内容，
# 都从同样的文件中读出。
#
# ## 文章怎么说
#
# §7.2.2 列出 TensorBoard、PyTorch Profiler 和 NVIDIA Nsight，此外没有再说什么。那里写的
# 是“TensorBoard（用于 TensorFlow）”（E22，连同 §5.1 和 §7.2.3）：TensorBoard 如今是一个
# 独立的软件包，PyTorch 也能为它写数据。
#
# ## 一次运行
#
# 本项目的每个脚本都为它写数据。第 5 节的模型用于评论，与你自己会做的一样，从命令行启
# 动：

# %%
import contextlib
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.util import tensor_util

import roots_tf
from roots_tf.monitoring import thinning
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.monitoring.profile import ProfileSteps
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.monitoring.trace_summary import summarize_trace
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop

PROJECT = Path(roots_tf.__file__).parents[1]
logs = Path(tempfile.mkdtemp())
words = "-m roots_tf.train.classifier --data reviews_zh --epochs 3 --deterministic"
command = [sys.executable, *words.split(), "--log-dir", str(logs)]
ran = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)
assert ran.returncode == 0, ran.stderr
run = logs / "classifier" / "reviews_zh-bilstm"
for line in ran.stdout.splitlines():
    if re.match("(reviews_zh|this model|bag of words|majority)", line):
        print(line)

# %% [markdown]
# `tensorboard --logdir tensorboard_logs/classifier` shows it in a browser; Jupyter does
# by `%load_ext tensorboard`, then `%tensorboard --logdir tensorboard_logs/classifier`.
# A run is a folder, with one folder below it for each thing that writes, so that curves
# of training and validation with one name (tag) lie on each other. What is there?

# %% [markdown] zh
# `tensorboard --logdir tensorboard_logs/classifier` 在浏览器中显示它；在 Jupyter 中用
# `%load_ext tensorboard`，然后 `%tensorboard --logdir tensorboard_logs/classifier`。一
# 次运行是一个文件夹，其下每个写数据者各有一个文件夹，这样训练与验证中同名（tag）的曲线
# 就画在一起。里面有什么？


# %%
def read_all(folder):
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return events.Reload()


rows = []
for folder in sorted({path.parent for path in run.rglob("events.out.*")}):
    if folder.name == "system":  # one point for every two seconds of this machine
        continue
    events = read_all(folder)
    for tag in events.Tags()["tensors"]:
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        points = len(events.Tensors(tag))
        rows.append((plugin, folder.relative_to(run).as_posix(), tag, points))
tags = pd.DataFrame(rows, columns=["plugin", "writer", "tag", "points"])
table = tags.groupby("plugin").agg({"tag": ["nunique", "first"], "points": "sum"})
expected = {"scalars", "histograms", "images", "text", "pr_curves", "custom_scalars"}
assert expected <= set(tags["plugin"])
assert (run / "projector" / "projector_config.pbtxt").exists()
table

# %% [markdown]
# | tab | what it answers |
# | --- | --- |
# | TIME SERIES, SCALARS | does the loss fall, in training and in validation? |
# | CUSTOM SCALARS | the same in four groups: learning, health, speed, machine |
# | IMAGES | the confusion matrix, the reliability diagram, attention |
# | GRAPHS | which operation feeds which |
# | DISTRIBUTIONS, HISTOGRAMS | does each weight move? does a gradient die? |
# | TEXT | `about`, `cost`, `diagnosis`, `samples`, `result`: the run in words |
# | PR CURVES | precision against recall at every threshold |
# | HPARAMS | all runs of a script in a table, by their options |
# | PROJECTOR | the word vectors, in three dimensions |
# | PROFILE | where the time goes (needs `pip install xprof`) |
#
# ## Begin with the words (TEXT)
#
# A picture from a browser, of a run as the one above:
# `python -m roots_tf.train.classifier --data reviews_zh --epochs 3 --deterministic`.
#
# ![TensorBoard, tab TEXT](pictures/07_2_2_text.png)
#
# The beginning and the end of what stands there, read from the files:

# %% [markdown] zh
# | 页 | 回答什么 |
# | --- | --- |
# | TIME SERIES、SCALARS | 损失在训练和验证中是否下降？ |
# | CUSTOM SCALARS | 同样的内容分为四组：学习、健康、速度、机器 |
# | IMAGES | 混淆矩阵、可靠性图、注意力 |
# | GRAPHS | 哪个运算为哪个运算提供输入 |
# | DISTRIBUTIONS、HISTOGRAMS | 每个权重都在变吗？有没有梯度消失？ |
# | TEXT | `about`、`cost`、`diagnosis`、`samples`、`result`：用文字说明这次运行 |
# | PR CURVES | 每个阈值下的精确率与召回率 |
# | HPARAMS | 一个脚本的所有运行，按各自的选项列成表 |
# | PROJECTOR | 三维空间中的词向量 |
# | PROFILE | 时间花在哪里（需要 `pip install xprof`） |
#
# ## 从文字开始（TEXT）
#
# 浏览器中的截图，运行与上面的相同：`python -m roots_tf.train.classifier --data
# reviews_zh --epochs 3 --deterministic`。
#
# ![TensorBoard 的 TEXT 页](pictures/07_2_2_text.png)
#
# 那里文字的开头和结尾，从文件中读出：

# %%
texts = read_all(run / "train")


def text_of(tag):
    (text,) = tensor_util.make_ndarray(texts.Tensors(tag)[-1].tensor_proto).ravel()
    return text.decode()


about = text_of("about").split("\n| option")[0]
assert "parameters, of which" in about and "CUSTOM SCALARS" in about
print(re.sub(r"--log-dir \S+", "", about))
print(text_of("result"))

# %% [markdown]
# ## The groups (CUSTOM SCALARS)
#
# The same run. In the third epoch it learns its 576 reviews by heart: the loss falls
# in training and rises in validation. The weights of the second are kept.
#
# ![TensorBoard, tab CUSTOM SCALARS](pictures/07_2_2_custom_scalars.png)
#
# The layout is data too: a group, a chart, and regular expressions of tags. One curve
# of each group, drawn from the files:

# %% [markdown] zh
# ## 分组的曲线（CUSTOM SCALARS）
#
# 同一次运行。在第三轮里，它把那 576 条评论背了下来：损失在训练中下降，在验证中上升。保
# 留的是第二轮的权重。
#
# ![TensorBoard 的 CUSTOM SCALARS 页](pictures/07_2_2_custom_scalars.png)
#
# 布局也是数据：组、图表，以及匹配曲线名（tag）的正则表达式。每组取一条曲线，从文件画
# 出：

# %%
events = read_all(run)
(config,) = events.Tensors("custom_scalars__config__")
layout = layout_pb2.Layout.FromString(config.tensor_proto.string_val[0])
for group in layout.category:
    print(group.title, [chart.title for chart in group.chart][:3])

scalars = read_scalars(run)
shown = {
    "loss by step (nats)": [("train", "step/loss")],
    "loss by epoch (nats)": [("train", "epoch/loss"), ("validation", "epoch/loss")],
    "length of the gradient": [("train", "step/gradient_norm")],
    "change of a weight / weight": [
        key for key in scalars if key[1].startswith("update_ratio/") and "ker" in key[1]
    ][:4],
}
figure, axes = plt.subplots(1, 4, figsize=(13, 2.6), layout="constrained")
for axis, (title, keys) in zip(axes, shown.items(), strict=True):
    for key in keys:
        axis.plot(*np.transpose(scalars[key]), label="/".join(key)[-24:])
    axis.set_title(title, fontsize=9)
    axis.legend(fontsize=6)
axes[3].axhline(1e-3, color="grey", ls=":")
axes[3].set_yscale("log")
plt.show()
losses = [loss for _, loss in scalars["train", "epoch/loss"]]
assert losses[-1] < losses[0]

# %% [markdown]
# The dotted line is a rule of thumb: updates of a thousandth of the weight. Far above,
# the learning rate is too high; far below, nothing is learned.
#
# ## Pictures (IMAGES), and what stands beside them
#
# The same reviews as two pictures: which class is taken for which, and whether a
# confidence of 0.8 is right in 8 of 10 cases (`03_3_1_metrics`).

# %% [markdown] zh
# 点线是一条经验法则：更新量为权重的千分之一。远高于它，学习率太大；远低于它，什么也学不
# 到。
#
# ## 图片（IMAGES），以及旁边的东西
#
# 同样的评论画成两张图：哪一类被当成了哪一类，以及置信度 0.8 是否在 10 例中有 8 例正确
# （`03_3_1_metrics`）。

# %%
events = read_all(run / "test")
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
for axis, tag in zip(axes, ("confusion_matrix", "reliability"), strict=True):
    image = tensor_util.make_ndarray(events.Tensors(tag)[-1].tensor_proto)[2]
    axis.imshow(tf.io.decode_png(image))
    axis.set_axis_off()
plt.show()

# %% [markdown]
# ## The word vectors (PROJECTOR)
#
# Each point is a word, by the first three principal components of its vector; one that
# is searched for, on the right, is shown with its nearest by cosine distance. Here the
# words of `python -m roots_tf.train.word2vec --epochs 3 --dim 32 --threads 2`:
#
# ![TensorBoard, tab PROJECTOR](pictures/07_2_2_projector.png)
#
# ## Long runs
#
# Curves are kept whole. Of ratios, histograms, pictures and texts a long run writes
# ever fewer, so that 100,000 steps stay below 100 MB:

# %% [markdown] zh
# ## 词向量（PROJECTOR）
#
# 每个点是一个词，按其向量的前三个主成分定位；在右侧搜索一个词，就会显示它和按余弦距离最
# 近的词。这里是 `python -m roots_tf.train.word2vec --epochs 3 --dim 32 --threads 2` 的
# 词：
#
# ![TensorBoard 的 PROJECTOR 页](pictures/07_2_2_projector.png)
#
# ## 长时间的运行
#
# 曲线完整保留。比值、直方图、图片和文本，在长时间的运行中越写越稀，这样 100,000 步也不
# 超过 100 MB：

# %%
numbers = np.arange(1, 3_001)
written = np.cumsum([thinning.is_written(int(number), 20) for number in numbers])
plt.figure(figsize=(5, 2.2))
plt.plot(numbers, written)
plt.xlabel("pictures drawn")
plt.ylabel("pictures written")
plt.show()
assert written[39] == 40 and written[-1] < 200

# %% [markdown]
# ## Ten sick runs
#
# `python -m roots_tf.train.diagnosis_gallery` trains ten runs with one thing wrong each
# and ten without, each a folder to compare in TensorBoard. The diagnosis watches as
# every script's does. From the record (its thresholds were chosen on other runs):

# %% [markdown] zh
# ## 十次有病的运行
#
# `python -m roots_tf.train.diagnosis_gallery` 训练十次各有一处毛病的运行和十次没有毛病
# 的运行，各成一个文件夹，可在 TensorBoard 中比较。诊断在旁监看，与在每个脚本中一样。以
# 下取自记录（它的阈值是在别的运行上选定的）：

# %%
path = PROJECT / "tensorboard_logs/recorded/diagnosis_gallery.json"
record = json.loads(path.read_text("utf-8"))
print(record["command"], "seed", record["seed"])
scores = record["final_metrics"]
assert scores["named_rightly"] == scores["sick_runs"] and not scores["false_alarms"]
for sick in scores["runs"]:
    if sick["trouble"]:
        print(f"{sick['trouble']}: {sick['findings'][0]['evidence'][:88]}")

# %% [markdown]
# Each line names what is wrong and the evidence; in the run itself the remedy follows.
#
# ## A slow input, and its cure (PROFILE)
#
# `--profile 10:15` on any script traces these steps and sums the trace up. Here is a
# pipeline that needs 100 ms for a batch, as one that reads from a slow disk:

# %% [markdown] zh
# 每一行都说出毛病和证据；在运行本身里，后面还有补救办法。
#
# ## 缓慢的输入及其治法（PROFILE）
#
# 任何脚本加上 `--profile 10:15`，都会跟踪这几步并汇总跟踪结果。下面是一条每批需要 100
# ms 的流水线，如同从慢速磁盘读取：


# %%
def slow(number):
    threading.Event().wait(0.1)
    return np.float32(number)


def batch(number):
    x = tf.numpy_function(slow, [number], tf.float32)
    return tf.fill((256, 256), 0.0 * x), tf.zeros((256,), tf.int32)


def profiled(dataset, name):
    layers = [keras.layers.Dense(units) for units in (1_024, 1_024, 2)]
    model = keras.Sequential([keras.Input((256,)), *layers])
    hook = ProfileSteps(RunMonitor(logs / name), 20, 40)
    adam = keras.optimizers.Adam()
    with contextlib.redirect_stdout(io.StringIO()):  # times of this machine
        TrainingLoop(model, adam, cross_entropy, lambda _: dataset, hooks=[hook]).run(1)
    return summarize_trace(logs / name / "train")


numbers = tf.data.Dataset.range(50)
before = profiled(numbers.map(batch), "slow")
threads = tf.data.Options()
threads.threading.private_threadpool_size = 16  # they wait: more than there are cores
parallel = numbers.map(batch, num_parallel_calls=16).prefetch(8)
after = profiled(parallel.with_options(threads), "mended")
assert before.waiting > 0.3 and after.waiting < 0.6 * before.waiting
assert after.seconds < before.seconds
print("before: a good part of the time is waiting for input")
print("after: sixteen batches are made at once, and eight wait to be read")

# %% [markdown]
# The most costly operations are named too, and they are the ones to expect: products
# of matrices, and Adam's arithmetic over all weights.

# %% [markdown] zh
# 代价最高的运算也会列出，正是意料之中的那些：矩阵乘积，以及 Adam 对全部权重的算术运算。

# %%
kinds = [kind for kind, _, _ in before.operations]
assert any("MatMul" in kind or kind in ("Mul", "Sub", "Square") for kind in kinds)
figure, axes = plt.subplots(figsize=(5, 1.6), layout="constrained")
axes.barh(["mended", "slow"], [after.waiting > 0.3, before.waiting > 0.3])
axes.set(xticks=[0, 1], xticklabels=["no", "yes"], title="waits a third of its time?")
plt.show()

# %% [markdown]
# On a GPU the trace has its kernels as well. If they are short and the GPU idle between
# them, NVIDIA's Nsight Systems shows what it waits for:
# `nsys profile --trace=cuda,nvtx,osrt -o run python -m roots_tf.train.gpt`.
#
# ## All runs (`python -m roots_tf.runs`)

# %% [markdown] zh
# 在 GPU 上，跟踪结果里还有它的核函数（kernel）。如果核函数都很短，其间 GPU 又空
# 闲，NVIDIA 的 Nsight Systems 能显示 GPU 在等什么：`nsys profile --trace=cuda,nvtx,osrt
# -o run python -m roots_tf.train.gpt`。
#
# ## 所有运行（`python -m roots_tf.runs`）

# %%
words = [sys.executable, "-m", "roots_tf.runs"]
table = subprocess.run(words, capture_output=True, text=True, cwd=PROJECT).stdout
lines = [line.split()[:4] for line in table.splitlines() if "recorded/" in line]
assert len(lines) > 5
print(*map(" ".join, lines), sep="\n")

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/07_2_2_tensorboard.py`)
#
# `exercises.check("07_2_2_tensorboard.1", answer)` of `roots_tf` judges an answer or
# gives a hint; brackets say what `answer` is.
#
# 1. Why are training and validation written to two folders with one tag, and not to one
#    folder with two tags? (In how many charts they stand, either way: two numbers.)
# 2. The loss of step 1 is logged before the first update. What must it be for a
#    classifier of $C$ classes from random weights, and what if it is far above? (A
#    function of $C$.)
# 3. Write a run of your own with `RunMonitor`: the loss of gradient descent on
#    $f(w) = w^2$ from $w = 1$ for three learning rates, so that one diverges. (A
#    function of rate and number of steps that gives the loss before each.)
# 4. A trace says: 70 % waiting. Batches are 32 texts, tokenised by a Python function.
#    Name three cures, in the order in which you would try them. (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/07_2_2_tensorboard.py`）
#
# `roots_tf` 的 `exercises.check("07_2_2_tensorboard.1", answer)` 评判答案或给出提示；括
# 号里说明 `answer` 是什么。
#
# 1. 为什么训练和验证写进两个文件夹、用同一个名称（tag），而不是写进一个文件夹、用两个名
#    称？（两种做法各画成几张图：两个数。）
# 2. 第 1 步的损失在第一次更新之前记录。对一个从随机权重开始的 $C$ 类分类器，它应当是多
#    少？如果远高于此，说明什么？（以 $C$ 为参数的函数。）
# 3. 用 `RunMonitor` 自己写一次运行：$f(w) = w^2$ 上从 $w = 1$ 开始的梯度下降的损失，取
#    三个学习率，使其中一个发散。（以学习率和步数为参数的函数，给出每步之前的损失。）
# 4. 一份跟踪结果说：70 % 的时间在等待。每批是 32 条文本，由一个 Python 函数分词。说出三
#    种治法，按你会尝试的顺序排列。（开放题。）
