"""Searches under Keras Tuner: the same space, every kind of end, every kind of kill."""

import collections
import math
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from roots_tf.tuning import keras_tuner_search
from roots_tf.tuning.keras_tuner_search import (
    SEARCHES,
    Outcome,
    make_oracle,
    play,
    to_hyperparameters,
)
from roots_tf.tuning.search_space import Choice, Integer, Real, SearchSpace

SPACE = SearchSpace(
    {
        "x": Real(0, 1),
        "rate": Real(1e-4, 1e-1, log=True),
        "n": Integer(1, 64, log=True),
        "c": Choice(("a", "b")),
    }
)
KINDS = [(search, "hand") for search in SEARCHES]
KINDS += [(search, "keras-tuner") for search in ("grid", "random", "bayes")]
each_kind = pytest.mark.parametrize(("search", "by"), KINDS)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def oracle(search, by="hand", trials=8, **settings):
    return make_oracle(
        search, SPACE, trials, seed=1, by=by, **{"max_epochs": 4, **settings}
    )


def value(trial):
    return (trial.point["x"] - 0.3) ** 2 + abs(trial.point["n"] - 20) / 100


def points(outcomes):
    return [SPACE.key(outcome.trial.point) for outcome in outcomes]


@each_kind
def test_every_search_stays_in_the_space_and_in_the_budget(search, by, tmp_path):
    outcomes = play(oracle(search, by), value, tmp_path / "s")

    assert len(outcomes) == 8
    assert [int(outcome.trial.id) for outcome in outcomes] == list(range(8))
    for outcome in outcomes:
        SPACE.check(outcome.trial.point)
        assert outcome == Outcome(outcome.trial, value(outcome.trial))


@pytest.mark.parametrize("search", ["grid", "random", "bayes"])
def test_a_search_by_hand_proposes_the_same_as_without_keras_tuner(search, tmp_path):
    outcomes = play(
        oracle(search, direction="max"), lambda t: -value(t), tmp_path / "s"
    )

    alone, history = oracle(search).search, []
    for _ in range(8):
        point = alone.propose(history)
        history.append((point, value(keras_tuner_search.Trial("", point))))
    assert points(outcomes) == [SPACE.key(point) for point, _ in history]


def test_the_declared_space_is_the_same_space():
    declared = {one.name: one for one in to_hyperparameters(SPACE).space}

    for place in (0.0, 0.25, 0.5, 0.75, 0.999):
        for name in ("x", "rate"):
            theirs = declared[name].prob_to_value(place)
            # Ours has six digits.
            assert SPACE.dimensions[name].from_unit([place]) == pytest.approx(
                theirs, rel=1e-5
            )
    assert declared["n"].sampling == "log"
    assert (declared["n"].min_value, declared["n"].max_value) == (1, 64)
    assert list(declared["c"].values) == ["a", "b"]


def test_hyperband_lets_the_better_ones_go_on_for_longer(tmp_path):
    asked = []

    def evaluate(trial):
        asked.append(trial)
        return value(trial) / trial.epochs

    outcomes = play(oracle("hyperband", trials=50, max_epochs=9), evaluate, tmp_path)

    by_id = {outcome.trial.id: outcome for outcome in outcomes}
    promoted = [trial for trial in asked if trial.after is not None]
    assert promoted
    for trial in promoted:
        before = by_id[trial.after].trial
        assert SPACE.key(trial.point) == SPACE.key(before.point)
        assert before.epochs < trial.epochs <= 9


@each_kind
@pytest.mark.parametrize("kind", [MemoryError("no room"), math.nan, math.inf])
def test_a_failed_trial_is_counted_and_the_search_goes_on(search, by, kind, tmp_path):
    def evaluate(trial):
        if trial.id not in ("0", "1", "2", "3", "4"):
            return value(trial)
        if isinstance(kind, Exception):
            raise kind
        return kind

    outcomes = play(oracle(search, by), evaluate, tmp_path / "s")

    # Five in a row: more than the three after which Keras Tuner would give up.
    errors = [outcome.error for outcome in outcomes]
    message = (
        "MemoryError: no room"
        if isinstance(kind, Exception)
        else f"the value is {kind}"
    )
    assert errors[:5] == [message] * 5
    assert all(outcome.value is None for outcome in outcomes[:5])
    assert not any(errors[5:]) and len(outcomes) == 8


