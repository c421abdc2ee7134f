"""How a generated text repeats itself, and how varied generated texts are.

    seq-rep-n   1 - different n-grams / n-grams              within one text, then mean
    distinct-n  different n-grams / n-grams                  of all texts together

Greedy and beam search write probable texts that go round in circles; drawing from all
tokens writes varied ones that make no sense. So neither number is "the higher the
better": what people write is the mark, measured beside it in the same tokens. (Li et
al. divide by the number of tokens, of which a text has n - 1 more than n-grams; divided
by the n-grams, texts without any repetition have 1.) How probable the texts are to the
model that wrote them is the third measure: ``perplexity``.

Article: §6 (4. 文本生成), which names no measure.
Source: seq-rep-n: Welleck et al. 2020 (1908.04319), §6.1; distinct-n: Li et al. 2016
    (1510.03055), §5.2; all beside those of human text: Holtzman et al. 2020
    (1904.09751), table 1.
"""

from collections.abc import Hashable, Iterator, Sequence

Tokens = Sequence[Hashable]


def repetition(text: Tokens, n: int = 4) -> float:
    """Gives the share of a text's n-grams that stood in it before.

    Returns:
        From 0, none, to below 1; 0 for a text of fewer than n tokens.

    Raises:
        ValueError: ``n`` is below 1.

    Example:
        >>> repetition("to be or not to be".split(), n=2)  # "to be" stands twice
        0.2
    """
    found = list(_ngrams(text, n))
    return (len(found) - len(set(found))) / len(found) if found else 0.0


def mean_repetition(texts: Sequence[Tokens], n: int = 4) -> float:
    """Gives the mean of ``repetition`` over texts.

    Raises:
        ValueError: there is no text, or ``n`` is below 1.
    """
    if not texts:
        raise ValueError("expected 1 or more texts, got none")
    return sum(repetition(text, n) for text in texts) / len(texts)


def distinct(texts: Sequence[Tokens], n: int) -> float:
    """Gives the share of different n-grams among those of all texts.

    It falls with the number of texts and their lengths: compare equal ones.

    Returns:
        From 0 to 1; 0 where no text has n tokens.

    Raises:
        ValueError: ``n`` is below 1.

    Example:
        >>> distinct(["a b a".split(), "a b c".split()], n=2)  # ab, ba, ab, bc
        0.75
    """
    found = [ngram for text in texts for ngram in _ngrams(text, n)]
    return len(set(found)) / len(found) if found else 0.0


def _ngrams(text: Tokens, n: int) -> Iterator[tuple]:
    if n < 1:
        raise ValueError(f"expected n of 1 or more, got {n}")
    return zip(*(text[start:] for start in range(n)), strict=False)
