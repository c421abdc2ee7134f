"""What saves memory in training, and what it costs: beside the plain step.

``python -m benchmarks.memory_savers [--steps 5] [--quick]``

A GPT (8 layers, 256 wide, T = 256, V = 4,000, 16 texts a step, AdamW) on random tokens,
with the project's training step; each case in a process of its own: plain; with
`--recompute`; with `--accumulate 4` (4 texts at a time); with both; with `--xla`; with
`--precision mixed_bfloat16` and `mixed_float16` (loss scaling). Peak memory is the most
that the process held (resident set), less what it held before the first step; and how
far loss and weights are from the plain ones after the steps. In half precision a
processor is faster only if it has such instructions.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results" / "memory_savers.json"
CASES = {
    "plain": {},
    "recompute": {"recompute": True},
    "accumulate 4": {"parts": 4},
    "recompute, accumulate 4": {"recompute": True, "parts": 4},
    "XLA": {"xla": True},
    "XLA, recompute": {"xla": True, "recompute": True},
    "mixed_bfloat16": {"policy": "mixed_bfloat16"},
    "mixed_float16": {"policy": "mixed_float16"},
}
BATCH, LENGTH, VOCABULARY = 16, 256, 4_000


def megabytes() -> float:
    """The most that this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def run_case(case: str, steps: int, weights: Path) -> dict:
    """Makes the steps of one case; writes the weights that come out."""
    import keras

    from roots_tf.models.gpt import Gpt, GptConfig
    from roots_tf.optimization.losses import cross_entropy
    from roots_tf.optimization.training_step import TrainingStep

    how = {"recompute": False, "parts": 1, "policy": "float32", "xla": False}
    how |= CASES[case]
    keras.utils.set_random_seed(0)
    keras.mixed_precision.set_dtype_policy(how["policy"])
    model = Gpt(
        GptConfig(VOCABULARY, LENGTH, 256, num_layers=8, num_heads=8, dropout=0.0),
        recompute=how["recompute"],
    )
    model.build()
    optimizer = keras.optimizers.AdamW(1e-4)
    if how["policy"] == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    import tensorflow as tf

    step = TrainingStep(
        model,
        optimizer,
        {"loss": cross_entropy},
        clip_norm=1.0,
        strategy=tf.distribute.get_strategy(),
        accumulates=how["parts"] > 1,
        jit_compile=how["xla"],
    )
    rng = np.random.default_rng(0)
    token_ids = rng.integers(1, VOCABULARY, (BATCH, LENGTH + 1), dtype=np.int32)
    *first, last = [
        (tf.constant(part[:, :-1]), tf.constant(part[:, 1:]))
        for part in np.split(token_ids, how["parts"])
    ]
    before, seconds, losses = megabytes(), [], []
    for _ in range(steps):
        start, totals = time.perf_counter(), step.totals.numpy()
        for part in first:
            step.add(part)
        step(last, with_changes=False)
        losses.append(step.means(step.totals.numpy() - totals)["loss"])
        seconds.append(time.perf_counter() - start)
    np.savez(weights, *[keras.ops.convert_to_numpy(w) for w in model.weights])
    return {
        "memory (MB)": megabytes() - before,
        "s a step": float(np.median(seconds[1:])),
        "losses": losses,
    }


def distance(path: Path, other: Path) -> float:
    """Gives ||a - b|| / ||b|| of two models' weights."""
    with np.load(path) as ours, np.load(other) as theirs:
        change = sum(((ours[k] - theirs[k]) ** 2).sum() for k in theirs)
        return float(np.sqrt(change / sum((theirs[k] ** 2).sum() for k in theirs)))


def main() -> None:
    """Measures every case, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="two steps, no record")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    steps = 2 if options.quick else options.steps
    if options.case:
        print(json.dumps(run_case(options.case, steps, options.weights)))
        return
    record = {"command": f"python -m benchmarks.memory_savers --steps {steps}"}
    record["cases"] = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            weights = Path(folder) / f"{case}.npz"
            program = [sys.executable, "-m", "benchmarks.memory_savers"]
            program += [f"--steps={steps}", f"--case={case}", f"--weights={weights}"]
            ran = subprocess.run(program, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(ran.stdout.splitlines()[-1])
            found["distance"] = distance(weights, Path(folder) / "plain.npz")
            record["cases"][case] = found
            print(
                f"{case:24} {found['memory (MB)']:7,.0f} MB {found['s a step']:6.2f} s"
                f"  loss {found['losses'][-1]:.6f}  weights {found['distance']:.1e}",
                flush=True,
            )
    if not options.quick:
        RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"written: {RESULTS.relative_to(RESULTS.parents[2])}")


if __name__ == "__main__":
    main()
