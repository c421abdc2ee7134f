"""A small text about two things, for the scripts that train word vectors."""

import random

import pytest

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


@pytest.fixture
def no_sets(monkeypatch, tmp_path):
    """A data folder without any public set."""
    monkeypatch.setenv("ROOTS_TF_DATA", str(tmp_path / "no sets"))
