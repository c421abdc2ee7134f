"""A translator that knows nothing but its examples: the nearest one's translation.

What a model has to beat: a translation memory (翻译记忆). The nearest source is the one
with the largest cosine of TF-IDF weights over n-grams of characters, n <= 3, which
needs no words and so takes Chinese as it takes English.

Article: §6 (2. 机器翻译).
"""

from collections.abc import Sequence

_ROWS = 512  # compared at once, so that memory stays bounded


def nearest_translations(
    sources: Sequence[str], targets: Sequence[str], texts: Sequence[str]
) -> list[str]:
    """Gives each text the translation of the source that is nearest to it.

    Of equally near ones the first counts; a text that shares nothing gets the first
    target of all.

    Args:
        sources, targets: N examples and their translations.
        texts: to be translated.

    Raises:
        ValueError: there are no examples, or not a target for each.

    Example:
        >>> nearest_translations(["你好", "再见"], ["hello", "goodbye"], ["再见了"])
        ['goodbye']
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not sources or len(sources) != len(targets):
        raise ValueError(
            "expected a target for each of 1 or more sources, got "
            f"{len(targets)} for {len(sources)}"
        )
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    examples = vectorizer.fit_transform(sources)  # (N, n-grams), rows of length 1
    found = []
    for start in range(0, len(texts), _ROWS):
        rows = vectorizer.transform(texts[start : start + _ROWS])
        nearest = (rows @ examples.T).toarray().argmax(axis=1)
        found += [targets[place] for place in nearest]
    return found
