"""Event files: their sizes at a checkpoint, cutting back to them, reading scalars.

A killed run has logged steps after its last checkpoint. When it goes on from that
checkpoint it logs those steps again, so the curve would hold them twice. Each
checkpoint therefore keeps the sizes of the event files, and a resumed run first
cuts them back.

Article: §7.2.2 (TensorBoard).
Source: TensorFlow, "TFRecords format details": a record is its length (uint64,
little-endian), a checksum of the length (4 bytes), the data and a checksum of the
data (4 bytes).
"""

import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

_EVENT_FILES = "*tfevents*"
_SECOND = re.compile(r"tfevents\.(\d+)")
_RECORD_OVERHEAD = 8 + 4 + 4  # bytes: length, checksum of it, checksum of the data


def event_file_sizes(folder: Path) -> dict[str, int]:
    """Return the size of every event file below a folder.

    Args:
        folder: A run folder whose writers have been flushed.

    Returns:
        Path relative to `folder` (with forward slashes) -> bytes.
    """
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob(_EVENT_FILES))
    }


def truncate_event_files(folder: Path, sizes: Mapping[str, int]) -> None:
    """Cut the event files of a folder back to earlier sizes; delete later files.

    Every file is checked before the first one is changed.

    Args:
        folder: A run folder that no writer has open.
        sizes: What `event_file_sizes` returned.

    Raises:
        ValueError: If a file is missing or shorter than it was, or if a size lies
            in the middle of a record.
    """
    present = event_file_sizes(folder)
    for name, size in sizes.items():
        if present.get(name, -1) < size:
            found = f"{present[name]} bytes" if name in present else "no such file"
            raise ValueError(
                f"expected event file {name} of at least {size} bytes, as it was at "
                f"the checkpoint, found {found}"
            )
        if not _ends_a_record(folder / name, size):
            raise ValueError(
                f"expected a record of event file {name} to end at byte {size}: "
                "the file is not the one that the checkpoint describes"
            )
    for name, size in sizes.items():
        os.truncate(folder / name, size)
    for name in present.keys() - sizes.keys():
        (folder / name).unlink()
    _wait_for_a_later_name(sizes)


def read_scalars(log_dir: Path | str) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Read every scalar below a folder, without TensorBoard's down-sampling.

    Args:
        log_dir: A run folder or any folder above it.

    Returns:
        (run, tag) -> the (step, value) pairs in the order they were written. The run
        is a folder relative to `log_dir`, "." for itself.
    """
    log_dir = Path(log_dir)
    scalars = {}
    for folder in sorted({path.parent for path in log_dir.rglob(_EVENT_FILES)}):
        events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
        run = folder.relative_to(log_dir).as_posix()
        for tag in events.Tags()["tensors"]:  # TF 2 scalars are rank-0 tensors
            if events.SummaryMetadata(tag).plugin_data.plugin_name == "scalars":
                scalars[run, tag] = [
                    (event.step, tf.make_ndarray(event.tensor_proto).item())
                    for event in events.Tensors(tag)
                ]
    return scalars


def _wait_for_a_later_name(names: Iterable[str]) -> None:
    """Let the second pass in which the last file was made, if it is this one.

    TensorBoard reads files in the order of their names, which begin with the second
    they were made in: a curve that goes on within that second would be read last
    part first.
    """
    seconds = [int(match[1]) for match in map(_SECOND.search, names) if match]
    wait = max(seconds, default=0) + 1 - time.time()
    if 0 < wait <= 1:
        time.sleep(wait)


def _ends_a_record(path: Path, size: int) -> bool:
    end = 0
    with path.open("rb") as file:
        while end < size:
            file.seek(end)
            end += int.from_bytes(file.read(8), "little") + _RECORD_OVERHEAD
    return end == size
