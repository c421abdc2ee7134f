"""Runs rival programs turn by turn and sums up their times."""

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def turns(module: str, rivals: list[str], rounds: int, *arguments) -> dict[str, list]:
    """Runs ``python -m module --rival NAME …`` for each rival, ``rounds`` times.

    Each run prints one JSON value as its last line.

    Returns:
        By rival, the values of its runs in order.
    """
    values = {rival: [] for rival in rivals}
    for turn in range(rounds):
        for rival in rivals:
            command = [sys.executable, "-m", module, "--rival", rival, *arguments]
            environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
            done = subprocess.run(
                list(map(str, command)),
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
            if done.returncode:
                sys.exit(f"{rival} failed:\n{done.stderr[-2000:]}")
            values[rival].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"round {turn + 1}: {rival} {values[rival][-1]}", file=sys.stderr)
    return values


def ratios(ours: list[float], peer: list[float]) -> dict[str, float]:
    """Gives the median, smallest and largest of ours / peer, pair by pair."""
    pairs = [a / b for a, b in zip(ours, peer, strict=True)]
    return {"median": statistics.median(pairs), "min": min(pairs), "max": max(pairs)}


def write(name: str, content: dict) -> None:
    """Writes ``results/<name>.json`` with the versions and the machine's size."""
    packages = {"tensorflow", "keras", "numpy", "torch", "gensim", "numba"}
    installed = {found.name for found in metadata.distributions()} & packages
    versions = {package: metadata.version(package) for package in sorted(installed)}
    about = {
        "command": " ".join(["python", "-m", f"benchmarks.{name}", *sys.argv[1:]]),
        "versions": {"python": platform.python_version(), **versions},
        "cpu_count": os.cpu_count(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({**about, **content}, indent=1) + "\n")
    os.replace(temporary, path)
    print(f"written: benchmarks/results/{name}.json")
