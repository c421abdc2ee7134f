"""How a script ends when something is wrong: one clear line and a status.

Article: §5.3.3. Status 0: done; 1: failed; 2: bad arguments or data; 130: Ctrl-C.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def bad_input_ends_the_program(
    undo: Callable[[], None] | None = None,
) -> Iterator[None]:
    """Turns a ValueError or OSError of the reading part into one line and status 2.

    Where whoever reads the output has seen enough, as `head` has, it just ends.

    Args:
        undo: removes what was written before the input was read, so that none is left.
    """
    try:
        yield
    except BrokenPipeError:
        # What is still to be flushed at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError) as error:
        if undo:
            undo()
        print(f"error: {_one_line(error)}", file=sys.stderr)
        sys.exit(2)


@contextlib.contextmanager
def failure_ends_the_program(folder: Path) -> Iterator[None]:
    """Turns a failure that training can meet into one line and status 1.

    A loss that is not finite, a full disk, no memory. Ctrl-C ends with status 130 and
    tells how to go on. Anything else is a bug and keeps its traceback.
    """
    import tensorflow as tf

    try:
        yield
    except KeyboardInterrupt:
        print(f"\nInterrupted. The same command with --resume goes on in {folder}.")
        sys.exit(130)
    except (FloatingPointError, OSError, MemoryError) as error:
        print(f"\nerror: {_one_line(error)}", file=sys.stderr)
        sys.exit(1)
    except (tf.errors.UnavailableError, tf.errors.AbortedError):
        # TensorFlow's own words, on many lines, stand above.
        print(
            "\nerror: another worker is gone: end the others, and start all again with "
            "--resume",
            file=sys.stderr,
        )
        sys.exit(1)
    except tf.errors.ResourceExhaustedError as error:
        reason = _one_line(error).partition(" [Op:")[0]
        print(f"\nerror: out of memory: {reason}", file=sys.stderr)
        sys.exit(1)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
