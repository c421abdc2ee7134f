# %% [markdown]
# # §8.4 隐私保护与安全性: a model that tells secrets, and one that cannot
#
# We plant phone numbers in a model's training text, read them out of the model again,
# and train once more with differential privacy (差分隐私), which makes that next to
# impossible and says by how much. Then what to keep out of training and of files.
#
# ## What the article says
#
# §8 (4): privacy of the data and security of the model are to be improved while the
# model stays as good. It names no method. Two sides of it can be measured: does a model
# keep what it has read once (memorization, 记忆), and can one tell from outside whether
# a text was in its training data (membership inference, 成员推断)?

# %% [markdown] zh
# # §8.4 隐私保护与安全性：一个会泄密的模型，和一个泄不了密的模型
#
# 我们把电话号码埋进模型的训练文本，再从模型中读出来，然后用差分隐私重新训练一次，使泄密
# 几乎不可能，并说出到什么程度。最后谈什么不该进入训练，什么不该进入文件。
#
# ## 文章怎么说
#
# §8 (4)：在保证模型性能的同时，提高数据隐私保护和模型安全性。它没有说出方法。其中有两个
# 方面可以测量：模型会不会记住它只读过一次的东西（记忆，memorization）；从外部能不能看出
# 一段文本是否在它的训练数据中（成员推断，membership inference）？

# %%
import math
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.evaluation.ranking_curves import roc_curve
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization.losses import cross_entropy
from roots_tf.text.byte_pair import BytePairTokenizer
from roots_tf.text.sensitive_strings import (
    is_identity_card,
    mask_sensitive_strings,
    passes_luhn,
)
from roots_tf.train.private_training_data import make_examples
from roots_tf.trends.canaries import chance_interval, exposure, make_canaries, rank
from roots_tf.trends.membership_inference import (
    attack_by_loss,
    largest_auc,
    most_true_positives,
)
from roots_tf.trends.private_training import (
    ClippedGradients,
    gradient_of_step,
    poisson_sample,
)
from roots_tf.trends.renyi_accountant import epsilon_spent, noise_for_epsilon

keras.utils.set_random_seed(7)
tf.config.experimental.enable_op_determinism()
tf.get_logger().setLevel("ERROR")

# %% [markdown]
# ## Canaries (金丝雀)
#
# A sentence with a random number is planted *once* (Carlini et al. 2019, 1802.08232).
# The model is then asked how probable it finds that sentence with each of the $R$ =
# 1,000 possible numbers. The rank of the planted one says how much can be read out:
#
# $$\mathrm{exposure} = \log_2 R - \log_2 \mathrm{rank}$$

# %% [markdown] zh
# ## 金丝雀（canaries）
#
# 把一个含有随机号码的句子*只埋一次*（Carlini 等 2019，1802.08232）。然后把 $R$ = 1,000
# 个可能的号码逐一放进这个句子，问模型认为它有多大概率。埋入的号码的名次说明能读出多少：
#
# $$\mathrm{exposure} = \log_2 R - \log_2 \mathrm{rank}$$

# %%
canaries = make_canaries(8, "en", seed=7)
assert exposure(1) == math.log2(1_000)  # the first place gives it all away
low, high = chance_interval(len(canaries))
print(canaries[0].text, "|", make_canaries(1, "zh", seed=7)[0].text)
print(f"mean rank of 8 that nobody has kept: {low:.0f} to {high:.0f}, 95 of 100 times")

# %% [markdown]
# ## Texts: members, others, and public ones
#
# 500 docstring paragraphs and 8 canaries are trained on; 500 others of the same kind
# are not. The vocabulary and the first weights are learned from a third lot, which
# anybody may know: learned from the members, they would tell of them.

# %% [markdown] zh
# ## 文本：成员、非成员与公开文本
#
# 用 500 段文档字符串和 8 个金丝雀训练；另外 500 段同类文本不用于训练。词表和初始权重从
# 第三批文本中学得，这一批谁知道都无妨：若从成员中学得，它们就会透露成员的信息。

# %%
lines = dict.fromkeys(line for line in load_plain_text("docstrings") if len(line) > 40)
drawn = np.random.default_rng(7).permutation(len(lines))[:3_000]
texts = [list(lines)[row] for row in drawn]
tokenizer = BytePairTokenizer.learn(texts[1_000:], vocab_size=600)
planted = [canary.text for canary in canaries]
members = make_examples(tokenizer, texts[:500] + planted, context=24)
others = make_examples(tokenizer, texts[500:1_000], context=24)
public = make_examples(tokenizer, texts[1_000:], context=24)
assert members.token_ids.shape == (508, 24)


