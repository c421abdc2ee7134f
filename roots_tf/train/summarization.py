"""Trains a T5 that sums up texts: the first line of a docstring from what follows it.

    python -m roots_tf.train.summarization                    the embedded docstrings
    python -m roots_tf.train.summarization --pretrained DIR   from a T5 of t5_pretrain
    python -m roots_tf.train.summarization --data csl_title   titles, Chinese

A model that ``--pretrained`` names must not have read the test texts: one of the
embedded docstrings, which is what ``train.t5_pretrain`` reads by default, has.

Article: §6 (4. 文本生成).
Source: Raffel et al. 2020 (1910.10683), §2.4, §3.1.2.
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
class SummarizationOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.summarization``; a T5-tiny."""

    data: str = option(
        "docstrings", "docstrings, csl_title, bbc_news, or a .csv, .tsv or folder"
    )
    pretrained: str = option("", "model folder of train.t5_pretrain to begin with")
    vocab_size: int = option(2_000, "entries of the vocabulary; not with --pretrained")
    source_length: int = option(64, "what is read of a text", unit="tokens")
    target_length: int = option(24, "most tokens of a summary", unit="tokens")
    num_layers: int = option(2, "blocks of encoder and of decoder; not pretrained")
    num_heads: int = option(4, "attention heads of a block; not pretrained")
    hidden_size: int = option(128, "width of the model; not pretrained")
    dropout: float = option(0.1, "share of features dropped; not pretrained")
    num_beams: int = option(4, "open ends of the beam search on the test texts")

    epochs: int = with_default(GradientRunOptions, "epochs", 4)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adafactor")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.02)
    schedule: str = with_default(GradientRunOptions, "schedule", "inverse-sqrt")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "num_layers", "num_heads", "hidden_size", "vocab_size")
        self.check_at_least(2, "source_length", "target_length", "num_beams")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--dropout: expected 0 to below 1, got {self.dropout}")
        if self.hidden_size % self.num_heads:
            raise ValueError(
                "--hidden-size: expected a multiple of --num-heads "
                f"({self.num_heads}), got {self.hidden_size}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns the pieces, trains, sums up the test texts once, saves."""
    program = "python -m roots_tf.train.summarization"
    options = parse(
        SummarizationOptions, program, __doc__.partition("\n")[0], arguments
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.datasets.summaries import load_summaries
    from roots_tf.optimization import losses
    from roots_tf.train.monitored_run import monitored
    from roots_tf.train.summarization_parts import (
        INPUTS,
        Evaluation,
        make_batches,
        make_summarizer,
    )

    with bad_input_ends_the_program():
        data = load_summaries(options.data)
        with strategy.scope():
            summarizer = make_summarizer(options, data)
        batches = make_batches(summarizer, data, options)
        run = start(options, "summarization", data.name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command, model = command_words("summarization", arguments), summarizer.model
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "rougeL", INPUTS
        ) as watched,
    ):
        evaluation = Evaluation(watched.monitor, summarizer, data, options)
        epoch = watched.train(
            model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            batches,
            lambda epoch, step: evaluation.validate(epoch),
            strategy,
        )
        metrics = evaluation.test(epoch)
        summarizer.save(run.model_folder)
        summarizer.export(run.folder / "saved_model")
        watched.finish(metrics)
        watched.print_where()
        print(f"Without this project: {run.folder / 'saved_model'} (a SavedModel)")


if __name__ == "__main__":
    sys.exit(main())
