"""Sentences (句子) of Chinese, English and mixed text.

Article: §5.2 (BERT learns from pairs of texts), §9.2 (数据预处理).

Rules, no model: a Chinese ``。！？`` ends a sentence wherever it stands, an English
``.!?`` only before white space that no small letter follows, and not after an
abbreviation or an initial (``Dr. J. Smith``). Marks that close a quotation or a bracket
belong to the sentence before. A blank line ends a sentence, a single line end does not.
What no rule of this kind can tell: whether "etc." or "plan B." ends one; they do not.
"""

import re

_CLOSING = "\"'”’」』）】》)\\]"
_END = re.compile(
    rf"[。！？]+[。！？!?…]*[{_CLOSING}]*"
    rf"|[.!?]+[{_CLOSING}]*(?=\s+(\S))"
    r"|\n\s*\n"
)
_BEFORE_DOT = re.compile(r"(?:^|[^\w.])((?:\w+\.)*\w+)$")
_ABBREVIATIONS = frozenset(
    "al approx ca cf co corp dept dr ed eds eq eqs etc e.g fig figs gen gov i.e inc jr "
    "lt ltd messrs mr mrs ms no nos op p.m a.m pp prof rev sec sr st vol vs".split()
)


def split_sentences(text: str) -> list[str]:
    """Cuts a text into sentences; all but white space at their ends is kept.

    Example:
        >>> split_sentences("Dr. Li came. 他说：“你好！”然后走了。Then?")
        ['Dr. Li came.', '他说：“你好！”', '然后走了。', 'Then?']
    """
    sentences, start = [], 0
    for match in _END.finditer(text):
        if match[1] and not _ends(text[start : match.start()], match[0], match[1]):
            continue
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]


def _ends(before, mark, following):
    """Whether an English mark ends the sentence."""
    if following.islower():
        return False
    word = _BEFORE_DOT.search(before[-40:])
    if mark != "." or not word:
        return True
    is_initial = len(word[1]) == 1 and word[1].isupper() and word[1] != "I"
    return not is_initial and word[1].lower() not in _ABBREVIATIONS
