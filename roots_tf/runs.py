"""All runs in a table; two of them compared; one as a report; old ones removed.

    python -m roots_tf.runs                       the table
    python -m roots_tf.runs compare A B           what differs, and is B better?
    python -m roots_tf.runs export A              one HTML file with its charts
    python -m roots_tf.runs clean                 runs that did not finish

A run is named by its folder under --log-dir, such as classifier/imdb-bilstm; the last
part is enough where it is the only one.

Article: §7.2.2 (TensorBoard).
"""

import argparse
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from roots_tf.monitoring import run_table
from roots_tf.train.exits import bad_input_ends_the_program
from roots_tf.train.flags import OneLineParser

ACTIONS = ("list", "compare", "export", "clean")
_UNFINISHED = "failed,interrupted,stopped"


def main(arguments: Sequence[str] | None = None) -> None:
    """Does what the first word says."""
    options = _parser().parse_args(arguments)
    with bad_input_ends_the_program():
        runs = run_table.find_runs(options.log_dir)
        if options.action == "list":
            _list(runs)
        elif options.action == "compare":
            _compare(*(run_table.choose_run(runs, name) for name in options.run))
        elif options.action == "export":
            _export(run_table.choose_run(runs, options.run[0]), options.to)
        else:
            _clean(runs, options)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m roots_tf.runs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--log-dir", type=Path, default=Path("tensorboard_logs"))
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    actions.add_parser("list", help="the table (default)")
    compare = actions.add_parser("compare", help="what two runs differ in")
    compare.add_argument("run", nargs=2)
    export = actions.add_parser("export", help="a report of one run")
    export.add_argument("run", nargs=1)
    export.add_argument("--to", type=Path, help="the file; default RUN.html")
    clean = actions.add_parser("clean", help="remove runs")
    clean.add_argument(
        "--state",
        default=_UNFINISHED,
        help=f"which ones, of {', '.join(run_table.STATES)} (default {_UNFINISHED})",
    )
    clean.add_argument(
        "--older-than", type=float, default=0.0, metavar="DAYS", help="only older ones"
    )
    clean.add_argument(
        "--yes", action="store_true", help="remove them; without it they are listed"
    )
    parser.set_defaults(action="list")
    return parser


def _list(runs: Sequence[run_table.RunSummary]) -> None:
    head = ("run", "data", "metric", "seconds", "revision", "state")
    rows = []
    for run in runs:
        record, metric = run.record, run.metric
        rows.append(
            (
                run.name,
                str(record["data"]["name"]),
                "" if metric is None else f"{metric[0]} {metric[1]:.4f}",
                f"{record.get('wall_seconds', 0):,.0f}",
                record.get("revision", ""),
                run.state,
            )
        )
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _compare(first: run_table.RunSummary, second: run_table.RunSummary) -> None:
    from roots_tf.evaluation.significance import compare
    from roots_tf.monitoring.example_scores import read_example_scores

    print(f"{'':30}{first.name}  |  {second.name}")
    for title, values in (
        ("", [{"state": one.state, **one.record["data"]} for one in (first, second)]),
        ("option", [one.record["options"] for one in (first, second)]),
        ("result", [one.record["final_metrics"] for one in (first, second)]),
    ):
        for name, pair in run_table.differences(*values).items():
            shown = (f"{x:.4f}" if isinstance(x, float) else f"{x!s:.40}" for x in pair)
            print(f"{f'{title} {name}'.strip():30}{'  |  '.join(shown)}")
    kept = [read_example_scores(one.folder) for one in (first, second)]
    lacking = [
        one.name for one, its in zip((first, second), kept, strict=True) if its is None
    ]
    if lacking:
        print(f"No interval: no scores of single examples in {', '.join(lacking)}.")
        return
    a, b = kept
    if (a.metric, a.examples) != (b.metric, b.examples):
        print("No interval: the two were scored by another metric or on other texts.")
        return
    found = compare(
        a.scores, b.scores, a.scores, lambda _, scores: float(scores.mean()),
        names=(second.name, first.name),
    )  # fmt: skip
    print(f"{a.metric} of {len(a.scores):,} test examples: {found}")


def _export(run: run_table.RunSummary, path: Path | None) -> None:
    from roots_tf.monitoring.run_report import write_report

    path = path or Path(run.name.replace("/", "-") + ".html")
    folder = run.folder if run.folder.is_dir() else None
    text = write_report(run.name, run.record, folder)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    print(path)


def _clean(runs: Sequence[run_table.RunSummary], options: argparse.Namespace) -> None:
    states = options.state.split(",")
    if unknown := sorted(set(states) - set(run_table.STATES)):
        raise ValueError(
            f"--state: expected some of {', '.join(run_table.STATES)}, "
            f"got {unknown[0]!r}"
        )
    if options.older_than < 0:
        raise ValueError(f"--older-than: expected 0 or more, got {options.older_than}")
    latest = time.time() - 86_400 * options.older_than
    chosen = [
        run
        for run in runs
        if run.state in states
        and run.folder.is_dir()  # a kept record is no run to clean
        and run.folder.stat().st_mtime <= latest
    ]
    for run in chosen:
        if options.yes:
            shutil.rmtree(run.folder)
        print(
            f"{'removed' if options.yes else 'would remove'} {run.name} ({run.state})"
        )
    if not chosen:
        print(f"No run is {' or '.join(states)}.")
    elif not options.yes:
        print("Nothing is removed yet: add --yes.")


if __name__ == "__main__":
    main()
