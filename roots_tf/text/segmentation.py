r"""Word segmentation (分词) of English, Chinese and mixed text.

Article: §3.1.1, §5.3.3 step 1, §9.2 (分词, word segmentation).

One rule serves every language: tensorflow-text cuts a text into words, numbers, emoji,
punctuation marks and runs of Chinese characters; a run of Chinese characters, which has
no spaces, is then cut by jieba's dictionary and Viterbi segmenter or into characters.
"""

from collections.abc import Callable, Iterable, Sequence

HAN_UNITS = ("words", "characters")
# Chinese characters: CJK ideographs, all planes in use; from, to.
HAN_RANGES = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
HAN_RANGES += ((0x3005, 0x3005), (0x3007, 0x3007))

# RE2 syntax. Alternatives are tried from left to right.
_SPACE = r"[\s\p{Z}\p{Cc}]+"
# A symbol's style and other marks, skin tone, or the region of a flag.
_MARKS = r"[\p{M}\x{1F3FB}-\x{1F3FF}\x{E0020}-\x{E007F}]*"
_TOKEN = (
    " "
    r"|[\x{1F1E6}-\x{1F1FF}]{2}"  # a flag is two regional indicators
    r"|[#*0-9]\x{FE0F}?\x{20E3}"  # keycap: 1️⃣
    rf"|\p{{So}}{_MARKS}(?:\x{{200D}}\p{{S}}{_MARKS})*"  # emoji, joined to others
    r"|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*"  # word: don't, café
    r"|\p{N}+(?:[.,:]\p{N}+)*"  # number: 3.14, 10:30
    r"|[^\p{L}\p{M}\p{N}]\p{M}*"  # one punctuation mark
)
_CHUNK = 256  # texts a call, so that the calls run in parallel


def segment(texts: Sequence[str], han: str = "words") -> list[list[str]]:
    """Cuts each text into tokens.

    Args:
        texts: strings, best normalised before (``roots_tf.text.normalization``).
        han: what a run of Chinese characters becomes: "words" (jieba) or "characters".

    Returns:
        One list of tokens a text, in order; an empty text gives an empty list.

    Raises:
        ValueError: ``han`` is neither of the two.
        ImportError: tensorflow-text, which has no Windows build, is not installed.

    Example:
        >>> segment(["I like 深度学习, don't you?"], han="characters")
        [['I', 'like', '深', '度', '学', '习', ',', "don't", 'you', '?']]
    """
    if han not in HAN_UNITS:
        raise ValueError(f"expected han to be one of {HAN_UNITS}, got {han!r}")
    cut_han = list if han == "characters" else jieba_cut()
    return [
        [token for piece in pieces for token in _cut_piece(piece, cut_han)]
        for pieces in _split(texts)
    ]


def is_han(character: str) -> bool:
    """Tells whether a character is a Chinese one.

    Example:
        >>> is_han("学"), is_han("a"), is_han("。")
        (True, False, False)
    """
    code = ord(character)
    return code >= 0x3005 and any(first <= code <= last for first, last in HAN_RANGES)


def jieba_cut() -> Callable[[str], list[str]]:
    """Gives jieba's segmenter of Chinese text, loaded without its messages."""
    import logging
    import warnings

    with warnings.catch_warnings():
        # jieba's own source has invalid escapes and, with an old setuptools,
        # a deprecated import.
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    return jieba.lcut


def pieces_in_graph(texts):
    """Cuts texts into words, numbers, symbols and runs of Chinese characters.

    Args:
        texts: a TensorFlow tensor (B,) string.

    Returns:
        A ragged tensor (B, None) string.

    Raises:
        ImportError: tensorflow-text is not installed.
    """
    import tensorflow as tf

    try:
        import tensorflow_text
    except ImportError as error:
        raise ImportError(
            "segmentation needs tensorflow-text (Linux and macOS on Apple silicon): "
            f"pip install -r requirements.txt ({error})"
        ) from None

    texts = tf.strings.regex_replace(texts, r"(\p{Han}+)", r" \1 ")
    # White space of every kind; regex_split loses what stands after a NUL.
    texts = tf.strings.regex_replace(texts, _SPACE, " ")
    return tensorflow_text.regex_split(texts, _TOKEN, r"[^ ](?s:.*)")


def _split(texts: Sequence[str]) -> Iterable[list[str]]:
    import tensorflow as tf

    if not len(texts):
        return
    chunks = tf.data.Dataset.from_tensor_slices(list(texts)).batch(_CHUNK)
    for ragged in chunks.map(pieces_in_graph, num_parallel_calls=tf.data.AUTOTUNE):
        for pieces in ragged.to_list():
            yield [piece.decode() for piece in pieces]


def _cut_piece(piece: str, cut_han: Callable[[str], list[str]]) -> list[str]:
    return cut_han(piece) if is_han(piece[0]) else [piece]
