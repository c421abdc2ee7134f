"""Analogies and word similarity: definitions of the published sets and of gensim."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from roots_tf.datasets.word_relations import (
    AnalogyQuestions,
    WordPairs,
    load_analogies,
    load_similarities,
)
from roots_tf.word_vectors.evaluation import (
    AnalogyCount,
    analogy_accuracy,
    similarity_correlation,
)
from roots_tf.word_vectors.word_vector_table import WordVectors

# Axes: royal, male, female, young. "Man" is out of the way: "man" stands for both.
WORDS = ("man", "woman", "king", "queen", "prince", "princess", "Man", "rare")
ROWS = [[0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1]]
TABLE = WordVectors(WORDS, [*ROWS, [1, 0, 1, 1], [1, -1, -1, 0], [0, 1, 0, 5]])
QUESTIONS = AnalogyQuestions(
    "toy",
    {
        "right": [("Man", "King", "Woman", "Queen"), ("king", "man", "queen", "woman")],
        "wrong": [("man", "woman", "king", "princess")],
        "unknown": [("man", "boy", "woman", "girl")],
        "given": [("man", "king", "man", "king"), ("man", "woman", "king", "queen")],
    },
)


def plain_count(table, quadruples, restrict_vocab, method):
    """The definition word by word, in float64; case does not count."""
    words = [word.upper() for word in table.words[:restrict_vocab]]
    first = {word: words.index(word) for word in words}
    rows = table.vectors[:restrict_vocab].astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    correct = asked = 0
    for quadruple in quadruples:
        a, b, c, answer = (word.upper() for word in quadruple)
        if not {a, b, c, answer} <= first.keys():
            continue
        asked += 1
        to_a, to_b, to_c = (rows @ rows[first[word]] for word in (a, b, c))
        scores = to_b - to_a + to_c
        if method == "3CosMul":
            scores = (1 + to_b) / 2 * (1 + to_c) / 2 / ((1 + to_a) / 2 + 0.001)
        ranked = [words[row] for row in np.argsort(-scores)]
        correct += next(w for w in ranked if w not in (a, b, c)) == answer
    return AnalogyCount(correct, asked, len(quadruples) - asked)


def random_table(seed, size=400, dimension=8):
    """Words in upper and lower case, some of them twice."""
    draw = np.random.default_rng(seed)
    names = [f"w{row}" for row in range(size // 2)]
    names += [name.upper() for name in names[::2]] + [
        f"学{i}" for i in range(size // 4)
    ]
    draw.shuffle(names)
    vectors = draw.normal(size=(len(names), dimension))
    # Pairs of words with a common offset, so that some answers are right.
    vectors[1::2] = vectors[::2] + vectors[0] + draw.normal(0, 0.2, vectors[1::2].shape)
    return WordVectors(names, np.float32(vectors))


def random_questions(table, seed, number=150):
    draw = np.random.default_rng(seed)
    sections = {"one": [], "two": []}
    for index in range(number):
        i, j = 2 * draw.integers(0, len(table) // 2, 2)
        four = [table.words[row] for row in (i, i + 1, j, j + 1)]
        four = [word.lower() if draw.random() < 0.5 else word for word in four]
        if index % 10 == 0:
            four[draw.integers(4)] = "missing"
        sections["one" if index % 3 else "two"].append(tuple(four))
    return AnalogyQuestions("random", sections)


def test_questions_are_answered_and_counted_by_section():
    result = analogy_accuracy(TABLE, QUESTIONS)

    assert result.sections == {
        "right": AnalogyCount(2, 2, 0),
        "wrong": AnalogyCount(0, 1, 0),
        "unknown": AnalogyCount(0, 0, 1),
        # Given words are no answers.
        "given": AnalogyCount(1, 2, 0),
    }
    assert result.total == AnalogyCount(3, 5, 1)
    assert result.total.accuracy == 3 / 5
    assert math.isnan(result.sections["unknown"].accuracy)


def test_case_counts_where_it_is_asked_to():
    result = analogy_accuracy(TABLE, QUESTIONS, ignore_case=False)

    assert result.sections["right"] == AnalogyCount(1, 1, 1)


def test_words_beyond_the_limit_are_neither_known_nor_looked_through():
    questions = AnalogyQuestions("toy", {"s": [("man", "woman", "king", "princess")]})

    assert analogy_accuracy(TABLE, questions, 5).total == AnalogyCount(0, 0, 1)
    without_queen = WordVectors(
        [word for word in WORDS if word != "queen"],
        [TABLE[word] for word in WORDS if word != "queen"],
    )
    assert analogy_accuracy(without_queen, questions, 5).total.correct == 1


@pytest.mark.parametrize("method", ["3CosAdd", "3CosMul"])
@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_definition_word_by_word(seed, method):
    table = random_table(seed)
    questions = random_questions(table, seed)

    result = analogy_accuracy(table, questions, 350, method=method)

    for section, quadruples in questions.sections.items():
        expected = plain_count(table, quadruples, 350, method)
        assert result.sections[section] == expected
    assert 0 < result.total.correct < result.total.asked
    assert result.total.out_of_vocabulary > 15


def test_batches_do_not_change_the_counts(monkeypatch):
    from roots_tf.word_vectors import evaluation

    table = random_table(5)
    questions = random_questions(table, 5)
    whole = analogy_accuracy(table, questions)

    monkeypatch.setattr(evaluation, "_SCORES", 7 * len(table))

    assert analogy_accuracy(table, questions) == whole


@pytest.mark.parity
@pytest.mark.parametrize("ignore_case", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_analogies_are_counted_as_gensim_counts_them(tmp_path, seed, ignore_case):
    table = random_table(seed)
    questions = random_questions(table, seed)
    lines = []
    for section, quadruples in questions.sections.items():
        lines += [f": {section}", *map(" ".join, quadruples)]
    (tmp_path / "questions.txt").write_text("\n".join(lines), encoding="utf-8")

    ours = analogy_accuracy(table, questions, 350, ignore_case)

    accuracy, sections = as_gensim(table).evaluate_word_analogies(
        str(tmp_path / "questions.txt"), 350, ignore_case
    )
    counts = [*ours.sections.values(), ours.total]
    for count, section in zip(counts, sections, strict=True):
        assert count.correct == len(section["correct"])
        assert count.asked == len(section["correct"]) + len(section["incorrect"])
    assert ours.total.accuracy == accuracy


@pytest.mark.parity
@pytest.mark.parametrize("ignore_case", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_similarities_are_correlated_as_gensim_does(tmp_path, seed, ignore_case):
    table = random_table(seed)
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, len(table), (60, 2))
    pairs = [tuple(table.words[row] for row in pair) for pair in rows]
    pairs[::9] = [(a.swapcase(), "missing") for a, _ in pairs[::9]]
    scores = draw.integers(0, 21, 60) / 2  # with ties
    lines = [f"{a}\t{b}\t{s}" for (a, b), s in zip(pairs, scores, strict=True)]
    (tmp_path / "pairs.txt").write_text("\n".join(lines), encoding="utf-8")

    ours = similarity_correlation(
        table, WordPairs("random", tuple(pairs), tuple(scores)), ignore_case
    )

    _, spearman, missing = as_gensim(table).evaluate_word_pairs(
        str(tmp_path / "pairs.txt"), case_insensitive=ignore_case
    )
    assert ours.spearman == pytest.approx(spearman.statistic, abs=1e-9)
    assert ours.out_of_vocabulary / 60 * 100 == pytest.approx(missing)
    assert ours.pairs + ours.out_of_vocabulary == 60


def as_gensim(table):
    from gensim.models import KeyedVectors

    peer = KeyedVectors(table.vectors.shape[1])
    peer.add_vectors(list(table.words), table.vectors)
    return peer


def test_similarity_is_the_correlation_of_ranks():
    # Cosines with "a": 1, 0.8, 0.6, 0; by rank with the scores: 1 - 6 * 2 / (4 * 15).
    table = WordVectors("abcd", [[1, 0], [0.8, 0.6], [0.6, 0.8], [0, 1]])
    pairs = (("a", "A"), ("a", "b"), ("C", "a"), ("a", "d"), ("a", "x"))

    result = similarity_correlation(table, WordPairs("toy", pairs, (8, 9, 3, 1, 99)))

    assert result.spearman == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert (result.pairs, result.out_of_vocabulary) == (4, 1)


@pytest.mark.parametrize(
    ("pairs", "scores"),
    [
        ((), ()),
        ((("x", "y"), ("a", "x")), (1, 2)),
        ((("a", "b"), ("a", "x")), (1, 2)),
        ((("a", "b"), ("b", "c")), (1, 1)),
        ((("a", "a"), ("b", "b")), (1, 2)),
    ],
)
def test_without_anything_to_rank_there_is_no_correlation(pairs, scores):
    table = WordVectors("abc", [[1, 0], [0, 1], [1, 1]])

    result = similarity_correlation(table, WordPairs("toy", pairs, scores))

    assert math.isnan(result.spearman)
    assert result.pairs + result.out_of_vocabulary == len(pairs)


@pytest.mark.parametrize("words", [(), ("man",)])
def test_a_table_of_no_word_or_one_answers_nothing(words):
    table = WordVectors(words, np.ones((len(words), 2)))
    questions = AnalogyQuestions("toy", {"s": [("man", "man", "man", "man")]})

    total = analogy_accuracy(table, questions).total

    assert total == AnalogyCount(0, len(words), 1 - len(words))


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="expected one of 3CosAdd, 3CosMul"):
        analogy_accuracy(TABLE, QUESTIONS, method="add")
    with pytest.raises(ValueError, match="expected one word or more to answer, got 0"):
        analogy_accuracy(TABLE, QUESTIONS, 0)


@pytest.mark.parametrize("name", ["questions-words", "ca8-semantic"])
def test_a_published_set_is_answered_by_vectors_made_for_it(real_data, name):
    # An axis a pair, and one a side of it: all pairs then have the same offset.
    section, quadruples = next(iter(load_analogies(name, real_data).sections.items()))
    pairs = {}
    for pair in (four[:2] for four in quadruples):
        if not {*pair} & {word for known in pairs for word in known}:
            pairs[pair] = len(pairs)
    axes = np.repeat(np.eye(len(pairs)), 2, axis=0)
    sides = np.tile(np.eye(2), (len(pairs), 1))
    words = [word for pair in pairs for word in pair]
    table = WordVectors(words, np.hstack([axes, sides]))
    within = [q for q in quadruples if q[:2] in pairs and q[2:] in pairs]
    others = [q for q in quadruples if not {*q} <= {*words}]
    questions = AnalogyQuestions(name, {section: within + others})

    result = analogy_accuracy(table, questions)

    assert len(within) > 400
    assert result.total == AnalogyCount(len(within), len(within), len(others))


@pytest.mark.parametrize("name", ["wordsim-353", "simlex-999", "wordsim-240"])
def test_vectors_made_for_a_similarity_set_agree_with_it(real_data, name):
    # For each pair of its own words: the cosine is the score, cut to 0 to 1.
    similarities = load_similarities(name, real_data)
    top = max(similarities.scores)
    vectors, pairs, scores = {}, [], []
    for row, (pair, score) in enumerate(
        zip(similarities.pairs, similarities.scores, strict=True)
    ):
        if {word.upper() for word in pair} & vectors.keys() or len({*pair}) == 1:
            continue
        for word, cosine in zip(pair, (1, score / top), strict=True):
            vectors[word.upper()] = (row, cosine)
        pairs.append(pair)
        scores.append(score)
    width = 2 * len(similarities.pairs)
    table = np.zeros((len(vectors), width), np.float32)
    for place, (row, cosine) in enumerate(vectors.values()):
        table[place, 2 * row : 2 * row + 2] = cosine, math.sqrt(1 - cosine**2)

    result = similarity_correlation(
        WordVectors(tuple(vectors), table),
        SimpleNamespace(pairs=pairs, scores=scores),
    )

    assert result.pairs == len(pairs) > 80
    assert result.spearman == pytest.approx(1, abs=1e-3)  # float32 makes some ties
