"""Trains a GPT to predict the next token of a text, from nothing.

Article: §2.1, §2.5, §6 (4. 文本生成), §7.3.2, §9.2. Erratum: E14.
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
class GptOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.gpt``; sizes of nanoGPT on a laptop."""

    data: str = option("docstrings", "set of roots_tf.datasets, a text file, a folder")
    tokenizer: str = option(
        "byte-bpe", "what a token is", choices=("byte-bpe", "characters")
    )
    vocab_size: int = option(4_000, "entries of the vocabulary at most")
    context: int = option(64, "what the model sees at once", unit="tokens")
    num_layers: int = option(4, "blocks")
    num_heads: int = option(4, "attention heads of a block")
    hidden_size: int = option(128, "width of the model")
    dropout: float = option(0.0, "share of features dropped in training")
    recompute: bool = option(False, "less memory, a third more work; no dropout")
    weight_decay: float = option(0.1, "pull to 0 of the matrices, under adam or adamw")
    beta_2: float = option(0.99, "memory of squared gradients, under adam or adamw")
    batches: int = option(500, "batches an epoch, windows from anywhere; 0: all text")
    validation: float = option(0.1, "share of the text, its end, for validation")
    prompt: str = option("", "how the text begins that is written after each epoch")
    sample_length: int = option(200, "how long that text is", unit="tokens")

    epochs: int = with_default(GradientRunOptions, "epochs", 4)
    batch_size: int = with_default(GradientRunOptions, "batch_size", 12)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.003)
    schedule: str = with_default(GradientRunOptions, "schedule", "cosine")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "context", "num_layers", "num_heads", "hidden_size")
        self.check_at_least(2, "vocab_size")
        self.check_at_least(0, "batches", "sample_length", "dropout", "weight_decay")
        for name in ("validation", "beta_2"):
            if not 0 < (value := getattr(self, name)) < 1:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected over 0 and below 1, got {value}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Learns the tokens, trains, writes, saves."""
    options = parse(GptOptions, "python -m roots_tf.train.gpt", __doc__, arguments)
    strategy = prepare_tensorflow(options)
    from roots_tf.applications.generation_export import export_generator
    from roots_tf.applications.text_generation import TextGenerator
    from roots_tf.decoding.sampling import SamplingRule
    from roots_tf.models.gpt import Gpt
    from roots_tf.optimization import losses
    from roots_tf.text.random_windows import RandomWindows
    from roots_tf.train.generation_report import generation_report
    from roots_tf.train.language_model_parts import (
        Samples,
        gpt_config,
        measure,
        print_results,
        read_text,
        unigram_perplexity,
    )
    from roots_tf.train.monitored_run import monitored

    with bad_input_ends_the_program():
        data = read_text(options)
        batches = RandomWindows(
            data.train,
            options.context,
            options.batch_size,
            options.batches or None,
            options.seed,
        )
        with strategy.scope():
            config = gpt_config(options, data.tokenizer)
            model = Gpt(config, options.seed, options.recompute, name="gpt")
            model.build()
        generator = TextGenerator(model, data.tokenizer)
        generator.encode(options.prompt or data.prompt)  # or it is refused now
        run = start(options, "gpt", data.run_name)
    with strategy.scope():
        rate = learning_rate_of(options, len(batches))
        settings = {"weight_decay": options.weight_decay, "beta_2": options.beta_2}
        if options.optimizer not in ("adam", "adamw"):
            settings = {}
        optimizer = make_optimizer(options.optimizer, rate, **settings)
    command = command_words("gpt", arguments)
    with (
        failure_ends_the_program(run.folder),
        monitored(run, options, command, model, data, len(batches), "loss") as watched,
    ):
        samples = Samples(watched.monitor, generator, data, options)

        def validate(epoch, step):
            samples.write(epoch)
            return measure(model, data, options)

        epoch = watched.train(
            model,
            optimizer,
            losses.cross_entropy,
            losses.accuracy,
            batches,
            validate,
            strategy,
        )
        generator.save(run.model_folder)
        exported, length = run.folder / "saved_model", options.context // 2
        export_generator(generator, exported, length, SamplingRule(0.8), options.seed)
        metrics = measure(model, data, options)
        metrics["unigram_perplexity"] = unigram_perplexity(data)
        report, measured = generation_report(generator, data, options)
        watched.monitor.text("validation", epoch, "generation", report)
        watched.finish(metrics | measured)
        print_results(metrics, epoch, samples.text(epoch))
        print(report + "\n")
        watched.print_where('python -m roots_tf.generate {model} --prompt "a text"')
        print(f"Without this project: {run.folder / 'saved_model'} (a SavedModel)")


if __name__ == "__main__":
    sys.exit(main())
