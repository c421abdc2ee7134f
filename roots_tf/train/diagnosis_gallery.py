"""Makes every trouble that the diagnosis names, and its cure; tells what was named.

Article: §3.2.1, §7.2.2. Errata: E12, E13.
"""

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

# Of roots_tf.train.diagnosis_gallery_texts, with a seed for each that no other set has.
SEEDS = {"choose": 7, "report": 1007}


@dataclass(frozen=True)
class GalleryOptions(RunOptions):
    """Options of ``python -m roots_tf.train.diagnosis_gallery``."""

    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume"})
    # No flags: each pair of runs has its own number of epochs, and one cut off begins
    # again.
    epochs: ClassVar[int] = 1
    checkpoint_every: ClassVar[int] = 1

    set: str = option(
        "choose",
        "texts on which the thresholds were chosen, or those to report on",
        choices=tuple(SEEDS),
    )
    seed: int = option(0, "of weights and order; 0 for that of the set")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains the sick and the cured, and prints what the diagnosis named."""
    options = parse(
        GalleryOptions,
        "python -m roots_tf.train.diagnosis_gallery",
        __doc__,
        arguments,
    )
    with quiet_stderr():
        import tensorflow as tf  # noqa: F401
    from roots_tf.monitoring.run_record import RunRecord
    from roots_tf.monitoring.tensorboard import RunMonitor
    from roots_tf.train.diagnosis_gallery_run import Gallery, counts, print_table, table
    from roots_tf.train.diagnosis_gallery_texts import content_hash, read_texts

    with bad_input_ends_the_program():
        texts = read_texts(options.set)
        run = start(options, "diagnosis_gallery", options.set, checkpoint="*/run.json")
    seed = options.seed or SEEDS[options.set]
    command = command_words("diagnosis_gallery", arguments)
    data = {"data_hash": content_hash(texts.values()), "data_name": options.set}
    values = {"set": options.set, "seed": seed}
    with (
        failure_ends_the_program(run.folder),
        RunRecord(run.folder, command, values, seed, **data) as record,
    ):
        gallery = Gallery(run.folder, texts, seed, command)
        rows = list(gallery.run(record))
        with RunMonitor(run.folder) as monitor:
            monitor.text("", 0, "diagnosis", table(rows))
        record.finish({**counts(rows), "runs": rows})
    print_table(rows)
    print(f"Watch them: tensorboard --logdir {run.folder}")


if __name__ == "__main__":
    sys.exit(main())
