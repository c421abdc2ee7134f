"""Keras Tuner's searches on our spaces, and our searches under Keras Tuner's protocol.

Article: §3.3.2, §4.3.2, §7.2.3. Errata: E09.
Source: Keras Tuner 1.4.8, API; Li et al. 2018 (1603.06560), "Hyperband", algorithm 1.

An *oracle* says which point comes next and keeps the books; a *tuner* runs the trials.
Oracle and tuners may sit in processes or machines of their own (chief and workers).
"""

import json
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras_tuner

from roots_tf.tuning.bayesian_search import BayesianSearch
from roots_tf.tuning.grid_search import GridSearch
from roots_tf.tuning.random_search import RandomSearch
from roots_tf.tuning.search_space import Choice, Point, Real, SearchSpace

SEARCHES = ("grid", "random", "bayes", "hyperband")
OBJECTIVE = "objective"


@dataclass(frozen=True)
class Trial:
    """What a tuner is to run.

    Attributes:
        id: digits, in order of the start.
        point: the values to try.
        epochs: how long, as Hyperband wants it; None for as long as one likes.
        after: id of the trial to go on from, in Hyperband; None for a new beginning.
    """

    id: str
    point: Point
    epochs: int | None = None
    after: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of a trial: a value, or the error (one line) by which it failed."""

    trial: Trial
    value: float | None
    error: str = ""


def to_hyperparameters(space: SearchSpace) -> keras_tuner.HyperParameters:
    """Declares the dimensions of a space to Keras Tuner.

    Raises:
        ValueError: a choice that Keras Tuner cannot hold, such as a tuple.
    """
    declared = keras_tuner.HyperParameters()
    for name, one in space.dimensions.items():
        try:
            if isinstance(one, Choice):
                declared.Choice(name, list(one.values), ordered=False)
                continue
            declare = declared.Float if isinstance(one, Real) else declared.Int
            step = None if isinstance(one, Real) or one.log else 1
            scale = "log" if one.log else "linear"
            declare(name, one.low, one.high, step=step, sampling=scale)
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from None
    return declared


def make_oracle(
    search: str,
    space: SearchSpace,
    trials: int,
    *,
    seed: int,
    direction: str = "min",
    by: str = "hand",
    max_epochs: int = 10,
) -> keras_tuner.Oracle:
    """Makes what decides on the trials of a search.

    Args:
        search: one of `SEARCHES`.
        space: to be searched.
        trials: how many at most.
        seed: 1 or more (Keras Tuner takes 0 for none).
        direction: "min" or "max", of the value.
        by: "hand" for this package's search, "keras-tuner" for its own; Hyperband is
            always Keras Tuner's.
        max_epochs: of the longest trial of Hyperband.

    Raises:
        ValueError: an unknown name, or a number out of its range.
    """
    if search not in SEARCHES:
        raise ValueError(f"expected one of {', '.join(SEARCHES)}, got {search!r}")
    if trials < 1 or seed < 1:
        raise ValueError(f"expected trials and seed over 0, got {trials} and {seed}")
    settings = {
        "objective": keras_tuner.Objective(OBJECTIVE, direction),
        "hyperparameters": to_hyperparameters(space),
        "seed": seed,
        "max_consecutive_failed_trials": math.inf,  # a failed trial is a result too
    }
    if search == "hyperband":
        oracle = DurableHyperband(max_epochs=max_epochs, **settings)
        oracle.max_trials = trials
    elif by == "keras-tuner":
        kinds = {"grid": DurableGrid, "random": DurableRandom, "bayes": DurableBayes}
        oracle = kinds[search](max_trials=trials, **settings)
    else:
        by_hand = {
            "grid": lambda: GridSearch(space, trials),
            "random": lambda: RandomSearch(space, seed),
            "bayes": lambda: BayesianSearch(space, seed),
        }[search]()
        oracle = ByHand(by_hand, max_trials=trials, **settings)
    oracle.space = space
    return oracle


def play(
    oracle: keras_tuner.Oracle,
    evaluate: Callable[[Trial], float],
    folder: str | Path,
    told: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Runs a search, or what is left of it, and gives all outcomes in order.

    A killed search goes on where it was: what is finished is not run again. Where
    Keras Tuner's variables for chief and workers are set, this process is one of them,
    and the chief's outcomes are those of all.

    Args:
        oracle: of `make_oracle`, with the same arguments every time.
        evaluate: gives the value of a trial; any exception, and a value that is not
            finite, makes it a failed one, and the search goes on.
        folder: for the state of the search; of one search alone.
        told: called after each trial that this process has run.
    """
    tuner = _Tuner(oracle, evaluate, Path(folder), told)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN")  # a failed trial's metric
        tuner.search(verbose=0)
    files = sorted(Path(folder).glob("outcome-*.json"))
    return sorted((_read(file) for file in files), key=lambda one: int(one.trial.id))


