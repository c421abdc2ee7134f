"""A small text about two things and a few reviews, for the scripts that train."""

import csv
import json
import random

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata

from roots_tf.monitoring.event_log import read_scalars

WEATHER = "rain snow wind cloud storm sun 雨 雪".split()
KITCHEN = "bread soup salt butter oven rice 面 盐".split()


@pytest.fixture(scope="session")
def two_topics(tmp_path_factory):
    """A file of 600 lines: in one either words of weather or words of the kitchen."""
    generator = random.Random(0)
    lines = [
        " ".join(generator.choices([*topic, "the"], k=8))
        for _ in range(300)
        for topic in (WEATHER, KITCHEN)
    ]
    path = tmp_path_factory.mktemp("text") / "topics.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_reviews(tmp_path_factory):
    """A .csv file of 120 reviews in two classes, which a few words tell apart."""
    generator = random.Random(0)
    words = {"good": "nice kind warm 好 喜欢", "bad": "cold rude dull 差 失望"}
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        for label, own in words.items():
            for _ in range(60):
                text = " ".join(generator.choices([*own.split(), "the", "a"], k=7))
                table.writerow([text, label])
    return path


@pytest.fixture
def no_sets(monkeypatch, tmp_path):
    """A data folder without any public set."""
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path / "no sets"))


@pytest.fixture
def bad_texts(tmp_path):
    """Texts that cannot be trained on, by name."""
    folder = tmp_path / "texts"
    folder.mkdir()
    contents = {
        "empty": b"",
        "blank": b" \n\n\t\n",
        "one_word": b"rain\n" * 20,
        "rare": b"rain snow wind\n",
        "one_a_line": b"rain\nsnow\n" * 20,
        "binary": bytes(range(256)) * 40,
        "latin1": "caf\xe9 au lait\n".encode("latin-1") * 20,
        "cut.gz": b"\x1f\x8b\x08\x00garbage",
        "good": b"rain and snow\n" * 20,
    }
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    many = " ".join(f"w{n}" for n in range(20_001))
    (folder / "many").write_text(many)
    (folder / "no_texts").mkdir()
    return {path.name.replace(".", "_"): path for path in folder.iterdir()}


@pytest.fixture
def trials_of():
    """Reads a search: each row of its table, and options and end of that trial."""
    return _trials_of


def _trials_of(folder):
    with open(folder / "trials.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row, *_session(folder / "trials" / row["trial"])) for row in rows]


def _session(folder):
    """Options and end of a run, as the HPARAMS tab reads them."""
    events = EventAccumulator(str(folder)).Reload()

    def content(tag):
        return events.SummaryMetadata(tag).plugin_data.content

    start = metadata.parse_session_start_info_plugin_data(
        content(metadata.SESSION_START_INFO_TAG)
    )
    end = metadata.parse_session_end_info_plugin_data(
        content(metadata.SESSION_END_INFO_TAG)
    )
    values = {
        name: value.string_value or value.number_value
        for name, value in start.hparams.items()
    }
    return values, api_pb2.Status.Name(end.status)


@pytest.fixture
def assert_equal_runs():
    """Compares the folders of two runs of a word-vector script."""
    return _assert_equal_runs


def _assert_equal_runs(folder, expected):
    for name in ("vectors.txt", "projector/metadata.tsv"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()
    assert _curves(folder) == _curves(expected)
    losses = [
        [(point["epoch"], point["step"], point["train"]) for point in record["curve"]]
        for record in (
            json.loads((one / "run.json").read_text()) for one in (folder, expected)
        )
    ]
    assert losses[0] == losses[1]


def _curves(folder):
    """Every logged point, but for those that measure time or the machine."""
    timed = ("per_second", "seconds", "system/")
    return {
        key: points
        for key, points in read_scalars(folder).items()
        if not any(word in key[1] for word in timed)
    }
