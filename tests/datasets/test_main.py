"""``python -m roots_tf.datasets``: what it prints and its exit status."""

import subprocess
import sys
import time

import pytest

from roots_tf.datasets.__main__ import main
from roots_tf.datasets.catalog import CATALOG


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty data folder."""
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path))
    return tmp_path


def test_help_is_quick_and_imports_nothing_heavy(project):
    command = [sys.executable, "-X", "importtime", "-m", "roots_tf.datasets", "--help"]
    times = []
    for _ in range(3):
        started = time.monotonic()
        done = subprocess.run(command, cwd=project, capture_output=True, text=True)
        times.append(time.monotonic() - started)

    assert done.returncode == 0
    assert "{list,verify,fetch}" in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"numpy", "tensorflow", "keras", "urllib.request"}
    assert min(times) < 0.3


@pytest.mark.parametrize("arguments", [[], ["list"]])
def test_the_list_has_a_line_for_each_set(folder, capsys, arguments):
    assert main(arguments) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *CATALOG]
    imdb = next(line for line in lines if line.startswith("imdb"))
    assert imdb.split()[1:3] == ["en", "no"]
    assert "research use" in imdb


def test_the_list_tells_what_is_here(real_data, capsys):
    main(["list"])

    _, *lines = capsys.readouterr().out.splitlines()
    of_the_project = [line for line in lines if "with project" in line]
    assert len(of_the_project) == sum(not one.files for one in CATALOG.values())
    assert all("prepared" in line for line in lines if line not in of_the_project)


def test_verifying_good_files_ends_with_status_0(real_data, capsys):
    assert main(["verify", "trec", "reviews_zh"]) == 0

    assert capsys.readouterr().out == (
        "trec/train.csv: ok\ntrec/test.csv: ok\n"
        "reviews_zh: comes with the project, nothing to verify\n"
    )


def test_verifying_a_changed_file_ends_with_status_1(folder, capsys):
    (folder / "waimai_10k").mkdir()
    (folder / "waimai_10k/waimai_10k.csv").write_text("label,review\n")

    assert main(["verify"]) == 1

    expected = "waimai_10k/waimai_10k.csv: expected 919380 bytes, got 13\n"
    assert capsys.readouterr().out == expected


def test_verifying_what_is_not_there_ends_with_status_1(folder, capsys):
    assert main(["verify", "trec"]) == 1
    assert main(["verify"]) == 1

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: trec: ") and "fetch trec" in first
    assert second == f"error: expected a data set in {folder}, got none"


def test_fetching_what_cannot_be_verified_ends_with_status_1(folder, capsys):
    assert main(["fetch", "cluener"]) == 1

    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "get it by hand from https://github.com/CLUEbenchmark/CLUENER2020" in error
    assert list(folder.iterdir()) == []


def test_a_failed_fetch_ends_with_status_1_and_one_line(folder, capsys, monkeypatch):
    def fail(data_set, folder):
        raise OSError("https://example.org/x: connection cut")

    monkeypatch.setattr("roots_tf.datasets.fetch.fetch", fail)

    assert main(["fetch", "imdb"]) == 1

    expected = "error: https://example.org/x: connection cut\n"
    assert capsys.readouterr().err == expected


def test_fetching_what_is_there_ends_with_status_0(real_data, capsys):
    assert main(["fetch", "trec"]) == 0

    assert capsys.readouterr().out == f"trec: prepared edition in {real_data}\n"


@pytest.mark.parametrize("command", ["verify", "fetch"])
def test_an_unknown_name_ends_with_status_2(folder, capsys, command):
    assert main([command, "trec", "imbd"]) == 2

    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "did you mean imdb?" in error


@pytest.mark.parametrize("arguments", [["fetch"], ["show"], ["list", "--all"]])
def test_wrong_arguments_end_with_status_2(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
