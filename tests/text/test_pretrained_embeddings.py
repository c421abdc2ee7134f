"""Word vectors from word2vec's text format, beside gensim's reader."""

import numpy as np
import pytest

from roots_tf.text.pretrained_embeddings import load_embeddings
from roots_tf.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary.build([["学习", "cat", "dog", "dog"]])
FILE = "4 3\ndog 1 2 3\n学习 -0.5 1e-3 0\n\xa0 1 1 1\nthe 9 9 9\n"


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_rows_of_the_file_stand_at_the_ids_of_their_tokens(write):
    table, found = load_embeddings(write(FILE), VOCABULARY)

    assert found == 2
    assert (table.shape, table.dtype) == ((5, 3), np.float32)
    np.testing.assert_array_equal(table[2], [1, 2, 3])  # dog
    np.testing.assert_array_equal(table[4], np.float32([-0.5, 1e-3, 0]))  # 学习


def test_tokens_that_the_file_lacks_are_small_and_random_by_seed(write):
    missing = [0, 1, 3]

    first, again, other = (
        load_embeddings(write(FILE), VOCABULARY, seed)[0][missing] for seed in (1, 1, 2)
    )

    assert (np.abs(first) <= 0.05).all() and first.std() > 0.01
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_file_of_gensim_is_read_as_gensim_reads_it(tmp_path):
    models = pytest.importorskip("gensim.models")
    words = ["the", *VOCABULARY.tokens[2:], "naïve"]
    vectors = np.random.default_rng(0).normal(size=(len(words), 7)).astype(np.float32)
    written = models.KeyedVectors(7)
    written.add_vectors(words, vectors)
    written.save_word2vec_format(tmp_path / "vectors.txt", binary=False)

    table, found = load_embeddings(tmp_path / "vectors.txt", VOCABULARY)

    read = models.KeyedVectors.load_word2vec_format(tmp_path / "vectors.txt")
    assert found == 3
    for row, word in enumerate(VOCABULARY.tokens[2:], start=2):
        np.testing.assert_array_equal(table[row], read[word])


def test_of_a_word_that_is_there_twice_the_first_counts(write):
    table, found = load_embeddings(write("2 1\ncat 1\ncat 2\n"), VOCABULARY)

    assert (table[3, 0], found) == (1, 1)


def test_spaces_at_the_end_of_lines_as_the_c_tool_writes_them_are_fine(write):
    table, _ = load_embeddings(write("1 2\ncat 1 2 \n"), VOCABULARY)

    assert table[3].tolist() == [1, 2]


def test_a_word_that_is_not_utf8_is_passed_over(write):
    _, found = load_embeddings(write(b"2 1\nc\xe4t 1\ncat 2\n"), VOCABULARY)

    assert found == 1


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "line 1: expected 'words dimension'"),
        ("cat 1 2\n", "line 1: expected 'words dimension'"),
        ("2 x\n", "line 1: expected 'words dimension'"),
        ("2 2\ncat 1 2\ndog 1\n", "line 3: expected a word and 2 numbers, got 1"),
        ("1 2\ncat 1 2 3\n", "line 2: expected a word and 2 numbers, got 3"),
        ("1 2\ncat 1 x\n", "line 2: could not convert"),
        ("1 2\ncat 1 nan\n", "line 2: expected finite numbers"),
        ("3 1\ncat 1\ndog 2\n", "expected 3 words, got 2"),
        ("1 1\ncat 1\ndog 2\n", "expected 1 words, got 2"),
        ("2 1\n", "expected 2 words, got 0"),
    ],
)
def test_a_damaged_file_is_refused_by_name_and_line(write, content, message):
    with pytest.raises(ValueError, match=rf"vectors\.txt.*{message}"):
        load_embeddings(write(content), VOCABULARY)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_embeddings(tmp_path / "none.txt", VOCABULARY)
