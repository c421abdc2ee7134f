"""The parts of the classifier script that its runs do not show."""

import numpy as np
import pytest

from roots_tf.datasets.classification import load_classification
from roots_tf.text.vocabulary import Vocabulary
from roots_tf.train.classifier import ClassifierOptions
from roots_tf.train.classifier_parts import build_model, read_texts
from roots_tf.word_vectors.word_vector_files import FORMATS, save_word_vectors
from roots_tf.word_vectors.word_vector_table import WordVectors


@pytest.mark.parametrize("format", FORMATS)
def test_the_embedding_layer_begins_with_the_vectors_of_a_file(
    tmp_path, format, capsys
):
    vocabulary = Vocabulary.build([["好", "cat", "dog", "dog"]])
    vectors = WordVectors(["the", "dog", "好"], [[9, 9, 9], [1, 2, 3], [-0.5, 1e-3, 0]])
    save_word_vectors(vectors, tmp_path / "vectors", format)
    options = ClassifierOptions(
        embeddings=str(tmp_path / "vectors"), embedding_dim=3, hidden_size=2
    )

    model = build_model(options, vocabulary, num_classes=2)

    weights = model.get_layer(index=1).get_weights()[0]
    assert weights.shape == (len(vocabulary), 3)
    for word in ("dog", "好"):
        np.testing.assert_array_equal(
            weights[vocabulary.encode([word])[0]], vectors[word]
        )
    assert "2 of 5 tokens have a pretrained vector" in capsys.readouterr().out


@pytest.mark.parametrize(
    "data, han, units",
    [
        ("reviews_en", "words", "characters"),
        ("reviews_zh", "words", "words"),
        ("reviews_zh", "characters", "characters"),
    ],
)
def test_jieba_is_kept_for_texts_that_need_it(data, han, units):
    options = ClassifierOptions(data=data, han=han)

    _, settings, _ = read_texts(load_classification(data), options)

    assert settings.han == units
