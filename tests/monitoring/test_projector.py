"""The files of the embedding projector."""

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins import projector

from roots_tf.monitoring.projector import write_projector


def read_config(folder):
    config = projector.ProjectorConfig()
    text_format.Parse((folder / "projector_config.pbtxt").read_text(), config)
    (embedding,) = config.embeddings
    return embedding


def read_metadata(folder):
    return (folder / "metadata.tsv").read_text(encoding="utf-8").split("\n")


def test_small_table_is_text_that_gives_every_float_back(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    vectors[0, :3] = [np.float32(1e-38), np.float32(3e38), np.float32(1 / 3)]

    write_projector(tmp_path / "p", vectors, [f"w{i}" for i in range(50)])

    config = read_config(tmp_path / "p")
    assert config.tensor_path == "tensors.tsv"
    assert list(config.tensor_shape) == [50, 7]
    read = np.loadtxt(tmp_path / "p" / "tensors.tsv", dtype=np.float32, delimiter="\t")
    np.testing.assert_array_equal(read, vectors)


def test_table_above_ten_thousand_rows_is_little_endian_float32(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(10_001, 2))
    vectors[0, 0] = -1 / 3  # its first byte, 0xab, begins no UTF-8 character

    write_projector(tmp_path / "p", vectors, ["w"] * 10_001, name="words")

    config = read_config(tmp_path / "p")
    assert (config.tensor_name, config.tensor_path) == ("words", "tensors.bytes")
    assert list(config.tensor_shape) == [10_001, 2]
    data = (tmp_path / "p" / "tensors.bytes").read_bytes()
    assert data[:4] == bytes.fromhex("abaaaabe")
    assert len(data) == 10_001 * 2 * 4
    np.testing.assert_array_equal(
        np.frombuffer(data, "<f4").reshape(-1, 2), vectors.astype(np.float32)
    )


def test_table_whose_bytes_look_like_text_is_written_as_text(tmp_path):
    vectors = np.zeros((10_001, 2), np.float32)
    # 0x0a3d3d3d: the first line of the file is b"\n" or "===" for a reader of lines
    vectors[:2] = np.frombuffer(b"===\n===\n===\n===\n", "<f4").reshape(2, 2)

    write_projector(tmp_path / "p", vectors, ["w"] * 10_001)

    assert read_config(tmp_path / "p").tensor_path == "tensors.tsv"


def test_single_column_has_no_header_and_one_line_per_word(tmp_path):
    words = ["的", "a\tb", "c\nd", "e\r\nf", "", " ", "\u3000", "\ufeff", "\ud800", "z"]

    write_projector(tmp_path / "p", np.ones((len(words), 2)), words)

    assert read_metadata(tmp_path / "p") == [
        "的",
        "a\\tb",
        "c\\nd",
        "e\\r\\nf",
        "''",
        "' '",
        "'\\u3000'",
        "'\\ufeff'",
        "\\ud800",
        "z",
        "",
    ]


def test_several_columns_have_a_header(tmp_path):
    write_projector(
        tmp_path / "p",
        np.ones((2, 2)),
        ["a", "b"],
        {"frequency": np.array([3, 4]), "part\tof speech": ["noun", ""]},
    )

    assert read_metadata(tmp_path / "p") == [
        "word\tfrequency\tpart\\tof speech",
        "a\t3\tnoun",
        "b\t4\t''",
        "",
    ]


def test_folder_holds_an_event_file_and_a_second_table_replaces_the_first(tmp_path):
    folder = tmp_path / "run" / "projector"
    write_projector(folder, np.ones((2, 2)), ["a", "b"])

    write_projector(folder, np.zeros((10_001, 1)) + 1 / 3, ["w"] * 10_001)

    names = sorted(path.name.split(".")[0] for path in folder.iterdir())
    assert names == ["events", "metadata", "projector_config", "tensors"]
    assert [path.name for path in folder.parent.iterdir()] == ["projector"]
    assert len(read_metadata(folder)) == 10_002


def test_failure_half_way_leaves_the_earlier_table_and_no_other_file(
    tmp_path, monkeypatch
):
    folder = tmp_path / "projector"
    write_projector(folder, np.ones((2, 2)), ["a", "b"])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full_disk(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savetxt", full_disk)
    for target in (folder, tmp_path / "other"):
        with pytest.raises(OSError, match="No space left"):
            write_projector(target, np.ones((3, 2)), ["a", "b", "c"])

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["projector"]


@pytest.mark.parametrize(
    ("vectors", "words", "metadata", "message"),
    [
        (np.ones(3), ["a"] * 3, None, r"shape \(V, D\), got \(3,\)"),
        (np.ones((0, 3)), [], None, r"got \(0, 3\)"),
        (np.ones((2, 3)), ["a"], None, "one 'word' for each of 2 vectors, got 1"),
        (np.ones((1, 3)), ["a"], {"n": []}, "one 'n' for each of 1 vectors, got 0"),
        (np.ones((1, 3)), ["a"], {"word": ["b"]}, "name other than 'word'"),
        (np.full((1, 3), np.nan), ["a"], None, "finite vectors"),
    ],
)
def test_table_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path, vectors, words, metadata, message
):
    with pytest.raises(ValueError, match=message):
        write_projector(tmp_path / "p", vectors, words, metadata)

    assert list(tmp_path.iterdir()) == []


def test_folder_with_something_else_in_it_is_not_replaced(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "events").write_text("curve")

    with pytest.raises(ValueError, match="expected no folder or an earlier projector"):
        write_projector(tmp_path / "train", np.ones((1, 2)), ["a"])

    assert (tmp_path / "train" / "events").read_text() == "curve"
