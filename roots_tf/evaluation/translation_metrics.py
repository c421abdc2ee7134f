"""BLEU and chrF of translations, by sacrebleu: comparable with published scores.

    BLEU = BP exp(1/4 sum_n log p_n)     p_n: share of the n-grams that a reference has
    chrF = (1 + b^2) P R / (b^2 P + R)   of n-grams of characters, n <= 6, b = 2

BLEU depends on how a text is cut into words: 13a for languages with spaces; "zh" cuts
Chinese into characters, and the rest as 13a does. chrF needs no words.

Article: §6 (2. 机器翻译).
Source: Papineni et al. 2002; Post 2018 (1804.08771), why to use one implementation;
    Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation".
"""

from collections.abc import Sequence
from typing import NamedTuple


def translation_scores(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], language: str
) -> dict[str, float]:
    """Scores translations against one or more references each.

    Args:
        hypotheses: N translations.
        references: for each, its right translations, one or more; their numbers may
            differ.
        language: of the translations; ``zh`` has its own tokenisation.

    Returns:
        ``bleu`` and ``chrf``, each from 0 to 100, of the corpus (which is not the mean
        over the sentences).

    Raises:
        ValueError: there is nothing to score, or not references for each hypothesis.

    Example:
        >>> scores = translation_scores(["我爱你。"], [["很爱你。", "我爱你。"]], "zh")
        >>> {name: round(value) for name, value in scores.items()}
        {'bleu': 100, 'chrf': 100}
    """
    streams = _streams(hypotheses, references)
    return {
        name: float(metric.corpus_score(hypotheses, streams).score)
        for name, metric in _metrics(language).items()
    }


class Difference(NamedTuple):
    """How much better a system scores than another, and the p-value of that."""

    value: float
    p_value: float

    def __str__(self) -> str:
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return f"{self.value:+.1f} ({p})"


def translation_differences(
    hypotheses: Sequence[str],
    others: Sequence[str],
    references: Sequence[Sequence[str]],
    language: str,
) -> dict[str, Difference]:
    """Compares two systems' translations of the same sentences by paired bootstrap.

    The sentences are drawn again 1,000 times, with sacrebleu's own seed; the p-value is
    the share of draws whose difference is as far from the mean of all draws as the
    difference found is from 0.

    Args:
        hypotheses: N translations.
        others: N translations by the system that they are compared with.
        references, language: as for `translation_scores`.

    Returns:
        Of ``bleu`` and ``chrf``.

    Raises:
        ValueError: as `translation_scores`, or the two are not as many.

    Source: Koehn 2004, "Statistical significance tests for machine translation
        evaluation", by sacrebleu.
    """
    from sacrebleu.significance import PairedTest

    if len(others) != len(hypotheses):
        raise ValueError(
            f"expected {len(hypotheses)} translations of both systems, got "
            f"{len(others)} of one"
        )
    streams = _streams(hypotheses, references)
    systems = [("others", list(others)), ("hypotheses", list(hypotheses))]
    metrics = _metrics(language)
    if list(hypotheses) == list(others):  # sacrebleu gives these its smallest p-value
        return {name: Difference(0.0, 1.0) for name in metrics}
    _, found = PairedTest(systems, metrics, streams, test_type="bs", n_samples=1000)()
    pairs = list(found.values())[1:]  # the first are the systems' names
    return {
        name: Difference(ours.score - other.score, ours.p_value)
        for name, (other, ours) in zip(metrics, pairs, strict=True)
    }


def _streams(hypotheses, references) -> list[list[str | None]]:
    """Gives the first reference of each, the second of each and so on, or None."""
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            "expected references for each of 1 or more translations, got "
            f"{len(references)} for {len(hypotheses)}"
        )
    if not all(references):
        raise ValueError("expected one reference or more for each, got none for one")
    most = max(map(len, references))
    return [[r[n] if n < len(r) else None for r in references] for n in range(most)]


def translation_signature(language: str) -> str:
    """Tells how BLEU and chrF are computed, in a line.

    Example:
        >>> translation_signature("zh").partition("|version")[0]
        'BLEU case:mixed|eff:no|tok:zh|smooth:exp'
    """
    parts = []
    for metric in _metrics(language).values():
        score = metric.corpus_score(["a"], [["a"]])  # before it there is no signature
        signature = str(metric.get_signature()).removeprefix("nrefs:1|")
        parts.append(f"{score.name} {signature}")
    return ", ".join(parts)


def _metrics(language: str) -> dict:
    from sacrebleu.metrics import BLEU, CHRF

    return {"bleu": BLEU(tokenize="zh" if language == "zh" else "13a"), "chrf": CHRF()}
