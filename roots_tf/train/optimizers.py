"""Trains the same small network under each optimiser, one TensorBoard run each.

Article: §3.2.2, §4.2.2. Errata: E06, E07.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.run import (
    RunOptions,
    command_words,
    start,
)

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw")


@dataclass(frozen=True)
class OptimizersOptions(RunOptions):
    """Options of ``python -m roots_tf.train.optimizers``."""

    epochs: int = option(5, "passes over the training texts")
    seed: int = option(7, "of weights and order")
    data: str = option("docstrings", "set of roots_tf.datasets, a .csv or a folder")
    optimizers: str = option(",".join(OPTIMIZERS), "those to compare")
    learning_rate: float = option(
        0.0, "step size of all; 0 for what a range test suggests to each"
    )
    vocab_size: int = option(2_000, "words that are features, at most")
    hidden_size: int = option(64, "width of the hidden layer")
    batch_size: int = option(32, "texts a step")
    log_every: int = option(10, "steps between points in TensorBoard", unit="steps")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(0, "learning_rate")
        self.check_at_least(1, "vocab_size", "hidden_size", "batch_size", "log_every")
        names = self.optimizers.split(",")
        if not set(names) <= set(OPTIMIZERS) or len(set(names)) < len(names):
            raise ValueError(
                f"--optimizers: expected names of {','.join(OPTIMIZERS)}, each once, "
                f"got {self.optimizers!r}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Finds a learning rate for each, trains, compares on the test texts."""
    options = parse(
        OptimizersOptions, "python -m roots_tf.train.optimizers", __doc__, arguments
    )
    with quiet_stderr():
        import tensorflow as tf  # noqa: F401
    from roots_tf.datasets.classification import load_classification
    from roots_tf.train.bag_of_words import read_bags
    from roots_tf.train.optimizers_parts import compare, print_results

    with bad_input_ends_the_program():
        data = load_classification(options.data)
        _, bags = read_bags(data, options.vocab_size)
        run = start(options, "optimizers", data.name, checkpoint="*/run.json")
    command = command_words("optimizers", arguments)
    results = {}
    with failure_ends_the_program(run.folder):
        for name in options.optimizers.split(","):
            folder = run.folder / name
            results[name] = compare(name, data, bags, options, folder, command)
    print_results(results)
    print(f"Watch them: tensorboard --logdir {run.folder}")


if __name__ == "__main__":
    sys.exit(main())
