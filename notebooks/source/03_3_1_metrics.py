# %% [markdown]
# # §3.3.1 评估指标, §4.3.1: metrics
#
# Four scores, one defined wrongly (E08 in ERRATA.md), and three questions left out:
# where is the threshold, can the probabilities be believed, is A better than B?
#
# ## What the article says
#
# Accuracy (准确率) is the share of samples predicted right. Precision (精确率) is the
# share of actual positives among those predicted as positive. Recall (召回率) is, in
# §3.3.1, *the same sentence again*; in §4.3.1 the share predicted among the actual
# positives. F1 (F1值) is the harmonic mean of the two.
#
# ## What is wrong (E08), and the formulas
#
# Only §4.3.1 is right. With the counts of the confusion matrix (混淆矩阵), true and
# false, positive and negative:
#
# $$P = \frac{TP}{TP + FP} \qquad R = \frac{TP}{TP + FN} \qquad
# F_1 = \frac{2 P R}{P + R} = \frac{2\,TP}{2\,TP + FP + FN} \qquad
# \mathrm{accuracy} = \frac{TP + TN}{N}$$
#
# (Manning, Raghavan, Schütze 2008, §8.3.) Let 40 of 100 texts be positive, and a timid
# model call 10 of them so, 8 rightly. What the printed wording makes of it:

# %% [markdown] zh
# # §3.3.1、§4.3.1 评估指标
#
# 四个分数，其中一个定义错了（ERRATA.md 中的 E08），还有三个没有谈到的问题：阈值在哪里，
# 概率可不可信，A 比 B 好吗？
#
# ## 文章怎么说
#
# 准确率是预测正确的样本所占的比例。精确率是预测为正类的样本中，实际为正类的比例。召回率
# 在 §3.3.1 中**又是同一句话**；在 §4.3.1 中则是实际为正类的样本中，被预测为正类的比
# 例。F1 值是两者的调和平均值。
#
# ## 错在哪里（E08），以及公式
#
# 只有 §4.3.1 是对的。用混淆矩阵中的计数，真与假，正与负：
#
# $$P = \frac{TP}{TP + FP} \qquad R = \frac{TP}{TP + FN} \qquad
# F_1 = \frac{2 P R}{P + R} = \frac{2\,TP}{2\,TP + FP + FN} \qquad
# \mathrm{accuracy} = \frac{TP + TN}{N}$$
#
# （Manning、Raghavan、Schütze 2008，§8.3。）设 100 段文本中有 40 段是正类，一个胆小的
# 模型只把 10 段判为正类，其中 8 段对。照印出的说法，结果是：

# %%
import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.text_classification import TextClassifier
from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.docstrings import docstring_classification
from roots_tf.errata import e08_recall as e08
from roots_tf.evaluation import calibration, ranking_curves
from roots_tf.evaluation.baselines import bag_of_words_baseline, majority_baseline
from roots_tf.evaluation.bootstrap import bootstrap_interval
from roots_tf.evaluation.classification_metrics import Recall
from roots_tf.evaluation.classification_report import (
    classification_report,
    confusion_matrix,
)
from roots_tf.evaluation.significance import compare, mcnemar_test
from roots_tf.monitoring.figures import confusion_matrix_image, reliability_image
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.text.batching import BucketedBatches
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()

counts = 8, 2, 32, 58  # TP, FP, FN, TN
right, printed = e08.binary_scores(*counts), e08.printed_scores(*counts)
assert (right["recall"], right["f1"]) == (0.2, 0.32)
assert printed["recall"] == printed["f1"] == printed["precision"] == 0.8
pd.DataFrame({"§4.3.1, right": right, "§3.3.1": printed}).T

# %% [markdown]
# As printed, a model that misses 32 of 40 has a recall of .8. `Recall` and its siblings
# are Keras metrics: one confusion matrix, summed over batches of $(B, C)$ logits.

# %% [markdown] zh
# 照印出的说法，一个漏掉 40 段中 32 段的模型，召回率是 .8。`Recall` 和它的同类是 Keras
# 指标：一个混淆矩阵，对各批 $(B, C)$ 的 logits 累加。

# %%
labels, predictions = np.repeat([[1, 0, 1, 0], [1, 1, 0, 0]], counts, axis=1)
recall = Recall(num_classes=2, average="binary")
for batch in np.array_split(np.random.default_rng(0).permutation(100), 7):
    recall.update_state(labels[batch], np.eye(2)[predictions[batch]])
