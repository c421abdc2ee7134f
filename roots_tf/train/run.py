"""What every training script does the same: options, folder, record, resume.

Article: §5.1 (开发环境), §5.3.3, §7.2.2.

Importing this module imports nothing heavy.
"""

import atexit
import contextlib
import dataclasses
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from roots_tf.train.devices import worker_number
from roots_tf.train.flags import option
from roots_tf.train.make_optimizer import OPTIMIZERS

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# Those of optimization.learning_rate, which is not imported before the flags are read.
SCHEDULES = ("constant", "linear", "cosine", "inverse-sqrt")
CHECKPOINTS = "checkpoints/ckpt-*.index"  # of the training loop


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Options that all training scripts share."""

    # What may differ between a run and its continuation without changing its steps.
    free_on_resume: ClassVar[frozenset[str]] = frozenset({"resume", "epochs"})

    epochs: int = option(5, "passes over the training texts")
    seed: int = option(7, "of weights, order and dropout")
    log_dir: str = option("tensorboard_logs", "folder of all runs")
    name: str = option("", "name of the run's folder; none: made from the data")
    resume: bool = option(False, "go on with the last run of this name")
    checkpoint_every: int = option(200, "steps between checkpoints", unit="steps")

    def __post_init__(self):
        self.check_at_least(1, "epochs", "checkpoint_every")
        self.check_at_least(0, "seed")
        if Path(self.name).name != self.name:
            raise ValueError(f"--name: expected a name, not a path, got {self.name!r}")

    @property
    def leads(self) -> bool:
        """Whether this process writes the run's files."""
        return True

    def check_at_least(self, least: float, *names: str) -> None:
        """Raises a ValueError that names the flag of an option below ``least``."""
        for name in names:
            value = getattr(self, name)
            if value < least:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected {least} or more, got {value}")


