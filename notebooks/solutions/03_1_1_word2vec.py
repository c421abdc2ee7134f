# %% [markdown]
# # §3.1.1 Word2Vec: answers
#
# ## 1. The gradient of a context word
#
# $h$ is the mean of the context, so that each word gets $1/N$ of the gradient of $h$.

# %%
import tempfile

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf import exercises
from roots_tf.datasets.docstrings import docstring_corpus
from roots_tf.text.sentence_stream import tokenize_lines
from roots_tf.word_vectors import context_windows, word2vec_loop
from roots_tf.word_vectors.encoded_corpus import EncodedCorpus
from roots_tf.word_vectors.noise_sampling import noise_probabilities
from roots_tf.word_vectors.word2vec import Cbow, SkipGram

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()


def gradient_of_a_context_word(contexts, outputs):
    h = contexts.mean(axis=0)
    is_word = np.arange(len(outputs)) == 0
    errors = 1 / (1 + np.exp(-outputs @ h)) - is_word  # sigma - 1 for the word itself
    return errors @ outputs / len(contexts)


assert exercises.check("03_1_1_word2vec.1", gradient_of_a_context_word)

# %% [markdown]
# ## 2. The whole gradient of the mean
#
# The step of a context word is $N$ times as long, as if the input vectors had a rate of
# their own that grows with the context.

# %%
documents = [d.text for d in docstring_corpus() if d.library == "scikit-learn"][:400]
with tempfile.TemporaryDirectory() as folder:
    corpus = EncodedCorpus.build(tokenize_lines(documents), f"{folder}/corpus")
    ids, counts = corpus.read(0, corpus.length), corpus.counts
ends = {}
for undivided in (False, True):
    model = Cbow(len(counts), 50, undivided=undivided)
    losses = word2vec_loop.train(model, ids, counts, learning_rate=0.05, epochs=3)
    ends[undivided] = losses[-100:].mean()
assert ends[True] < ends[False] < losses[0]
print(
    f"at first {losses[0]:.2f}; divided {ends[False]:.2f}, undivided {ends[True]:.2f}"
)

# %% [markdown]
# ## 3. A hidden layer
#
# `Embedding` and `Dense(V)`, without a bias, are skip-gram with full softmax: the same
# number of parameters and, from the same start, the same loss. The hidden layer costs
# $50 \cdot 51$ parameters and brings next to nothing here; the paper's point is that so
# much can be had without.

# %%
V = len(counts)
keep = context_windows.keep_probabilities(counts)
skip_gram = SkipGram(V, 50, "full-softmax")
inputs, targets = word2vec_loop.examples(
    skip_gram, ids[:20_000], keep, 5, np.random.default_rng(0)
)
ends = {}
for name, hidden in {"none": [], "tanh": [keras.layers.Dense(50, "tanh")]}.items():
    layers = [
        keras.layers.Embedding(V, 50),
        *hidden,
        keras.layers.Dense(V, None, False),
    ]
    network = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(0.003), loss)
    history = network.fit(inputs, targets, batch_size=256, epochs=3, verbose=0).history
    ends[name] = {"loss": history["loss"][-1], "parameters": network.count_params()}
    if not hidden:
        output = network.get_weights()[1].T  # (V, D)
        skip_gram.set_weights([network.get_weights()[0], output])
        expected = skip_gram.example_losses(inputs[:256], targets[:256])
        found = network.evaluate(inputs[:256], targets[:256], verbose=0)
        assert np.isclose(np.mean(expected), found, atol=1e-3)
assert ends["none"]["parameters"] == skip_gram.count_params() == 2 * V * 50
hidden_parameters = ends["tanh"]["parameters"] - ends["none"]["parameters"]
assert hidden_parameters == 50 * 51
assert exercises.check("03_1_1_word2vec.3", hidden_parameters)
assert abs(ends["tanh"]["loss"] - ends["none"]["loss"]) < 0.2
pd.DataFrame(ends).T.round(3)

# %% [markdown]
# ## 4. What negative sampling converges to
#
# How often does the loss meet a score $s$ of the words $w$ and $c$? As the pair,
# $p(w, c)$ of the time; as noise, $K P_n(c)$ times for each pair of $w$ with another
# word (noise that is the target itself is left out). The loss is least where
#
# $$\sigma(s) = \frac{p(w, c)}{p(w, c) + K P_n(c)\, (p(w) - p(w, c))} \qquad
# s = \log \frac{p(c \mid w)}{1 - p(c \mid w)} - \log K P_n(c)$$
#
# Among many words $1 - p(c \mid w)$ is near 1, and this is the formula of the exercise.
# Among six it is not. Vectors as wide as the vocabulary have room for every score.


# %%
def shifted_information(met, noise, K):
    given = met / met.sum(axis=1, keepdims=True)  # p(c | w)
    return np.log(given / noise) - np.log(K)


assert exercises.check("03_1_1_word2vec.4", shifted_information)
generator = np.random.default_rng(0)
follows = generator.dirichlet(np.full(6, 2.0), size=6)  # p(next word | word)
language = [0]
for _ in range(20_000):
    language.append(generator.choice(6, p=follows[language[-1]]))
language = np.array(language, np.int32)
counts = np.bincount(language)
model = SkipGram(6, 6)
options = {"window": 1, "threshold": 0, "learning_rate": 0.05, "batch_size": 16}
word2vec_loop.train(model, language, counts, **options)
scores = model.input_vectors.numpy() @ model.output_vectors.numpy().T  # (V, V)

met = np.zeros((6, 6))
np.add.at(met, (language[:-1], language[1:]), 1)
met += met.T
given = met / met.sum(axis=1, keepdims=True)  # p(c | w)
shifted = shifted_information(met, noise_probabilities(counts), 5)
exact = shifted - np.log(1 - given)
assert np.corrcoef(scores.ravel(), exact.ravel())[0, 1] > 0.95
assert np.abs(scores - exact).mean() < 0.1 < np.abs(scores - shifted).mean()
for name, formula in {"exact": exact, "among many words": shifted}.items():
    print(f"{name}: off by {np.abs(scores - formula).mean():.2f} on average")
