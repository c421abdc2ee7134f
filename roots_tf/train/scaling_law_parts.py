"""The parts of the scaling-law script: which runs, one run, the rows, the verdict.

Article: §8.1 (模型规模与性能提升).
"""

import dataclasses
import json
import math
import os
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.models.gpt import Gpt, GptConfig
from roots_tf.optimization import losses
from roots_tf.optimization.learning_rate import WarmupSchedule
from roots_tf.optimization.training_loop import EpochRecord, TrainingLoop
from roots_tf.train.language_model_parts import LanguageModelData, measure
from roots_tf.train.make_optimizer import make_optimizer
from roots_tf.trends.scaling_law import (
    ScalingLaw,
    fit_scaling_law,
    predictions_without_each,
)
from roots_tf.trends.training_cost import exact_training_flops

ROWS = "rows.json"
_HEAD_WIDTH = 16
_TUNED_WIDTH = 64  # of which --learning-rate is


@dataclasses.dataclass(frozen=True)
class FamilyRun:
    """One run of the family; the last one is held out."""

    width: int
    tokens: int
    held_out: bool = False

    @property
    def key(self) -> str:
        return f"width {self.width}, {self.tokens:,} tokens"


def family(options) -> list[FamilyRun]:
    """Gives the runs, small ones first, the held-out one last."""
    runs = [FamilyRun(w, t) for w in options.all_widths for t in options.all_tokens]
    runs.sort(key=lambda run: run.width * run.tokens)
    last = FamilyRun(options.held_out_width, options.held_out_tokens, held_out=True)
    return [*runs, last]


