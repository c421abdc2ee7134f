"""The turns of a dialogue as one text, and the latest that a model has room for.

    ["How are you?", "Fine.\nAnd you?"]  ->  "How are you?\nFine. And you?"

A turn is one line: what breaks lines within it becomes a space. A history that is too
long loses its oldest turns, each of them whole; of a last turn that is too long by
itself the beginning goes.

Article: §6 (5. 对话系统).
"""

from collections.abc import Sequence

import tensorflow as tf


def history_text(turns: Sequence[str]) -> str:
    """Gives the turns as one text, a line each.

    Raises:
        ValueError: there is none, or one is nothing but white space.

    Example:
        >>> history_text(["How are you?", "Fine.\\n  And you?"])
        'How are you?\\nFine. And you?'
    """
    lines = [" ".join(turn.split()) for turn in turns]
    if not lines or not all(lines):
        raise ValueError(
            f"expected one turn or more, none of them empty, got {list(turns)!r:.80}"
        )
    return "\n".join(lines)


def turns_of(texts: tf.Tensor, tokenizer) -> tf.RaggedTensor:
    """Gives the ids of each turn of each history: (B,) string -> (B, K, None) int32."""
    turns = tf.strings.split(texts, "\n")  # (B, K)
    ids = tokenizer.encode(turns.values).with_row_splits_dtype("int64")
    return turns.with_values(ids)


def latest_turns(turns: tf.RaggedTensor, room: int, marks: int) -> tf.RaggedTensor:
    """Gives the latest turns that fit in, the oldest first: (B, K', None) int32.

    Args:
        turns: ids (B, K, None) int32.
        room: most tokens of a history, marks included.
        marks: tokens that each turn will get beside its own.

    Raises:
        ValueError: there is no room for a token of the last turn.

    Example:
        >>> turns = tf.ragged.constant([[[1, 2, 3], [4], [5, 6]]])
        >>> latest_turns(turns, room=5, marks=1).to_list()
        [[[4], [5, 6]]]
    """
    if room <= marks:
        raise ValueError(f"expected room for over {marks} tokens, got {room}")
    turns = turns[:, :, -(room - marks) :]
    lengths = turns.row_lengths(axis=2) + marks  # (B, K)
    # Of a turn, how many tokens stand from its beginning to the history's end.
    until_end = tf.cumsum(lengths.to_tensor(), axis=1, reverse=True)  # (B, K)
    fits = tf.RaggedTensor.from_tensor(until_end <= room, lengths.row_lengths())
    return tf.ragged.boolean_mask(turns, fits)