assert recall.result() == 0.2
recall.counts.numpy()  # rows: true, columns: predicted

# %% [markdown]
# ## More than two classes
#
# Each class in turn is the positive one, and $C$ values are averaged. **Micro** adds up
# the counts first: every text is one prediction and one label, so micro F1 is accuracy.
# **Macro** is the mean of the $C$ values: rare classes count as much as frequent ones.
# And there are two macro F1: the mean of the classes' F1, which scikit-learn and this
# project use, and the F1 of macro precision and macro recall. Papers have mixed them up
# (Opitz, Burst 2019): always say which.

# %% [markdown] zh
# ## 两类以上
#
# 轮流把每一类当作正类，再对 $C$ 个值取平均。**微平均**（micro）先把计数相加：每段文本是
# 一个预测、一个标签，所以微平均 F1 就是准确率。**宏平均**（macro）是 $C$ 个值的平均：稀
# 有的类与常见的类分量相同。而宏平均 F1 又有两种：各类 F1 的平均，scikit-learn 和本项目
# 都用它；以及由宏平均精确率与宏平均召回率算出的 F1。有的论文把两者混淆了（Opitz、Burst
# 2019）：务必说明是哪一种。

# %%
scores = e08.averaged_scores(e08.MATRIX)
report = classification_report(np.array(e08.MATRIX), ["a", "b", "c"])
assert np.isclose(scores["micro f1"], scores["accuracy"])
assert np.isclose(scores["macro f1"], report["macro"]["f1"])
assert scores["f1 of the macro averages"] - scores["macro f1"] > 0.02
print(np.array(e08.MATRIX))
pd.Series(scores, name="score").to_frame().round(4)

# %% [markdown]
# Accuracy is .89, for class a is eight tenths of the texts and always right. Where a
# class is never predicted its precision is 0/0: `zero_division` says what to put there.
#
# ## Real text
#
# Which library does a docstring come from? A bidirectional LSTM learns it for a little
# too long, on purpose.

# %% [markdown] zh
# 准确率是 .89，因为 a 类占文本的八成，而且总是判对。如果某一类从未被预测，它的精确率就
# 是 0/0：`zero_division` 规定那里填什么。
#
# ## 真实文本
#
# 一段文档字符串出自哪个库？一个双向 LSTM 来学习，并且有意学得稍微久了一点。

# %%
data = docstring_classification(max_per_class=500)
settings, parts = TextSettings(max_length=60), ("train", "validation", "test")
tokens = {part: tokenize(getattr(data, part).texts, settings) for part in parts}
vocabulary = Vocabulary.build(tokens["train"], max_size=5_000)
ids = {part: encode(tokens[part], vocabulary, settings) for part in parts}
names = data.label_names
config = BiLstmConfig(len(vocabulary), len(names), embedding_dim=64, hidden_size=32)
model = build_bilstm_classifier(config)
classifier = TextClassifier(model, vocabulary, settings, names)


def validate(epoch, step):
    probabilities = classifier.predict_ids(ids["validation"])  # (N, C)
    top = calibration.top_label(data.validation.labels, probabilities)
    by_epoch.append({"confidence": top[0].mean(), "accuracy": top[1].mean()})
    return by_epoch[-1]


by_epoch = []
batches = BucketedBatches(ids["train"], data.train.labels, batch_size=32)
adam = keras.optimizers.Adam(0.003)
TrainingLoop(model, adam, cross_entropy, batches, validate=validate).run(epochs=8)
test, probabilities = data.test.labels, classifier.predict_ids(ids["test"])
predictions = probabilities.argmax(axis=1)
matrix = confusion_matrix(test, predictions, len(names))
report = classification_report(matrix, names)
assert report["accuracy"] > 0.4 > majority_baseline(data.train.labels, test).accuracy
plt.figure(figsize=(6, 6)).add_axes((0, 0, 1, 1))
plt.imshow(confusion_matrix_image(matrix, names))
plt.axis("off")
plt.show()
pd.DataFrame(report["classes"]).T.round(2)

# %% [markdown]
# ## Where is the threshold? ROC and precision-recall
#
# Let the threshold sink from the highest score to the lowest: recall against the false
# positive rate is the ROC, precision against recall the PR curve. The area under the
# ROC is the chance that a random positive outscores a random negative, Mann and
# Whitney's $U / (P N)$; average precision is $\sum_k (R_k - R_{k-1}) P_k$.
#
# One class against all others, with every negative counted 1, 10 and 100 times: the
# model stays the same, only positives become rare.