# %% [markdown]
# ## DP-SGD
#
# One example must not change the training by much. So each one's gradient is cut to a
# length $C$ before they are added, and noise hides what is left of any one (Abadi et
# al. 2016, 1607.00133, algorithm 1):
#
# $$g = \frac{1}{qN} \Big( \sum_{i \in \text{sample}} g_i \min\big(1, C / |g_i|\big) +
# \mathcal{N}(0, \sigma^2 C^2 I) \Big)$$
# Each example joins a step with probability $q$, by itself.

# %% [markdown] zh
# ## DP-SGD
#
# 单个样本不得对训练造成大的改变。因此，每个样本的梯度先截断到长度 $C$，然后相加，再用噪
# 声掩盖任何一个样本留下的痕迹（Abadi 等 2016，1607.00133，算法 1）：
#
# $$g = \frac{1}{qN} \Big( \sum_{i \in \text{sample}} g_i \min\big(1, C / |g_i|\big) +
# \mathcal{N}(0, \sigma^2 C^2 I) \Big)$$
# 每个样本以概率 $q$ 各自独立地进入一步。


# %%
def new_model():
    keras.utils.set_random_seed(7)
    sizes = dict(max_positions=24, hidden_size=48, num_layers=2, num_heads=2)
    model = Gpt(GptConfig.tiny(tokenizer.vocab_size, **sizes))
    model.build()
    return model


model = new_model()
clipped = ClippedGradients(model, cross_entropy, 1.0)
sums, norms, _ = clipped(members.rows(range(32)), np.ones(32, bool))
length = float(tf.linalg.global_norm(sums))
assert length <= 32  # vectors of length 1 at most
print("lengths before clipping:", np.sort(norms.numpy())[[0, 15, 31]].round(2))

# %% [markdown]
# ## What it costs: the accountant
#
# $(\varepsilon, \delta)$-privacy: whatever is seen of the model, its probability
# changes by a factor of $e^\varepsilon$ at most, but for a probability $\delta$, if one
# example is taken out. Each step spends some; Rényi divergences add up (Mironov et al.
# 2019, 1908.10530). The tests compare with Google's accountant: within 1 %.

# %% [markdown] zh
# ## 代价：隐私预算的核算
#
# $(\varepsilon, \delta)$-隐私：无论从模型算出什么，去掉一个样本，其概率至多改变
# $e^\varepsilon$ 倍，只有 $\delta$ 的概率例外。每一步都花掉一些预算；Rényi 散度可以相加
# （Mironov 等 2019，1908.10530）。测试与 Google 的核算程序比较：相差在 1 % 以内。

# %%
delta, epochs, size = 1e-5, 24, 128
rate, steps = size / len(members), epochs * round(len(members) / size)
noise = noise_for_epsilon(3.0, rate, steps, delta)
spent = [epsilon_spent(rate, noise, n, delta) for n in range(0, steps + 1, 12)]
assert spent[-1] <= 3.0 and spent == sorted(spent)
table = {e: noise_for_epsilon(e, rate, steps, delta) for e in (1.0, 3.0, 8.0)}
assert table[1.0] > table[3.0] > table[8.0]  # more privacy, more noise
pd.Series(table, name="noise, in units of C").rename_axis("epsilon").round(2)


# %% [markdown]
# ## Two trainings
#
# A model that has read the public texts goes on with the members: plainly, in small
# steps, and privately, in large ones (the noise of a step is the same however many
# examples share it) and at a lower rate (most of a step is noise).

# %% [markdown] zh
# ## 两次训练
#
# 一个读过公开文本的模型接着学习成员文本：普通训练用小批；私密训练用大批（无论多少样本分
# 摊，一步的噪声都一样大），学习率也更低（一步之中大部分是噪声）。


# %%
def train(model, texts, epochs, size, rate, limit=None, noise=0.0):
    adam, weights = keras.optimizers.Adam(rate), model.trainable_variables
    adam.build(weights)
    update = tf.function(lambda gradients: adam.apply(gradients, weights))
    clipped = ClippedGradients(model, cross_entropy, limit)
    for step in range(epochs * round(len(texts) / size)):
        rows = poisson_sample(len(texts), size / len(texts), (7, step))
        found = gradient_of_step(clipped, texts.rows, rows, size, noise, (7, step))
        update(found[0])


# %%
train(model, public, epochs=3, size=32, rate=0.005)
before, private = new_model(), new_model()
before.set_weights(model.get_weights())
private.set_weights(model.get_weights())

# %%
train(model, members, epochs=16, size=32, rate=0.005)

