"""The baselines on texts whose right answer is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import f1_score

from roots_tf.evaluation.baselines import (
    bag_of_words_baseline,
    frequent_tags_baseline,
    majority_baseline,
    overlap_baseline,
)


def examples(texts, labels):
    return SimpleNamespace(texts=tuple(texts), labels=np.array(labels, np.int32))


def test_majority_baseline_equals_scikit_learns_dummy():
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 3, 50), rng.integers(0, 3, 40)

    scores = majority_baseline(train, test)

    dummy = DummyClassifier(strategy="most_frequent")
    predictions = dummy.fit(np.zeros((50, 1)), train).predict(np.zeros((40, 1)))
    np.testing.assert_array_equal(scores.predictions, predictions)
    assert scores.accuracy == (predictions == test).mean()
    assert scores.macro_f1 == pytest.approx(
        f1_score(test, predictions, average="macro", zero_division=0.0)
    )


def test_macro_f1_counts_the_classes_that_test_lacks():
    scores = majority_baseline(np.array([0, 0, 1]), np.array([0, 0]))

    assert (scores.accuracy, scores.macro_f1) == (1.0, 0.5)


@pytest.mark.parametrize(
    ("language", "good", "bad"),
    [("en", "a good Film {}", "a bad film {}"), ("zh", "房间很好{}", "房间太差{}")],
)
def test_bag_of_words_learns_what_a_word_tells(language, good, bad):
    texts = [form.format(number) for number in range(30) for form in (good, bad)]
    labels = [1, 0] * 30
    train, test = examples(texts[:40], labels[:40]), examples(texts[40:], labels[40:])

    scores = bag_of_words_baseline(train, test, language)

    assert (scores.accuracy, scores.macro_f1) == (1.0, 1.0)
    np.testing.assert_array_equal(scores.predictions, test.labels)


def test_bag_of_words_takes_three_classes_and_repeats_itself():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    words = [["red", "green", "blue", "grey"][x] for x in rng.integers(0, 4, 200)]
    texts = [
        f"{w} {'abc'[y]}{rng.integers(5)}" for w, y in zip(words, labels, strict=True)
    ]
    train = examples(texts[:150], labels[:150])
    test = examples(texts[150:], labels[150:])

    first = bag_of_words_baseline(train, test, "en")
    second = bag_of_words_baseline(train, test, "en")

    assert first == second
    np.testing.assert_array_equal(first.predictions, second.predictions)
    assert first.accuracy > 0.8  # the second word starts with the label's letter


def test_bad_input_is_refused_in_one_line():
    one = examples(["a word"], [0])
    two = examples(["a word", "two words"], [0, 1])
    none = examples([], [])

    with pytest.raises(ValueError, match="language must be 'en' or 'zh', got 'fr'"):
        bag_of_words_baseline(two, two, "fr")
    with pytest.raises(ValueError, match="two classes or more"):
        bag_of_words_baseline(one, one, "en")
    with pytest.raises(ValueError, match="at least one test"):
        bag_of_words_baseline(two, none, "en")
    with pytest.raises(ValueError, match="at least one training label"):
        majority_baseline(np.array([], np.int32), two.labels)
    with pytest.raises(ValueError, match="at least one test label"):
        majority_baseline(two.labels, np.array([], np.int32))


def test_overlap_tells_pairs_that_share_words_from_pairs_that_do_not():
    same = ["深圳很大\t大 深圳", "A cat sat\tthe CAT sat", "red\tred"]
    other = ["深圳很大\t北京", "a cat\tthe dog", "red\tblue"]
    train = examples([*same, *other], [1, 1, 1, 0, 0, 0])
    test = examples(["new words\tnew words", "new words\told ones", "\ta"], [1, 0, 0])

    scores = overlap_baseline(train, test)

    assert scores.predictions.tolist() == [1, 0, 0]
    assert scores.accuracy == 1


def test_a_word_gets_the_tag_it_has_most_often():
    tokens = [["北", "京", "大"], ["京", "x"], ["京"]]
    tags = [["B-LOC", "I-LOC", "O"], ["O", "B-ORG"], ["I-LOC"]]

    found = frequent_tags_baseline(tokens, tags, [["京", "x", "unseen"], []])

    assert found == [["I-LOC", "B-ORG", "O"], []]
