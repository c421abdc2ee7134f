# %% [markdown]
# # §3.1.2, §4.1.2 GloVe, vectors of real text: answers
#
# ## 1. What is lost in the sum
#
# Write the product as a symmetric matrix, $W \tilde W^T = Q \Lambda Q^T$. Rows and
# columns are trained alike, so that they share the size of each eigenvalue evenly: but
# for a rotation of both, $W = Q \sqrt{|\Lambda|}$ and $\tilde W = Q\,
# \mathrm{sign}(\Lambda) \sqrt{|\Lambda|}$. Where the eigenvalue (特征值) is negative,
# $\tilde w = -w$: there the sum is 0, and what those directions tell of a word is lost.
# On real text, as shares of the squares of all numbers:

# %%
import tempfile

import numpy as np
import pandas as pd

from roots_tf import exercises
from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors.cooccurrence import count_cooccurrences
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.glove_loop import GloveTrainer


def products_of_sums(S):
    values, q = np.linalg.eigh(S)
    roots = np.sqrt(np.abs(values))
    sums = q * roots + q * np.sign(values) * roots  # w + w~
    return sums @ sums.T


assert exercises.check("03_1_2_glove_vectors.1", products_of_sums)

texts = [d.text for d in docstring_corpus() if d.library == "matplotlib"]
paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n")]
with tempfile.TemporaryDirectory() as folder:
    corpus = EncodedCorpus.build(
        tokenize_lines(paragraphs), f"{folder}/corpus", max_vocab=1_000
    )
    counted = count_cooccurrences(corpus, f"{folder}/counts")
    trainer = GloveTrainer(counted, 50, x_max=10.0, threads=1)
    for _ in range(25):
        trainer.epoch()
    x = counted.full().toarray()  # (V, V)
learned = trainer.parameters()
product = learned.words @ learned.contexts.T  # (V, V)
values, q = np.linalg.eigh((product + product.T) / 2)
negative = q[:, np.argsort(values)[:5]]  # of the five lowest eigenvalues, (V, 5)
shares = {
    name: np.sum((negative.T @ table) ** 2) / np.sum(table**2)
    for name, table in {
        "w": learned.words,
        "w~": learned.contexts,
        "w + w~": learned.vectors(),
        "w - w~": learned.words - learned.contexts,
    }.items()
}
assert values[4] < 0 and shares["w + w~"] < shares["w"] / 4
pd.Series(shares, name="share of the five most negative directions").round(4)

# %% [markdown]
# ## 2. Pairs that were never seen
#
# $\exp$ of the score, the count that the fit expects, of pairs that should be seen so
# often by chance, $X_i X_j / \sum X$. It is lower where the pair was never seen, for
# what is known of other words tells a little; but it is nowhere near 0, since no error
# ever pushed it down. Negative sampling takes such pairs as noise to do just that.


# %%
def fitted(w, contexts, b, context_biases):
    return np.exp(w @ contexts.T + b[:, None] + context_biases)


assert exercises.check("03_1_2_glove_vectors.2", fitted)
parameters = learned.words, learned.contexts
biases = learned.word_biases, learned.context_biases
counts_fitted = fitted(*parameters, *biases)  # (V, V)
totals = x.sum(axis=1)
chance = np.outer(totals, totals) / totals.sum()
rows = {}
for low, high in ((0.1, 0.3), (0.3, 1), (1, 3), (3, 10)):
    alike = (chance > low) & (chance < high)
    unseen, seen = alike & (x == 0), alike & (x > 0)
    rows[f"{low} to {high}"] = {
        "cells of 0": unseen.sum(),
        "fitted there": np.median(counts_fitted[unseen]),
        "other cells": seen.sum(),
        "counted": np.median(x[seen]),
        "fitted": np.median(counts_fitted[seen]),
    }
table = pd.DataFrame(rows).T.rename_axis("by chance")
assert np.all(table["fitted there"] < table["fitted"])
assert table["fitted there"].min() > 0.2
table.round(2)

# %% [markdown]
# ## 3. The nearest word
#
# The cosine of two vectors is the product of the two, made of length 1.


# %%
def nearest(w, contexts, i):
    sums = w + contexts
    sums = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    cosines = sums @ sums[i]
    cosines[i] = -1  # the word itself is no neighbour
    return cosines.argmax()


assert exercises.check("03_1_2_glove_vectors.3", nearest)
some = [corpus.words.index(word) for word in ("axis", "figure", "color")]
print({corpus.words[i]: corpus.words[nearest(*parameters, i)] for i in some})
