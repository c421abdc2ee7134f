"""The progress of a run on the terminal.

Article: §5.3.3 step 3.
"""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence


class Progress:
    """A hook of the training loop: a bar that moves, or plain lines in a file.

    Args:
        epochs: of the whole run.
        steps: of one epoch.
        unit: what is counted as "tokens": "words", "cells".
    """

    def __init__(self, epochs: int, steps: int, unit: str = "tokens"):
        self.epochs, self.steps, self.unit = epochs, steps, unit
        self._live = sys.stdout.isatty()
        self._first: tuple[float, int] | None = None  # when, at which step
        self._printed = 0.0

    def on_step(self, record) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now, record.step
        done = record.step_in_epoch / self.steps
        if not self._live and now - self._printed < 15:
            return
        self._printed = now
        bar = "█" * int(24 * done) + "░" * (24 - int(24 * done))
        numbers = {"loss": record.loss} if record.loss is not None else {}
        parts = [
            f"epoch {record.epoch}/{self.epochs} {bar} "
            f"{record.step_in_epoch:,}/{self.steps:,}",
            _text(numbers | record.metrics),
            f"{record.tokens_per_second:,.0f} {self.unit}/s",
            f"{self._left(record, now)} left",
        ]
        line = "  ".join(filter(None, parts))
        print(f"\r{line}\033[K" if self._live else line, end="", flush=True)
        if not self._live:
            print(flush=True)

    def on_epoch_end(self, record) -> None:
        end = "\r\033[K" if self._live else ""
        validation = f"  validation {_text(record.validation)}"
        print(
            f"{end}epoch {record.epoch}/{self.epochs}  train {_text(record.train)}"
            f"{validation if record.validation else ''}  {record.seconds:.0f} s",
            flush=True,
        )

    def _left(self, record, now: float) -> str:
        """Time for the remaining steps of the run at the pace since the start."""
        began, step = self._first
        if record.step == step:
            return "?"
        epochs_left = self.epochs - record.epoch
        steps_left = self.steps - record.step_in_epoch + epochs_left * self.steps
        seconds = (now - began) / (record.step - step) * steps_left
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def counted_words(sentences: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Passes sentences on; a terminal shows how many words there were so far."""
    live, words, shown = sys.stdout.isatty(), 0, 0
    for sentence in sentences:
        words += len(sentence)
        if live and words - shown >= 1_000_000:
            shown = words
            print(f"\r{words:,} words read", end="", flush=True)
        yield sentence
    if shown:
        print("\r\033[K", end="", flush=True)


def _text(numbers: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.4f}" for name, value in numbers.items())
