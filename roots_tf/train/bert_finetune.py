"""Trains a BERT for one of its four tasks, from pretrained or random weights.

    classify   one label for a text            python -m ... --data docstrings
    pairs      one label for a pair of texts   python -m ... --task pairs
    tag        a label for each word           python -m ... --task tag
    span       the answer within a passage     python -m ... --task span

Article: §5.2, §6 (1. 文本分类, 3. 问答系统), §7.3.1. Errata: E11, E12.
Source: Devlin et al. 2018 (1810.04805), §4, §5.3 and figure 4.
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

TASKS = ("classify", "pairs", "tag", "span")


@dataclass(frozen=True)
class BertFinetuneOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.bert_finetune``."""

    task: str = option(
        "classify",
        "a label for a text or a pair, a tag for each word, or an answer's span",
        choices=TASKS,
    )
    data: str = option(
        "docstrings", "set of roots_tf.datasets, or a .csv, .json or folder of your own"
    )
    pretrained: str = option(
        "", "folder of a BERT: train.bert_pretrain's model, or a published one"
    )
    random_weights: bool = option(
        False, "take sizes and vocabulary of --pretrained, but not its weights"
    )
    examples: int = option(0, "training texts at most, drawn at random; 0 for all")
    max_length: int = option(
        128, "a longer text is cut after these; for span: of a window", unit="tokens"
    )
    longest_answer: int = option(30, "most of an answer; for span", unit="tokens")
    vocab_size: int = option(8_000, "entries of the vocabulary; without --pretrained")
    hidden_size: int = option(128, "width; without --pretrained")
    num_layers: int = option(2, "blocks; without --pretrained")
    num_heads: int = option(2, "attention heads of a block; without --pretrained")
    dropout: float = option(0.1, "share of features dropped before the head")
    low_rank: int = option(
        0, "rank of sums that are trained in place of the encoder; 0: all of it"
    )

    epochs: int = with_default(GradientRunOptions, "epochs", 3)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 1e-4)
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(
            1, "hidden_size", "num_layers", "num_heads", "longest_answer"
        )
        self.check_at_least(0, "examples", "low_rank")
        self.check_at_least(3, "max_length")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--dropout: expected 0 to below 1, got {self.dropout}")
        if self.random_weights and not self.pretrained:
            raise ValueError("--random-weights: expected --pretrained beside it")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains, evaluates once on the test texts, saves."""
    options = parse(
        BertFinetuneOptions,
        "python -m roots_tf.train.bert_finetune",
        __doc__.partition("\n")[0],
        arguments,
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.applications.span_export import export_span_extractor
    from roots_tf.train.bert_finetune_parts import make_encoder, of_low_rank
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        task = make_task(options)
        with strategy.scope():
            encoder, tokenizer = make_encoder(options, task.texts())
            model = task.build(encoder, tokenizer)
            if options.low_rank:
                model = task.application.model = of_low_rank(model, options)
        batches = task.batches()
        suffix = "" if options.task == "classify" else f"-{options.task}"
        run = start(options, "bert_finetune", task.data.name + suffix)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command = command_words("bert_finetune", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run,
            options,
            command,
            model,
            task.data,
            len(batches),
            task.compared,
            batches.inputs,
        ) as watched,
    ):
        epoch = watched.train(
            model,
            optimizer,
            task.loss,
            task.accuracy,
            batches,
            lambda epoch, step: task.validate(epoch, watched.monitor),
            strategy,
        )
        metrics = task.test(epoch, watched.monitor)
        if options.low_rank:
            task.application.model = model.merge()
        task.application.save(run.model_folder)
        if options.task != "tag":
            saved = type(task.application).load(run.model_folder)
            exported = run.folder / "saved_model"
            if options.task == "span":
                export_span_extractor(saved, exported)
            else:
                saved.export(exported)
        watched.finish(metrics)
        watched.print_where(task.use)


def make_task(options: BertFinetuneOptions):
    """Reads the data of the task that the options name.

    Returns:
        A task. It has ``data``, with ``name`` and ``content_hash``; ``texts()`` to
        learn a vocabulary from; ``build(encoder, tokenizer)``, which gives the model
        and makes ``application``, what is saved; ``batches()``; ``loss`` and
        ``accuracy`` for the training loop; ``validate(epoch, monitor)`` and
        ``test(epoch, monitor)``, which give metrics; ``compared``, the one that picks
        the best epoch; and ``use``, the command that serves the model.

    Raises:
        ValueError, OSError: the data is not there or is damaged.
    """
    from roots_tf.train.bert_finetune_classify import ClassifyTask, PairsTask
    from roots_tf.train.bert_finetune_span import SpanTask
    from roots_tf.train.bert_finetune_tag import TagTask

    tasks = dict(zip(TASKS, (ClassifyTask, PairsTask, TagTask, SpanTask), strict=True))
    return tasks[options.task](options)


if __name__ == "__main__":
    sys.exit(main())
