"""Steps a second of the project's training loop beside ``keras.Model.fit``.

``python -m benchmarks.training_loop [--rounds 5] [--quick]``

* Models: the section-5 model at the article's sizes on docstrings, in batches by
  length, 80 steps; a small dense network on bags of 300 words, where the step is so
  short that the loop's own work counts, 3,000 steps.
* Bare: no hook, no callback. Watched: ours with the hooks and checkpoints of a
  training script (TensorBoard every 10 steps, resources, run record, progress,
  diagnosis, a checkpoint every 200 steps); fit with its progress bar,
  `keras.callbacks.TensorBoard` every 10 batches and `BackupAndRestore` every 200.
* The same on both sides: batches, sizes, Adam, the gradient clipped to a norm of 1,
  loss and accuracy over the epoch. What is timed is the second epoch, up to its last
  step; in the first, of 40 steps, functions are compiled.
* Each run is a process of its own; the four of a round take turns of half a second
  (`alternating.py`), and ratios are of one round each.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.alternating import alternate, done, ready

RIVALS = ["roots_tf bare", "fit bare", "roots_tf watched", "fit watched"]
STEPS = {"section 5": 80, "dense": 3_000}
WARM_UP, FEATURES, BATCH, CLIP_NORM = 40, 300, 32, 1.0


def section_5():
    """Gives the section-5 model and ``batches(epoch)`` of docstrings."""
    from roots_tf.datasets.classification import load_classification
    from roots_tf.text.batching import BucketedBatches
    from roots_tf.train.classifier import ClassifierOptions
    from roots_tf.train.classifier_parts import build_model, read_texts

    options = ClassifierOptions()
    data = load_classification(options.data)
    vocabulary, _, ids = read_texts(data, options)
    model = build_model(options, vocabulary, len(data.label_names))
    batches = BucketedBatches(ids["train"], data.train.labels, BATCH, options.seed)
    return model, lambda epoch: batches(epoch).repeat()


def dense():
    """Gives a small network and ``batches(epoch)`` of bags of words."""
    import keras
    import tensorflow as tf

    from roots_tf.datasets.classification import load_classification
    from roots_tf.train.bag_of_words import read_bags

    data = load_classification("docstrings")
    _, bags = read_bags(data, FEATURES)
    count = len(data.train) // BATCH
    x = bags["train"][: count * BATCH].reshape(count, BATCH, -1)
    labels = data.train.labels[: count * BATCH].reshape(count, BATCH)
    dataset = tf.data.Dataset.from_tensor_slices((x, labels)).repeat().prefetch(2)
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((x.shape[-1],)),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(len(data.label_names)),
        ]
    )
    return model, lambda epoch: dataset


MODELS = {"section 5": section_5, "dense": dense}


def run_loop(model, batches, steps, folder):
    """Trains two epochs in our loop; watched if there is a folder."""
    import keras

    from roots_tf.monitoring.diagnosis import Diagnosis
    from roots_tf.monitoring.resources import ResourceMonitor
    from roots_tf.monitoring.run_record import RunRecord
    from roots_tf.monitoring.tensorboard import RunMonitor
    from roots_tf.optimization.losses import accuracy, cross_entropy
    from roots_tf.optimization.training_loop import TrainingLoop
    from roots_tf.train.progress import Progress

    class SecondEpoch:
        def on_epoch_end(self, record):
            if record.epoch == 2:
                done()

    def of_epoch(epoch):
        if epoch == 2:
            ready()
        return batches(epoch).take(WARM_UP if epoch == 1 else steps)

    with contextlib.ExitStack() as stack:
        hooks = []
        if folder:
            monitor = stack.enter_context(RunMonitor(folder, model))
            resources = stack.enter_context(ResourceMonitor(monitor))
            record = stack.enter_context(RunRecord(folder, ["x"], {}, 7, "0", "x"))
            hooks = [monitor, resources, record, Progress(2, steps)]
            hooks.append(Diagnosis(model, cross_entropy, of_epoch, monitor))
        TrainingLoop(
            model,
            keras.optimizers.Adam(),
            cross_entropy,
            of_epoch,
            measures={"accuracy": accuracy},
            hooks=[SecondEpoch(), *hooks],
            checkpoint_dir=folder and folder / "checkpoints",
            log_every=10 if folder else 10**9,
            clip_norm=CLIP_NORM,
        ).run(2)


def run_fit(model, batches, steps, folder):
    """Trains two epochs in ``fit``; watched if there is a folder."""
    import keras

    class SecondEpoch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            ready()

        def on_epoch_end(self, epoch, logs=None):
            done()

    callbacks = []
    if folder:
        callbacks = [
            keras.callbacks.TensorBoard(folder, histogram_freq=1, update_freq=10),
            keras.callbacks.BackupAndRestore(folder / "backup", save_freq=200),
        ]
    model.compile(
        keras.optimizers.Adam(global_clipnorm=CLIP_NORM),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    verbose = 1 if folder else 0
    model.fit(batches(1).take(WARM_UP), verbose=verbose, callbacks=callbacks)
    callbacks = [SecondEpoch(), *callbacks]
    model.fit(batches(2).take(steps), verbose=verbose, callbacks=callbacks)


def run_rival(rival, name, steps):
    """Is one of the programs that take turns."""
    run = run_fit if rival.startswith("fit") else run_loop
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        watched = Path(folder) if rival.endswith("watched") else None
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            run(*MODELS[name](), steps, watched)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few steps: only a trial")
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    parser.add_argument("--model", choices=MODELS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps = dict.fromkeys(MODELS, 20) if options.quick else STEPS
    if options.rival:
        run_rival(options.rival, options.model, steps[options.model])
        return

    from benchmarks.paired import ratios, write

    rows = {}
    command = [sys.executable, "-m", "benchmarks.training_loop", *sys.argv[1:]]
    for name in MODELS:
        commands = {
            rival: [*command, "--model", name, "--rival", rival] for rival in RIVALS
        }
        speeds = {rival: [] for rival in RIVALS}
        for _ in range(options.rounds):
            seconds = alternate(commands)
            for rival in RIVALS:
                speeds[rival].append(steps[name] / seconds[rival])
        ours, fit, ours_watched, fit_watched = speeds.values()
        compared = {
            "bare": ratios(ours, fit),
            "watched": ratios(ours_watched, fit_watched),
            "ours watched, fit bare": ratios(ours_watched, fit),
        }
        rows[name] = {"steps_per_second": speeds, "ratios": compared}
        print(f"{name:24}" + "".join(f"{rival:>18}" for rival in RIVALS))
        medians = map(statistics.median, speeds.values())
        print(f"{'  steps/s':24}" + "".join(f"{median:18.1f}" for median in medians))
        for title, ratio in compared.items():
            print(
                f"  ratio, {title:24}{ratio['median']:6.2f}"
                f"   ({ratio['min']:.2f}, {ratio['max']:.2f})",
                flush=True,
            )
    if not options.quick:
        write("training_loop", {"rows": rows, "rounds": options.rounds})


if __name__ == "__main__":
    main()
