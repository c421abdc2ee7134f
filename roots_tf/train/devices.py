"""Where a run computes: TensorFlow without its noise, devices, strategies, workers.

Article: §5.1 (开发环境), §8.1 (模型规模与性能提升).

Importing this module imports nothing heavy.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterator


def prepare_tensorflow(options):
    """Imports TensorFlow without its start-up noise, and sets it up for a run.

    Seeds, precision, memory growth on GPUs and, if asked for, determinism.

    Args:
        options: `GradientRunOptions` of the script.

    Returns:
        The ``tf.distribute.Strategy`` under whose scope the model is to be made.
    """
    with quiet_stderr():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    strategy = tf.distribute.get_strategy()
    if options.strategy == "multi-worker":  # before anything else is computed
        with quiet_stderr():
            strategy = tf.distribute.MultiWorkerMirroredStrategy()
    keras.utils.set_random_seed(options.seed)
    keras.config.set_dtype_policy(options.precision)
    if options.deterministic:
        tf.config.experimental.enable_op_determinism()
    if not gpus:
        print(f"No GPU: training on {os.cpu_count()} CPU cores.")
        if options.precision != "float32":
            print(f"{options.precision} is slow on a CPU without instructions for it.")
    if options.strategy == "mirrored":
        strategy = tf.distribute.MirroredStrategy()
    if options.strategy != "one":
        print(f"Replicas: {strategy.num_replicas_in_sync}.")
    return strategy


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


def worker_number() -> int:
    """Gives this process' place among the workers that TF_CONFIG names, from 0.

    Raises:
        ValueError: the variable is not set, or not as TensorFlow reads it.

    Source: https://www.tensorflow.org/guide/distributed_training
    """
    text = os.environ.get("TF_CONFIG", "")
    try:
        config = json.loads(text)
        workers = config["cluster"]["worker"]
        kind, number = config["task"]["type"], int(config["task"]["index"])
        if kind != "worker" or not 0 <= number < len(workers):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise ValueError(
            '--strategy multi-worker: expected TF_CONFIG=\'{"cluster": {"worker": '
            '["host:port", ...]}, "task": {"type": "worker", "index": 0}}\', '
            f"got {text[:80]!r}"
        ) from None
    return number
