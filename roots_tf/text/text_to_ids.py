"""The whole path from a text to its ids, kept with the model that was trained on it.

Article: §5.3.3 step 1 (将输入文本转化为整数序列).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import HAN_UNITS, segment
from roots_tf.text.stop_words import STOP_WORDS, remove_stop_words
from roots_tf.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class TextSettings:
    """How texts are cut into tokens.

    Attributes:
        han: what Chinese text is cut into, "words" or "characters".
        fold_case: lower-case every letter.
        max_length: tokens kept of a text, from its beginning.
        drop_stop_words: "" for none (see erratum E16), or the language of the list.
    """

    han: str = "words"
    fold_case: bool = True
    max_length: int = 400
    drop_stop_words: str = ""

    def __post_init__(self):
        if self.han not in HAN_UNITS:
            raise ValueError(f"expected han to be one of {HAN_UNITS}, got {self.han!r}")
        if self.max_length < 1:
            raise ValueError(f"expected max_length of 1 or more, got {self.max_length}")
        if self.drop_stop_words not in ("", *STOP_WORDS):
            raise ValueError(
                f"expected drop_stop_words to be empty or one of {sorted(STOP_WORDS)}, "
                f"got {self.drop_stop_words!r}"
            )

    def to_dict(self) -> dict:
        return asdict(self)


def tokenize(texts: Sequence[str], settings: TextSettings) -> list[list[str]]:
    """Normalises and segments texts; every token is kept, however long the text."""
    normalized = [normalize(text, settings.fold_case) for text in texts]
    tokens = segment(normalized, settings.han)
    if settings.drop_stop_words:
        language = settings.drop_stop_words
        tokens = [remove_stop_words(text, language) for text in tokens]
    return tokens


def encode(
    tokens: Sequence[Sequence[str]], vocabulary: Vocabulary, settings: TextSettings
) -> list[np.ndarray]:
    """Turns tokens into ids, one array (T,) int32 a text, T at most ``max_length``."""
    return [vocabulary.encode(text[: settings.max_length]) for text in tokens]
