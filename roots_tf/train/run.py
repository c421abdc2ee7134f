"""What every training script does the same: folder, seed, devices, record, resume.

Article: §5.1 (开发环境), §5.3.3, §7.2.2.

Importing this module imports nothing heavy; TensorFlow comes with ``start``.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from roots_tf.train.flags import option

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")
# What may differ between a run and its continuation without changing its steps.
_FREE_ON_RESUME = {"resume", "epochs"}


OPTIMIZERS: dict[str, Callable] = {
    "adam": lambda kinds, rate: kinds.Adam(rate),
    "adamw": lambda kinds, rate: kinds.AdamW(rate),
    "rmsprop": lambda kinds, rate: kinds.RMSprop(rate),
    "momentum": lambda kinds, rate: kinds.SGD(rate, momentum=0.9),
    "sgd": lambda kinds, rate: kinds.SGD(rate),
}


@dataclasses.dataclass(frozen=True)
class RunOptions:
    """Options that all training scripts share."""

    epochs: int = option(5, "passes over the training texts")
    batch_size: int = option(32, "texts a step")
    seed: int = option(7, "of weights, order and dropout")
    precision: str = option("float32", "arithmetic of the layers", choices=PRECISIONS)
    strategy: str = option(
        "one", "one device, or a replica on each GPU", choices=("one", "mirrored")
    )
    deterministic: bool = option(False, "slower operations that repeat bit for bit")
    log_dir: str = option("tensorboard_logs", "folder of all runs")
    name: str = option("", "name of the run's folder; none: made from the data")
    resume: bool = option(False, "go on with the last run of this name")
    log_every: int = option(10, "steps between points in TensorBoard", unit="steps")
    checkpoint_every: int = option(200, "steps between checkpoints", unit="steps")
    profile: bool = option(False, "trace steps from the 20th on for the profiler")

    def __post_init__(self):
        for name in ("epochs", "batch_size", "log_every", "checkpoint_every"):
            value = getattr(self, name)
            if value < 1:
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{flag}: expected 1 or more, got {value}")
        if self.seed < 0:
            raise ValueError(f"--seed: expected 0 or more, got {self.seed}")
        if Path(self.name).name != self.name:
            raise ValueError(f"--name: expected a name, not a path, got {self.name!r}")


@dataclasses.dataclass(frozen=True)
class GradientRunOptions(RunOptions):
    """Options of the scripts that train with a Keras optimizer."""

    optimizer: str = option("adam", "update rule", choices=tuple(OPTIMIZERS))
    learning_rate: float = option(0.001, "step size")
    clip_norm: float = option(1.0, "largest norm of the gradient; 0 for no limit")

    def __post_init__(self):
        super().__post_init__()
        if self.learning_rate <= 0:
            raise ValueError(
                f"--learning-rate: expected over 0, got {self.learning_rate}"
            )
        if self.clip_norm < 0:
            raise ValueError(f"--clip-norm: expected 0 or more, got {self.clip_norm}")


@dataclasses.dataclass(frozen=True)
class Run:
    """A started run: where it writes, and whether it continues an earlier process."""

    folder: Path
    resumed: bool

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def model_folder(self) -> Path:
        return self.folder / "model"


def start(options: RunOptions, script: str, default_name: str) -> Run:
    """Makes the run folder, or finds the one to go on with.

    Args:
        options: of the run.
        script: its folder under ``--log-dir``.
        default_name: the run's name where ``--name`` gives none; a number is added if
            a run of that name is there already.

    Raises:
        ValueError: there is no run to resume, it was made with other options, or the
            given name is taken.
        OSError: the folder cannot be written to.
    """
    parent = Path(options.log_dir) / script
    name = options.name or default_name
    earlier = [name] if options.name else _numbered(parent, name)
    earlier = [one for one in earlier if (parent / one).exists()]
    if options.resume:
        if not earlier:
            raise ValueError(f"--resume: expected a run in {parent / name}, got none")
        folder = parent / earlier[-1]
        _check_same_options(folder, options)
        if any((folder / "checkpoints").glob("ckpt-*.index")):
            return Run(folder, resumed=True)
        # Killed before its first checkpoint: nothing to go on from.
        shutil.rmtree(folder)
    elif earlier and options.name:
        raise ValueError(
            f"--name: {parent / name} is there already; add --resume to go on with it, "
            "or give another name"
        )
    else:
        folder = parent / (f"{name}-{len(earlier) + 1}" if earlier else name)
    try:
        folder.mkdir(parents=True)
        text = json.dumps(dataclasses.asdict(options), ensure_ascii=False, indent=1)
        (folder / "options.json").write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise OSError(
            f"--log-dir: cannot write to {folder}: {error.strerror}"
        ) from None
    return Run(folder, resumed=False)


def prepare_tensorflow(options: RunOptions):
    """Imports TensorFlow without its start-up noise, and sets it up for a run.

    Seeds, precision, memory growth on GPUs and, if asked for, determinism.

    Returns:
        The ``tf.distribute.Strategy`` under whose scope the model is to be made.
    """
    with quiet_stderr():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    keras.utils.set_random_seed(options.seed)
    keras.config.set_dtype_policy(options.precision)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    if not gpus:
        print(f"No GPU: training on {os.cpu_count()} CPU cores.")
        if options.precision != "float32":
            print(f"{options.precision} is no faster on a CPU; float32 is.")
    if options.strategy == "mirrored":
        strategy = tf.distribute.MirroredStrategy()
        print(f"Replicas: {strategy.num_replicas_in_sync}.")
        return strategy
    return tf.distribute.get_strategy()


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keeps TensorFlow's start-up lines off the terminal while it is imported."""
    # A machine without a GPU gets lines that look like errors; what fails is raised as
    # a Python exception anyway. Set the variable yourself to see them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # The first lines come before that variable is read: they go to descriptor 2.
    sys.stderr.flush()
    saved = os.dup(2)
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(devnull, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(devnull)


def command_words(script: str, arguments: Sequence[str] | None) -> list[str]:
    """Gives the words of the command, for the run's record."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    return ["python", "-m", f"roots_tf.train.{script}", *given]


def make_optimizer(name: str, learning_rate: float):
    """Makes a Keras optimizer; under mixed_float16 one that scales the loss.

    Args:
        name: one of ``OPTIMIZERS``.
        learning_rate: its step size, over 0.
    """
    import keras

    optimizer = OPTIMIZERS[name](keras.optimizers, learning_rate)
    if keras.config.dtype_policy().name == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


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
        if name not in _FREE_ON_RESUME and before.get(name) != value:
            flag = "--" + name.replace("_", "-")
            raise ValueError(
                f"{flag}: expected {before.get(name)!r} as in the run to resume, "
                f"got {value!r}"
            )
