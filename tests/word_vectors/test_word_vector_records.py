"""Recognising the formats of word vectors, and refusing damaged files."""

import numpy as np
import pytest

from roots_tf.word_vectors.word_vector_files import load_word_vectors


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "vectors.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def load(write):
    """By word, its vector as a list."""

    def load(content):
        table = load_word_vectors(write(content))
        return {word: table[word].tolist() for word in table.words}

    return load


def floats(*numbers):
    return np.array(numbers, "<f4").tobytes()


def binary(*rows, end=b"\n"):
    """As word2vec.c writes it; gensim writes no line ends."""
    header = f"{len(rows)} {len(rows[0][1])}\n".encode()
    return header + b"".join(
        word.encode() + b" " + floats(*numbers) + end for word, numbers in rows
    )


def test_a_first_line_of_two_whole_numbers_is_a_header(load):
    assert load("2 2\ncat 1 2\n学习 -0.5 1e-3\n") == {
        "cat": [1, 2],
        "学习": np.float32([-0.5, 1e-3]).tolist(),
    }
    # The C tool leaves a space before each line end; Windows adds a character.
    assert load("1 2\r\ncat 1 2 \r\n") == {"cat": [1, 2]}


def test_a_first_line_of_a_word_and_numbers_is_gloves(load):
    assert load("cat 1 2\ndog 3 4\n") == {"cat": [1, 2], "dog": [3, 4]}


@pytest.mark.parametrize("word", ["7", "3.14", "2000", "-1", "nan", "1e5"])
def test_a_word_may_be_a_number(load, word):
    assert load(f"{word} 1 2 3\ncat 4 5 6\n") == {word: [1, 2, 3], "cat": [4, 5, 6]}
    assert load(f"2 2\n{word} 1 2\ncat 4 5\n") == {word: [1, 2], "cat": [4, 5]}
    assert load(binary((word, [1, 2]))) == {word: [1, 2]}


@pytest.mark.parametrize("word", ["at name@domain.com", ". . .", "在 这里", "1 of"])
def test_a_word_may_hold_spaces_in_text(load, word):
    assert load(f"the 1 2\n{word} 3 4\n") == {"the": [1, 2], word: [3, 4]}
    assert load(f"{word} 1 2\nthe 3 4\n") == {word: [1, 2], "the": [3, 4]}
    assert load(f"2 2\n{word} 1 2\nthe 3 4\n") == {word: [1, 2], "the": [3, 4]}


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_binary_file_is_read_with_and_without_line_ends(load, end):
    rows = [("</s>", [0.5, -1, 2]), ("学习", [1e-9, 3e9, 0]), ("x", [10, 32, 1])]

    expected = {word: np.float32(numbers).tolist() for word, numbers in rows}
    assert load(binary(*rows, end=end)) == expected


def test_a_binary_vector_of_spaces_and_line_ends_is_read_as_one(load):
    spaces = np.frombuffer(b"    \n\n\n\n \n \n", "<f4").tolist()

    assert load(binary(("a", spaces), ("b", [1, 2, 3]), end=b"")) == {
        "a": spaces,
        "b": [1, 2, 3],
    }


@pytest.mark.parametrize("seed", range(20))
def test_text_and_binary_are_told_apart_also_when_tiny(load, seed):
    draw = np.random.default_rng(seed)
    shape = (draw.integers(1, 6), draw.integers(2, 6))
    vectors = np.float32(draw.normal(size=shape))
    rows = [(f"w{i}", vector.tolist()) for i, vector in enumerate(vectors)]
    text = "".join(f"{word} {' '.join(map(repr, row))}\n" for word, row in rows)

    for content in (
        binary(*rows),
        binary(*rows, end=b""),
        f"{shape[0]} {shape[1]}\n{text}",
        text,
    ):
        assert load(content) == dict(rows)


def test_a_control_character_in_a_word_does_not_make_text_binary(load):
    assert load("2 2\na\x01b 1 2\n\x7f 3 4\n") == {"a\x01b": [1, 2], "\x7f": [3, 4]}


def test_words_that_hold_other_blanks_are_kept_whole(load):
    words = ["a\u3000b", "\xa0", "a\x85b", "\u2028"]

    text = "".join(f"{word} {row} 0\n" for row, word in enumerate(words))

    assert load(text) == {word: [row, 0] for row, word in enumerate(words)}


def test_of_a_word_that_is_there_twice_the_first_counts(load):
    assert load("3 1\ncat 1\ncat 2\ndog 3\n") == {"cat": [1], "dog": [3]}
    assert load(binary(("cat", [1]), ("cat", [2]), ("dog", [3]))) == {
        "cat": [1],
        "dog": [3],
    }


