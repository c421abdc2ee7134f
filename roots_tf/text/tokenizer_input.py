"""What goes into a tokenizer: texts to encode and ids to decode, checked.

Article: §5.3.3 step 1 (将输入文本转化为整数序列).
"""

from collections.abc import Iterable, Sequence

import tensorflow as tf


def string_tensor(texts: Sequence[str] | tf.Tensor) -> tf.Tensor:
    """Gives texts as a tensor (B,) of UTF-8 bytes; a tensor comes back as it is.

    Raises:
        ValueError: one string in place of several, or a lone surrogate in one.

    Example:
        >>> string_tensor(["深"]).numpy()[0].decode()
        '深'
    """
    if isinstance(texts, tf.Tensor):
        return texts
    if isinstance(texts, str):
        raise ValueError(f"expected several texts, got one: {texts[:40]!r}")
    return tf.constant([utf8(text) for text in texts], tf.string)  # (B,)


def utf8(text: str) -> bytes:
    """Encodes a text.

    Raises:
        ValueError: it holds a lone surrogate, which is what bytes that are not UTF-8
            become on a command line.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            "expected Unicode text, got a lone surrogate (a byte that was not UTF-8?) "
            f"at character {error.start} of {text[:40]!r}"
        ) from None


def checked_ids(ids: Iterable[int], vocab_size: int) -> list[int]:
    """Gives ids as Python integers.

    Raises:
        ValueError: one is not from 0 to ``vocab_size`` - 1.
    """
    ids = [int(id) for id in ids]
    for id in ids:
        if not 0 <= id < vocab_size:
            raise ValueError(f"expected an id from 0 to {vocab_size - 1}, got {id}")
    return ids


def import_tensorflow_text():
    """Imports tensorflow-text, whose operations run in the graph.

    Raises:
        ImportError: it is not installed: there is no build for Windows.
    """
    try:
        import tensorflow_text
    except ImportError as error:
        raise ImportError(
            "this tokenizer needs tensorflow-text (Linux and macOS on Apple silicon): "
            f"pip install -r requirements.txt ({error})"
        ) from None
    return tensorflow_text
