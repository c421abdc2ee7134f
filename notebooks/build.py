"""Builds the notebooks: `source/NN_*.py` -> `NN_*.ipynb`, executed, with outputs.

    python notebooks/build.py               build every notebook
    python notebooks/build.py 05_2          those whose name contains 05_2
    python notebooks/build.py --check       execute sources and solutions, and tell
                                            which notebooks are out of step
    python notebooks/build.py --jobs 2      two at a time
    python notebooks/build.py --language zh     build zh/NN_*.ipynb from those built

How many seconds a notebook took is kept in `seconds.json`, which `minutes.py` reads.
The format of a source is told in `cells.py`. The Chinese edition has the same code
cells and their outputs; nothing is executed for it.

Cells run in this folder, as they do in Jupyter, in the interpreter that runs this
script; `roots_tf` is found without being installed. Building one source twice gives the
same bytes: ids count cells, and stderr, times, versions of the kernel, memory addresses
and the notes inside PNG files are dropped.

Exit status: 0 done, 1 a cell failed or a notebook is out of step, 2 no such notebook.
"""

import argparse
import base64
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from cells import BuildError, Cell, cells_of, in_chinese, in_step, to_notebook
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets import default

NOTEBOOKS = Path(__file__).resolve().parent
CELL_SECONDS = 300  # 120 are allowed on two free cores; two notebooks may share them
_ONE_AT_A_TIME = threading.Lock()


class ThisInterpreter(AsyncKernelManager):
    """Starts the kernel in the running interpreter, whatever Jupyter has registered."""

    @default("kernel_spec_manager")
    def _only_the_native_kernel(self):
        return KernelSpecManager(kernel_dirs=[])


def execute(source: Path, cells: list[Cell], folder: Path) -> nbformat.NotebookNode:
    """Runs the cells in `folder` and returns the notebook with their outputs.

    Raises:
        BuildError: A cell raised, ran too long or ended the kernel.
    """
    notebook = to_notebook(cells)
    reached = [0]
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        kernel_manager_class=ThisInterpreter,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
        on_cell_start=lambda cell, cell_index: reached.append(cell_index),
    )
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    paths = [str(NOTEBOOKS.parent), os.environ.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    environment["PYTHONHASHSEED"] = "0"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as settings:
        environment["IPYTHONDIR"] = settings
        try:
            client.execute(env=environment, **quiet)
        except (CellExecutionError, RuntimeError, TimeoutError) as error:
            raise BuildError(_blame(source, cells[reached[-1]], error)) from error
    return notebook


def _blame(source: Path, cell: Cell, error: Exception) -> str:
    if not isinstance(error, CellExecutionError):
        return f"{source}:{cell.line}: {str(error).strip().splitlines()[0]}"
    trace = re.sub(r"\x1b\[[0-9;]*m", "", error.traceback)
    within = re.search(r"Cell In\s?\[\d+\], line (\d+)", trace)
    offset = int(within[1]) - 1 if within else 0
    said = error.evalue or cell.text.splitlines()[offset].strip()
    return f"{source}:{cell.line + offset}: {error.ename}: {said}"


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Drops in place what differs between two runs of one source."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            for output in cell.outputs:
                _normalise_output(output)


def _normalise_output(output: nbformat.NotebookNode) -> None:
    if output.output_type == "stream":
        output.text = _without_addresses(output.text)
    data = output.get("data", {})
    for kind, content in data.items():
        if kind == "image/png":
            image = _without_notes(base64.b64decode(content))
            data[kind] = base64.b64encode(image).decode("ascii")
        elif isinstance(content, str):
            data[kind] = _without_addresses(content)


def _without_addresses(text: str) -> str:
    return re.sub(r"\bat 0x[0-9a-fA-F]+", "at 0x0", text)


def _without_notes(png: bytes) -> bytes:
    """A PNG file without its text and time chunks (matplotlib writes its version)."""
    kept, position = [png[:8]], 8
    while position < len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        chunk = png[position : position + 12 + length]
        if kind not in (b"tEXt", b"zTXt", b"iTXt", b"tIME"):
            kept.append(chunk)
        position += len(chunk)
    return b"".join(kept)


def write(notebook: nbformat.NotebookNode, target: Path) -> None:
    """Writes the notebook whole, or not at all."""
    nbformat.validate(notebook)
    partial = target.with_name(target.name + ".partial")
    try:
        partial.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def translated(source: Path, folder: Path, check: bool) -> None:
    """Builds or checks the Chinese edition of one source.

    Raises:
        BuildError: The source is malformed, its notebook not built or not in step or,
            when checking, the Chinese edition is not what would be built.
    """
    notebook = in_chinese(source, cells_of(source), folder)
    target = folder / "zh" / f"{source.stem}.ipynb"
    if not check:
        target.parent.mkdir(exist_ok=True)
        write(notebook, target)
    elif not target.exists() or nbformat.read(target, as_version=4) != notebook:
        raise BuildError(f"{target}: out of step: build it again with --language zh")


def process(source: Path, folder: Path, check: bool) -> None:
    """Builds or checks one source.

    Raises:
        BuildError: The source is malformed, a cell failed or, when checking, the built
            notebook is out of step.
    """
    start = time.monotonic()
    cells = cells_of(source)
    notebook = execute(source, cells, folder)
    seconds = round(time.monotonic() - start)
    built = folder / f"{source.stem}.ipynb"
    if not check:
        normalise(notebook)
        write(notebook, built)
        keep_seconds(source.stem, seconds, folder / "seconds.json")
    elif source.parent.name == "source" and not in_step(cells, built):
        raise BuildError(f"{built}: out of step with its source: build it again")
    print(f"{source.relative_to(folder)}: done in {seconds} s", flush=True)


def keep_seconds(name: str, seconds: int, path: Path) -> None:
    """Keeps in a JSON file how long a notebook took; the file appears whole."""
    with _ONE_AT_A_TIME:
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        kept[name] = seconds
        partial = path.with_name(path.name + ".partial")
        text = json.dumps(kept, indent=1, sort_keys=True) + "\n"
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)


