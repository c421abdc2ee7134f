"""The catalog agrees with the files, and says what is here."""

import re

import pytest

from roots_tf.datasets import catalog
from roots_tf.datasets.catalog import CATALOG
from roots_tf.datasets.classification import CLASSIFICATION_SETS
from roots_tf.datasets.dialogue import DIALOGUE_SETS
from roots_tf.datasets.parallel import PARALLEL_SETS
from roots_tf.datasets.plain_text import PLAIN_TEXT_SETS
from roots_tf.datasets.reading_comprehension import READING_SETS
from roots_tf.datasets.retrieval_questions import QUESTION_SETS
from roots_tf.datasets.summaries import SUMMARY_SETS
from roots_tf.datasets.tagging import TAGGING_SETS
from roots_tf.datasets.word_relations import ANALOGY_SETS, SIMILARITY_SETS

PUBLIC = [data_set for data_set in CATALOG.values() if data_set.files]
each_public = pytest.mark.parametrize("data_set", PUBLIC, ids=lambda s: s.name)


def write_all(folder, name):
    for file in CATALOG[name].files:
        path = folder / file.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * file.size)


def test_every_reader_has_its_entry_and_every_entry_its_reader():
    names = (*CLASSIFICATION_SETS, *TAGGING_SETS, *READING_SETS, *PLAIN_TEXT_SETS)
    names += (*ANALOGY_SETS, *SIMILARITY_SETS, *PARALLEL_SETS)
    names += (*DIALOGUE_SETS, *QUESTION_SETS, *SUMMARY_SETS)

    # The docstrings are read in every way.
    assert set(CATALOG) == set(names)


@each_public
def test_an_entry_tells_origin_licence_schema_and_how_to_get_it(data_set):
    assert data_set.language in ("en", "zh", "zh-en")
    assert data_set.source and data_set.licence and data_set.schema and data_set.task
    assert bool(data_set.downloads) != bool(data_set.by_hand)
    if data_set.by_hand:
        assert data_set.by_hand.startswith("https://")


@each_public
def test_downloads_are_encrypted_and_have_a_checksum(data_set):
    for file in data_set.downloads:
        assert file.url.startswith("https://")
        assert file.size > 0
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        archive = file.path.endswith((".zip", ".tar.gz"))
        assert archive == bool(file.unpack_to)


@each_public
def test_sizes_and_checksums_are_those_of_the_data_folders_table(data_set, real_data):
    table = (real_data / "README.md").read_text(encoding="utf-8")

    for file in data_set.files:
        row = f"| {file.size} | `{file.sha256}` |"
        assert re.search(rf"`{re.escape(file.path)}` \| .* {re.escape(row)}", table)


def test_the_files_of_the_data_folder_have_their_checksums(real_data):
    for name in ("trec", "sst2", "waimai", "wnut17"):
        assert set(catalog.verify(CATALOG[name], real_data).values()) == {""}


def test_a_changed_byte_and_a_missing_byte_are_found(tmp_path):
    write_all(tmp_path, "trec")
    size = CATALOG["trec"].files[1].size
    (tmp_path / "trec/test.csv").write_bytes(b"x" * (size - 1))

    problems = catalog.verify(CATALOG["trec"], tmp_path)

    assert problems["trec/test.csv"] == f"expected {size} bytes, got {size - 1}"
    assert re.fullmatch(
        f"expected SHA-256 {CATALOG['trec'].files[0].sha256}, got [0-9a-f]{{64}}",
        problems["trec/train.csv"],
    )


def test_an_absent_set_cannot_be_verified(tmp_path):
    with pytest.raises(FileNotFoundError, match="trec/train.csv is missing"):
        catalog.verify(CATALOG["trec"], tmp_path)


def test_a_set_is_here_when_its_last_file_is(tmp_path):
    assert catalog.edition(CATALOG["trec"], tmp_path) is None

    write_all(tmp_path, "trec")
    assert catalog.edition(CATALOG["trec"], tmp_path) == "prepared"

    (tmp_path / "trec/test.csv").unlink()
    assert catalog.edition(CATALOG["trec"], tmp_path) is None

    (tmp_path / "trec/official").mkdir()
    for file in CATALOG["trec"].downloads:
        (tmp_path / file.path).touch()
    assert catalog.edition(CATALOG["trec"], tmp_path) == "official"


def test_a_missing_file_is_named_with_the_way_to_get_it(tmp_path):
    write_all(tmp_path, "imdb")
    (tmp_path / "imdb/test.csv.gz").unlink()

    with pytest.raises(FileNotFoundError) as caught:
        catalog.locate("imdb", tmp_path)

    assert str(caught.value) == (
        f"imdb: {tmp_path / 'imdb/test.csv.gz'} is missing: set ROOTS_TF_DATA to a "
        "folder that has it, or run: python -m roots_tf.datasets fetch imdb"
    )


def test_the_data_folder_is_named_by_the_environment(tmp_path, monkeypatch, project):
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path))
    assert catalog.data_folder() == tmp_path

    monkeypatch.delenv("ROOTS_TF_DATA")
    assert catalog.data_folder() == project / "data/downloads"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"got 'wnut' \(did you mean wnut17\?\)"):
        catalog.find_set("wnut")
