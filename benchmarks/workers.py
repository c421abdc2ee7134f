"""Throughput of one worker and of two: what sharing a batch costs on one machine.

``python -m benchmarks.workers [--rounds 3] [--quick]``

``roots_tf.train.gpt`` (2 layers, 256 wide, context 128, 32 texts a step, a part of the
docstrings) in one process on all cores, then with ``--strategy multi-worker`` in two
processes that share this machine's cores, in turns: tokens a second of all workers, the
median over the second epoch. Two machines would have twice the cores and a slower
network: what is seen here is the cost of splitting each batch and of adding up the
gradients.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "workers.json"
FLAGS = "--epochs 2 --vocab-size 2000 --batch-size 32 --context 128".split()
FLAGS += "--num-layers 2 --hidden-size 256 --sample-length 0".split()
FLAGS += "--name run --no-diagnosis".split()


def free_addresses(count: int) -> list[str]:
    """Gives addresses of this machine that nobody listens on."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return [f"127.0.0.1:{port}" for port in ports]


def write_text(path: Path) -> None:
    """Writes so much text that evaluating on its end takes no time."""
    from roots_tf.datasets.docstrings import docstring_corpus

    text = "\n".join(document.text for document in docstring_corpus())
    path.write_text(text[:300_000], encoding="utf-8")


def tokens_per_second(workers: int, batches: int, text: Path) -> float:
    """Trains once; gives the speed of all workers together."""
    from roots_tf.monitoring.event_log import read_scalars

    addresses = free_addresses(workers)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "roots_tf.train.gpt", *FLAGS]
        command += [f"--data={text}", f"--batches={batches}", f"--log-dir={folder}"]
        processes = []
        for index in range(workers):
            environment = dict(os.environ)
            if workers > 1:
                task = {"type": "worker", "index": index}
                config = {"cluster": {"worker": addresses}, "task": task}
                environment["TF_CONFIG"] = json.dumps(config)
            more = ["--strategy=multi-worker"] * (workers > 1)
            processes.append(
                subprocess.Popen(
                    [*command, *more], env=environment, stdout=subprocess.DEVNULL
                )
            )
        if any([process.wait() for process in processes]):
            sys.exit("training failed")
        scalars = read_scalars(Path(folder) / "gpt" / "run" / "train")
        points = scalars[".", "step/tokens_per_second"]
        return statistics.median(value for step, value in points if step > batches)


def main() -> None:
    """Trains in turns, prints a table and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a short round, no record")
    options = parser.parse_args()
    rounds, batches = (1, 20) if options.quick else (options.rounds, 60)
    speeds = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        write_text(text)
        for _ in range(rounds):
            for workers, found in speeds.items():
                found.append(tokens_per_second(workers, batches, text))
                print(f"workers: {workers}, tokens/s: {found[-1]:,.0f}", flush=True)
    ratios = [two / one for one, two in zip(*speeds.values(), strict=True)]
    median = statistics.median(ratios)
    print(f"two / one: {median:.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    if not options.quick:
        record = {
            "command": f"python -m benchmarks.workers --rounds {rounds}",
            "tokens_per_second": {str(key): value for key, value in speeds.items()},
            "ratio": median,
        }
        RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"written: {RESULTS.relative_to(RESULTS.parents[2])}")


if __name__ == "__main__":
    main()
