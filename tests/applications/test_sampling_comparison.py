"""Rules compared on the same beginnings: what is measured, and of which tokens."""

import keras
import numpy as np
import pytest

from roots_tf.applications.sampling_comparison import (
    OWN_TEXT,
    RULES,
    compare_sampling,
    comparison_table,
)
from roots_tf.applications.text_generation import TextGenerator
from roots_tf.decoding.sampling import SamplingRule
from roots_tf.evaluation.generation_metrics import distinct, mean_repetition
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.text.characters import CharacterTokenizer

GREEDY = {"greedy": SamplingRule(temperature=0)}


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    tokenizer = CharacterTokenizer.learn(["abcdefgh"])
    model = Gpt(GptConfig(tokenizer.vocab_size, 12, 12, 1, 2, dropout=0.0))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 8)
    return TextGenerator(model, tokenizer)


@pytest.fixture
def texts():
    return np.random.default_rng(0).integers(1, 9, (5, 12)).astype(np.int32)


def log_probabilities(generator, texts, start):
    """log p of the tokens from ``start`` on, a pass for each."""
    found = []
    for row in texts:
        for place in range(start, len(row)):
            logits = np.asarray(generator.model(row[None, :place]))[0, -1]
            logits = logits.astype(np.float64)
            found.append(logits[row[place]] - np.log(np.exp(logits).sum()))
    return np.array(found)


def test_the_texts_own_continuations_are_measured_beside(generator, texts):
    found = compare_sampling(generator, texts, 4, GREEDY)[OWN_TEXT]

    rows = texts[:, 4:].tolist()
    expected = np.exp(-log_probabilities(generator, texts, 4).mean())
    # float32 logits, of weights made eight times as large
    assert found.perplexity == pytest.approx(expected, rel=1e-4)
    assert found.repetition == mean_repetition(rows, 4)
    assert found.distinct_2 == distinct(rows, 2)


def test_a_rule_is_measured_on_what_it_writes_after_the_beginnings(generator, texts):
    found = compare_sampling(generator, texts, 4, GREEDY)["greedy"]

    written = []
    for row in texts:
        text = row[:4].tolist()
        while len(text) < 12:
            logits = np.asarray(generator.model(np.array([text], np.int32)))[0, -1]
            text.append(int(logits.argmax()))
        written.append(text)
    written = np.array(written, np.int32)
    assert found.distinct_1 == distinct(written[:, 4:].tolist(), 1)
    assert found.repetition == mean_repetition(written[:, 4:].tolist(), 4)
    expected = np.exp(-log_probabilities(generator, written, 4).mean())
    assert found.perplexity == pytest.approx(expected, rel=1e-4)


def test_greedy_texts_are_the_most_probable_and_nearly_uniform_ones_the_most_varied(
    generator, texts
):
    rules = GREEDY | {"hot": SamplingRule(temperature=50.0)}

    found = compare_sampling(generator, texts, 4, rules)

    assert found["greedy"].perplexity < found["hot"].perplexity
    assert found["greedy"].distinct_2 < found["hot"].distinct_2


def test_a_seed_gives_one_table_with_a_row_for_each_rule(generator, texts):
    tables = [
        comparison_table(compare_sampling(generator, texts, 4, seed=seed))
        for seed in (1, 1)
    ]

    assert tables[0] == tables[1]
    lines = tables[0].splitlines()
    assert len(lines) == 2 + len(RULES) + 1
    assert all(line.count("|") == 7 for line in lines)


@pytest.mark.parametrize("prompt_length", [0, 12])
def test_a_beginning_that_leaves_nothing_to_compare_is_refused(
    generator, texts, prompt_length
):
    with pytest.raises(ValueError, match="a prompt of 1 to 11 tokens"):
        compare_sampling(generator, texts, prompt_length)
