# %% [markdown]
# # §3.3.1 Metrics: answers
#
# ## 1. The harmonic mean
#
# Recall is 1 and precision .01: the arithmetic mean praises with .505 what is useless.
# The harmonic mean is at most twice the smaller of the two.

# %%
import keras
import numpy as np
import tensorflow as tf

from roots_tf import exercises
from roots_tf.datasets.classification import load_classification
from roots_tf.errata.e08_recall import binary_scores
from roots_tf.evaluation.calibration import (
    brier_score,
    expected_calibration_error,
)
from roots_tf.evaluation.ranking_curves import auroc
from roots_tf.evaluation.significance import compare, mcnemar_test
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

scores = binary_scores(tp=10, fp=990, fn=0, tn=0)
arithmetic = (scores["precision"] + scores["recall"]) / 2
assert round(scores["f1"], 4) == 0.0198 and arithmetic == 0.505
assert scores["f1"] <= 2 * scores["precision"]
assert exercises.check("03_3_1_metrics.1", scores["f1"])

# %% [markdown]
# ## 2. Rare positives
#
# Both rates of the ROC stay; precision falls from 95 % to 15 % and to 2 %. Of the
# alarms at 0.1 %, 98 in 100 are false.

# %%
precisions = []
for ill in (0.5, 0.01, 0.001):
    true, false = 0.9 * ill, 0.05 * (1 - ill)
    precisions.append(true / (true + false))
assert np.allclose(precisions, [0.947, 0.154, 0.018], atol=5e-4)
assert exercises.check("03_3_1_metrics.2", precisions)

# %% [markdown]
# ## 3. Calibrated and useless
#
# Give every text the shares of the classes. It is never too sure: of texts that it
# calls positive with 70 %, 70 % are. But it cannot tell two texts apart: the AUROC is
# .5. The Brier score sees that, and prefers a model that knows something.


# %%
def shares_of_classes(labels):
    return np.tile([np.mean(labels == 0), np.mean(labels == 1)], (len(labels), 1))


assert exercises.check("03_3_1_metrics.3", shares_of_classes)
labels = np.repeat([1, 0], [700, 300])
constant = shares_of_classes(labels)
score = np.random.default_rng(0).normal(labels * 2.0)
informed = 1 / (1 + np.exp(2 - 2 * score - np.log(0.7 / 0.3)))  # Bayes: two normals
informed = np.stack([1 - informed, informed], axis=1)
assert expected_calibration_error(labels, constant) < 1e-12
assert auroc(labels, constant[:, 1]) == 0.5 < auroc(labels, informed[:, 1])
assert brier_score(labels, informed) < brier_score(labels, constant)

# %% [markdown]
# ## 4. How many texts
#
# Of $N$ texts, $0.055 N$ are right in A alone and $0.045 N$ in B alone. The difference
# of the two has a deviation of $\sqrt{0.1 N}$ among equals, so that
# $0.01 N > 1.96 \sqrt{0.1 N}$: some 3,800 texts, if luck is with us half of the time.


# %%
def p_value(texts):
    only_a, only_b = round(0.055 * texts), round(0.045 * texts)
    a = np.repeat([True, False], [only_a, only_b])
    return mcnemar_test(a, ~a)  # what both have right or wrong does not matter


needed = next(texts for texts in range(200, 10_000, 200) if p_value(texts) < 0.05)
assert 0.9 < needed / (1.96**2 * 0.1 / 0.01**2) < 1.15
assert exercises.check("03_3_1_metrics.4", needed)
print(f"{needed:,} texts")

# %% [markdown]
# ## 5. Two seeds
#
# Nothing but the random start differs, and yet the texts that they get wrong do, and
# often the score too. The test asks whether these two *models* differ, and they do; it
# does not ask whether the *method* is better. For that, train several seeds of each.

# %%
tf.config.experimental.enable_op_determinism()
data, settings = load_classification("reviews_en"), TextSettings()
tokens, test_tokens = (tokenize(x.texts, settings) for x in (data.train, data.test))
vocabulary = Vocabulary.build(tokens)
ids, test_ids = (encode(x, vocabulary, settings) for x in (tokens, test_tokens))
x, x_test = (
    keras.utils.pad_sequences(part, padding="post") for part in (ids, test_ids)
)


def predictions_of(seed):
    keras.utils.set_random_seed(seed)
    config = BiLstmConfig(len(vocabulary), embedding_dim=32, hidden_size=32)
    model = build_bilstm_classifier(config, seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss)
    model.fit(x, data.train.labels, epochs=6, batch_size=32, verbose=0)
    return model.predict(x_test, verbose=0).argmax(axis=1)


answers = [predictions_of(seed) for seed in (1, 2)]
found = compare(data.test.labels, *answers, names=("seed 1", "seed 2"))
differ = np.mean(answers[0] != answers[1])
assert differ > 0.02
print(f"{differ:.0%} of the reviews are labelled differently.", found)
