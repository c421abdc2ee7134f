"""Platform, disk, folders, encoding, backend: each trap on a made-up machine."""

import errno
import json
import shlex
import tempfile

import pytest

from roots_tf.doctor import machine


@pytest.mark.parametrize(
    ("system", "processor"),
    [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")],
)
def test_a_platform_with_wheels_is_in_order(system, processor):
    assert not machine.check_platform(system, processor).mend


def test_windows_is_a_note_since_all_but_the_text_ops_runs():
    finding = machine.check_platform("win32", "AMD64")

    assert "tensorflow-text has no wheel" in finding.text
    assert finding.mend == "wsl --install"
    assert not finding.wrong


def test_an_intel_mac_is_mended_by_a_container():
    finding = machine.check_platform("darwin", "x86_64")

    assert "TensorFlow ends with 2.16" in finding.text
    assert finding.mend.startswith("docker run ")
    assert finding.wrong


def test_a_full_disk_is_to_mend():
    assert not machine.check_disk(3_000_000_000).mend
    full = machine.check_disk(1_900_000_000)

    assert full.text == "1.9 GB free: expected 2.0 GB"
    assert full.mend == "python -m pip cache purge"


def test_a_folder_is_tried_where_it_would_be_made(tmp_path):
    (finding,) = machine.check_write_access([tmp_path / "runs" / "today"])

    assert not finding.mend
    assert list(tmp_path.iterdir()) == []  # nothing is left there


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.EACCES, 'sudo chown -R "$(id -u)" {folder}'),
        (errno.EROFS, "cp -R {project} ~/"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_to_mend(
    tmp_path, monkeypatch, number, mend
):
    def refuse(dir):
        raise OSError(number, "no")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)

    (finding,) = machine.check_write_access([tmp_path])

    assert finding.text == f"cannot write to {tmp_path}: no"
    places = {"folder": tmp_path, "project": machine.PROJECT}
    assert finding.mend == mend.format(
        **{name: shlex.quote(str(path)) for name, path in places.items()}
    )


def test_a_file_in_the_place_of_a_folder_is_moved_away(tmp_path):
    (tmp_path / "runs").write_text("")

    (finding,) = machine.check_write_access([tmp_path / "runs"])

    assert finding.text == f"{tmp_path / 'runs'} is a file: expected a folder"
    assert finding.mend == f"mv {tmp_path / 'runs'} {tmp_path / 'runs'}.old"


def test_runs_and_downloads_are_what_is_written():
    names = [folder.name for folder in machine.written_to()]

    assert names == ["tensorboard_logs", "downloads"]


def test_no_folder_for_temporary_files_is_to_mend(monkeypatch):
    assert not machine.check_temporary_folder().mend

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [])
    finding = machine.check_temporary_folder()

    assert finding.mend == "mkdir -p ~/tmp && export TMPDIR=~/tmp"


@pytest.mark.parametrize(
    ("encoding", "fits"),
    [("utf-8", True), ("gbk", True), ("ascii", False), ("cp1252", False)],
)
def test_a_terminal_without_chinese_is_to_mend(encoding, fits):
    mend = machine.check_encoding(encoding).mend

    assert mend == ("" if fits else "export PYTHONUTF8=1")


def test_keras_with_another_backend_is_to_mend(tmp_path):
    (tmp_path / ".keras").mkdir()
    settings = tmp_path / ".keras" / "keras.json"

    def mend(environ=()):
        return machine.check_keras_backend(dict(environ), tmp_path).mend

    assert mend() == ""  # no file: Keras makes one
    settings.write_text(json.dumps({"backend": "torch"}))
    assert mend() == "export KERAS_BACKEND=tensorflow"
    # The variable that mends it is stronger than the file.
    assert mend({"KERAS_BACKEND": "tensorflow"}) == ""
    assert mend({"KERAS_BACKEND": "jax"}) == "export KERAS_BACKEND=tensorflow"
    settings.write_text("{")
    assert mend() == ""


@pytest.mark.parametrize("folder", [None, ""])
def test_no_data_folder_is_in_order(folder):
    assert not machine.check_data(folder).mend


def test_a_data_folder_must_exist(tmp_path):
    assert not machine.check_data(str(tmp_path)).mend
    assert machine.check_data(str(tmp_path / "no")).mend == "unset ROOTS_TF_DATA"
