"""The parts of the domain script: the base, and one way or the other to adapt it.

Article: §8.3 (领域特定模型).
"""

import dataclasses
import json
import math
import shutil
from pathlib import Path

from roots_tf.applications.text_generation import TextGenerator
from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization import losses
from roots_tf.text.random_windows import RandomWindows
from roots_tf.text.tokenizer import Tokenizer
from roots_tf.train.domain_adaptation_data import Domain, DomainData
from roots_tf.train.make_optimizer import learning_rate_of, make_optimizer
from roots_tf.train.monitored_run import monitored
from roots_tf.train.run import CHECKPOINTS, Run
from roots_tf.trends.domain_adaptation import Adaptation, Surprise, surprise
from roots_tf.trends.low_rank_adaptation import LowRankAdapted

ADAPTER = "adapter.safetensors"


def open_base(options) -> TextGenerator | None:
    """Reads the base that ``--base`` names, and checks that it fits the options.

    Raises:
        ValueError: there is no such model, or its context is too short.
    """
    if not options.base:
        return None
    base = TextGenerator.load(options.base)
    if base.model.config.max_positions < options.context:
        raise ValueError(
            f"--context: expected at most {base.model.config.max_positions} tokens, "
            f"which the base has, got {options.context}"
        )
    return base


def gpt_config(options, tokenizer: Tokenizer) -> GptConfig:
    """Gives the sizes of a base that is trained here.

    Raises:
        ValueError: they do not fit together.
    """
    return GptConfig(
        vocab_size=tokenizer.vocab_size,
        max_positions=options.context,
        hidden_size=options.hidden_size,
        num_layers=options.num_layers,
        num_heads=options.num_heads,
        dropout=0.0,
    )


class Stages:
    """The runs of the script, a folder each; what is finished is read, not made again.

    Args:
        folder: of the whole.
        data: both domains.
        options: of the script.
        strategy: where to train.
        command: words of the command.
    """

    def __init__(self, folder: Path, data: DomainData, options, strategy, command):
        self._folder, self._data, self._options = folder, data, options
        self._strategy, self._command = strategy, command

    def base(self, config: GptConfig) -> TextGenerator:
        """Trains the base on the old domain."""
        options = dataclasses.replace(
            self._options,
            epochs=self._options.base_epochs,
            learning_rate=self._options.base_learning_rate,
        )
        with self._strategy.scope():
            model = Gpt(config, options.seed, name="gpt")
            model.build()
        generator = TextGenerator(model, self._data.tokenizer)
        folder = self._folder / "base"
        self._train("base", model, options, self._data.old, generator.save)
        return TextGenerator.load(folder / "model")

    def full(self, base: Path) -> Adaptation:
        """Goes on with pretraining all parameters, on the new domain."""
        generator = self._load(base)
        model, before = generator.model, self._tested(generator.model)
        options = self._options
        self._train("full", model, options, self._data.new, generator.save)
        count = model.count_params()
        after = self._tested(self._load(self._folder / "full" / "model").model)
        return Adaptation(count, count, before, after)

    def low_rank(self, base: Path) -> Adaptation:
        """Trains low-rank sums alone, on the new domain; saves them, and the merged."""
        generator, options = self._load(base), self._options
        before = self._tested(generator.model)
        count = generator.model.count_params()
        with self._strategy.scope():
            model = LowRankAdapted(
                generator.model,
                options.rank,
                options.alpha,
                options.matrices.split(","),
                options.seed,
                name="low_rank",
            )
            model.build()
        folder = self._folder / "low_rank"

        def save(merged: Path) -> None:
            model.save_adapter(folder / ADAPTER)
            model.merge()
            generator.save(merged)

        options = dataclasses.replace(
            options, learning_rate=options.low_rank_learning_rate
        )
        trained = model.adapter_parameters
        self._train("low_rank", model, options, self._data.new, save)
        after = self._tested(self._load(folder / "model").model)
        return Adaptation(trained, count, before, after)

    def _load(self, folder: Path) -> TextGenerator:
        with self._strategy.scope():
            return TextGenerator.load(folder)

    def _tested(self, model) -> Surprise:
        context = self._options.context
        new, old = self._data.new, self._data.old
        return Surprise(
            surprise(model, new.test, context), surprise(model, old.test, context)
        )

    def _train(self, name, model, options, domain: Domain, save) -> None:
        """Trains one model on a domain, writes its curves, saves its best epoch."""
        folder = self._folder / name
        if _is_finished(folder):
            print(f"{name}: done already.")
            return
        print(f"\n{name}")
        resumed = any(folder.glob(CHECKPOINTS))
        if not resumed and folder.exists():
            shutil.rmtree(folder)
        batches = RandomWindows(
            domain.train,
            options.context,
            options.batch_size,
            options.base_batches if name == "base" else options.batches,
            options.seed,
        )
        with self._strategy.scope():
            optimizer = make_optimizer(
                "adamw",
                learning_rate_of(options, len(batches)),
                # What is added to W is small as it is: no pull to 0.
                weight_decay=0.0 if name == "low_rank" else 0.1,
                beta_2=0.99,
            )

        def validate(epoch, step):
            found = {"loss": surprise(model, domain.validation, options.context)}
            if name != "base":
                old = surprise(model, self._data.old.validation, options.context)
                found["old_loss"] = old
            names = {"loss": "perplexity", "old_loss": "old_perplexity"}
            return found | {names[key]: math.exp(nats) for key, nats in found.items()}

        with monitored(
            Run(folder, resumed),
            options,
            self._command,
            model,
            self._data,
            len(batches),
            "loss",
        ) as watched:
            if not resumed:  # the curves begin before the first step
                start = {f"epoch/{k}": v for k, v in validate(0, 0).items()}
                watched.monitor.scalars("validation", 0, start)
            watched.train(
                model,
                optimizer,
                losses.cross_entropy,
                losses.accuracy,
                batches,
                validate,
                self._strategy,
            )
            metrics = validate(0, 0)
            save(folder / "model")
            watched.finish(metrics)


def _is_finished(folder: Path) -> bool:
    path = folder / "run.json"
    if not path.is_file() or not (folder / "model").is_dir():
        return False
    return json.loads(path.read_text(encoding="utf-8"))["status"] == "finished"
