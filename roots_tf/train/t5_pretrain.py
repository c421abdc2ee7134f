"""Pretrains a T5 on text without labels: spans are cut out, and it writes them.

The optimizer is the paper's, Adafactor, and so is the course of the learning rate,
which falls with the inverse square root of the steps. Adafactor's steps are relative to
the size of a weight. T5's first weights are of very different sizes (embeddings of
deviation 1, query projections near 0.02): with the equal steps of AdamW it learns less.

Article: §2.5, §7.3.2. Errata: E14, E20.
Source: Raffel et al. 2020 (1910.10683), §3.1.2 and §3.1.4.
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

# More would have over 99 spans, and T5 has 100 sentinels to mark them and the end.
LONGEST_SOURCE = 1_792


@dataclass(frozen=True)
class T5PretrainOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.t5_pretrain``; a T5-tiny."""

    data: str = option("docstrings", "set of roots_tf.datasets, a text file, a folder")
    version: str = option("1.1", "of the T5", choices=("1.0", "1.1"))
    tokenizer: str = option(
        "unigram", "what SentencePiece learns", choices=("unigram", "bpe")
    )
    vocab_size: int = option(8_000, "entries of the vocabulary at most")
    source_length: int = option(64, "what the encoder reads", unit="tokens")
    num_layers: int = option(2, "blocks of the encoder, and as many of the decoder")
    num_heads: int = option(4, "attention heads of a block")
    hidden_size: int = option(128, "width of the model")
    dropout: float = option(0.0, "share of features dropped in training")
    batches: int = option(500, "batches an epoch, windows from anywhere; 0: all text")
    validation: float = option(0.05, "share of the text, its end, for validation")

    epochs: int = with_default(GradientRunOptions, "epochs", 4)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adafactor")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.02)
    schedule: str = with_default(GradientRunOptions, "schedule", "inverse-sqrt")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "num_layers", "num_heads", "hidden_size", "vocab_size")
        self.check_at_least(0, "batches")
        if not 8 <= self.source_length <= LONGEST_SOURCE:
            raise ValueError(
                f"--source-length: expected 8 to {LONGEST_SOURCE}, "
                f"got {self.source_length}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--dropout: expected 0 to below 1, got {self.dropout}")
        if not 0 < self.validation < 1:
            raise ValueError(
                f"--validation: expected over 0 and below 1, got {self.validation}"
            )
        if self.hidden_size % self.num_heads:
            raise ValueError(
                "--hidden-size: expected a multiple of --num-heads "
                f"({self.num_heads}), got {self.hidden_size}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns the tokens, trains, fills gaps, saves."""
    program = "python -m roots_tf.train.t5_pretrain"
    options = parse(T5PretrainOptions, program, __doc__.splitlines()[0], arguments)
    strategy = prepare_tensorflow(options)
    from roots_tf.applications.gap_filling import GapFiller
    from roots_tf.models.t5 import T5
    from roots_tf.optimization import losses
    from roots_tf.train.language_model_parts import read_text
    from roots_tf.train.monitored_run import monitored
    from roots_tf.train.t5_pretraining_parts import (
        INPUTS,
        SpanBatches,
        by_frequency_alone,
        measure,
        print_results,
        t5_config,
    )
    from roots_tf.train.t5_pretraining_samples import Samples

    with bad_input_ends_the_program():
        data = read_text(options)
        batches = SpanBatches(data.train, data, options)
        held_out = SpanBatches(data.validation, data, options).fixed()
        with strategy.scope():
            model = T5(t5_config(options, data.tokenizer), options.seed, name="t5")
            model.build()
        run = start(options, "t5_pretrain", data.run_name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command = command_words("t5_pretrain", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "loss", INPUTS
        ) as watched,
    ):
        filler = GapFiller(model, data.tokenizer)
        samples = Samples(watched.monitor, filler, data.validation, held_out, options)

        def validate(epoch, step):
            samples.write(epoch)
            return measure(model, data.tokenizer, held_out)

        epoch = watched.train(
            model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            batches,
            validate,
            strategy,
        )
        filler.save(run.model_folder)
        metrics = measure(model, data.tokenizer, held_out)
        metrics |= by_frequency_alone(data, held_out)
        watched.finish(metrics)
        print_results(metrics, epoch)
        watched.print_where(
            'python -m roots_tf.generate {model} --prompt "a text <extra_id_0> gaps"'
        )


if __name__ == "__main__":
    sys.exit(main())
