"""`python -m roots_tf.errata`: the document, and its exit status."""

import re
import subprocess
import sys
from functools import partial

import pytest

from roots_tf.errata import __main__, where_shown
from roots_tf.errata.__main__ import DOCUMENT, main, markdown
from roots_tf.errata.erratum import load


@pytest.fixture
def document(tmp_path):
    """Where a document is to be written; nothing is there yet."""
    return tmp_path / "ERRATA.md"


def test_the_document_in_the_project_is_in_step():
    assert main(["--check"]) == 0, "python -m roots_tf.errata"
    assert DOCUMENT.read_text(encoding="utf-8") == markdown()


def test_what_was_written_is_in_step(document):
    written = main([], document)

    assert written == 0
    assert main(["--check"], document) == 0
    assert [path.name for path in document.parent.iterdir()] == ["ERRATA.md"]


def test_checking_tells_of_a_changed_or_missing_document_and_writes_nothing(
    document, capsys
):
    missing = main(["--check"], document)
    assert not document.exists()
    document.write_text("edited by hand\n")

    changed = main(["--check"], document)

    assert (missing, changed) == (1, 1)
    assert document.read_text() == "edited by hand\n"
    line = "ERRATA.md is out of step: run `python -m roots_tf.errata`\n"
    assert capsys.readouterr().err == 2 * line


def test_each_erratum_has_a_row_that_links_to_its_heading_and_its_file(project):
    text = markdown()

    for entry in load():
        assert f"| [{entry.id}](#{entry.id.lower()}) | {entry.grade} |" in text
        assert text.count(f"\n## {entry.id}\n") == 1
    paths = re.findall(r"\]\((roots_tf/\S+)\)", text)
    assert len(paths) == len(load())
    assert all((project / path).exists() for path in paths)


def test_each_erratum_names_its_test_and_a_cell_of_the_notebook_of_errata(project):
    entries = markdown().split("\n## ")[1:]

    assert len(entries) == len(load())
    for entry in entries:
        [test] = re.findall(r"\]\((tests/\S+)\)", entry)
        notebooks = re.findall(r"\]\((notebooks/\S+)\), cell \d+: \S", entry)
        assert "notebooks/10_errata.ipynb" in notebooks
        assert all((project / path).exists() for path in (test, *notebooks))


@pytest.mark.parametrize("missing", ["path_of_test", "notebook_cells"])
def test_an_erratum_without_a_test_or_a_cell_is_one_line_and_writes_nothing(
    missing, document, monkeypatch, capsys, tmp_path
):
    of_nothing = partial(getattr(where_shown, missing), project=tmp_path)
    monkeypatch.setattr(__main__, missing, of_nothing)

    statuses = main([], document), main(["--check"], document)

    assert statuses == (1, 1)
    assert not document.exists()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(re.match("E01: expected .*, found none$", line) for line in lines)


def test_no_paragraph_is_indented_which_would_make_it_code():
    assert not re.search(r"^ {4}", markdown(), re.MULTILINE)


def test_every_table_begins_a_paragraph_which_makes_it_a_table():
    paragraphs = markdown().split("\n\n")

    for paragraph in paragraphs:
        lines = paragraph.strip().splitlines()
        if any(line.startswith("| --- ") for line in lines):
            assert lines[0].startswith("|")
            assert lines[1].startswith("| --- ")


def test_writing_the_document_loads_no_tensorflow(
    project,
):
    code = (
        "import sys; from roots_tf.errata.__main__ import markdown; markdown()\n"
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True
    )

    assert done.stdout == "set()\n"


def test_a_wrong_flag_is_status_2(project):
    command = [sys.executable, "-m", "roots_tf.errata", "--chek"]

    done = subprocess.run(command, cwd=project, capture_output=True, text=True)

    assert done.returncode == 2
