"""README's path through the notebooks names each of them, with its minutes."""

import json

import minutes
import pytest
from cells import Cell

from roots_tf.results import READMES, between_markers


@pytest.mark.parametrize("language", READMES)
def test_the_path_in_the_readme_is_the_one_that_is_made(project, language):
    text = (project / READMES[language]).read_text(encoding="utf-8")

    made = between_markers(text, "notebooks", minutes.markdown(language))

    assert made == text, "python notebooks/minutes.py"


def test_a_notebook_takes_what_reading_and_running_take_to_the_next_minute():
    cells = [Cell("markdown", "word " * 900, 1), Cell("code", "x = 1\n" * 33, 5)]

    assert minutes.minutes_of(cells, seconds=0) == 5  # 999 words: 4.995 minutes
    assert minutes.minutes_of(cells, seconds=1) == 6
    assert minutes.minutes_of([Cell("code", "x", 1)], seconds=600) == 11


def test_a_notebook_that_was_never_timed_is_named(tmp_path):
    (tmp_path / "02_x.ipynb").touch()
    (tmp_path / "seconds.json").write_text("{}", encoding="utf-8")

    with pytest.raises(ValueError, match="02_x: expected its seconds"):
        minutes.markdown("en", tmp_path)


def test_the_kept_seconds_are_those_of_the_notebooks_there_are(project):
    folder = project / "notebooks"
    kept = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))

    assert set(kept) == {path.stem for path in folder.glob("*.ipynb")}
    assert all(isinstance(seconds, int) and seconds > 0 for seconds in kept.values())
