"""Trains a model that finds pictures by words and words for pictures.

    python -m roots_tf.train.image_text_contrastive                   drawn shapes
    python -m roots_tf.train.image_text_contrastive --language zh     Chinese captions
    python -m roots_tf.train.image_text_contrastive --data FOLDER     your own pictures

FOLDER has ``captions.csv`` (columns file, caption), or a .txt beside each picture.

Article: §8.2 (多模态融合).
Source: Radford et al. 2021 (2103.00020), §2.
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
class ImageTextOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.image_text_contrastive``."""

    data: str = option("shapes", "shapes, or a folder of pictures with captions")
    language: str = option("en", "of the shapes' captions", choices=("en", "zh"))
    pictures: int = option(10, "training pictures of each scene of the shapes")
    side: int = option(32, "of your own pictures: 32, 64 …", unit="pixels")
    vocab_size: int = option(400, "entries of the vocabulary of captions at most")
    caption_length: int = option(24, "what is read of a caption", unit="tokens")
    hidden_size: int = option(64, "width of the vectors and of the text encoder")
    num_layers: int = option(2, "blocks of the text encoder")
    num_heads: int = option(2, "attention heads of a block")
    dropout: float = option(0.0, "share of features dropped in the text encoder")
    weight_decay: float = option(0.01, "pull to 0 of the matrices, under adam or adamw")

    epochs: int = with_default(GradientRunOptions, "epochs", 12)
    batch_size: int = with_default(GradientRunOptions, "batch_size", 96)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.003)
    schedule: str = with_default(GradientRunOptions, "schedule", "cosine")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "pictures", "hidden_size", "num_layers", "num_heads")
        self.check_at_least(2, "batch_size")
        self.check_at_least(6, "vocab_size")
        self.check_at_least(3, "caption_length")
        self.check_at_least(0, "weight_decay")
        if self.side < 8 or self.side % 8:
            raise ValueError(f"--side: expected a multiple of 8, got {self.side}")
        if self.data == "shapes" and self.side != 32:
            raise ValueError(f"--side: the shapes have 32 pixels, got {self.side}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Draws or reads the pictures, trains, searches both ways, saves."""
    program = "python -m roots_tf.train.image_text_contrastive"
    options = parse(ImageTextOptions, program, __doc__.partition("\n")[0], arguments)
    strategy = prepare_tensorflow(options)
    from roots_tf.optimization import losses
    from roots_tf.train.image_text_contrastive_parts import (
        Evaluation,
        PairedBatches,
        input_specs,
        make_model,
        read_pictures,
        save_model,
    )
    from roots_tf.train.monitored_run import monitored
    from roots_tf.trends.image_text_contrastive import contrastive_loss

    with bad_input_ends_the_program():
        data = read_pictures(options)
        with strategy.scope():
            model, tokenizer = make_model(options, data)
        batches = PairedBatches(data.train, tokenizer, options)
        run = start(options, "image_text_contrastive", data.run_name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        settings = {"weight_decay": options.weight_decay}
        if options.optimizer not in ("adam", "adamw"):
            settings = {}
        optimizer = make_optimizer(options.optimizer, rate, **settings)
    command, specs = (
        command_words("image_text_contrastive", arguments),
        input_specs(options),
    )
    with (
        failure_ends_the_program(run.folder),
        monitored(
            run, options, command, model, data, len(batches), "recall_at_1", specs
        ) as watched,
    ):
        evaluation = Evaluation(watched.monitor, model, tokenizer, data, options)
        epoch = watched.train(
            model,
            optimizer,
            contrastive_loss,
            losses.accuracy,
            batches,
            lambda epoch, step: evaluation.validate(epoch),
            strategy,
        )
        metrics = evaluation.test(epoch)
        save_model(run.model_folder, model, tokenizer, options)
        watched.finish(metrics)
        print(f"Model: {run.model_folder}")
        parent, name = run.folder.parent, run.folder.name
        print(f"Watch it: tensorboard --logdir {parent} (run {name})")


if __name__ == "__main__":
    sys.exit(main())