@each_kind
def test_killed_at_its_writes_it_ends_with_all_trials_and_no_others(
    search, by, tmp_path, monkeypatch
):
    """Kills come before a file appears and right after, at one write after another."""
    finished, writes, lost = collections.Counter(), [0], [0]
    replace = os.replace

    def killing_replace(source, target):
        writes[0] += 1
        if writes[0] % 5 == 3:
            lost[0] += "outcome" in str(target)
            raise Killed
        replace(source, target)
        if writes[0] % 7 == 6:
            raise Killed

    def evaluate(trial):
        finished[SPACE.key(trial.point), trial.epochs] += 1
        return value(trial)

    monkeypatch.setattr(keras_tuner_search.os, "replace", killing_replace)
    kills, outcomes = 0, None
    while outcomes is None:
        try:
            outcomes = play(oracle(search, by), evaluate, tmp_path / "s")
        except Killed:
            kills += 1
            assert kills < 200

    assert kills >= 3
    assert len(outcomes) == len(finished) == 8
    # Only what was killed before its outcome was on disk has run again.
    assert sum(finished.values()) == 8 + lost[0]


@each_kind
def test_a_search_cut_off_in_mid_trial_ends_as_if_it_had_not_been(search, by, tmp_path):
    whole = play(oracle(search, by), value, tmp_path / "whole")
    began = collections.Counter()

    def evaluate(trial):
        began[trial.id] += 1
        if trial.id in ("0", "3", "7") and began[trial.id] == 1:
            raise Killed
        return value(trial)

    for _ in range(3):
        with pytest.raises(Killed):
            play(oracle(search, by), evaluate, tmp_path / "cut")
    outcomes = play(oracle(search, by), evaluate, tmp_path / "cut")

    assert set(began.values()) == {1, 2}
    assert [trial for trial, times in began.items() if times == 2] == ["0", "3", "7"]
    if (search, by) != ("bayes", "keras-tuner"):  # it does not keep its random state
        assert outcomes == whole


def test_a_finished_search_is_only_read(tmp_path):
    first = play(oracle("random"), value, tmp_path / "s")

    again = play(oracle("random"), lambda trial: 1 / 0, tmp_path / "s")

    assert again == first


def test_who_listens_hears_of_each_trial_once(tmp_path):
    heard = []

    outcomes = play(oracle("random"), value, tmp_path / "s", heard.append)

    assert heard == outcomes


def test_a_small_space_ends_the_search(tmp_path):
    space = SearchSpace({"n": Integer(1, 2), "c": Choice(("a", "b"))})
    for search in ("grid", "random", "bayes"):
        small = make_oracle(search, space, 9, seed=1)

        outcomes = play(small, lambda trial: trial.point["n"], tmp_path / search)

        assert len({space.key(outcome.trial.point) for outcome in outcomes}) == 4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: oracle("greedy"), "expected one of grid, .*, got 'greedy'"),
        (lambda: oracle("random", trials=0), "trials and seed over 0, got 0 and 1"),
        (
            lambda: to_hyperparameters(SearchSpace({"c": Choice(((1, 2), (3,)))})),
            "c: .*Choice.* can contain only",
        ),
    ],
)
def test_what_is_wrong_is_said(make, message):
    with pytest.raises(ValueError, match=message):
        make()


SCRIPT = """
import sys, time
from pathlib import Path
from roots_tf.tuning.keras_tuner_search import make_oracle, play
from roots_tf.tuning.search_space import Real, SearchSpace

def evaluate(trial):
    time.sleep(0.05)
    with open(folder / "log", "a") as log:
        log.write(trial.id + "\\n")
    return trial.point["x"]

folder = Path(sys.argv[1])
space = SearchSpace({"x": Real(0, 1)})
oracle = make_oracle(sys.argv[2], space, 12, seed=1)
print(len(play(oracle, evaluate, folder / "search")))
"""


@pytest.mark.slow  # TensorFlow is imported four times
@pytest.mark.parametrize("search", ["random", "bayes"])
def test_a_process_killed_three_times_runs_twelve_trials_each_once(
    search, tmp_path, project
):
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), search]
    log = tmp_path / "log"
    generator = random.Random(0)
    for kill in range(3):
        process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE)
        while len(log.read_text().split() if log.exists() else []) < 3 * (kill + 1):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(generator.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()

    done = subprocess.run(command, cwd=project, capture_output=True, check=True)

    assert done.stdout.split()[-1] == b"12"
    runs = collections.Counter(log.read_text().split())
    assert len(runs) == 12
    # The log is written before the outcome: a kill between the two repeats a trial.
    assert sum(runs.values()) <= 12 + 1
