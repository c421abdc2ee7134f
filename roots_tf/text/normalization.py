"""Unicode normalisation: one spelling for one text.

Article: §3.1.1, §5.3.3, §9.2 (数据预处理, data preprocessing).
Source: Unicode Standard Annex #15 (NFKC), Unicode 3.13 (case folding).
"""

import unicodedata

# Without meaning in running text: soft hyphen, zero-width space, word joiner, byte
# order mark and the marks of writing direction. The zero-width joiner stays: it holds
# emoji such as families together.
INVISIBLE = [0xAD, 0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F]
INVISIBLE += [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_REPLACED = {**dict.fromkeys(INVISIBLE, ""), **dict.fromkeys(CONTROLS, " ")}


def normalize(text: str, fold_case: bool = True) -> str:
    """Gives texts that read the same the same characters.

    NFKC turns full-width letters and digits into half-width ones (``ＡＢＣ１２`` to
    ``ABC12``), half-width katakana into full-width, ligatures into letters, and
    composes accents. Control and invisible characters go; white space, ideographic
    space included, becomes single spaces.

    Args:
        text: any string; the empty string gives the empty string.
        fold_case: compare without regard to case (``Straße`` becomes ``strasse``).

    Raises:
        ValueError: the text holds a lone surrogate, which is what bytes that are not
            UTF-8 become on a command line, and cannot be encoded.

    Example:
        >>> normalize("Ｄｅｅｐ　Learning，深度学习！")
        'deep learning,深度学习!'
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            "expected Unicode text, got a lone surrogate (a byte that was not UTF-8?) "
            f"at character {error.start} of {text[:40]!r}"
        ) from None
    text = unicodedata.normalize("NFKC", text.translate(_REPLACED))
    if fold_case:
        # Folding can undo the composition: "İ" folds to "i" and a combining dot.
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.split())


def decode_utf8(data: bytes, source: str) -> str:
    """Decodes bytes strictly, and says where they are not UTF-8.

    Args:
        data: the bytes; a leading byte order mark is dropped.
        source: their name for the error message, such as a file's path.

    Raises:
        ValueError: the bytes are not UTF-8; names the source and the byte offset.
    """
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{source}: expected UTF-8, got byte 0x{data[error.start]:02x} "
            f"at offset {error.start}"
        ) from None
