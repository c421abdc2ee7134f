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
# 1. Compute by hand the example score of the replies "yes" and "no" to the context
#    "is it raining", with two examples of your own.
# 2. Cut the history to its last turn in both examples and contexts: how much does
#    recall@1 of the examples lose?
# 3. How large is the chance that a rule which knows nothing reaches 0.2 or more on 80
#    replies, each among 10?
# 4. Project: write 30 dialogues of your own into a `.jsonl` file, a line each,
#    `{"turns": ["…", "…"]}`, train both agents on it, and talk with them.