def failure_of(source: Path, folder: Path, language: str, check: bool) -> str:
    """Builds or checks one source; gives what failed, or nothing."""
    try:
        if language == "en":
            process(source, folder, check)
        if language == "zh" or check and source.parent.name == "source":
            translated(source, folder, check)
    except BuildError as error:
        return str(error)
    return ""


def main(arguments: list[str] | None = None, folder: Path = NOTEBOOKS) -> int:
    """Builds or checks what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(description="Builds or checks the notebooks.")
    parser.add_argument(
        "names", nargs="*", help="parts of names; default: every notebook"
    )
    parser.add_argument(
        "--check", action="store_true", help="execute and compare, write nothing"
    )
    parser.add_argument("--jobs", type=int, default=1, help="notebooks at a time")
    parser.add_argument(
        "--language", choices=["en", "zh"], default="en", help="of what is built"
    )
    options = parser.parse_args(arguments)
    sources = sorted(folder.glob("source/*.py"))
    known = {source.stem for source in sources}
    built = [*folder.glob("*.ipynb"), *folder.glob("zh/*.ipynb")]
    orphans = [path for path in sorted(built) if path.stem not in known]
    if options.check and options.language == "en":
        sources += sorted(folder.glob("solutions/*.py"))
    for name in options.names:
        if not any(name in source.stem for source in sources):
            there = ", ".join(sorted(known)) or "there are none"
            print(f"no notebook's name has {name!r} in it: {there}", file=sys.stderr)
            return 2
    if options.names:
        orphans = []
        sources = [s for s in sources if any(n in s.stem for n in options.names)]
    failures = [f"{orphan}: has no source" for orphan in orphans if options.check]
    with ThreadPoolExecutor(options.jobs) as pool:  # each kernel is a process
        found = pool.map(
            lambda s: failure_of(s, folder, options.language, options.check), sources
        )
        failures += filter(None, found)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{len(sources)} sources, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
