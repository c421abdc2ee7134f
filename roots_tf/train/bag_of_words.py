"""Texts as bags of words (词袋): one number a word, for networks that read no order.

Article: §3.2.1, §5.3.3 step 1.
"""

import numpy as np

from roots_tf.datasets.classification import TextClassificationData
from roots_tf.text.text_to_ids import TextSettings, encode, tokenize
from roots_tf.text.vocabulary import Vocabulary

_SPECIAL = 2  # padding and unknown words, which are no features


def read_bags(
    data: TextClassificationData, vocab_size: int
) -> tuple[Vocabulary, dict[str, np.ndarray]]:
    """Counts the frequent words of each text; the vocabulary is that of train alone.

    A word that is n times in a text counts ``log(1 + n)``, so that a word said again
    weighs little more.

    Args:
        data: with the parts train, validation and test.
        vocab_size: words kept at most.

    Returns:
        The vocabulary, and by part x (N, V) float32; column i is word i + 2 of it.

    Raises:
        ValueError: no text of train has a word, or ``vocab_size`` is below 1.
    """
    if vocab_size < 1:
        raise ValueError(f"expected vocab_size of 1 or more, got {vocab_size}")
    settings = TextSettings(max_length=10_000)
    parts = ("train", "validation", "test")
    tokens = {name: tokenize(getattr(data, name).texts, settings) for name in parts}
    vocabulary = Vocabulary.build(tokens["train"], max_size=vocab_size + _SPECIAL)
    bags = {
        name: _bags(encode(tokens[name], vocabulary, settings), len(vocabulary))
        for name in parts
    }
    return vocabulary, bags


def _bags(ids, size: int) -> np.ndarray:
    x = np.zeros((len(ids), size - _SPECIAL), np.float32)
    for row, text in zip(x, ids, strict=True):
        row[:] = np.log1p(np.bincount(text, minlength=size)[_SPECIAL:])
    return x
