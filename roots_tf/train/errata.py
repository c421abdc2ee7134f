"""Runs the article's errata: printed form and right form, side by side in TensorBoard.

Article: §1.3, §10, and where each erratum stands. Errata: E01 to E25.

Where both forms have a course, they are two curves in one chart (set TensorBoard's
smoothing to 0: the curves have few points); each erratum has a picture, and a text with
its table of numbers. All take less than a minute: a run that was cut off is not gone on
with but begun again.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from roots_tf.errata.erratum import modules
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
class ErrataOptions(RunOptions):
    """Options of ``python -m roots_tf.train.errata``."""

    # No flags: each erratum has steps and seeds of its own, and no checkpoint.
    epochs: ClassVar[int] = 1
    checkpoint_every: ClassVar[int] = 1
    seed: ClassVar[int] = 0

    only: str = option("", "errata to run, such as E07,E10; none: all")
    resume: bool = option(False, "begin the last run of this name again")

    def __post_init__(self):
        super().__post_init__()
        known, ids = modules(), self.only.split(",") if self.only else []
        if not set(ids) <= set(known) or len(set(ids)) < len(ids):
            raise ValueError(
                f"--only: expected ids of {min(known)} to {max(known)}, each once, "
                f"such as E07,E10, got {self.only!r}"
            )

    @property
    def ids(self) -> list[str]:
        """The errata to run."""
        return self.only.split(",") if self.only else list(modules())


def main(arguments: Sequence[str] | None = None) -> None:
    """Computes, prints and writes one erratum after the other."""
    options = parse(
        ErrataOptions, "python -m roots_tf.train.errata", __doc__, arguments
    )
    with quiet_stderr():
        import tensorflow as tf  # noqa: F401, TensorBoard's files are its own
    from roots_tf.monitoring.run_record import RunRecord
    from roots_tf.monitoring.tensorboard import RunMonitor
    from roots_tf.train.errata_parts import read, write, write_overview

    with bad_input_ends_the_program():
        name = options.only.replace(",", "-") or "all"
        # No file is one to go on from: a run is begun again.
        run = start(options, "errata", name, checkpoint="none")
    entries, content_hash = read(options.ids)
    command, values = command_words("errata", arguments), {"only": options.only}
    metrics, comparisons = {}, {}
    with (
        failure_ends_the_program(run.folder),
        RunRecord(
            run.folder, command, values, options.seed, content_hash, "errata"
        ) as record,
        RunMonitor(run.folder) as monitor,
    ):
        for entry in entries:
            comparison = comparisons[entry.id] = write(monitor, entry)
            metrics |= comparison.metrics(entry.id)
            print(f"{entry.id} {entry.grade} {entry.title} {comparison.line()}")
        write_overview(monitor, entries, comparisons)
        record.finish(metrics)
    parent, name = run.folder.parent, run.folder.name
    print(f"Watch them: tensorboard --logdir {parent} (run {name})")


if __name__ == "__main__":
    sys.exit(main())
