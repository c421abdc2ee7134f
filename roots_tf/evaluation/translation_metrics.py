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
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            "expected references for each of 1 or more translations, got "
            f"{len(references)} for {len(hypotheses)}"
        )
    if not all(references):
        raise ValueError("expected one reference or more for each, got none for one")
    most = max(map(len, references))
    streams = [[r[n] if n < len(r) else None for r in references] for n in range(most)]
    return {
        name: float(metric.corpus_score(hypotheses, streams).score)
        for name, metric in _metrics(language).items()
    }


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
