"""What a profiler's trace says in six lines: what costs most, and how long it waits.

Article: §7.2.2 (debugging and performance analysis tools).
Source: the trace's format: XSpace (openxla/xla, xplane.proto): planes (a host, a
    device) of lines (a thread, a stream) of events, in picoseconds.
"""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# On a host, "name of the operation:its kind", as in "adam/mul_1:Mul".
_OPERATION = re.compile(r"[^:]+:_?([A-Za-z]\w*)")
# Whose time is that of the operations within.
_CONTAINERS = {"While", "If", "Case", "PartitionedCall", "StatefulPartitionedCall"}
_WAITING = "IteratorGetNextOp::DoCompute"
# Of a loop that makes its own input: a thread's piece of work, and the input for it.
_MARKS = {"piece", "input"}
_PICOSECONDS = 1e12


@dataclass(frozen=True)
class TraceSummary:
    """What happened while the trace was taken.

    Attributes:
        seconds: that it took.
        waiting: share of it in which a step waited for its batch, in [0, 1].
        making_input: of loops that make their input themselves (word2vec, GloVe) the
            share of their threads' time that it took, in [0, 1]; None for others.
        operations: (kind, seconds, times) of the most costly kinds of operation, the
            most costly first. Those of several threads at once may add up to more
            than ``seconds``. A GPU's are its kernels.
    """

    seconds: float
    waiting: float
    making_input: float | None
    operations: tuple[tuple[str, float, int], ...]

    def __str__(self) -> str:
        lines = [
            f"{self.seconds:.2f} s traced, {self.waiting:.0%} of it waiting for input."
        ]
        if self.making_input is not None:
            lines = [
                f"{self.seconds:.2f} s traced; of the threads' time "
                f"{self.making_input:.0%} went into making the input."
            ]
        elif self.waiting > 0.05:
            lines[0] += " The input is the bottleneck: give its map() more threads."
        for kind, seconds, times in self.operations:
            lines.append(f"  {kind:32}{1_000 * seconds:10.1f} ms in {times:,} calls")
        return "\n".join(lines)


def summarize_trace(folder: Path, most: int = 5) -> TraceSummary:
    """Reads the newest trace under a folder.

    Args:
        folder: that the profiler wrote to.
        most: kinds of operation to name.

    Raises:
        FileNotFoundError: there is no trace.
        ValueError: it is damaged, or holds no event.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    paths = sorted(folder.glob("plugins/profile/*/*.xplane.pb"))
    if not paths:
        raise FileNotFoundError(f"{folder}: expected a trace, got none")
    space = xplane_pb2.XSpace()
    try:
        space.ParseFromString(paths[-1].read_bytes())
    except DecodeError as error:
        raise ValueError(f"{paths[-1]}: cannot be read: {error}") from None
    seconds, times = Counter(), Counter()
    first, last, waiting = float("inf"), 0, 0
    marked = Counter()  # picoseconds between our own marks
    for plane in space.planes:
        on_device = plane.name.startswith("/device:")
        for line in plane.lines:
            begin = line.timestamp_ns * 1_000
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                first = min(first, begin + event.offset_ps)
                last = max(last, begin + event.offset_ps + event.duration_ps)
                if name == _WAITING:
                    waiting += event.duration_ps
                if name in _MARKS:
                    marked[name] += event.duration_ps
                computes = on_device or line.name.startswith("tf_Compute")
                if kind := computes and _kind(name, on_device):
                    seconds[kind] += event.duration_ps / _PICOSECONDS
                    times[kind] += 1
    if last <= first:
        raise ValueError(f"{paths[-1]}: expected events, got none")
    took = last - first
    found = tuple((k, s, times[k]) for k, s in seconds.most_common(most))
    making = marked["input"] / marked["piece"] if marked["piece"] else None
    return TraceSummary(took / _PICOSECONDS, min(1.0, waiting / took), making, found)


def _kind(name: str, on_device: bool) -> str | None:
    """Gives what an event counts as; None where it is no operation of its own."""
    if on_device:
        return name
    match = _OPERATION.fullmatch(name)
    return match[1] if match and match[1] not in _CONTAINERS else None
