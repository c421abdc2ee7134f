# %% [markdown]
# # §6.5 Dialogue: answers
#
# ## 1. The example score by hand
#
# Contexts and replies are sets of words here, each a vector of length 1, all words of
# equal weight: the product of two is the number of common words, divided by the root of
# the product of their numbers.

# %%
import math

import numpy as np

from roots_tf import exercises
from roots_tf.applications.example_memory import ExampleMemory
from roots_tf.datasets.dialogue import load_dialogues
from roots_tf.evaluation.retrieval_metrics import first_right_ranks
from roots_tf.text.wordpiece import WordPieceTokenizer
from roots_tf.train.dialogue_examples import draw_candidates, exchanges


def like(a, b):
    a, b = set(a.split()), set(b.split())
    return len(a & b) / math.sqrt(len(a) * len(b))


def example_score(context, reply, examples):
    return max(like(context, c) * like(reply, r) for c, r in examples)


assert exercises.check("06_5_dialogue.1", example_score)
examples = [("is it late", "no"), ("is it raining outside", "yes take an umbrella")]
score = {
    reply: example_score("is it raining", reply, examples) for reply in ("yes", "no")
}
assert math.isclose(score["no"], 2 / 3)  # 2 of 3 words; the same reply
assert math.isclose(score["yes"], 3 / math.sqrt(12) / 2)  # 0.43: a longer reply
print({reply: round(value, 2) for reply, value in score.items()})

# %% [markdown]
# ## 2. Without a memory


# %%
def recall(data, turns):
    train, test = exchanges(data.train), exchanges(data.test)
    said = (turn for dialogue in data.train for turn in dialogue.turns)
    encode = (tokenizer := WordPieceTokenizer.learn(said, 2_000)).encode
    contexts = encode(["\n".join(one.history[-turns:]) for one in train])
    replies = encode([one.reply for one in train])
    memory = ExampleMemory(contexts, replies, tokenizer.vocab_size)
    asked = encode(["\n".join(one.history[-turns:]) for one in test])
    drawn = [memory.sparse_vectors(encode(row)) for row in draw_candidates(test, 0)]
    scores = np.stack(list(map(memory.scores, asked, drawn)))
    return np.mean(first_right_ranks(scores, [[9]] * len(test)) == 1)


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
assert exercises.check("06_5_dialogue.3", chance)
print(f"{chance:.4f}")