class _Tuner(keras_tuner.Tuner):
    """Runs trials, and keeps each outcome in a file of its own at once."""

    def __init__(self, oracle, evaluate, folder, told):
        self.evaluate, self.folder, self.told = evaluate, folder, told
        self.space = oracle.space
        super().__init__(
            oracle=oracle, directory=str(folder.parent), project_name=folder.name
        )
        # Keras Tuner itself looks for a file that is written after the first trial.
        if not self._is_worker() and (folder / "oracle.json").exists():
            self.oracle.reload()

    def run_trial(self, trial, verbose):
        file = self.folder / f"outcome-{trial.trial_id}.json"
        if not file.exists():
            _write(file, self._run(trial))
            self.told(_read(file))
        outcome = _read(file)
        # To Keras Tuner NaN is a failed trial; an exception would print its traceback.
        return {OBJECTIVE: math.nan if outcome.error else outcome.value}

    def _run(self, trial) -> Outcome:
        values = trial.hyperparameters.values
        asked = Trial(
            id=trial.trial_id,
            point={name: values[name] for name in self.space.dimensions},
            epochs=values.get("tuner/epochs"),
            after=values.get("tuner/trial_id"),
        )
        try:
            value = float(self.evaluate(asked))
        except Exception as error:  # whatever it is, the search goes on
            line = " ".join(f"{type(error).__name__}: {error}".split())
            return Outcome(asked, None, line[:500])
        if not math.isfinite(value):
            return Outcome(asked, None, f"the value is {value}")
        return Outcome(asked, value)


class _Durable:
    """Makes an oracle's files whole at any moment, and reads them in one state.

    Keras Tuner writes over its files in place, and the trial's before the oracle's: a
    kill between leaves a trial that is done but listed as running, or unknown.
    """

    def save(self):
        _replace(Path(self._get_oracle_fname()), super(keras_tuner.Oracle, self).save)

    def _save_trial(self, trial):
        _replace(Path(self._get_trial_dir(trial.trial_id)) / "trial.json", trial.save)

    def reload(self):
        self.trials = {}
        super().reload()
        for trial_id in set(self.trials) - set(self.start_order):
            del self.trials[trial_id]  # never handed out


class ByHand(_Durable, keras_tuner.Oracle):
    """An oracle that asks a search of this package.

    Args:
        search: its `propose` takes the trials so far, those still running included.
        settings: of `keras_tuner.Oracle`.
    """

    def __init__(self, search, **settings):
        super().__init__(**settings)
        self.search = search

    def populate_space(self, trial_id):
        sign = -1 if self.objective.direction == "max" else 1
        history = []
        for trial in (self.trials[number] for number in self.start_order):
            done = trial.status == "COMPLETED"
            value = sign * trial.score if done else None
            history.append((trial.hyperparameters.values, value))
        point = self.search.propose(history)
        if point is None:
            return {"status": "STOPPED"}
        return {"status": "RUNNING", "values": point}


class DurableRandom(_Durable, keras_tuner.oracles.RandomSearchOracle):
    """Keras Tuner's random search."""


class DurableBayes(_Durable, keras_tuner.oracles.BayesianOptimizationOracle):
    """Keras Tuner's Bayesian search."""


class DurableHyperband(_Durable, keras_tuner.oracles.HyperbandOracle):
    """Keras Tuner's Hyperband."""


class DurableGrid(_Durable, keras_tuner.oracles.GridSearchOracle):
    """Keras Tuner's grid search, which forgets its place when it is reloaded."""

    def set_state(self, state):
        super().set_state(state)
        self._ordered_ids = type(self._ordered_ids)()
        for trial_id in self.start_order:
            self._ordered_ids.insert(trial_id)
        self._populate_next = self.start_order[-1:]


def _write(file: Path, outcome: Outcome) -> None:
    text = json.dumps(asdict(outcome), ensure_ascii=False)
    _replace(file, lambda name: Path(name).write_text(text, encoding="utf-8"))


def _read(file: Path) -> Outcome:
    content = json.loads(file.read_text(encoding="utf-8"))
    return Outcome(**{**content, "trial": Trial(**content["trial"])})


def _replace(file: Path, write: Callable[[str], object]) -> None:
    """Lets `write` fill a file of another name, which then takes the place of this."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    write(str(temporary))
    os.replace(temporary, file)