def config_of(run: FamilyRun, options, vocab_size: int) -> GptConfig:
    """Gives the sizes of a run's model: as deep as all, heads of 16."""
    return GptConfig(
        vocab_size=vocab_size,
        max_positions=options.context,
        hidden_size=run.width,
        num_layers=options.num_layers,
        num_heads=max(1, run.width // _HEAD_WIDTH),
        dropout=0.0,
    )


class FreshWindows:
    """Batches of windows in a random order, each token of the text read once at most.

    Args:
        token_ids: the text, (N,) int32.
        context: T.
        batch_size: B.
        tokens: how many to read, rounded down to whole batches.
        seed: of the order.

    Raises:
        ValueError: the text is too short, or there is not one batch.
    """

    def __init__(self, token_ids, context: int, batch_size: int, tokens: int, seed=0):
        self.batches = tokens // (batch_size * context)
        windows = (len(token_ids) - 1) // context
        needed = self.batches * batch_size
        if not 1 <= needed <= windows:
            raise ValueError(
                f"expected {batch_size * context:,} tokens or more, and no more than "
                f"the {windows * context:,} of the text, for each is read once; "
                f"got {tokens:,}"
            )
        order = np.random.default_rng(seed).permutation(windows)[:needed]
        places = order[:, None] * context + np.arange(context + 1)  # (n, T + 1)
        self._windows = token_ids[places].reshape(self.batches, batch_size, -1)

    def __len__(self) -> int:
        return self.batches

    def __call__(self, epoch: int) -> tf.data.Dataset:
        data = tf.data.Dataset.from_tensor_slices(self._windows)
        return data.map(lambda window: (window[:, :-1], window[:, 1:]))


def train_run(run: FamilyRun, data: LanguageModelData, options, monitor) -> dict:
    """Trains one model on its tokens, its own schedule ending with them.

    Returns:
        The row of the run: sizes, operations, validation loss (nats a token), seconds.

    Raises:
        FloatingPointError: the loss is not finite.
    """
    began = time.perf_counter()
    keras.utils.set_random_seed(options.seed)
    config = config_of(run, options, data.tokenizer.vocab_size)
    model = Gpt(config, name="gpt")
    model.build()
    batches = FreshWindows(
        data.train, options.context, options.batch_size, run.tokens, options.seed
    )
    # A wider model's weights each get as much gradient, and add up to more: the step
    # size that suits them falls as 1 / width (Yang et al. 2022, 2203.03466, table 3).
    peak = options.learning_rate * _TUNED_WIDTH / run.width
    warmup = max(1, len(batches) // 10)
    rate = WarmupSchedule(peak, "cosine", min(warmup, len(batches) - 1), len(batches))
    optimizer = make_optimizer("adamw", rate, weight_decay=0.1, beta_2=0.99)
    loop = TrainingLoop(
        model,
        optimizer,
        losses.cross_entropy,
        batches,
        hooks=[_Curve(monitor, run)],
        log_every=max(1, len(batches) // 40),
        clip_norm=1.0,
    )
    loop.run(epochs=1)
    loss = measure(model, data, options)["loss"]
    if not math.isfinite(loss):
        raise FloatingPointError(f"{run.key}: the loss became {loss}")
    tokens = len(batches) * options.batch_size * options.context
    return {
        "key": run.key,
        "width": run.width,
        "held_out": run.held_out,
        "parameters": config.parameter_count,
        "tokens": tokens,
        "flops": exact_training_flops(config, tokens),
        "loss": loss,
        "seconds": round(time.perf_counter() - began, 1),
    }


def epoch_record(number: int, row: dict) -> EpochRecord:
    """Gives a finished run as a point of the record's curve."""
    train = {name: row[name] for name in ("width", "parameters", "tokens", "flops")}
    return EpochRecord(number, 0, train, {"loss": row["loss"]}, row["seconds"])


class _Curve:
    """Draws the loss of a run against the tokens it has read."""

    def __init__(self, monitor, run: FamilyRun):
        self._monitor = monitor
        self._writer = f"width_{run.width:03d}_tokens_{run.tokens}"

    def on_step(self, record) -> None:
        self._monitor.scalars(self._writer, record.step, {"step/loss": record.loss})


def read_rows(path: Path) -> dict:
    """Reads finished rows, and the states of monitor and record; none if no file is.

    Raises:
        ValueError: the file is damaged.
    """
    if not path.exists():
        return {"rows": [], "monitor": None, "record": None}
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {name: kept[name] for name in ("rows", "monitor", "record")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected rows of a run, got {error}") from None


def write_rows(path: Path, rows: list[dict], monitor: dict, record: dict) -> None:
    """Writes rows and states, whole or not at all."""
    temporary = path.with_name(f".{path.name}")
    kept = {"rows": rows, "monitor": monitor, "record": record}
    temporary.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def fit_rows(rows: list[dict]) -> tuple[ScalingLaw, dict[str, float]]:
    """Fits the law to all rows but the held-out one, which it then predicts.

    Returns:
        The law; and the measures: the prediction, its error, how far it moves when
        one run is left out, and the error of a plain guess: that the held-out model
        does as well as the best of the family.
    """
    family = [row for row in rows if not row["held_out"]]
    (held_out,) = [row for row in rows if row["held_out"]]
    columns = [
        np.array([row[name] for row in family])
        for name in ("parameters", "tokens", "loss")
    ]
    law = fit_scaling_law(*columns)
    at = held_out["parameters"], held_out["tokens"]
    predicted, right = float(law.loss(*at)), held_out["loss"]
    without = predictions_without_each(law, *columns, at)
    fitted = law.loss(*columns[:2])
    return law, {
        "predicted_loss": predicted,
        "held_out_loss": right,
        "error": predicted / right - 1,
        "lowest_without_one_run": float(without.min()),
        "highest_without_one_run": float(without.max()),
        "error_of_best_so_far": float(columns[2].min()) / right - 1,
        "mean_fit_error": float(np.mean(np.abs(fitted / columns[2] - 1))),
        "irreducible": law.irreducible,
        "alpha": law.alpha,
        "beta": law.beta,
    }


def report(rows: list[dict], law: ScalingLaw, measures: dict[str, float]) -> str:
    """Gives the table of runs and the verdict, in Markdown."""
    lines = ["| width | parameters | tokens | GFLOP | loss | law |", "| --- " * 6 + "|"]
    for row in rows:
        fitted = float(law.loss(row["parameters"], row["tokens"]))
        mark = " (held out)" if row["held_out"] else ""
        lines.append(
            f"| {row['width']}{mark} | {row['parameters']:,} | {row['tokens']:,} | "
            f"{row['flops'] / 1e9:,.0f} | {row['loss']:.4f} | {fitted:.4f} |"
        )
    lines += [
        "",
        f"L(N, D) = {law.irreducible:.3f} + {law.a:.4g} / N^{law.alpha:.3f} + "
        f"{law.b:.4g} / D^{law.beta:.3f}, off by "
        f"{measures['mean_fit_error']:.2%} on average.",
        "",
        f"Held out: predicted {measures['predicted_loss']:.4f} "
        f"({measures['lowest_without_one_run']:.4f} to "
        f"{measures['highest_without_one_run']:.4f} without one run), came out "
        f"{measures['held_out_loss']:.4f}: {measures['error']:+.2%}. A plain guess, "
        "the best loss of the family, is "
        f"{measures['error_of_best_so_far']:+.2%} off.",
    ]
    return "\n".join(lines)
