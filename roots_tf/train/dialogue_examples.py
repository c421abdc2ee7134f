"""Dialogues cut into histories with the reply that was given, and wrong replies drawn.

Article: §6 (5. 对话系统).
Source: nine wrong replies beside the right one, recall@1 of 10: Lowe et al. 2015
    (1506.08909), §4.4.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from roots_tf.datasets.dialogue_files import Dialogue

NUM_CANDIDATES = 10


class Exchange(NamedTuple):
    """A reply and what was said before it.

    Attributes:
        history: one turn or more.
        reply: what was said then.
        dialogue: the dialogue's number, by which others are told from this.
    """

    history: tuple[str, ...]
    reply: str
    dialogue: int


def exchanges(dialogues: Sequence[Dialogue]) -> list[Exchange]:
    """Gives every turn but the first of each dialogue as a reply to those before it.

    Example:
        >>> [tuple(one) for one in exchanges([Dialogue(("Hi", "Hello", "Bye"))])]
        [(('Hi',), 'Hello', 0), (('Hi', 'Hello'), 'Bye', 0)]
    """
    return [
        Exchange(dialogue.turns[:place], dialogue.turns[place], number)
        for number, dialogue in enumerate(dialogues)
        for place in range(1, len(dialogue.turns))
    ]


def drawn_exchanges(
    dialogues: Sequence[Dialogue], most: int, seed: int
) -> list[Exchange]:
    """Gives exchanges, at most so many, drawn at random; all if ``most`` is 0."""
    found = exchanges(dialogues)
    if not most or most >= len(found):
        return found
    rows = np.random.default_rng(seed).choice(len(found), most, replace=False)
    return [found[row] for row in np.sort(rows)]


def draw_candidates(
    part: Sequence[Exchange], seed: int, count: int = NUM_CANDIDATES
) -> list[list[str]]:
    """Draws wrong replies for each exchange; the right one stands behind them.

    They are replies of other dialogues of the same part, each text once. Where ties go
    to the lower number, as in ``retrieval_metrics``, the right one gains nothing.

    Raises:
        ValueError: there are too few.
    """
    rng = np.random.default_rng(seed)
    found = []
    for _, reply, dialogue in part:
        candidates = [reply]
        for row in rng.permutation(len(part)):
            other = part[row]
            if other.dialogue != dialogue and other.reply not in candidates:
                candidates.append(other.reply)
            if len(candidates) == count:
                break
        else:
            raise ValueError(
                f"expected {count - 1} different replies of other dialogues beside "
                f"{reply[:40]!r}, got {len(candidates) - 1}"
            )
        found.append(candidates[1:] + [reply])
    return found


def other_histories(part: Sequence[Exchange], seed: int) -> list[tuple[str, ...]]:
    """Gives each exchange the history of one from another dialogue, drawn at random.

    Raises:
        ValueError: there is one dialogue alone.
    """
    if len({one.dialogue for one in part}) < 2:
        raise ValueError("expected exchanges of two dialogues or more, got of one")
    rng, histories = np.random.default_rng(seed), []
    for one in part:
        while (other := part[rng.integers(len(part))]).dialogue == one.dialogue:
            pass
        histories.append(other.history)
    return histories
