"""ROUGE: how much of a summary stands in the right one, by the rouge-score package.

    R, P      share of the reference's n-grams that the summary has, and the reverse
    ROUGE-N   F1 = 2 P R / (P + R) of n-grams, N = 1 and 2
    ROUGE-L   the same of the longest common subsequence (words in order, with gaps)

English is cut as the package does it: lower case, letters and digits alone, words of
over 3 letters reduced to their stems (Porter 1980). That package knows no other
alphabet and would find nothing in a Chinese text: there a unit is a Han character, or
a run of other letters or digits in lower case. ROUGE-L takes each text as one sentence.

Article: §6 (4. 文本生成).
Source: Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", §2-3 (with
    F1 as is usual since); characters: Hu et al. 2015 (1506.05865, LCSTS), §4.
"""

import re
from collections.abc import Sequence

import numpy as np

METRICS = ("rouge1", "rouge2", "rougeL")

_UNIT = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_\u3400-\u9fff]+")


def rouge_scores(
    summaries: Sequence[str], references: Sequence[str], language: str
) -> dict[str, np.ndarray]:
    """Scores each summary against its reference.

    Args:
        summaries: N texts.
        references: the right summary of each.
        language: ``zh`` for characters, any other for English words.

    Returns:
        F1 in [0, 1], (N,) float64, by each name of `METRICS`. The score of a set is
        the mean.

    Raises:
        ValueError: there is nothing to score, or not one reference for each.

    Example:
        >>> scores = rouge_scores(["深度学习"], ["深入学习"], "zh")
        >>> {name: float(score.mean().round(3)) for name, score in scores.items()}
        {'rouge1': 0.75, 'rouge2': 0.333, 'rougeL': 0.75}
    """
    from rouge_score.rouge_scorer import RougeScorer

    if not summaries or len(summaries) != len(references):
        raise ValueError(
            "expected a reference for each of 1 or more summaries, got "
            f"{len(references)} for {len(summaries)}"
        )
    tokenizer = _Characters() if language == "zh" else None
    scorer = RougeScorer(METRICS, use_stemmer=True, tokenizer=tokenizer)
    rows = [
        scorer.score(reference, summary)
        for summary, reference in zip(summaries, references, strict=True)
    ]
    return {name: np.array([row[name].fmeasure for row in rows]) for name in METRICS}


def rouge_units(text: str, language: str) -> list[str]:
    """Gives the units that ROUGE counts in a text, without stemming.

    Example:
        >>> rouge_units("用BERT学习3种语言。", "zh")
        ['用', 'bert', '学', '习', '3', '种', '语', '言']
    """
    if language == "zh":
        return _UNIT.findall(text.lower())
    return re.findall("[a-z0-9]+", text.lower())


class _Characters:
    """What the package's scorer asks of a tokenizer."""

    def tokenize(self, text: str) -> list[str]:
        return rouge_units(text, "zh")