@dataclasses.dataclass(frozen=True)
class GradientRunOptions(RunOptions):
    """Options of the scripts that train with the training loop and an optimizer."""

    batch_size: int = option(32, "texts a batch")
    precision: str = option("float32", "arithmetic of the layers", choices=PRECISIONS)
    strategy: str = option(
        "one",
        "one device, a replica on each GPU, or on each machine of TF_CONFIG",
        choices=("one", "mirrored", "multi-worker"),
    )
    deterministic: bool = option(False, "slower operations that repeat bit for bit")
    log_every: int = option(10, "steps between points in TensorBoard", unit="steps")
    profile: str = option("", "trace these steps, such as 10:15, and say what is slow")
    diagnosis: bool = option(True, "name what goes wrong, with the remedy")
    monitoring: bool = option(True, "curves, pictures and texts for TensorBoard")
    optimizer: str = option("adam", "update rule", choices=tuple(OPTIMIZERS))
    learning_rate: float = option(0.001, "step size, or its peak")
    schedule: str = option(
        "constant", "how the step size falls after the warm-up", choices=SCHEDULES
    )
    warmup: float = option(
        0.0, "share of all steps in which the step size rises to its peak"
    )
    clip_norm: float = option(1.0, "largest norm of the gradient; 0 for no limit")
    accumulate: int = option(1, "add up the gradients of so many batches for a step")
    xla: bool = option(False, "compile the step with XLA, anew for each batch shape")

    def __post_init__(self):
        super().__post_init__()
        self.check_at_least(1, "batch_size", "log_every", "accumulate")
        self.check_at_least(0, "clip_norm")
        if self.profile:
            profiled_steps(self.profile)
        if self.strategy == "multi-worker":
            worker_number()
            if not self.name:
                raise ValueError(
                    "--name: expected one, the same for every worker, with "
                    "--strategy multi-worker"
                )
        if self.xla and self.strategy != "one":
            raise ValueError(f"--xla: expected --strategy one, got {self.strategy}")
        if not 0 <= self.warmup < 1:
            raise ValueError(
                "--warmup: expected a share of the steps, 0 to below 1, "
                f"got {self.warmup}"
            )
        if self.learning_rate <= 0:
            raise ValueError(
                f"--learning-rate: expected over 0, got {self.learning_rate}"
            )

    @property
    def free_on_resume(self) -> frozenset[str]:
        """The number of epochs too, unless the learning rate's course depends on it."""
        free = RunOptions.free_on_resume | {"strategy"}
        if self.schedule == "constant" and not self.warmup:
            return free
        return free - {"epochs"}

    @property
    def leads(self) -> bool:
        """Whether this process writes: of several workers the first one alone."""
        return self.strategy != "multi-worker" or worker_number() == 0

    def steps_per_epoch(self, batches: int) -> int:
        """Gives the steps that an epoch of so many batches makes."""
        return -(-batches // self.accumulate)


def profiled_steps(text: str) -> tuple[int, int]:
    """Reads "10:15": the first and the last step to trace.

    Raises:
        ValueError: it is not two steps in order.
    """
    match = re.fullmatch(r"(\d{1,9}):(\d{1,9})", text)
    first, last = map(int, match.groups()) if match else (0, 0)
    if not 1 <= first <= last:
        raise ValueError(
            "--profile: expected the first and the last step, such as 10:15, "
            f"got {text!r}"
        )
    return first, last


@dataclasses.dataclass(frozen=True)
class Run:
    """A started run: where it writes, and whether it continues an earlier process."""

    folder: Path
    resumed: bool
    made: tuple[Path, ...] = ()  # the folders made for it, itself first
    lead: Path | None = None  # of a further worker: the folder of the first one's run

    @property
    def leads(self) -> bool:
        return self.lead is None

    @property
    def checkpoints(self) -> Path:
        return (self.lead or self.folder) / "checkpoints"

    @property
    def model_folder(self) -> Path:
        return self.folder / "model"

    def withdraw(self) -> None:
        """Removes the folders of a new run that cannot begin: its data is bad."""
        for folder in self.made[:1]:
            shutil.rmtree(folder)
        with contextlib.suppress(OSError):  # another run is in it by now
            for folder in self.made[1:]:
                folder.rmdir()


def start(
    options: RunOptions,
    script: str,
    default_name: str,
    checkpoint: str = CHECKPOINTS,
    keep: Collection[str] = (),
) -> Run:
    """Makes the run folder, or finds the one to go on with.

    Args:
        options: of the run.
        script: its folder under ``--log-dir``.
        default_name: the run's name where ``--name`` gives none; a number is added if
            a run of that name is there already.
        checkpoint: pattern of the files from which a run can go on.
        keep: names in the run's folder that outlive a restart without any such file.

    Raises:
        ValueError: there is no run to resume, it was made with other options, or the
            given name is taken.
        OSError: the folder cannot be written to.
    """
    parent = Path(options.log_dir) / script
    if not options.leads:  # what it writes all the same is not kept
        folder = Path(tempfile.mkdtemp(prefix="roots_tf_worker_"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return Run(folder, resumed=options.resume, lead=parent / options.name)
    name = options.name or default_name
    earlier = [name] if options.name else _numbered(parent, name)
    earlier = [one for one in earlier if (parent / one).exists()]
    if options.resume:
        if not earlier:
            raise ValueError(f"--resume: expected a run in {parent / name}, got none")
        folder = parent / earlier[-1]
        _check_same_options(folder, options)
        if any(folder.glob(checkpoint)):
            return Run(folder, resumed=True)
        # Killed before its first checkpoint: little or nothing to go on from.
        for path in folder.iterdir():
            if path.name not in keep:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif earlier and options.name:
        raise ValueError(
            f"--name: {parent / name} is there already; add --resume to go on with it, "
            "or give another name"
        )
    else:
        folder = parent / (f"{name}-{len(earlier) + 1}" if earlier else name)
    made = tuple(path for path in (folder, *folder.parents) if not path.exists())
    try:
        folder.mkdir(parents=True, exist_ok=options.resume)
        text = json.dumps(dataclasses.asdict(options), ensure_ascii=False, indent=1)
        (folder / "options.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OSError(
            f"--log-dir: cannot write to {folder}: {error.strerror}"
        ) from None
    return Run(folder, resumed=False, made=made)


def command_words(script: str, arguments: Sequence[str] | None) -> list[str]:
    """Gives the words of the command, for the run's record."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    return ["python", "-m", f"roots_tf.train.{script}", *given]


def _numbered(parent: Path, name: str) -> list[str]:
    """Gives name, name-2, name-3 … as far as they exist."""
    names = [name]
    while (parent / f"{name}-{len(names) + 1}").exists():
        names.append(f"{name}-{len(names) + 1}")
    return names


def _check_same_options(folder: Path, options: RunOptions) -> None:
    path = folder / "options.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"--resume: cannot read {path}: {error}") from None
    for name, value in dataclasses.asdict(options).items():
        if name not in options.free_on_resume and before.get(name) != value:
            flag = "--" + name.replace("_", "-")
            raise ValueError(
                f"{flag}: expected {before.get(name)!r} as in the run to resume, "
                f"got {value!r}"
            )
