"""`run.json`: what ran, on what, how it went; small enough to be kept in the project.

Article: §7.2.2.
"""

import json
import math
import os
import platform
import re
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from importlib import metadata
from numbers import Integral, Real
from pathlib import Path, PurePath

import tensorflow as tf

_PACKAGES = ("tensorflow", "tensorflow-text", "keras", "tensorboard", "numpy", "jieba")
# A path from the root, also behind "--option=" or a quote; not "a/b", not "https://".
_ABSOLUTE_PATH = re.compile(r"(?<![^\s='\"(\[,])(?:~?/|[A-Za-z]:[\\/])[^\s'\"),\]:]+")


class RunRecord:
    """Keeps `run.json` of a run folder: whole at every moment, never half-written.

    A hook of the training loop (`on_epoch_end` adds a point to the curve) and a
    context manager: leaving it by an exception makes the status "failed", by Ctrl-C
    "interrupted". The record names no machine, and of an absolute path only its last
    part, so that it can be published as it is. A number that is not finite is
    written as null.

    Args:
        folder: The run folder; made if it does not exist.
        command: The words of the command, e.g. ["python", "-m", "roots_tf.train..."].
        options: Option name -> value.
        seed: The seed of the run.
        data_hash: Content hash of the data, hexadecimal.
        data_name: Name of the data.

    Raises:
        OSError: If the folder cannot be made or written to.
        ValueError: If `command` is one text instead of its words.
    """

    def __init__(
        self,
        folder: Path | str,
        command: Sequence[str],
        options: Mapping[str, object],
        seed: int,
        data_hash: str,
        data_name: str,
    ):
        if isinstance(command, str):
            raise ValueError(
                f"expected the command as a list of words, got {command!r}"
            )
        self.path = Path(folder) / "run.json"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._earlier_seconds = 0.0  # of the processes that this run goes on from
        self._start = time.monotonic()
        self._record = {
            "status": "running",
            "command": shlex.join([_plain(word) for word in command]),
            "options": dict(options),
            "seed": seed,
            "data": {"name": data_name, "hash": data_hash},
            "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "revision": _revision(),
            "versions": _versions(),
            "platform": _platform(),
            "wall_seconds": 0.0,
            "curve": [],
            "final_metrics": {},
        }
        self._write()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            interrupted = issubclass(kind, KeyboardInterrupt)
            self._record["error"] = " ".join(f"{kind.__name__}: {error}".split())
            self._finish("interrupted" if interrupted else "failed")

    def on_step(self, record) -> None:
        """Do nothing: the curve has one point per epoch."""

    def on_epoch_end(self, record) -> None:
        """Add an epoch to the curve; `record` is the training loop's."""
        names = ("epoch", "step", "train", "validation", "seconds")
        self._record["curve"].append({name: getattr(record, name) for name in names})
        self._write()

    def state(self) -> dict:
        """Return the curve and the time spent so far, for a checkpoint."""
        return {
            "curve": _plain(self._record["curve"]),
            "wall_seconds": self._wall_seconds(),
        }

    def restore(self, state: dict) -> None:
        """Go on from the curve and the time of a checkpoint."""
        self._record["curve"] = list(state["curve"])
        self._earlier_seconds = state["wall_seconds"]
        self._write()

    def finish(self, final_metrics: Mapping[str, object]) -> None:
        """Write the final metrics, as a rule numbers, and the status "finished"."""
        self._record["final_metrics"] = dict(final_metrics)
        self._finish("finished")

    def _finish(self, status: str) -> None:
        self._record["status"] = status
        self._write()

    def _wall_seconds(self) -> float:
        return self._earlier_seconds + time.monotonic() - self._start

    def _write(self) -> None:
        self._record["wall_seconds"] = round(self._wall_seconds(), 3)
        text = json.dumps(
            _plain(self._record), ensure_ascii=False, indent=1, allow_nan=False
        )
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        temporary.write_text(text + "\n", encoding="utf-8")
        os.replace(temporary, self.path)


def _plain(value):
    """Return a value as JSON holds it, without absolute paths."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if PurePath(str(value)).is_absolute():  # may hold spaces
        return PurePath(str(value)).name
    return _ABSOLUTE_PATH.sub(_last_part, str(value))


def _last_part(path: re.Match) -> str:
    return re.split(r"[\\/]", path.group().rstrip("\\/"))[-1]


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _revision() -> str | None:
    """Give the commit that this code is of, with a + if it was changed since."""
    project = Path(__file__).resolve().parents[2]
    if not (project / ".git").exists():
        return None
    git = ["git", "-C", str(project)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        )
        changed = subprocess.run(
            [*git, "diff", "--quiet", "HEAD", "--", "roots_tf"], capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):  # no git, or no commit yet
        return None
    return commit.stdout.strip() + ("+" if changed.returncode else "")


def _platform() -> dict[str, object]:
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "gpus": [detail.get("device_name", "unknown") for detail in details],
    }
