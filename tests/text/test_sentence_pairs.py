"""Pairs for next sentence and sentence order."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from roots_tf.text.sentence_pairs import pair_dataset, sentence_pairs

MOST = 40


def documents(number: int = 60, seed: int = 0) -> list[list[list[int]]]:
    """Documents whose tokens are all different: d * 10,000, d * 10,000 + 1, …"""
    rng = np.random.default_rng(seed)
    made = []
    for document in range(number):
        lengths = rng.integers(1, 25, rng.integers(1, 30))
        tokens = iter(range(10_000 * document, 10_000 * (document + 1)))
        made.append([list(itertools.islice(tokens, int(n))) for n in lengths])
    return made


def in_a_row(ids: list[int]) -> bool:
    return ids == list(range(ids[0], ids[0] + len(ids)))


@pytest.mark.parametrize("max_tokens", [2, 7, 40, 125, 1000])
@pytest.mark.parametrize("kind", ["next", "order"])
def test_texts_are_running_text_of_at_most_so_many_tokens(kind, max_tokens):
    for first, second, _ in sentence_pairs(documents(), kind, max_tokens, 0):
        assert first and second
        assert len(first) + len(second) <= max_tokens
        assert in_a_row(first) and in_a_row(second)


def test_a_next_text_follows_and_any_other_is_from_another_document():
    for first, second, label in sentence_pairs(documents(), "next", MOST, 0):
        if label == 0:
            assert in_a_row(first + second)
        else:
            assert first[0] // 10_000 != second[0] // 10_000


def test_swapped_texts_follow_one_another_the_other_way_round():
    for first, second, label in sentence_pairs(documents(), "order", MOST, 0):
        assert in_a_row(second + first if label else first + second)


@pytest.mark.parametrize("max_tokens", [2, 7, 40, 1000])
def test_no_token_is_lost(max_tokens):
    texts = [text for text in documents() if sum(map(len, text)) > 1]
    everything = Counter(id for text in texts for sentence in text for id in sentence)

    order = Counter()
    for first, second, _ in sentence_pairs(texts, "order", max_tokens, 0):
        order.update(first + second)
    following = Counter()
    for first, second, label in sentence_pairs(texts, "next", max_tokens, 0):
        following.update(first if label else first + second)

    last_ones = {text[-1][-1] for text in texts}
    assert set(everything) - set(order) <= last_ones  # one left over at the end
    assert max(order.values()) == max(following.values()) == 1
    assert set(everything) - set(following) <= last_ones


@pytest.mark.parametrize("kind", ["next", "order"])
def test_either_label_has_probability_one_half(kind):
    labels = [pair.label for pair in sentence_pairs(documents(400), kind, MOST, 1)]

    share = sum(labels) / len(labels)
    assert abs(share - 0.5) < 5 * math.sqrt(0.25 / len(labels))


def test_most_pairs_are_long_and_some_are_short():
    pairs = list(sentence_pairs(documents(400), "order", 100, 0))

    lengths = np.array([len(pair.first) + len(pair.second) for pair in pairs])
    assert np.median(lengths) > 80
    assert 0.02 < (lengths < 50).mean() < 0.3


def test_a_seed_gives_the_same_pairs_and_another_others():
    def pairs(seed):
        return list(sentence_pairs(documents(), "next", MOST, seed))

    assert pairs([3, 1]) == pairs([3, 1])
    assert pairs([3, 1]) != pairs([3, 2])


def test_documents_are_read_as_they_are_needed():
    read = []

    def stream():
        for number, document in enumerate(documents(100)):
            read.append(number)
            yield document

    pairs = sentence_pairs(stream(), "next", MOST, 0, pool_size=10)
    next(pairs)

    assert read == list(range(10))
    others = {pair.second[0] // 10_000 for pair in pairs if pair.label}
    assert len(others) > 60


def test_a_sentence_longer_than_a_pair_is_cut_and_kept():
    pairs = list(sentence_pairs([[list(range(95))]], "order", 10, 0))

    tokens = sorted(id for first, second, _ in pairs for id in first + second)
    assert tokens == list(range(95))


def test_empty_sentences_and_documents_are_passed_over():
    texts = [[], [[]], [[1, 2], [], [3]], [[10_000, 10_001]]]

    pairs = list(sentence_pairs(texts, "order", 10, 0))

    tokens = sorted(id for first, second, _ in pairs for id in first + second)
    assert tokens == [1, 2, 3, 10_000, 10_001]
    assert list(sentence_pairs([], "next", 10, 0)) == []


@pytest.mark.parametrize(
    ("texts", "kind", "max_tokens", "message"),
    [
        ([[[1, 2]], [[3]]], "before", 10, "expected a kind of .* got 'before'"),
        ([[[1, 2]], [[3]]], "next", 1, "expected 2 tokens or more a pair, got 1"),
        ([[[1, 2], [3]]], "next", 10, "expected two documents or more .* got one"),
    ],
)
def test_what_makes_no_pairs_is_refused(texts, kind, max_tokens, message):
    with pytest.raises(ValueError, match=message):
        list(sentence_pairs(texts, kind, max_tokens, 0))


def test_as_a_dataset_the_pairs_are_ragged_batches():
    pairs = list(sentence_pairs(documents(5), "next", MOST, 4))

    batches = list(pair_dataset(lambda: documents(5), "next", MOST, 4).ragged_batch(7))

    firsts = [row for first, _, _ in batches for row in first.to_list()]
    labels = [label for *_, batch in batches for label in batch.numpy()]
    assert firsts == [pair.first for pair in pairs]
    assert labels == [pair.label for pair in pairs]
    assert isinstance(batches[0][1], tf.RaggedTensor)
    assert batches[0][1].dtype == tf.int32
