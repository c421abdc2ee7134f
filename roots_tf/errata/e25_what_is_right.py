"""E25: no error: what the article says rightly, confirmed by numbers.

Article: §1.4.3, §4.2.2 (SGD), §4.3.1, §10.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.e05_gradient_sign import RATE, losses_of_steps, right_gradient
from roots_tf.errata.e08_recall import FN, FP, TN, TP, binary_scores
from roots_tf.errata.erratum import Erratum

ABBREVIATIONS = {
    "NLP": "Natural Language Processing",
    "DL": "Deep Learning",
    "GPU": "Graphics Processing Unit",
    "CPU": "Central Processing Unit",
    "BERT": "Bidirectional Encoder Representations from Transformers",
    "GPT": "Generative Pre-trained Transformer",
}


def initials(words: str) -> str:
    """Gives the capital letters of some words.

    Example:
        >>> initials("Generative Pre-trained Transformer")
        'GPT'
    """
    return "".join(letter for letter in words if letter.isupper())


def means(precision: float, recall: float) -> dict[str, float]:
    """Gives the three classical means of two scores, both above 0.

    Example:
        >>> means(0.5, 0.125)
        {'arithmetic': 0.3125, 'geometric': 0.25, 'harmonic': 0.2}
    """
    return {
        "arithmetic": (precision + recall) / 2,
        "geometric": (precision * recall) ** 0.5,
        "harmonic": 2 / (1 / precision + 1 / recall),
    }


def comparison() -> Comparison:
    """Gives F1 by §4.3.1, and the harmonic mean: the same, whatever the recall."""
    precision, percents = 0.8, range(10, 101, 10)
    recalls = [percent / 100 for percent in percents]
    return Comparison(
        f"F1, precision {precision}",
        "recall, %",
        percents,
        {
            "printed": [2 * precision * r / (precision + r) for r in recalls],
            "right": [means(precision, r)["harmonic"] for r in recalls],
        },
    )


_SCORES = binary_scores(TP, FP, FN, TN)
_MEANS = means(_SCORES["precision"], _SCORES["recall"])
_NUMBERS = f"""\
Recomputed:

* TP = {TP}, FP = {FP}, FN = {FN}, TN = {TN} by the formulas of §4.3.1: accuracy
  {_SCORES["accuracy"]:g}, precision {_SCORES["precision"]:g}, recall
  {_SCORES["recall"]:g}, F1 {_SCORES["f1"]:g}. Of the means of precision and recall, the
  arithmetic one is {_MEANS["arithmetic"]:.2f}, the geometric {_MEANS["geometric"]:.2f}
  and the harmonic {_MEANS["harmonic"]:.2f}, which is F1.
* With the right gradient (E05) and a rate of {RATE}, the rule of §4.2.2 for SGD takes
  the loss from {losses_of_steps(right_gradient)[0]:g} to
  {losses_of_steps(right_gradient)[1]:g} in one step.
* All {len(ABBREVIATIONS)} abbreviations of §1.4.3 are the capitals of their words.
"""

ENTRY = Erratum(
    id="E25",
    grade="R",
    sections=("1.4.3", "4.2.2", "4.3.1", "10"),
    title="Right: the formulas of §4.3.1, SGD's rule, the abbreviations, four links.",
    printed="""
    §4.3.1: accuracy, precision, recall, and F1 = 2 P R / (P + R). §4.2.2:
    `w <- w - a dLoss/dw`. §1.4.3: six abbreviations. §10: the links for Word2Vec
    (1301.3781), GloVe (glove.pdf), BERT (1810.04805) and GPT-3 (2005.14165).
    """,
    right="""
    So it is; build on it. F1 is the harmonic mean of precision and recall. The rule is
    gradient descent's; what makes it stochastic is that the gradient is of some of the
    examples (E06). The four links lead to the works named (the titles: E19).
    """,
    source="""
    Manning, Raghavan, Schütze 2008, *Introduction to Information Retrieval*, §8.3, eq.
    8.1–8.5; Goodfellow, Bengio, Courville 2016, *Deep Learning*, §8.3.1; the papers'
    first pages.
    """,
    numbers=_NUMBERS,
)
