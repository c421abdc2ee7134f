# %% [markdown]
# # §5.2 The article's "BERT": answers
#
# ## 1. The LSTM by hand
#
# Keras keeps four matrices side by side: input gate, forget gate, candidate, output.

# %%
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from roots_tf import exercises
from roots_tf.datasets.classification import load_classification
from roots_tf.recurrent import bilstm_classifier as bilstm
from roots_tf.recurrent.sequence_pooling import SequencePooling
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

keras.utils.set_random_seed(0)
tf.config.experimental.enable_op_determinism()


def lstm_by_hand(x, W, U, b):
    h = c = np.zeros(len(U))
    for x_t in x:
        i, f, candidate, o = np.split(x_t @ W + h @ U + b, 4)
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c = f * c + i * np.tanh(candidate)
        h = o * np.tanh(c)
    return h


assert exercises.check("05_2_article_bert.1", lstm_by_hand)
layer = keras.layers.LSTM(5)
x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")  # (T, E)
state = layer(x[None])[0]  # (H,)
assert np.allclose(state, lstm_by_hand(x, *layer.get_weights()), atol=1e-5)
assert layer.count_params() == 4 * 5 * (3 + 5 + 1)

# %% [markdown]
# ## 2. The accuracy of words alone
#
# `weighted_metrics` heed the weights, `metrics` do not. Given to `fit`, the weights
# keep padding out of the loss too. They do not keep it out of the words' states: that
# takes the mask.


# %%
def accuracy_of_words(predictions, labels, token_ids):
    return (predictions == labels[:, None])[token_ids > 0].mean()


assert exercises.check("05_2_article_bert.2", accuracy_of_words)
data = load_classification("reviews_zh")
settings = TextSettings()
tokens, test_tokens = (tokenize(x.texts, settings) for x in (data.train, data.test))
vocabulary = Vocabulary.build(tokens)
ids = keras.utils.pad_sequences(encode(tokens, vocabulary, settings), padding="post")
labels = np.repeat(np.eye(2)[data.train.labels][:, None], ids.shape[1], axis=1)
is_word = (ids > 0).astype("float32")  # (B, T)

printed = bilstm.build_bert_model(len(vocabulary), 16, 16, 2)
printed.compile("adam", "categorical_crossentropy", weighted_metrics=["accuracy"])
_, reported = printed.evaluate(ids, labels, sample_weight=is_word, verbose=0)

predictions = printed.predict(ids, verbose=0).argmax(axis=-1)  # (B, T)
by_hand = accuracy_of_words(predictions, data.train.labels, ids)
assert np.isclose(reported, by_hand, atol=1e-4)
with_padding = (predictions == data.train.labels[:, None]).mean()
print(f"words {reported:.3f}, words and padding {with_padding:.3f}")

# %% [markdown]
# ## 3. Pooling by hand
#
# A mean without the mask divides by all positions and adds what stands at the padding.


# %%
def mean_and_max_by_hand(states, mask):
    means = [row[real].mean(axis=0) for row, real in zip(states, mask, strict=True)]
    largest = [row[real].max(axis=0) for row, real in zip(states, mask, strict=True)]
    return np.concatenate([means, largest], axis=1)


assert exercises.check("05_2_article_bert.3", mean_and_max_by_hand)
states = np.array([[[1.0, 4.0], [3.0, 0.0], [9.0, 9.0]]], "float32")  # (1, 3, 2)
mask = np.array([[True, True, False]])
mean_and_max = SequencePooling("mean+max")(states, mask=mask)
without_mask = SequencePooling("mean")(states)
assert np.array_equal(mean_and_max, [[2.0, 2.0, 3.0, 4.0]])
assert np.array_equal(mean_and_max, mean_and_max_by_hand(states, mask))
assert np.allclose(without_mask, [[13 / 3, 13 / 3]])


# %% [markdown]
# ## 4. Characters, and which manner is hardest
#
# There are fewer different characters than words, so that most have been seen; but each
# says less. Do not read much into the order of the manners: of some forty reviews each,
# ten points more or less are chance, as another seed shows.


# %%
def unknown_and_predictions(han):
    settings = TextSettings(han=han)
    tokens, test_tokens = (tokenize(x.texts, settings) for x in (data.train, data.test))
    vocabulary = Vocabulary.build(tokens)
    x, x_test = (encode(y, vocabulary, settings) for y in (tokens, test_tokens))
    x, x_test = (keras.utils.pad_sequences(y, padding="post") for y in (x, x_test))
    model = bilstm.build_bilstm_classifier(bilstm.BiLstmConfig(len(vocabulary)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss)
    model.fit(x, data.train.labels, epochs=5, batch_size=32, verbose=0)
    predictions = model.predict(x_test, verbose=0).argmax(axis=-1)
    return vocabulary.unknown_rate(test_tokens), predictions


unknown, right = {}, {}
for han in ("words", "characters"):
    unknown[han], predictions = unknown_and_predictions(han)
    right[han] = predictions == data.test.labels
assert unknown["characters"] < unknown["words"] / 3
assert all(answers.mean() > 0.5 for answers in right.values())

manner = pd.read_csv("../data/reviews_zh/test.csv").set_index("text")["manner"]
table = pd.DataFrame({**right, "manner": [manner[text] for text in data.test.texts]})
by_manner = table.groupby("manner").mean().round(2)
by_manner["reviews"] = table.groupby("manner").size()
assert len(by_manner) == 7 and by_manner["reviews"].min() >= 20
print({han: f"{share:.0%} unknown" for han, share in unknown.items()})
by_manner
