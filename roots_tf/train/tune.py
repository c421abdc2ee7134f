"""Searches a model's hyperparameters: each trial is a row of TensorBoard's HPARAMS tab.

Article: §3.3.2, §4.3.2. Errata: E09, E10.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.run import (
    Run,
    RunOptions,
    start,
)

SEARCHES = ("grid", "random", "bayes", "hyperband")  # of keras_tuner_search
MODELS = ("bilstm", "word2vec", "bert")  # the keys of _trials


@dataclass(frozen=True)
class TuneOptions(RunOptions):
    """Options of ``python -m roots_tf.train.tune``."""

    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume", "workers"})
    checkpoint_every: ClassVar[int] = 1  # no flag: a trial cut off begins again

    search: str = option("bayes", "how trials are chosen", choices=SEARCHES)
    by: str = option(
        "hand",
        "whose grid, random or bayes; hyperband is Keras Tuner's",
        choices=("hand", "keras-tuner"),
    )
    model: str = option("bilstm", "what is tuned", choices=MODELS)
    data: str = option("reviews_en", "set of roots_tf.datasets, a .csv or a folder")
    trials: int = option(12, "how many at most; a failed one counts")
    workers: int = option(1, "processes that train side by side on this machine")
    vocab_size: int = option(10_000, "entries of the vocabulary at most")
    max_length: int = option(
        100, "a longer text is cut after these, not by word2vec", unit="tokens"
    )
    pretrained: str = option("", "bert: folder to begin from, as train.bert_finetune")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "seed", "trials", "workers")
        if self.pretrained and self.model != "bert":
            raise ValueError("--pretrained: expected --model bert with it")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the trials that are not done yet, and names the best."""
    options = parse(TuneOptions, "python -m roots_tf.train.tune", __doc__, arguments)
    with quiet_stderr():
        import tensorflow  # noqa: F401
    from roots_tf.datasets.classification import load_classification
    from roots_tf.train.tune_workers import (
        ROLE,
        end_with_parent,
        has_parent,
        run_workers,
    )
    from roots_tf.tuning.keras_tuner_search import make_oracle, play

    end_with_parent()
    role = os.environ.get(ROLE)  # set where this process is one of several
    leads = not role or (role == "chief" and not has_parent())
    with bad_input_ends_the_program():
        data = load_classification(options.data)
        kind = _trials()[options.model]
        oracle = make_oracle(
            options.search,
            kind.space,
            options.trials,
            seed=options.seed,
            direction="max",
            by=options.by,
            max_epochs=options.epochs,
        )
        if role and not options.name:
            raise ValueError(f"--name: expected the search's name, as {ROLE} is set")
        name = f"{data.name}-{options.model}-{options.search}"
        if leads:
            run = start(options, "tune", name, checkpoint="search/oracle.json")
        else:
            run = Run(Path(options.log_dir) / "tune" / options.name, resumed=True)
    once = contextlib.redirect_stdout(sys.stdout if leads else None)
    with bad_input_ends_the_program(undo=run.withdraw), once:
        trials = kind(options, data, run.folder / "trials")
    with failure_ends_the_program(run.folder):
        if options.workers > 1 and not role:
            run_workers(arguments, run.folder, options.workers)
        outcomes = play(oracle, trials.train, run.folder / "search", trials.told)
        if leads:
            trials.write_table(run.folder / "trials.csv", outcomes)
            trials.print_results(outcomes, run.folder)


def _trials():
    """Gives the class of each model's trials; of another model here is the place."""
    from roots_tf.train.tune_bert import BertTrials
    from roots_tf.train.tune_bilstm import BilstmTrials
    from roots_tf.train.tune_word2vec import Word2VecTrials

    return {"bilstm": BilstmTrials, "word2vec": Word2VecTrials, "bert": BertTrials}


if __name__ == "__main__":
    sys.exit(main())
