"""Pretraining of BERT and ALBERT, which differ in the encoder and the kind of pairs.

Article: §5.2, §7.3.1, §7.3.2. Errata: E11, E21.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roots_tf.train.devices import prepare_tensorflow
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, with_default
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    start,
)


@dataclass(frozen=True)
class EncoderPretrainingOptions(GradientRunOptions):
    """Options of ``bert_pretrain`` and ``albert_pretrain``."""

    data: str = option("docstrings", "set of roots_tf.datasets, a text file, a folder")
    vocab_size: int = option(8_000, "entries of the vocabulary at most")
    max_length: int = option(64, "tokens of a pair, special ones included")
    num_layers: int = option(2, "blocks")
    num_heads: int = option(2, "attention heads of a block")
    hidden_size: int = option(128, "width of the model")
    dropout: float = option(0.0, "share of features dropped in training")
    whole_words: bool = option(False, "a gap takes all pieces of a word (zh: by jieba)")
    batches: int = option(500, "batches that make an epoch")
    validation: float = option(0.05, "share of the documents kept for validation")

    epochs: int = with_default(GradientRunOptions, "epochs", 4)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(
            1, "num_layers", "num_heads", "hidden_size", "batches", "vocab_size"
        )
        self.check_at_least(8, "max_length")
        for name in ("dropout", "validation"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"--{name}: expected 0 to below 1, got {getattr(self, name)}"
                )


def pretrain(
    options: EncoderPretrainingOptions,
    script: str,
    kind: str,
    make_encoder: Callable,
    arguments: Sequence[str] | None,
) -> None:
    """Learns the vocabulary, trains, measures, saves.

    Args:
        options: of the script.
        script: its name.
        kind: of the pairs, see ``text.sentence_pairs``.
        make_encoder: gives the encoder for a vocabulary size.
        arguments: of the command line.
    """
    strategy = prepare_tensorflow(options)
    from roots_tf.models.bert_pretraining import EncoderPretraining, pretraining_loss
    from roots_tf.models.published_weights import save_published
    from roots_tf.train.encoder_pretraining_parts import (
        INPUTS,
        PairBatches,
        gap_accuracy,
        measure,
        print_results,
        read_documents,
    )
    from roots_tf.train.encoder_pretraining_samples import Samples
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        data = read_documents(options)
        batches = PairBatches(data.train, data.tokenizer, kind, options)
        held_out = PairBatches(data.validation, data.tokenizer, kind, options).fixed()
        with strategy.scope():
            encoder = make_encoder(data.tokenizer.vocab_size)
            model = EncoderPretraining(encoder, name="pretraining")
            model.build()
        run = start(options, script, data.run_name)
    print(f"{model.count_params():,} parameters, those of the heads included.")
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run,
            options,
            command_words(script, arguments),
            model,
            data,
            len(batches),
            "loss",
            INPUTS,
        ) as watched,
    ):
        samples = Samples(watched.monitor, model, data.tokenizer, held_out)

        def validate(epoch, step):
            samples.write(epoch)
            return measure(model, held_out)

        epoch = watched.train(
            model,
            optimizer,
            pretraining_loss,
            gap_accuracy,
            batches,
            validate,
            strategy,
        )
        save_published(model, run.model_folder)
        data.tokenizer.save(run.model_folder)
        metrics = measure(model, held_out)
        watched.finish(metrics)
        print_results(metrics, epoch, data, held_out)
        watched.print_where(
            "python -m roots_tf.train.bert_finetune --pretrained {model}"
        )
