"""``python -m roots_tf.datasets``: list, verify and fetch data sets.

Article: §5.3.3 (模型训练, step 1).

Exit status: 0 done, 1 a file is missing, wrong or could not be had, 2 bad arguments.
"""

import argparse
import sys

from roots_tf.datasets import catalog


def main(arguments: list[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: command line; default ``sys.argv[1:]``.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m roots_tf.datasets",
        description=(
            "Lists the data sets, verifies their files, fetches them from their "
            f"source. Data folder: {catalog.data_folder()}; the environment variable "
            "ROOTS_TF_DATA names another."
        ),
    )
    commands = parser.add_subparsers(dest="command", metavar="{list,verify,fetch}")
    commands.add_parser("list", help="every set, and whether it is here (default)")
    verify = commands.add_parser("verify", help="compare the SHA-256 of local files")
    verify.add_argument("names", nargs="*", metavar="NAME", help="default: all present")
    fetch = commands.add_parser("fetch", help="download, verify and unpack")
    fetch.add_argument("names", nargs="+", metavar="NAME")
    options = parser.parse_args(arguments)
    try:
        data_sets = [catalog.find_set(name) for name in getattr(options, "names", ())]
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.command == "verify":
        return _verify(data_sets)
    if options.command == "fetch":
        return _fetch(data_sets)
    return _list()


def _list():
    folder = catalog.data_folder()
    rows = [("name", "language", "present", "task", "licence")]
    for data_set in catalog.CATALOG.values():
        present = catalog.edition(data_set, folder) or "no"
        rows.append(
            (
                data_set.name,
                data_set.language,
                present,
                data_set.task,
                data_set.licence,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


def _verify(data_sets):
    folder = catalog.data_folder()
    if not data_sets:
        data_sets = [
            data_set
            for data_set in catalog.CATALOG.values()
            if data_set.files and catalog.edition(data_set, folder)
        ]
        if not data_sets:
            print(f"error: expected a data set in {folder}, got none", file=sys.stderr)
            return 1
    status = 0
    for data_set in data_sets:
        try:
            problems = catalog.verify(data_set, folder)
        except OSError as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
            continue
        for path, problem in problems.items():
            print(f"{path}: {problem or 'ok'}")
            status = status or int(bool(problem))
        if not problems:
            print(f"{data_set.name}: comes with the project, nothing to verify")
    return status


def _fetch(data_sets):
    from roots_tf.datasets.fetch import fetch

    folder = catalog.data_folder()
    status = 0
    for data_set in data_sets:
        try:
            print(f"{data_set.name}: {fetch(data_set, folder)} edition in {folder}")
        except (OSError, ValueError) as error:
            print(f"error: {error}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