# %%
train(private, members, epochs, size, rate=0.0005, limit=1.0, noise=noise)


# %% [markdown]
# ## The attacks: of each text the loss, of each canary its rank

# %% [markdown] zh
# ## 攻击：每段文本的损失，每个金丝雀的名次


# %%
@tf.function(reduce_retracing=True, autograph=False)
def nats(model, token_ids, targets, weights):
    return tf.reduce_sum(weights * cross_entropy(targets, model(token_ids)), axis=1)


def ranks_of(model):
    losses = []
    for canary in canaries:
        asked = make_examples(tokenizer, canary.candidates(), context=24)
        losses.append(nats(model, *asked.rows(slice(None))).numpy())
    return [rank(one, c.secret) for one, c in zip(losses, canaries, strict=True)]


def losses_of(model, examples):
    found = nats(model, *examples.rows(slice(None))).numpy()
    return found / examples.weights.sum(axis=1)


# %%
models = {"before": before, "plain": model, "private": private}
ranks = {name: ranks_of(one) for name, one in models.items()}
means = {name: np.mean(found) for name, found in ranks.items()}
assert means["plain"] < low / 2  # far from chance
assert low < means["private"] < high and low < means["before"] < high
pd.DataFrame(ranks, [canary.text for canary in canaries])

# %%
attacks, curves = {}, {}
for name, one in models.items():
    seen, unseen = losses_of(one, members)[:500], losses_of(one, others)
    attacks[name] = attack_by_loss(seen, unseen)
    labels = np.repeat([1, 0], 500)
    curves[name] = roc_curve(labels, -np.concatenate([seen, unseen]))
auc = {name: attack.auc for name, attack in attacks.items()}
assert auc["plain"].low > 0.8  # most members are told from their loss alone
assert auc["private"].low < 0.55
assert auc["private"].estimate <= largest_auc(3.0, delta)
pd.DataFrame({name: vars(interval) for name, interval in auc.items()}).T.round(3)

# %% [markdown]
# Differential privacy bounds *every* attack on one text, those nobody has thought of
# too: at a share $f$ of false alarms no more than $e^\varepsilon f + \delta$ are caught
# (the black line). The plain model's curve goes where the promise forbids.

# %% [markdown] zh
# 差分隐私给针对一段文本的*每一种*攻击都定下上界，还没有人想到的也在内：误报的比例为 $f$
# 时，抓到的比例不超过 $e^\varepsilon f + \delta$（黑线）。普通模型的曲线进入了这个承诺
# 所禁止的区域。

# %%
f = np.linspace(0, 1, 500)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
for name, found in ranks.items():
    left.plot(sorted(found), "o-", label=name)
left.axhspan(low, high, color="grey", alpha=0.2, label="chance, the mean")
left.set(yscale="log", ylabel="rank of the secret", xlabel="canaries, sorted")
left.legend(fontsize=8)
right.plot(f, most_true_positives(f, 3.0, delta), "k", label="bound, epsilon 3")
for name, curve in curves.items():
    right.plot(curve.false_positive_rate, curve.true_positive_rate, label=name)
right.plot(f, f, "k:", label="a guess")
right.legend(fontsize=8)
right.set(xlabel="others accused", ylabel="members caught")
plt.show()

# %% [markdown]
# ## The price
#
# The plain model has learned its texts by heart, and got worse at new ones. The private
# model cannot, and is hardly better than before: noise that hides one text in 500 hides
# most of what they have in common. Privacy is cheap where there are many texts, for the
# noise stays and the sum grows. `python -m roots_tf.train.private_training` does the
# same with 2,000 private texts and 16 canaries, in TensorBoard, and can be resumed.

# %% [markdown] zh
# ## 要付的代价
#
# 普通模型把它的文本背了下来，对新文本反而变差了。私密模型做不到这一点，也几乎不比先前
# 好：能在 500 段中掩盖一段的噪声，也掩盖了它们的大部分共同之处。文本多的时候，隐私是便
# 宜的，因为噪声不变，而总和在增大。`python -m roots_tf.train.private_training` 用 2,000
# 段私密文本和 16 个金丝雀做同样的事，写入 TensorBoard，中断后可以继续。

# %%
tokens = others.weights.sum(axis=1)
found = {
    name: math.exp(np.average(losses_of(one, others), weights=tokens))
    for name, one in models.items()
}
assert found["private"] < 1.02 * found["before"]  # nothing is lost, little is won
pd.Series(found, name="perplexity of texts never seen").round(1)

