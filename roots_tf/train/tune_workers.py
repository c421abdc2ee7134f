"""The processes of one search: a chief that chooses trials, workers that run them.

Article: §3.3.2, §4.3.2.
Source: Keras Tuner 1.4.8, guide "Distributed hyperparameter tuning".

Each process is the tuning script itself, with its role in Keras Tuner's variables:
KERASTUNER_TUNER_ID ("chief", "worker-1" ...), KERASTUNER_ORACLE_IP and
KERASTUNER_ORACLE_PORT (the chief's). On one machine the script starts them; on several
the user does, with the same flags, one --name, and a --log-dir that all of them share.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

ROLE = "KERASTUNER_TUNER_ID"
_ENDS_WITH_PARENT = "ROOTS_TF_ENDS_WITH_PARENT"


def run_workers(arguments: Sequence[str] | None, folder: Path, count: int) -> None:
    """Runs a chief and workers on this machine until there are no more trials.

    Args:
        arguments: of the script.
        folder: of the search.
        count: workers.

    Raises:
        ChildProcessError: one of them failed; the others are ended.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    given = sys.argv[1:] if arguments is None else list(arguments)
    given = [word for word in given if word != "--resume"]
    command = [sys.executable, "-m", "roots_tf.train.tune", *given]
    processes = {}
    try:
        for role in ("chief", *(f"worker-{number + 1}" for number in range(count))):
            variables = {
                ROLE: role,
                "KERASTUNER_ORACLE_IP": "127.0.0.1",
                "KERASTUNER_ORACLE_PORT": str(port),
                _ENDS_WITH_PARENT: "yes",
            }
            processes[role] = subprocess.Popen(
                [*command, "--name", folder.name],
                env={**os.environ, **variables},
                stdin=subprocess.PIPE,
            )
        workers = list(processes.values())[1:]
        while any(process.poll() is None for process in workers):
            for role, process in processes.items():
                if process.poll():
                    raise ChildProcessError(
                        f"the {role} ended with status {process.returncode}; the same "
                        "command with --resume goes on"
                    )
            time.sleep(0.1)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
            process.stdin.close()


def has_parent() -> bool:
    """Tells whether this process is one of `run_workers`."""
    return _ENDS_WITH_PARENT in os.environ


def end_with_parent() -> None:
    """In a process of `run_workers`: ends it when that of the script is no more."""
    if not has_parent():
        return

    def wait():
        os.read(0, 1)  # the parent writes nothing: this returns when it is gone
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
