"""A run's story in TensorBoard's TEXT tab: what it is, what it will cost, how it ended.

Article: §7.2.2 (TensorBoard).

    about    at the start: the command, the data, the model, where to look first
    cost     after 20 steps: the pace, the minutes to come, the memory
    result   at the end: the final metrics beside the baselines and the kept record of
             such a run, and what the diagnosis found
"""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from roots_tf.trends.training_cost import computing_parameters, training_flops

PROBED = 20  # steps
RECORDED = Path(__file__).resolve().parents[2] / "tensorboard_logs" / "recorded"
_LOOK_FIRST = """
1. **CUSTOM SCALARS**: the curves in groups. Does *loss by epoch* fall in training and
   in validation? Where only training falls, the model learns by heart.
2. **TEXT**, tag *diagnosis*: what is wrong with the run, if anything was seen.
3. **IMAGES** and *samples* in **TEXT**: what the model makes of examples.
4. **HISTOGRAMS** and *update ratios*: a weight whose histogram never moves is dead.
5. **HPARAMS**: this run beside the others of the script.
"""


def about(
    command: Sequence[str],
    options: Mapping[str, object],
    data_hash: str,
    model: keras.Model | None = None,
) -> str:
    """Tells what a run is, in Markdown."""
    lines = [f"`{' '.join(command)}`", f"Data: `{data_hash}`"]
    if model is not None:
        lines.append(
            f"Model: {model.name}, {model.count_params():,} parameters, of which "
            f"{computing_parameters(model):,} compute and the others are looked up."
        )
    rows = [f"| {name} | {value} |" for name, value in options.items()]
    table = "\n".join(["| option | value |", "| --- | --- |", *rows])
    return "\n\n".join([*lines, "**What to look at first**", _LOOK_FIRST, table])


class CostProbe:
    """A hook that tells, once 20 steps are made, what the run will cost.

    The pace is that from the first logged step, in which functions are compiled, to
    the first one from the 20th on. A step of T tokens through N parameters takes about
    6 N T floating-point operations: 2 forward, 4 backward (the embedding tables, which
    are looked up, are not counted, nor are attention's products of tokens by tokens).

    Args:
        monitor: of the run.
        model: what is trained.
        epochs, steps: of the run, and of an epoch.
    """

    def __init__(self, monitor, model: keras.Model, epochs: int, steps: int):
        self._monitor, self._parameters = monitor, computing_parameters(model)
        self._epochs, self._steps = epochs, steps
        self._first: tuple[float, int, float] | None = None  # when, step, bytes
        self._last, self._tokens = 0.0, 0.0  # when; tokens since the first step

    def on_step(self, record) -> None:
        if self._parameters is None:
            return
        now = time.perf_counter()
        if self._first is None:
            self._first, self._last = (now, record.step, _memory()), now
            return
        self._tokens += record.tokens_per_second * (now - self._last)
        self._last = now
        began, first, memory_before = self._first
        steps = record.step - first
        if steps < PROBED - 1:
            return
        pace = steps / max(now - began, 1e-9)  # steps a second
        to_come = max(0, self._epochs * self._steps - record.step) / pace
        operations = training_flops(self._parameters, self._tokens / steps)
        grown = max(0.0, _memory() - memory_before) / 2**20
        text = (
            f"{pace:,.1f} steps/s: {_minutes(to_come)} to come for {self._epochs} "
            f"epochs of {self._steps:,} steps, validation not counted; about "
            f"{operations / 1e9:,.2f} GFLOP a step; {grown:,.0f} MB more memory than "
            "after the first step"
        )
        print(f"Cost: {text}.", flush=True)
        self._monitor.text("train", record.step, "cost", text)
        self._parameters = None

    def state(self) -> dict:
        """Gives nothing: a run that goes on is measured again."""
        return {}


def result(
    metrics: Mapping[str, float],
    findings: Sequence[str],
    script: str,
    data_name: str,
    compared: str,
) -> str:
    """Tells how a run ended, in Markdown.

    Args:
        metrics: the final ones, the baselines' among them.
        findings: lines of the diagnosis.
        script, data_name: of the run: kept records of the same are shown beside.
        compared: the metric that they are shown by.
    """
    rows = [f"| {name} | {value:.4f} |" for name, value in metrics.items()]
    parts = ["\n".join(["| final metric | value |", "| --- | --- |", *rows])]
    rivals = {
        name.removesuffix("_" + compared): value
        for name, value in metrics.items()
        if name.endswith("_" + compared) and not name.startswith("validation_")
    }
    if compared in metrics and rivals:
        sign = -1 if compared == "loss" else 1  # of a loss less is better
        best = max(rivals, key=lambda rival: sign * rivals[rival])
        ahead = sign * metrics[compared] > sign * rivals[best]
        parts.append(
            f"{compared} {metrics[compared]:.4f}: {'ahead' if ahead else 'not ahead'} "
            f"of {best.replace('_', ' ')}, {rivals[best]:.4f}."
        )
    for name, value, command in recorded(script, data_name, compared):
        parts.append(f"Kept record *{name}*: {compared} {value:.4f} by `{command}`.")
    parts.append("**Diagnosis**")
    parts.append("\n".join(f"* {line}" for line in findings) or "Nothing was found.")
    return "\n\n".join(parts)


def recorded(
    script: str, data_name: str, metric: str, folder: Path = RECORDED
) -> list[tuple[str, float, str]]:
    """Gives name, metric and command of the kept records of a script on some data."""
    found = []
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        words = record["command"].split()
        value = record["final_metrics"].get(metric)
        same = (
            f"roots_tf.train.{script}" in words and record["data"]["name"] == data_name
        )
        if same and isinstance(value, (int, float)):
            found.append((path.stem, value, record["command"]))
    return found


def _memory() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss)


def _minutes(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:,.0f} min"
