"""E17: §6 calls question answering what is retrieval, one of three tasks of that name.

Article: §6 (3. 问答系统), §9.3. The counts are closed forms.
"""

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

PASSAGE_TOKENS, LONGEST_ANSWER = 150, 30
VOCAB_SIZE, WRITTEN_TOKENS = 30_522, 5
DOCUMENTS = 21_015_324  # passages of Wikipedia in Karpukhin et al. 2020, §4.1
# Natural Questions, %: a right text among the first 20 found, and right answers of the
# reader of these (Karpukhin et al. 2020, tables 2 and 4).
PUBLISHED = {"BM25": (59.1, 32.6), "DPR": (78.4, 41.5)}


def spans(tokens: int = PASSAGE_TOKENS, longest: int = LONGEST_ANSWER) -> int:
    """Gives how many spans of up to ``longest`` tokens a passage has.

    ``sum_{l=1}^{min(longest, T)} (T - l + 1)``

    Example:
        >>> spans(4, 2)
        7
    """
    return sum(tokens - length + 1 for length in range(1, min(longest, tokens) + 1))


def possible_answers() -> dict[str, int]:
    """Gives among how many answers each task chooses.

    Example:
        >>> possible_answers()["extraction"]
        4065
    """
    return {
        "retrieval": DOCUMENTS,
        "extraction": spans(),
        "generation": VOCAB_SIZE**WRITTEN_TOKENS,
    }


def answered_when_found() -> dict[str, float]:
    """Gives the share of the questions with a right text found that are answered.

    A reader answers from what is found: no more questions than that can be right.

    Example:
        >>> round(answered_when_found()["DPR"], 2)
        0.53
    """
    return {name: right / found for name, (found, right) in PUBLISHED.items()}


def comparison() -> Comparison:
    """Gives how many questions have their text found, and how many are answered."""
    found, answered = zip(*PUBLISHED.values(), strict=True)
    return Comparison(
        "% of questions: printed found, right answered",
        "found by",
        list(PUBLISHED),
        {"printed": found, "right": answered},
    )


def _rows():
    return "\n".join(
        f"| {name} | {PUBLISHED[name][0]} | {PUBLISHED[name][1]} | {share:.0%} |"
        for name, share in answered_when_found().items()
    )


_SIZE = possible_answers()
_NUMBERS = f"""\
| task | given | answer | chosen among |
| --- | --- | --- | --- |
| retrieval (检索) | a collection | a text of it | {_SIZE["retrieval"]:,} passages |
| extraction (抽取) | a passage | a span of it | {_SIZE["extraction"]:,} spans |
| generation (生成) | text, or nothing | new text | {_SIZE["generation"]:.1e} texts |

(Wikipedia in passages; spans of up to {LONGEST_ANSWER} tokens in {PASSAGE_TOKENS};
{WRITTEN_TOKENS} tokens of BERT's {VOCAB_SIZE:,}.) To find the text is not yet to
answer. Natural Questions, in %:

| found by | a right text among 20 | right answers read from them | of those found |
| --- | --- | --- | --- |
{_rows()}
"""

ENTRY = Erratum(
    id="E17",
    grade="C",
    sections=("6.3", "9.3"),
    title="Finding the best text is retrieval: question answering is more.",
    printed="""
    §6 (3) and §9.3 (3): a question answering system (问答系统) retrieves from many
    texts the answer most relevant to the user's question
    (检索出与用户提问最相关的答案).
    """,
    right="""
    That is retrieval: it ranks texts, and a metric of ranks (recall@k, MRR) scores it.
    Extractive question answering, which made BERT known, is given a passage and points
    at a span of it (SQuAD; exact match and F1). Generative question answering writes
    the answer. Open-domain question answering joins them: retrieve, then read or write.
    Both halves are here: `applications/question_answering.py` retrieves,
    `applications/span_extraction.py` extracts.
    """,
    source="""
    Rajpurkar et al. 2016 (1606.05250), §1, §3; Devlin et al. 2018 (1810.04805), §4.2;
    Chen et al. 2017 (1704.00051), §3 (retrieve, then read); Karpukhin et al. 2020
    (2004.04906), §4.1, tables 2 and 4; Roberts, Raffel, Shazeer 2020 (2002.08910),
    which answers from the weights alone.
    """,
    numbers=_NUMBERS,
)
