"""The table of word vectors: look-up, neighbours, analogies, hand-over."""

import numpy as np
import pytest

from roots_tf.text.vocabulary import Vocabulary
from roots_tf.word_vectors.word_vector_table import UnknownWordError, WordVectors

# Axes: royal, male, female.
FAMILY = {
    "man": [0.0, 1.0, 0.0],
    "woman": [0.0, 0.0, 1.0],
    "king": [0.9, 0.9, 0.1],
    "queen": [0.9, 0.1, 0.9],
    "prince": [0.5, 1.0, 0.1],
    "国王": [1.0, 0.8, 0.0],
    "apple": [0.1, -0.9, -0.8],
}


@pytest.fixture
def family():
    return WordVectors(tuple(FAMILY), np.float32(list(FAMILY.values())))


def a_table(size=50, dimension=6, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(size, dimension))
    return WordVectors([f"w{row}" for row in range(size)], np.float32(vectors))


def cosines(table, vector):
    """By word, in float64."""
    rows = table.vectors.astype(np.float64)
    vector = np.asarray(vector, np.float64)
    values = rows @ vector / np.linalg.norm(rows, axis=1) / np.linalg.norm(vector)
    return dict(zip(table.words, values, strict=True))


def ranked(scores, left_out, k):
    words = sorted(scores, key=scores.get, reverse=True)
    return [word for word in words if word not in left_out][:k]


def words_of(answer):
    return [word for word, _ in answer]


def test_a_table_gives_the_vector_of_a_word_and_knows_which_it_has(family):
    assert len(family) == 7
    assert "国王" in family and "王" not in family
    np.testing.assert_array_equal(family["king"], np.float32(FAMILY["king"]))
    assert family.vectors.dtype == np.float32


def test_similarity_is_the_cosine(family):
    expected = cosines(family, FAMILY["king"])

    for word in FAMILY:
        assert family.similarity("king", word) == pytest.approx(
            expected[word], abs=1e-6
        )
    assert family.similarity("queen", "king") == family.similarity("king", "queen")


def test_the_nearest_words_are_those_of_the_largest_cosines_without_the_word_itself():
    table = a_table()

    answer = table.nearest("w7", 12)

    expected = cosines(table, table["w7"])
    assert words_of(answer) == ranked(expected, {"w7"}, 12)
    for word, cosine in answer:
        assert cosine == pytest.approx(expected[word], abs=1e-6)


def test_a_vector_can_be_asked_for_and_leaves_no_word_out():
    table = a_table()

    assert words_of(table.nearest(5 * table["w7"], 1)) == ["w7"]
    assert words_of(table.nearest([1, 0, 0, 0, 0, 0], 5)) == ranked(
        cosines(table, [1, 0, 0, 0, 0, 0]), (), 5
    )


def test_man_is_to_king_as_woman_is_to_queen(family):
    for method in ("3CosAdd", "3CosMul"):
        assert words_of(family.analogy("man", "king", "woman", 1, method)) == ["queen"]


@pytest.mark.parametrize("seed", range(5))
def test_analogies_rank_as_a_brute_force_does(seed):
    table = a_table(seed=seed)
    given = ("w3", "w14", "w15")
    to_a, to_b, to_c = (cosines(table, table[word]) for word in given)
    summed = {w: to_b[w] - to_a[w] + to_c[w] for w in table.words}
    multiplied = {
        w: (to_b[w] + 1) / 2 * (to_c[w] + 1) / 2 / ((to_a[w] + 1) / 2 + 0.001)
        for w in table.words
    }

    added = table.analogy(*given, k=20)
    product = table.analogy(*given, k=20, method="3CosMul")

    assert words_of(added) == ranked(summed, given, 20)
    assert words_of(product) == ranked(multiplied, given, 20)
    for word, score in product:
        assert score == pytest.approx(multiplied[word], rel=1e-5)


@pytest.mark.parity
def test_neighbours_and_analogies_are_gensims():
    from gensim.models import KeyedVectors

    table = a_table(300, 20)
    peer = KeyedVectors(20)
    peer.add_vectors(list(table.words), table.vectors)

    near = table.nearest("w1", 30)
    added = table.analogy("w1", "w2", "w3", 30)

    expected_near = peer.most_similar("w1", topn=30)
    expected_added = peer.most_similar(["w2", "w3"], ["w1"], topn=30)
    assert words_of(near) == words_of(expected_near)
    assert words_of(added) == words_of(expected_added)
    for ours, theirs in zip(near + added, expected_near + expected_added, strict=True):
        assert ours[1] == pytest.approx(theirs[1], abs=1e-6)


def test_equal_cosines_stand_in_the_order_of_the_table():
    table = WordVectors(list("abcd"), [[1, 0], [0, 2], [0, 1], [0, 3]])

    assert words_of(table.nearest([0, 1], 3)) == ["b", "c", "d"]