# %% [markdown] zh
# ## 阈值在哪里？ROC 与精确率—召回率曲线
#
# 让阈值从最高的分数降到最低的：召回率对假正率的曲线是 ROC，精确率对召回率的曲线是 PR 曲
# 线。ROC 下的面积，是随机一个正例得分高于随机一个负例的概率，即 Mann 与 Whitney 的
# $U / (P N)$；平均精确率（average precision）是 $\sum_k (R_k - R_{k-1}) P_k$。
#
# 一类对其余所有类，每个负例计 1 次、10 次和 100 次：模型不变，只是正例变得稀少。

# %%
is_positive = test == names.index("pytest")
score = probabilities[:, names.index("pytest")]
auroc = ranking_curves.auroc
figure, (roc, pr) = plt.subplots(1, 2, figsize=(9, 3.8), layout="tight")
rows = {}
for times in (1, 10, 100):
    rarer = ranking_curves.multiply_negatives(is_positive, score, times)
    share, curve = f"{rarer[0].mean():.2%} positive", ranking_curves.roc_curve(*rarer)
    _, recall, precision = ranking_curves.precision_recall_curve(*rarer)
    roc.plot(*curve[1:], linewidth=7 / (1 + 2 * np.log10(times)), label=share)
    pr.step(recall, precision, where="pre")
    areas = [auroc(*rarer), ranking_curves.average_precision(*rarer)]
    rows[share] = [*areas, precision[recall >= 0.9][0]]
roc.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
pr.set(xlabel="recall", ylabel="precision", title="precision-recall", ylim=(0, 1.02))
roc.legend()
plt.show()
columns = ["AUROC", "average precision", "precision at recall .9"]
summary = pd.DataFrame(rows, columns).T
pairs = score[is_positive][:, None] - score[~is_positive]  # (P, N)
assert np.allclose(summary["AUROC"], np.mean((pairs > 0) + (pairs == 0) / 2))
assert (summary.iloc[2, 1:] < summary.iloc[0, 1:] / 2).all()
assert summary["precision at recall .9"].iloc[2] < 0.1
summary.round(3)

# %% [markdown]
# The three ROC are one curve, for its rates are shares of *one* class. But with one
# positive in a thousand, whoever wants nine tenths of them gets mostly false alarms:
# precision, $TP / (TP + k\,FP)$, shows it. So an AUROC tells how a model ranks, not
# whether its alarms are worth reading; and average precisions compare only on data with
# the same share of positives, which is what random scores reach.
#
# ## Can the probabilities be believed? Calibration (校准)
#
# Of the predictions made with a confidence of 90 %, nine in ten should be right. Put
# them into bins $B_m$ by confidence, and compare (Guo et al. 2017, eq. 3):
#
# $$\mathrm{ECE} = \sum_m \frac{|B_m|}{N}\,
# \big|\mathrm{accuracy}(B_m) - \mathrm{confidence}(B_m)\big|$$
#
# Cross-entropy goes on rewarding confidence when nothing more is learned:

# %% [markdown] zh
# 三条 ROC 是同一条曲线，因为它的两个比率都是在**一个**类中所占的比例。但一千段中只有一
# 段正例时，谁想要找到其中的九成，得到的多半是误报：精确率 $TP / (TP + k\,FP)$ 显示了这
# 一点。所以 AUROC 说明模型排序排得如何，不说明它的警报是否值得一看；而平均精确率只有在
# 正例比例相同的数据上才能比较，随机打分得到的就是这个比例。
#
# ## 概率可信吗？校准（calibration）
#
# 以 90 % 的置信度作出的预测，应当十个里有九个是对的。按置信度把预测分到各个箱 $B_m$
# 中，然后比较（Guo 等 2017，式 3）：
#
# $$\mathrm{ECE} = \sum_m \frac{|B_m|}{N}\,
# \big|\mathrm{accuracy}(B_m) - \mathrm{confidence}(B_m)\big|$$
#
# 再也学不到什么的时候，交叉熵仍在奖励置信度：

# %%
curves = pd.DataFrame(by_epoch, index=pd.RangeIndex(1, 9, name="epoch"))
assert curves["confidence"].iloc[-1] > curves["accuracy"].iloc[-1] + 0.05
curves.plot(marker="o", figsize=(6, 3), title="validation texts")
plt.show()

