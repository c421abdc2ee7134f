"""The runs under a log folder, as their `run.json` tell them.

Article: §7.2.2 (TensorBoard), which shows curves and no list of what ran.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RECORD = "run.json"
STATES = ("finished", "running", "stopped", "interrupted", "failed")
SILENT = 600  # seconds without a word after which a run counts as stopped
# Of several final metrics the first of these stands for the run.
_FOREMOST = (
    *("accuracy", "f1", "exact_match", "mrr", "chrf", "rougeL", "recall_at_1"),
    *("perplexity", "loss"),
)


@dataclass(frozen=True)
class RunSummary:
    """A run.

    Attributes:
        folder: of the run; of a kept record its ``.json`` file.
        name: of it under the log folder, "script/name".
        record: what ``run.json`` holds.
        state: one of `STATES`; "stopped" is a run that says it is running but has
            written nothing for `SILENT` seconds: it was killed.
    """

    folder: Path
    name: str
    record: dict
    state: str

    @property
    def metric(self) -> tuple[str, float] | None:
        """The final metric that stands for the run, or None if there is none."""
        numbers = {
            name: value
            for name, value in self.record["final_metrics"].items()
            if isinstance(value, (int, float))
        }
        for name in (*_FOREMOST, *numbers):
            if name in numbers:
                return name, numbers[name]
        return None


def find_runs(log_dir: Path) -> list[RunSummary]:
    """Gives the runs of a log folder by name, its ``recorded/*.json`` among them.

    Raises:
        ValueError: a record is damaged.
        FileNotFoundError: there is no such folder.
    """
    if not log_dir.is_dir():
        raise FileNotFoundError(f"{log_dir}: expected a folder of runs, got none")
    paths = [*log_dir.glob(f"*/*/{RECORD}"), *log_dir.glob(f"*/{RECORD}")]
    paths += log_dir.glob("recorded/*.json")
    return sorted((read_run(path, log_dir) for path in paths), key=lambda run: run.name)


def read_run(path: Path, log_dir: Path) -> RunSummary:
    """Reads one record.

    Args:
        path: of ``run.json``, or of a kept record.
        log_dir: that the run's name begins after.

    Raises:
        ValueError: it is damaged.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        known = {"status", "command", "options", "data", "started", "final_metrics"}
        if missing := known - set(record):
            raise ValueError(f"no {', '.join(sorted(missing))}")
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: expected the record of a run: {error}") from None
    folder = path.parent if path.name == RECORD else path
    state = record["status"]
    if state == "running" and time.time() - _last_written(folder) > SILENT:
        state = "stopped"
    name = folder.relative_to(log_dir).as_posix().removesuffix(".json")
    return RunSummary(folder, name, record, state)


def choose_run(runs: Sequence[RunSummary], name: str) -> RunSummary:
    """Finds a run by its name, or by the end of it where that is enough.

    Raises:
        ValueError: there is none, or more than one.
    """
    exact = [run for run in runs if run.name == name]
    found = exact or [run for run in runs if run.name.endswith("/" + name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(run.name for run in found or runs) or "none"
    raise ValueError(f"expected the name of one run, got {name!r}; there are: {names}")


def differences(first: dict, second: dict) -> dict[str, tuple]:
    """Gives what two dictionaries differ in: name -> both values, None for a lack."""
    names = dict.fromkeys([*first, *second])
    pairs = {name: (first.get(name), second.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _last_written(folder: Path) -> float:
    paths = [folder, *folder.rglob("*")] if folder.is_dir() else [folder]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)
