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

# %%
words = [sys.executable, "-m", "roots_tf.runs"]
table = subprocess.run(words, capture_output=True, text=True, cwd=PROJECT).stdout
lines = [line.split()[:4] for line in table.splitlines() if "recorded/" in line]
assert len(lines) > 5
print(*map(" ".join, lines), sep="\n")

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/07_2_2_tensorboard.py`)
#
# 1. Why are training and validation written to two folders with one tag, and not to one
#    folder with two tags?
# 2. The loss of step 1 is logged before the first update. What must it be for a
#    classifier of $C$ classes from random weights, and what if it is far above?
# 3. Write a run of your own with `RunMonitor`: the loss of gradient descent on
#    $f(w) = w^2$ for three learning rates, so that one diverges.
# 4. A trace says: 70 % waiting. Batches are 32 texts, tokenised by a Python function.
#    Name three cures, in the order in which you would try them.
