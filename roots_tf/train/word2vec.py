"""Trains word vectors with Word2Vec: skip-gram or CBOW, three objectives.

Article: §3.1.1, §4.1.1, §2.3, §2.4. Errata: E01, E02.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse
from roots_tf.train.run import command_words, start
from roots_tf.train.word_vector_options import (
    CHECKPOINT,
    CORPUS,
    WordVectorOptions,
    prepare_threads,
)

# Those of roots_tf.word_vectors, which is not imported before the flags are read.
ARCHITECTURES = ("skip-gram", "cbow")
OBJECTIVES = ("negative-sampling", "hierarchical-softmax", "full-softmax")
SUBSAMPLE_RULES = ("c", "paper")


@dataclass(frozen=True)
class Word2VecOptions(WordVectorOptions):
    """Options of ``python -m roots_tf.train.word2vec``; sizes as in the C program."""

    architecture: str = option(
        "skip-gram",
        "word from context (cbow) or context from word",
        choices=ARCHITECTURES,
    )
    objective: str = option(
        "negative-sampling", "what stands for the softmax", choices=OBJECTIVES
    )
    window: int = option(5, "largest distance of a context word", unit="words")
    negatives: int = option(5, "noise words a pair, in negative sampling")
    subsample: float = option(
        1e-3, "thin out words over this share of the text; 0 for none"
    )
    subsample_rule: str = option(
        "c", "how: as the C program, or as the paper", choices=SUBSAMPLE_RULES
    )
    learning_rate: float = option(
        0.0, "step size at the start; 0 for 0.025 (skip-gram) or 0.05 (cbow)"
    )
    final_learning_rate: float = option(1e-4, "at the end, as a share of the first")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "window", "negatives")
        self.check_at_least(0, "subsample", "learning_rate", "final_learning_rate")
        if self.final_learning_rate > 1:
            raise ValueError(
                "--final-learning-rate: expected a share, 0 to 1, "
                f"got {self.final_learning_rate}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Turns text into ids, trains, evaluates, saves."""
    options = parse(
        Word2VecOptions, "python -m roots_tf.train.word2vec", __doc__, arguments
    )
    prepare_threads(options)
    from roots_tf.datasets.plain_text import load_plain_text
    from roots_tf.train.word2vec_trainer import make_trainer
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
        name = f"{text_name(text)}-{options.architecture}"
        run = start(options, "word2vec", name, CHECKPOINT, keep=[CORPUS])
    with failure_ends_the_program(run.folder):
        with bad_input_ends_the_program(run.withdraw):
            corpus = encode(text, options, run)
            trainer = make_trainer(corpus, options)
            earlier = restore(trainer, corpus, run)
        words = watched_words(corpus, options.words_watched)
        language = language_of(corpus)
        command = command_words("word2vec", arguments)
        with word_vector_run(
            run, options, command, corpus, words, scores_of(language), earlier
        ) as watched:
            vectors = watched.train(trainer)
            del trainer  # its table is larger than the vectors
            metrics = evaluate(vectors, language)
            save(vectors, run.folder)
            watched.finish(metrics)
        print_results(vectors, words)
        print_where(run, options, language)


if __name__ == "__main__":
    sys.exit(main())
