"""Trains a perceptron whose backpropagation is written out in NumPy.

Article: §3.2.1, §4.2.1, §2.2. Errata: E05, E06.
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

# Those of roots_tf.optimization.mlp_by_hand.
ACTIVATIONS = ("tanh", "relu", "gelu", "identity")
LOSSES = ("cross_entropy", "squared_error")


@dataclass(frozen=True)
class MlpOptions(RunOptions):
    """Options of ``python -m roots_tf.train.mlp_by_hand``."""

    epochs: int = option(10, "passes over the training texts")
    seed: int = option(7, "of weights and order")
    checkpoint_every: int = option(1, "epochs between checkpoints", unit="epochs")
    data: str = option("docstrings", "set of roots_tf.datasets, a .csv or a folder")
    vocab_size: int = option(2_000, "words that are features, at most")
    layers: int = option(1, "hidden layers; 0 for a linear model")
    hidden_size: int = option(64, "width of a hidden layer")
    activation: str = option("tanh", "of the hidden layers", choices=ACTIVATIONS)
    loss: str = option(
        "cross_entropy", "of §5, or the squared error of §4.2.1", choices=LOSSES
    )
    batch_size: int = option(32, "texts a step")
    learning_rate: float = option(0.1, "step size")
    log_every: int = option(10, "steps between points in TensorBoard", unit="steps")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(0, "layers")
        self.check_at_least(1, "vocab_size", "hidden_size", "batch_size", "log_every")
        if self.learning_rate <= 0:
            raise ValueError(
                f"--learning-rate: expected over 0, got {self.learning_rate}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Checks the gradient, trains, evaluates on the test texts."""
    options = parse(
        MlpOptions, "python -m roots_tf.train.mlp_by_hand", __doc__, arguments
    )
    with quiet_stderr():
        import tensorflow as tf  # noqa: F401, TensorBoard's files are its own
    from roots_tf.datasets.classification import load_classification
    from roots_tf.optimization.mlp_by_hand import Mlp
    from roots_tf.train.array_checkpoint import load_arrays
    from roots_tf.train.bag_of_words import read_bags
    from roots_tf.train.mlp_by_hand_parts import (
        CHECKPOINT,
        MlpTraining,
        print_gradient_check,
        print_results,
        scores,
    )

    earlier = None
    with bad_input_ends_the_program():
        data = load_classification(options.data)
        _, bags = read_bags(data, options.vocab_size)
        run = start(options, "mlp_by_hand", data.name, CHECKPOINT)
        if run.resumed:
            earlier = load_arrays(run.folder / CHECKPOINT)
    hidden = [options.hidden_size] * options.layers
    sizes = (bags["train"].shape[1], *hidden, len(data.label_names))
    mlp = Mlp(sizes, options.activation, loss=options.loss)
    print_gradient_check(mlp, bags["train"], data.train.labels, options.seed)
    command = command_words("mlp_by_hand", arguments)
    with (
        failure_ends_the_program(run.folder),
        MlpTraining(mlp, data, bags, options, run, command, earlier) as training,
    ):
        parameters = training.train()
        metrics = scores(mlp, parameters, bags["test"], data.test.labels)
        training.finish(metrics)
        print_results(data, metrics, run.folder)


if __name__ == "__main__":
    sys.exit(main())