# %% [markdown]
# The cure is one number. **Temperature scaling** divides the logits by $T$, chosen for
# the smallest loss on *validation* texts. Every prediction stays as it is.
#
# $$T^* = \arg\min_T -\frac{1}{N} \sum_i \log \mathrm{softmax}(z_i / T)_{y_i}$$

# %% [markdown] zh
# 对策只是一个数。**温度缩放**（temperature scaling）把 logits 除以 $T$，选取它使**验
# 证**文本上的损失最小。每个预测都保持原样。
#
# $$T^* = \arg\min_T -\frac{1}{N} \sum_i \log \mathrm{softmax}(z_i / T)_{y_i}$$

# %%
logits = np.log(classifier.predict_ids(ids["validation"]))
temperature = calibration.fit_temperature(data.validation.labels, logits)
cooler = keras.ops.softmax(np.log(probabilities) / temperature).numpy()
assert temperature > 1.2 and np.array_equal(cooler.argmax(axis=1), predictions)
rows = {"as trained": probabilities, f"T = {temperature:.2f}": cooler}
figure, axes = plt.subplots(1, 2, figsize=(9, 5.5), layout="tight")
for ax, (title, p) in zip(axes, rows.items(), strict=True):
    bins = calibration.reliability_bins(*calibration.top_label(test, p))
    ax.imshow(reliability_image(bins.confidence, bins.accuracy, bins.count))
    ax.set_title(title)
    ax.axis("off")
plt.show()
ece, brier = calibration.expected_calibration_error, calibration.brier_score
table = {k: {"ECE": ece(test, p), "Brier": brier(test, p)} for k, p in rows.items()}
table = pd.DataFrame(table).T
assert (table.iloc[1] < table.iloc[0]).all()
table.round(3)

# %% [markdown]
# `python -m roots_tf.train.classifier` writes this diagram to TensorBoard (tag
# `reliability`) at every epoch, and the ECE as `calibration_error`.
#
# ## How sure is a score? The bootstrap (自助法)
#
# Other test texts would give another accuracy. Draw $N$ texts from the $N$ that we
# have, with repetition, score them, and do it 2,000 times: the middle 95 % of the
# scores are an interval for the true one (Efron, Tibshirani 1993, §13.3). It works for
# any metric, and shrinks with $\sqrt N$.

# %% [markdown] zh
# `python -m roots_tf.train.classifier` 每一轮都把这种图写到 TensorBoard（标签
# `reliability`），并把 ECE 写为 `calibration_error`。
#
# ## 一个分数有多可靠？自助法（bootstrap）
#
# 换一批测试文本，准确率就会不同。从我们所有的 $N$ 段文本中有放回地抽取 $N$ 段，打分，重
# 复 2,000 次：分数居中的 95 % 就是真实分数的一个区间（Efron、Tibshirani
# 1993，§13.3）。它适用于任何指标，并随 $\sqrt N$ 的增大而缩小。

# %%
is_right = predictions == test
sizes = [25, 50, 100, 200, len(test)]
intervals = [bootstrap_interval(np.mean, is_right[:size]) for size in sizes]
half_widths = np.array([(i.high - i.low) / 2 for i in intervals])
normal = [1.96 * is_right[:size].std() / np.sqrt(size) for size in sizes]
assert np.allclose(half_widths[2:], normal[2:], rtol=0.15)  # as in the textbooks
plt.errorbar(range(5), [i.estimate for i in intervals], half_widths, fmt="o")
plt.xticks(range(5), [f"{size} texts" for size in sizes])
plt.ylabel("accuracy, 95 % interval")
plt.show()
area = bootstrap_interval(auroc, is_positive, score)
print(f"AUROC {area.estimate:.3f}, 95 % interval {area.low:.3f} to {area.high:.3f}")

# %% [markdown]
# ## Is A better than B? Paired tests
#
# Two intervals that overlap prove nothing: both models found the *same* texts hard. So
# compare text by text. If the models were equally good, the texts that only one of them
# has right would be heads or tails (McNemar 1947):
#
# $$p = \min\Big(1,\ 2 \sum_{k \le \min(b, c)} \binom{b + c}{k} 2^{-(b+c)}\Big)$$
#
# For other metrics, swap the two models' answers on a random half of the texts, again
# and again, and see how often the difference gets as large (Yeh 2000). `compare` does
# that, and adds the bootstrap interval of the difference.

