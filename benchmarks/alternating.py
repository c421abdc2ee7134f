"""Times programs that run in turns of half a second, so that all meet the same load.

What is compared by runs of minutes one after the other is compared at other times, too:
on a machine with other work the difference of two per cent drowns. Here all programs
are started, each stops when it is ready, and then one at a time is let go on.
"""

import os
import select
import signal
import subprocess
import sys
import time

TURN = 0.5  # seconds


def alternate(commands: dict[str, list[str]]) -> dict[str, float]:
    """Runs programs in turns, each of which calls `ready` and, later, `done`.

    Args:
        commands: words of each, by name.

    Returns:
        By name the seconds that each had from `ready` to `done`, its own turns alone.
    """
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    programs, seconds = {}, dict.fromkeys(commands, 0.0)
    try:
        for name, command in commands.items():  # one at a time: start-up needs memory
            programs[name] = subprocess.Popen(
                command, stdout=subprocess.PIPE, env=environment
            )
            _, status = os.waitpid(programs[name].pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                sys.exit(f"{name} ended before it was ready")
        waiting = dict(programs)
        while waiting:
            for name, program in list(waiting.items()):
                start = time.perf_counter()
                program.send_signal(signal.SIGCONT)
                is_done, _, _ = select.select([program.stdout], [], [], TURN)
                seconds[name] += time.perf_counter() - start
                if not is_done:
                    program.send_signal(signal.SIGSTOP)
                    continue
                program.communicate()
                if program.returncode:
                    sys.exit(f"{name} failed")
                del waiting[name]
    finally:
        for program in programs.values():
            program.kill()
    return seconds


def ready() -> None:
    """In a program of `alternate`: everything is prepared, the clock may run."""
    os.kill(os.getpid(), signal.SIGSTOP)


def done() -> None:
    """In a program of `alternate`: what is timed is over."""
    print("done", file=sys.__stdout__, flush=True)
