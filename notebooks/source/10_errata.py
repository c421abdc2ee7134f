# %% [markdown]
# # §10 扩展阅读 & 参考资料: what is printed beside what is right
#
# The article ends with its references (参考资料): three books and nine links, of which
# four lead to the work named. A text is no more reliable than its readers make it: run
# it. This notebook runs all 25 entries of ERRATA.md, which has each statement, what is
# right, the source, and further numbers; the sections' own notebooks show most of them
# at length. `python -m roots_tf.train.errata` puts the same into TensorBoard.
#
# ## What the article says, and what is wrong
#
# Each entry has a grade: A is wrong as numbers show, B wrong by the source, C
# misleading, incomplete or outdated, R right. Each also has a comparison: one measure
# of the printed form and of the right one. In every picture **red is as printed, green
# is right**, grey a third form; below it stand the values where the two are farthest
# apart.

# %% [markdown] zh
# # §10 扩展阅读 & 参考资料：印出的与正确的并列
#
# 文章以参考资料结尾：三本书和九个链接，其中四个指向所说的著作。一篇文字有多可靠，取决于
# 读者怎样检验它：运行它。这个笔记本运行 ERRATA.md 的全部 25 条；那里写着每一条的原文、
# 正确的说法、出处和更多的数字；其中大多数在各节自己的笔记本里有详细的演示。
# `python -m roots_tf.train.errata` 把同样的内容写入 TensorBoard。
#
# ## 文章怎么说，错在哪里
#
# 每一条都有一个等级：A 有数字表明是错的，B 据出处是错的，C 有误导、不完整或过时，R 是对
# 的。每一条还有一个对照：对印出的形式和正确的形式作同一种测量。所有图中，**红色是印出
# 的，绿色是正确的**，灰色是第三种形式；图下写着两者相差最大处的值。

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from roots_tf.errata import e01_cbow_loss as e01
from roots_tf.errata import e02_word2vec_network as e02
from roots_tf.errata import e03_glove_steps as e03
from roots_tf.errata import e04_glove_loss as e04
from roots_tf.errata import e05_gradient_sign as e05
from roots_tf.errata import e06_sum_and_names as e06
from roots_tf.errata import e07_adam_bias as e07
from roots_tf.errata import e08_recall as e08
from roots_tf.errata import e09_random_search as e09
from roots_tf.errata import e10_bayesian_search as e10
from roots_tf.errata import e11_bilstm_is_no_bert as e11
from roots_tf.errata import e12_label_shapes as e12
from roots_tf.errata import e13_padding as e13
from roots_tf.errata import e14_three_architectures as e14
from roots_tf.errata import e15_word_vectors_and_llms as e15
from roots_tf.errata import e16_stop_words as e16
from roots_tf.errata import e17_question_answering as e17
from roots_tf.errata import e18_book_titles as e18
from roots_tf.errata import e19_paper_titles as e19
from roots_tf.errata import e20_t5_number as e20
from roots_tf.errata import e21_albert_number as e21
from roots_tf.errata import e22_environment as e22
from roots_tf.errata import e23_links as e23
from roots_tf.errata import e24_chat_markers as e24
from roots_tf.errata import e25_what_is_right as e25
from roots_tf.errata.erratum import GRADES, load
from roots_tf.monitoring.comparison_figure import draw_comparison

entries = {entry.id: entry for entry in load()}
assert len(entries) == 25 and len(e23.LINKS) == 9
by_grade = [[e.id for e in entries.values() if e.grade == grade] for grade in GRADES]
pd.set_option("display.max_colwidth", None)
pd.DataFrame({"meaning": GRADES.values(), "entries": map(" ".join, by_grade)}, GRADES)


