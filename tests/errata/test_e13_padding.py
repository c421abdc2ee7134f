"""E13: padding changes what is predicted, unless it is masked."""

import inspect

import keras
import numpy as np
import pytest

from roots_tf.errata.e13_padding import PADDING, SENTENCE, probability_changes
from roots_tf.recurrent.bilstm_classifier import (
    BiLstmConfig,
    build_bert_model,
    build_bilstm_classifier,
)


def builder(pooling):
    """A function that builds the article's sizes with one pooling, mask or none."""

    def build_model(mask_padding):
        keras.utils.set_random_seed(0)
        config = BiLstmConfig(pooling=pooling, mask_padding=mask_padding)
        model = build_bilstm_classifier(config)
        return keras.Sequential([model, keras.layers.Softmax()])

    return build_model


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_padding_changes_the_probabilities_without_a_mask_alone(pooling):
    changes = probability_changes(builder(pooling))

    # An untrained model stays near 1/2 whatever it reads: hence no more than 0.1. The
    # order of summation may differ between the two lengths: hence 1e-6, not 0.
    assert 1e-5 < changes["no mask"] < 0.1
    assert changes["mask"] <= 1e-6


def test_the_layers_of_keras_alone_show_the_same():
    def build_model(mask_padding):
        keras.utils.set_random_seed(0)
        return keras.Sequential(
            [
                keras.layers.Embedding(10, 8, mask_zero=mask_padding),
                keras.layers.Bidirectional(keras.layers.LSTM(8)),
                keras.layers.Dense(2, activation="softmax"),
            ]
        )

    changes = probability_changes(build_model)

    assert changes["no mask"] > 1e-5
    assert changes["mask"] <= 1e-6


def test_nothing_added_changes_nothing():
    changes = probability_changes(builder("mean"), padding=0)

    assert changes == {"no mask": 0.0, "mask": 0.0}


def test_the_printed_model_changes_its_mind_about_the_words_themselves():
    keras.utils.set_random_seed(0)
    model = build_bert_model(10, 8, 8, 2)
    words = np.array([SENTENCE], np.int32)

    alone = np.asarray(model(words))
    followed = np.asarray(model(np.pad(words, [(0, 0), (0, PADDING)])))

    # The backward direction has read the padding before it comes to the words.
    assert np.abs(alone - followed[:, : len(SENTENCE)]).max() > 1e-5


def test_two_directions_of_128_give_256_features_and_no_layer_is_subclassed():
    model = build_bert_model(10_000, 128, 128, 2)

    bidirectional = model.layers[2]

    assert bidirectional.output.shape == (None, None, 256)
    assert "class " not in inspect.getsource(build_bert_model)
