"""Two tiny applications that have learned a few sentences."""

import keras
import numpy as np
import pytest

from roots_tf.applications.sequence_tagging import SequenceTagger
from roots_tf.applications.text_classification import TextClassifier
from roots_tf.recurrent.bilstm_classifier import BiLstmConfig, build_bilstm_classifier
from roots_tf.recurrent.bilstm_tagger import build_bilstm_tagger
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

GOOD = ["这部电影很好看", "剧情精彩", "a great film", "I love it 😀"]
BAD = ["这部电影不好看", "剧情拖沓", "a dull film", "I hate it 😡"]
# B opens the name of a city, I goes on with it.
CITIES = ["北京", "上海", "New York"]


def learn(model: keras.Model, ids: list, labels, epochs: int) -> None:
    width = max(len(row) for row in ids)
    x = np.array([np.pad(row, (0, width - len(row))) for row in ids])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss, jit_compile=False)
    model.fit(x, np.asarray(labels), batch_size=len(x), epochs=epochs, verbose=0)


@pytest.fixture(scope="session")
def classifier() -> TextClassifier:
    """Tells ``GOOD`` from ``BAD``."""
    keras.utils.set_random_seed(0)
    settings = TextSettings(han="characters", max_length=20)
    tokens = tokenize(GOOD + BAD, settings)
    vocabulary = Vocabulary.build(tokens)
    config = BiLstmConfig(len(vocabulary), 2, 8, 8, dropout=0.0)
    model = build_bilstm_classifier(config)
    learn(model, encode(tokens, vocabulary, settings), [1] * 4 + [0] * 4, 25)
    return TextClassifier(model, vocabulary, settings, ["bad", "good"])


@pytest.fixture(scope="session")
def tagger() -> SequenceTagger:
    """Finds ``CITIES``, character by character."""
    keras.utils.set_random_seed(0)
    texts = [f"我在{city}。" for city in CITIES] + [f"{city}很大" for city in CITIES]
    sentences = [[c for c in text if c != " "] for text in texts]
    names = ["".join(city.split()) for city in CITIES * 2]
    tags = np.zeros((6, 10), int)
    for row, (sentence, name) in enumerate(zip(sentences, names, strict=True)):
        start = "".join(sentence).index(name)
        tags[row, start : start + len(name)] = [1] + [2] * (len(name) - 1)
    vocabulary = Vocabulary.build(sentences)
    model = build_bilstm_tagger(BiLstmConfig(len(vocabulary), 3, 8, 8, dropout=0.0))
    learn(model, [vocabulary.encode(s) for s in sentences], tags, 40)
    return SequenceTagger(model, vocabulary, ["O", "B-CITY", "I-CITY"], "characters")
