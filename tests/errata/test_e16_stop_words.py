"""E16: naive Bayes against scikit-learn's, with and without the stop words."""

import numpy as np
import pytest

from roots_tf.errata.e16_stop_words import (
    ENTRY,
    NEGATIONS,
    STOP_WORDS,
    TEST,
    TRAINING,
    naive_bayes_answers,
    right_answers,
)
from roots_tf.text import stop_words

LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def scikit_learns_answers(language, dropped):
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    texts = [
        [word for word in text.split() if word not in dropped]
        for text, _ in TRAINING[language] + TEST[language]
    ]
    labels = np.array([label for _, label in TRAINING[language]])
    counts = CountVectorizer(analyzer=list).fit(texts[:8]).transform(texts)
    return MultinomialNB().fit(counts[:8], labels).predict(counts[8:]).tolist()


def test_naive_bayes_gives_the_worked_example_of_its_source():
    # Introduction to Information Retrieval, table 13.1 and example 13.1: China.
    training = [
        ("Chinese Beijing Chinese", 1),
        ("Chinese Chinese Shanghai", 1),
        ("Chinese Macao", 1),
        ("Tokyo Japan Chinese", 0),
    ]

    answers = naive_bayes_answers(training, ["Chinese Chinese Chinese Tokyo Japan"])

    in_china = 3 / 4 * (3 / 7) ** 3 * (1 / 14) ** 2
    elsewhere = 1 / 4 * (2 / 9) ** 3 * (2 / 9) ** 2
    assert (round(in_china, 4), round(elsewhere, 4)) == (0.0003, 0.0001)
    assert answers == [1]


@LANGUAGES
def test_the_answers_are_scikit_learns(language):
    texts = [text for text, _ in TEST[language]]
    kept = STOP_WORDS[language] - {NEGATIONS[language]}

    for dropped in (frozenset(), kept, STOP_WORDS[language]):
        answers = naive_bayes_answers(TRAINING[language], texts, dropped)

        assert answers == scikit_learns_answers(language, dropped)


@LANGUAGES
def test_the_negated_sentences_and_no_others_become_praise(language):
    texts = [text for text, _ in TEST[language]]

    answers = naive_bayes_answers(TRAINING[language], texts, STOP_WORDS[language])

    wrong = [
        text
        for (text, label), answer in zip(TEST[language], answers, strict=True)
        if answer != label
    ]
    assert wrong == [text for text in texts if NEGATIONS[language] in text.split()]
    assert len(wrong) == 2
    assert right_answers(language, STOP_WORDS[language]) == 4 - 2
    assert f"| {language} | 4 of 4 | 4 of 4 | 2 of 4 |" in ENTRY.numbers


@LANGUAGES
def test_the_words_removed_stand_on_the_projects_own_list(language):
    assert STOP_WORDS[language] <= stop_words.STOP_WORDS[language]
    assert NEGATIONS[language] in stop_words.NEGATIONS[language]
