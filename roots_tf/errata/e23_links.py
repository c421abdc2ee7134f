"""E23: courses under wrong names, and links that lead to no work.

Article: §7.1.2, §7.1.3, §10.
"""

import re

from roots_tf.errata.comparison import Comparison
from roots_tf.errata.erratum import Erratum

# The links of §10, in its order, and where they lead.
NAMED, ANOTHER_PAPER, COMPANY = "the work named", "another paper", "a company's page"
LINKS = {
    "https://arxiv.org/abs/1301.3781": NAMED,
    "https://nlp.stanford.edu/pubs/glove.pdf": NAMED,
    "https://arxiv.org/abs/1810.04805": NAMED,
    "https://arxiv.org/abs/2005.14165": NAMED,
    "https://arxiv.org/abs/2009.04104": ANOTHER_PAPER,  # E20
    "https://arxiv.org/abs/1909.08053": ANOTHER_PAPER,  # E21
    "https://research.fb.com/publications/": COMPANY,
    "https://azure.microsoft.com/en-us/services/ai/": COMPANY,
    "https://www.amazon.com/alexaindex": COMPANY,
}


def is_lasting(link: str) -> bool:
    """Tells if a link is a permanent name: an arXiv number or a DOI.

    Example:
        >>> is_lasting("https://arxiv.org/abs/1301.3781")
        True
    """
    arxiv = r"arxiv\.org/abs/\d{4}\.\d{4,5}(?:v\d+)?"
    doi = r"doi\.org/10\.\d{4,9}/\S+"
    return bool(re.fullmatch(rf"https?://(?:{arxiv}|{doi})", link))


def links_by_aim() -> dict[str, tuple[int, int]]:
    """Gives, by where they lead, the number of §10's links, and of the lasting ones.

    Example:
        >>> links_by_aim()["a company's page"]
        (3, 0)
    """
    counts = {}
    for aim in (NAMED, ANOTHER_PAPER, COMPANY):
        links = [link for link, leads_to in LINKS.items() if leads_to == aim]
        counts[aim] = (len(links), sum(map(is_lasting, links)))
    return counts


def comparison() -> Comparison:
    """Counts the links of §10 by where they are said to lead, and where they do."""
    aims = links_by_aim()
    return Comparison(
        "links of §10",
        "leads to",
        list(aims),
        {
            "printed": [len(LINKS) if aim == NAMED else 0 for aim in aims],
            "right": [count for count, _ in aims.values()],
        },
    )


def _rows():
    return "\n".join(
        f"| {aim} | {count} | {lasting} |"
        for aim, (count, lasting) in links_by_aim().items()
    )


_NUMBERS = f"""\
The {len(LINKS)} links of §10:

| leads to | links | with a permanent name (arXiv, DOI) |
| --- | --- | --- |
{_rows()}

A permanent name that is wrong leads to the wrong paper for ever; an address without one
leads to whatever its owner puts there.
"""

ENTRY = Erratum(
    id="E23",
    grade="C",
    sections=("7.1.2", "7.1.3", "10"),
    title="Courses under names that are not theirs, and links to no particular work.",
    printed="""
    §7.1.2: edX, *Natural Language Processing with Deep Learning*; Udacity, *Deep
    Learning Engineer Nanodegree*. §7.1.3: a "Machine Learning Blog" on Medium, a "Data
    Science and Machine Learning Blog" on Towards Data Science, "Computer Science
    Preprints" on arXiv. §10: pages of Facebook, Microsoft and Amazon.
    """,
    right="""
    *Natural Language Processing with Deep Learning* is the name of Stanford's course
    CS224n, whose notes and lectures are on Stanford's pages, not a course of edX.
    Udacity's programme is called *Deep Learning*. Of the three sites of §7.1.3 two are
    platforms with many authors, not blogs with one name; arXiv's part for computer
    science is the Computing Research Repository (CoRR), its lists for language `cs.CL`.
    Of the companies' pages one (`research.fb.com`) is of a name that the company has
    given up, and of one (`/alexaindex`) we know no page. A reference to read names a
    work: author, year, title and, where there is one, a permanent name. (No link was
    opened to write this: names and addresses may have changed again.)
    """,
    source="""
    Stanford University, CS224n; Udacity, catalogue; arXiv, category taxonomy. How fast
    links rot: Klein et al. 2014, *Scholarly Context Not Found: One in Five Articles
    Suffers from Reference Rot*, PLOS ONE 9 (12), e115253.
    """,
    numbers=_NUMBERS,
)