# %% [markdown] zh
# ## A 比 B 好吗？配对检验
#
# 两个区间重叠，什么也证明不了：两个模型觉得难的是**同样的**文本。所以要一段一段地比较。
# 如果两个模型一样好，那么只有其中一个答对的文本就像抛硬币的正反面（McNemar 1947）：
#
# $$p = \min\Big(1,\ 2 \sum_{k \le \min(b, c)} \binom{b + c}{k} 2^{-(b+c)}\Big)$$
#
# 对其他指标，就在随机的一半文本上交换两个模型的答案，一次又一次，看差值有多少次达到这么
# 大（Yeh 2000）。`compare` 就是这样做的，并加上差值的自助法区间。

# %%
bag = bag_of_words_baseline(data.train, data.test, data.language)
pair = ("the LSTM", "the bag of words")
by_chance = compare(test, predictions, bag.predictions, names=pair)
exact = mcnemar_test(is_right, bag.predictions == test)
assert abs(by_chance.p_value - exact) < 0.04
few = compare(test[:60], predictions[:60], bag.predictions[:60], names=pair)
widths = [c.difference.high - c.difference.low for c in (by_chance, few)]
assert widths[1] > 1.5 * widths[0]
print("all texts:", by_chance)
print("60 texts: ", few)
only = is_right & (bag.predictions != test), ~is_right & (bag.predictions == test)
print("right alone: LSTM {}, bag {}".format(*map(np.sum, only)), f"p = {exact:.2g}")

# %% [markdown]
# Three warnings. $p$ is how often equals differ so much, not how likely they are equal.
# It knows one training run of each: another seed may move the score as much (exercise
# 5). And who tries twenty variants finds one with $p < 0.05$ by luck.
#
# ## 中文: the same in Chinese
#
# Reviews, as many good as bad. Does a bag of characters beat guessing?

# %% [markdown] zh
# 三点提醒。$p$ 是一样好的两个模型相差这么多的频率，而不是两者一样好的概率。它只知道每个
# 模型的一次训练：换一个种子，分数可能变动得一样多（练习 5）。而试了二十种变体的人，总能
# 靠运气找到一种 $p < 0.05$ 的。
#
# ## 中文：同样的做法
#
# 评论，好评与差评一样多。以字为单位的词袋胜得过猜测吗？

# %%
reviews = load_classification("reviews_zh")
bag = bag_of_words_baseline(reviews.train, reviews.test, reviews.language)
guess = majority_baseline(reviews.train.labels, reviews.test.labels)
answers = bag.predictions, guess.predictions
found = compare(reviews.test.labels, *answers, names=("the bag", "guessing"))
assert np.isclose(found.difference.estimate, bag.accuracy - guess.accuracy)
print(f"{len(reviews.test)} reviews:", found)

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/03_3_1_metrics.py`)
#
# `exercises.check("03_3_1_metrics.1", answer)` of `roots_tf` judges an answer or gives
# a hint; brackets say what `answer` is.
#
# 1. Why the *harmonic* mean? Let a model call everything positive when 1 % is. (Its
#    F1.)
# 2. A test finds 90 % of the ill and alarms 5 % of the healthy. Which share of the
#    alarms is true if 50 %, 1 % or 0.1 % are ill? (Three numbers.)
# 3. Build a model with an ECE of 0 that is of no use. What say Brier score and AUROC?
#    (A function of the labels that gives probabilities $(N, 2)$.)
# 4. Two models differ on 10 % of the texts, A is a point better. How many texts show it
#    at $p = 0.05$? (A number.)
# 5. Train one model with two seeds. Does one "beat" the other? (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/03_3_1_metrics.py`）
#
# `roots_tf` 的 `exercises.check("03_3_1_metrics.1", answer)` 评判答案或给出提示；括号里
# 说明 `answer` 是什么。
#
# 1. 为什么是**调和**平均？设正类占 1 %，让一个模型把一切都判为正类。（它的 F1。）
# 2. 一项检查能发现 90 % 的病人，也会对 5 % 的健康人报警。如果病人占 50 %、1 % 或 0.1
#    %，警报中有多大比例是真的？（三个数。）
# 3. 造一个 ECE 为 0 却毫无用处的模型。Brier 分数和 AUROC 怎么说？（以标签为参数的函数，
#    给出概率 $(N, 2)$。）
# 4. 两个模型在 10 % 的文本上不同，A 好一个百分点。要多少段文本才能以 $p = 0.05$ 看出
#    来？（一个数。）
# 5. 用两个种子训练同一个模型。其中一个会“胜过”另一个吗？（开放题。）
