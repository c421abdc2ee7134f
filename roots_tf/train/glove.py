"""Trains word vectors with GloVe: co-occurrence counts, weighted least squares.

Article: §3.1.2, §4.1.2. Errata: E03, E04.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.run import command_words, start
from roots_tf.train.word_vector_options import (
    CHECKPOINT,
    CORPUS,
    COUNTS,
    WordVectorOptions,
    prepare_threads,
)


@dataclass(frozen=True)
class GloveOptions(WordVectorOptions):
    """Options of ``python -m roots_tf.train.glove``; sizes as in the paper."""

    # AdaGrad's steps do not depend on how many epochs there will be.
    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume", "epochs"})

    epochs: int = option(15, "passes over the non-zero cells")
    checkpoint_every: int = option(1, "epochs between checkpoints", unit="epochs")
    profile: str = option("", "trace these epochs, such as 2:3; all are slower")
    window: int = option(10, "largest distance of two words", unit="words")
    symmetric: bool = option(True, "count the words on both sides of a word")
    max_vocab: int = option(
        400_000,
        "most words of the vocabulary, as in the published vectors; 0 for no limit",
    )
    memory: int = option(512, "for counts; more are kept on disk", unit="MB")
    x_max: float = option(
        10.0, "counts from here on weigh 1; the paper's 100 is for billions of words"
    )
    alpha: float = option(0.75, "a smaller count x weighs (x / x_max) ** alpha")
    learning_rate: float = option(0.05, "AdaGrad's step size")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "window", "memory")
        for name in ("x_max", "alpha", "learning_rate"):
            if getattr(self, name) <= 0:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected over 0, got {getattr(self, name)}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Turns text into ids, counts, trains, evaluates, saves."""
    options = parse(GloveOptions, "python -m roots_tf.train.glove", __doc__, arguments)
    prepare_threads(options)
    from roots_tf.datasets.plain_text import load_plain_text
    from roots_tf.train.glove_trainer import GloveRounds, count
    from roots_tf.train.word_vector_parts import (
        encode,
        evaluate,
        language_of,
        print_results,
        print_where,
        save,
        scores_of,
        text_name,
        watched_words,
    )
    from roots_tf.train.word_vector_run import restore, word_vector_run

    with bad_input_ends_the_program():
        text = load_plain_text(options.data)
        name = text_name(text)
        run = start(options, "glove", name, CHECKPOINT, keep=[CORPUS, COUNTS])
    with failure_ends_the_program(run.folder):
        with bad_input_ends_the_program(run.withdraw):
            corpus = encode(text, options, run)
            cooccurrence = count(corpus, options, run)
            trainer = GloveRounds(cooccurrence, options)
            earlier = restore(trainer, corpus, run)
        words = watched_words(corpus, options.words_watched)
        language = language_of(corpus)
        command = command_words("glove", arguments)
        with word_vector_run(
            run, options, command, corpus, words, scores_of(language), earlier, "cells"
        ) as watched:
            trainer.progress = watched.show
            vectors = watched.train(trainer)
            del trainer  # its tables are larger than the vectors
            metrics = evaluate(vectors, language)
            save(vectors, run.folder)
            watched.finish(metrics)
        print_results(vectors, words)
        print_where(run, options, language)


if __name__ == "__main__":
    sys.exit(main())
