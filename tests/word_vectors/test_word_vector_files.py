"""Saving and loading word vectors, in our formats and gensim's files."""

import tracemalloc

import numpy as np
import pytest

from roots_tf.word_vectors.word_vector_files import (
    FORMATS,
    load_word_vectors,
    save_word_vectors,
)
from roots_tf.word_vectors.word_vector_table import WordVectors

each_format = pytest.mark.parametrize("format", FORMATS)
WORDS = ("the", "学习", "3.14", "naïve", "</s>", "👩🏽‍💻", "a\u3000b", "2000", "nan")
EXTREME = [1 / 3, -1e-38, 3.4e38, -0.0, 2**-149, 16777217, 0.1]


def a_table():
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), len(EXTREME)))
    vectors[0] = EXTREME
    return WordVectors(WORDS, np.float32(vectors))


def assert_equal(table, other):
    assert table.words == other.words
    assert table.vectors.tobytes() == other.vectors.tobytes()


@each_format
def test_what_is_saved_is_loaded_bit_by_bit(tmp_path, format):
    save_word_vectors(a_table(), tmp_path / "vectors", format)

    assert_equal(load_word_vectors(tmp_path / "vectors"), a_table())


def test_words_with_spaces_are_kept_by_gloves_format(tmp_path):
    words = ("at name@domain.com", ". . .", "x")
    table = WordVectors(words, np.eye(3))

    save_word_vectors(table, tmp_path / "vectors", "glove-text")

    assert_equal(load_word_vectors(tmp_path / "vectors"), table)


@pytest.mark.parametrize("seed", range(5))
@each_format
def test_random_tables_are_loaded_as_they_were(tmp_path, format, seed):
    draw = np.random.default_rng(seed)
    shape = (draw.integers(1, 40), draw.integers(2, 9))
    letters = [*"ab1.-e", "学", "é", "\t", "\r", "\xa0", "\x7f"]
    words = {"".join(draw.choice(letters, 1 + i % 5)) for i in range(200)}
    # Any bits: subnormal numbers, huge ones, spaces and line ends inside.
    vectors = draw.integers(0, 2**32, shape, np.uint32).view(np.float32)
    vectors[~np.isfinite(vectors)] = 0
    table = WordVectors(sorted(words)[: shape[0]], vectors[: len(words)])

    save_word_vectors(table, tmp_path / "vectors", format)

    assert_equal(load_word_vectors(tmp_path / "vectors"), table)


@pytest.mark.parity
@each_format
def test_gensim_reads_what_we_write(tmp_path, format):
    from gensim.models import KeyedVectors

    table = a_table()
    save_word_vectors(table, tmp_path / "vectors", format)

    peer = KeyedVectors.load_word2vec_format(
        tmp_path / "vectors",
        binary=format == "word2vec-binary",
        no_header=format == "glove-text",
    )

    assert tuple(peer.index_to_key) == table.words
    np.testing.assert_array_equal(peer.vectors, table.vectors)


@pytest.mark.parity
@each_format
def test_we_read_what_gensim_writes(tmp_path, format):
    from gensim.models import KeyedVectors

    table = a_table()
    peer = KeyedVectors(table.vectors.shape[1])
    peer.add_vectors(list(table.words), table.vectors)
    peer.save_word2vec_format(
        tmp_path / "vectors",
        binary=format == "word2vec-binary",
        write_header=format != "glove-text",
    )

    assert_equal(load_word_vectors(tmp_path / "vectors"), table)


@each_format
def test_only_the_words_asked_for_are_kept_in_the_order_of_the_file(tmp_path, format):
    save_word_vectors(a_table(), tmp_path / "vectors", format)

    table = load_word_vectors(tmp_path / "vectors", only=["nan", "missing", "学习"])

    assert table.words == ("学习", "nan")
    np.testing.assert_array_equal(table["学习"], a_table()["学习"])


