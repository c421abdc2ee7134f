r"""Trains an agent that talks: one that chooses its replies, or one that writes them.

    python -m roots_tf.train.dialogue                                retrieval, English
    python -m roots_tf.train.dialogue --data dialogues_zh            the same, Chinese
    python -m roots_tf.train.dialogue --model generative \
        --batch-size 16 --learning-rate 0.003                        a GPT

Each turn of a dialogue but the first is a reply to those before it, and the loss is
that of replies alone. Validation picks the epoch; the test dialogues are scored once.

Article: §6 (5. 对话系统).
Source: Lowe et al. 2015 (1506.08909), §4; Wolf et al. 2019 (1901.08149), §3.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.devices import prepare_tensorflow
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse, with_default
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    start,
)


@dataclass(frozen=True)
class DialogueOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.dialogue``."""

    data: str = option(
        "dialogues_en", "set of dialogues, or a .jsonl file or folder of your own"
    )
    model: str = option(
        "retrieval", "chooses or writes replies", choices=("retrieval", "generative")
    )
    pretrained: str = option(
        "", "folder of a BERT (retrieval), or of this script's generative model"
    )
    random_weights: bool = option(
        False, "take sizes and vocabulary of --pretrained, but not its weights"
    )
    vocab_size: int = option(2_000, "entries of the vocabulary; not with --pretrained")
    max_length: int = option(
        96, "what the model sees at once; older turns are left out", unit="tokens"
    )
    reply_length: int = option(32, "most tokens of a reply that is written")
    hidden_size: int = option(128, "width; not with --pretrained")
    num_layers: int = option(1, "blocks; not with --pretrained")
    num_heads: int = option(4, "attention heads of a block; not with --pretrained")
    dropout: float = option(
        0.2, "share of features dropped in a generative model; not with --pretrained"
    )
    temperature: float = option(
        0.1, "small: only the likeliest wrong replies count, in training for retrieval"
    )
    tested: int = option(
        1_000, "replies of validation and test that are scored, drawn; 0 for all"
    )

    epochs: int = with_default(GradientRunOptions, "epochs", 12)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    batch_size: int = with_default(GradientRunOptions, "batch_size", 64)
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "hidden_size", "num_layers", "num_heads")
        self.check_at_least(2, "batch_size", "reply_length", "vocab_size")
        self.check_at_least(3, "max_length")
        self.check_at_least(0, "tested")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--dropout: expected 0 to below 1, got {self.dropout}")
        if self.temperature <= 0:
            raise ValueError(f"--temperature: expected over 0, got {self.temperature}")
        if self.random_weights and (not self.pretrained or self.model != "retrieval"):
            raise ValueError(
                "--random-weights: expected --pretrained and --model retrieval"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, compares with simpler ways, saves."""
    options = parse(
        DialogueOptions,
        "python -m roots_tf.train.dialogue",
        __doc__.partition("\n")[0],
        arguments,
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.datasets.dialogue import load_dialogues
    from roots_tf.optimization import losses
    from roots_tf.train.dialogue_generation_parts import GenerationTask
    from roots_tf.train.dialogue_retrieval_parts import RetrievalTask
    from roots_tf.train.monitored_run import monitored

    tasks = {"retrieval": RetrievalTask, "generative": GenerationTask}
    with bad_input_ends_the_program():
        data = load_dialogues(options.data)
        _print_sizes(data)
        with strategy.scope():
            task = tasks[options.model](options, data)
        run = start(options, "dialogue", f"{data.name}-{options.model}")
    with strategy.scope():
        rate = learning_rate_of(options, len(task.batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command, count = command_words("dialogue", arguments), len(task.batches)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, task.model, data, count, task.compared, task.inputs
        ) as watched,
    ):
        epoch = watched.train(
            task.model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            task.batches,
            task.validate,
            strategy,
        )
        metrics = task.finish(epoch, watched.monitor)
        task.agent.save(run.model_folder)
        task.agent.export(run.folder / "saved_model")
        watched.finish(metrics)
        watched.print_where("python -m roots_tf.chat {model}")
        print(f"Without this project: {run.folder / 'saved_model'} (a SavedModel)")


def _print_sizes(data) -> None:
    sizes = {
        part: (len(rows), sum(len(dialogue.turns) - 1 for dialogue in rows))
        for part in ("train", "validation", "test")
        for rows in [getattr(data, part)]
    }
    told = ", ".join(
        f"{dialogues:,} dialogues with {replies:,} replies ({part})"
        for part, (dialogues, replies) in sizes.items()
    )
    print(f"{data.name}: {told}.")
    for reason, times in data.changes.items():
        print(f"{times:,} times: {reason}.")


if __name__ == "__main__":
    sys.exit(main())
