"""Chinese text with Chinese punctuation: what NFKC has made narrow is made wide again.

SentencePiece's normalisation, NFKC, writes the full-width marks ``，！？：；（）`` of a
Chinese text as the ASCII ones. A model that has read its targets so writes them so.

Article: §6 (2. 机器翻译), §9.2 (数据预处理).
Source: Unicode Standard Annex #15 (NFKC); GB/T 15834-2011, the forms of the marks.
"""

import tensorflow as tf

_WIDE = {",": "，", "!": "！", "?": "？", ":": "：", ";": "；", "(": "（", ")": "）"}
_CHINESE = r"[\p{Han}。，！？：；（）、“”‘’《》…]"


def widen_punctuation(texts: tf.Tensor) -> tf.Tensor:
    """Writes full-width marks beside Chinese characters; others stay, as in ``3,000``.

    Args:
        texts: string, any shape, UTF-8.

    Example:
        >>> text = tf.constant("你好,Tom!我有3,000块(钱)。")
        >>> widen_punctuation(text).numpy().decode()
        '你好，Tom！我有3,000块（钱）。'
    """
    # Twice: in "?!" the second mark stands beside a wide one only after the first is.
    for narrow, wide in [*_WIDE.items()] * 2:
        mark = rf"\s*\{narrow}\s*"
        texts = tf.strings.regex_replace(texts, f"({_CHINESE}){mark}", rf"\1{wide}")
        texts = tf.strings.regex_replace(texts, f"{mark}({_CHINESE})", rf"{wide}\1")
    return texts
