"""Searches of one budget on three test functions, beside Keras Tuner and others.

``python -m benchmarks.search [--seeds 20]``

* Branin (2 dimensions, 30 evaluations), Hartmann-3 (3, 30), and a function of one
  dimension with a broad low peak and a narrow high one (15). All are minimised.
* Every search starts from as many points of its own choice, twice the number of
  dimensions and three at least, and runs with its own defaults otherwise.
* What is compared is the regret: the best value found less the smallest there is, as
  the median over the seeds.

Sources of the functions: Dixon & Szegő 1978, "Towards Global Optimisation 2".
"""

import argparse
import contextlib
import io
import statistics
import tempfile
import warnings
from importlib import metadata

import numpy as np

from roots_tf.tuning.bayesian_search import BayesianSearch
from roots_tf.tuning.random_search import RandomSearch
from roots_tf.tuning.search_space import Real, SearchSpace

A = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
ALPHA = np.array([1, 1.2, 3, 3.2])
P = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)


def branin(x, y):
    """Three equal minima of 0.397887, for x from -5 to 10 and y from 0 to 15."""
    bowl = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return float(bowl**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def hartmann_3(a, b, c):
    """Four minima in the unit cube, the lowest of -3.86278."""
    return float(-ALPHA @ np.exp(-(A * (np.array([a, b, c]) - P) ** 2).sum(axis=1)))


def two_peaks(x):
    """A broad minimum at 0.8 and a narrow one at 0.151, of -0.614362, in [0, 1]."""
    narrow, broad = 0.6 * np.exp(-(((x - 0.15) / 0.08) ** 2)), ((x - 0.8) / 0.35) ** 2
    return float(-narrow - 0.45 * np.exp(-broad))


UNIT = Real(0, 1)
FUNCTIONS = {
    "Branin": (*(branin, {"x": Real(-5, 10), "y": Real(0, 15)}, 0.39788736, 30),),
    "Hartmann-3": (hartmann_3, dict.fromkeys("abc", UNIT), -3.86278215, 30),
    "two peaks": (two_peaks, {"x": UNIT}, -0.61436199, 15),
}


def initial(sides):
    return max(3, 2 * len(sides))


def by_hand(make):
    """Gives ``search(function, sides, budget, seed)`` -> values in order."""

    def search(function, sides, budget, seed):
        search, history = make(SearchSpace(sides), seed), []
        for _ in range(budget):
            point = search.propose(history)
            history.append((point, function(**point)))
        return [value for _, value in history]

    return search


def keras_tuner(function, sides, budget, seed):
    from roots_tf.tuning.keras_tuner_search import make_oracle, play

    with tempfile.TemporaryDirectory() as folder, quiet():
        oracle = make_oracle(
            "bayes", SearchSpace(sides), budget, seed=seed + 1, by="keras-tuner"
        )
        oracle.num_initial_points = initial(sides)
        outcomes = play(oracle, lambda trial: function(**trial.point), folder)
    return [outcome.value for outcome in outcomes]


def scikit_optimize(function, sides, budget, seed):
    from skopt import Optimizer

    ranges = [(float(side.low), float(side.high)) for side in sides.values()]
    search = Optimizer(ranges, random_state=seed, n_initial_points=initial(sides))
    values = []
    with quiet():
        for _ in range(budget):
            point = search.ask()
            values.append(function(*point))
            search.tell(point, values[-1])
    return values


def optuna(sampler):
    """As ``by_hand``, with one of Optuna's samplers."""

    def search(function, sides, budget, seed):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)

        def objective(trial):
            return function(
                **{k: trial.suggest_float(k, s.low, s.high) for k, s in sides.items()}
            )

        with quiet():
            kind = getattr(optuna.samplers, sampler)
            study = optuna.create_study(
                sampler=kind(seed=seed, n_startup_trials=initial(sides))
            )
            study.optimize(objective, n_trials=budget)
        return [trial.value for trial in study.trials]

    return search


@contextlib.contextmanager
def quiet():
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


SEARCHES = {
    "random, by hand": (by_hand(RandomSearch), None),
    "Bayesian, by hand": (by_hand(BayesianSearch), None),
    "Bayesian, Keras Tuner": (keras_tuner, "keras-tuner"),
    "scikit-optimize": (scikit_optimize, "scikit-optimize"),
    "Optuna, GPSampler": (optuna("GPSampler"), "optuna"),
    "Optuna, TPESampler": (optuna("TPESampler"), "optuna"),
}


def version(package):
    """The installed version, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    if options.seeds < 2:
        parser.error(f"quartiles need 2 --seeds or more, got {options.seeds}")

    rows, versions = {}, {}
    for name, (search, package) in SEARCHES.items():
        if package:
            versions[package] = version(package)
            if versions[package] is None:
                print(f"{name}: {package} is not installed, left out")
                continue
        rows[name] = {}
        for title, (function, sides, smallest, budget) in FUNCTIONS.items():
            regrets = [
                min(search(function, sides, budget, seed)) - smallest
                for seed in range(options.seeds)
            ]
            rows[name][title] = {
                "median": statistics.median(regrets),
                "quartiles": statistics.quantiles(regrets, n=4)[::2],
                "regrets": regrets,
            }
        medians = "".join(f"{rows[name][t]['median']:14.5f}" for t in FUNCTIONS)
        print(f"{name:24}{medians}", flush=True)

    from benchmarks.paired import write

    evaluations = {title: budget for title, (*_, budget) in FUNCTIONS.items()}
    write(
        "search",
        {
            "median_regret": {
                name: {title: row["median"] for title, row in by_title.items()}
                for name, by_title in rows.items()
            },
            "rows": rows,
            "evaluations": evaluations,
            "seeds": options.seeds,
            "searches": versions,
        },
    )


if __name__ == "__main__":
    main()
