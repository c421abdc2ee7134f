"""Trains a family of small GPTs, fits the scaling law, and predicts a larger run.

Article: §8.1 (模型规模与性能提升), §9.1.

The default family, 12 runs and a held-out one, takes about 10 minutes on two cores.
Its shortest runs know how frequent tokens are and little more; without them the fit
hangs on single runs (see the range of predictions without one run). A law from runs as
small as these does not reach far: with seed 7 the loss of the held-out run, of 3 times
the operations of any in the family, is predicted 3.8 % too high, that of
``--held-out-width 128 --held-out-tokens 4000000``, of 6 times, 6.7 %.
"""

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

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


@dataclass(frozen=True)
class ScalingLawOptions(RunOptions):
    """Options of ``python -m roots_tf.train.scaling_law``."""

    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume"})
    epochs: ClassVar[int] = 1  # no flag: each token is read once
    checkpoint_every: ClassVar[int] = 1  # no flag: a run cut off begins again

    seed: int = option(7, "of weights and order, of each run")
    data: str = option("docstrings", "set of roots_tf.datasets, a text file, a folder")
    tokenizer: str = option(
        "byte-bpe", "what a token is", choices=("byte-bpe", "characters")
    )
    vocab_size: int = option(1_000, "entries of the vocabulary at most")
    widths: str = option("16,32,64", "hidden sizes of the family, multiples of 16")
    tokens: str = option(
        "250000,500000,1000000,2000000", "tokens of each width's runs", unit="tokens"
    )
    held_out_width: int = option(96, "hidden size of the run that is predicted")
    held_out_tokens: int = option(3_000_000, "tokens of that run", unit="tokens")
    num_layers: int = option(2, "blocks of every model")
    context: int = option(64, "what a model sees at once", unit="tokens")
    batch_size: int = option(16, "windows a batch")
    learning_rate: float = option(0.003, "peak step size at width 64; falls as 1/width")
    validation: float = option(0.02, "share of the text, its end, for validation")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "num_layers", "context", "batch_size")
        self.check_at_least(2, "vocab_size")
        for name in ("widths", "tokens"):
            numbers = _numbers(name, getattr(self, name))
            if len(numbers) < 2:
                raise ValueError(f"--{name}: expected 2 numbers or more, got {numbers}")
        if len(self.all_widths) * len(self.all_tokens) < 5:
            raise ValueError("--widths, --tokens: expected 5 runs or more together")
        for width in (*self.all_widths, self.held_out_width):
            if width < 16 or width % 16:
                raise ValueError(f"--widths: expected multiples of 16, got {width}")
        if self.held_out_tokens < max(self.all_tokens):
            raise ValueError(
                f"--held-out-tokens: expected {max(self.all_tokens)} or more, which "
                f"the family has, got {self.held_out_tokens}"
            )
        if not 0 < self.validation < 1:
            raise ValueError(
                f"--validation: expected over 0 and below 1, got {self.validation}"
            )
        if self.learning_rate <= 0:
            raise ValueError(
                f"--learning-rate: expected over 0, got {self.learning_rate}"
            )

    @property
    def all_widths(self) -> tuple[int, ...]:
        return _numbers("widths", self.widths)

    @property
    def all_tokens(self) -> tuple[int, ...]:
        return _numbers("tokens", self.tokens)


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes the runs that are not done yet, fits, predicts, compares."""
    options = parse(
        ScalingLawOptions, "python -m roots_tf.train.scaling_law", __doc__, arguments
    )
    with quiet_stderr():
        import tensorflow  # noqa: F401
    from roots_tf.monitoring.hparams import write_final_metrics
    from roots_tf.monitoring.run_record import RunRecord
    from roots_tf.monitoring.scaling_figure import scaling_law_image
    from roots_tf.monitoring.tensorboard import RunMonitor
    from roots_tf.train.language_model_parts import read_text
    from roots_tf.train.monitored_run import describe_run
    from roots_tf.train.scaling_law_parts import (
        ROWS,
        FreshWindows,
        epoch_record,
        family,
        fit_rows,
        read_rows,
        report,
        train_run,
        write_rows,
    )

    with bad_input_ends_the_program():
        data = read_text(options)
        runs = family(options)
        # The longest run asks for the most text: too little is told at once.
        FreshWindows(data.train, options.context, options.batch_size, runs[-1].tokens)
        run = start(options, "scaling_law", data.run_name, ROWS)
        kept = read_rows(run.folder / ROWS)
    values, command = (
        dataclasses.asdict(options),
        command_words("scaling_law", arguments),
    )
    with (
        failure_ends_the_program(run.folder),
        RunRecord(
            run.folder, command, values, options.seed, data.content_hash, data.name
        ) as record,
        RunMonitor(run.folder) as monitor,
    ):
        if kept["monitor"]:
            monitor.restore(kept["monitor"])
            record.restore(kept["record"])
        else:
            compared = [("", "final/held_out_loss"), ("", "final/error")]
            describe_run(monitor, command, values, data.content_hash, compared)
        rows = kept["rows"]
        done = {row["key"] for row in rows}
        for number, one in enumerate(runs, start=1):
            if one.key in done:
                continue
            print(f"run {number} of {len(runs)}: {one.key}", flush=True)
            row = train_run(one, data, options, monitor)
            print(f"  loss {row['loss']:.4f} nats a token, {row['seconds']:.0f} s")
            rows.append(row)
            record.on_epoch_end(epoch_record(number, row))
            write_rows(run.folder / ROWS, rows, monitor.state(), record.state())
        law, measures = fit_rows(rows)
        points = [(row["parameters"], row["tokens"], row["loss"]) for row in rows]
        picture = scaling_law_image(points[:-1], points[-1], law.loss)
        monitor.image("", 0, "scaling_law", picture)
        table = report(rows, law, measures)
        monitor.text("", 0, "result", table)
        write_final_metrics(monitor, measures)
        record.finish(measures)
        print(f"\n{table}\n\nWatch it: tensorboard --logdir {run.folder}")


def _numbers(name: str, text: str) -> tuple[int, ...]:
    """Reads "16,32,64".

    Raises:
        ValueError: there is something else than different whole numbers over 0.
    """
    parts = text.split(",")
    numbers = [int(part) for part in parts if part.strip().isdecimal()]
    if len(set(numbers)) != len(parts) or min(numbers) < 1:
        raise ValueError(
            f"--{name}: expected different whole numbers, such as 16,32, got {text!r}"
        )
    return tuple(sorted(numbers))


if __name__ == "__main__":
    sys.exit(main())
