# %% [markdown]
# # §6 (1) Text classification: answers
#
# ## 1. The bag of words by hand
#
# Two tokens, three classes: the features are counts, and each class adds up its
# weights of the words that are there.

# %%
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from roots_tf import exercises
from roots_tf.datasets.classification import load_classification
from roots_tf.evaluation.significance import compare, mcnemar_test


def probabilities(counts, W, b):
    logits = counts @ W + b
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


assert exercises.check("06_1_text_classification.1", probabilities)
W = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 1.0]])  # (words, C)
b = np.array([0.0, 0.5, 0.0])
once = np.array([1.0, 1.0])  # each word once: the logits are 2, 1.5, 0
by_hand = np.exp([2, 1.5, 0]) / (np.exp(2) + np.exp(1.5) + 1)
assert np.allclose(probabilities(once, W, b), by_hand)
equal = np.exp([0.7, 0.7, 0.7])
assert np.allclose(equal / equal.sum(), 1 / 3)  # only differences of logits matter
print(by_hand.round(3))

# %% [markdown]
# ## 2. The words it goes by
#
# The baseline's features with its coefficients. What praises is no surprise; look for
# words that have no feeling, such as names of subjects: they are luck of the sample.

# %%
kinds = {
    "en": {"token_pattern": r"[^\W_]+"},
    "zh": {"analyzer": "char", "ngram_range": (1, 2)},
}
for name, features in kinds.items():
    data = load_classification(f"reviews_{name}")
    counts = TfidfVectorizer(sublinear_tf=True, **features)
    model = LogisticRegression(C=5.0).fit(
        counts.fit_transform(data.train.texts), data.train.labels
    )
    order = np.argsort(model.coef_[0])
    words = counts.get_feature_names_out()
    print(data.label_names[0], *words[order[:12]])
    print(data.label_names[1], *words[order[:-13:-1]])
    assert model.coef_[0][order[0]] < 0 < model.coef_[0][order[-1]]

# %% [markdown]
# ## 3. How many texts make a difference
#
# If B is right wherever the worse model A is, only the $c$ texts that B alone has right
# count, and McNemar's $p = 2 \cdot 2^{-c}$ falls below .05 at $c = 6$: .031. That is
# 1.8 points of 336, and the least there can be. Models that err on different texts
# need more: with $b$ texts the other way, the difference must grow with $\sqrt{b}$.

# %%
sizes = [c for c in range(1, 20) if mcnemar_test([True] * c, [False] * c) < 0.05]
assert exercises.check("06_1_text_classification.3", sizes[0])
assert sizes[0] == 6 and np.isclose(mcnemar_test([True] * 6, [False] * 6), 2 / 64)
labels = np.ones(336, int)
worse = np.arange(336) < 227
better = np.arange(336) < 227 + 6
print(compare(labels, better, worse))
differing = np.roll(worse, 60)  # as many right, but others
assert mcnemar_test(differing, worse) == 1.0

# %% [markdown]
# ## 4. Thirty texts
#
# A project, so no output here. What the script will say: the set is split by a hash of
# the text, so that about 24 texts train, 3 choose the epoch and 3 are the test. An
# accuracy of three texts is 0, ⅓, ⅔ or 1, and its interval covers nearly all of it:

# %%
found = mcnemar_test([True] * 3, [False] * 3)
assert found == 0.25  # three of three against none of three: no proof of anything
print("the best against the worst, 3 texts: p =", found)
