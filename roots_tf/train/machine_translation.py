"""Trains a translator: LSTM with a fixed-length vector, with attention, or Transformer.

    python -m roots_tf.train.machine_translation                    zh -> en, attention
    python -m roots_tf.train.machine_translation --model lstm
    python -m roots_tf.train.machine_translation --source en --target zh

Article: §2.5, §6 (2. 机器翻译). Erratum: E14.
Source: Cho et al. 2014 (1406.1078); Luong et al. 2015 (1508.04025); Vaswani et al. 2017
    (1706.03762), §5, with its label smoothing (§5.4) for all three.
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

MODELS = ("lstm", "attention", "transformer")


@dataclass(frozen=True)
class MachineTranslationOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.machine_translation``."""

    data: str = option(
        "parallel_zh_en", "parallel_zh_en, tatoeba, 3am, or a .csv, .tsv or folder"
    )
    source: str = option("zh", "language that is translated, a column of the data")
    target: str = option("en", "language that is translated into")
    model: str = option(
        "attention",
        "LSTM by a fixed-length vector, the same with attention, or Transformer",
        choices=MODELS,
    )
    vocab_size: int = option(1_600, "pieces of both languages together at most")
    max_length: int = option(64, "most tokens of a sentence", unit="tokens")
    hidden_size: int = option(192, "width of the model")
    num_layers: int = option(2, "blocks of encoder and of decoder; transformer")
    num_heads: int = option(4, "attention heads of a block; transformer")
    dropout: float = option(0.3, "share of features dropped in training")
    label_smoothing: float = option(0.1, "probability spread over all tokens")
    num_beams: int = option(4, "open ends of the beam search on the test sentences")

    epochs: int = with_default(GradientRunOptions, "epochs", 30)
    batch_size: int = with_default(GradientRunOptions, "batch_size", 16)
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.002)
    schedule: str = with_default(GradientRunOptions, "schedule", "linear")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "hidden_size", "num_layers", "num_heads")
        self.check_at_least(2, "max_length", "num_beams")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"--{name.replace('_', '-')}: expected 0 to below 1, "
                    f"got {getattr(self, name)}"
                )
        if self.model == "transformer" and self.hidden_size % (2 * self.num_heads):
            raise ValueError(
                "--hidden-size: expected an even multiple of --num-heads "
                f"({self.num_heads}), got {self.hidden_size}"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns the pieces, trains, translates the test sentences once, saves."""
    program = "python -m roots_tf.train.machine_translation"
    options = parse(
        MachineTranslationOptions, program, __doc__.partition("\n")[0], arguments
    )
    strategy = prepare_tensorflow(options)
    from roots_tf.optimization import losses
    from roots_tf.train.machine_translation_parts import (
        INPUTS,
        Evaluation,
        make_batches,
        make_translator,
        read_pairs,
    )
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        data, tokenizer = read_pairs(options)
        with strategy.scope():
            translator = make_translator(options, tokenizer)
        batches = make_batches(translator, data, options)
        languages = f"{options.source}-{options.target}"
        name = f"{data.name}-{languages}-{options.model}"
        run = start(options, "machine_translation", name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        optimizer = make_optimizer(options.optimizer, rate)
    command, model = command_words("machine_translation", arguments), translator.model
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "chrf", INPUTS
        ) as watched,
    ):
        evaluation = Evaluation(watched.monitor, translator, data, options)
        epoch = watched.train(
            model,
            optimizer,
            losses.smoothed_cross_entropy(options.label_smoothing),
            losses.accuracy,
            batches,
            lambda epoch, step: evaluation.validate(epoch),
            strategy,
        )
        metrics = evaluation.test(epoch)
        translator.save(run.model_folder)
        translator.export(run.folder / "saved_model")
        watched.finish(metrics)
        watched.print_where()
        print(f"Without this project: {run.folder / 'saved_model'} (a SavedModel)")


if __name__ == "__main__":
    sys.exit(main())
