"""Trains a GPT on private texts twice, plainly and with DP-SGD, and attacks both.

Both start from a model that was trained on public texts of the same kind.

Article: §8.4 (隐私保护与安全性).
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import quiet_stderr
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse, with_default
from roots_tf.train.run import (
    RunOptions,
    command_words,
    start,
)


@dataclass(frozen=True)
class PrivateTrainingOptions(RunOptions):
    """Options of ``python -m roots_tf.train.private_training``."""

    # The noise is chosen for all the steps of the run, so epochs are no free choice.
    free_on_resume = frozenset({"resume"})

    epochs: int = with_default(RunOptions, "epochs", 25)
    seed: int = option(7, "of weights, samples, noise and secrets")
    checkpoint_every: int = option(1, "epochs between checkpoints", unit="epochs")
    data: str = option("docstrings", "set of texts or dialogues, a text file, a folder")
    records: int = option(2_000, "private texts to train on, each once in the data")
    public_records: int = option(6_000, "texts for the vocabulary and first weights")
    public_epochs: int = option(4, "passes over these")
    canaries: int = option(16, "secrets planted, each once")
    mask_sensitive: bool = option(False, "mask addresses, numbers and keys before")
    epsilon: float = option(3.0, "privacy that the private training may spend")
    delta: float = option(1e-5, "probability that it is worth nothing")
    clip_norm: float = option(1.0, "largest norm of one text's gradient, C")
    vocab_size: int = option(1_000, "entries of the vocabulary at most")
    context: int = option(32, "tokens of a text that count, its first", unit="tokens")
    num_layers: int = option(2, "blocks")
    num_heads: int = option(2, "attention heads of a block")
    hidden_size: int = option(64, "width of the model")
    batch_size: int = option(64, "plain: texts a step, on average")
    private_batch_size: int = option(
        512, "private: likewise; large, for the noise of a step is the same for all"
    )
    learning_rate: float = option(0.003, "plain: step size of Adam")
    private_learning_rate: float = option(
        0.0005, "private: likewise; small, for each step is mostly noise"
    )

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "records", "canaries", "context", "num_layers")
        self.check_at_least(1, "public_records", "public_epochs")
        self.check_at_least(1, "num_heads", "hidden_size")
        self.check_at_least(1, "batch_size", "private_batch_size")
        self.check_at_least(2, "vocab_size")
        rates = ("learning_rate", "private_learning_rate")
        for name in ("epsilon", "clip_norm", *rates):
            if (value := getattr(self, name)) <= 0:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected over 0, got {value}")
        if not 0 < self.delta < 1 / self.records:
            raise ValueError(
                "--delta: expected over 0 and below 1 / records "
                f"({1 / self.records:g}), got {self.delta}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads, trains twice, attacks twice, compares."""
    options = parse(
        PrivateTrainingOptions,
        "python -m roots_tf.train.private_training",
        __doc__,
        arguments,
    )
    with quiet_stderr():
        import keras
    from roots_tf.applications.text_generation import TextGenerator
    from roots_tf.models.gpt import Gpt, GptConfig
    from roots_tf.train.array_checkpoint import load_arrays
    from roots_tf.train.private_training_data import read_private_data
    from roots_tf.train.private_training_parts import (
        CHECKPOINT,
        PrivateTraining,
        sampling_plan,
    )
    from roots_tf.train.private_training_report import metrics_of, report
    from roots_tf.trends.renyi_accountant import noise_for_epsilon

    earlier = None
    keras.utils.set_random_seed(options.seed)
    with bad_input_ends_the_program():
        data = read_private_data(options)
        members = len(data.members)
        rate, steps = sampling_plan(options.private_batch_size, members)
        steps *= options.epochs
        noise = noise_for_epsilon(options.epsilon, rate, steps, options.delta)
        config = GptConfig(
            vocab_size=data.tokenizer.vocab_size,
            max_positions=options.context,
            hidden_size=options.hidden_size,
            num_layers=options.num_layers,
            num_heads=options.num_heads,
            dropout=0.0,
        )
        model = Gpt(config, name="gpt")
        model.build()
        run = start(options, "private_training", data.run_name, CHECKPOINT)
        if run.resumed:
            earlier = load_arrays(run.folder / CHECKPOINT)
    print(
        f"{members:,} private texts, {options.canaries} of them with a secret number. "
        f"Private: {steps:,} steps of {rate:.1%} of them, noise of {noise:.2f} times "
        f"the clipping norm: epsilon {options.epsilon:g} at delta {options.delta:g}."
    )
    if data.masked is not None:
        print(f"{data.masked:,} sensitive strings were masked.")
    command = command_words("private_training", arguments)
    with (
        failure_ends_the_program(run.folder),
        PrivateTraining(model, data, options, noise, run, command, earlier) as training,
    ):
        results, epsilon = training.train(), training.epsilon(options.epochs)
        TextGenerator(model, data.tokenizer).save(run.model_folder)
        table = report(results, data.canaries, epsilon, options.delta)
        training.finish(metrics_of(results, epsilon), table)
        print(f"\n{table}\n\nModel, the private one: {run.model_folder}")
        print(f"Watch it: tensorboard --logdir {run.folder}")


if __name__ == "__main__":
    sys.exit(main())