def test_a_file_of_many_blocks_is_read_whole(load):
    vectors = np.float32(np.random.default_rng(0).normal(size=(30, 60_000)))

    table = load(binary(*((f"w{i}", row) for i, row in enumerate(vectors)), end=b""))

    for row, vector in enumerate(vectors):
        np.testing.assert_array_equal(table[f"w{row}"], vector)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "line 1: expected 'words dimension' or a word and its numbers"),
        ("\n", "line 1: expected 'words dimension' or"),
        ("cat\n", "line 1: expected 'words dimension' or"),
        ("2 x\n", "line 1: expected 'words dimension' or"),
        ("0 5\n", "line 1: expected a word and a dimension or more"),
        ("5 0\ncat\n", "line 1: expected a word and a dimension or more"),
        ("2 2\ncat 1 2\ndog 1\n", "line 3: expected a word and 2 numbers, got 1"),
        ("1 2\ncat 1 2 3\n", "line 2: expected a word and 2 numbers, got 3"),
        ("1 2\n 1 2\n", "line 2: expected a word and 2 numbers"),
        ("1 2\ncat  1 2\n", "line 2: expected a word and 2 numbers"),
        ("2 2\ncat 1 2\n\n", "line 3: expected a word and 2 numbers, got 0"),
        ("cat 1 2\ndog 1\n", "line 2: expected a word and 2 numbers, got 1"),
        ("cat 1 2\ndog 1 2 3\n", "line 2: expected a word and 2 numbers, got 3"),
        ("1 2\ncat 1 x\n", "line 2: expected numbers, could not convert .*'x'"),
        ("cat 1 2\ndog x 2\n", "line 2: expected numbers, could not convert .*'x'"),
        ("1 2\ncat 1 nan\n", "line 2: expected finite numbers, got others for 'cat'"),
        ("cat 1 2\ndog inf 2\n", "line 2: expected finite numbers"),
        ("cat 1 2\ndog 1e39 2\n", "line 2: expected finite numbers"),
        ("3 1\ncat 1\ndog 2\n", "line 4: expected 3 words, got 2"),
        ("1 1\ncat 1\ndog 2\n", "line 3: expected 1 words, got more"),
        ("2 1\n", "line 2: expected 2 words, got 0"),
        ("1 2\ncat 1 2", r"line 2: expected a line end .*\(was the file cut\?\)"),
        ("cat 1 2\ndog 1 2", "line 2: expected a line end"),
        (b"2 1\ncat 1\nc\xe4t 2\n", r"line 3: expected UTF-8, got the word b'c\\xe4t'"),
        (b"cat 1\nc\xe4t 2\n", "line 2: expected UTF-8"),
    ],
)
def test_damaged_text_is_refused_by_name_and_line(load, content, message):
    with pytest.raises(ValueError, match=rf"vectors\.txt, {message}") as caught:
        load(content)

    assert "\n" not in str(caught.value)


GOOD = binary(("cat", [1, 2]), ("dog", [3, 4]))  # "2 2\n", then 13 bytes a word


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD[:-2], "byte 16: expected 2 words, each with 2 float32 .* got 1 of them"),
        (GOOD[:-10], "byte 16: expected 2 words"),
        (GOOD[:18], "byte 16: expected 2 words"),
        (GOOD[:17], "byte 16: expected 2 words"),
        (GOOD[:10], "byte 4: expected 2 words, .* got 0 of them"),
        (GOOD + b"x", "byte 29: expected 2 words, got more"),
        (GOOD + b"\n\n", "byte 29: expected 2 words, got more"),
        (b"1" + GOOD[1:], "byte 16: expected 1 words, got more"),
        (b"3" + GOOD[1:], "byte 29: expected 3 words, .* got 2 of them"),
        (b"2 999999999999999" + GOOD[3:], "byte 18: expected 2 words"),
        (b"999999999999999 2" + GOOD[3:], "byte 43: expected 999999999999999 words"),
        (b"1 2\n " + floats(1, 2), "byte 4: expected 1 words"),
        (b"1 1\n" + b"\0" * 20_000, "byte 4: expected 1 words"),
        (binary(("cat", [1, np.nan])), "byte 4: expected finite numbers.*'cat'"),
        (binary(("a", [1]), ("b", [-np.inf])), "byte 11: expected finite numbers"),
        (b"1 2\nc\xe4t " + floats(1, 2), "byte 4: expected UTF-8"),
    ],
)
def test_a_damaged_binary_file_is_refused_by_name_and_byte(load, content, message):
    with pytest.raises(ValueError, match=rf"vectors\.txt, {message}") as caught:
        load(content)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut", range(len(GOOD)))
def test_a_binary_file_cut_anywhere_is_refused(load, cut):
    if cut == len(GOOD) - 1:
        assert load(GOOD[:cut]) == load(GOOD)  # gensim ends here
        return

    with pytest.raises(ValueError, match="vectors.txt, "):
        load(GOOD[:cut])


TEXT = "2 2\ncat 1.25 -3e1\n狗 0.5 22\n".encode()


@pytest.mark.parametrize("cut", range(len(TEXT)))
def test_a_text_file_cut_anywhere_is_refused(load, cut):
    with pytest.raises(ValueError, match="vectors.txt, line "):
        load(TEXT[:cut])


def test_random_bytes_are_refused(load):
    draw = np.random.default_rng(0)

    for length in (1, 10, 1000, 100_000):
        with pytest.raises(ValueError, match="vectors.txt, line 1: "):
            load(draw.bytes(length))


def test_a_line_without_end_is_not_read_into_memory(load):
    with pytest.raises(ValueError, match="line 2: expected a line end"):
        load("1 2\ncat 1" + "0" * 2_000_000)
