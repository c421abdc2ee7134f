"""E19: Word2Vec's paper has another title, and GPT-3's has no "GPT-3".

Article: §7.3.1, §7.3.2, §10.
"""

import re
from dataclasses import dataclass

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum


@dataclass(frozen=True)
class Paper:
    """A paper that the article links to.

    Attributes:
        name: of the method.
        printed: the article's title, the apostrophe straight.
        title: its own.
        authors: all, or the first.
        year: of its first version.
        link: arXiv number, or the address printed.
    """

    name: str
    printed: str
    title: str
    authors: str
    year: int
    link: str


_BERT = (
    "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding"
)
_GLOVE = "GloVe: Global Vectors for Word Representation"

PAPERS = (
    Paper(
        name="Word2Vec",
        printed="Word2Vec: Google's Neural Network Embeddings",
        title="Efficient Estimation of Word Representations in Vector Space",
        authors="Mikolov, Chen, Corrado, Dean",
        year=2013,
        link="1301.3781",
    ),
    Paper(
        name="GloVe",
        printed=_GLOVE,
        title=_GLOVE,
        authors="Pennington, Socher, Manning",
        year=2014,
        link="nlp.stanford.edu/pubs/glove.pdf",
    ),
    Paper(
        name="BERT",
        printed=_BERT,
        title=_BERT,
        authors="Devlin, Chang, Lee, Toutanova",
        year=2018,
        link="1810.04805",
    ),
    Paper(
        name="GPT-3",
        printed="GPT-3: Language Models are few-shot learners",
        title="Language Models are Few-Shot Learners",
        authors="Brown and 30 others",
        year=2020,
        link="2005.14165",
    ),
)


def words(title: str) -> set[str]:
    """Gives the words of a title, in small letters; a hyphen divides none.

    Example:
        >>> sorted(words("GPT-3: Language Models"))
        ['gpt-3', 'language', 'models']
    """
    return set(re.findall(r"[a-z0-9]+(?:[-'][a-z0-9]+)*", title.lower()))


def words_in_print() -> dict[str, tuple[int, int, int]]:
    """Gives, by method, words of the title, those printed of it, and those added.

    Example:
        >>> words_in_print()["Word2Vec"]
        (8, 0, 5)
    """
    return {
        paper.name: (
            len(words(paper.title)),
            len(words(paper.title) & words(paper.printed)),
            len(words(paper.printed) - words(paper.title)),
        )
        for paper in PAPERS
    }


def comparison() -> Comparison:
    """Counts the words of each title, and those of them that are printed."""
    counts = words_in_print()
    return Comparison(
        "words of the paper's title",
        "paper",
        list(counts),
        {
            "printed": [printed for _, printed, _ in counts.values()],
            "right": [whole for whole, _, _ in counts.values()],
        },
    )


def _rows():
    counts = words_in_print()
    return "\n".join(
        f"| *{paper.title}* | {paper.authors} | {paper.year} | {paper.link} "
        f"| {counts[paper.name][1]} of {counts[paper.name][0]} "
        f"| {counts[paper.name][2]} |"
        for paper in PAPERS
    )


_NUMBERS = f"""\
Four titles, and how many of their words stand in the article's, and how many more:

| title | authors | year | link printed | its words printed | words added |
| --- | --- | --- | --- | --- | --- |
{_rows()}
"""

ENTRY = Erratum(
    id="E19",
    grade="B",
    sections=("7.3.1", "7.3.2", "10"),
    title="Word2Vec's paper is *Efficient Estimation of Word Representations in Vector "
    "Space*.",
    printed="""
    §7.3.1 and §10: *Word2Vec: Google's Neural Network Embeddings*. §7.3.2 and §10:
    *GPT-3: Language Models are few-shot learners*.
    """,
    right="""
    1301.3781 is Mikolov, Chen, Corrado, Dean, *Efficient Estimation of Word
    Representations in Vector Space*; no word of the title printed is in it. (The name
    came with the program; negative sampling is of a second paper, 1310.4546.)
    2005.14165 is *Language Models are Few-Shot Learners*. The links are right, and so
    are GloVe's and BERT's titles.
    """,
    source="""
    The papers' first pages: Mikolov et al. 2013 (1301.3781); Brown et al. 2020
    (2005.14165); Pennington et al. 2014; Devlin et al. 2018 (1810.04805).
    """,
    numbers=_NUMBERS,
)
