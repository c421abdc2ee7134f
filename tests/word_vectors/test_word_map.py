"""The map of words, beside scikit-learn's principal components."""

import numpy as np
import pytest

from roots_tf.word_vectors.word_map import word_map
from roots_tf.word_vectors.word_vector_table import UnknownWordError, WordVectors

WORDS = tuple("abcdefgh")
TABLE = WordVectors(WORDS, np.random.default_rng(0).normal(size=(8, 5)))


def test_points_are_the_principal_components_but_for_their_sign():
    from sklearn.decomposition import PCA

    found = word_map(TABLE, WORDS)

    components = PCA(2, svd_solver="full")
    expected = components.fit_transform(TABLE.unit_vectors)
    # The unit vectors are float32.
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=1e-6)
    share = components.explained_variance_ratio_.sum()
    assert found.shown == pytest.approx(share, abs=1e-6)


def test_the_number_furthest_from_0_is_positive_whatever_the_sign_of_the_vectors():
    turned = WordVectors(WORDS, -TABLE.vectors)

    one, other = word_map(TABLE, WORDS), word_map(turned, WORDS)

    for points in (one.points, other.points):
        assert np.all(points.max(axis=0) == np.abs(points).max(axis=0))
    np.testing.assert_allclose(one.points, other.points, atol=1e-12)


def test_the_nearest_is_the_table_s_nearest_among_the_words():
    chosen = ("b", "g", "d", "a", "h")

    found = word_map(TABLE, chosen)

    for word, near in zip(chosen, found.nearest, strict=True):
        expected = next(x for x, _ in TABLE.nearest(word, 8) if x in chosen)
        assert near == expected


@pytest.mark.parametrize("width", [1, 2])
def test_narrow_tables_are_shown_whole(width):
    table = WordVectors("abc", np.array([[1, 0], [3, 2], [-1, 5.0]])[:, :width])

    found = word_map(table, "abc")

    assert found.points.shape == (3, 2)
    assert found.shown == pytest.approx(1)
    unit = table.unit_vectors
    for i, j in ((0, 1), (0, 2), (1, 2)):
        apart = np.linalg.norm(found.points[i] - found.points[j])
        assert apart == pytest.approx(np.linalg.norm(unit[i] - unit[j]), abs=1e-6)


def test_equal_words_are_one_point():
    table = WordVectors("abc", np.ones((3, 4)))

    found = word_map(table, "abc")

    np.testing.assert_allclose(found.points, 0, atol=1e-12)


@pytest.mark.parametrize("words", ["ab", "aba", ""])
def test_too_few_words_are_refused(words):
    with pytest.raises(ValueError, match="expected three different words or more, got"):
        word_map(TABLE, words)


def test_an_unknown_word_is_refused():
    with pytest.raises(UnknownWordError, match="got 'x'"):
        word_map(TABLE, "abx")
