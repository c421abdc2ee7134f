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


def compare(
    name: str,
    rivals: list[str],
    cases: list[str],
    rounds: int,
    measured: list[str],
    more: list,
) -> None:
    """Compares rivals: of each case prints a table, and writes it unless it is a trial.

    Args:
        name: of a benchmark whose ``--rival R --cases C --seed N`` prints a dictionary
            of figures, and whose ``--rival text`` makes the case's text.
        rivals: one, or ours and the peer.
        cases: by name.
        rounds: seeds, from 1 on.
        measured: figures to give the ratio of; of others, scores, the range is given.
        more: arguments to pass on; with ``--quick`` among them nothing is written.
    """
    module, path = f"benchmarks.{name}", RESULTS / f"{name}.json"
    for case in cases:
        # First of all the text, in nobody's time.
        turns(module, ["text"], 1, "--cases", case, *more)
        values = {rival: [] for rival in rivals}
        for seed in range(1, rounds + 1):
            arguments = ("--cases", case, "--seed", seed, *more)
            for rival, ran in turns(module, rivals, 1, *arguments).items():
                values[rival] += ran
        figures = _table(case, values, measured)
        if "--quick" not in more and len(rivals) > 1:
            others = json.loads(path.read_text())["cases"] if path.exists() else {}
            write(name, {"cases": {**others, case: figures}, "rounds": rounds})


def _table(case, values, measured):
    """Prints the medians of a case, their ratio or range, and gives all of it."""
    ratio = f"{'ratio':>8}   (from, to)" if len(values) > 1 else ""
    print(f"\n{case:24}" + "".join(f"{rival:>12}" for rival in values) + ratio)
    figures = {}
    for figure in next(iter(values.values()))[0]:
        ran = {rival: [one[figure] for one in ones] for rival, ones in values.items()}
        figures[figure] = dict(ran)
        medians = map(statistics.median, ran.values())
        line = f"  {figure:22}" + "".join(f"{median:12,.4g}" for median in medians)
        if figure not in measured:
            ranges = (f"{min(one):.3g} to {max(one):.3g}" for one in ran.values())
            line += f"{'':8}   ({'; '.join(ranges)})"
        elif len(ran) == 2:
            ratio = figures[figure]["ratio"] = ratios(*ran.values())
            line += f"{ratio['median']:8.2f}   ({ratio['min']:.2f}, {ratio['max']:.2f})"
        print(line)
    return figures


def write(name: str, content: dict) -> None:
    """Writes ``results/<name>.json`` with the versions and the machine's size."""
    packages = {"tensorflow", "keras", "numpy", "torch", "gensim", "transformers"}
    installed = {found.name for found in metadata.distributions()} & packages
    versions = {package: metadata.version(package) for package in sorted(installed)}
    # Of a folder the last part: the rest says nothing on another machine.
    shown = (Path(part).name if "/" in part else part for part in sys.argv[1:])
    about = {
        "command": " ".join(["python", "-m", f"benchmarks.{name}", *shown]),
        "versions": {"python": platform.python_version(), **versions},
        "cpu_count": os.cpu_count(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps({**about, **content}, indent=1) + "\n")
    os.replace(temporary, path)
    print(f"written: benchmarks/results/{name}.json", flush=True)
