"""The options that the scripts of word vectors share, and their TensorFlow.

Article: §3.1, §4.1, §5.1.

Importing this module imports nothing heavy.
"""

import contextlib
import os
from dataclasses import dataclass
from typing import ClassVar

from roots_tf.text.sentence_stream import SEGMENTATIONS
from roots_tf.train.devices import quiet_stderr
from roots_tf.train.flags import option
from roots_tf.train.run import (
    RunOptions,
    profiled_steps,
)

# What a run goes on from, and what outlives a restart without it.
CHECKPOINT = "checkpoint.npz"
CORPUS = "corpus"
COUNTS = "cooccurrence"


@dataclass(frozen=True)
class WordVectorOptions(RunOptions):
    """Options of both scripts."""

    # The learning rate falls with the share of all epochs that is done.
    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume"})

    checkpoint_every: int = option(20, "rounds between checkpoints", unit="rounds")
    seed: int = option(7, "of the first vectors and of all that is drawn")
    data: str = option("docstrings", "set of roots_tf.datasets, a text file, a folder")
    segmentation: str = option(
        "words", "how the lines are cut into tokens", choices=SEGMENTATIONS
    )
    min_count: int = option(5, "leave out words seen less often", unit="times")
    max_vocab: int = option(0, "most words of the vocabulary; 0 for no limit")
    dim: int = option(100, "width of the word vectors")
    threads: int = option(
        os.cpu_count() or 1, "that train side by side; 1 repeats bit for bit"
    )
    profile: str = option(
        "", "trace these rounds of half a million words a thread, such as 2:3"
    )
    words_watched: str = option(
        "", "words (a,b,c) whose nearest are shown; none: some frequent ones"
    )

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "min_count", "dim", "threads")
        self.check_at_least(0, "max_vocab")
        if self.profile:
            profiled_steps(self.profile)
        if self.max_vocab == 1:
            raise ValueError("--max-vocab: expected 2 or more, or 0, got 1")


def prepare_threads(options: WordVectorOptions) -> None:
    """Imports TensorFlow and sets it up for threads that train side by side.

    Each thread of ours computes on one thread of TensorFlow's. The loops are made for
    processors: GPUs are left alone.
    """
    with quiet_stderr():
        import keras
        import tensorflow as tf

        with contextlib.suppress(RuntimeError):  # in use already, as in tests
            tf.config.set_visible_devices([], "GPU")
            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    keras.utils.set_random_seed(options.seed)
    print(f"Training on the CPU, threads: {options.threads}.")
