"""The score of each test example, kept with a run so that two runs can be compared.

Article: §3.3.1, §4.3.1, §7.2.2: a mean alone cannot tell whether one model beats
another.

`test_scores.npz` of a run folder holds `scores` (N,) float32, whose mean is the metric
that `metric` names, and `examples`, a hash of what was scored: only runs that scored
the same examples in the same order can be compared in pairs.
"""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

FILE = "test_scores.npz"


class ExampleScores(NamedTuple):
    """Scores (N,) float32, the metric that is their mean, and the examples' hash."""

    scores: np.ndarray
    metric: str
    examples: str


def write_example_scores(
    folder: Path, metric: str, scores: np.ndarray, examples: Iterable[str]
) -> None:
    """Writes the file whole.

    Args:
        folder: of the run.
        metric: name of the mean in the run's final metrics.
        scores: (N,) of each example, such as 0 or 1 for wrong or right.
        examples: N texts that tell the examples apart.
    """
    digest = hashlib.sha256("\0".join(examples).encode("utf-8", "replace"))
    path = Path(folder) / FILE
    temporary = path.with_name("new." + FILE)
    scores = np.asarray(scores, np.float32)
    np.savez(temporary, scores=scores, metric=metric, examples=digest.hexdigest())
    os.replace(temporary, path)


def read_example_scores(folder: Path) -> ExampleScores | None:
    """Reads the file; None if there is none.

    Raises:
        ValueError: it is damaged.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            metric, examples = str(arrays["metric"]), str(arrays["examples"])
            return ExampleScores(arrays["scores"], metric, examples)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: cannot be read: {error}") from None