def test_more_words_than_there_are_gives_all(family):
    assert len(family.nearest("king", 100)) == 6
    assert len(family.nearest([1, 1, 1], 100)) == 7
    assert len(family.analogy("man", "king", "woman", 100)) == 4


def test_a_table_of_one_word_has_no_neighbours_and_no_analogies():
    table = WordVectors(["one"], [[1.0]])

    assert table.nearest("one") == []
    assert table.analogy("one", "one", "one") == []
    assert table.similarity("one", "one") == 1


def test_a_vector_of_zeros_has_cosine_0_with_every_word():
    table = WordVectors(["zero", "a", "b"], [[0, 0], [1, 0], [0, 1]])

    assert table.similarity("zero", "zero") == table.similarity("zero", "a") == 0
    assert table.nearest("zero") == [("a", 0), ("b", 0)]
    assert table.nearest([0, 0], 1) == [("zero", 0)]


def test_the_unit_vectors_are_computed_once(family):
    assert family.unit_vectors is family.unit_vectors


def test_vectors_cannot_be_changed_through_the_table(family):
    with pytest.raises(ValueError, match="read-only"):
        family["king"][0] = 5


def test_counts_are_kept():
    counts = np.array([5, 3], np.int64)

    assert WordVectors(["a", "b"], np.eye(2), counts).counts == (5, 3)
    assert WordVectors(["a", "b"], np.eye(2)).counts is None


@pytest.mark.parametrize("error", [KeyError, ValueError])
def test_an_unknown_word_is_answered_in_one_line_with_words_spelt_like_it(
    family, error
):
    for ask in (
        lambda: family["Quen"],
        lambda: family.nearest("Quen"),
        lambda: family.similarity("king", "Quen"),
        lambda: family.analogy("man", "king", "Quen"),
    ):
        with pytest.raises(error) as caught:
            ask()
        assert str(caught.value) == (
            "expected one of the 7 words of the table, got 'Quen' (near: 'queen')"
        )
        assert isinstance(caught.value, UnknownWordError)


def test_an_unknown_word_like_no_other_is_answered_without_a_hint(family):
    with pytest.raises(UnknownWordError, match="got 'zzz\\\\nzzz'$"):
        family["zzz\nzzz"]


@pytest.mark.parametrize(
    ("words", "vectors", "counts", "message"),
    [
        ("ab", np.eye(3), None, r"each of 2 words, got an array of shape \(3, 3\)"),
        ("ab", np.ones(2), None, r"got an array of shape \(2,\)"),
        ("ab", np.ones((2, 0)), None, r"got an array of shape \(2, 0\)"),
        ("aba", np.eye(3), None, "expected each word once, got 'a' twice"),
        ("ab", [[0, 1], [0, np.nan]], None, "finite numbers, got others for 'b'"),
        ("ab", [[np.inf, -np.inf], [0, 1]], None, "finite numbers, got others for 'a'"),
        ("ab", np.eye(2), [1], "a count for each of 2 words, got 1"),
    ],
)
def test_what_does_not_fit_is_refused(words, vectors, counts, message):
    with pytest.raises(ValueError, match=message):
        WordVectors(list(words), vectors, counts)


def test_bad_questions_are_refused(family):
    with pytest.raises(ValueError, match="one word or more to be asked for, got 0"):
        family.nearest("king", 0)
    with pytest.raises(ValueError, match=r"3 finite numbers, got an array .*\(2,\)"):
        family.nearest([1, 2])
    with pytest.raises(ValueError, match="expected a word or 3 finite numbers"):
        family.nearest([1, 2, np.nan])
    with pytest.raises(ValueError, match="expected one of 3CosAdd, 3CosMul"):
        family.analogy("man", "king", "woman", method="add")


VOCABULARY = Vocabulary.build([["学习", "cat", "dog", "dog"]])
PETS = WordVectors(["the", "dog", "学习"], [[9, 9, 9], [1, 2, 3], [-0.5, 1e-3, 0]])


def test_rows_of_the_table_stand_at_the_ids_of_their_tokens():
    table, found = PETS.embedding_matrix(VOCABULARY)

    assert found == 2
    assert (table.shape, table.dtype) == ((5, 3), np.float32)
    np.testing.assert_array_equal(table[2], [1, 2, 3])  # dog
    np.testing.assert_array_equal(table[4], np.float32([-0.5, 1e-3, 0]))  # 学习


def test_tokens_that_the_table_lacks_are_small_and_random_by_seed():
    missing = [0, 1, 3]

    first, again, other = (
        PETS.embedding_matrix(VOCABULARY, seed)[0][missing] for seed in (1, 1, 2)
    )

    assert (np.abs(first) <= 0.05).all() and first.std() > 0.01
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_an_embedding_table_can_be_changed_without_changing_the_vectors():
    table, _ = PETS.embedding_matrix(VOCABULARY)

    table += 1

    np.testing.assert_array_equal(PETS["dog"], [1, 2, 3])
