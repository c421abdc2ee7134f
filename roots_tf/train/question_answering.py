"""Trains a sentence encoder to find the text that answers a question.

    python -m roots_tf.train.question_answering                        docstrings
    python -m roots_tf.train.question_answering --pretrained DIR       a BERT, MiniLM
    python -m roots_tf.train.question_answering --data passages_zh     Chinese passages

Beside it: BM25 and the mean of word vectors. The epoch and the weight of the vectors
beside BM25 are chosen on validation questions; the test questions are scored once.

Article: §6 (3. 问答系统). Errata: E11, E17.
Source: Karpukhin et al. 2020 (2004.04906), §3.
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
class QuestionAnsweringOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.question_answering``."""

    data: str = option(
        "docstrings", "set of reading comprehension, or a .json or folder of your own"
    )
    pretrained: str = option(
        "", "folder of a BERT: train.bert_pretrain's model, or a published one"
    )
    random_weights: bool = option(
        False, "take sizes and vocabulary of --pretrained, but not its weights"
    )
    train: bool = option(True, "train; without, the encoder is scored as it is")
    test: bool = option(True, "score the test questions, once, at the end")
    examples: int = option(0, "training pairs at most, drawn at random; 0 for all")
    max_length: int = option(64, "a longer text is cut after these", unit="tokens")
    temperature: float = option(0.05, "small: only the nearest wrong answers count")
    pool: int = option(
        2_000, "other documents among which an epoch's validation searches"
    )
    word_vector_epochs: int = option(
        2, "passes of word2vec over the documents, for the word vectors; 0 for none"
    )
    vocab_size: int = option(8_000, "entries of the vocabulary; without --pretrained")
    hidden_size: int = option(128, "width; without --pretrained")
    num_layers: int = option(1, "blocks; without --pretrained")
    num_heads: int = option(2, "attention heads of a block; without --pretrained")

    epochs: int = with_default(GradientRunOptions, "epochs", 2)
    batch_size: int = with_default(GradientRunOptions, "batch_size", 128)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 2e-3)
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "hidden_size", "num_layers", "num_heads", "pool")
        self.check_at_least(0, "examples", "word_vector_epochs")
        self.check_at_least(3, "max_length")
        self.check_at_least(2, "batch_size")
        if self.temperature <= 0:
            raise ValueError(f"--temperature: expected over 0, got {self.temperature}")
        if not self.pretrained and (self.random_weights or not self.train):
            name = "--random-weights" if self.random_weights else "--no-train"
            raise ValueError(f"{name}: expected --pretrained beside it")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, indexes all documents, compares with BM25 and word vectors, saves."""
    options = parse(
        QuestionAnsweringOptions,
        "python -m roots_tf.train.question_answering",
        __doc__.partition("\n")[0],
        arguments,
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.optimization import losses
    from roots_tf.train.bert_finetune_parts import make_encoder
    from roots_tf.train.monitored_run import monitored
    from roots_tf.train.question_answering_parts import RetrievalTask

    with bad_input_ends_the_program():
        task = RetrievalTask(options)
        with strategy.scope():
            encoder, tokenizer = make_encoder(options, task.texts())
            model = task.build(encoder, tokenizer)
        batches = task.batches()
        run = start(options, "question_answering", task.data.name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command = command_words("question_answering", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run,
            options,
            command,
            model,
            task.data,
            len(batches),
            "mrr",
            batches.inputs,
        ) as watched,
    ):
        epoch = 0
        if options.train:
            epoch = watched.train(
                model,
                optimizer,
                losses.cross_entropy,
                losses.accuracy,
                batches,
                task.validate,
                strategy,
            )
        metrics = task.compare(epoch, watched.monitor)
        task.application.save(run.model_folder)
        task.application.export(run.folder / "saved_model")
        watched.finish(metrics)
        watched.print_where('python -m roots_tf.ask --folder {model} "a question"')


if __name__ == "__main__":
    sys.exit(main())
