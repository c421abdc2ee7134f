"""Adapts a GPT to another domain in two ways; what it learns, and what it forgets.

    python -m roots_tf.train.domain_adaptation                  docstrings of a library
    python -m roots_tf.train.domain_adaptation --base DIR       of train.gpt
    python -m roots_tf.train.domain_adaptation --old zh --data tang_poems

The two ways are all parameters, and low-rank sums alone (LoRA), a TensorBoard run each;
of each the epoch that validates best is kept.
A base that ``--base`` names must not have read the new domain: one of the embedded
docstrings, which is what ``train.gpt`` reads by default, has read every library's.

Article: §8.3 (领域特定模型).
Source: Hu et al. 2021 (2106.09685); Gururangan et al. 2020 (2004.10964), §3.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from roots_tf.train.devices import prepare_tensorflow
from roots_tf.train.exits import (
    bad_input_ends_the_program,
    failure_ends_the_program,
)
from roots_tf.train.flags import option, parse, with_default
from roots_tf.train.run import (
    GradientRunOptions,
    command_words,
    start,
)


@dataclass(frozen=True)
class DomainOptions(GradientRunOptions):
    """Options of ``python -m roots_tf.train.domain_adaptation``."""

    data: str = option(
        "pytest", "new domain: a library, reviews_zh, tang_poems, a text file, a folder"
    )
    old: str = option(
        "docstrings", "old domain: docstrings but the library's, zh, a file, a folder"
    )
    base: str = option(
        "", "model folder of train.gpt to begin with; none: trained here"
    )
    characters: int = option(8_000_000, "most of a domain's text", unit="characters")
    new_characters: int = option(
        1_000_000, "most of the new domain's to learn from", unit="characters"
    )
    vocab_size: int = option(2_000, "entries of the vocabulary; not with --base")
    context: int = option(64, "what the model sees at once", unit="tokens")
    num_layers: int = option(4, "blocks; not with --base")
    num_heads: int = option(4, "attention heads of a block; not with --base")
    hidden_size: int = option(128, "width of the model; not with --base")
    base_epochs: int = option(4, "epochs of the base; not with --base")
    base_batches: int = option(500, "batches of such an epoch; not with --base")
    base_learning_rate: float = option(0.003, "peak step size of the base")
    batches: int = option(50, "batches an epoch of adapting")
    rank: int = option(2, "of the low-rank sums")
    alpha: float = option(4.0, "the sums are scaled by alpha / rank")
    matrices: str = option(
        "query,key,value,output,inner,outer", "those that get a low-rank sum"
    )
    low_rank_learning_rate: float = option(0.01, "peak step size of the sums")

    epochs: int = with_default(GradientRunOptions, "epochs", 6)
    batch_size: int = with_default(GradientRunOptions, "batch_size", 12)
    learning_rate: float = with_default(GradientRunOptions, "learning_rate", 0.001)
    schedule: str = with_default(GradientRunOptions, "schedule", "cosine")
    warmup: float = with_default(GradientRunOptions, "warmup", 0.1)
    optimizer: str = with_default(GradientRunOptions, "optimizer", "adamw")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "context", "num_layers", "num_heads", "hidden_size")
        self.check_at_least(1, "base_epochs", "base_batches", "batches", "rank")
        self.check_at_least(2, "vocab_size", "characters", "new_characters")
        for name in ("alpha", "base_learning_rate", "low_rank_learning_rate"):
            if (value := getattr(self, name)) <= 0:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected over 0, got {value}")
        if self.optimizer != "adamw":
            raise ValueError(f"--optimizer: expected adamw, got {self.optimizer}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains or reads the base, adapts it in both ways, compares them on test texts."""
    program = "python -m roots_tf.train.domain_adaptation"
    options = parse(DomainOptions, program, __doc__.partition("\n")[0], arguments)
    strategy = prepare_tensorflow(options)
    from roots_tf.monitoring.tensorboard import RunMonitor
    from roots_tf.train.domain_adaptation_data import read_domains
    from roots_tf.train.domain_adaptation_parts import (
        ADAPTER,
        Stages,
        gpt_config,
        open_base,
    )
    from roots_tf.trends.domain_adaptation import adaptation_table
    from roots_tf.trends.low_rank_adaptation import check_matrices

    with bad_input_ends_the_program():
        check_matrices(options.matrices.split(","))
        base = open_base(options)
        data = read_domains(options, base and base.tokenizer)
        config = base.model.config if base else gpt_config(options, data.tokenizer)
        run = start(options, "domain_adaptation", data.name, checkpoint="*/run.json")
    print(f"{config.parameter_count:,} parameters.")
    command = command_words("domain_adaptation", arguments)
    stages = Stages(run.folder, data, options, strategy, command)
    with failure_ends_the_program(run.folder):
        folder = Path(options.base)
        if not options.base:
            stages.base(config)
            folder = run.folder / "base" / "model"
        ways = {
            "full fine-tuning": stages.full(folder),
            f"LoRA, rank {options.rank}": stages.low_rank(folder),
        }
        table = adaptation_table(ways)
        full, low_rank = ways.values()
        share = low_rank.trained / low_rank.parameters
        said = f"LoRA trains {share:.2%} of the parameters"
        if full.gain > 0:
            said += f" and has {low_rank.share_of(full):.1%} of full fine-tuning's gain"
        with RunMonitor(run.folder) as monitor:
            monitor.text("", 0, "adaptation", f"{table}\n\n{said}.")
    print("\nTest texts: perplexity, and nats a token gained and forgotten.\n")
    print(f"{table}\n\n{said}.\n")
    print(f"Adapter: {run.folder / 'low_rank' / ADAPTER}")
    print(f"Merged: {run.folder / 'low_rank' / 'model'}")
    print(f"Watch them: tensorboard --logdir {run.folder}")


if __name__ == "__main__":
    sys.exit(main())
