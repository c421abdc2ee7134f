"""The terms (检索词) by which a text is found: words without endings, Han in pairs.

Article: §6 (3. 问答系统), §9.2 (分词, 去停用词).

* A word in small letters; one spelt like code, ``read_csv`` or ``DataFrame``, gives its
  parts and, joined, the whole: read, csv, readcsv.
* English plurals lose their ending (Harman's S stemmer), the first rule that fits:
  -ies becomes -y, but not -eies, -aies; -es becomes -e, but not -aes, -ees, -oes;
  -s goes, but not of -us, -ss.
* English stop words go: a question is full of "how", "do" and "I", a manual is not.
* A run of Han characters gives its pairs (二元): 深度学习 is 深度, 度学, 学习. No
  dictionary is needed, and none can cut question and text differently.

Source: Harman 1991, "How effective is suffixing?", table 1; pairs of characters: Nie,
    Gao, Zhang, Zhou 2000, "On the use of words and n-grams for Chinese information
    retrieval".
"""

import re
from functools import lru_cache

from roots_tf.text.normalization import normalize
from roots_tf.text.segmentation import is_han
from roots_tf.text.stop_words import STOP_WORDS

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")
_PART = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_STOP_WORDS = STOP_WORDS["en"]
_LONGEST = 64  # characters of a word; a longer one is data


def search_terms(text: str) -> list[str]:
    """Gives the terms of a text in their order, as often as they stand in it.

    Args:
        text: any; an empty one has no terms.

    Raises:
        ValueError: the text holds a lone surrogate.

    Example:
        >>> search_terms("How do I sort the entries of a DataFrame?")
        ['sort', 'entry', 'data', 'frame', 'dataframe']
        >>> search_terms("深度学习是什么")
        ['深度', '度学', '学习', '习是', '是什', '什么']
    """
    if not text.isascii():
        text = normalize(text, fold_case=False)
    return [term for word in _WORD.findall(text) for term in _terms(word)]


@lru_cache(maxsize=1 << 18)
def _terms(word: str) -> tuple[str, ...]:
    if is_han(word[0]):
        pairs = [word[at : at + 2] for at in range(len(word) - 1)]
        return tuple(pairs) or (word,)
    if len(word) > _LONGEST:
        return ()
    parts = [part.casefold() for part in _PART.findall(word)]
    if len(parts) > 1:
        parts.append("".join(parts))
    return tuple(_stem(part) for part in parts if part not in _STOP_WORDS)


def _stem(word: str) -> str:
    if len(word) < 4 or not word.isascii() or word[-1] != "s":
        return word
    if word.endswith("ies") and word[-4] not in "ea":
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    return word if word[-2] in "us" else word[:-1]
