# %% [markdown]
# # §6.5 对话系统: dialogue, by choosing and by writing
#
# Two agents that remember what was said, in Chinese and in English: one chooses its
# reply among those that people gave, one writes it token by token. Both learn here from
# the 350 small dialogues of this project, beside rules that learn nothing.
#
# ## What the article says
#
# One use of large language models is in intelligent dialogue systems (对话系统), in
# which a person and a machine interact. Nothing is wrong in it; how such a system is
# built and how one tells a good one is left out. A dialogue is a list of turns
# $u_1 \dots u_n$, and the agent gives $u_{n+1}$:
#
# $$\text{retrieval: } \arg\max_r\; w\, e(c)\cdot e(r) + (1-w) \max_i (c \cdot c_i)
# (r \cdot r_i) \qquad
# \text{generation: } \prod_t P(r_t \mid c, r_{<t})$$
#
# with the context $c = u_1 \dots u_n$ and examples $(c_i, r_i)$ (Lowe et al. 2015,
# 1506.08909, §4; Wolf et al. 2019, 1901.08149, §3). Its memory is the context and
# nothing else: what is not in there is forgotten.

# %% [markdown] zh
# # §6.5 对话系统：靠选择，或靠书写
#
# 两个记得前文的对话模型，中英文各有：一个从人给过的回复中选择，一个逐词元写出回复。两者
# 在这里都从本项目的 350 段小对话中学习，旁边是什么也不学的规则。
#
# ## 文章怎么说
#
# 大规模语言模型的用途之一是智能对话系统，实现人与机器的交互。这里没有错；没有说的是这样
# 的系统怎么构建，怎么知道它好不好。一段对话是一串话轮 $u_1 \dots u_n$，对话模型给出
# $u_{n+1}$：
#
# $$\text{retrieval: } \arg\max_r\; w\, e(c)\cdot e(r) + (1-w) \max_i (c \cdot c_i)
# (r \cdot r_i) \qquad
# \text{generation: } \prod_t P(r_t \mid c, r_{<t})$$
#
# 其中 $c = u_1 \dots u_n$ 是上文，$(c_i, r_i)$ 是例子（Lowe 等
# 2015，1506.08909，§4；Wolf 等 2019，1901.08149，§3）。它的记忆就是上文，此外没有别的：
# 上文里没有的，就是已经忘掉的。

# %%
import tempfile

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf.applications.dialogue import load_agent
from roots_tf.applications.dialogue_generation import NO_LABEL
from roots_tf.datasets.dialogue import load_dialogues
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.losses import cross_entropy
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.text.dialogue_history import history_text
from roots_tf.train.dialogue import DialogueOptions
from roots_tf.train.dialogue_examples import other_histories
from roots_tf.train.dialogue_generation_parts import (
    GenerationTask,
    mean_loss,
    weighted,
)
from roots_tf.train.dialogue_retrieval_parts import RetrievalTask

keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")
sets = {name: load_dialogues(f"dialogues_{name}") for name in ("zh", "en")}
for name, data in sets.items():
    print(
        f"{name}: {len(data.train)} dialogues to learn from, {len(data.test)} to test"
    )
    print("\n".join(f"    {turn}" for turn in data.test[0].turns))

# %% [markdown]
# ## Choosing (检索式)
#
# Each turn but the first is a reply to those before it. In a batch of 64 pairs each
# context learns to tell its reply from the 63 others. The score is recall@1 of 10: is
# the right reply ahead of nine drawn from other dialogues? By chance it is in one case
# of ten.

# %% [markdown] zh
# ## 选择（检索式）
#
# 除第一个话轮外，每个话轮都是对前面各话轮的回复。在 64 对的一批里，每个上文学着把自己的
# 回复与其余 63 个区分开。分数是 10 个候选的 recall@1：正确的回复是否排在从别的对话中抽
# 取的九个之前？凭运气，十次中有一次。


