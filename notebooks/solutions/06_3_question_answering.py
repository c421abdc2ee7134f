# %% [markdown]
# # §6 (3) Question answering: answers
#
# ## 1. The limits of BM25
#
# With $k_1 = 0$ the fraction is 1: a term counts once, however often it stands there.
# With a large $k_1$ and $b = 0$ it is nearly tf: twice as often counts double.

# %%
import numpy as np

from roots_tf import exercises
from roots_tf.applications.bm25 import Bm25
from roots_tf.datasets.reading_comprehension import load_reading_comprehension
from roots_tf.datasets.retrieval import passage_retrieval
from roots_tf.evaluation.retrieval_metrics import (
    first_right_ranks,
    mean_reciprocal_rank,
    recall_at,
)
from roots_tf.text.segmentation import segment

texts = ["file", "file file", "another"]
(once,) = Bm25.index(texts, k1=0).scores(["file"])
(often,) = Bm25.index(texts, k1=1e6, b=0).scores(["file"])
assert once[0] == once[1] and np.isclose(often[1] / often[0], 2, rtol=1e-4)
ratios = [once[1] / once[0], often[1] / often[0]]
assert exercises.check("06_3_question_answering.1", ratios)

# %% [markdown]
# ## 2. Half at the top, or all at rank 2
#
# The MRR of both is .5; recall@5 is .5 and 1. Who shows five texts wants the second.

# %%
half, second = np.array([1, np.inf] * 50), np.full(100, 2.0)
assert mean_reciprocal_rank(half) == mean_reciprocal_rank(second) == 0.5
assert (recall_at(half, 5), recall_at(second, 5)) == (0.5, 1.0)
assert exercises.check("06_3_question_answering.2", [0.5, 0.5, 0.5, 1.0])

# %% [markdown]
# ## 3. Words or pairs
#
# Put spaces between jieba's words, and each is a run of its own; one of three or more
# characters is still cut into pairs. Question and passage may be cut differently.

# %%
data = passage_retrieval(load_reading_comprehension("passages_zh"))
asked = [*data.validation, *data.test]
columns = [d.text for d in data.documents], [q.text for q in asked]
found = {}
for name in ("pairs", "words"):
    passages, questions = columns
    if name == "words":
        passages, questions = (map(" ".join, segment(column)) for column in columns)
    scores = Bm25.index(list(passages)).scores(list(questions))
    ranks = first_right_ranks(scores, [q.right for q in asked])
    found[name] = mean_reciprocal_rank(ranks)
assert min(found.values()) > 0.5
print({name: round(value, 3) for name, value in found.items()})

# %% [markdown]
# ## 4. A gradient that is gone
#
# $L_1 = \ln(1 + \exp((c_{12} - c_{11}) / \tau))$, and its derivative by $c_{11}$ is
# $-p / \tau$ with $p = 1 / (1 + \exp((c_{11} - c_{12}) / \tau))$; by $c_{12}$ it is the
# opposite. As $\tau \to 0$ the margin $(c_{11} - c_{12}) / \tau$ grows as $1 / \tau$,
# and $p / \tau$ goes to 0: told apart is told apart. The wrong way round, $p \to 1$ and
# the gradient grows as $1 / \tau$.


# %%
def gradient(c_11, c_12, tau):
    return -1 / (1 + np.exp((c_11 - c_12) / tau)) / tau


assert exercises.check("06_3_question_answering.4", gradient)
for tau in (0.5, 0.05, 0.005):
    print(tau, gradient(0.6, 0.5, tau), gradient(0.5, 0.6, tau))
assert -1e-6 < gradient(0.6, 0.5, 0.005) < 0
