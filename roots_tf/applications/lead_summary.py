"""Summaries that are the beginning of the text: the baseline that is hard to beat.

Who writes for readers says the main thing first, so the first sentences of a news
article sum it up about as well as a trained model of their time did.

Article: §6 (4. 文本生成).
Source: Nenkova 2005, "Automatic Text Summarization of Newswire: Lessons Learned from
    the Document Understanding Conference", §3; See et al. 2017 (1704.04368), §6.1.
"""

import re

from roots_tf.text.sentences import split_sentences

# Scientific abstracts are printed with a dot for 。 and no space after it.
_DOT_AFTER_HAN = re.compile(r"(?<=[\u3400-\u9fff)）%])\.(?!\d)")
_UNIT = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


def sentences_of(text: str, language: str) -> list[str]:
    """Cuts a text into sentences; in Chinese a dot behind a character ends one too.

    Example:
        >>> sentences_of("目的 观察疗效.方法 分为2组,用药0.5 g.", "zh")
        ['目的 观察疗效。', '方法 分为2组,用药0.5 g.']
    """
    return split_sentences(_DOT_AFTER_HAN.sub("。", text) if language == "zh" else text)


def lead_sentences(text: str, count: int, language: str) -> str:
    """Gives the first ``count`` sentences, or as many as there are."""
    joint = "" if language == "zh" else " "
    return joint.join(sentences_of(text, language)[:count])


def lead_words(text: str, count: int) -> str:
    """Gives the first ``count`` words; a Chinese character counts as one.

    Example:
        >>> lead_words("BERT 是语言模型", 3), lead_words("a b c d", 2)
        ('BERT 是语', 'a b')
    """
    units = list(_UNIT.finditer(text))
    if len(units) <= count:
        return text.strip()
    return text[units[0].start() : units[count - 1].end()] if count else ""
