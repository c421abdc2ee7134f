"""What watching a run costs: everything on, against ``--no-monitoring``.

``python -m benchmarks.monitoring [--rounds 5] [--quick]``

The section-5 model at the article's sizes on docstrings, in batches by length, with the
hooks of a training script: on one side all of them (TensorBoard every 10 steps with
histograms, resources, diagnosis, cost), on the other those of ``--no-monitoring`` (the
record and the progress on the terminal). Both save a checkpoint every 200 steps. What
is timed is the second epoch of 240 steps; the two take turns of half a second
(`alternating.py`), and the ratio is that of one round.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from benchmarks.alternating import alternate, done, ready

RIVALS = ("everything on", "--no-monitoring")
WARM_UP, STEPS = 40, 240


def run_rival(rival: str, steps: int) -> None:
    """Is one of the two programs that take turns."""
    from benchmarks.training_loop import section_5
    from roots_tf.optimization import losses
    from roots_tf.train.classifier import ClassifierOptions
    from roots_tf.train.monitored_run import monitored
    from roots_tf.train.run import Run

    def batches(epoch):
        if epoch == 2:
            ready()
        return of_epoch(epoch).take(WARM_UP if epoch == 1 else steps)

    def validate(epoch, step):
        if epoch == 2:
            done()
        return {"accuracy": 0.0}

    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            import keras
            import tensorflow as tf

            model, of_epoch = section_5()
            options = ClassifierOptions(epochs=2, monitoring=rival == RIVALS[0])
            run = Run(Path(folder), resumed=False)
            data = SimpleNamespace(name="docstrings", content_hash="0")
            words = ["python", "-m", "roots_tf.train.classifier"]
            with monitored(
                run, options, words, model, data, steps, "accuracy"
            ) as watched:
                watched.train(
                    model,
                    keras.optimizers.Adam(),
                    losses.cross_entropy,
                    losses.accuracy,
                    batches,
                    validate,
                    tf.distribute.get_strategy(),
                )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few steps: only a trial")
    parser.add_argument("--rival", choices=RIVALS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps = 20 if options.quick else STEPS
    if options.rival:
        run_rival(options.rival, steps)
        return

    from benchmarks.paired import ratios, write

    command = [sys.executable, "-m", "benchmarks.monitoring", *sys.argv[1:]]
    speeds = {rival: [] for rival in RIVALS}
    for _ in range(options.rounds):
        commands = {rival: [*command, f"--rival={rival}"] for rival in RIVALS}
        seconds = alternate(commands)
        for rival in RIVALS:
            speeds[rival].append(steps / seconds[rival])
    for rival, found in speeds.items():
        print(f"{rival:20}{statistics.median(found):8.1f} steps/s")
    ratio = ratios(*speeds.values())
    print(
        f"ratio {ratio['median']:.3f} ({ratio['min']:.3f} to {ratio['max']:.3f}): "
        f"watching costs {1 - ratio['median']:.1%}"
    )
    if not options.quick:
        rows = {"steps_per_second": speeds, "ratio": ratio}
        write("monitoring", {"rows": rows, "rounds": options.rounds})


if __name__ == "__main__":
    main()
