"""Files of a tokenizer: whole or not at all, and read with care."""

import os

import pytest

from roots_tf.text.tokenizer_files import (
    read_configuration,
    read_json_object,
    read_text,
    write_configuration,
    write_whole,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "vocab.txt"
    write_whole(path, b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            write_whole(path, b"new")

    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_folder_is_made_and_the_text_is_what_was_written(tmp_path):
    path = tmp_path / "a" / "b" / "text"

    write_whole(path, "学\r\n\u2028x".encode())

    assert read_text(path) == "学\r\n\u2028x"


def test_a_configuration_reads_back_and_none_is_empty(tmp_path):
    assert read_configuration(tmp_path) == {}

    write_configuration(tmp_path, {"do_lower_case": True, "名": None})

    assert read_configuration(tmp_path) == {"do_lower_case": True, "名": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", r"x.json: expected a JSON object, got \[1\]"),
        (b"{", "x.json: expected JSON, got"),
        (b"\xff", "x.json: expected UTF-8, got byte 0xff at offset 0"),
    ],
)
def test_what_is_no_json_object_is_refused_by_name(tmp_path, content, message):
    (tmp_path / "x.json").write_bytes(content)

    with pytest.raises(ValueError, match=message):
        read_json_object(tmp_path / "x.json")
