"""Exercises are judged by their ids, and notebooks, judges and solutions agree."""

import re
from pathlib import Path

import pytest
from cells import cells_of

from roots_tf import exercises
from roots_tf.judges.judging import OPEN, judge

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
CATALOG = exercises.catalog()
SOURCES = sorted((NOTEBOOKS / "source").glob("*.py"))
FEWEST_JUDGED, FEWEST, MOST = 2, 3, 5


each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def exercises_in(text: str, heading: str) -> dict[int, str]:
    """The numbered texts below the heading of a notebook's exercises."""
    _, found, below = text.partition(heading)
    assert found
    parts = re.split(r"^(\d+)\. ", below, flags=re.MULTILINE)[1:]
    return {int(n): text for n, text in zip(parts[::2], parts[1::2], strict=True)}


def last_text(source: Path):
    return [cell for cell in cells_of(source) if cell.kind == "markdown"][-1]


@each_source
def test_a_notebooks_exercises_are_known_and_say_which_are_open(source):
    known = CATALOG[source.stem]

    english = exercises_in(last_text(source).text, "## Exercises (")
    chinese = exercises_in(last_text(source).chinese, "## 练习（")

    assert list(english) == list(chinese) == list(known) == [*range(1, len(known) + 1)]
    assert FEWEST <= len(known) <= MOST
    assert sum(one is not OPEN for one in known.values()) >= FEWEST_JUDGED
    for number, exercise in known.items():
        assert ("(Open.)" in english[number]) == (exercise is OPEN), number
        is_open = "（开放题。）" in "".join(chinese[number].split())
        assert is_open == (exercise is OPEN), number


@each_source
def test_a_notebook_says_how_to_check_an_answer(source):
    command = f'`exercises.check("{source.stem}.1", answer)`'

    for text in (last_text(source).text, last_text(source).chinese):
        assert command in " ".join(text.split())


@each_source
def test_solutions_check_each_exercise_that_can_be_judged(source):
    solution = (NOTEBOOKS / "solutions" / source.name).read_text(encoding="utf-8")

    asserted = re.findall(r'assert exercises\.check\(\s*"([^"]+)"', solution)

    judged = [n for n, one in CATALOG[source.stem].items() if one is not OPEN]
    assert sorted(asserted) == [f"{source.stem}.{number}" for number in judged]
    assert solution.count("exercises.check(") == len(asserted)


@pytest.mark.parametrize("notebook", CATALOG)
def test_each_mistake_is_wrong_and_gets_its_own_hint(notebook):
    for number, exercise in CATALOG[notebook].items():
        for hint, wrong in exercise.mistakes.items() if exercise is not OPEN else ():
            is_value = exercise.draw is None and callable(wrong)

            said = judge(exercise, wrong() if is_value else wrong)

            assert said == hint, f"{notebook}.{number}"


def test_every_notebook_that_is_judged_exists():
    assert set(CATALOG) == {source.stem for source in SOURCES}


def test_an_answer_is_judged_in_one_line(capsys):
    verdicts = [
        exercises.check("03_3_1_metrics.1", answer) for answer in (2 / 101, 0.505, None)
    ]

    assert verdicts == [True, False, False]
    right, wrong, blank = capsys.readouterr().out.splitlines()
    assert right == "03_3_1_metrics.1: right"
    assert wrong == "03_3_1_metrics.1: that is the arithmetic mean of .01 and 1"
    assert blank == (
        "03_3_1_metrics.1: no answer yet: expected F1, a number from 0 to 1"
    )


def test_an_open_exercise_points_at_its_solution(capsys):
    verdict = exercises.check("03_3_1_metrics.5", "yes")

    assert verdict is None
    assert capsys.readouterr().out == (
        "03_3_1_metrics.5: an open exercise; one answer is in "
        "notebooks/solutions/03_3_1_metrics.py\n"
    )


def test_a_beginning_that_one_notebook_has_will_do(capsys):
    exercises.check("05_2.4")

    assert capsys.readouterr().out.startswith("05_2_article_bert.4: ")


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("03_1_1.2", "03_1_1_text_to_examples, 03_1_1_word2vec$"),
        ("99_nothing.1", "02_5_self_attention, 02_core_concepts, 03_1_1"),
        ("03_3_1_metrics", "02_5_self_attention, 02_core_concepts, 03_1_1"),
        ("", "02_5_self_attention, 02_core_concepts, 03_1_1"),
        ("03_3_1_metrics.6", "03_3_1_metrics has the exercises 1, 2, 3, 4, 5, got '6'"),
        ("03_3_1_metrics.x", "03_3_1_metrics has the exercises 1, 2, 3, 4, 5, got 'x'"),
    ],
)
def test_an_unknown_id_names_those_there_are(name, there):
    with pytest.raises(ValueError, match=there):
        exercises.check(name, 1)
