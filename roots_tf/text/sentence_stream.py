"""Lines to tokens as a stream, for texts that are too long for memory.

Article: §3.1.1 step 1 (输入文本处理), §9.2 (分词, word segmentation).
"""

from collections.abc import Iterable, Iterator

from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import segment

SEGMENTATIONS = ("spaces", "words", "characters")

_BATCH = (
    1 << 22
)  # characters segmented in one call, which costs 0.2 s whatever its size
_MOST_KNOWN = 1 << 18  # tokens of pieces that are kept


def tokenize_lines(
    lines: Iterable[str], segmentation: str = "words"
) -> Iterator[list[str]]:
    """Cuts each line into tokens.

    Args:
        lines: sentences or paragraphs, read as the tokens are asked for.
        segmentation: "spaces" splits at white space and changes nothing, right for text
            that is tokenised already; "words" normalises, folds case and segments, and
            keeps the tokens that begin with a letter or a digit, so that punctuation,
            symbols and emoji go; "characters" does the same, but cuts Chinese into
            single characters.

    Yields:
        The tokens of each line that has any, in order.

    Raises:
        ValueError: ``segmentation`` is none of the three.
        ImportError: tensorflow-text, which words and characters need, is not installed.

    Example:
        >>> list(tokenize_lines(["Don't panic!", "深度学习ＧＰＵ 3.5"], "characters"))
        [["don't", 'panic'], ['深', '度', '学', '习', 'gpu', '3.5']]
    """
    if segmentation not in SEGMENTATIONS:
        raise ValueError(
            f"expected segmentation to be one of {SEGMENTATIONS}, got {segmentation!r}"
        )
    if segmentation == "spaces":
        sentences = map(str.split, lines)
    else:
        sentences = _segment_lines(lines, segmentation)
    return filter(None, sentences)


def _segment_lines(lines, han):
    """Segments each different piece between white space once: most come again.

    No token reaches across white space, so that the tokens are those of the whole line.
    """
    known, size = {}, 0
    for batch in _batches(lines):
        split = [normalize(line).split() for line in batch]
        new = {piece: None for pieces in split for piece in pieces}.keys() - known
        for piece, tokens in zip(new, segment(list(new), han), strict=True):
            known[piece] = [token for token in tokens if token[0].isalnum()]
            size += len(known[piece])
        for pieces in split:
            yield [token for piece in pieces for token in known[piece]]
        if size > _MOST_KNOWN:
            known, size = {}, 0


def _batches(lines):
    batch, size = [], 0
    for line in lines:
        batch.append(line)
        size += len(line) + 1
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    yield batch
