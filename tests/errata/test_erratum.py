"""Every erratum is complete, and stands where the map of the sections says."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import roots_tf.errata
from roots_tf.errata.erratum import load, modules
from roots_tf.sections import SECTIONS

ENTRIES = load()


def test_entries_are_in_the_order_of_their_ids_each_once():
    ids = [entry.id for entry in ENTRIES]

    assert ids == sorted(set(ids))
    assert {"E11", "E12", "E13"} <= set(ids)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_text_of_an_entry_is_written(entry):
    texts = (entry.title, entry.printed, entry.right, entry.source, entry.numbers)

    assert all(text.strip() for text in texts)
    assert "\n" not in entry.title


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_the_map_of_the_sections_names_an_erratum_where_it_stands(entry):
    listing = {n for n, section in SECTIONS.items() if entry.id in section.errata}

    assert set(entry.sections) == listing


@pytest.mark.parametrize("id", ["E1", "e11", "E111"])
def test_an_id_of_another_form_is_refused(id):
    with pytest.raises(ValueError, match=f"expected an id such as 'E07', got '{id}'"):
        replace(ENTRIES[0], id=id)


def test_an_unknown_grade_is_refused():
    message = "E11: expected a grade of A, B, C, R, got 'D'"

    with pytest.raises(ValueError, match=message):
        replace(ENTRIES[0], id="E11", grade="D")


def test_adding_an_erratum_is_adding_a_file(tmp_path, monkeypatch):
    source = Path(roots_tf.errata.__file__).with_name("e11_bilstm_is_no_bert.py")
    copied = shutil.copy(source, tmp_path / "e99_new.py")
    text = source.read_text(encoding="utf-8").replace('id="E11"', 'id="E99"')
    Path(copied).write_text(text, encoding="utf-8")
    folders = [*roots_tf.errata.__path__, str(tmp_path)]
    monkeypatch.setattr(roots_tf.errata, "__path__", folders)
    monkeypatch.delitem(sys.modules, "roots_tf.errata.e99_new", raising=False)

    assert modules()["E99"] == "roots_tf.errata.e99_new"
    assert load()[-1].id == "E99"


def test_a_file_whose_entry_has_another_id_is_refused(tmp_path, monkeypatch):
    source = Path(roots_tf.errata.__file__).with_name("e11_bilstm_is_no_bert.py")
    shutil.copy(source, tmp_path / "e98_new.py")
    folders = [*roots_tf.errata.__path__, str(tmp_path)]
    monkeypatch.setattr(roots_tf.errata, "__path__", folders)
    monkeypatch.delitem(sys.modules, "roots_tf.errata.e98_new", raising=False)

    with pytest.raises(ValueError, match="e98_new: expected the entry E98, got E11"):
        load()