# %%
def learn(task, rate, epochs):
    steps = epochs * len(task.batches)
    adam = keras.optimizers.AdamW(WarmupSchedule(rate, "linear", steps // 10, steps))
    loop = TrainingLoop(task.model, adam, cross_entropy, task.batches, clip_norm=1.0)
    loop.run(epochs)


def choosing(name):
    task = RetrievalTask(DialogueOptions(seed=0, max_length=64), sets[name])
    learn(task, rate=1e-3, epochs=7)
    task.agent.embed_replies()
    return task


tasks = {"zh": choosing("zh")}

# %%
tasks["en"] = choosing("en")

# %%
scores = {}
for name, task in tasks.items():
    halves = [
        (
            task.agent.cosines(part.histories, part.replies),
            task.agent.by_examples(part.histories, part.replies),
        )
        for part in task.parts.values()
    ]
    scores[name] = dict(zip(task.parts, halves, strict=True))

# %% [markdown]
# The weight $w$ is chosen on the validation dialogues; the test dialogues are looked at
# once. "Words in common" is BM25; "examples" is the second half alone, a rule without
# learning: say what is like the replies that were given in like contexts.

# %% [markdown] zh
# 权重 $w$ 在验证对话上选定；测试对话只看一次。“words in common”（共有的词）是 BM25；
# “examples”（例子）只是后一半，一条不学习的规则：在相似的上文中人们怎么回复，就说与之相
# 似的话。

# %%
weights, curves, table = np.linspace(0, 1, 11), {}, {}
for name, task in tasks.items():
    part = task.parts["validation"]
    mixed = [task.agent.score(*scores[name]["validation"], w) for w in weights]
    curves[name] = [np.mean(1 / part.ranks(scores_of_w)) for scores_of_w in mixed]
    task.agent.weight = float(weights[np.argmax(curves[name])])
    part, (cosines, examples) = task.parts["test"], scores[name]["test"]
    ways = {
        "words in common": part.bm25(),
        "examples": examples,
        "vectors": cosines,
        "both": task.agent.score(cosines, examples),
    }
    table[name] = {way: np.mean(part.ranks(s) == 1) for way, s in ways.items()}
for found in table.values():
    assert 0.1 < found["words in common"] < found["vectors"]
    assert found["vectors"] < found["examples"] < found["both"]
pd.DataFrame(table).round(3)

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3))
pd.DataFrame(table).plot.bar(ax=left, rot=20, ylabel="recall@1 of 10, test")
left.axhline(0.1, color="grey", linestyle=":")
for name, curve in curves.items():
    right.plot(weights, curve, marker="o", label=name)
right.set(xlabel="weight of the vectors, w", ylabel="MRR, validation")
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# Learned vectors from 550 pairs are worse than the examples they were learned from, but
# they know something else: together they are better. With few data, keep the data.
#
# The agent remembers: the same last turn gets another reply after another beginning.

# %% [markdown] zh
# 从 550 对中学来的向量，比不上它们所学的例子本身，但它们知道一些别的东西：两者合起来更
# 好。数据少的时候，要把数据留着用。
#
# 对话模型有记忆：最后一个话轮相同，开头不同，得到的回复就不同。

# %%
agent = tasks["en"].agent
histories = [d.turns[:-1] for d in sets["en"].test if len(d.turns) > 3]
with_memory = agent.replies_to(histories)
without = agent.replies_to([history[-1:] for history in histories])
changed = sum(a != b for a, b in zip(with_memory, without, strict=True))
print(f"{changed} of {len(histories)} replies depend on more than the last turn")
assert changed > 0
pd.DataFrame({"last turn": [h[-1] for h in histories], "reply": with_memory}).head(5)

# %% [markdown]
# ## Writing (生成式)
#
# A GPT reads the whole dialogue. Each turn begins with its speaker's mark (说话人标记)
# and ends with `</s>`; the loss is that of the reply alone (损失掩码). Here are the ids
# that it reads and the labels of one example; -1 is no label.

# %% [markdown] zh
# ## 书写（生成式）
#
# GPT 读入整段对话。每个话轮以说话人标记开头，以 `</s>` 结尾；损失只算回复部分（损失掩
# 码）。下面是一个例子中它读入的 id 和标签；-1 表示没有标签。

# %%
options = DialogueOptions(model="generative", seed=0, batch_size=16)
task = GenerationTask(options, sets["en"])
gpt = task.agent
example = gpt.examples([("How are you?",)], ["Fine, thanks."])[0]
V = gpt.tokenizer.vocab_size
names = {NO_LABEL: "-1", gpt.tokenizer.end_id: "</s>", V: "<a>", V + 1: "<b>"}
pieces, labels = (
    [names.get(i) or gpt.tokenizer.decode([i]) for i in row.tolist()] for row in example
)
assert example.labels[0] == NO_LABEL and example.labels[-1] == gpt.tokenizer.end_id
pd.DataFrame({"read": pieces, "label": labels}).T

# %% [markdown]
# The loss does not change when the label of a context's token does: its weight is 0.

# %% [markdown] zh
# 改动上文词元的标签，损失不变：它的权重是 0。

# %%
ids, labels, weight = weighted(example.token_ids[None], example.labels[None])
logits = gpt.model(ids)
loss = tf.reduce_sum(weight * cross_entropy(labels, logits))
other = tf.where(weight == 0, 7, labels)
assert float(loss) == float(tf.reduce_sum(weight * cross_entropy(other, logits)))
assert float(loss) != float(tf.reduce_sum(cross_entropy(other, logits)))

