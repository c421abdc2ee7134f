# %% [markdown]
# # §1 背景介绍: the words of the article, as running code
#
# §1.4 defines a handful of terms in a sentence each. Here each of them is a few lines
# that run, on the smallest language model there is: a table of which token follows
# which.
#
# ## What the article says
#
# A large language model (大规模语言模型) is "based on deep learning, trained on masses
# of data, able to understand and to write natural language". The sentence does not say
# what the model *is*. It is a function that gives every next token a probability:
#
# $$p(w_1, \dots, w_N) = \prod_t p(w_t \mid w_1, \dots, w_{t-1})$$
#
# Everything else in the article is about how good that function gets, and what one does
# with it. The bigram model (二元模型) sees one token back:
#
# $$p(b \mid a) = \frac{n_{ab} + k\, p(b)}{n_a + k}$$

# %% [markdown] zh
# # §1 背景介绍：文章里的术语，变成能运行的代码
#
# §1.4 用一句话定义了几个术语。这里每个术语都是几行能运行的代码，用的是最小的语言模型：
# 一张表，记着哪个词元后面跟着哪个词元。
#
# ## 文章怎么说
#
# 大规模语言模型“指基于深度学习技术，使用海量数据进行训练的、能够对自然语言进行理解和生
# 成的模型”。这句话没有说模型*是*什么。它是一个函数，给每个可能的下一个词元一个概率：
#
# $$p(w_1, \dots, w_N) = \prod_t p(w_t \mid w_1, \dots, w_{t-1})$$
#
# 文章其余的内容，都在讲这个函数怎样变好、拿它来做什么。二元模型（bigram）只往回看一个词
# 元：
#
# $$p(b \mid a) = \frac{n_{ab} + k\, p(b)}{n_a + k}$$

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.datasets.classification import load_classification
from roots_tf.datasets.plain_text import load_plain_text
from roots_tf.datasets.reading_comprehension import load_reading_comprehension
from roots_tf.evaluation.perplexity import perplexity
from roots_tf.text.bigrams import BigramModel
from roots_tf.text.segmentation import segment
from roots_tf.text.vocabulary import Vocabulary

lines = [*itertools.islice(load_plain_text("docstrings"), 6_000)]
passages = load_reading_comprehension("passages_zh").train
chinese = [*dict.fromkeys(question.passage for question in passages)]
chinese += load_classification("reviews_zh").train.texts
words = {"en": segment(lines), "zh": segment(chinese, han="characters")}

ids, vocabularies = {}, {}
for language, texts in words.items():
    vocabulary = Vocabulary.build(texts, max_size=1_500)
    ids[language] = np.concatenate([vocabulary.encode(text) for text in texts])
    vocabularies[language] = vocabulary
    print(language, f"{len(ids[language]):,} tokens, {len(vocabulary):,} different")

# %% [markdown]
# ## Training (训练): counting
#
# The first nine tenths of each text train the model, the rest measures it. Measured is
# the perplexity (困惑度): between how many tokens the model hesitates on average. A
# model that knows nothing hesitates between all of them.

# %% [markdown] zh
# ## 训练：数数
#
# 每份文本的前九成用来训练，剩下的用来测量。测的是困惑度：模型平均在多少个词元之间犹豫。
# 一无所知的模型在所有词元之间犹豫。

# %%
rows, models, held_out = {}, {}, {}
for language, text in ids.items():
    end, size = len(text) * 9 // 10, len(vocabularies[language])
    train, held_out[language] = text[:end], text[end:]
    models[language] = BigramModel(train, size, k=20)
    nats = {
        "knows nothing": np.full(len(text) - end - 1, np.log(size)),
        "unigram: how often": -np.log(models[language].unigram[text[end + 1 :]]),
        "bigram: after which": models[language].surprise(text[end:]),
    }
    rows[language] = {
        name: perplexity(value.sum(), len(value)) for name, value in nats.items()
    }
table = pd.DataFrame(rows)
assert (table.diff().dropna() < 0).all(axis=None)
table.round(1)

# %% [markdown]
# ## To write (生成), and what it lacks to understand (理解)
#
# Drawn token by token, from the row of the token before. Neighbours fit; nothing else
# does. What a bigram lacks is what §2 to §7 are about: to see further back.

# %% [markdown] zh
# ## 生成，以及离“理解”还差什么
#
# 逐个词元地抽取，每次都按前一个词元那一行的概率。相邻的词元合得上，别的都不行。二元模型
# 缺的，正是 §2 到 §7 要讲的：往更远处看。

# %%
rng = np.random.default_rng(7)
for language, beginning in {"en": "the", "zh": "我"}.items():
    vocabulary = vocabularies[language]
    first = int(vocabulary.encode([beginning])[0])
    written = models[language].write(first, 30, rng)
    space = " " if language == "en" else ""
    print(space.join(vocabulary.tokens[number] for number in written))

# %% [markdown]
# ## Masses of data (海量数据)
#
# The same model, from more and more text. Without smoothing ($k = 0$) a pair that was
# never seen is impossible, and the perplexity infinite: no text is ever large enough.
# (The text is not shuffled: where a curve rises first, its beginning is about other
# things than its end.)