# %%
def draw(*errata):
    rows, figsize = -(-len(errata) // 4), (11.5, 2.7 * -(-len(errata) // 4))
    _, axes = plt.subplots(rows, 4, figsize=figsize, layout="constrained")
    for axis in axes.flat[len(errata) :]:
        axis.axis("off")
    for axis, erratum in zip(axes.flat, errata, strict=False):
        shown, id = erratum.comparison(), erratum.ENTRY.id
        texts = {"title": f"{id}: {shown.measured}", "xlabel": shown.by}
        texts["logarithmic"] = shown.logarithmic
        draw_comparison(axis, shown.places, shown.values, **texts)
        print(f"{id} {shown.line()}")
    plt.show()


plt.rcParams.update({"font.size": 7, "axes.titlesize": 7})

# %% [markdown]
# ## Word vectors: §3.1, §4.1 (E01, E02, E03, E04)
#
# * E01, CBOW's loss: to the letter it is a softmax of one number,
#   $\frac{e^{x}}{e^{x}} = 1$. Its gradient is 0, nothing is learned. Read as a softmax
#   over the vocabulary, without the logarithm (grey), it learns slowly at best.
# * E02: a whole output layer gives each word a score. Word2Vec walks down a Huffman
#   tree instead: the more often a word is seen, the shorter the way.
# * E03: of two texts each word is seen twice in both. Only the counts of pairs, with
#   $\frac{1}{d}$ for a distance $d$, tell them apart: those are what GloVe learns from.
# * E04, GloVe's loss: the printed one falls until the words are more than orthogonal,
#   and the logarithm is no number. The right one falls to 0, where all counts fit.

# %% [markdown] zh
# ## 词向量：§3.1、§4.1（E01、E02、E03、E04）
#
# * E01，CBOW 的损失：照字面，它是单独一个数的 softmax，$\frac{e^{x}}{e^{x}} = 1$。梯度
#   是 0，什么也学不到。若读作对整个词表的 softmax 而没有对数（灰色），最多也只是学得很
#   慢。
# * E02：完整的输出层给每个词一个分数。Word2Vec 则沿哈夫曼树往下走：词出现得越多，路越
#   短。
# * E03：两段文本里每个词都出现两次。只有词对的计数才能把它们分开，相距 $d$ 的一对算作
#   $\frac{1}{d}$：GloVe 正是从这些计数学习的。
# * E04，GloVe 的损失：印出的损失一直下降，直到两个词比正交还远，对数不再是数。正确的损
#   失降到 0，那时所有计数都吻合。

# %%
draw(e01, e02, e03, e04)

context = e01.INPUT_VECTORS[e01.CONTEXT]
value, of_u, of_h = e01.scalar_softmax(e01.OUTPUT_VECTORS, context, e01.CENTRE)
assert value == 1 and not of_u.any() and not of_h.any()
lengths = [len(code) for code in e02.huffman_codes()]
assert lengths == sorted(lengths) and lengths[0] == 1
assert set(e03.word_counts(e03.FIRST).values()) == {2}
assert e03.word_counts(e03.FIRST) == e03.word_counts(e03.SECOND)
assert np.isnan(e04.printed_term(e04.descend(0.9)[-1]))
counts = e03.cooccurrence(e03.FIRST)
assert e03.cost(counts, e03.train(counts)) < 1e-12

# %% [markdown]
# ## Training: §3.2, §4.2 (E05, E06, E07)
#
# * E05: the article's rule is $w \leftarrow w - a \frac{\partial L}{\partial w}$, and
#   the gradient that it prints has the opposite sign: two minus signs, and the loss
#   climbs.
# * E06: the loss is a *sum* over the examples. The largest learning rate that does not
#   diverge is $2$ over the curvature, and a sum has $n$ times the curvature of a mean:
#   with ten times the data, a tenth of the rate.
# * E07, Adam: $m$ and $v$ start at 0 and are too small at first, $v$ for longer.
#   Without the corrections $\frac{m}{1 - \beta_1^t}$ and $\frac{v}{1 - \beta_2^t}$ the
#   first steps are too large: the printed form leaps over the bottom of the bowl,
#   farther than the right one.

# %% [markdown] zh
# ## 训练：§3.2、§4.2（E05、E06、E07）
#
# * E05：文章的更新规则是 $w \leftarrow w - a \frac{\partial L}{\partial w}$，而它印出的
#   梯度符号相反：两个负号，损失上升。
# * E06：损失是对样本的*总和*。不发散的最大学习率是 $2$ 除以曲率，而总和的曲率是平均的
#   $n$ 倍：数据是十倍，学习率就要是十分之一。
# * E07，Adam：$m$ 和 $v$ 从 0 开始，起初太小，$v$ 更久。没有 $\frac{m}{1 - \beta_1^t}$
#   与 $\frac{v}{1 - \beta_2^t}$ 这两个修正，最初的步子就太大：印出的形式跳过碗底，比正
#   确的形式跳得更远。

# %%
draw(e05, e06, e07)

assert e05.printed_gradient(0.0) == -e05.right_gradient(0.0)
network = e05.random_network()
differences = e05.finite_differences(*network)
errors = e05.relative_errors(e05.network_gradients(*network), differences)
assert max(errors) < e05.EXACT
rates = [e06.largest_stable_rate(n, "sum") * n for n in e06.SIZES]
assert np.allclose(rates, [e06.largest_stable_rate(n, "mean") for n in e06.SIZES])
paths = [e07.adam_path(form, e07.bowl_gradient, [1.0], 60, 0.1) for form in e07.FORMS]
assert e07.overshoot(paths[0]) > 2 * e07.overshoot(paths[1])

# %% [markdown]
# ## Evaluation and tuning: §3.3, §4.3 (E08, E09, E10)
#
# * E08: §3.3.1 gives recall (召回率) the words of precision (精确率); then $F_1$ is
#   precision too, and nobody sees that 32 of 40 positives are missed.
# * E09: random search updates nothing; its draws are independent. That is its strength:
#   of each dimension nine draws try nine values, a grid of nine points tries three.
# * E10: the printed Bayesian search chooses and never evaluates: it learns nothing.
#   With the evaluation but without an acquisition function (grey) it climbs the nearest
#   peak; expected improvement finds the higher one.

# %% [markdown] zh
# ## 评估与调优：§3.3、§4.3（E08、E09、E10）
#
# * E08：§3.3.1 把精确率的话用在了召回率上；于是 $F_1$ 也成了精确率，谁也看不出 40 个正
#   例漏掉了 32 个。
# * E09：随机搜索什么也不更新，各次抽取相互独立。这正是它的长处：每个维度上，九次抽取试
#   九个值，九个点的网格只试三个。
# * E10：印出的贝叶斯搜索只选不评估：什么也学不到。加上评估而没有采集函数（灰色），它爬
#   上最近的山峰；期望提升则找到更高的那座。

# %%
draw(e08, e09, e10)

assert (e08.FN, e08.TP + e08.FN) == (32, 40)
printed = e08.printed_scores(e08.TP, e08.FP, e08.FN, e08.TN)
assert printed["recall"] == printed["precision"] == printed["f1"]
assert list(map(e09.distinct_values, e09.grid_and_random_points())) == [[3, 3], [9, 9]]
assert len(set(e10.printed_loop())) == 1
assert e10.best_value(e10.full_loop(e10.mean_alone)) < 0.46
assert e10.best_value(e10.full_loop(e10.expected_improvement)) > 0.59

# %% [markdown]
# ## The model of §5 (E11, E12, E13)
#
# * E11: what is called BERT is an embedding, a bidirectional LSTM and a dense layer.
#   Part by part BERT-base is 19, 323 and 1,149 times as large; and it has attention,
#   which the printed model has not.
# * E12: its output has a label for each *token*. To repeat a text's label at every
#   token makes `fit` run; what is reported is then an accuracy a token, and it rises
#   where not one text more is classified rightly.
# * E13: without `mask_zero` the probabilities of a sentence depend on how much padding
#   its batch needs; with it, they do not.

# %% [markdown] zh
# ## §5 的模型（E11、E12、E13）
#
# * E11：被称为 BERT 的，是一个嵌入层、一个双向 LSTM 和一个全连接层。逐部分来看，
#   BERT-base 分别是它的 19、323 和 1,149 倍；而且 BERT-base 有注意力，印出的模型没有。
# * E12：它的输出给每个*词元*一个标签。把文本的标签在每个词元上重复，`fit` 就能运行；但
#   这时报告的是词元的准确率，它在上升，而分对的文本一个也没有增加。
# * E13：没有 `mask_zero`，一个句子的概率就取决于它所在的批需要多少填充；有了它，就不
#   会。

# %%
draw(e11, e12, e13)

parts = e11.comparison().values
ratios = np.divide(parts["right"], parts["printed"])
assert list(ratios.round()) == [19, 323, 1149]
by_token, by_text = zip(
    *(e12.repeated_label_accuracies([20, n], 20) for n in range(11)), strict=True
)
assert by_token[-1] == 0.75 and set(by_text) == {0.5}
changes = e13.probability_changes(e13.build_small_model)
assert changes["no mask"] > 1e-5 and changes["mask"] < 1e-6

# %% [markdown]
# ## Language models and their uses: §2, §6, §9 (E14, E15, E16, E17)
#
# * E14: §2.5 gives GPT an encoder. If it had one, every output would notice that a
#   later token is changed; GPT's do not, and so it can write.
# * E15: Word2Vec and GloVe are no step of training a language model: all of its
#   parameters, token vectors included, are learned on its own task.
# * E16: with its stop words (停用词) a review loses its 不 or *not*, and half of the
#   four answers are wrong.
# * E17: to find a text is not yet to answer: of the questions whose text is found,
#   about half are answered (Karpukhin et al. 2020, 2004.04906, tables 2 and 4).

# %% [markdown] zh
# ## 语言模型及其应用：§2、§6、§9（E14、E15、E16、E17）
#
# * E14：§2.5 说 GPT 有编码器。如果有，后面一个词元的改变会被每个输出察觉；GPT 的输出不
#   会察觉，所以它能往下写。
# * E15：Word2Vec 和 GloVe 不是训练语言模型的一步：它的全部参数，包括词元向量，都在它自
#   己的任务上学到。
# * E16：去掉停用词，一条评论就丢了“不”或 *not*，四个回答错了一半。
# * E17：找到文本还不是回答：找到了文本的问题，大约一半得到了回答（Karpukhin 等 2020，
#   2004.04906，表 2 和表 4）。

# %%
draw(e14, e15, e16, e17)

assert (e14.matrices()["decoder"][e14.CHANGED][: e14.CHANGED] == 0).all()
assert all(share < 0.35 for _, share in e15.token_table_shares().values())
assert [e16.right_answers(name, e16.STOP_WORDS[name]) for name in e16.TEST] == [2, 2]
assert all(0.5 < share < 0.6 for share in e17.answered_when_found().values())

# %% [markdown]
# ## Tools, books, papers, links: §7, §8, §10 (E18, E19, E20, E21, E22, E23, E24)
#
# * E18: 《自然语言处理综论》 is Jurafsky and Martin's book, not Manning and Schütze's;
#   of what we note of both, only the year of the Chinese edition is the same.
# * E19: of the eight words of Word2Vec's title, the article prints none.
# * E20, E21: numbers of arXiv begin with year and month. T5's is of October 2019; the
#   one printed is eleven months too late. ALBERT's number leads to Megatron-LM, a paper
#   on more parameters in place of one on fewer.
# * E22: "Python 3.x" is not enough: each TensorFlow has wheels for some versions.
# * E23: of nine links five lead elsewhere: to other papers, or to a company.
# * E24: two marks `<|im_end|>` are left of the program that wrote the text. To a model,
#   each ends a message.

# %% [markdown] zh
# ## 工具、书、论文、链接：§7、§8、§10（E18、E19、E20、E21、E22、E23、E24）
#
# * E18：《自然语言处理综论》是 Jurafsky 和 Martin 的书，不是 Manning 和 Schütze 的；我
#   们对两本书所记的各项中，只有中文版的年份相同。
# * E19：Word2Vec 论文标题的八个词，文章一个也没有印。
# * E20、E21：arXiv 编号以年和月开头。T5 的编号是 2019 年十月的；印出的晚了十一个月。
#   ALBERT 的编号指向 Megatron-LM：本该是一篇用更少参数的论文，却成了一篇用更多参数的。
# * E22：只说“Python 3.x”不够：每个 TensorFlow 只为某些版本提供安装包。
# * E23：九个链接中有五个指向别处：别的论文，或者一家公司。
# * E24：写这篇文字的程序留下了两个标记 `<|im_end|>`。对模型来说，每一个都结束一条消息。

# %%
draw(e18, e19, e20, e21, e22, e23, e24)

assert e18.book("自然语言处理综论").authors == "Daniel Jurafsky, James H. Martin"
assert e19.words_in_print()["Word2Vec"][:2] == (8, 0)
assert e20.arxiv_month("1910.10683") == (2019, 10) and e20.months_late() == 11
assert e21.albert_parameters() < e11.bert_parameters() / 9 < e21.MEGATRON_PARAMETERS
assert "3.9" not in e22.TENSORFLOW_2_21_PYTHONS
assert [count for count, _ in e23.links_by_aim().values()] == [4, 2, 3]
assert e24.messages("a text <|im_end|> another <|im_end|>") == ["a text", "another"]

# %% [markdown]
# ## What is right (E25)
#
# The formulas of §4.3.1 are right, among them $F_1 = \frac{2 P R}{P + R}$, the harmonic
# mean (调和平均) of precision and recall: here both forms are one curve. Right are also
# SGD's rule, the six abbreviations of §1.4.3, and four links of §10.

# %% [markdown] zh
# ## 对的是什么（E25）
#
# §4.3.1 的公式是对的，其中有 $F_1 = \frac{2 P R}{P + R}$，即精确率与召回率的调和平均：
# 这里两种形式是同一条曲线。对的还有 SGD 的更新规则、§1.4.3 的六个缩略词，以及 §10 的四
# 个链接。

# %%
draw(e25)

both = e25.comparison().values
assert np.allclose(both["printed"], both["right"])
assert np.isclose(e25.means(0.5, 0.125)["harmonic"], 0.2)
assert all(e25.initials(words) == name for name, words in e25.ABBREVIATIONS.items())

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/10_errata.py`)
#
# `exercises.check("10_errata.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. The wording of §3.3.1 gives 8 true positives and 2 false positives a recall of 0.8.
#    For how many false negatives would that be the right recall? (A number.)
# 2. If the gradient stays the same, the printed Adam's step is too large from the first
#    step on. At which step is it so most? (A number; `e07.step_size_ratio`.)
# 3. How many independent draws does it take for the best of them to be among the best
#    0.01 of all combinations with a probability of 0.99? (A number.)
# 4. Take the references of a text that you have read. Of each, tell whether the address
#    is lasting and, if it is arXiv's, in which year and month the number was given.
#    (Open.)
# 5. A small project: find a wrong statement in another text, and write an `Erratum` and
#    a `Comparison` of it: printed, right, source, numbers. Draw it. (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/10_errata.py`）
#
# `roots_tf` 的 `exercises.check("10_errata.1", answer)` 评判答案或给出提示；括号里说明
# `answer` 是什么。
#
# 1. 照 §3.3.1 的话，8 个真正例和 2 个假正例的召回率是 0.8。假负例是多少个时，这才是正确
#    的召回率？（一个数。）
# 2. 如果梯度保持不变，印出的 Adam 从第一步起步子就太大。在第几步最过分？（一个数；
#    `e07.step_size_ratio`。）
# 3. 要使最好的一次以 0.99 的概率属于全部组合中最好的 0.01，需要多少次独立抽取？（一个
#    数。）
# 4. 取一篇你读过的文字的参考资料。对每一条，说出地址是否持久；如果是 arXiv 的，编号是哪
#    一年哪一月给的。（开放题。）
# 5. 小项目：在另一篇文字里找一处错误的说法，为它写一个 `Erratum` 和一个 `Comparison`：
#    印出的、正确的、出处、数字。把它画出来。（开放题。）