@each_format
def test_no_word_of_those_asked_for_gives_an_empty_table(tmp_path, format):
    save_word_vectors(a_table(), tmp_path / "vectors", format)

    table = load_word_vectors(tmp_path / "vectors", only=["\udce4", "missing"])

    assert len(table) == 0
    assert table.vectors.shape == (0, 7)


@pytest.mark.parametrize("content", [b"2 1\nc\xe4t 1\ncat 2\n", b"c\xe4t 1\ncat 2\n"])
def test_a_word_that_is_not_utf8_is_passed_over_where_others_are_asked_for(
    tmp_path, content
):
    (tmp_path / "vectors").write_bytes(content)

    table = load_word_vectors(tmp_path / "vectors", only=["cat"])

    assert (table.words, table["cat"][0]) == (("cat",), 2)


@each_format
def test_a_cut_file_is_refused_also_where_few_words_are_asked_for(tmp_path, format):
    path = tmp_path / "vectors"
    save_word_vectors(a_table(), path, format)
    path.write_bytes(path.read_bytes()[:-3])

    with pytest.raises(ValueError, match="vectors, (line|byte) "):
        load_word_vectors(path, only=["the"])


@each_format
def test_a_limit_reads_the_first_words_and_nothing_after_them(tmp_path, format):
    path = tmp_path / "vectors"
    save_word_vectors(a_table(), path, format)
    path.write_bytes(path.read_bytes()[:-3])

    assert load_word_vectors(path, limit=2).words == WORDS[:2]
    assert load_word_vectors(path, only=["the", "</s>"], limit=2).words == ("the",)
    with pytest.raises(ValueError, match="expected a limit of one word or more, got 0"):
        load_word_vectors(path, limit=0)


@each_format
def test_memory_holds_the_words_kept_and_not_the_file(tmp_path, format):
    vectors = np.random.default_rng(0).normal(size=(4000, 300))
    table = WordVectors([f"word{i}" for i in range(4000)], np.float32(vectors))
    save_word_vectors(table, tmp_path / "vectors", format)
    size = (tmp_path / "vectors").stat().st_size
    assert size > 4_500_000

    tracemalloc.start()
    load_word_vectors(tmp_path / "vectors", only=table.words[:40])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    # A block of the file and its rest are two times 1 MiB.
    assert peak < 3_000_000


@pytest.mark.parametrize(
    ("word", "formats"),
    [
        ("a b", FORMATS[:2]),
        ("a\nb", FORMATS),
        ("", FORMATS),
        ("a 7", FORMATS),
        (" a", FORMATS),
        ("a ", FORMATS),
        ("\udce4", FORMATS),
    ],
)
def test_a_word_that_a_format_cannot_keep_is_refused_and_nothing_written(
    tmp_path, word, formats
):
    for format in formats:
        with pytest.raises(ValueError) as caught:
            save_word_vectors(WordVectors([word], [[1]]), tmp_path / "v", format)
        assert "\n" not in str(caught.value)

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_and_an_empty_table_are_refused(tmp_path):
    with pytest.raises(ValueError, match="word2vec-text, .*glove-text, got 'bin'"):
        save_word_vectors(a_table(), tmp_path / "vectors", "bin")
    with pytest.raises(ValueError, match="one word or more, got none"):
        save_word_vectors(WordVectors([], np.ones((0, 3))), tmp_path / "vectors")


@each_format
def test_a_failure_while_writing_leaves_the_earlier_file(tmp_path, format, monkeypatch):
    from roots_tf.word_vectors import word_vector_files

    path = tmp_path / "vectors"
    save_word_vectors(a_table(), path, format)
    before = path.read_bytes()

    def fail(table, file, format):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(word_vector_files, "_write", fail)
    with pytest.raises(OSError, match="no space"):
        save_word_vectors(a_table(), path, format)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_and_a_folder_are_os_errors(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_word_vectors(tmp_path / "none.txt")
    with pytest.raises(IsADirectoryError):
        load_word_vectors(tmp_path)