# %%
learn(task, rate=3e-3, epochs=3)
test = task.parts["test"]
replies = [one.reply for one in test]
shuffled = gpt.examples(other_histories(test, seed=0), replies)
own = gpt.examples([one.history for one in test], replies)
perplexities = {
    "before learning": float(gpt.model.config.vocab_size),
    "given another dialogue": mean_loss(gpt.model, shuffled)["perplexity"],
    "given its dialogue": mean_loss(gpt.model, own)["perplexity"],
}
assert perplexities["given its dialogue"] < 0.2 * perplexities["before learning"]
pd.Series(perplexities, name="perplexity of a reply's token").round(1).to_frame()

# %% [markdown]
# It has learned which words people use, and hardly which reply belongs to which
# dialogue: for that 150 dialogues are far too few. What it writes shows it, greedily
# and drawn:

# %% [markdown] zh
# 它学会了人们用哪些词，却几乎没有学会哪个回复属于哪段对话：要学会这个，150 段对话远远不
# 够。它写的话就显出这一点，贪心的和抽样的：

# %%
histories = [one.history for one in test[:5]]
drawn = gpt.replies_to(histories, SamplingRule(temperature=0.8, top_p=0.9), seed=1)
assert drawn == gpt.replies_to(histories, SamplingRule(0.8, top_p=0.9), seed=1)
pd.DataFrame(
    {"greedy": gpt.replies_to(histories), "drawn": drawn, "right": replies[:5]}
)

# %% [markdown]
# ## In use
#
# `python -m roots_tf.train.dialogue` (`--model generative`, `--data dialogues_zh`)
# trains either; `python -m roots_tf.chat DIR` talks with it. A saved folder loads as
# before; an exported file takes histories as raw strings, a turn on each line.

# %% [markdown] zh
# ## 投入使用
#
# `python -m roots_tf.train.dialogue`（`--model generative`、`--data dialogues_zh`）两者
# 都能训练；`python -m roots_tf.chat DIR` 与它对话。保存的文件夹读回来，与先前一样；导出
# 的文件接受原始字符串形式的对话历史，每行一个话轮。

# %%
agent = tasks["zh"].agent
history = ["你好！", "你好，今天想吃什么？", "我想吃面条。"]
with tempfile.TemporaryDirectory() as folder:
    agent.save(f"{folder}/model")
    again = load_agent(f"{folder}/model").reply(history)
    agent.export(f"{folder}/saved_model")
    served = tf.saved_model.load(f"{folder}/saved_model").signatures["serving_default"]
    answer = served(texts=tf.constant([history_text(history)]))["replies"]
print(again)
assert again == agent.reply(history) == answer.numpy()[0].decode()

# %% [markdown]
# ## Exercises (answers: `notebooks/solutions/06_5_dialogue.py`)
#
# `exercises.check("06_5_dialogue.1", answer)` of `roots_tf` judges an answer or gives a
# hint; brackets say what `answer` is.
#
# 1. Compute by hand the example score of the replies "yes" and "no" to the context "is
#    it raining", with two examples of your own; let all words weigh the same. (A
#    function of context, reply and a list of examples, pairs of strings.)
# 2. Cut the history to its last turn in both examples and contexts: how much does
#    recall@1 of the examples lose? (Open.)
# 3. How large is the chance that a rule which knows nothing reaches 0.2 or more on 80
#    replies, each among 10? (A number.)
# 4. Project: write 30 dialogues of your own into a `.jsonl` file, a line each,
#    `{"turns": ["…", "…"]}`, train both agents on it, and talk with them. (Open.)

# %% [markdown] zh
# ## 练习（答案：`notebooks/solutions/06_5_dialogue.py`）
#
# `roots_tf` 的 `exercises.check("06_5_dialogue.1", answer)` 评判答案或给出提示；括号里
# 说明 `answer` 是什么。
#
# 1. 上文是“is it raining”，自拟两个例子，手工计算回复“yes”和“no”按例子得到的分
#    数；所有的词权重相同。（以上文、回复和例子的列表为参数的函数，每个例子是一对字符
#    串。）
# 2. 在例子和上文中都把历史截到只剩最后一个话轮：按例子选择的 recall@1 损失多少？（开放
#    题。）
# 3. 一条什么都不知道的规则，在 80 个回复上，每个从 10 个候选中选，达到 0.2 或更高，概率
#    有多大？（一个数。）
# 4. 项目：自己写 30 段对话，放进一个 `.jsonl` 文件，每行一段，形如
#    `{"turns": ["…", "…"]}`，用它训练两个对话模型，并与它们对话。（开放题。）