# %% [markdown] zh
# ## 海量数据
#
# 同一个模型，文本越来越多。不加平滑（$k = 0$）时，从没见过的一对就是不可能的，困惑度为
# 无穷大：多少文本都不够。
# （文本没有打乱：曲线先升的地方，是因为文本的开头和结尾讲的不是一回事。）

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3), layout="tight")
impossible = {}
for axis, (language, text) in zip(axes, ids.items(), strict=True):
    end = len(text) * 9 // 10
    shares = [end // 2**halving for halving in range(7, -1, -1)]
    for k in (1, 20, 200):
        curve = []
        for share in shares:
            model = BigramModel(text[:share], len(vocabularies[language]), k)
            curve.append(np.exp(model.surprise(text[end:]).mean()))
        axis.loglog(shares, curve, marker=".", label=f"k = {k}")
    unseen = BigramModel(text[:end], len(vocabularies[language]), k=0)
    impossible[language] = np.isinf(unseen.surprise(text[end:])).mean()
    axis.set(xlabel="training tokens", ylabel="perplexity", title=language)
    axis.legend()
plt.show()
assert all(share > 0 for share in impossible.values())
print(
    {name: f"{share:.1%} of the pairs never seen" for name, share in impossible.items()}
)

# %% [markdown]
# ## Neural network (神经网络), optimization (优化), word vectors (词向量)
#
# The same table, learned instead of counted: one layer gives each token a row of
# logits, a softmax makes probabilities of it, gradient descent (§3.2) lowers the mean
# surprise. A row of that layer is a vector for its token. With enough steps it comes to
# the same numbers that counting gives at once. The point of the detour: a network can
# have more layers, and see more than one token.

# %% [markdown] zh
# ## 神经网络、优化、词向量
#
# 同一张表，这次不是数出来的，而是学出来的：一层网络给每个词元一行 logits，softmax 把它
# 变成概率，梯度下降（§3.2）降低平均的意外程度。这一层的一行，就是它那个词元的向量。步数
# 够多时，结果就是数数一下子得到的那些数。绕这个弯的意义在于：网络可以有更多层，可以看不
# 止一个词元。

# %%
frequent = np.minimum(ids["zh"], 60)  # the commonest characters; 60 is all others
counted = BigramModel(frequent, 61, k=0)
pairs = tf.constant(counted.counts, tf.float32)
logits = tf.Variable(tf.zeros((61, 61)))
optimizer = tf.keras.optimizers.Adam(0.1)
losses = []
for _ in range(300):
    with tf.GradientTape() as tape:
        surprise = -tf.reduce_sum(pairs * tf.nn.log_softmax(logits))
        loss = surprise / tf.reduce_sum(pairs)
    optimizer.apply([tape.gradient(loss, logits)], [logits])
    losses.append(float(loss))
best = counted.surprise(frequent).mean()
print(f"counted {best:.4f}, learned {losses[-1]:.4f} nats a token")
assert best < losses[-1] < best + 0.01
plt.figure(figsize=(6, 2.6), layout="tight")
plt.plot(losses, label="learned, by steps")
plt.axhline(best, color="gray", lw=0.8, label="counted")
plt.gca().set(xlabel="step", ylabel="nats a token")
plt.legend()
plt.show()

# %% [markdown]
# ## The terms, and where they come back
#
# | term of §1.4 | here | goes on in |
# | --- | --- | --- |
# | large language model 大规模语言模型 | a bigram table | `07_3_2_gpt`, `08_1_scale` |
# | neural network 神经网络 | one layer and a softmax | `03_2_1_backpropagation` |
# | NLP 自然语言处理 | text into ids | `03_1_1_text_to_examples` |
# | word vectors 词向量 | rows of that layer | `03_1_1_word2vec`, `03_1_2_glove` |
# | training 训练 | counting, then steps | `05_2_article_bert` |
# | optimization 优化 | Adam | `03_2_2_optimizers` |
# | BERT, GPT | what sees further | `02_core_concepts` |

# %% [markdown] zh
# ## 这些术语，以及在哪里再次遇到它们
#
# | §1.4 的术语 | 在这里 | 接着看 |
# | --- | --- | --- |
# | 大规模语言模型 | 一张二元表 | `07_3_2_gpt`、`08_1_scale` |
# | 神经网络 | 一层加 softmax | `03_2_1_backpropagation` |
# | 自然语言处理 | 文本变成编号 | `03_1_1_text_to_examples` |
# | 词向量 | 那一层的各行 | `03_1_1_word2vec`、`03_1_2_glove` |
# | 训练 | 先数，再一步步学 | `05_2_article_bert` |
# | 优化 | Adam | `03_2_2_optimizers` |
# | BERT、GPT | 能看得更远的 | `02_core_concepts` |

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/01_background.py`)
#
# `exercises.check("01_background.1", answer)` tells whether an answer is right, or
# gives a hint.
#
# 1. A model gives each of the four tokens of a text the probability 1/8. What is its
#    perplexity?
# 2. Write a function of a list of ids and `vocab_size` that gives $n_{ab}$, an array of
#    `vocab_size` rows.
# 3. What is $p(b \mid a)$ when $n_{ab} = 3$, $n_a = 10$, $k = 5$ and $p(b) = 0.1$?
# 4. Two models of one text: A cuts it into characters, B into words, and A's perplexity
#    is lower. Is A better? Answer "yes", "no" or "cannot tell".

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/01_background.py`）
#
# `exercises.check("01_background.1", answer)` 告诉你答案对不对，不对就给一个提示。
#
# 1. 一个模型给一份文本的四个词元中的每一个的概率都是 1/8。它的困惑度是多少？
# 2. 写一个函数，参数是编号的列表和 `vocab_size`，给出 $n_{ab}$，一个有 `vocab_size`
#    行的数组。
# 3. 当 $n_{ab} = 3$、$n_a = 10$、$k = 5$、$p(b) = 0.1$ 时，$p(b \mid a)$ 是多少？
# 4. 同一份文本的两个模型：A 把它切成字符，B 切成词，A 的困惑度更低。A 更好吗？回答
#    "yes"、"no" 或 "cannot tell"。
