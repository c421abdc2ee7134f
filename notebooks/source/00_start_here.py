# %% [markdown]
# # Start here (从这里开始): is all well, a first run, and the map
#
# This project is the article's code, running: "大规模语言模型从理论到实践 ROOTS", §1 to
# §10. You keep the article in one hand; every section of it has its place here, and
# where the article is wrong, the right form runs and the difference is shown.
#
# Three things to begin with: a check of your machine, a model trained on real text, and
# how to find the place of any line of the article.

# %% [markdown] zh
# # 从这里开始：检查机器、跑第一次、看地图
#
# 这个项目是文章《大规模语言模型从理论到实践 ROOTS》§1 到 §10 能运行的代码。一手拿文章，
# 每一节在这里都有它的位置；文章错的地方，这里运行正确的形式，并展示差别。
#
# 先做三件事：检查你的机器，在真实文本上训练一个模型，学会为文章的任何一行找到位置。

# %%
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import roots_tf
from roots_tf.monitoring.event_log import read_scalars
from roots_tf.sections import SECTIONS

PROJECT = Path(roots_tf.__file__).parents[1]


def run(*words):
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)


checked = run("roots_tf.doctor")
found = Counter(
    line.split()[0] for line in checked.stdout.splitlines() if line[:1] > " "
)
print(f"{found['ok']} things are as they should be; {found['FAIL']} are not")
assert found["ok"] > 20, checked.stdout + checked.stderr

# %% [markdown]
# `python -m roots_tf.doctor` in a terminal prints each line, and for each failure the
# one command that mends it.
#
# ## A first run
#
# A classifier of film and product reviews: text in, praise or blame out. It is §5's
# model, corrected, in Chinese; `--data reviews_en` would take the English ones.

# %% [markdown] zh
# 在终端里运行 `python -m roots_tf.doctor`，它会逐行打印；每个失败都附上一条修复它的命
# 令。
#
# ## 第一次运行
#
# 一个评论分类器：读入文本，给出好评或差评。它是 §5 的模型，改正过的，用中文；换成
# `--data reviews_en` 就是英文的。

# %%
logs = Path(tempfile.mkdtemp())
command = "roots_tf.train.classifier --data reviews_zh --epochs 4 --seed 7".split()
trained = run(*command, "--log-dir", str(logs))
assert trained.returncode == 0, trained.stderr
shown = ("this model", "bag of words", "majority")
rows = [line for line in trained.stdout.splitlines() if line.startswith(shown)]
print("python -m", *command)
print(*rows, sep="\n")

# %% [markdown]
# Beside the model stand two rules that any model has to beat. A bag of words (词袋) is
# hard to beat with six hundred reviews to learn from: an honest table says so.
#
# The run has written what it did; TensorBoard draws it, here are two of its curves.

# %% [markdown] zh
# 模型旁边有两条规则，任何模型都得胜过它们。只有六百条评论可学时，词袋很难胜过：诚实的表
# 格会照实说。
#
# 这次运行把经过写了下来，TensorBoard 把它画出来，这里是其中的两条曲线。

# %%
scalars = read_scalars(logs)
figure, axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="tight")
for axis, metric in zip(axes, ("loss", "accuracy"), strict=True):
    for (folder, tag), points in scalars.items():
        if tag == f"epoch/{metric}":
            axis.plot(*zip(*points, strict=True), marker=".", label=Path(folder).name)
    axis.set(xlabel="step", ylabel=metric)
    axis.legend()
plt.show()
assert axes[0].lines and axes[1].lines

# %% [markdown]
# In TensorBoard the same run shows much more. In a terminal:
# `tensorboard --logdir tensorboard_logs`; in Jupyter: `%load_ext tensorboard`, then
# `%tensorboard --logdir tensorboard_logs`. Look in this order:
#
# * TEXT: what this run is, its command, its data; at its end the result and a
#   diagnosis.
# * SCALARS: does the loss fall, on the training texts and on the others?
# * CUSTOM SCALARS: the same, grouped: learning, speed, machine, health.
# * PR CURVES, IMAGES: which mistakes it makes. `07_2_2_tensorboard` is the tour.
#
# ## The map
#
# Each section of the article, and the notebook that runs it:

# %% [markdown] zh
# 在 TensorBoard 里，同一次运行能看到的多得多。在终端里：
# `tensorboard --logdir tensorboard_logs`；在 Jupyter 里：先 `%load_ext tensorboard`，再
# `%tensorboard --logdir tensorboard_logs`。按这个顺序看：
#
# * TEXT：这次运行是什么、命令、数据；结尾处有结果和诊断。
# * SCALARS：损失在下降吗？在训练文本上、在别的文本上？
# * CUSTOM SCALARS：同样的内容，分成组：学习、速度、机器、健康。
# * PR CURVES、IMAGES：它犯的是哪些错。完整的导览见 `07_2_2_tensorboard`。
#
# ## 地图
#
# 文章的每一节，以及运行它的笔记本：

# %%
places = [
    {"§": number, "title": section.title_zh, "notebook": ", ".join(section.notebooks)}
    for number, section in SECTIONS.items()
    if section.notebooks
]
assert len(places) > 20
pd.DataFrame(places).set_index("§")

# %% [markdown]
# For one section, with its formulas, modules, scripts, tests and errata; and where you
# have but a word of the article, or a line of it, the sections that it points at:

# %% [markdown] zh
# 只看一节，连同它的公式、模块、脚本、测试和勘误；如果手上只有文章的一个词或一行，就看它
# 指向哪些节：

# %%
print(run("roots_tf.sections", "4.2.2").stdout)
print(run("roots_tf.sections", "召回率").stdout)

# %% [markdown]
# ## Three ways through
#
# * **From theory**: `01_background`, `02_core_concepts`, `03_1_1_word2vec`, and on in
#   the order of their numbers.
# * **From a task**: the chapter `06_1_text_classification` and those after it.
# * **From your own texts**: `python -m roots_tf.train.pipeline`, told in
#   `09_2_from_text_to_model`.
#
# `10_errata` lists what the article gets wrong, drawn side by side.
#
# ## Exercises (answers: `notebooks/solutions/00_start_here.py`)
#
# `exercises.check("00_start_here.1", answer)` tells whether an answer is right, or
# gives a hint.
#
# 1. Which notebook belongs to §3.2.2? Give its name.
# 2. Which erratum, such as "E01", says that Adam is printed without its bias
#    corrections? (`python -m roots_tf.sections 4.2.2`)
# 3. (Open.) Train the classifier on `reviews_en` with another seed. Does it beat the
#    bag of words there? And is the difference larger than its interval?

# %% [markdown] zh
# ## 三条路
#
# * **从理论开始**：`01_background`、`02_core_concepts`、`03_1_1_word2vec`，然后按编号往
#   下。
# * **从任务开始**：`06_1_text_classification` 这一章以及后面的。
# * **从自己的文本开始**：`python -m roots_tf.train.pipeline`，在
#   `09_2_from_text_to_model` 里讲解。
#
# `10_errata` 列出文章的错误，并排画出来。
#
# ## 练习（答案：`notebooks/solutions/00_start_here.py`）
#
# `exercises.check("00_start_here.1", answer)` 告诉你答案对不对，不对就给一个提示。
#
# 1. 哪个笔记本属于 §3.2.2？给出它的名字。
# 2. 哪一条勘误（形如 "E01"）说印出的 Adam 缺了偏差修正？
#    （`python -m roots_tf.sections 4.2.2`）
# 3. （开放题。）换一个种子，在 `reviews_en` 上训练分类器。它在那里胜过词袋吗？差距比它
#    的区间大吗？
