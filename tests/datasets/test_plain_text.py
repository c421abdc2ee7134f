"""Running text comes line by line, whatever holds it, or is refused in one line."""

import errno
import gzip
import io
import os
import tracemalloc

import pytest

from roots_tf.datasets import plain_text
from roots_tf.datasets.docstrings import Docstring
from roots_tf.datasets.plain_text import PLAIN_TEXT_SETS, load_plain_text

# Public sets: what the data folder's table says of each.
TEXT8_WORDS, WIKITEXT2_WORDS = 1171946, 241211 + 213886


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def lines(path):
    return list(load_plain_text(path))


def refusal(path, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        lines(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["mine.txt", "mine.txt.gz", "mine"])
def test_a_line_is_a_sentence_whatever_ends_it(tmp_path, name):
    path = write(tmp_path / name, "one two\r\n\n  深度 学习\t\n \r\nthe end")

    assert lines(path) == ["one two", "深度 学习", "the end"]


def test_a_text_is_read_as_often_as_one_likes(tmp_path):
    text = load_plain_text(str(write(tmp_path / "a.txt", "one\ntwo\n")))

    assert list(text) == list(text) == ["one", "two"]
    assert text.name == str(tmp_path / "a.txt")


def test_a_byte_order_mark_is_no_text(tmp_path):
    path = write(tmp_path / "a.txt", b"\xef\xbb\xbfone\ntwo")

    assert lines(path) == ["one", "two"]


def test_a_folder_is_all_its_text_files_in_the_order_of_their_paths(tmp_path):
    write(tmp_path / "b.txt", "second")
    write(tmp_path / "c/d/e.txt.gz", "third\nfourth")
    write(tmp_path / "a.txt", "first\n")
    write(tmp_path / "empty.txt", "")
    write(tmp_path / "picture.png", b"\x89PNG\0")

    assert lines(tmp_path) == ["first", "second", "third", "fourth"]


@pytest.mark.parametrize("longest", [4, 5, 7, 64])
@pytest.mark.parametrize("ending", ["", "\n", "\nmore text\n"])
def test_a_very_long_line_comes_in_pieces_with_whole_words(
    tmp_path, monkeypatch, longest, ending
):
    text = " ".join(f"w{number}" for number in range(100)) + ending
    path = write(tmp_path / "a.txt", text)
    monkeypatch.setattr(plain_text, "_LONGEST", longest)

    pieces = lines(path)

    assert " ".join(pieces).split() == text.split()
    assert len(pieces) > 4
    assert max(map(len, pieces)) <= 2 * longest


@pytest.mark.parametrize("longest", range(1, 9))
def test_a_very_long_chinese_line_comes_in_pieces_with_whole_characters(
    tmp_path, monkeypatch, longest
):
    text = "大规模语言模型🙂从理论到实践" * 3
    path = write(tmp_path / "a.txt", text)
    monkeypatch.setattr(plain_text, "_LONGEST", longest)

    assert "".join(lines(path)) == text


def test_one_line_of_many_megabytes_is_never_whole_in_memory(tmp_path):
    path = write(tmp_path / "a.txt.gz", b"some words of one line " * 500_000)
    tracemalloc.start()

    length = sum(map(len, load_plain_text(path)))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 11_000_000 < length < 11_500_000
    assert peak < 1_000_000


def test_docstrings_come_as_paragraphs(monkeypatch):
    document = Docstring(
        "python", "f", "First line\n  goes on.\n\n  \nArgs:\n    x: 数字"
    )
    monkeypatch.setattr(plain_text, "docstring_corpus", lambda: (document,))

    text = load_plain_text()

    assert list(text) == list(text) == ["First line goes on.", "Args: x: 数字"]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"fine\n\n\x80\x81\n", "line 3: expected UTF-8 text, got byte 0x80"),
        ("fine\n很好\n".encode("gbk"), "line 2: expected UTF-8 text, got byte 0xba"),
        (b"fine\nEnd \xe5\xad", "line 2: expected UTF-8 text, got byte 0xe5"),
        (b"fine\nEnd \xe5\nx", "line 2: expected UTF-8 text, got byte 0xe5"),
        (b"fine\nEL\0F", "line 2: expected text, got a NUL byte"),
        ("text".encode("utf-16-le"), "line 1: expected text, got a NUL byte"),
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_what_is_no_text_is_refused_with_file_and_line(tmp_path, name, data, wrong):
    path = write(tmp_path / name, data)

    assert refusal(path) == f"{path}, {wrong}"


@pytest.mark.parametrize("data", ["", "\n \r\n"])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_file_without_text_is_refused(tmp_path, name, data):
    path = write(tmp_path / name, data)

    assert refusal(path) == f"{path}: expected text, got only blank lines"
    assert refusal(tmp_path) == f"{tmp_path}: expected text, got only blank lines"


def test_a_folder_without_text_files_is_refused(tmp_path):
    write(tmp_path / "table.csv", "a,b")

    message = refusal(tmp_path)

    assert message == f"{tmp_path}: expected .txt or .gz files, got none"


def test_an_unknown_name_is_answered_with_the_nearest():
    message = refusal("text8_hed", FileNotFoundError)

    assert "got 'text8_hed' (did you mean text8_head?); your own text is" in message


def test_a_cut_gzip_file_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(os.urandom(999).hex().encode())[:-100])

    assert refusal(path).startswith(f"{path}: expected a whole gzip file, ")


def test_a_gz_file_that_is_not_packed_is_refused(tmp_path):
    path = tmp_path / "a.gz"
    path.write_text("plain")

    assert refusal(path).startswith(f"{path}: expected a whole gzip file, ")


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = write(tmp_path / "a.txt", "a line\n" * 100_000)
    reading = iter(load_plain_text(path))
    next(reading)
    os.truncate(path, 350_000)

    with pytest.raises(ValueError) as caught:
        list(reading)

    assert str(caught.value).startswith(f"{path}: expected 700000 bytes")
    assert "was it changed while it was read?" in str(caught.value)


def test_a_file_that_vanishes_before_its_turn_is_named(tmp_path):
    write(tmp_path / "a.txt", "one\n")
    gone = write(tmp_path / "b.txt", "two\n")
    reading = iter(load_plain_text(tmp_path))
    next(reading)
    gone.unlink()

    with pytest.raises(FileNotFoundError, match="b.txt"):
        list(reading)


def test_a_disk_that_fails_is_told_with_the_file(tmp_path, monkeypatch):
    class Failing(io.BytesIO):
        def readline(self, size=-1):
            raise OSError(errno.EIO, "Input/output error")

    path = write(tmp_path / "a.txt.gz", "text")
    monkeypatch.setattr(plain_text.io, "BufferedReader", lambda _: Failing())

    assert refusal(path, OSError).startswith(f"{path}: cannot be read: [Errno 5]")


def test_a_public_set_that_is_absent_is_named_with_the_way_to_get_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="zhwiki_slice.txt.gz is missing: set"):
        load_plain_text("zhwiki_slice", tmp_path)


def test_the_public_sets_have_the_words_and_pages_of_the_data_folders_table(real_data):
    words = {
        name: sum(len(line.split()) for line in load_plain_text(name, real_data))
        for name in ("text8_head", "wikitext2")
    }

    assert words == {"text8_head": TEXT8_WORDS, "wikitext2": WIKITEXT2_WORDS}


@pytest.mark.parametrize("name", PLAIN_TEXT_SETS[1:])
def test_each_public_set_begins_with_text(name, real_data):
    text = load_plain_text(name, real_data)

    first = next(iter(text))

    assert len(first) > 1
    assert text.name == name
