"""Exercises of §5.2 and §5.3: right answers written anew, wrong ones, blank ones."""

import keras
import numpy as np

from roots_tf.judges.article_bert import EXERCISES
from roots_tf.recurrent.sequence_pooling import SequencePooling

BERT, REAL_BERT = EXERCISES


def lstm_of_keras(x, W, U, b):
    layer = keras.layers.LSTM(len(U))
    layer.build((None, *x.shape))
    layer.set_weights([W, U, b])
    return np.asarray(layer(x[None]))[0]


def lstm_without_forgetting(x, W, U, b):
    h = c = np.zeros(len(U))
    for step in x:
        i, _, candidate, o = np.split(step @ W + h @ U + b, 4)
        c = c + np.tanh(candidate) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
    return h


def accuracy_of_keras(predictions, labels, token_ids):
    metric = keras.metrics.Accuracy()
    metric.update_state(
        np.repeat(labels[:, None], predictions.shape[1], axis=1),
        predictions,
        sample_weight=(token_ids != 0).astype("float32"),
    )
    return metric.result()


def pooled(states, mask):
    return SequencePooling("mean+max")(states, mask=mask)


def softmax_of_words(scores, mask):
    layer = keras.layers.Softmax(axis=-1)
    return layer(scores, mask=np.broadcast_to(mask, scores.shape))


# notebook, number, right, wrong, its hint
CASES = [
    (BERT, 1, lstm_of_keras, lstm_without_forgetting, "forget gate is missing"),
    (
        BERT,
        2,
        accuracy_of_keras,
        lambda predictions, labels, _: np.mean(predictions.T == labels),
        "counts padding",
    ),
    (
        BERT,
        3,
        pooled,
        lambda states, mask: pooled(states, np.ones_like(mask)),
        "without the mask",
    ),
    (
        REAL_BERT,
        1,
        7_064 * 128 + 2 * 198_272 + 2_313,
        7_064 * 128 + 198_272 + 2_313,
        "two",
    ),
    (
        REAL_BERT,
        2,
        softmax_of_words,
        lambda scores, mask: keras.layers.Softmax()(scores) * mask,
        "add up to 1",
    ),
    (REAL_BERT, 3, (120, 15, 15), (800, 100, 100), "15 %"),
]
