"""One optimiser of the comparison: its learning rate, its run, its results.

Article: §3.2.2, §4.2.2, §7.2.2 (TensorBoard).
"""

import dataclasses
import json
import shutil
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from roots_tf.datasets.classification import TextClassificationData
from roots_tf.monitoring.hparams import write_final_metrics
from roots_tf.monitoring.run_record import RunRecord
from roots_tf.monitoring.tensorboard import RunMonitor
from roots_tf.optimization.adam import Adam, AdamW
from roots_tf.optimization.learning_rate_range import (
    LearningRateRange,
    learning_rate_range,
)
from roots_tf.optimization.losses import accuracy, cross_entropy
from roots_tf.optimization.sgd import Sgd
from roots_tf.optimization.training_loop import TrainingLoop
from roots_tf.train.monitored_run import describe_run
from roots_tf.train.progress import Progress
from roots_tf.train.run import CHECKPOINTS

MAKERS = {
    "sgd": lambda rate: Sgd(rate),
    "momentum": lambda rate: Sgd(rate, momentum=0.9),
    "nesterov": lambda rate: Sgd(rate, momentum=0.9, nesterov=True),
    "adam": lambda rate: Adam(rate),
    "adamw": lambda rate: AdamW(rate),
}
_LOWEST, _HIGHEST, _STEPS = 1e-3, 10.0, 200  # of the range test


def compare(
    name: str,
    data: TextClassificationData,
    bags: dict[str, np.ndarray],
    options,
    folder: Path,
    command: list[str],
) -> dict[str, float]:
    """Trains under one optimiser; what is finished already is read, not trained again.

    Args:
        name: one of ``MAKERS``.
        data, bags: the texts, and their features by part.
        options: of the script.
        folder: of this optimiser's run.
        command: the words of the command.

    Returns:
        Learning rate, training loss of the last epoch, test loss and accuracy.
    """
    earlier = _earlier(folder)
    if earlier and _is_done(earlier, options):
        return _results(earlier)
    print(f"\n{name}")
    found, rate = None, options.learning_rate
    if earlier:
        rate = earlier["options"]["learning_rate"]
    elif not rate:
        found = range_test(name, data, bags, options)
        rate = found.suggestion
        print(f"learning rate {rate:.2g}, as the range test suggests")
    values = {**dataclasses.asdict(options), "optimizer": name, "learning_rate": rate}
    del values["optimizers"]
    record = RunRecord(
        folder, command, values, options.seed, data.content_hash, data.name
    )
    with record, RunMonitor(folder) as monitor:
        if not earlier:
            compared = [("validation", "epoch/accuracy"), ("", "final/accuracy")]
            describe_run(monitor, command, values, data.content_hash, compared)
        if found:
            write_range_test(monitor, found)
        model = _train(name, rate, data, bags, options, folder, [monitor, record])
        metrics = _scores(model, bags["test"], data.test.labels)
        write_final_metrics(monitor, metrics)
        record.finish(metrics)
    return _results(_earlier(folder))


def range_test(name: str, data, bags, options) -> LearningRateRange:
    """Runs the range test of one optimiser on a fresh network."""
    return learning_rate_range(
        _network(data, bags, options),
        MAKERS[name](_LOWEST),
        cross_entropy,
        _batches(data, bags, options, epoch=0).repeat(),
        lowest=_LOWEST,
        highest=_HIGHEST,
        steps=_STEPS,
    )


def write_range_test(monitor: RunMonitor, found: LearningRateRange) -> None:
    """Draws the curve: ``range_test/`` loss and rate, both against the step."""
    points = zip(found.rates, found.losses, found.smoothed, strict=True)
    for step, (rate, loss, smoothed) in enumerate(points, start=1):
        values = {"learning_rate": rate, "loss": loss, "loss_smoothed": smoothed}
        values = {f"range_test/{name}": value for name, value in values.items()}
        monitor.scalars("train", step, values)


def print_results(results: dict[str, dict[str, float]]) -> None:
    """Prints a line an optimiser."""
    print(f"\n{'':10}learning rate  training loss  test loss  test accuracy")
    for name, row in results.items():
        print(
            f"{name:10}{row['learning_rate']:13.2g}{row['training_loss']:15.4f}"
            f"{row['loss']:11.4f}{row['accuracy']:15.4f}"
        )
    print()


def _earlier(folder: Path) -> dict | None:
    """Gives the record of a run that can be gone on with; what cannot is removed."""
    if any(folder.glob(CHECKPOINTS)):
        return json.loads((folder / "run.json").read_text(encoding="utf-8"))
    if folder.exists():
        shutil.rmtree(folder)
    return None


def _is_done(record: dict, options) -> bool:
    finished = record["status"] == "finished"
    return finished and len(record["curve"]) >= options.epochs


def _results(record: dict) -> dict[str, float]:
    return {
        "learning_rate": record["options"]["learning_rate"],
        "training_loss": record["curve"][-1]["train"]["loss"],
        **record["final_metrics"],
    }


def _network(data, bags, options) -> keras.Model:
    keras.utils.set_random_seed(options.seed)
    return keras.Sequential(
        [
            keras.Input((bags["train"].shape[1],)),
            keras.layers.Dense(options.hidden_size, activation="tanh", name="hidden"),
            keras.layers.Dense(len(data.label_names), name="logits"),
        ]
    )


def _batches(data, bags, options, epoch: int) -> tf.data.Dataset:
    order = np.random.default_rng([options.seed, epoch]).permutation(len(data.train))
    x, labels = bags["train"], data.train.labels
    starts = range(0, len(order), options.batch_size)
    rows = [order[start : start + options.batch_size] for start in starts]
    return tf.data.Dataset.from_generator(
        lambda: ((x[batch], labels[batch]) for batch in rows),
        output_signature=(
            tf.TensorSpec((None, x.shape[1]), tf.float32),
            tf.TensorSpec((None,), tf.int32),
        ),
    ).prefetch(2)


def _train(name, rate, data, bags, options, folder, hooks) -> keras.Model:
    model = _network(data, bags, options)
    steps = -(-len(data.train) // options.batch_size)
    TrainingLoop(
        model,
        MAKERS[name](rate),
        cross_entropy,
        lambda epoch: _batches(data, bags, options, epoch),
        measures={"accuracy": accuracy},
        validate=lambda epoch, step: _scores(
            model, bags["validation"], data.validation.labels
        ),
        hooks=[*hooks, Progress(options.epochs, steps)],
        checkpoint_dir=folder / "checkpoints",
        checkpoint_every=options.checkpoint_every,
        log_every=options.log_every,
    ).run(options.epochs)
    return model


def _scores(model: keras.Model, x, labels) -> dict[str, float]:
    logits = model(x)
    return {
        "loss": float(tf.reduce_mean(cross_entropy(labels, logits))),
        "accuracy": float(tf.reduce_mean(accuracy(labels, logits))),
    }