# %% [markdown]
# ## What never goes in cannot come out: sensitive strings (敏感信息)
#
# E-mail addresses, phone numbers, identity cards, bank cards and keys have forms, and
# some have check digits. `--mask-sensitive` of the script masks them before training;
# versions, dates and identifiers stay. It is a sieve, not a promise: it knows no names.

# %% [markdown] zh
# ## 从未进去的，就不会出来：敏感信息
#
# 邮箱地址、电话号码、身份证、银行卡和密钥都有固定的形式，有的还有校验位。脚本的
# `--mask-sensitive` 在训练之前把它们遮盖；版本号、日期和标识符保留。这是一道筛子，不是
# 承诺：它不认识人名。

# %%
text = "李雷，13800138000，li@example.cn，身份证11010519491231002X。TensorFlow 2.21.0"
masked = mask_sensitive_strings(text)
assert masked == "李雷，[PHONE]，[EMAIL]，身份证[ID_CARD]。TensorFlow 2.21.0"
assert is_identity_card("11010519491231002X")  # the standard's example, GB 11643
assert not is_identity_card("110105194912310021")  # the check digit is wrong
assert passes_luhn("4111 1111 1111 1111") and not passes_luhn("4111 1111 1111 1112")
print(masked)

# %% [markdown]
# ## Safe model files
#
# A model file from elsewhere can be an attack on whoever opens it. Python's pickle runs
# code while it is read, so a `.pkl`, a `.bin` or a `.npy` of objects can do anything.
# This project never reads or writes one: weights are HDF5, safetensors or plain arrays,
# configurations JSON. A Keras file may hold a Python function as bytes (a `Lambda`
# layer); Keras refuses it as long as `safe_mode` stays on, and a test of this project
# fails on any file here that turns it off.

# %% [markdown] zh
# ## 安全的模型文件
#
# 来路不明的模型文件，可能是对打开它的人的攻击。Python 的 pickle 在读取时会运行代码，所
# 以 `.pkl`、`.bin` 或存有对象的 `.npy` 什么都做得出来。本项目从不读也从不写这样的文件：
# 权重是 HDF5、safetensors 或普通数组，配置是 JSON。Keras 文件可能以字节的形式含有
# Python 函数（`Lambda` 层）；只要 `safe_mode` 保持开启，Keras 就会拒绝它，而本项目有一
# 项测试，只要这里有任何文件关闭它，就会失败。

# %%
code = keras.layers.Lambda(lambda x: x * 2)
keras.Sequential([keras.Input((3,)), code]).save("lambda.keras")
try:
    keras.saving.load_model("lambda.keras")
    refused = ""
except ValueError as error:
    refused = str(error)
Path("lambda.keras").unlink()
assert "safe_mode" in refused  # it was not loaded
print(refused.partition(". ")[0])

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/08_4_privacy.py`)
#
# `exercises.check("08_4_privacy.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. Plant each canary in four copies. What is the epsilon of one person then, if one
#    example has $\varepsilon$ = 3, by the simple rule for groups? What does it say? (A
#    number.)
# 2. Somebody divides the sum of clipped gradients by the size of the sample that was
#    drawn, not the expected one. What does that tell about one example? Show it. (How
#    many times as large the noise's deviation is with 20 texts as with 21, divided by
#    either size: two numbers.)
# 3. How much noise does it take for $\varepsilon$ = 1 with 1,000 texts, 10,000 and
#    100,000, at steps of 128 texts and 10 epochs, with $\delta$ = 0.1 / texts? How much
#    for each text of a step? (Three noise multipliers.)
# 4. A 16-digit number is random. How often does it pass the Luhn test? Count it, and
#    explain the number. (A share.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/08_4_privacy.py`）
#
# `roots_tf` 的 `exercises.check("08_4_privacy.1", answer)` 评判答案或给出提示；括号里说
# 明 `answer` 是什么。
#
# 1. 每个金丝雀埋入四份。若一个样本的 $\varepsilon$ = 3，那么按简单的群组规则，一个人的
#    epsilon 是多少？这说明什么？（一个数。）
# 2. 有人把截断后的梯度之和除以实际抽到的样本数，而不是期望的样本数。这会透露一个样本的
#    什么？请演示。（抽到 20 段文本时噪声的标准差是抽到 21 段时的多少倍，两种除法各一个
#    数。）
# 3. 文本为 1,000、10,000 和 100,000 段，每步 128 段、共 10 轮，$\delta$ = 0.1 / 文本
#    数，要达到 $\varepsilon$ = 1 需要多少噪声？分摊到一步中的每段文本又是多少？（三个噪
#    声乘数。）
# 4. 一个 16 位的数是随机的。它有多大比例能通过 Luhn 检验？数一数，并解释这个数。（一个
#    比例。）
