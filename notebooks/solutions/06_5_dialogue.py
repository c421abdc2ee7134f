# %% [markdown]
# # §6 (5) Dialogue: answers
#
# ## 1. The example score by hand
#
# Contexts and replies are sets of words here, each a vector of length 1, all words of
# equal weight: the product of two is the number of common words, divided by the root of
# the product of their numbers.

# %%
import math

import numpy as np

from roots_tf.applications.example_memory import ExampleMemory
from roots_tf.datasets.dialogue import load_dialogues
from roots_tf.evaluation.retrieval_metrics import first_right_ranks
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.dialogue_examples import draw_candidates, exchanges


def like(a, b):
    a, b = set(a.split()), set(b.split())
    return len(a & b) / math.sqrt(len(a) * len(b))


examples = [("is it late", "no"), ("is it raining outside", "yes take an umbrella")]
score = {
    reply: max(like("is it raining", c) * like(reply, r) for c, r in examples)
    for reply in ("yes", "no")
}
assert math.isclose(score["no"], 2 / 3)  # 2 of 3 words; the same reply
assert math.isclose(score["yes"], 3 / math.sqrt(12) / 2)  # 0.43: a longer reply
print({reply: round(value, 2) for reply, value in score.items()})

# %% [markdown]
# ## 2. Without a memory


# %%
def recall(data, turns):
    train, test = exchanges(data.train), exchanges(data.test)
    tokenizer = WordPieceTokenizer.learn(
        (t for d in data.train for t in d.turns), 2_000
    )
    contexts = ["\n".join(one.history[-turns:]) for one in train]
    replies = tokenizer.encode([one.reply for one in train])
    memory = ExampleMemory(tokenizer.encode(contexts), replies, tokenizer.vocab_size)
    ranks = []
    for one, row in zip(test, draw_candidates(test, seed=0), strict=True):
        asked = tokenizer.encode(["\n".join(one.history[-turns:])])[0]
        scores = memory.scores(asked, memory.sparse_vectors(tokenizer.encode(row)))
        ranks.append(first_right_ranks(scores.numpy()[None], [[9]])[0])
    return np.mean(np.array(ranks) == 1)


for name in ("zh", "en"):
    data = load_dialogues(f"dialogues_{name}")
    found = {turns: float(recall(data, turns)) for turns in (1, 99)}
    print(name, {turns: round(value, 3) for turns, value in found.items()})
    assert min(found.values()) > 0.3

# %% [markdown]
# ## 3. Luck
#
# The number of right replies of 80 is binomial with probability 0.1.

# %%
chance = sum(math.comb(80, k) * 0.1**k * 0.9 ** (80 - k) for k in range(16, 81))
assert 0.001 < chance < 0.01
print(f"{chance:.4f}")
